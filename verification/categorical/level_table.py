"""The full table of forecast against observed levels, and what is counted from it directly.

n(i, j) is the number of pairs with forecast level i and observed level j, N their sum.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from verification.classes import count_pairs
from verification.score import Score
from verification.sums import check_family, ratio

FAMILY = "table"
FCST, OBS = "level_fcst", "level_obs"


def _check_consecutive(levels: Sequence[int]) -> np.ndarray:
    found = np.asarray(levels)
    if not (
        found.ndim == 1
        and found.size > 1
        and found.dtype.kind in "iu"
        and (np.diff(found) == 1).all()
    ):
        raise ValueError(
            f"levels must be two or more consecutive whole numbers such as 1 to 6, found {levels!r}"
        )
    return found


def _check_levels(x: np.ndarray, first: int, last: int, what: str) -> None:
    wrong = (x < first) | (x > last) | ((x != np.rint(x)) & ~np.isnan(x))
    if wrong.any():
        raise ValueError(
            f"{what} levels must be whole numbers from {first} to {last} or NaN, "
            f"found {x[wrong][0]:g}"
        )


def level_table_sums(
    level_fcst: xr.DataArray,
    level_obs: xr.DataArray,
    *,
    levels: Sequence[int] = (1, 2, 3, 4, 5, 6),
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Count pairs by forecast and observed level.

    Parameters
    ----------
    level_fcst, level_obs : xarray.DataArray
        Numbers of the levels, e.g. 1 to 6 on (issue, lead, place). Pairs in which either is NaN
        are left out.
    levels : sequence of int
        All levels there are: consecutive whole numbers.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `table`: `count` by `level_fcst` and `level_obs`, with `pairs` and `weight`.

    Raises
    ------
    ValueError
        If a value is not among the levels, these are not consecutive, labels differ (see
        `check_aligned`), `keep` is unknown or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_table_sums
    >>> fcst, obs = xr.DataArray([1, 2, 2, 3], dims="x"), xr.DataArray([1, 1, 2, 2], dims="x")
    >>> level_table_sums(fcst, obs, levels=(1, 2, 3))["count"].values
    array([[1., 0., 0.],
           [1., 1., 0.],
           [0., 1., 0.]])
    """
    labels = _check_consecutive(levels)
    first, last = int(labels[0]), int(labels[-1])

    def classify(
        f: np.ndarray, o: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        _check_levels(f, first, last, "forecast")
        _check_levels(o, first, last, "observed")
        position = labels.size * (f - first) + (o - first)
        valid = ~np.isnan(position)
        with np.errstate(invalid="ignore"):  # a missing pair has no class
            return valid, position.astype(np.intp), {}

    return count_pairs(
        classify,
        level_fcst,
        level_obs,
        family=FAMILY,
        classes={FCST: labels, OBS: labels},
        keep=keep,
        weights=weights,
    )


def _gap(sums: xr.Dataset) -> xr.DataArray:
    """Forecast minus observed level of every cell."""
    check_family(sums, FAMILY)
    return sums[FCST] - sums[OBS]


def _share(sums: xr.Dataset, cells: xr.DataArray, name: str) -> xr.DataArray:
    """Share of the pairs that lie in some cells of the table."""
    count = sums["count"]
    return ratio(count.where(cells, 0.0).sum((FCST, OBS)), count.sum((FCST, OBS))).rename(name)


def table_accuracy(sums: xr.Dataset) -> xr.DataArray:
    """Share of pairs whose forecast level is the observed one.

    Σ n(i, i) / N. Range [0, 1], perfect 1, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_table_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    level_accuracy : The same figure, from sums of hits only.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_table_sums, table_accuracy
    >>> fcst, obs = xr.DataArray([1, 2, 2, 3], dims="x"), xr.DataArray([1, 1, 2, 2], dims="x")
    >>> float(table_accuracy(level_table_sums(fcst, obs)))
    0.5
    """
    return _share(sums, _gap(sums) == 0, "table_accuracy")


def one_level_high(sums: xr.Dataset) -> xr.DataArray:
    """Share of pairs whose forecast is exactly one level too high.

    Σ n(j + 1, j) / N. Range [0, 1], perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_table_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    one_level_low : The other side.
    level_over_rate : The share of all forecasts that are too high.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_table_sums, one_level_high
    >>> fcst, obs = xr.DataArray([2, 4, 2, 3], dims="x"), xr.DataArray([1, 2, 2, 4], dims="x")
    >>> float(one_level_high(level_table_sums(fcst, obs)))
    0.25
    """
    return _share(sums, _gap(sums) == 1, "one_level_high")


def one_level_low(sums: xr.Dataset) -> xr.DataArray:
    """Share of pairs whose forecast is exactly one level too low.

    Σ n(j - 1, j) / N. Range [0, 1], perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_table_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    one_level_high : The other side.
    level_under_rate : The share of all forecasts that are too low.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_table_sums, one_level_low
    >>> fcst, obs = xr.DataArray([2, 4, 2, 3], dims="x"), xr.DataArray([1, 2, 2, 4], dims="x")
    >>> float(one_level_low(level_table_sums(fcst, obs)))
    0.25
    """
    return _share(sums, _gap(sums) == -1, "one_level_low")


def within_one_level(sums: xr.Dataset) -> xr.DataArray:
    """Share of pairs whose forecast is at most one level off.

    Σ n(i, j) over |i - j| ≤ 1, divided by N. Range [0, 1], perfect 1, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_table_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    table_accuracy, one_level_high, one_level_low : Its three parts.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_table_sums, within_one_level
    >>> fcst, obs = xr.DataArray([2, 4, 2, 3], dims="x"), xr.DataArray([1, 2, 2, 4], dims="x")
    >>> float(within_one_level(level_table_sums(fcst, obs)))
    0.75
    """
    return _share(sums, abs(_gap(sums)) <= 1, "within_one_level")


SCORES = (
    Score(
        "table_accuracy",
        FAMILY,
        table_accuracy,
        (0, 1),
        1.0,
        "larger",
        "level accuracy of the table",
        "级别准确率（列联表）",
    ),
    Score(
        "one_level_high",
        FAMILY,
        one_level_high,
        (0, 1),
        0.0,
        "smaller",
        "one level too high",
        "偏高一级比例",
    ),
    Score(
        "one_level_low",
        FAMILY,
        one_level_low,
        (0, 1),
        0.0,
        "smaller",
        "one level too low",
        "偏低一级比例",
    ),
    Score(
        "within_one_level",
        FAMILY,
        within_one_level,
        (0, 1),
        1.0,
        "larger",
        "at most one level off",
        "级别相差不超过一级比例",
    ),
)
"""Scores of this file, by name in tables."""
