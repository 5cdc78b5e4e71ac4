"""Forecasts that anybody could make: persistence and climatology, of the observations alone.

Both use only what was observed before the forecast: persistence the last value before the day of
issue, climatology the same time of year in the years before.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from forecast.foreign.content import LEADS, valid_days
from forecast.foreign.derived import with_levels

PERSISTENCE, CLIMATOLOGY = "persistence", "climatology"
REFERENCES = (PERSISTENCE, CLIMATOLOGY)
OLDEST = 7
"""Days before the issue at which persistence still finds its value."""
WINDOW = 15
"""Days before and after the calendar day that make a climatology."""
YEAR = 365.25
EARLIER = 300
"""Days that an observation must be older than the day forecast, more than any lead."""
MIN_VALUES = 10
"""Values that a climatology needs."""
NO_MEAN = ("level", "level_low", "level_high", "primary")
"""Levels and masks have no mean."""


def at_days(truth: xr.Dataset, days: np.ndarray, like: xr.Dataset) -> xr.Dataset:
    """Observed values of some day for each time.

    Parameters
    ----------
    truth : xarray.Dataset
        On (day, place).
    days : ndarray of datetime64[D]
        For each time of `like`.
    like : xarray.Dataset
        On (issue, lead, place) or (day, place), with the places of `truth`.

    Returns
    -------
    xarray.Dataset
        On the labels of `like`, NaN where a day was not observed.
    """
    time = ("day",) if "day" in like.dims else LEADS
    known = truth["day"].values.astype("datetime64[D]")
    at = np.searchsorted(known, days.ravel())
    at = np.where(at < len(known), at, 0)
    there = known[at] == days.ravel()
    out = {}
    for name, values in truth.data_vars.items():
        rows = values.transpose("day", "place").values[at].astype(np.float64)
        rows[~there] = np.nan
        out[name] = ((*time, "place"), rows.reshape(*days.shape, -1))
    return xr.Dataset(out, {d: like[d].variable for d in (*time, "place")})


def persistence(truth: xr.Dataset, data: xr.Dataset) -> xr.Dataset | None:
    """Last observed value of each place before each issue, whatever the lead.

    Parameters
    ----------
    truth : xarray.Dataset
        Observations on (day, place).
    data : xarray.Dataset
        Forecasts on (issue, lead, place), or (day, place).

    Returns
    -------
    xarray.Dataset or None
        NaN where nothing was observed in the `OLDEST` days before the day of issue; None where the
        issue is not known, as the last value that was known is not either.
    """
    if "issue" not in data.dims:
        return None
    issue = data["issue"].values.astype("datetime64[D]")
    found: xr.Dataset | None = None
    for age in range(1, OLDEST + 1):
        days = np.repeat((issue - np.timedelta64(age, "D"))[:, None], data.sizes["lead"], axis=1)
        past = at_days(truth, days, data)
        found = past if found is None else found.fillna(past)
    return found


def climatology(truth: xr.Dataset, data: xr.Dataset) -> xr.Dataset | None:
    """Mean observed value of each place at the same time of year in the years before.

    Parameters
    ----------
    truth, data : xarray.Dataset
        As in `persistence`.

    Returns
    -------
    xarray.Dataset or None
        Means over the days within `WINDOW` days of the calendar day in all earlier years, NaN with
        fewer than `MIN_VALUES` values; the level is that of the mean index. None where no
        observation is a year older than a day forecast.
    """
    valid = valid_days(data)
    seen = truth["day"].values.astype("datetime64[D]")
    wanted, at = np.unique(valid, return_inverse=True)
    age = (wanted[:, None] - seen[None, :]).astype(np.float64)
    shift = np.abs((age + YEAR / 2) % YEAR - YEAR / 2)
    used = ((age > EARLIER) & (shift < WINDOW + 0.5)).astype(np.float64)
    if not used.any():
        return None
    time = ("day",) if "day" in data.dims else LEADS
    out = {}
    for name in (str(n) for n in truth.data_vars if n not in NO_MEAN):
        values = truth[name].transpose("day", "place").values.astype(np.float64)
        there = ~np.isnan(values)
        count = used @ there
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(
                count >= MIN_VALUES, used @ np.where(there, values, 0.0) / count, np.nan
            )
        out[name] = ((*time, "place"), mean[at.ravel()].reshape(*valid.shape, -1))
    return with_levels(xr.Dataset(out, {d: data[d].variable for d in (*time, "place")}))
