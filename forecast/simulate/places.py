"""Where the simulated cities and stations stand, and the weather grid around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .names import PROVINCES, REGIONS, Name, city_names, station_names, tile_names

__all__ = [
    "KM_PER_DEGREE",
    "Grid",
    "grid_around",
    "place_cities",
    "place_network",
    "place_stations",
]

KM_PER_DEGREE = 111.2
CENTRE = (36.5, 113.0)
# Neighbouring cities of a Chinese plain stand 100 to 150 km apart.
CITY_SPACING = (1.15, 1.4)
# 400 km upstream of any city must lie inside the grid.
MARGIN = 4.0
PROVINCE_TILE = (3.4, 4.2)
REGION_TILE = (6.8, 8.4)


@dataclass(frozen=True)
class Grid:
    """A regular 1 degree grid; both axes ascend, as in the real analysis files."""

    latitude: np.ndarray
    longitude: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows (latitude) and columns (longitude)."""
        return self.latitude.size, self.longitude.size

    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """Latitude and longitude of every cell, flattened row by row."""
        latitude, longitude = np.meshgrid(self.latitude, self.longitude, indexing="ij")
        return latitude.ravel(), longitude.ravel()


def place_cities(rng: np.random.Generator, number: int) -> pd.DataFrame:
    """Scatter cities over an oval plain on a jittered lattice.

    Parameters
    ----------
    rng
        Source of jitter, names and sizes.
    number
        Number of cities; the plain grows with it, the spacing stays.

    Returns
    -------
    pandas.DataFrame
        One row a city: ``city, city_zh, lat, lon, province, region, size`` where `size` scales the
        emissions (median 1).
    """
    half = int(np.ceil(np.sqrt(number))) + 1
    row, column = np.meshgrid(np.arange(-half, half + 1), np.arange(-half, half + 1))
    distance = (1.2 * row) ** 2 + (column + 0.31) ** 2 + 0.01 * row
    nearest = np.argsort(distance, axis=None, kind="stable")[:number]
    row, column = row.ravel()[nearest], column.ravel()[nearest]
    shift = 0.5 * (row % 2)
    latitude = CENTRE[0] + CITY_SPACING[0] * row + rng.uniform(-0.25, 0.25, number)
    longitude = CENTRE[1] + CITY_SPACING[1] * (column + shift) + rng.uniform(-0.25, 0.25, number)
    names = city_names(rng, number)
    return pd.DataFrame(
        {
            "city": [name.roman for name in names],
            "city_zh": [name.zh for name in names],
            "lat": latitude.round(3),
            "lon": longitude.round(3),
            "province": _tiles(latitude, longitude, PROVINCE_TILE, PROVINCES),
            "region": _tiles(latitude, longitude, REGION_TILE, REGIONS),
            "size": _sizes(rng, number),
        }
    )


def _sizes(rng: np.random.Generator, number: int) -> np.ndarray:
    return np.exp(0.22 * rng.standard_normal(number)).clip(0.75, 1.5)


def _tiles(
    latitude: np.ndarray,
    longitude: np.ndarray,
    tile: tuple[float, float],
    names: Sequence[Name],
) -> list[str]:
    # A tile is centred on the plain, so that a handful of cities stays in one or two provinces.
    rows = np.floor((latitude - CENTRE[0]) / tile[0] + 0.5).astype(int)
    columns = np.floor((longitude - CENTRE[1]) / tile[1] + 0.5).astype(int)
    keys = list(zip(rows.tolist(), columns.tolist(), strict=True))
    named = tile_names(keys, names)
    return [named[key].roman for key in keys]


def place_stations(
    rng: np.random.Generator, cities: pd.DataFrame, number: Sequence[int]
) -> pd.DataFrame:
    """Put stations within some 15 km of the middle of their city.

    Parameters
    ----------
    rng
        Source of positions and of how urban a site is.
    cities
        Table of `place_cities`.
    number
        Stations of each city.

    Returns
    -------
    pandas.DataFrame
        One row a station: ``station, cnemc_id, name_zh, lon, lat, city, city_zh, province, region,
        urban`` where `urban` runs from 0 (suburb) to 1 (kerb of the centre).
    """
    rows: list[dict[str, object]] = []
    for city, count in zip(cities.itertuples(), number, strict=True):
        for name in station_names(Name(str(city.city), str(city.city_zh)), int(count)):
            radius, angle = 0.14 * np.sqrt(rng.uniform()), rng.uniform(0, 2 * np.pi)
            rows.append(
                {
                    "station": name.roman,
                    "cnemc_id": f"S{len(rows) + 1:04d}A",
                    "name_zh": name.zh,
                    "lon": round(float(city.lon + radius * np.cos(angle) / 0.8), 3),
                    "lat": round(float(city.lat + radius * np.sin(angle)), 3),
                    "city": city.city,
                    "city_zh": city.city_zh,
                    "province": city.province,
                    "region": city.region,
                    "urban": float(np.clip(1.1 - 5 * radius + rng.normal(0, 0.12), 0, 1)),
                }
            )
    return pd.DataFrame(rows)


def place_network(
    rng: np.random.Generator, network: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take the places of a station table, and invent what it does not tell.

    Parameters
    ----------
    rng
        Source of sizes of cities and of how urban a site is.
    network
        From `forecast.stations.read_stations` or alike, indexed by station.

    Returns
    -------
    cities, stations : pandas.DataFrame
        As of `place_cities`, each city in the middle of its stations, and of `place_stations`,
        both in order of the first station of a city.
    """
    table = network.reset_index(names="station")
    order = pd.Categorical(table["city"], table["city"].unique())
    table = table.iloc[np.argsort(order.codes, kind="stable")]
    grouped = table.groupby("city", sort=False)
    first = grouped[["city_zh", "province", "province_zh", "region"]].first()
    cities = grouped[["lat", "lon"]].mean().round(3).join(first).reset_index()
    cities["size"] = _sizes(rng, len(cities))
    stations = table.assign(
        cnemc_id=table["station"], urban=rng.uniform(0, 1, len(table))
    ).reset_index(drop=True)
    return cities, stations


def grid_around(latitude: np.ndarray, longitude: np.ndarray) -> Grid:
    """Return the 1 degree grid that holds the points with a margin of at least 4 degrees.

    Examples
    --------
    >>> grid_around(np.array([36.5]), np.array([113.0])).shape
    (10, 9)
    """
    return Grid(
        np.arange(np.floor(latitude.min() - MARGIN), np.ceil(latitude.max() + MARGIN) + 1.0),
        np.arange(np.floor(longitude.min() - MARGIN), np.ceil(longitude.max() + MARGIN) + 1.0),
    )
