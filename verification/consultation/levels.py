"""Accuracy of forecast levels, strict and lenient.

A level is one of a few ordered classes. Strict: one level is forecast and must be the observed
one. Lenient: a span of levels is forecast and must contain it; it belongs beside the mean span,
or the widest span wins.
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

LEVEL, LEVEL_RANGE = "level", "level_range"


def _level_terms(f: np.ndarray, o: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    return ~(np.isnan(f) | np.isnan(o)), {"level_hits": f == o}


def level_hit_sums(
    level_fcst: xr.DataArray,
    level_obs: xr.DataArray,
    *,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum hits of a single forecast level (strict).

    Parameters
    ----------
    level_fcst, level_obs : xarray.DataArray
        Numbers of the levels, e.g. 1 to 6 on (issue, lead, place). Pairs in which either is NaN
        are left out.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `level`: `level_hits`, with `pairs` and `weight`.

    Raises
    ------
    ValueError
        If labels differ (see `check_aligned`), `keep` is unknown or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_hit_sums
    >>> fcst, obs = xr.DataArray([2, 3, 5], dims="x"), xr.DataArray([2, 2, 5], dims="x")
    >>> float(level_hit_sums(fcst, obs)["level_hits"])
    2.0
    """
    return sum_pairs(
        _level_terms,
        level_fcst,
        level_obs,
        family=LEVEL,
        variables={"level_hits": ()},
        keep=keep,
        weights=weights,
    )


def level_accuracy(sums: xr.Dataset) -> xr.DataArray:
    """Share of pairs whose forecast level is the observed one (strict).

    #(L_F = L_O) / N. Range [0, 1], perfect 1, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_hit_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    References
    ----------
    Wilks, D. S. (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., ch. 9
    (proportion correct of a multi-category table).

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_accuracy, level_hit_sums
    >>> fcst, obs = xr.DataArray([2, 3, 5, 1], dims="x"), xr.DataArray([2, 2, 5, 1], dims="x")
    >>> float(level_accuracy(level_hit_sums(fcst, obs)))
    0.75
    """
    return weighted_mean(sums, LEVEL, "level_hits").rename("level_accuracy")


def _span_terms(
    low: np.ndarray, high: np.ndarray, o: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    check_order(low, high)
    return ~(np.isnan(low) | np.isnan(high) | np.isnan(o)), {
        "level_range_hits": (low <= o) & (o <= high),
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
        Family `level_range`: `level_range_hits` and `level_span`, the number of levels named,
        with `pairs` and `weight`.

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
        _span_terms,
        level_low,
        level_high,
        level_obs,
        family=LEVEL_RANGE,
        variables={"level_range_hits": (), "level_span": ()},
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
    return weighted_mean(sums, LEVEL_RANGE, "level_range_hits").rename("level_range_accuracy")


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
    return weighted_mean(sums, LEVEL_RANGE, "level_span").rename("mean_level_span")


SCORES = (
    Score(
        "level_accuracy",
        "level",
        level_accuracy,
        (0, 1),
        1.0,
        "larger",
        "level, strict",
        "级别准确率（严格）",
    ),
    Score(
        "level_range_accuracy",
        "level_range",
        level_range_accuracy,
        (0, 1),
        1.0,
        "larger",
        "level, lenient",
        "级别准确率（跨级）",
    ),
    Score(
        "mean_level_span",
        "level_range",
        mean_level_span,
        (1, inf),
        1.0,
        "smaller",
        "mean number of levels named",
        "平均跨级数",
    ),
)
"""Scores of this file, by name in tables."""
