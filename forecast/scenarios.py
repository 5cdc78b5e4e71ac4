"""Joint scenarios: from marginal distributions at stations to futures of all places.

A scenario is one possible course of all pollutants, at all stations, over all leads. City values,
the index and everything that joins days or places follow from scenarios by counting; none is made
from marginal quantiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from ensembles import gaussian_ranks, scenario_template, schaake_shuffle, template_starts
from forecast.aqi import days_by_standard, index_and_primary, level
from forecast.pollutants import POLLUTANTS


@dataclass(frozen=True)
class Scenarios:
    """Joint futures of one issue; first axis scenario, then lead and place.

    Attributes
    ----------
    concentration : ndarray, (scenario, lead, place, pollutant)
        Places are the stations, then the cities.
    aqi : ndarray, (scenario, lead, place)
        NaN where a concentration is missing.
    level : ndarray of int8, (scenario, lead, place)
    primary : ndarray of int16, (scenario, lead, place)
        Masks as in `forecast.aqi`.
    """

    concentration: np.ndarray
    aqi: np.ndarray
    level: np.ndarray
    primary: np.ndarray


Dependence = Literal["schaake", "gaussian"]
"""Where the order of scenarios comes from: past trajectories, or a Gaussian copula of them."""
TRAJECTORIES = 180
"""Past trajectories of the season that the correlation of the Gaussian copula is estimated from."""


def past_ranks(
    daily: xr.Dataset,
    stations: np.ndarray,
    issue: pd.Timestamp,
    leads: int,
    count: int,
    seed: int,
    dependence: Dependence = "schaake",
) -> np.ndarray:
    """Rank order of past trajectories, (scenario, lead, station, pollutant), for one issue.

    Parameters
    ----------
    daily : xarray.Dataset
        Observed daily values known at the issue, and no later ones.
    stations : ndarray of str
        Stations wanted.
    dependence : {"schaake", "gaussian"}
        Whether scenarios take the order of past trajectories themselves, or of draws with their
        correlation.
    """
    history = daily.sel(place=stations)
    values = np.stack([history[p].transpose("day", "place").values for p in POLLUTANTS], axis=-1)
    days = daily["day"].values.astype("datetime64[D]")
    observed = np.isfinite(values).any(axis=(1, 2))
    wanted = count if dependence == "schaake" else TRAJECTORIES
    starts = template_starts(days[observed], issue.to_datetime64(), leads, wanted)
    rows = np.searchsorted(days, starts)[:, None] + np.arange(1, leads + 1)[None, :]
    seed += int(issue.strftime("%Y%m%d"))
    if dependence == "gaussian":
        return gaussian_ranks(values[rows], count, seed)
    return scenario_template(values[rows], seed)


def make_scenarios(
    quantiles: np.ndarray, ranks: np.ndarray, membership: np.ndarray, valid: pd.DatetimeIndex
) -> Scenarios:
    """Order marginal quantiles into scenarios and add the cities and the index.

    Parameters
    ----------
    quantiles : ndarray, (lead, station, pollutant, quantile)
        Marginal distributions on the grid of 99 levels.
    ranks : ndarray, (scenario, lead, station, pollutant)
        From `past_ranks`.
    membership : ndarray, (city, station)
        1 where the station belongs to the city.
    valid : pandas.DatetimeIndex, (lead,)
        Valid days; each takes the standard in force.
    """
    at_stations = schaake_shuffle(quantiles, ranks)
    cities = _city_mean(at_stations, membership)
    everywhere = np.concatenate([at_stations, cities], axis=2)
    shape = everywhere.shape[:-1]
    aqi = np.empty(shape, np.float32)
    levels, primary = np.empty(shape, np.int8), np.empty(shape, np.int16)
    for standard, rows in days_by_standard(valid):
        of_days = everywhere[:, rows]
        values = {p: of_days[..., i] for i, p in enumerate(POLLUTANTS)}
        aqi[:, rows], primary[:, rows] = index_and_primary(values, standard)
        levels[:, rows] = level(aqi[:, rows], standard)
    return Scenarios(everywhere, aqi, levels, primary)


def membership_of(city: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """City names in order of first appearance, and the 0/1 matrix (city, station)."""
    names = np.array(list(dict.fromkeys(city.tolist())))
    return names, (names[:, None] == city[None, :]).astype(np.float32)


def _city_mean(values: np.ndarray, membership: np.ndarray) -> np.ndarray:
    """Mean over a city's stations with a forecast: (…, station, p) to (…, city, p)."""
    known = np.isfinite(values)
    total = np.einsum("cs,nlsp->nlcp", membership, np.where(known, values, 0), optimize=True)
    count = np.einsum("cs,nlsp->nlcp", membership, known.astype(np.float32), optimize=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, total / count, np.nan).astype(np.float32)
