"""Accuracy of a forecast issued as a range from low to high.

The three shares (inside, below, above) add to one. They belong beside the mean width, or the
widest range wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import xarray as xr

from verification.pairs import sum_pairs
from verification.score import Score
from verification.sums import weighted_mean

FAMILY = "range"

_VARIABLES: dict[str, tuple[str, ...]] = {
    "range_hits": (),
    "below": (),
    "above": (),
    "range_width": (),
}


def check_order(low: np.ndarray, high: np.ndarray) -> None:
    """Raise `ValueError` if a low end exceeds its high end."""
    wrong = low > high
    if wrong.any():
        raise ValueError(
            f"the low end must not exceed the high end, found {low[wrong][0]:g} > "
            f"{high[wrong][0]:g}"
        )


def _terms(
    low: np.ndarray, high: np.ndarray, o: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    check_order(low, high)
    return ~(np.isnan(low) | np.isnan(high) | np.isnan(o)), {
        "range_hits": (low <= o) & (o <= high),
        "below": o < low,
        "above": o > high,
        "range_width": high - low,
    }


def range_hit_sums(
    low: xr.DataArray,
    high: xr.DataArray,
    obs: xr.DataArray,
    *,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum hits of forecasts given as a range, both ends included.

    Parameters
    ----------
    low, high, obs : xarray.DataArray
        Ends of the range and the observed value in one unit, e.g. (issue, lead, place). Pairs in
        which any is NaN are left out.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `range`: `range_hits`, observed `below` and `above`, `range_width`, with `pairs`
        and `weight`.

    Raises
    ------
    ValueError
        If a low end exceeds its high end, labels differ (see `check_aligned`), `keep` is unknown
        or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import range_accuracy, range_hit_sums
    >>> obs = xr.DataArray([70.0, 80.0, 120.0, 60.0], dims="x")
    >>> float(range_accuracy(range_hit_sums(obs * 0 + 65, obs * 0 + 95, obs)))
    0.5
    """
    return sum_pairs(
        _terms,
        low,
        high,
        obs,
        family=FAMILY,
        variables=_VARIABLES,
        keep=keep,
        weights=weights,
    )


def range_accuracy(sums: xr.Dataset) -> xr.DataArray:
    """Share of observations inside the forecast range.

    #(low ≤ O ≤ high) / N. Range [0, 1], perfect 1, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `range_hit_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    References
    ----------
    HJ 1130-2020 counts a hit when 0.75 F ≤ O ≤ 1.25 F, the range with these two ends.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import range_accuracy, range_hit_sums
    >>> low, high = xr.DataArray([40.0, 90.0], dims="x"), xr.DataArray([70.0, 120.0], dims="x")
    >>> float(range_accuracy(range_hit_sums(low, high, xr.DataArray([70.0, 80.0], dims="x"))))
    0.5
    """
    return weighted_mean(sums, FAMILY, "range_hits").rename("range_accuracy")


def mean_width(sums: xr.Dataset) -> xr.DataArray:
    """Mean width of the forecast range.

    Σ(high - low) / N. Range [0, ∞), perfect 0, smaller is better at equal accuracy.

    Parameters
    ----------
    sums : xarray.Dataset
        From `range_hit_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions; NaN without pairs.

    References
    ----------
    Gneiting, T., Balabdaoui, F. and Raftery, A. E. (2007), J. R. Stat. Soc. B 69, 243-268.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import mean_width, range_hit_sums
    >>> low, high = xr.DataArray([40.0, 90.0], dims="x"), xr.DataArray([70.0, 140.0], dims="x")
    >>> float(mean_width(range_hit_sums(low, high, high)))
    40.0
    """
    return weighted_mean(sums, FAMILY, "range_width").rename("mean_width")


def over_rate(sums: xr.Dataset) -> xr.DataArray:
    """Over-forecast rate: share of observations below the forecast range.

    #(O < low) / N. Range [0, 1], perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `range_hit_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    range_accuracy : Its complement is the over-forecast and the under-forecast rate together.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import over_rate, range_hit_sums
    >>> low, high = xr.DataArray([40.0, 90.0], dims="x"), xr.DataArray([70.0, 120.0], dims="x")
    >>> float(over_rate(range_hit_sums(low, high, xr.DataArray([70.0, 80.0], dims="x"))))
    0.5
    """
    return weighted_mean(sums, FAMILY, "below").rename("over_rate")


def under_rate(sums: xr.Dataset) -> xr.DataArray:
    """Under-forecast rate: share of observations above the forecast range.

    #(O > high) / N. Range [0, 1], perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `range_hit_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    range_accuracy : Its complement is the over-forecast and the under-forecast rate together.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import range_hit_sums, under_rate
    >>> low, high = xr.DataArray([40.0, 90.0], dims="x"), xr.DataArray([70.0, 120.0], dims="x")
    >>> float(under_rate(range_hit_sums(low, high, xr.DataArray([71.0, 80.0], dims="x"))))
    0.5
    """
    return weighted_mean(sums, FAMILY, "above").rename("under_rate")


SCORES = (
    Score(
        "range_accuracy", "range", range_accuracy, (0, 1), 1.0, "larger", "range hits", "范围准确率"
    ),
    Score(
        "mean_width",
        "range",
        mean_width,
        (0, inf),
        0.0,
        "smaller",
        "mean range width",
        "平均预报幅度",
        "input",
    ),
    Score("over_rate", "range", over_rate, (0, 1), 0.0, "smaller", "over-forecast rate", "偏高率"),
    Score(
        "under_rate", "range", under_rate, (0, 1), 0.0, "smaller", "under-forecast rate", "偏低率"
    ),
)
"""Scores of this file, by name in tables."""
