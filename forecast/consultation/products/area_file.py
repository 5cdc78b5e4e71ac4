"""The briefing of an area as CF NetCDF: its cities by day, and the area as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import level_attributes, primary_attributes
from forecast.atomic import whole_file
from forecast.consultation.briefing import FAN, Briefing
from forecast.consultation.warning import COLOURS
from forecast.pollutants import LABELS, MASK_BITS

BY_CITY, BY_DAY = ("city", "time"), ("time",)
SHARE = {"units": "1"}
INDEX = {"units": "1", "long_name": "air quality index"}
HOUR = pd.Timedelta(hours=1)
AREA_VALUES = {
    "aqi_mean": "mean AQI over the cities, median of the scenarios",
    "aqi_mean_low": "mean AQI over the cities, 10 % of the scenarios",
    "aqi_mean_high": "mean AQI over the cities, 90 % of the scenarios",
    "heavy_cities": "cities with AQI > 200, mean over the scenarios",
    "heavy_probability": "probability of AQI > 200 in any city",
}
"""Values of the area by day, with their long names."""


def area_dataset(briefing: Briefing) -> xr.Dataset:
    """Cities and days of a briefing as a dataset by the CF conventions, version 1.10.

    Parameters
    ----------
    briefing : dict
        From `make_briefing`.

    Returns
    -------
    xarray.Dataset
        On (city, time): ``aqi_low, aqi_high`` (−1 missing), ``level`` (flags, 0 missing),
        ``primary`` (flag masks, −1 missing), ``heavy_probability``; with a dimension before them
        ``aqi`` (quantile), ``level_probability`` (level_number), ``warning_probability`` (colour:
        at least that of `warning_level`). On (time,): ``area_…``, see `AREA_VALUES`. A time is the
        middle of the local natural day its bounds span, in UTC.
    """
    head, cities = briefing["head"], briefing["cities"]
    days = [c["days"] for c in cities]
    by_quantile = _table(days, "fan")
    low, high = _table(days, "low"), _table(days, "high")
    missing = np.isnan(low)
    out = xr.Dataset(
        {
            "aqi_low": (BY_CITY, _whole(low), {**INDEX, "long_name": "issued range, low end"}),
            "aqi_high": (BY_CITY, _whole(high), {**INDEX, "long_name": "issued range, high end"}),
            "level": (BY_CITY, np.nan_to_num(_table(days, "level")).astype(np.int8),
                      level_attributes()),
            "primary": (BY_CITY, np.where(missing, -1, _masks(days)).astype(np.int16),
                        primary_attributes()),
            "heavy_probability": (BY_CITY, _table(days, "heavy"),
                                  {**SHARE, "long_name": "probability of AQI > 200"}),
            "aqi": (("quantile", *BY_CITY), np.moveaxis(by_quantile, -1, 0),
                    {**INDEX, "long_name": "quantiles of the air quality index"}),
            "level_probability": (("level_number", *BY_CITY),
                                  np.moveaxis(_table(days, "levels"), -1, 0),
                                  {**SHARE, "long_name": "probability of the level"}),
            "warning_probability": (("colour", *BY_CITY),
                                    np.moveaxis(_table(days, "warning"), -1, 0),
                                    {**SHARE, "long_name": "probability of a warning of at least "
                                     f"the colour, rule of {head['warning_rule']}"}),
        }
    )  # fmt: skip
    of_day = briefing["consultation"]["days"]
    for name, long_name in AREA_VALUES.items():
        values = np.array([_number(d.get(name)) for d in of_day], np.float32)
        out[f"area_{name}"] = (BY_DAY, values, {**SHARE, "long_name": long_name})
    out = out.assign_coords(_places(cities)).assign_coords(_times(head, cities))
    out["quantile"] = ("quantile", np.array(FAN, np.float32), {**SHARE, "long_name": "probability"})
    out["level_number"] = ("level_number", np.arange(1, 7, dtype=np.int8),
                           {**SHARE, "long_name": "number of the level"})  # fmt: skip
    out["warning_level"] = ("colour", np.arange(1, len(COLOURS), dtype=np.int8), {
        "long_name": "colour of the warning",
        "flag_values": np.arange(1, len(COLOURS), dtype=np.int8),
        "flag_meanings": " ".join(COLOURS[1:]),
    })  # fmt: skip
    out = out.set_coords(("warning_level", "time_bounds"))
    out.attrs = {
        "Conventions": "CF-1.10",
        "title": f"{head['title']['en']}, {head['area']['en']}, issued {head['issue']}",
        "institution": "see the title",
        "source": "ensemble of statistical models (wubu)",
        "history": f"revision {head['revision']} of the issued forecast",
        "references": str(head["standard"]),
        "simulated": head["simulated"],
        "area_level": head["area"]["level"],
        "area_name": head["area"]["name"],
        "trained_until": head["trained_until"],
    }
    return out


def write_area_file(briefing: Briefing, path: Path) -> Path:
    """Write `area_dataset` as NetCDF, whole or not at all; the same briefing, the same bytes."""
    data = area_dataset(briefing)
    encoding: dict[str, dict[str, Any]] = {
        str(n): {"zlib": True, "complevel": 1} for n, v in data.data_vars.items() if v.ndim > 1
    }
    for name in ("aqi_low", "aqi_high"):
        encoding[name]["_FillValue"] = np.int16(-1)
    clock = {"units": "hours since 1970-01-01 00:00:00", "dtype": "f8", "_FillValue": None}
    for name in ("time", "forecast_reference_time"):
        encoding[name] = {**clock, "calendar": "standard"}
    encoding["time_bounds"] = {"_FillValue": None, "dtype": "f8"}
    for name in ("lat", "lon", "forecast_period", "quantile"):
        encoding[name] = {"_FillValue": None}
    with whole_file(path) as part:
        data.to_netcdf(part, engine="netcdf4", encoding=encoding)
    return path


def _times(head: dict[str, Any], cities: list[dict[str, Any]]) -> dict[str, Any]:
    start = pd.DatetimeIndex(head["valid_days"]) - HOUR * head["utc_offset"]
    reference = pd.Timestamp(head["data_cut_off"].removesuffix("Z"))
    bounds = np.stack([start.to_numpy(), (start + 24 * HOUR).to_numpy()], axis=1)
    middle = start + 12 * HOUR
    ahead = ((middle - reference) / HOUR).to_numpy(np.float32)
    return {
        "time": ("time", middle, {
            "standard_name": "time", "axis": "T", "bounds": "time_bounds",
            "long_name": "middle of the local natural day",
        }),
        "time_bounds": (("time", "bound"), bounds),
        "forecast_reference_time": ((), reference, {
            "standard_name": "forecast_reference_time", "long_name": "cut-off of the data",
        }),
        "forecast_period": ("time", ahead, {
            "standard_name": "forecast_period", "units": "hours",
            "long_name": "from the cut-off to the middle of the day",
        }),
    }  # fmt: skip


def _places(cities: list[dict[str, Any]]) -> dict[str, Any]:
    def column(name: str) -> np.ndarray:
        return np.array([c[name] for c in cities], dtype=str)

    def degrees(name: str) -> np.ndarray:
        return np.array([_number(c[name]) for c in cities], np.float64)

    north = {"standard_name": "latitude", "units": "degrees_north"}
    east = {"standard_name": "longitude", "units": "degrees_east"}
    return {
        "city_id": ("city", column("city"), {"long_name": "id of the city"}),
        "city_name": ("city", column("name"), {"long_name": "name of the city"}),
        "province": ("city", column("province"), {"long_name": "province of the city"}),
        "lat": ("city", degrees("lat"), north),
        "lon": ("city", degrees("lon"), east),
    }


def _table(days: list[list[dict[str, Any]]], name: str) -> np.ndarray:
    """Values of every city and day, (city, time[, …]), None as NaN."""
    rows = [[day[name] for day in city] for city in days]
    return np.array(rows, dtype=np.float32)


def _whole(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), -1, values).astype(np.int16)


def _masks(days: list[list[dict[str, Any]]]) -> np.ndarray:
    bits = {LABELS[p]: bit for p, bit in MASK_BITS.items()}
    return np.array([[sum(bits[p] for p in day["primary"]) for day in city] for city in days])


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)
