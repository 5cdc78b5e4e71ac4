"""Cases: the as-of join that training, back-testing and issuing share.

A case is one (issue, lead, place) with everything that was known at its issue time and nothing
else. Members of the ensemble read cases; nothing else reaches them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from forecast.calendar import calendar_predictors
from forecast.covariates.predictors import covariate_predictors
from forecast.guidance.predictors import guidance_predictors
from forecast.known import Known, last_known_day
from forecast.normals import normals
from forecast.pollutants import POLLUTANTS
from forecast.recent import recent_predictors
from forecast.weather.predictors.path import path_predictors

SERVED = ("cycle", "cycle_age", "cycle_damage", "cycle_filled", "dressed", "known_since")
"""Coordinates that tell which cycle served an issue, see `WeatherArchive.read`."""


def build_cases(
    known: Known,
    issues: pd.DatetimeIndex,
    *,
    leave_out: bool = False,
    places: np.ndarray | None = None,
) -> xr.Dataset:
    """Join observations, weather, guidance, covariates, calendar and normals as of each issue.

    Parameters
    ----------
    known : Known
        Data cut at the last issue or later; each case is cut again at its own issue.
    issues : pandas.DatetimeIndex
        Local issue dates, increasing.
    leave_out : bool
        Leave out issues without readable weather, as training does, instead of an error.
    places : ndarray of str, optional
        Stations wanted; all by default. What cities say of them is of all their stations.

    Returns
    -------
    xarray.Dataset
        Predictors, float32, on any of (issue, lead, place); ``place`` are the stations. Missing is
        NaN. Names are listed in the functions that make them.

    Raises
    ------
    InputError
        An issue has no weather.
    """
    config = known.config
    everyone = known.stations.index.to_numpy().astype(str)
    stations = known.stations if places is None else known.stations.loc[places]
    names = stations.index.to_numpy().astype(str)
    leads = np.arange(1, config.leads + 1)
    city = xr.DataArray(
        known.stations["city"].to_numpy(), coords={"station": everyone}, dims="station"
    )
    weather, served = _weather(known, issues, leave_out, places)
    issues = served["known_since"]["issue"].to_index()
    recent = recent_predictors(
        known.hourly,
        city,
        issues,
        utc_offset=config.utc_offset,
        issue_hour=config.issue_hour,
        daily=known.daily,
    )
    if places is not None:
        recent = recent.sel(place=names)
    guidance = guidance_predictors(config.guidance, known.guidance(), issues, leads, names)
    last = last_known_day(issues.values, config.issue_hour)
    own = covariate_predictors(config.covariates, known.covariates(), issues, last, leads, stations)
    predictors: dict[str, xr.Variable] = {  # all on the same labels: nothing is to be aligned
        **weather,
        **{str(name): recent.variables[name] for name in recent},
        **_normals(known, issues, leads, names),
        **{name: values.variable for name, values in {**guidance, **own}.items()},
    }
    valid = pd.DatetimeIndex((issues.values[:, None] + _days(leads)[None, :]).ravel())
    shape = (len(issues), len(leads))
    for name, values in calendar_predictors(valid, config.holidays).items():
        predictors[name] = xr.Variable(("issue", "lead"), values.reshape(shape))
    predictors["days_ahead"] = xr.Variable("lead", leads.astype(np.float32))
    for name in ("lat", "lon"):
        predictors[f"place_{name}"] = xr.Variable("place", stations[name].to_numpy(np.float32))
    return xr.Dataset(predictors, coords={"issue": issues, "lead": leads, "place": names, **served})


def predictors_of(cases: xr.Dataset, pollutant: str) -> list[str]:
    """Predictors the learning members use for one pollutant.

    All pollutants' latest values (own station and city) and last hours enter, and all covariates;
    of the longer history and the normals only the pollutant's own.
    """
    shared = ("latest_", "last6_", "city_", "covariate_")
    others = tuple(f"_{p}" for p in POLLUTANTS if p != pollutant)
    return [
        str(name)
        for name in cases.data_vars
        if str(name).startswith(shared) or not str(name).endswith(others)
    ]


def targets(daily: xr.Dataset, cases: xr.Dataset, pollutant: str) -> xr.DataArray:
    """Observed daily values of each case's valid day, (issue, lead, place); NaN where unknown."""
    valid = cases["issue"].values[:, None] + _days(cases["lead"].values)[None, :]
    rows = daily["day"].to_index().get_indexer(valid.ravel())
    places = daily["place"].to_index().get_indexer(cases["place"].values)
    values = daily[pollutant].transpose("day", "place").values[rows][:, places]
    values[rows < 0] = np.nan
    values[:, places < 0] = np.nan
    dims = ("issue", "lead", "place")
    coords = {d: cases[d] for d in dims}
    return xr.DataArray(values.reshape(*valid.shape, -1), coords=coords, dims=dims)


