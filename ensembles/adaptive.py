"""Adaptive calibration: recent verification moves the levels of the quantiles, without refit.

Adaptive conformal inference (Gibbs & Candès 2021, NeurIPS 34; for series with lead: Zaffran et al.
2022, ICML 39), one-sided at every level τ and lead k. The quantile issued for τ is the forecast's
quantile at level ``τ + θ_t(τ, k)``, and after each issue s whose value is known

    θ ← (1 − decay)·θ + rate·(τ − share of places with y_s ≤ Q_s(τ + θ_s))

so a forecast that was exceeded too often is read at a higher level the next day. The decay lets the
shift fade when there is nothing to correct. An issue s at lead k is known to issue t when its valid
day is no later than the last known day of t: nothing later enters.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from ensembles.distribution import LEVELS, Distribution
from ensembles.table import require_same_cases, valid_days

RATE = 0.01
"""Step of the level after one issue."""
DECAY = 0.02
"""Part of the shift that fades with each issue: half is gone after 35."""
MAX_SHIFT = 0.2
"""Largest shift of a level."""


def level_shifts(
    issued: Distribution,
    observed: xr.DataArray,
    *,
    rate: float = RATE,
    decay: float = DECAY,
    delay: int = 1,
) -> xr.DataArray:
    """Shift of each level for every issue of a series, from what was known at that issue.

    Parameters
    ----------
    issued : Distribution
        Forecasts before adaptation (issue, lead, place, quantile), issues increasing; the last may
        be today's, whose observations are still missing.
    observed : xarray.DataArray, (issue, lead, place)
        What came; NaN where unknown. Values not yet known at an issue do not enter its shift.
    rate, decay : float
        Step after an issue, and part of the shift that fades with it; 0 … 1.
    delay : int
        Days from the issue day back to the last day known completely: 1 when an issue on day t
        knows the values until t − 1, 0 when it knows those of t.

    Returns
    -------
    xarray.DataArray of float32, (issue, lead, quantile)
        For `shift_levels`; within ±`MAX_SHIFT`, zero as long as nothing is known. ``τ + shift``
        does not fall with τ.

    Raises
    ------
    ValueError
        The cases differ, issues do not increase, or a parameter is out of range.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> issue = np.datetime64("2014-01-01", "ns") + np.arange(4).astype("timedelta64[D]")
    >>> cases = xr.Dataset(coords={"issue": issue, "lead": [1], "place": ["a"]})
    >>> issued = Distribution.from_values(np.tile(100 * LEVELS, (4, 1, 1, 1)), cases)
    >>> came = xr.DataArray(np.full((4, 1, 1), 999.0), coords=cases.coords)
    >>> shift = level_shifts(issued, came, rate=0.1, decay=0.0)
    >>> shift.sel(quantile=0.5).values[:, 0].round(2)  # a value is known two issues later
    array([0.  , 0.  , 0.05, 0.1 ], dtype=float32)
    """
    require_same_cases(issued.quantiles, observed, ("the forecasts", "the observations"))
    _check(issued, rate, decay, delay)
    q = issued.quantiles.values
    y = observed.transpose("issue", "lead", "place").values
    issue = issued.quantiles["issue"].values.astype("datetime64[D]")
    known_at = np.searchsorted(issue, valid_days(issued.quantiles.to_dataset(name="q")) + delay)
    count, leads = y.shape[:2]
    shifts = np.zeros((count, leads, len(LEVELS)), dtype=np.float32)
    current = np.zeros((leads, len(LEVELS)))
    done = np.zeros(leads, dtype=int)
    for t in range(count):
        for k in range(leads):
            while done[k] < t and known_at[done[k], k] <= t:
                s = done[k]
                share = _at_or_below(q[s, k], y[s, k], shifts[s, k])
                done[k] += 1
                if share is not None:
                    current[k] = next_shift(current[k], LEVELS, share, rate=rate, decay=decay)
        shifts[t] = in_order(current)
    coords = {
        "issue": issued.quantiles["issue"],
        "lead": issued.quantiles["lead"],
        "quantile": LEVELS,
    }
    return xr.DataArray(shifts, coords, ("issue", "lead", "quantile"))


def next_shift(
    shift: np.ndarray,
    levels: np.ndarray,
    share: np.ndarray,
    *,
    rate: float | np.ndarray,
    decay: float | np.ndarray,
) -> np.ndarray:
    """Shift of each level after one more issue is verified.

    Parameters
    ----------
    shift : ndarray, (…, quantile)
        Before.
    levels : ndarray, (quantile,)
        The levels τ.
    share : ndarray, (…, quantile)
        Share of the places whose value was at or below the quantile issued for each level; NaN
        leaves a shift as it is.
    rate, decay : float or ndarray
        As in `level_shifts`; arrays go with `shift`.

    Returns
    -------
    ndarray, (…, quantile)
        Within ±`MAX_SHIFT`.

    Examples
    --------
    >>> import numpy as np
    >>> next_shift(np.array([0.1]), np.array([0.9]), np.array([0.4]), rate=0.1, decay=0.5)
    array([0.1])
    """
    moved = np.clip((1 - decay) * shift + rate * (levels - share), -MAX_SHIFT, MAX_SHIFT)
    return np.where(np.isnan(share), shift, moved)


def onto_levels(shifts: xr.DataArray) -> xr.DataArray:
    """Shifts of some levels as shifts of all 99: linear between them, constant beyond.

    Parameters
    ----------
    shifts : xarray.DataArray, (…, quantile)
        Labels of `quantile` are the levels, increasing.

    Returns
    -------
    xarray.DataArray of float32, (…, quantile)
        ``τ + shift`` does not fall with τ.

    Examples
    --------
    >>> import xarray as xr
    >>> few = xr.DataArray([0.0, 0.1], {"quantile": [0.5, 0.6]}, ["quantile"])
    >>> onto_levels(few).sel(quantile=[0.4, 0.55, 0.9]).values.round(3).tolist()
    [0.0, 0.05000000074505806, 0.10000000149011612]
    """
    few = shifts.transpose(..., "quantile")
    at = few["quantile"].values
    right = np.clip(np.searchsorted(at, LEVELS), 1, len(at) - 1)
    part = np.clip((LEVELS - at[right - 1]) / (at[right] - at[right - 1]), 0, 1)
    values = few.values[..., right - 1] * (1 - part) + few.values[..., right] * part
    coords = {**{d: few[d] for d in few.dims if d != "quantile"}, "quantile": LEVELS}
    return xr.DataArray(in_order(values), coords, few.dims)


def in_order(shift: np.ndarray) -> np.ndarray:
    """Raise shifts (…, quantile) of the 99 levels where a shifted level would fall with τ."""
    ordered = np.maximum.accumulate(LEVELS + shift, axis=-1) - LEVELS
    return np.asarray(ordered, dtype=np.float32)


def shift_levels(forecast: Distribution, shifts: xr.DataArray) -> Distribution:
    """Read each quantile of a forecast at its shifted level.

    Parameters
    ----------
    forecast : Distribution
        (issue, lead, place, quantile); NaN stays.
    shifts : xarray.DataArray, (issue, lead, quantile) or (lead, quantile)
        From `level_shifts`; the issues and leads of the forecast are picked from it.

    Returns
    -------
    Distribution
        Beyond the outermost levels, 0.01 and 0.99, the quantile of these.

    Raises
    ------
    KeyError
        An issue or a lead of the forecast is not among the shifts.
    """
    q = forecast.quantiles
    own = shifts.sel({d: q[d] for d in ("issue", "lead") if d in shifts.dims})
    table = own.transpose(..., "lead", "quantile").values
    table = np.broadcast_to(table, (*q.shape[:2], len(LEVELS)))[:, :, None, :]
    at = np.clip((LEVELS + table - LEVELS[0]) * 100, 0, len(LEVELS) - 1)
    below = np.minimum(np.floor(at + 1e-6).astype(int), len(LEVELS) - 2)
    part = (at - below).astype(np.float32)
    low = np.take_along_axis(q.values, below, axis=-1)
    high = np.take_along_axis(q.values, below + 1, axis=-1)
    values = np.maximum.accumulate(low + (high - low) * part, axis=-1)
    return Distribution(q.copy(data=values.astype(np.float32)))


def adapt(
    issued: Distribution,
    observed: xr.DataArray,
    *,
    rate: float = RATE,
    decay: float = DECAY,
    delay: int = 1,
) -> Distribution:
    """Adapt every forecast of a series by what was known at its issue.

    A pure function of the past: the forecast of an issue is the same whether later issues and
    values are there or not. Arguments and errors are those of `level_shifts`.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> issue = np.datetime64("2014-01-01", "ns") + np.arange(3).astype("timedelta64[D]")
    >>> cases = xr.Dataset(coords={"issue": issue, "lead": [1], "place": ["a"]})
    >>> issued = Distribution.from_values(np.tile(100 * LEVELS, (3, 1, 1, 1)), cases)
    >>> came = xr.DataArray(np.full((3, 1, 1), 999.0), coords=cases.coords)
    >>> adapted = adapt(issued, came, rate=0.1).quantiles
    >>> adapted.sel(quantile=0.5).values.ravel().round(1).tolist()
    [50.0, 50.0, 55.0]
    """
    shifts = level_shifts(issued, observed, rate=rate, decay=decay, delay=delay)
    return shift_levels(issued, shifts)


def _check(issued: Distribution, rate: float, decay: float, delay: int) -> None:
    for name, value in (("rate", rate), ("decay", decay)):
        if not 0 <= value <= 1:
            raise ValueError(f"adaptive calibration: expected {name} within 0 … 1, found {value}")
    if delay < 0:
        raise ValueError(f"adaptive calibration: expected a delay of at least 0, found {delay}")
    step = np.diff(issued.quantiles["issue"].values)
    if (step <= np.timedelta64(0, "ns")).any():
        raise ValueError("adaptive calibration: expected increasing issues")


def _at_or_below(q: np.ndarray, y: np.ndarray, shift: np.ndarray) -> np.ndarray | None:
    """Share of places with a value at or below each shifted quantile; None without any."""
    known = np.isfinite(y) & np.isfinite(q[:, 0])
    if not known.any():
        return None
    at = np.clip((LEVELS + shift - LEVELS[0]) * 100, 0, len(LEVELS) - 1)
    below = np.minimum(np.floor(at + 1e-6).astype(int), len(LEVELS) - 2)
    low = q[known][:, below]
    quantile = low + (q[known][:, below + 1] - low) * (at - below)
    return np.asarray((y[known][:, None] <= quantile).mean(axis=0))
