"""Run-to-run consistency: how forecasts of one day change from issue to issue.

All functions work on forecasts by valid day (`by_valid_day`), in which the forecasts of one day
lie along `lead`, the newest issue at the shortest lead. Values may be concentrations, levels, or
events as 0 and 1: then a change is a flip.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import xarray as xr

from verification.pairs import sum_pairs
from verification.score import Score
from verification.sums import check_family, ratio, weighted_mean

FAMILY = "revision"


def flip_flop_index(values: xr.DataArray, lead: str = "lead") -> xr.DataArray:
    """Flip-flop index of the forecasts of each day: changes beyond those of one steady trend.

    FFI = (Σ|x_i - x_{i+1}| - (max x - min x)) / (N - 2) over the N forecasts of a day in order of
    issue. Range [0, ∞), perfect 0, smaller is better. A forecast that moves in one direction
    only, however far, has 0. Of 0 and 1, it is the number of flips beyond the first over N - 2.

    Parameters
    ----------
    values : xarray.DataArray, (lead, ...)
        Forecasts by valid day, with ascending leads. Missing ones are passed over.
    lead : str
        Name of the dimension of leads.

    Returns
    -------
    xarray.DataArray
        Without `lead`; NaN with fewer than three forecasts.

    Raises
    ------
    ValueError
        If the dimension is missing or its labels do not ascend.

    References
    ----------
    Griffiths, D., Foley, M., Ioannou, I. and Leeuwenburg, T. (2019), Flip-flop index: quantifying
    revision stability for fixed-event forecasts, Meteorological Applications 26, 30-35.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import flip_flop_index
    >>> fcst = xr.DataArray([[50.0, 80], [60, 70], [50, 70], [60, 40]], dims=("lead", "day"))
    >>> flip_flop_index(fcst).values
    array([10.,  0.])
    """
    _check_lead(values, lead)
    moved = values.transpose(lead, ...)
    total = np.zeros(moved.shape[1:])
    last = np.full(moved.shape[1:], np.nan)
    number = moved.notnull().sum(lead).values
    for run in moved:
        x = run.values.astype(np.float64)
        total += np.nan_to_num(np.abs(x - last))
        last = np.where(np.isnan(x), last, x)
    spread = (moved.max(lead) - moved.min(lead)).astype(np.float64)
    known = number > 2
    index = (total - spread.values) / np.where(known, number - 2, 1)
    # Rounding may leave a monotonic sequence a little below zero.
    return spread.copy(data=np.where(known, np.maximum(index, 0), np.nan)).rename("flip_flop_index")


def revision_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    lead: str = "lead",
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum the changes from each forecast to the next one of the same day.

    Parameters
    ----------
    fcst : xarray.DataArray, (lead, ...)
        Forecasts by valid day (`by_valid_day`), with ascending leads.
    obs : xarray.DataArray
        Observed values of the valid days, without `lead`.
    lead : str
        Name of the dimension of leads. A change is labelled by the lead of the newer forecast,
        so the longest lead has none.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the changes.

    Returns
    -------
    xarray.Dataset
        Family `revision`: `change`, `absolute_change`, `changed` (number of changes that are not
        0), `towards` (those that come nearer to the observed value), `away`, with `pairs` and
        `weight`. A change counts only with both forecasts and the observed value.

    Raises
    ------
    ValueError
        If labels differ or do not ascend, `keep` is unknown or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import mean_jump, revision_sums
    >>> fcst = xr.DataArray([[110.0, 120.0], [100.0, 150.0], [130.0, 150.0]], dims=("lead", "day"))
    >>> obs = xr.DataArray([115.0, 100.0], dims="day")
    >>> float(mean_jump(revision_sums(fcst, obs)))
    17.5
    """
    _check_lead(fcst, lead)
    newer, older = fcst.isel({lead: slice(None, -1)}), fcst.isel({lead: slice(1, None)})
    if lead in newer.coords:
        older = older.assign_coords({lead: newer[lead]})
    names = ("change", "absolute_change", "changed", "towards", "away")
    return sum_pairs(
        _terms,
        newer,
        older,
        obs,
        family=FAMILY,
        variables=dict.fromkeys(names, ()),
        keep=keep,
        weights=weights,
    )


def _terms(
    newer: np.ndarray, older: np.ndarray, obs: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    change = newer - older
    nearer = np.abs(older - obs) - np.abs(newer - obs)
    return ~(np.isnan(change) | np.isnan(obs)), {
        "change": change,
        "absolute_change": np.abs(change),
        "changed": change != 0,
        "towards": nearer > 0,
        "away": nearer < 0,
    }


def _check_lead(values: xr.DataArray, lead: str) -> None:
    if lead not in values.dims:
        raise ValueError(f"the forecasts need a dimension {lead!r}, found {list(values.dims)}")
    if lead in values.indexes and not values.indexes[lead].is_monotonic_increasing:
        raise ValueError(f"labels of {lead!r} must ascend, found {values[lead].values.tolist()}")


def mean_jump(sums: xr.Dataset) -> xr.DataArray:
    """Mean absolute change from one forecast to the next of the same day.

    Σ|x_new - x_old| / N. Range [0, ∞), perfect 0, smaller is better; a forecast that never
    changes has 0, right or wrong. Of 0 and 1, it is the share of flips.

    Parameters
    ----------
    sums : xarray.Dataset
        From `revision_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions; NaN without a pair of forecasts.

    References
    ----------
    Zsoter, E., Buizza, R. and Richardson, D. (2009), "Jumpiness" of the ECMWF and Met Office EPS
    control and ensemble-mean forecasts, Mon. Wea. Rev. 137, 3823-3836 (who divide the change of
    a field by the ensemble spread).

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import mean_jump, revision_sums
    >>> fcst = xr.DataArray([110.0, 100.0, 130.0], dims="lead")
    >>> float(mean_jump(revision_sums(fcst, xr.DataArray(115.0))))
    20.0
    """
    return weighted_mean(sums, FAMILY, "absolute_change").rename("mean_jump")


def convergence(sums: xr.Dataset) -> xr.DataArray:
    """Share of the changes from one forecast to the next that come nearer to the observed value.

    #(|x_new - o| < |x_old - o|) / #(x_new ≠ x_old). Range [0, 1], perfect 1, larger is better;
    changes without any skill have 0.5 or less.

    Parameters
    ----------
    sums : xarray.Dataset
        From `revision_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without a change.

    See Also
    --------
    mean_jump : The size of the changes.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import convergence, revision_sums
    >>> fcst = xr.DataArray([110.0, 100.0, 120.0, 160.0], dims="lead")
    >>> round(float(convergence(revision_sums(fcst, xr.DataArray(115.0)))), 4)
    0.6667
    """
    check_family(sums, FAMILY)
    return ratio(sums["towards"], sums["changed"]).rename("convergence")


SCORES = (
    Score(
        "mean_jump",
        "revision",
        mean_jump,
        (0, inf),
        0.0,
        "smaller",
        "mean change from issue to issue",
        "相邻起报平均跳变",
        "input",
    ),
    Score(
        "convergence",
        "revision",
        convergence,
        (0, 1),
        1.0,
        "larger",
        "share of changes towards the observed value",
        "预报收敛率",
    ),
)
"""Scores of this file, by name in tables."""
