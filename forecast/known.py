"""What is known at an issue time: the one gate through which data reach cases.

Everything a forecast learns from or starts from is cut here, at the issue time: hourly observations
by the end of their hour, daily values by the end of their day, weather by its cycle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.config import Config
from forecast.errors import InputError
from forecast.observations.merged import read_merged
from forecast.quality import usable_values
from forecast.workspace import Workspace


def issue_time(day: pd.Timestamp, config: Config) -> pd.Timestamp:
    """UTC instant at which the forecast of local date `day` is issued."""
    return day + pd.Timedelta(hours=config.issue_hour - config.utc_offset)


def last_known_day(issues: np.ndarray, issue_hour: int) -> np.ndarray:
    """Last whole local day known at each issue: the issue day itself only at hour 24."""
    days = issues.astype("datetime64[D]")
    return days if issue_hour == 24 else days - np.timedelta64(1, "D")


@dataclass(frozen=True)
class Known:
    """Data of a workspace cut at one issue day.

    Attributes
    ----------
    until : pandas.Timestamp
        Last issue day the data serve.
    stations : pandas.DataFrame
        Station table.
    hourly : xarray.Dataset
        Observations (station, time) whose hour ended by the issue time.
    daily : xarray.Dataset
        Observed daily values (place, day) of whole days known, stations then cities.
    """

    until: pd.Timestamp
    stations: pd.DataFrame
    hourly: xr.Dataset
    daily: xr.Dataset
    workspace: Workspace
    config: Config

    def weather(self, issues: pd.DatetimeIndex) -> xr.Dataset:
        """Forecast cycles of `issues`, none later than `until`."""
        if len(issues) and issues[-1] > self.until:
            raise InputError(f"weather of {issues[-1]:%Y-%m-%d} asked for at {self.until:%Y-%m-%d}")
        archive = self.workspace.weather(self.config.forecast_product)
        return archive.read(issues, self.stations.index.to_numpy(), self.config.leads)

    def analysis(self) -> xr.Dataset | None:
        """Analyses of whole days known, or None where the configuration has no analysis."""
        product = self.config.analysis_product
        if product is None:
            return None
        data = self.workspace.weather(product).read_analysis(self.stations.index.to_numpy())
        last = last_known_day(np.array([self.until]), self.config.issue_hour)[0]
        return data.sel(day=data["day"] <= last)


def known_at(workspace: Workspace, config: Config, until: pd.Timestamp) -> Known:
    """Load what is known when the forecast of local date `until` is issued.

    Raises
    ------
    InputError
        Nothing is ingested, or nothing is known by then.
    """
    stations = workspace.stations()
    cut_off = issue_time(until, config).to_datetime64()
    hourly = read_merged(workspace.hourly_stores(config), until=cut_off)
    hourly = usable_values(hourly.reindex(station=stations.index.to_numpy()), config.quality)
    last = last_known_day(np.array([until]), config.issue_hour)[0]
    daily = workspace.observed_daily()
    daily = daily.sel(day=daily["day"] <= last)
    return Known(until, stations, hourly, daily, workspace, config)
