"""What is known at an issue time: the one gate through which data reach cases.

Everything a forecast learns from or starts from is cut here, at the issue time: hourly observations
by the end of their hour, daily values by the end of their day, weather by its cycle.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.config import Config
from forecast.covariates.predictors import known_on
from forecast.errors import InputError
from forecast.observations.merged import no_hours, read_merged
from forecast.observations.store import ObservationStore
from forecast.quality import usable_values
from forecast.weather.archive.analyses import read_analyses
from forecast.weather.products import product_named
from forecast.workspace import Workspace


def issue_time(day: pd.Timestamp, config: Config) -> pd.Timestamp:
    """UTC instant at which the forecast of local date `day` is issued."""
    return day + pd.Timedelta(hours=config.issue_hour - config.utc_offset)


def last_known_day(issues: np.ndarray, issue_hour: int, delay_hours: float = 0.0) -> np.ndarray:
    """Last whole local day known at each issue, so many hours after the day ended."""
    hours = round((issue_hour - 24 - delay_hours) * 3600)
    ends = issues.astype("datetime64[s]") + np.timedelta64(hours, "s")
    return ends.astype("datetime64[D]")


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
        Observations (station, time) whose hour ended by the issue time; no hour where the sources
        know only days.
    daily : xarray.Dataset
        Observed daily values (place, day) of whole days known, stations then cities.
    """

    until: pd.Timestamp
    stations: pd.DataFrame
    hourly: xr.Dataset
    daily: xr.Dataset
    workspace: Workspace
    config: Config

    def weather(
        self,
        issues: pd.DatetimeIndex,
        *,
        leave_out: bool = False,
        places: np.ndarray | None = None,
    ) -> dict[str, xr.Dataset]:
        """Forecasts for `issues` by product, each from the newest cycle at hand.

        At all stations, or at `places` alone. With `leave_out`, issues without a readable cycle of
        the first product are left out.

        Raises
        ------
        InputError
            An issue is later than `until`, or has no cycle of the first product. An issue without
            a cycle of another product is missing there.
        """
        if len(issues) and issues[-1] > self.until:
            raise InputError(f"weather of {issues[-1]:%Y-%m-%d} asked for at {self.until:%Y-%m-%d}")
        names = self.stations.index.to_numpy() if places is None else places
        leads = self.config.leads
        out = {}
        for i, product in enumerate(self.config.forecast_products):
            archive = self.workspace.weather(self.config, product.product)
            if i == 0:
                out[product.product] = archive.read(issues, names, leads, leave_out=leave_out)
                issues = out[product.product]["issue"].to_index()
                continue
            served = archive.served(issues)
            with suppress(InputError):  # none of them readable: the product is missing
                found = archive.read(served, names, leads, leave_out=True)
                out[product.product] = found.reindex(issue=issues)
        return out

    def with_earlier_cycles(self, product: str, forecast: xr.Dataset, days: int) -> xr.Dataset:
        """Add the cycles of the days before, back to `days` − 1 before each issue.

        Days without a readable cycle are not there.

        Parameters
        ----------
        product : str
            Name of the forecast product.
        forecast : xarray.Dataset
            From `weather`.
        days : int
            Days whose cycles are wanted, the issue day included.

        Returns
        -------
        xarray.Dataset
            The same with more issues, increasing.
        """
        issues = forecast["issue"].to_index()
        wanted = [issues - pd.Timedelta(days=lag) for lag in range(1, days)]
        earlier = issues[:0].append(wanted).unique().difference(issues) if wanted else issues[:0]
        archive = self.workspace.weather(self.config, product)
        earlier = archive.served(earlier)
        if not len(earlier):
            return forecast
        try:
            found = archive.read(
                earlier, forecast["place"].values, forecast.sizes["lead"], leave_out=True
            )
        except InputError:  # none of them can be read
            return forecast
        most = max(found.sizes["member"], forecast.sizes["member"])
        both = [f.pad(member=(0, most - f.sizes["member"])) for f in (found, forecast)]
        return xr.concat(both, "issue", join="outer").sortby("issue")

    def guidance(self) -> dict[str, xr.Dataset]:
        """What is known of each guidance by its name, (day, place) or (issue, lead, place).

        Guidance by valid day is taken as known whatever the day; of guidance by cycle, cycles that
        are at hand after `until` only are not there. One that is not stored or cannot be read is
        left out: guidance never stops a forecast.
        """
        found = {}
        for source in self.config.guidance:
            with suppress(InputError):
                data = self.workspace.guidance(source.name).read()
                if data is not None and "issue" in data.dims:
                    at_hand = data["issue"] + np.timedelta64(source.delay_days, "D")
                    data = data.sel(issue=at_hand <= self.until)
                if data is not None:
                    found[source.name] = data
        return found

    def covariates(self) -> dict[str, pd.DataFrame]:
        """Rows known of each covariate by its name; one that cannot be read is left out."""
        last = last_known_day(np.array([self.until]), self.config.issue_hour)[0]
        found = {}
        for source in self.config.covariates:
            with suppress(InputError):
                rows = self.workspace.covariate(source.name).read()
                if rows is not None:
                    found[source.name] = rows[known_on(rows, source) <= last]
        return found

    def analysis(self) -> xr.Dataset | None:
        """Analyses of whole days known, or None where the configuration has no analysis."""
        product = self.config.analysis_product
        if product is None:
            return None
        folder = self.workspace.weather(self.config, product.product).folder
        data = read_analyses(folder, self.stations.index.to_numpy())
        last = last_known_day(
            np.array([self.until]), self.config.issue_hour, self.analysis_delay(data)
        )[0]
        return data.sel(day=data["day"] <= last)

    def analysis_delay(self, data: xr.Dataset | None) -> float:
        """Hours from the end of a day until its analysis is at hand.

        The product's delay, and at least the time to the step after midnight that its days need.
        """
        product = self.config.analysis_product
        if product is None or data is None:
            return 0.0
        delay = product.delay_hours
        if delay is None and product.format:
            delay = product_named(product.format).delay_hours
        return max(delay or 0.0, float(data.attrs.get("reach_hours", 0.0)))


