"""Quality control: every doubt is a flag beside the value, and no value is ever deleted."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "alarms",
        "check",
        "consistency",
        "dust",
        "flags",
        "neighbours",
        "panel",
        "report",
        "sentinels",
        "settings",
        "shift",
        "spikes",
        "stations",
        "stuck",
    ],
    submod_attrs={
        "alarms": ["find_alarms"],
        "check": [
            "check_daily",
            "check_quality",
            "flag_daily",
            "flag_observations",
            "usable",
            "usable_values",
        ],
        "flags": ["BITS", "RULES"],
        "report": ["QualityReport"],
        "settings": ["QualitySettings"],
    },
)
