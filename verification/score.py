"""What every score is: its family of sums, range, perfect value and orientation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Literal

import xarray as xr

from verification import brier, categorical, continuous, ensemble, flags, levels, quantiles, ranges

Orientation = Literal["larger", "smaller", "nearest"]


@dataclass(frozen=True)
class Score:
    """A score that is a function of sums.

    Parameters
    ----------
    name : str
        Name in tables.
    family : str
        Family of sums that it is read from.
    function : callable
        Sums to `xarray.DataArray`.
    range : tuple of float
        Smallest and largest possible value, for input that is not negative.
    perfect : float
        Value of a perfect forecast.
    orientation : {"larger", "smaller", "nearest"}
        Better is larger, smaller, or nearer to `perfect`.
    long_name : str
        Name in words.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import SCORES, continuous_sums
    >>> obs = xr.DataArray([10.0, 20.0], dims="x")
    >>> score = SCORES["mae"]
    >>> float(score(continuous_sums(obs + 2, obs))), score.perfect, score.orientation
    (2.0, 0.0, 'smaller')
    """

    name: str
    family: str
    function: Callable[[xr.Dataset], xr.DataArray]
    range: tuple[float, float]
    perfect: float
    orientation: Orientation
    long_name: str

    def __call__(self, sums: xr.Dataset) -> xr.DataArray:
        """Read the score from sums, under its own name.

        Parameters
        ----------
        sums : xarray.Dataset
            Sums of the family.

        Returns
        -------
        xarray.DataArray
            On the kept dimensions.

        Raises
        ------
        ValueError
            If the sums are of another family.
        """
        return self.function(sums).rename(self.name)


_CONTINUOUS = (
    Score("bias", "continuous", continuous.bias, (-inf, inf), 0.0, "nearest", "mean bias"),
    Score("mae", "continuous", continuous.mae, (0, inf), 0.0, "smaller", "mean absolute error"),
    Score(
        "rmse", "continuous", continuous.rmse, (0, inf), 0.0, "smaller", "root mean square error"
    ),
    Score("correlation", "continuous", continuous.correlation, (-1, 1), 1.0, "larger", "Pearson r"),
    Score("nmb", "continuous", continuous.nmb, (-1, inf), 0.0, "nearest", "normalised mean bias"),
    Score("nme", "continuous", continuous.nme, (0, inf), 0.0, "smaller", "normalised mean error"),
)
_PROBABILISTIC = (
    Score(
        "crps_quantiles",
        "quantiles",
        quantiles.crps_quantiles,
        (0, inf),
        0.0,
        "smaller",
        "CRPS, twice the mean pinball loss over the levels",
    ),
    Score(
        "coverage_90", "quantiles", quantiles.coverage, (0, 1), 0.9, "nearest", "coverage of 90 %"
    ),
    Score("width_90", "quantiles", quantiles.width, (0, inf), 0.0, "smaller", "width of 90 %"),
    Score("crps_nrg", "ensemble", ensemble.crps_nrg, (0, inf), 0.0, "smaller", "CRPS, energy form"),
    Score("crps_fair", "ensemble", ensemble.crps_fair, (-inf, inf), 0.0, "smaller", "CRPS, fair"),
    Score("brier_score", "brier", brier.brier_score, (0, 1), 0.0, "smaller", "Brier score"),
    Score("brier_skill", "brier", brier.brier_skill, (-inf, 1), 1.0, "larger", "Brier skill score"),
)
_EVENTS = (
    Score("pod", "contingency", categorical.pod, (0, 1), 1.0, "larger", "probability of detection"),
    Score("miss_rate", "contingency", categorical.miss_rate, (0, 1), 0.0, "smaller", "miss rate"),
    Score("far", "contingency", categorical.far, (0, 1), 0.0, "smaller", "false-alarm ratio"),
    Score("ts", "contingency", categorical.ts, (0, 1), 1.0, "larger", "threat score (CSI)"),
    Score(
        "frequency_bias",
        "contingency",
        categorical.frequency_bias,
        (0, inf),
        1.0,
        "nearest",
        "frequency bias",
    ),
)
_CONSULTATION = (
    Score("range_accuracy", "range", ranges.range_accuracy, (0, 1), 1.0, "larger", "range hits"),
    Score("mean_width", "range", ranges.mean_width, (0, inf), 0.0, "smaller", "mean range width"),
    Score("over_rate", "range", ranges.over_rate, (0, 1), 0.0, "smaller", "over-forecast rate"),
    Score("under_rate", "range", ranges.under_rate, (0, 1), 0.0, "smaller", "under-forecast rate"),
    Score("level_accuracy", "level", levels.level_accuracy, (0, 1), 1.0, "larger", "level, strict"),
    Score(
        "level_range_accuracy",
        "level_range",
        levels.level_range_accuracy,
        (0, 1),
        1.0,
        "larger",
        "level, lenient",
    ),
    Score(
        "mean_level_span",
        "level_range",
        levels.mean_level_span,
        (1, inf),
        1.0,
        "smaller",
        "mean number of levels named",
    ),
    Score(
        "category_accuracy",
        "category",
        flags.category_accuracy,
        (0, 1),
        1.0,
        "larger",
        "common leading category",
    ),
)

SCORES: dict[str, Score] = {
    score.name: score for score in (*_CONTINUOUS, *_PROBABILISTIC, *_EVENTS, *_CONSULTATION)
}
