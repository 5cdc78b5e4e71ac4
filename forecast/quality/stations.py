"""Stations that repeat another one, or stand where they cannot."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from forecast.quality.neighbours import EARTH_KM, unit_vectors
from forecast.quality.panel import Panel
from forecast.quality.settings import StationSettings

SAMPLES = 24
"""Hours at which every pair of stations is compared before the few alike are compared in full."""


def bad_coordinates(table: pd.DataFrame, settings: StationSettings) -> pd.Series:
    """Why a station's coordinates cannot be right.

    Parameters
    ----------
    table : pandas.DataFrame
        ``lat, lon`` in degrees, ``city, province``, by station.
    settings : StationSettings
        Box of the network; distance from the middle of a city (of at least three stations) that is
        too far.

    Returns
    -------
    pandas.Series of str
        A reason, by station; stations in order are left out.
    """
    lat, lon = table["lat"].astype(float), table["lon"].astype(float)
    reason = pd.Series("", index=table.index)
    distance = _from_city(table)
    reason[distance > settings.far_km] = [
        f"{d:.0f} km from its city" for d in distance[distance > settings.far_km]
    ]
    if settings.box is not None:
        west, south, east, north = settings.box
        reason[~(lon.between(west, east) & lat.between(south, north))] = "outside the network"
    reason[(lat == 0) & (lon == 0)] = "0, 0"
    reason[(lat.abs() > 90) | (lon.abs() > 360)] = "not on Earth"
    reason[lat.isna() | lon.isna()] = "unknown"
    return reason[reason != ""]


def duplicates(panel: Panel, settings: StationSettings) -> pd.DataFrame:
    """Pairs of stations with the same series or the same place.

    Returns
    -------
    pandas.DataFrame
        ``station, other`` (the earlier one), ``what`` ("series" or "coordinates"), ``share`` of
        equal values (NaN for coordinates).
    """
    rows: list[tuple[object, ...]] = []
    for a, b in _alike(panel.values):
        share = _equal_share(panel.values, a, b, settings.least_hours)
        if share >= settings.equal_share:
            rows.append((panel.station[b], panel.station[a], "series", share))
    for a, b in _same_place(panel.table, settings.same_place_km):
        rows.append((panel.station[b], panel.station[a], "coordinates", np.nan))
    return pd.DataFrame(rows, columns=["station", "other", "what", "share"])


def _from_city(table: pd.DataFrame) -> pd.Series:
    lat, lon = table["lat"].astype(float), table["lon"].astype(float)
    group = [table["province"], table["city"]]
    middle = [c.groupby(group).transform("median").to_numpy() for c in (lat, lon)]
    own, city = unit_vectors(lat.to_numpy(), lon.to_numpy()), unit_vectors(*middle)
    chord = np.sqrt(((own - city) ** 2).sum(axis=1))
    distance = pd.Series(2 * EARTH_KM * np.arcsin(np.clip(chord / 2, 0, 1)), index=table.index)
    count = lat.groupby(group).transform("count")
    return distance.where((count >= 3) & (table["city"] != ""), 0.0).fillna(0.0)


def _same_place(table: pd.DataFrame, km: float) -> list[tuple[int, int]]:
    lat, lon = table["lat"].to_numpy(float), table["lon"].to_numpy(float)
    known = np.flatnonzero(np.isfinite(lat) & np.isfinite(lon))
    if len(known) < 2:
        return []
    tree = cKDTree(unit_vectors(lat[known], lon[known]))
    return sorted((int(known[a]), int(known[b])) for a, b in tree.query_pairs(km / EARTH_KM))


def _alike(values: dict[str, np.ndarray]) -> list[tuple[int, int]]:
    """Pairs that agree at almost all sampled hours; the sample is spread over the period."""
    stations, steps = values["pm25"].shape
    equal = np.zeros((stations, stations), np.int16)
    both = np.zeros((stations, stations), np.int16)
    for name in ("pm25", "no2", "o3"):
        count = np.isfinite(values[name]).sum(axis=0)
        edges = np.linspace(0, steps, SAMPLES + 1).astype(int)
        for first, last in itertools.pairwise(edges):
            if last == first:
                continue
            hour = first + int(count[first:last].argmax())
            column = values[name][:, hour]
            valid = np.isfinite(column)
            both += valid[:, None] & valid[None, :]
            equal += column[:, None] == column[None, :]
    alike = (both >= 6) & (equal >= 0.9 * both)
    return [(int(a), int(b)) for a, b in np.argwhere(np.triu(alike, 1))]


def _equal_share(values: dict[str, np.ndarray], a: int, b: int, least: int) -> float:
    """Share of equal values among the common ones of the pollutants that vary."""
    equal = common = 0
    for grid in values.values():
        x, y = grid[a], grid[b]
        both = np.isfinite(x) & np.isfinite(y)
        if both.sum() < least or np.ptp(x[both]) == 0:
            continue
        equal += int((x == y).sum())
        common += int(both.sum())
    return equal / common if common else 0.0
