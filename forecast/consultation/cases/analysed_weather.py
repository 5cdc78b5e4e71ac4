"""The gate to what was known at an issue, with analysed weather where the forecast stood.

Concentrations, covariates and normals stay cut at the issue; only the weather of the days after it
is what was analysed later. Cases built through it answer what a model would have said had it known
the weather.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
import xarray as xr

from forecast.known import Known, last_known_day
from forecast.weather.archive.analyses import NAME, read_analyses
from forecast.weather.archive.intake_dressed import PERFECT

MEMBERS = 2
"""Equal members that the analysis stands for, so that the spread of the ensemble is zero."""


@dataclass(frozen=True)
class Analysed(Known):
    """What was known at an issue, and the analysed weather of the days after it.

    Attributes
    ----------
    analyses : xarray.Dataset
        Analyses at these stations: fields on (day, place), ``ring_*`` on (day, ring, place).
    days : int
        Days after each issue whose weather is given; that of later days is missing.
    """

    analyses: xr.Dataset
    days: int

    def weather(
        self,
        issues: pd.DatetimeIndex,
        *,
        leave_out: bool = False,
        places: np.ndarray | None = None,
    ) -> dict[str, xr.Dataset]:
        """Analyses of the days after each issue, in the form of the forecasts of each product."""
        data = self._as_forecast(issues)
        if places is not None:
            data = data.sel(place=places)
        return {p.product: data for p in self.config.forecast_products}

    def with_earlier_cycles(self, product: str, forecast: xr.Dataset, days: int) -> xr.Dataset:
        """The same: a day has one analysis, whichever cycle comes before."""
        return forecast

    def analysis(self) -> xr.Dataset | None:
        """Analyses of the whole days up to the last issue."""
        last = last_known_day(np.array([self.until]), self.config.issue_hour)[0]
        return self.analyses.sel(day=self.analyses["day"] <= last)

    def analysis_delay(self, data: xr.Dataset | None) -> float:
        """None: analyses are looked at afterwards."""
        return 0.0

    def _as_forecast(self, issues: pd.DatetimeIndex) -> xr.Dataset:
        names = self.stations.index.to_numpy().astype(str)
        leads = np.arange(1, self.config.leads + 1)
        valid = issues.values[:, None] + leads.astype("timedelta64[D]").astype("timedelta64[ns]")
        rows = self.analyses["day"].to_index().get_indexer(valid.ravel()).reshape(valid.shape)
        rows[:, self.days :] = -1
        laid = {}
        for name, field in self.analyses.data_vars.items():
            values = field.transpose("day", ..., "place").values[rows].astype(np.float32)
            values[rows < 0] = np.nan
            if str(name).startswith("ring_"):
                laid[name] = (("issue", "lead", "ring", "place"), values)
            else:
                repeated = np.repeat(values[:, :, None], MEMBERS, axis=2)
                laid[name] = (("issue", "lead", "member", "place"), repeated)
        text = {"cycle": "analysis", "cycle_damage": "", "cycle_filled": "", "dressed": PERFECT}
        served = {n: ("issue", np.full(len(issues), t, dtype=object)) for n, t in text.items()}
        return xr.Dataset(
            laid,
            coords={
                "issue": issues,
                "lead": leads,
                "place": names,
                **served,
                "cycle_age": ("issue", np.zeros(len(issues), dtype=int)),
                "known_since": ("issue", issues + pd.Timedelta(days=self.days)),
            },
        )


def analyses_until(known: Known, last: pd.Timestamp) -> xr.Dataset | None:
    """Stored analyses of the days up to `last`, or None where there are none."""
    product = known.config.analysis_product
    if product is None:
        return None
    folder = known.workspace.weather(known.config, product.product).folder
    if not (folder / NAME).exists():
        return None
    data = read_analyses(folder, known.stations.index.to_numpy())
    return data.sel(day=data["day"] <= last)


def with_analyses(known: Known, analyses: xr.Dataset, cities: Sequence[str], days: int) -> Analysed:
    """What is known of the stations of some cities, with the weather of the days after analysed.

    Parameters
    ----------
    known : Known
    analyses : xarray.Dataset
        From `analyses_until`.
    cities : sequence of str
        Cities whose stations are kept.
    days : int
        Days after each issue whose weather is given.

    Returns
    -------
    Analysed
    """
    stations = known.stations[known.stations["city"].isin(list(cities))]
    names = stations.index.to_numpy().astype(str)
    places = [p for p in (*names, *cities) if p in known.daily["place"].values]
    kept = {f.name: getattr(known, f.name) for f in fields(Known)} | {
        "stations": stations,
        "hourly": known.hourly.sel(station=names),
        "daily": known.daily.sel(place=list(dict.fromkeys(places))),
    }
    return Analysed(**kept, analyses=analyses.reindex(place=names), days=days)
