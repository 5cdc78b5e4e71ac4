"""The sums of one model: which families are kept for concentrations, and which for the AQI."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import numpy as np
import xarray as xr

from forecast.aqi import level
from forecast.evaluation.settings import Evaluation
from forecast.evaluation.truth import AQI, KEEP
from forecast.pollutants import POLLUTANTS
from forecast.standard import Standard
from verification import (
    SCORES,
    brier_sums,
    common_category_sums,
    continuous_sums,
    ensemble_sums,
    exceedance_sums,
    exceeds,
    fractional_sums,
    half_level_hit_sums,
    hj1130_sums,
    level_hit_sums,
    level_range_hit_sums,
    level_table_sums,
    nmc_sums,
    quantile_sums,
    range_hit_sums,
    rps_sums,
    spread_sums,
)

HEAVY = 200
"""AQI above which a day is one of heavy pollution."""
THRESHOLDS = (100, 150, 200, 300)
"""AQI thresholds of the yes/no scores; each is the upper end of a level."""
INTERVALS = (0.5, 0.8, 0.9)
"""Central intervals that scores are read from."""
PLACES = ("place", *KEEP)

Concentration = Callable[[xr.Dataset, xr.DataArray], xr.Dataset]
Index = Callable[[xr.Dataset, xr.Dataset, Standard, Evaluation], xr.Dataset]


def _quantiles(fcst: xr.DataArray, obs: xr.DataArray) -> xr.Dataset:
    """Sums of quantiles without what no score is read from, which is half of them."""
    sums = quantile_sums(fcst, obs, keep=PLACES).drop_vars("at_or_below")
    wanted = [np.abs(sums["interval"].values - c).argmin() for c in INTERVALS]
    return sums.isel(interval=wanted)


def _middle(forecast: xr.Dataset) -> xr.DataArray:
    """The one AQI of a forecast: the middle of its range, which lies in the issued level."""
    return (forecast["aqi_low"] + forecast["aqi_high"]) / 2


def _levels(forecast: xr.Dataset) -> xr.DataArray:
    return forecast["level"].where(forecast["level"] > 0).astype(np.float32)


def _primary(forecast: xr.Dataset) -> xr.DataArray:
    return forecast["primary"].where(forecast["primary"] >= 0)


def _level_range(f: xr.Dataset, o: xr.Dataset, s: Standard, settings: Evaluation) -> xr.Dataset:
    ends = [f[name] for name in ("aqi_low", "aqi_high")]
    found = [end.copy(data=level(end.values, s)) for end in ends]
    low, high = (end.where(end > 0) for end in found)
    return level_range_hit_sums(low, high, o["level"], keep=PLACES)


def _exceedances(f: xr.Dataset, o: xr.Dataset, s: Standard, settings: Evaluation) -> xr.Dataset:
    """Whether the issued level lies above each threshold: the thresholds are ends of levels."""
    edges = level(np.array(THRESHOLDS, np.float32), s) + 0.5
    sums = exceedance_sums(_levels(f), o["level"], edges, keep=PLACES)
    return sums.assign_coords(threshold=np.array(THRESHOLDS, np.float64))


def _half_levels(f: xr.Dataset, o: xr.Dataset, s: Standard, settings: Evaluation) -> xr.Dataset:
    rule = settings.half_levels
    return half_level_hit_sums(
        _middle(f), o[AQI], edges=rule.edges, tolerance=rule.tolerance, keep=PLACES
    )


def _hj1130(f: xr.Dataset, o: xr.Dataset, s: Standard, settings: Evaluation) -> xr.Dataset:
    return hj1130_sums(
        _middle(f), o[AQI], _primary(f), o["primary"], share=settings.range_share, keep=PLACES
    )


def _nmc(f: xr.Dataset, o: xr.Dataset, s: Standard, settings: Evaluation) -> xr.Dataset:
    rules = settings.nmc.rules()
    return nmc_sums(_middle(f), o[AQI], _primary(f), o["primary"], rules=rules, keep=PLACES)


def _rps(f: xr.Dataset, o: xr.Dataset, s: Standard, settings: Evaluation) -> xr.Dataset:
    return rps_sums(f["level_probability"].rename(level_number="level"), o["level"], keep=PLACES)


CONCENTRATION: dict[str, Concentration] = {
    "continuous": lambda f, o: continuous_sums(f["concentration_mean"], o, keep=PLACES),
    "fractional": lambda f, o: fractional_sums(f["concentration_mean"], o, keep=PLACES),
    "quantiles": lambda f, o: _quantiles(f["concentration"], o),
}
"""Families of a concentration, from forecasts and observations of one pollutant."""

INDEX: dict[str, Index] = {
    "continuous": lambda f, o, s, _: continuous_sums(f[AQI].mean("quantile"), o[AQI], keep=PLACES),
    "quantiles": lambda f, o, s, _: _quantiles(f[AQI], o[AQI]),
    "range": lambda f, o, s, _: range_hit_sums(f["aqi_low"], f["aqi_high"], o[AQI], keep=PLACES),
    "level": lambda f, o, s, _: level_hit_sums(_levels(f), o["level"], keep=PLACES),
    "level_range": _level_range,
    "half_level": _half_levels,
    "table": lambda f, o, s, _: level_table_sums(_levels(f), o["level"], keep=PLACES),
    "category": lambda f, o, s, _: common_category_sums(_primary(f), o["primary"], keep=PLACES),
    "hj1130": _hj1130,
    "nmc": _nmc,
    "contingency": _exceedances,
    "brier": lambda f, o, s, _: brier_sums(
        f["heavy_probability"], exceeds(o[AQI], HEAVY), keep=PLACES
    ),
    "rps": _rps,
    "ensemble": lambda f, o, s, _: ensemble_sums(
        f["scenario_aqi"], o[AQI], member_dim="scenario", keep=PLACES
    ),
    "spread": lambda f, o, s, _: spread_sums(
        f["scenario_aqi"], o[AQI], member_dim="scenario", keep=PLACES
    ),
}
"""Families of the AQI, from forecasts, observations, the standard of their days and settings."""

READ = {
    "fractional": "concentration_mean",
    "range": "aqi_low",
    "level": "level",
    "level_range": "aqi_low",
    "half_level": "aqi_low",
    "table": "level",
    "category": "primary",
    "hj1130": "aqi_low",
    "nmc": "aqi_low",
    "contingency": "level",
    "brier": "heavy_probability",
    "rps": "level_probability",
    "ensemble": "scenario_aqi",
    "spread": "scenario_aqi",
}
"""The variable that a family needs, where it is not the quantiles: not every model has all."""


def families_of(scores: Collection[str]) -> set[str]:
    """Families that the scores are read from."""
    return {SCORES[name].family for name in scores}


def model_sums(
    forecast: xr.Dataset,
    obs: xr.Dataset,
    standard: Standard,
    families: Collection[str],
    settings: Evaluation,
) -> Iterator[tuple[tuple[str, str], xr.Dataset]]:
    """Sums of one model by place, issue and lead.

    Parameters
    ----------
    forecast : xarray.Dataset
        Forecasts of one model on (place, issue, lead, …), see `forecast.evaluation.truth.models`.
    obs : xarray.Dataset
        Observed values of the same pairs, NaN where they do not count.
    standard : Standard
        That of the valid days.
    families : collection of str
        Those that are wanted; others are passed over.
    settings : Evaluation
        Parameters of the scores.

    Yields
    ------
    tuple
        Family and variable, and their sums.
    """
    for family, concentration in CONCENTRATION.items():
        wanted = family in families and READ.get(family, "concentration") in forecast
        for p in POLLUTANTS if wanted else ():
            yield (family, p), concentration(forecast.sel(pollutant=p, drop=True), obs[p])
    for family, index in INDEX.items():
        if family in families and READ.get(family, AQI) in forecast:
            yield (family, AQI), index(forecast, obs, standard, settings)
