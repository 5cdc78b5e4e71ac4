"""Accuracy of a single forecast level (strict), with its over- and under-forecast rates.

A level is one of a few ordered classes. The three shares (hit, too high, too low) add to one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from verification.pairs import sum_pairs
from verification.score import Score
from verification.sums import weighted_mean

FAMILY = "level"


def _terms(f: np.ndarray, o: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    return ~(np.isnan(f) | np.isnan(o)), {
        "level_hits": f == o,
        "level_over": f > o,
        "level_under": f < o,
    }


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
        Family `level`: `level_hits`, and the pairs `level_over` and `level_under` forecast too high
        and too low; with `pairs` and `weight`.

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
        _terms,
        level_fcst,
        level_obs,
        family=FAMILY,
        variables={"level_hits": (), "level_over": (), "level_under": ()},
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
    return weighted_mean(sums, FAMILY, "level_hits").rename("level_accuracy")


def level_over_rate(sums: xr.Dataset) -> xr.DataArray:
    """Over-forecast rate of levels: share of forecasts above the observed level.

    #(L_F > L_O) / N. Range [0, 1], perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_hit_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    level_under_rate : The other side; both and the accuracy add to one.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_hit_sums, level_over_rate
    >>> fcst, obs = xr.DataArray([2, 3, 5, 1], dims="x"), xr.DataArray([2, 2, 5, 1], dims="x")
    >>> float(level_over_rate(level_hit_sums(fcst, obs)))
    0.25
    """
    return weighted_mean(sums, FAMILY, "level_over").rename("level_over_rate")


def level_under_rate(sums: xr.Dataset) -> xr.DataArray:
    """Under-forecast rate of levels: share of forecasts below the observed level.

    #(L_F < L_O) / N. Range [0, 1], perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_hit_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    level_over_rate : The other side; both and the accuracy add to one.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_hit_sums, level_under_rate
    >>> fcst, obs = xr.DataArray([2, 2, 4, 1], dims="x"), xr.DataArray([2, 2, 5, 1], dims="x")
    >>> float(level_under_rate(level_hit_sums(fcst, obs)))
    0.25
    """
    return weighted_mean(sums, FAMILY, "level_under").rename("level_under_rate")


SCORES = (
    Score(
        "level_accuracy",
        FAMILY,
        level_accuracy,
        (0, 1),
        1.0,
        "larger",
        "level, strict",
        "级别准确率（严格）",
    ),
    Score(
        "level_over_rate",
        FAMILY,
        level_over_rate,
        (0, 1),
        0.0,
        "smaller",
        "level too high",
        "级别偏高率",
    ),
    Score(
        "level_under_rate",
        FAMILY,
        level_under_rate,
        (0, 1),
        0.0,
        "smaller",
        "level too low",
        "级别偏低率",
    ),
)
"""Scores of this file, by name in tables."""
