"""Ingest: sources into the workspace's stores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import daily_index
from forecast.atomic import whole_file, write_text
from forecast.city_stations import by_station, read_city_stations
from forecast.config import Config
from forecast.covariates.intake import CovariateIntake, take_in_covariate
from forecast.daily import city_values, daily_values, describe
from forecast.errors import InputError
from forecast.guidance.intake import GuidanceIntake, take_in_guidance
from forecast.ingest_weather import ingest_weather
from forecast.observations.cnemc_stations import read_cnemc_stations
from forecast.observations.daily_store import DailyStore
from forecast.observations.merged import read_merged
from forecast.observations.source import Source, refuse_overlap
from forecast.observations.store import ObservationStore, WriteReport
from forecast.pollutants import POLLUTANTS
from forecast.quality import usable_values
from forecast.stations import read_stations
from forecast.weather.archive.intake import Intake
from forecast.workspace import Workspace

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done and how much there is."""


TABLES = {"cnemc": read_cnemc_stations, "cities": read_city_stations}
"""Reader of the station table, by its format."""
BATCH = 32
"""Files of one source in memory at once."""


def no_progress(what: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass
class SourceReport:
    """What an ingest took from one source of observations.

    Attributes
    ----------
    first, last : Timestamp or None
        First and last hour (UTC start) or day read.
    rejected : Counter
        Values left out, by reason.
    """

    files: int = 0
    first: pd.Timestamp | None = None
    last: pd.Timestamp | None = None
    values_added: int = 0
    values_changed: int = 0
    files_written: int = 0
    rejected: Counter[str] = field(default_factory=Counter)

    def count(self, times: pd.Index, written: WriteReport) -> None:
        """Add what one write did."""
        first, last = pd.Timestamp(times.min()), pd.Timestamp(times.max())
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)
        self.values_added += written.values_added
        self.values_changed += written.values_changed
        self.files_written += written.months_written


