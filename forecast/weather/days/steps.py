"""From the steps of a forecast to the natural days of a network.

A field between two steps is taken to run straight from one to the other, so that its mean over any
window is a weighted sum of the values at the steps; the weights are worked out once a cycle. A day
that the steps do not cover is missing, never made up.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from scipy import sparse

from forecast.weather.days.accumulation import amounts, interval_bounds, is_amount, valid_seconds
from forecast.weather.days.step_weights import (
    HOUR,
    LONGEST,
    missing_between,
    overlaps,
    path_values,
    path_weights,
)

WINDOWS = {"afternoon": (12.0, 18.0), "night": (0.0, 6.0)}
"""Local hours: when mixing is deepest and photochemistry strongest, and when it is least."""
STATISTICS: Mapping[str, tuple[str, ...]] = {
    "t2m": ("min", "max", "afternoon"),
    "r2": ("min", "afternoon"),
    "ws": ("max",),
    "blh": ("max", "afternoon", "night"),
    "ventilation": ("max", "afternoon", "night"),
}
"""What a field gets beside its daily mean: ``min``, ``max`` or a window's name."""
DAY = 24 * HOUR
_EXTREMES = {"min": "minimum", "max": "maximum"}


def local_days(
    steps: xr.Dataset,
    utc_offset: float,
    *,
    statistics: Mapping[str, tuple[str, ...]] = STATISTICS,
    windows: Mapping[str, tuple[float, float]] = WINDOWS,
) -> xr.Dataset:
    """Daily statistics of one cycle, or of analyses, in local time.

    Parameters
    ----------
    steps : xarray.Dataset
        Fields on (lead, …) with ``valid_time`` (lead, UTC, increasing) and, for amounts,
        ``<name>_start`` as `amounts` wants it. Steps of any, even changing, length.
    utc_offset : float
        Local time minus UTC, hours; fractions allowed.
    statistics : mapping of str to tuple of str
        Statistics of a field beside the mean.
    windows : mapping of str to (float, float)
        Local hours [from, to) of each window, within one day.

    Returns
    -------
    xarray.Dataset
        float32 on (day, …); ``day`` is every local day the steps touch. ``<name>`` is the mean over
        [00, 24) of the straight path through the steps, ``<name>_min`` and ``<name>_max`` the
        extremes of that path (so the values at the steps inside the day and those interpolated to
        its two ends), ``<name>_<window>`` its mean over the window; of an amount ``<name>`` is the
        day's sum, an interval across midnight split in proportion to time. ``coverage`` (day) is
        the share of the day between usable steps.

        A day is NaN in all statistics of a field when it is not wholly covered or one of the steps
        it needs is NaN, for that place and member alone. Steps are missing between two that are
        further apart than some two later ones (steps of a forecast only lengthen), or more than 12
        hours apart; nothing is interpolated there. The total of an amount over such a gap counts
        when the gap lies within one day, since it is known all the same.

    Raises
    ------
    InputError
        Valid times missing or not increasing; an amount that cannot be right (see `amounts`).
    """
    times = valid_seconds(steps) + utc_offset * HOUR
    days = _days_touched(steps, times, utc_offset)
    weights: dict[bytes, _DayWeights] = {}  # fields may be given at different steps
    any_given = np.zeros(len(times), dtype=bool)
    out: dict[str, xr.DataArray] = {}
    for name in [str(n) for n in steps.data_vars if "lead" in steps[n].dims]:
        if is_amount(name):
            out[name] = _daily_sum(steps, name, days * DAY, utc_offset)
            continue
        field = steps[name].transpose("lead", ...)
        values = np.asarray(field.values, dtype=np.float32).reshape(len(times), -1)
        given = np.isfinite(values).any(axis=1)
        any_given |= given
        key = given.tobytes()
        if key not in weights:
            weights[key] = _DayWeights(times[given], days * DAY, windows)
        found = weights[key].statistics(values[given], statistics.get(name, ()))
        for statistic, (rows, method) in found.items():
            label = f"{name}_{statistic}" if statistic else name
            out[label] = _on_days(field, rows, f"time: {method} (local day)")
    begin = days * DAY
    out["coverage"] = _coverage(path_weights(times[any_given], begin, begin + DAY).covered)
    dates = pd.DatetimeIndex(days.astype("datetime64[D]")).as_unit("ns")
    kept = {n: c for n, c in steps.coords.items() if "lead" not in c.dims}
    return xr.Dataset(out, coords={**kept, "day": dates}, attrs=dict(steps.attrs))


