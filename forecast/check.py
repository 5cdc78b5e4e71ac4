"""Check: what the sources of a configuration hold, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.config import Config, Weather
from forecast.errors import InputError
from forecast.ingest import Progress, no_progress
from forecast.observations.prsa import read_prsa
from forecast.pollutants import POLLUTANTS
from forecast.stations import read_stations
from forecast.weather.netcdf import WeatherFile
from forecast.weather.sampling import bilinear_weights

PLAUSIBLE = {"pm25": 1000, "pm10": 2000, "so2": 1000, "no2": 500, "o3": 800, "co": 30}
"""Hourly values above are listed as implausible (µg/m³; CO mg/m³)."""
STUCK_HOURS = 4
"""A value that stays the same for so many hours is listed as stuck (domain practice)."""


@dataclass(frozen=True)
class CheckReport:
    """What the sources hold.

    Attributes
    ----------
    stations : pandas.DataFrame
        One row a station: first and last hour (local), hours, share of valid values by pollutant
        (``pm25`` …), hours with PM2.5 > PM10, with a value at or below zero, implausibly high, and
        stuck.
    weather : pandas.DataFrame
        One row a product: kind, fields, days, first, last, missing days, leads, members.
    problems : list of str
        What would stop or weaken a forecast, one sentence each.
    """

    stations: pd.DataFrame
    weather: pd.DataFrame
    problems: list[str]


def check_sources(config: Config, progress: Progress = no_progress) -> CheckReport:
    """Read every source once and report on it.

    Raises
    ------
    InputError
        A source cannot be read at all; the first such is named.
    """
    problems: list[str] = []
    table = read_stations(config.data_folder / config.observations.stations)
    files = config.source_files(config.observations.files)
    rows = []
    for i, path in enumerate(files):
        data = read_prsa(
            path, utc_offset=config.utc_offset, hour_label=config.observations.hour_label
        )
        rows.append(_station_row(data, config.utc_offset))
        progress("checking observations", i + 1, len(files))
    stations = pd.DataFrame(rows).set_index("station")
    for name in stations.index.difference(table.index):
        problems.append(f"station {name} has observations but is not in the station table")
    for name in table.index.difference(stations.index):
        problems.append(f"station {name} is in the station table but has no observations")
    for name, row in stations.iterrows():
        for p in POLLUTANTS:
            if row[p] < 0.5:
                problems.append(f"station {name}: only {row[p]:.0%} of {p} hours are valid")
    weather = pd.DataFrame([_weather_row(p, config, table, problems) for p in config.weather])
    return CheckReport(stations, weather.set_index("product"), problems)


def _station_row(data: xr.Dataset, utc_offset: float) -> dict[str, object]:
    local = data["time"].to_index() + pd.Timedelta(hours=utc_offset)
    values = {p: data[p].values[0] for p in POLLUTANTS}
    row: dict[str, object] = {
        "station": str(data["station"].values[0]),
        "first": local[0],
        "last": local[-1],
        "hours": len(local),
    }
    row |= {p: float(np.isfinite(v).mean()) for p, v in values.items()}
    row["pm25_above_pm10"] = int((values["pm25"] > values["pm10"]).sum())
    row["not_positive"] = sum(int((v <= 0).sum()) for v in values.values())
    row["implausible"] = sum(int((v > PLAUSIBLE[p]).sum()) for p, v in values.items())
    row["stuck"] = sum(_stuck(v) for v in values.values())
    return row


def _stuck(values: np.ndarray) -> int:
    """Hours inside runs of at least `STUCK_HOURS` equal values."""
    series = pd.Series(values)
    run = (series != series.shift()).cumsum()
    length = series.groupby(run).transform("size")
    return int(((length >= STUCK_HOURS) & series.notna()).sum())


def _weather_row(
    product: Weather, config: Config, stations: pd.DataFrame, problems: list[str]
) -> dict[str, object]:
    days = pd.DatetimeIndex([])
    row: dict[str, object] = {"product": product.product, "kind": product.kind}
    for path in config.source_files(product.files):
        with WeatherFile(path, product.kind, product.rename) as file:
            lat, lon = stations["lat"].to_numpy(), stations["lon"].to_numpy()
            try:
                bilinear_weights(
                    file.latitude, file.longitude, lat, lon, names=stations.index.to_numpy()
                )
            except InputError as error:
                problems.append(f"{path.name}: {error}")
            days = days.union(file.days)
            row["fields"] = " ".join(file.fields)
            forecast = product.kind == "forecast"
            row["leads"] = f"{file.leads.min()}–{file.leads.max()}" if forecast else ""
            row["members"] = len(file.members) if forecast else ""
            if forecast and file.leads.max() < config.leads:
                problems.append(
                    f"{path.name}: leads end at day {file.leads.max()}, {config.leads} are wanted"
                )
    missing = pd.date_range(days.min(), days.max()).difference(days)
    if len(missing):
        problems.append(
            f"weather {product.product}: {len(missing)} days missing, first {missing[0]:%Y-%m-%d}"
        )
    return {
        **row,
        "days": len(days),
        "first": days.min(),
        "last": days.max(),
        "missing": len(missing),
    }
