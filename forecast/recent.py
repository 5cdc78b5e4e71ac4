"""Predictors from the recent concentrations of a station and its city, up to the issue hour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from forecast.daily import by_day, city_values, mda8, mean_24h
from forecast.pollutants import POLLUTANTS

LAGS = (1, 2, 3, 6)
"""Days before the last 24 hours that enter as they were."""
LAST_HOURS = 6
MIN_LAST_HOURS = 3
RUNS = {"run7": (7, 3), "run30": (30, 10)}
"""Running means over so many days, with at least so many valid."""
HEARD_DAYS = 30
"""A station without any hour in so many days takes its daily values, where there are some."""
MEMORY_DAYS = HEARD_DAYS + 30 + 2
"""Days of hours before an issue that its predictors look at."""


def recent_predictors(
    hourly: xr.Dataset,
    city: xr.DataArray,
    issues: pd.DatetimeIndex,
    *,
    utc_offset: float,
    issue_hour: int,
    daily: xr.Dataset | None = None,
) -> xr.Dataset:
    """Concentrations before each issue.

    Every value is of whole 24-hour windows that end at the issue hour, so none reaches past it.

    Parameters
    ----------
    hourly : xarray.Dataset
        Observations (station, time).
    city : xarray.DataArray, (station)
        City of each station.
    issues : pandas.DatetimeIndex
        Local issue dates.
    utc_offset, issue_hour
        Network clock, and the local hour of issue.
    daily : xarray.Dataset, optional
        Observed daily values (place, day) of whole days known at the last issue. They stand in for
        stations without any hour in `HEARD_DAYS`: the last whole day known for the last 24 h.

    Returns
    -------
    xarray.Dataset
        float32 on (issue, place), for each pollutant p: ``latest_p`` (last 24 h; ozone: maximum
        8 h mean), ``last6_p`` (last 6 h), ``city_p`` (mean of the city's ``latest_p``), ``lagK_p``
        (the 24 h that ended K days before issue), ``run7_p``, ``run30_p``. A station without valid
        last 24 h takes its city's mean.
    """
    stations = hourly["station"].values.astype(str)
    values, last_hours, days = _windows(hourly, daily, utc_offset, issue_hour)
    windows = xr.Dataset(
        {p: (("place", "day"), v) for p, v in values.items()},
        coords={"place": stations, "day": days},
    )
    cities = city_values(windows, city.rename(station="place"), share=0.01)
    own_city = cities["place"].to_index().get_indexer(city.values)
    at = days.get_indexer(issues)
    out: dict[str, np.ndarray] = {}
    for p in POLLUTANTS:
        series = windows[p].values
        mean = cities[p].values[own_city]
        latest = np.where(np.isfinite(series), series, mean)
        out[f"latest_{p}"] = _take(latest, at)
        out[f"last6_{p}"] = _take(last_hours[p], at)
        out[f"city_{p}"] = _take(mean, at)
        for lag in LAGS:
            out[f"lag{lag}_{p}"] = _take(latest, np.where(at >= 0, at - lag, -1))
        for name, (length, least) in RUNS.items():
            out[f"{name}_{p}"] = _take(running_mean(series, length, least), at)
    return xr.Dataset(
        {n: (("issue", "place"), values) for n, values in out.items()},
        coords={"issue": issues, "place": stations},
    )


def _windows(
    hourly: xr.Dataset, daily: xr.Dataset | None, utc_offset: float, issue_hour: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], pd.DatetimeIndex]:
    """24-hour values and last hours on (station, day of issue), and these days.

    A station without any hour in the last `HEARD_DAYS` takes its daily values, each on the first
    issue that knows it.
    """
    delay = pd.Timedelta(days=0 if issue_hour == 24 else 1)
    known, given = {}, pd.DatetimeIndex([])
    if daily is not None:
        rows = daily["place"].to_index().get_indexer(hourly["station"].values.astype(str))
        known = {p: daily[p].transpose("place", "day").values[rows] for p in POLLUTANTS}
        for values in known.values():
            values[rows < 0] = np.nan
        given = daily["day"].to_index() + delay
    if not hourly.sizes["time"]:
        return known, {p: np.full_like(v, np.nan) for p, v in known.items()}, given
    rows, days = by_day(hourly, utc_offset=utc_offset, day_end=issue_hour)
    values = {p: mda8(rows[p]) if p == "o3" else mean_24h(rows[p]) for p in POLLUTANTS}
    last = {p: mean_24h(rows[p][..., -LAST_HOURS:], MIN_LAST_HOURS) for p in POLLUTANTS}
    silent = ~_heard(rows)
    if silent.any() and known:
        at = given.get_indexer(days)
        for p in POLLUTANTS:
            values[p] = np.where(silent, _take(known[p], at).T, values[p])
    return values, last, days


def _heard(rows: dict[str, np.ndarray]) -> np.ndarray:
    """Whether a station had any hour in the `HEARD_DAYS` up to each day, (station, day)."""
    any_hour = np.any([np.isfinite(rows[p]).any(axis=-1) for p in POLLUTANTS], axis=0)
    count = np.cumsum(any_hour, axis=1)
    count[:, HEARD_DAYS:] -= count[:, :-HEARD_DAYS].copy()
    return count > 0


def running_mean(series: np.ndarray, length: int, least: int) -> np.ndarray:
    """Mean of the last `length` values along the last axis where `least` are valid; float32.

    Each sum is of its own values alone, so that it is the same to the bit whatever comes before.
    """
    known = np.isfinite(series)
    values = np.where(known, series, 0).astype(np.float64)
    total = values.copy()
    for lag in range(1, min(length, series.shape[-1])):
        total[..., lag:] += values[..., :-lag]
    count = np.cumsum(known, axis=-1)
    count[..., length:] -= count[..., :-length].copy()
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count >= least, total / count, np.nan).astype(np.float32)


def _take(series: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Columns `at` of (place, day) as (issue, place); NaN where negative."""
    values = series[:, np.maximum(at, 0)].T.copy()
    values[at < 0] = np.nan
    return values
