"""Accuracy of a forecast that names a span of levels (lenient): good to light pollution.

The span must contain the observed level. The three shares (inside, below, above) add to one; they
belong beside the mean span and the strict figure, or the widest span wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import xarray as xr

from verification.consultation.ranges import check_order
from verification.pairs import sum_pairs
from verification.score import Score
from verification.sums import weighted_mean

FAMILY = "level_range"

_VARIABLES: dict[str, tuple[str, ...]] = {
    "level_range_hits": (),
    "level_range_over": (),
    "level_range_under": (),
    "level_span": (),
}


def _terms(
    low: np.ndarray, high: np.ndarray, o: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    check_order(low, high)
    return ~(np.isnan(low) | np.isnan(high) | np.isnan(o)), {
        "level_range_hits": (low <= o) & (o <= high),
        "level_range_over": o < low,
        "level_range_under": o > high,
        "level_span": high - low + 1.0,
    }


def level_range_hit_sums(
    level_low: xr.DataArray,
    level_high: xr.DataArray,
    level_obs: xr.DataArray,
    *,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum hits of a forecast span of levels (lenient).

    Parameters
    ----------
    level_low, level_high, level_obs : xarray.DataArray
        Numbers of the lowest and highest forecast level and of the observed one, e.g. on
        (issue, lead, place). Pairs in which any is NaN are left out.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `level_range`: `level_range_hits`, the pairs `level_range_over` and
        `level_range_under` observed below and above the span, and `level_span`, the number of
        levels named; with `pairs` and `weight`.

    Raises
    ------
    ValueError
        If a low level exceeds its high level, labels differ (see `check_aligned`), `keep` is
        unknown or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_range_hit_sums
    >>> low, high = xr.DataArray([2, 2], dims="x"), xr.DataArray([3, 2], dims="x")
    >>> sums = level_range_hit_sums(low, high, xr.DataArray([3, 3], dims="x"))
    >>> float(sums["level_range_hits"]), float(sums["level_span"])
    (1.0, 3.0)
    """
    return sum_pairs(
        _terms,
        level_low,
        level_high,
        level_obs,
        family=FAMILY,
        variables=_VARIABLES,
        keep=keep,
        weights=weights,
    )


def level_range_accuracy(sums: xr.Dataset) -> xr.DataArray:
    """Share of pairs whose forecast span of levels contains the observed level (lenient).

    #(L_low ≤ L_O ≤ L_high) / N. Range [0, 1], perfect 1, larger is better at equal
    `mean_level_span`.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_range_hit_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    level_accuracy : The strict figure, to print beside it.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_range_accuracy, level_range_hit_sums
    >>> low, high = xr.DataArray([2, 2], dims="x"), xr.DataArray([3, 2], dims="x")
    >>> sums = level_range_hit_sums(low, high, xr.DataArray([3, 3], dims="x"))
    >>> float(level_range_accuracy(sums))
    0.5
    """
    return weighted_mean(sums, FAMILY, "level_range_hits").rename("level_range_accuracy")


def level_range_over_rate(sums: xr.Dataset) -> xr.DataArray:
    """Over-forecast rate of spans: share of observed levels below the span.

    #(L_O < L_low) / N. Range [0, 1], perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_range_hit_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    level_range_under_rate : The other side; both and the accuracy add to one.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_range_hit_sums, level_range_over_rate
    >>> low, high = xr.DataArray([2, 2], dims="x"), xr.DataArray([3, 2], dims="x")
    >>> sums = level_range_hit_sums(low, high, xr.DataArray([1, 2], dims="x"))
    >>> float(level_range_over_rate(sums))
    0.5
    """
    return weighted_mean(sums, FAMILY, "level_range_over").rename("level_range_over_rate")


def level_range_under_rate(sums: xr.Dataset) -> xr.DataArray:
    """Under-forecast rate of spans: share of observed levels above the span.

    #(L_O > L_high) / N. Range [0, 1], perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_range_hit_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    level_range_over_rate : The other side; both and the accuracy add to one.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_range_hit_sums, level_range_under_rate
    >>> low, high = xr.DataArray([2, 2], dims="x"), xr.DataArray([3, 2], dims="x")
    >>> sums = level_range_hit_sums(low, high, xr.DataArray([3, 3], dims="x"))
    >>> float(level_range_under_rate(sums))
    0.5
    """
    return weighted_mean(sums, FAMILY, "level_range_under").rename("level_range_under_rate")


def mean_level_span(sums: xr.Dataset) -> xr.DataArray:
    """Mean number of levels that the forecasts name.

    Σ(L_high - L_low + 1) / N. Range [1, ∞), perfect 1, smaller is better at equal accuracy.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_range_hit_sums`.

    Returns
    -------
    xarray.DataArray
        Number of levels, on the kept dimensions; NaN without pairs.

    See Also
    --------
    level_range_accuracy : The figure that this one qualifies.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_range_hit_sums, mean_level_span
    >>> low, high = xr.DataArray([2, 2], dims="x"), xr.DataArray([3, 2], dims="x")
    >>> sums = level_range_hit_sums(low, high, xr.DataArray([3, 3], dims="x"))
    >>> float(mean_level_span(sums))
    1.5
    """
    return weighted_mean(sums, FAMILY, "level_span").rename("mean_level_span")


SCORES = (
    Score(
        "level_range_accuracy",
        FAMILY,
        level_range_accuracy,
        (0, 1),
        1.0,
        "larger",
        "level, lenient",
        "级别准确率（跨级）",
    ),
    Score(
        "level_range_over_rate",
        FAMILY,
        level_range_over_rate,
        (0, 1),
        0.0,
        "smaller",
        "levels too high, lenient",
        "级别偏高率（跨级）",
    ),
    Score(
        "level_range_under_rate",
        FAMILY,
        level_range_under_rate,
        (0, 1),
        0.0,
        "smaller",
        "levels too low, lenient",
        "级别偏低率（跨级）",
    ),
    Score(
        "mean_level_span",
        FAMILY,
        mean_level_span,
        (1, inf),
        1.0,
        "smaller",
        "mean number of levels named",
        "平均跨级数",
    ),
)
"""Scores of this file, by name in tables."""