@dataclass
class IngestReport:
    """What an ingest did, by source of observations, weather product, guidance and covariate."""

    stations: int = 0
    sources: dict[str, SourceReport] = field(default_factory=dict)
    weather: dict[str, Intake] = field(default_factory=dict)
    guidance: dict[str, GuidanceIntake] = field(default_factory=dict)
    covariates: dict[str, CovariateIntake] = field(default_factory=dict)


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
        A source is missing or cannot be used. Sources are opened before anything is stored, and
        each month, cycle and daily file is replaced as a whole or not at all.
    """
    stations = read_station_table(config)
    report = IngestReport(stations=len(stations))
    for product in config.weather:  # what is not there is found before anything is stored
        if product.files:
            config.source_files(product.files)
    for files in [g.files for g in config.guidance] + [c.files for c in config.covariates]:
        config.source_files(files)
    report.sources = ingest_observations(config, workspace, stations, progress)
    store_daily(config, workspace)
    for product in sorted(config.weather, key=lambda p: p.kind):  # analyses first: some are dressed
        report.weather[product.product] = ingest_weather(
            product, config, workspace, stations, progress
        )
    for guidance in config.guidance:
        report.guidance[guidance.name] = take_in_guidance(
            guidance,
            config.source_files(guidance.files),
            workspace.guidance(guidance.name),
            stations,
            progress,
        )
    for covariate in config.covariates:
        report.covariates[covariate.name] = take_in_covariate(
            covariate,
            config.source_files(covariate.files),
            workspace.covariate(covariate.name),
            stations,
        )
    return report


def ingest_observations(
    config: Config,
    workspace: Workspace,
    stations: pd.DataFrame,
    progress: Progress = no_progress,
) -> dict[str, SourceReport]:
    """Read all observation sources into their stores, and keep the station table.

    Parameters
    ----------
    config, workspace, progress
        As in `ingest`.
    stations : pandas.DataFrame
        From `read_station_table`; what other stations measured is counted as rejected.

    Returns
    -------
    dict of str to SourceReport
        By name of the source.

    Raises
    ------
    InputError
        A file cannot be used, or a source has none of the stations.
    """
    reports = {
        source.store_name: _ingest_source(source, config, workspace, stations, progress)
        for source in config.observations
    }
    write_text(workspace.station_table, stations.to_csv())
    return reports


def read_station_table(config: Config) -> pd.DataFrame:
    """Station table of a configuration, with the Chinese names it gives."""
    path = config.data_folder / config.stations.file
    table = config.stations
    if table.format == "table":
        stations = read_stations(
            path, table.columns, delimiter=table.delimiter, encoding=table.encoding
        )
    else:
        stations = TABLES[table.format](path)
    for column in ("city", "province"):
        stations[f"{column}_zh"] = [
            config.names_zh.get(name, name_zh)
            for name, name_zh in zip(stations[column], stations[f"{column}_zh"], strict=True)
        ]
    return stations


def _ingest_source(
    source: Source,
    config: Config,
    workspace: Workspace,
    stations: pd.DataFrame,
    progress: Progress,
) -> SourceReport:
    """Read a source's files in batches and store them; one of no known station is an error."""
    paths = config.source_files(source.files)
    report = SourceReport(files=len(paths))
    folder = workspace.observations(source.store_name).folder
    seen: list[xr.DataArray] = []
    for start in range(0, len(paths), BATCH):
        batch = paths[start : start + BATCH]
        reading = source.read_many(batch, config.utc_offset)
        report.rejected += reading.rejected
        files = batch[0].name if len(batch) == 1 else f"{batch[0].name} … {batch[-1].name}"
        for part in (reading.hourly, reading.daily):
            if part is not None:
                refuse_overlap(seen, part, files)
        if reading.hourly is not None:
            known = _known(reading.hourly, "station", stations, report)
            if known.sizes["station"]:
                written = ObservationStore(folder).write(known)
                report.count(known["time"].to_index(), written)
        if reading.daily is not None:
            daily = reading.daily
            if config.stations.format == "cities":
                daily = by_station(daily)
            known = _known(daily, "place", stations, report)
            if known.sizes["place"]:
                report.count(known["day"].to_index(), DailyStore(folder).write(known))
        progress(f"observations {source.store_name}", start + len(batch), len(paths))
    if report.first is None:
        raise InputError(
            f"{paths[0]}: none of the stations of source {source.store_name} is in the station "
            f"table {config.data_folder / config.stations.file}"
        )
    return report


def _known(
    data: xr.Dataset, place: str, stations: pd.DataFrame, report: SourceReport
) -> xr.Dataset:
    """Stations of the table; values of the others are counted as rejected."""
    inside = np.isin(data[place].values.astype(str), stations.index.to_numpy().astype(str))
    if not inside.all():
        other = data.isel({place: ~inside})
        lost = sum(int(np.isfinite(other[p].values).sum()) for p in POLLUTANTS)
        report.rejected["station not in the station table"] += lost
    return data.isel({place: inside})


def store_daily(config: Config, workspace: Workspace) -> xr.Dataset:
    """Evaluate stored observations as daily values of stations and cities, with AQI; store them."""
    stations = workspace.stations()
    daily = _station_days(config, workspace, stations)
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


def _station_days(config: Config, workspace: Workspace, stations: pd.DataFrame) -> xr.Dataset:
    """Daily values of the stations in the declared order of trust.

    Hourly sources are merged by the hour and evaluated together, in the place of the first of them;
    a source that knows only days has a place of its own.
    """
    names = stations.index.to_numpy()
    stores = workspace.hourly_stores(config)
    parts: list[xr.Dataset] = []
    hourly_done = False
    for source, store in zip(config.observations, stores, strict=True):
        if store.files() and not hourly_done:
            hourly = usable_values(read_merged(stores).reindex(station=names), config.quality)
            parts.append(daily_values(hourly, utc_offset=config.utc_offset))
            hourly_done = True
        daily = DailyStore(workspace.observations(source.store_name).folder).read()
        if daily is not None:
            parts.append(usable_values(daily, config.quality).reindex(place=names.astype(str)))
    if not parts:
        raise InputError(f"{workspace.folder}: no observations stored; run `wubu ingest` first")
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.combine_first(part)
    return whole.sel(place=names.astype(str))
