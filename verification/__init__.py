"""Scores of forecasts against observations, read from sums that merge.

One pass over the pairs keeps a few sums (`continuous_sums`, `quantile_sums`, ...). They add over
chunks (`merge`) and reduce to groups (`group_sums`); every score is a function of them, and
`SCORES` holds the range, perfect value and orientation of each.
"""

import lazy_loader as lazy

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "bootstrap": ["block_bootstrap", "block_length", "bootstrap_difference"],
        "brier": ["brier_score", "brier_skill", "brier_sums"],
        "categorical": [
            "contingency_sums",
            "exceeds",
            "far",
            "frequency_bias",
            "miss_rate",
            "pod",
            "ts",
        ],
        "continuous": [
            "bias",
            "continuous_sums",
            "correlation",
            "mae",
            "nmb",
            "nme",
            "rmse",
        ],
        "ensemble": ["crps_ensemble", "crps_fair", "crps_nrg", "ensemble_sums"],
        "flags": ["category_accuracy", "common_category_sums"],
        "levels": [
            "level_accuracy",
            "level_hit_sums",
            "level_range_accuracy",
            "level_range_hit_sums",
            "mean_level_span",
        ],
        "quantiles": ["coverage", "crps_quantiles", "pinball", "quantile_sums", "width"],
        "ranges": ["mean_width", "over_rate", "range_accuracy", "range_hit_sums", "under_rate"],
        "score": ["SCORES", "Score"],
        "scorecards": ["scorecard"],
        "sums": ["check_aligned", "group_sums", "merge"],
    },
)
