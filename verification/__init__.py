"""Scores of forecasts against observations, read from sums that merge.

One pass over the pairs keeps a few sums (`continuous_sums`, `quantile_sums`, ...). They add over
chunks (`merge`) and reduce to groups (`group_sums`); every score is a function of them, and
`SCORES` holds the range, perfect value and orientation of each.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "inference.bootstrap": ["block_bootstrap", "block_length", "bootstrap_difference"],
        "probabilistic.brier": ["brier_score", "brier_skill", "brier_sums"],
        "categorical.events": [
            "contingency_sums",
            "exceeds",
            "far",
            "frequency_bias",
            "miss_rate",
            "pod",
            "ts",
        ],
        "continuous.errors": [
            "bias",
            "continuous_sums",
            "correlation",
            "mae",
            "nmb",
            "nme",
            "rmse",
        ],
        "probabilistic.ensemble": ["crps_ensemble", "crps_fair", "crps_nrg", "ensemble_sums"],
        "consultation.flags": ["category_accuracy", "common_category_sums"],
        "consultation.levels": [
            "level_accuracy",
            "level_hit_sums",
            "level_range_accuracy",
            "level_range_hit_sums",
            "mean_level_span",
        ],
        "probabilistic.quantiles": [
            "coverage",
            "crps_quantiles",
            "pinball",
            "quantile_sums",
            "width",
        ],
        "consultation.ranges": [
            "mean_width",
            "over_rate",
            "range_accuracy",
            "range_hit_sums",
            "under_rate",
        ],
        "registry": ["SCORES"],
        "score": ["Score"],
        "scorecards": ["scorecard"],
        "sums": ["check_aligned", "group_sums", "merge"],
    },
)
