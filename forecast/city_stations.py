"""The station table of a network known only by its city means: one place a city."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.stations import read_columns, station_table

SUFFIX = "-network"
"""Added to a city's name for the place that stands for its stations: places bear unlike names."""


def read_city_stations(path: Path) -> pd.DataFrame:
    """Read a table of cities as a station table.

    Parameters
    ----------
    path : Path
        CSV in UTF-8 with the columns ``city, lat, lon`` and, where known, ``name_zh, province,
        region``.

    Returns
    -------
    pandas.DataFrame
        As from `read_stations`; the station of a city is called ``<city>-network``.

    Raises
    ------
    InputError
        As `read_stations`.
    """
    table = read_columns(path)
    if "city" not in table:
        raise InputError(f"{path}: column city missing; found {', '.join(table.columns)}")
    table["station"] = [station_of(city.strip()) for city in table["city"]]
    if "name_zh" in table:
        table["city_zh"] = table["name_zh"]
    if "province" not in table:
        table["province"] = ""
    return station_table(table, path)


def station_of(city: str) -> str:
    """Name of the place that stands for a city's stations."""
    return f"{city}{SUFFIX}"


def by_station(daily: xr.Dataset) -> xr.Dataset:
    """Daily values of cities, (place, day), under the names of the places that stand for them."""
    return daily.assign_coords(place=[station_of(str(name)) for name in daily["place"].values])