class _DayWeights:
    """Statistics of local days from the values at some steps.

    Parameters
    ----------
    times : ndarray, (lead,)
        Local times of the steps, seconds.
    begin : ndarray, (day,)
        Starts of the days, seconds.
    windows : mapping of str to (float, float)
        Hours of the day.
    """

    def __init__(
        self, times: np.ndarray, begin: np.ndarray, windows: Mapping[str, tuple[float, float]]
    ) -> None:
        self._windows = windows
        self._whole = path_weights(times, begin, begin + DAY)
        self._parts = {
            name: path_weights(times, begin + first * HOUR, begin + last * HOUR)
            for name, (first, last) in windows.items()
        }
        self._ends = path_values(times, np.concatenate([begin, begin + DAY]))
        self._first = np.searchsorted(times, begin)
        self._last = np.searchsorted(times, begin + DAY, side="right")

    def statistics(
        self, values: np.ndarray, wanted: tuple[str, ...]
    ) -> dict[str, tuple[np.ndarray, str]]:
        """Mean (under the empty name) and what else is wanted, (day, column), and its method."""
        mean = self._whole.mean(values)
        out = {"": (mean, "mean")}
        for name in wanted:
            if name in self._parts:
                first, last = self._windows[name]
                rows, method = self._parts[name].mean(values), f"mean over {first:g}–{last:g} h"
            else:
                rows, method = self._extreme(name, values), _EXTREMES[name]
            out[name] = (np.where(np.isnan(mean), np.float32(np.nan), rows), method)
        return out

    def _extreme(self, name: str, values: np.ndarray) -> np.ndarray:
        """Least or greatest value of the path in each day; of no meaning in a day not covered."""
        pick = np.minimum if name == "min" else np.maximum
        at_ends = (self._ends @ values).reshape(2, len(self._first), -1)
        out = pick(at_ends[0], at_ends[1])
        for day in np.flatnonzero(self._last > self._first):
            inside = values[self._first[day] : self._last[day]]
            out[day] = pick(out[day], pick.reduce(inside, axis=0))
        return out


def _days_touched(steps: xr.Dataset, times: np.ndarray, utc_offset: float) -> np.ndarray:
    """Local days from the first to the last moment the steps say something of, since 1970."""
    first = times[0]
    for name in [str(n) for n in steps.data_vars if is_amount(str(n))]:
        start, end = interval_bounds(steps, name)
        near = np.maximum(start, end - LONGEST)  # what is older is no single day's
        first = np.fmin(first, np.fmin.reduce(near) + utc_offset * HOUR)
    last = max(np.ceil(times[-1] / DAY), np.floor(first / DAY) + 1)
    return np.arange(np.floor(first / DAY), last).astype(np.int64)


def _daily_sum(steps: xr.Dataset, name: str, begin: np.ndarray, utc_offset: float) -> xr.DataArray:
    """Sums of an amount over local days, (day, …)."""
    field = amounts(steps, name)
    out = np.full((len(begin), math.prod(field.shape[1:])), np.nan, np.float32)
    if field.sizes["lead"]:
        start, end = (x + utc_offset * HOUR for x in interval_bounds(field.to_dataset(), name))
        day, interval, low, high = overlaps(start, end, begin, begin + DAY)
        part = (high - low) / (end - start)[interval]
        usable = ~missing_between(np.r_[start[0], end])[interval] | (part == 1)
        day, interval, part = day[usable], interval[usable], part[usable]
        matrix = sparse.csr_array(
            (part.astype(np.float32), (day, interval)), shape=(len(begin), len(end))
        )
        out = matrix @ field.values.reshape(len(end), -1)
        covered = np.bincount(day, weights=(high - low)[usable], minlength=len(begin))
        out[covered < DAY] = np.nan
    return _on_days(field, out, "time: sum (local day)")


def _on_days(field: xr.DataArray, rows: np.ndarray, method: str) -> xr.DataArray:
    """Rows (day, column) in the field's shape, with its attributes."""
    return xr.DataArray(
        rows.reshape(len(rows), *field.shape[1:]),
        dims=("day", *field.dims[1:]),
        attrs={**field.attrs, "cell_methods": method},
    )


def _coverage(covered: np.ndarray) -> xr.DataArray:
    attrs = {"units": "1", "long_name": "share of the local day between usable steps"}
    return xr.DataArray(covered.astype(np.float32), dims=("day",), attrs=attrs)
