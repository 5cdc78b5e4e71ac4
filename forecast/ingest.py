"""Ingest: sources into the workspace's stores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import daily_index
from forecast.atomic import whole_file, write_text
from forecast.config import Config
from forecast.daily import city_values, daily_values, describe
from forecast.errors import InputError
from forecast.observations.prsa import read_prsa
from forecast.stations import read_stations
from forecast.weather.netcdf import WeatherFile
from forecast.workspace import Workspace

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done and how much there is."""


def no_progress(what: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass
class IngestReport:
    """What an ingest did."""

    stations: int = 0
    first_hour: pd.Timestamp | None = None
    last_hour: pd.Timestamp | None = None
    values_added: int = 0
    values_changed: int = 0
    months_written: int = 0
    cycles: dict[str, int] = field(default_factory=dict)


def ingest(config: Config, workspace: Workspace, progress: Progress = no_progress) -> IngestReport:
    """Read all sources of a configuration into its workspace.

    Ingesting the same sources again changes nothing; changed values replace old ones.

    Parameters
    ----------
    config : Config
        Names the sources.
    workspace : Workspace
        Where to.
    progress : callable, optional
        Told about each step.

    Returns
    -------
    IngestReport
        Counts of what was read, added and changed.

    Raises
    ------
    InputError
        A source is missing or cannot be used; what was stored before stays as it was.
    """
    report = IngestReport()
    stations = read_stations(config.data_folder / config.observations.stations)
    observations = _read_observations(config, stations, progress)
    for column in ("city", "province"):
        stations[f"{column}_zh"] = [
            config.names_zh.get(name, name_zh)
            for name, name_zh in zip(stations[column], stations[f"{column}_zh"], strict=True)
        ]
    for product in config.weather:
        archive = workspace.weather(product.product)
        for path in config.source_files(product.files):
            with WeatherFile(path, product.kind, product.rename) as file:
                total = len(file.days)
                for done in archive.ingest(file, stations, config.leads):
                    progress(f"weather {product.product}", done, total)
                report.cycles[product.product] = report.cycles.get(product.product, 0) + total
    # observations last: a weather file that cannot be read leaves them as they were
    written = workspace.observations().write(observations)
    write_text(workspace.station_table, stations.to_csv())
    store_daily(config, workspace)
    hours = observations["time"].to_index()
    report.stations = observations.sizes["station"]
    report.first_hour, report.last_hour = hours[0], hours[-1]
    report.values_added, report.values_changed = written.values_added, written.values_changed
    report.months_written = written.months_written
    return report


def store_daily(config: Config, workspace: Workspace) -> xr.Dataset:
    """Evaluate stored observations as daily values of stations and cities, with AQI; store them."""
    stations = workspace.stations()
    hourly = workspace.observations().read().reindex(station=stations.index.to_numpy())
    daily = daily_values(hourly, utc_offset=config.utc_offset)
    place = stations.index.to_numpy().astype(str)
    city = xr.DataArray(stations["city"].to_numpy(), coords={"place": place}, dims="place")
    both = xr.concat([daily, city_values(daily, city, config.station_share)], dim="place")
    both = xr.merge([describe(both), daily_index(both)], combine_attrs="drop_conflicts")
    both["place"] = both["place"].values.astype(str)
    kind = np.repeat(["station", "city"], [len(place), both.sizes["place"] - len(place)])
    both = both.assign_coords(kind=("place", kind))
    both.attrs = {"Conventions": "CF-1.10", "title": "Observed daily values"}
    with whole_file(workspace.daily_file) as part:
        both.to_netcdf(
            part,
            engine="netcdf4",
            encoding={n: {"zlib": True, "complevel": 1} for n in both.data_vars},
        )
    return both


def _read_observations(config: Config, stations: pd.DataFrame, progress: Progress) -> xr.Dataset:
    """Hourly observations of all files, (station, time); each station in one file."""
    files = config.source_files(config.observations.files)
    parts: dict[str, xr.Dataset] = {}
    for i, path in enumerate(files):
        part = read_prsa(
            path,
            utc_offset=config.utc_offset,
            hour_label=config.observations.hour_label,
        )
        name = str(part["station"].values[0])
        if name not in stations.index:
            raise InputError(
                f"{path}: station {name} is not in the station table "
                f"{config.data_folder / config.observations.stations}"
            )
        if name in parts:
            raise InputError(f"{path}: station {name} stands in another file too")
        parts[name] = part
        progress("observations", i + 1, len(files))
    return xr.concat(list(parts.values()), dim="station", join="outer")