def known_at(
    workspace: Workspace, config: Config, until: pd.Timestamp, *, days: int | None = None
) -> Known:
    """Load what is known when the forecast of local date `until` is issued.

    Parameters
    ----------
    workspace : Workspace
    config : Config
    until : pandas.Timestamp
        Local issue date.
    days : int, optional
        Days of hourly observations before it that are needed, such as
        `forecast.recent.MEMORY_DAYS` for one issue; all of them by default. Daily values are
        always there from the first.

    Raises
    ------
    InputError
        Nothing is ingested, or nothing is known by then.
    """
    stations = workspace.stations()
    cut_off = issue_time(until, config).to_datetime64()
    stores = workspace.hourly_stores(config)
    names = stations.index.to_numpy()
    since = None if days is None else cut_off - np.timedelta64(days, "D")
    if any(_stored_since(store, since) for store in stores):
        hourly = usable_values(
            read_merged(stores, until=cut_off, since=since).reindex(station=names), config.quality
        )
    else:  # the sources know only days, or no hour for long
        hourly = no_hours(names)
    last = last_known_day(np.array([until]), config.issue_hour)[0]
    daily = workspace.observed_daily()
    daily = daily.sel(day=daily["day"] <= last)
    return Known(until, stations, hourly, daily, workspace, config)


def _stored_since(store: ObservationStore, since: np.datetime64 | None) -> bool:
    """Whether a store has a file of any hour, or of one in the month of `since` or later."""
    files = store.files()
    return bool(files) and (since is None or files[-1].stem >= f"{pd.Timestamp(since):%Y-%m}")
