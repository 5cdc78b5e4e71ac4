"""Dispersion ahead: how the wind of each day stands among the days of its season.

A day is favourable, ordinary or unfavourable for dispersion as its wind speed, mean over the
ensemble, lies in the upper, middle or lower third of the analysed days within `SEASON_DAYS` of its
date in the years known. Humidity, temperature and the change of pressure stand beside it, as they
tell an air-mass change. Where no analysis is known there is no class.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from forecast.known import Known
from forecast.weather.days.wind import wind_speed

CLASSES: tuple[Literal["unfavourable", "ordinary", "favourable"], ...] = (
    "unfavourable",
    "ordinary",
    "favourable",
)
"""From the lower third of the wind speeds of the season to the upper one."""
SEASON_DAYS = 30
LEAST_DAYS = 60
"""Analysed days of the season it takes to compare with."""
FIELDS = ("r2", "t2m", "sp", "msl", "blh", "tp")
"""Fields shown beside the wind, as far as the forecast has them."""


def dispersion(known: Known, issue: pd.Timestamp) -> xr.Dataset:
    """Weather of the forecast days at the cities, and its dispersion class.

    Parameters
    ----------
    known : Known
        Data known at `issue` or later; later analyses are cut here by their day.
    issue : pandas.Timestamp
        Local issue date.

    Returns
    -------
    xarray.Dataset, (lead, place)
        Places are the cities, values the mean over their stations and the members: ``ws`` (m/s),
        ``rank`` (share of the season's analysed days with less wind, NaN where too few are known),
        ``dispersion`` (0 unfavourable, 1 ordinary, 2 favourable; −1 unknown), and the fields of
        `FIELDS` in their own units.

    Raises
    ------
    InputError
        There is no weather of that issue.
    """
    product = known.config.forecast_products[0].product
    forecast = known.weather(pd.DatetimeIndex([issue]))[product].isel(issue=0, drop=True)
    city = known.stations["city"].to_numpy().astype(str)
    cities = np.array(list(dict.fromkeys(city.tolist())))
    out = _at_cities(forecast.mean("member"), city, cities)
    if "ws" not in out and {"u10", "v10"} <= set(forecast.data_vars):
        speed = wind_speed(forecast["u10"], forecast["v10"])
        out["ws"] = _at_cities(speed.mean("member").to_dataset(name="ws"), city, cities)["ws"]
    keep = [n for n in ("ws", *FIELDS) if n in out]
    out = out[keep].transpose("lead", "place")
    rank = np.full((out.sizes["lead"], len(cities)), np.nan)
    analysis = known.analysis()
    if "ws" in out and analysis is not None:
        analysis = analysis.sel(day=analysis["day"] <= issue)
        if "ws" not in analysis and {"u10", "v10"} <= set(analysis.data_vars):
            analysis = analysis.assign(ws=wind_speed(analysis["u10"], analysis["v10"]))
        if "ws" in analysis:
            past = _at_cities(analysis[["ws"]], city, cities)["ws"].transpose("day", "place")
            rank = _rank(out["ws"].values, past, issue)
    out["rank"] = (("lead", "place"), rank.astype(np.float32))
    thirds = np.where(np.isnan(rank), -1, np.minimum(np.nan_to_num(rank) * 3, 2.0).astype(int))
    out["dispersion"] = (("lead", "place"), thirds.astype(np.int8))
    return out


def _at_cities(data: xr.Dataset, city: np.ndarray, cities: np.ndarray) -> xr.Dataset:
    """Mean over the stations of each city, missing ones left out."""
    data = data[[n for n in data.data_vars if "place" in data[n].dims]]
    grouped = data.assign_coords(place=("place", city)).groupby("place").mean()
    return grouped.sel(place=cities)


def _rank(speed: np.ndarray, past: xr.DataArray, issue: pd.Timestamp) -> np.ndarray:
    """Share of the analysed days of the season with less wind, (lead, place)."""
    day = past["day"].to_index().day_of_year.to_numpy()
    out = np.full(speed.shape, np.nan)
    for k in range(len(speed)):
        apart = np.abs(day - (issue + pd.Timedelta(days=k + 1)).day_of_year)
        season = past.values[np.minimum(apart, 365 - apart) <= SEASON_DAYS]
        count = np.isfinite(season).sum(axis=0)
        less = (season < speed[k]).sum(axis=0) / np.maximum(count, 1)
        enough = (count >= LEAST_DAYS) & np.isfinite(speed[k])
        out[k] = np.where(enough, less, np.nan)
    return out
