"""Evaluation: issued forecasts against what came, beside their references, by lead and group."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "groups": ["GROUPINGS"],
        "scorefile": ["ALL_DAYS", "COMMON_DAYS", "write_scorecard"],
        "scoring": ["SCORE_NAMES", "evaluate", "evaluate_against"],
        "settings": ["Evaluation"],
    },
)
