"""One daily table for everybody: PM2.5 and observed weather of each station and day.

The weather of the station files (temperature, pressure, dew point, rain, wind) is read here, as the
package reads only their concentrations. Everything made from the table is made by the package:
daily means by its validity rule, the weather path, the state before issue and the calendar.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.calendar import calendar_predictors
from forecast.daily import MIN_HOURS, by_day, mean_24h
from forecast.observations.merged import no_hours
from forecast.observations.prsa import read_prsa
from forecast.pollutants import POLLUTANTS
from forecast.recent import recent_predictors
from forecast.weather.days.moisture import FREEZING, relative_humidity
from forecast.weather.predictors.path import path_predictors

TARGET = "pm25"
COUNTRY = "CN"
UTC_OFFSET = 8
POINTS = (
    *("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE"),
    *("S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"),
)
"""The 16 directions wind blows from, clockwise, 22.5° each."""
DAY_HOURS = {"afternoon": slice(12, 18), "night": slice(0, 6)}
"""The package's windows of the day (`forecast.weather.days.steps.WINDOWS`) on hours 0 … 23."""
DIMS = ("issue", "lead", "member", "place")
OF_LEAD = ("_path", "_sum")
"""Ends of the names of window columns that depend on the day of issue."""


def read_table(folder: Path) -> xr.Dataset:
    """Read the station files of a folder into the daily table.

    Parameters
    ----------
    folder : Path
        With ``PRSA_Data_*.csv`` and ``stations.csv``.

    Returns
    -------
    xarray.Dataset
        On (place, day), float32, NaN where fewer than 20 hours are valid: ``pm25`` µg/m³; daily
        means ``t2m d2m`` K, ``sp`` Pa, ``r2`` %, ``u10 v10 ws`` m/s, sums ``tp`` mm, and
        ``t2m_min``, ``ws_max``, ``r2_night`` and the like. Coordinates ``lat`` and ``lon``.

    Raises
    ------
    InputError
        A station file cannot be read.
    """
    files = sorted(folder.glob("PRSA_Data_*.csv"))
    parts = []
    for file in files:
        observed = read_prsa(file, utc_offset=UTC_OFFSET)
        rows, days = by_day(observed, utc_offset=UTC_OFFSET)
        local = observed["time"].to_index() + pd.Timedelta(hours=UTC_OFFSET)
        fields = daily_weather(hourly_weather(pd.read_csv(file), local))
        fields[TARGET] = mean_24h(rows[TARGET][0])
        place = str(observed["station"].values[0])
        parts.append(
            xr.Dataset({n: ("day", v) for n, v in fields.items()}, {"day": days}).assign_coords(
                place=place
            )
        )
    table = xr.concat(parts, "place").transpose("place", "day")
    table = table.assign_coords(place=table["place"].values.astype(str))
    where = pd.read_csv(folder / "stations.csv", index_col="station").loc[table["place"].values]
    return table.assign_coords(
        {n: ("place", where[n].to_numpy(np.float32)) for n in ("lat", "lon")}
    )


