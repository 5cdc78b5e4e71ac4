"""Ensembles: numbers in, predictive distributions out.

Members, their combination by lead, calibration, and the dependence that turns marginal
distributions into joint scenarios. Knows nothing of pollutants, files of stations or standards.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "adaptive",
        "averaging",
        "calibration",
        "combination",
        "contributions",
        "copulas",
        "dependence",
        "distribution",
        "exceedance",
        "folds",
        "linear_pool",
        "members",
        "pooling",
        "scale",
        "table",
        "weighting",
    ],
    submod_attrs={
        "adaptive": ["adapt", "level_shifts", "shift_levels"],
        "calibration": ["Calibration", "fit_calibration"],
        "combination": ["Combination", "fit_combination"],
        "copulas": ["ecc_ranks", "gaussian_ranks", "independent_ranks"],
        "dependence": ["scenario_template", "schaake_shuffle", "template_starts"],
        "distribution": ["ISSUED_LEVELS", "LEVELS", "Distribution"],
        "exceedance": ["ExceedanceCorrection", "fit_exceedance"],
        "folds": ["Fold", "make_folds"],
        "members.analog": ["AnalogEnsemble", "FittedAnalog"],
        "members.boosting": ["Boosting", "FittedBoosting"],
        "members.climatology": ["Climatology", "FittedClimatology"],
        "members.emos": ["Emos", "FittedEmos"],
        "members.kalman": ["FittedKalman", "KalmanFilter"],
        "members.linear_mos": ["FittedLinearMos", "LinearMos"],
        "members.member": ["FittedMember", "Member"],
        "members.persistence": ["FittedPersistence", "Persistence"],
        "members.quantile_mapping": ["FittedQuantileMapping", "QuantileMapping"],
        "members.raw_guidance": ["FittedRawGuidance", "RawGuidance"],
        "members.short_record": ["ShortRecord"],
        "table": ["design_matrix"],
    },
)
