"""Files of anybody's forecasts and observations: read, brought together, scored."""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "content": ["Content", "Note"],
        "contest": ["Contest", "contests"],
        "matching": ["Matched", "match"],
        "reading": ["read_forecasts", "read_observed"],
        "scoring": ["compare_files", "score_files"],
    },
)
