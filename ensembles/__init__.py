"""Ensembles: numbers in, predictive distributions out.

Members, their combination by lead, calibration, and the dependence that turns marginal
distributions into joint scenarios. Knows nothing of pollutants, files of stations or standards.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "boosting",
        "calibration",
        "climatology",
        "combination",
        "dependence",
        "distribution",
        "folds",
        "member",
        "persistence",
        "pooling",
        "scale",
        "table",
    ],
    submod_attrs={
        "boosting": ["Boosting", "FittedBoosting"],
        "calibration": ["Calibration", "fit_calibration"],
        "climatology": ["Climatology", "FittedClimatology"],
        "combination": ["Combination", "fit_combination"],
        "dependence": ["scenario_template", "schaake_shuffle", "template_starts"],
        "distribution": ["ISSUED_LEVELS", "LEVELS", "Distribution"],
        "folds": ["Fold", "make_folds"],
        "member": ["FittedMember", "Member"],
        "persistence": ["FittedPersistence", "Persistence"],
        "table": ["design_matrix"],
    },
)
