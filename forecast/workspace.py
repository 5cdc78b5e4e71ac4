"""The workspace: one folder that holds all a configuration has read and made.

::

    stations.csv                      the station table in use
    observations/<source>/2013-03.nc  hourly observations of a source by month
    observed/daily.nc                 daily values, AQI, level, primary of stations and cities
    weather/<product>/2013-03-01.nc   forecast cycles at the stations, by issue date or, as
                                      2013-03-01T12.nc, by UTC reference time
    weather/<product>/analysis.nc     analyses at the stations
    guidance/<name>.nc                daily values of an air-quality model at the stations
    covariates/<name>.nc              rows of the user's own predictors
    models/2015-03-01/                an ensemble trained on what was known before that day
    issued/2015-12-01.nc              issued forecasts; .r2, .r3 … are later revisions
    backtests/2015-03-01_2016-02-19/  issued forecasts and scores of a back-test
    scores/scorecard.csv              scores of the issued forecasts
    products/2015-12-01/              tables and bulletins made from an issued forecast
    cases/                            case reports of past episodes, and their library
    quality/<source>/                 flags and alarms of the last check
    runs/2015-12-01.json              what the daily run of that day has done, step by step
    lock.json                         names the command at work; there only while it is
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from forecast.config import Config
from forecast.covariates.store import CovariateStore
from forecast.errors import InputError
from forecast.guidance.store import GuidanceStore
from forecast.observations.store import ObservationStore
from forecast.pollutants import POLLUTANTS
from forecast.stations import read_stations
from forecast.stored import read_stored
from forecast.weather.archive.cycles import Clock, WeatherArchive
from forecast.weather.products import product_named


class Workspace:
    """Paths and stores below one folder.

    Parameters
    ----------
    folder : Path
        Root of the workspace; made when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def station_table(self) -> Path:
        """CSV of the stations in use."""
        return self.folder / "stations.csv"

    @property
    def daily_file(self) -> Path:
        """NetCDF of observed daily values."""
        return self.folder / "observed" / "daily.nc"

    @property
    def models(self) -> Path:
        """Folder of trained ensembles, one a training day."""
        return self.folder / "models"

    @property
    def issued(self) -> Path:
        """Folder of issued forecasts."""
        return self.folder / "issued"

    @property
    def scores(self) -> Path:
        """Folder of scores."""
        return self.folder / "scores"

    @property
    def products(self) -> Path:
        """Folder of tables and bulletins, one folder an issue day."""
        return self.folder / "products"

    @property
    def backtests(self) -> Path:
        """Folder of back-tests, one folder a span."""
        return self.folder / "backtests"

    @property
    def quality(self) -> Path:
        """Folder of flags and alarms, one folder a source."""
        return self.folder / "quality"

    @property
    def runs(self) -> Path:
        """Folder of what the daily runs have done, one file a day."""
        return self.folder / "runs"

    @property
    def lock(self) -> Path:
        """Lock of the commands that write data, ensembles and forecasts."""
        return self.folder / "lock.json"

    def stations(self) -> pd.DataFrame:
        """Station table of the ingested data."""
        if not self.station_table.exists():
            raise InputError(f"{self.folder}: nothing ingested here yet; run `wubu ingest` first")
        return read_stations(self.station_table)

    def observations(self, source: str) -> ObservationStore:
        """Store of one source's hourly observations."""
        return ObservationStore(self.folder / "observations" / source)

    def hourly_stores(self, config: Config) -> list[ObservationStore]:
        """Stores of all sources of a configuration, the most trusted first."""
        return [self.observations(source.store_name) for source in config.observations]

    def weather(self, config: Config, product: str) -> WeatherArchive:
        """Archive of one weather product of a configuration."""
        settings = next(p for p in config.weather if p.product == product)
        delay = settings.delay_hours
        if delay is None and settings.format:
            delay = product_named(settings.format).delay_hours
        clock = Clock(config.utc_offset, config.issue_hour, delay or 0.0, settings.oldest_days)
        return WeatherArchive(self.folder / "weather" / product, clock)

    def guidance(self, name: str) -> GuidanceStore:
        """Store of one guidance of a configuration."""
        return GuidanceStore(self.folder / "guidance" / f"{name}.nc")

    def covariate(self, name: str) -> CovariateStore:
        """Store of one covariate of a configuration."""
        return CovariateStore(self.folder / "covariates" / f"{name}.nc")

    def observed_daily(self) -> xr.Dataset:
        """Observed daily values, index, level and primary pollutants on (place, day)."""
        found = read_stored(self.daily_file, "daily values")
        if found is None:
            raise InputError(f"{self.daily_file}: no daily values; run `wubu ingest` first")
        missing = [n for n in (*POLLUTANTS, "aqi", "place", "day") if n not in found.variables]
        if missing:
            raise InputError(
                f"{self.daily_file}: not the daily values of `wubu ingest`: {missing[0]} is missing"
            )
        return found