def hourly_weather(rows: pd.DataFrame, local: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    """Weather of a station file in the units of the data model.

    Parameters
    ----------
    rows : pandas.DataFrame
        The file: ``year month day hour TEMP PRES DEWP RAIN wd WSPM``.
    local : pandas.DatetimeIndex
        Hours wanted, whole days.

    Returns
    -------
    dict of str to ndarray, (day, 24)
        ``t2m d2m sp tp r2 u10 v10 ws``; NaN where missing. A calm has no direction: without one
        ``u10`` and ``v10`` are 0 where the speed is 0, else missing.
    """
    rows = rows.set_index(pd.to_datetime(rows[["year", "month", "day", "hour"]])).reindex(local)
    speed = rows["WSPM"].to_numpy(np.float32)
    number = pd.Index(POINTS).get_indexer(rows["wd"])
    angle = np.deg2rad(np.where(number < 0, np.nan, 22.5 * number))
    calm = speed == 0
    fields = {
        "t2m": rows["TEMP"] + FREEZING,
        "d2m": rows["DEWP"] + FREEZING,
        "sp": 100 * rows["PRES"],
        "tp": rows["RAIN"],
        "r2": relative_humidity(rows["TEMP"] + FREEZING, rows["DEWP"] + FREEZING),
        "u10": np.where(calm, 0, -speed * np.sin(angle)),
        "v10": np.where(calm, 0, -speed * np.cos(angle)),
        "ws": speed,
    }
    return {n: np.asarray(v, np.float32).reshape(-1, 24) for n, v in fields.items()}


def daily_weather(hours: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Daily means (rain: sums) and statistics of the day; (day, 24) in, (day,) out."""
    out = {n: mean_24h(v) for n, v in hours.items()}
    out["tp"] = 24 * out["tp"]
    for name in ("t2m", "ws"):
        enough = np.isfinite(out[name])
        out[f"{name}_max"] = np.where(enough, np.fmax.reduce(hours[name], axis=1), np.nan)
        out[f"{name}_min"] = np.where(enough, np.fmin.reduce(hours[name], axis=1), np.nan)
    for window, span in DAY_HOURS.items():
        least = MIN_HOURS * (span.stop - span.start) // 24
        for name in ("ws", "r2", "t2m"):
            out[f"{name}_{window}"] = mean_24h(hours[name][:, span], least)
    return out


def window_columns(table: xr.Dataset) -> xr.Dataset:
    """Weather windows and calendar of each day, as far as they are columns of the day alone.

    Parameters
    ----------
    table : xarray.Dataset
        From `read_table`.

    Returns
    -------
    xarray.Dataset
        On (place, day), float32: of `path_predictors` the fields and statistics of the day, the two
        days before and the day after, four-day means, changes, recirculation and dry days; of
        `calendar_predictors` all. No concentration. The sums and means from an issue to its target
        are left out: no column of the day can hold them. NaN beyond the table.
    """
    days = table["day"].to_index()
    before = pd.DatetimeIndex(days.values - np.timedelta64(1, "D"))  # each day is a lead 1
    weather = table.drop_vars([TARGET, "lat", "lon"])
    rows = np.arange(len(days))[:, None] + np.arange(2)  # the day and the day after
    ahead = weather.pad(day=(0, 1)).transpose("day", "place")
    fields = {n: (DIMS, v.values[rows][:, :, None]) for n, v in ahead.items()}
    coords = {"issue": before, "lead": [1, 2], "place": table["place"].values}
    path = path_predictors(xr.Dataset(fields, coords), weather, before.values.astype("M8[D]"))
    columns = {
        n: (("day", "place"), v.sel(lead=1).values)
        for n, v in path.items()
        if not n.endswith(OF_LEAD)
    }
    everywhere = np.ones((1, table.sizes["place"]), np.float32)
    for name, values in calendar_predictors(days, COUNTRY).items():
        columns[name] = (("day", "place"), values[:, None] * everywhere)
    coords = {"place": table["place"].values, "day": days}
    return xr.Dataset(columns, coords).transpose("place", "day")


def state(series: xr.DataArray, city: np.ndarray, issues: pd.DatetimeIndex) -> xr.Dataset:
    """PM2.5 up to the end of each issue day.

    Parameters
    ----------
    series : xarray.DataArray, (place, day)
        Daily means, µg/m³; those after an issue do not reach it.
    city : ndarray of str, (place,)
        Places whose mean is the city's.
    issues : pandas.DatetimeIndex
        Issue days.

    Returns
    -------
    xarray.Dataset
        `recent_predictors` on (issue, place) as far as days tell them: latest day, lags, running
        means, city mean. A missing latest day is the city's mean.
    """
    empty = xr.full_like(series, np.nan)
    daily = xr.Dataset({p: series if p == TARGET else empty for p in POLLUTANTS})
    places = series["place"].values
    found = recent_predictors(
        no_hours(places),
        xr.DataArray(city, {"station": places}, "station"),
        issues.rename("issue"),
        utc_offset=UTC_OFFSET,
        issue_hour=24,
        daily=daily,
    )
    kept = [n for n in found if n.endswith(TARGET) and not n.startswith("last6")]
    return xr.Dataset({n: found[n] for n in kept})


def filled(table: xr.Dataset) -> pd.DataFrame:
    """PM2.5 without holes, each filled by its own day and earlier ones; days by stations.

    A missing value takes the mean of the other stations, and a day without any the day before, as
    the state before issue does. For libraries that cannot take a hole.
    """
    values = table[TARGET].transpose("day", "place").to_pandas()
    mean = values.mean(axis=1)
    return values.apply(lambda column: column.fillna(mean)).ffill()
