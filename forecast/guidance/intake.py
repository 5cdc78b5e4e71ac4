"""Ingest of guidance: its files to the stations and into the workspace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.guidance.settings import Guidance
from forecast.guidance.store import GuidanceStore
from forecast.guidance.table import read_guidance
from forecast.observations.store import WriteReport

REACH_KM = 200.0
"""A station farther than this from the one point of a guidance has none of it."""
EARTH_KM = 6371.0


@dataclass(frozen=True)
class GuidanceIntake:
    """What an ingest took from one guidance.

    Attributes
    ----------
    files : int
    first, last : Timestamp
        First and last valid day, or issue where the files have issues.
    written : WriteReport
        Values added and changed.
    rejected : Counter
        Values left out, by reason.
    """

    files: int
    first: pd.Timestamp
    last: pd.Timestamp
    written: WriteReport
    rejected: Counter[str]


def take_in_guidance(
    source: Guidance,
    paths: Sequence[Path],
    store: GuidanceStore,
    stations: pd.DataFrame,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> GuidanceIntake:
    """Read the files of one guidance, bring them to the stations and store them.

    Parameters
    ----------
    source : Guidance
        Its section of the configuration.
    paths : sequence of Path
        Its files.
    store : GuidanceStore
        Where to; nothing is stored unless all files can be used.
    stations : pandas.DataFrame
        Station table.
    progress : callable
        Told how many files are read, and how many there are.

    Returns
    -------
    GuidanceIntake

    Raises
    ------
    InputError
        A file cannot be used, two files hold the same value, some have issues and others not, or
        no station of the table is served.
    """
    whole: xr.Dataset | None = None
    rejected: Counter[str] = Counter()
    for done, path in enumerate(paths, 1):
        data, left_out = read_guidance(path, source)
        rejected += left_out
        if whole is not None:
            _check_alike(path, paths[0], data, whole)
            whole = whole.combine_first(data)
        else:
            whole = data
        progress(f"guidance {source.name}", done, len(paths))
    if whole is None:
        raise InputError(f"guidance {source.name}: no file")
    at_stations = _at_stations(whole, source, stations, paths[0], rejected)
    if source.point is not None and "place" not in whole.dims:
        at_stations.attrs["point"] = np.array(source.point, float)
    if source.utc_offset is not None:
        at_stations.attrs["utc_offset"] = float(source.utc_offset)
    days = whole["issue" if "issue" in whole.dims else "day"].to_index()
    return GuidanceIntake(len(paths), days[0], days[-1], store.write(at_stations), rejected)


def _check_alike(path: Path, first: Path, data: xr.Dataset, whole: xr.Dataset) -> None:
    """Refuse a file of other axes than those before it, or with a value they hold."""
    if set(data.dims) != set(whole.dims):
        raise InputError(
            f"{path}: guidance by {', '.join(map(str, data.dims))}; {first.name} is by "
            f"{', '.join(map(str, whole.dims))}"
        )
    for name in data.data_vars:
        before, now = xr.align(whole[name], data[name], join="inner")
        both = np.argwhere(np.isfinite(before.values) & np.isfinite(now.values))
        if len(both):
            where = {d: now[d].values[i] for d, i in zip(now.dims, both[0], strict=True)}
            day = pd.Timestamp(where["issue" if "issue" in where else "day"])
            raise InputError(f"{path}: {name} of {day:%Y-%m-%d} stands in an earlier file too")


def _at_stations(
    data: xr.Dataset,
    source: Guidance,
    stations: pd.DataFrame,
    path: Path,
    rejected: Counter[str],
) -> xr.Dataset:
    """Values of each station: its own, its city's, or those of the one point near it."""
    names = stations.index.to_numpy().astype(str)
    if "place" not in data.dims:
        out = data.expand_dims(place=names, axis=-1)
        if source.point is None:
            return out.copy()
        near = distance_km(source.point, stations) <= REACH_KM
        if not near.any():
            raise InputError(
                f"guidance {source.name}: no station within {REACH_KM:g} km of its point "
                f"{source.point[0]:g}, {source.point[1]:g}"
            )
        return out.isel(place=np.flatnonzero(near)).copy()
    places = data["place"].to_index()
    own = places.get_indexer(pd.Index(names))
    cities = stations["city"].to_numpy().astype(str)
    rows = np.where(own >= 0, own, places.get_indexer(pd.Index(cities)))
    if (rows < 0).all():
        raise InputError(
            f"{path}: column {source.place} holds {', '.join(places[:3])}; expected stations or "
            "cities of the station table"
        )
    other = np.setdiff1d(np.arange(len(places)), rows)
    if lost := sum(int(data[p].isel(place=other).count()) for p in data.data_vars):
        rejected["place not in the station table"] += lost
    return data.isel(place=rows[rows >= 0]).assign_coords(place=names[rows >= 0])


def distance_km(point: tuple[float, float], stations: pd.DataFrame) -> np.ndarray:
    """Great-circle distance of each station (columns ``lat``, ``lon``) from a point.

    Examples
    --------
    >>> there = pd.DataFrame({"lat": [40.0, 41.0], "lon": [116.0, 116.0]})
    >>> distance_km((40.0, 116.0), there).round(1).tolist()
    [0.0, 111.2]
    """
    lat, lon = (np.radians(stations[c].to_numpy(float)) for c in ("lat", "lon"))
    lat0, lon0 = np.radians(point)
    half = (
        np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * np.cos(lat0) * np.sin((lon - lon0) / 2) ** 2
    )
    return 2 * EARTH_KM * np.arcsin(np.sqrt(half))
