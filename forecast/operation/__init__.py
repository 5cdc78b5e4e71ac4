"""Daily operation: the whole day as one run that resumes, its state, and what became of it."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "day": ["Outcome", "run_day"],
        "log": ["Event", "Log"],
        "status": ["Status", "status_of"],
        "state": ["DayState", "StepState"],
        "task": ["Task", "due_day"],
    },
)