def _weather(
    known: Known, issues: pd.DatetimeIndex, leave_out: bool, places: np.ndarray | None
) -> tuple[dict[str, xr.Variable], dict[str, xr.DataArray]]:
    """Predictors of all products, and which cycle served each issue.

    Predictors of the first product bear plain names, those of another its name before theirs.
    """
    analysis = known.analysis()
    if analysis is not None and places is not None:
        analysis = analysis.sel(place=places)
    delay = known.analysis_delay(analysis)
    predictors: dict[str, xr.Variable] = {}
    served: dict[str, xr.DataArray] = {}
    settings = {p.product: p for p in known.config.forecast_products}
    for product, forecast in known.weather(issues, leave_out=leave_out, places=places).items():
        cycles = settings[product].lagged_days
        own = forecast["issue"]
        forecast = known.with_earlier_cycles(product, forecast, cycles)
        last = last_known_day(forecast["issue"].values, known.config.issue_hour, delay)
        prefix = f"{product}_" if predictors else ""
        found = path_predictors(forecast, analysis, last, cycles=cycles)
        if found.sizes["issue"] > own.size:
            found = found.sel(issue=own)
        predictors |= {f"{prefix}{name}": found.variables[name] for name in found}
        for name in SERVED:
            served[prefix + name] = forecast[name].sel(issue=own)
        served[prefix + "known_since"] = _latest(forecast["known_since"], own, cycles)
    since = [served[n].values for n in served if n.endswith("known_since")]
    first = served["known_since"]
    served["known_since"] = first.copy(data=np.fmax.reduce(since))  # NaT: no cycle of a product
    dressed = [served[n].values.astype(str) for n in served if n.endswith("dressed")]
    simulated = np.isin(dressed, ["", "nan"], invert=True).any(axis=0)
    served["dressed_weather"] = first.copy(data=simulated)
    return predictors, served


def _latest(known_since: xr.DataArray, issues: xr.DataArray, cycles: int) -> xr.DataArray:
    """Issue at which all cycles that an issue uses were known: the latest of theirs."""
    series = known_since.to_series()
    found = [
        series.reindex(issues.values - np.timedelta64(lag, "D")).to_numpy() for lag in range(cycles)
    ]
    return issues.copy(data=np.fmax.reduce(found))


def _normals(
    known: Known, issues: pd.DatetimeIndex, leads: np.ndarray, names: np.ndarray
) -> dict[str, xr.Variable]:
    """Normals of the valid days, on (issue, lead, place)."""
    first, last = issues[0], issues[-1] + pd.Timedelta(days=int(leads[-1]))
    table = normals(known.daily.sel(place=names), pd.date_range(first, last))
    days = (issues.values[:, None] + _days(leads)[None, :]).ravel()
    rows = table["valid_day"].to_index().get_indexer(days)
    shape = (len(issues), len(leads), len(names))
    return {
        f"normal_{p}": xr.Variable(("issue", "lead", "place"), table[p].values[rows].reshape(shape))
        for p in POLLUTANTS
    }


def _days(leads: np.ndarray) -> np.ndarray:
    return leads.astype("timedelta64[D]").astype("timedelta64[ns]")
