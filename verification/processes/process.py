"""What a process is: its (place, day), and one row of attributes in a table."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from math import prod

import numpy as np
import pandas as pd
import xarray as xr
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from verification.processes.neighbours import beside_pairs


@dataclass(frozen=True)
class Rule:
    """By what processes were found, see `find_processes`."""

    threshold: float
    gap: int
    regional: int


@dataclass(frozen=True)
class Processes:
    """Processes found in one array of values.

    Parameters
    ----------
    ids : xarray.DataArray, (..., place, day)
        Number of the process of each (place, day), int32, 0 where there is none. The last two
        dimensions are place and day, whatever their names; all before are series on their own.
    table : pandas.DataFrame
        One row a process: `process` (its number), a column for each dimension of the series,
        `start`, `end`, `peak_day` (labels of the day), `peak` (greatest value; the earliest, then
        the first place by name, where it is reached twice), `peak_place`, `places` (tuple),
        `extent` (their number), `days` (from start to end, bridged days included), `place_days`
        (values above the threshold), `cluster` (most neighbouring places connected on one day),
        `regional`, `missing` (missing values of its places from start to end), `open_start`,
        `open_end` (above the threshold on the first or last day of the series, so that it may
        have begun before or end after), and with masks `primary` (the most frequent categories
        as a bit mask, all that are equally frequent; 0 without any).
    values : xarray.DataArray, (..., place, day)
        The values.
    near : numpy.ndarray, (place, place)
        Which places are neighbours.
    masks : xarray.DataArray, optional
        Leading categories, as the values.
    rule : Rule
        By what they were found.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import find_processes
    >>> values = xr.DataArray([[90.0, 210.0, 260.0]], dims=("place", "day"))
    >>> alone = xr.DataArray([[False]], dims=("place", "neighbour"))
    >>> found = find_processes(values, alone)
    >>> found.day, len(found.table), bool(found.table.loc[0, "open_end"])
    ('day', 1, True)
    """

    ids: xr.DataArray
    table: pd.DataFrame
    values: xr.DataArray
    near: np.ndarray
    masks: xr.DataArray | None
    rule: Rule

    @property
    def place(self) -> Hashable:
        """Name of the dimension of places."""
        return self.ids.dims[-2]

    @property
    def day(self) -> Hashable:
        """Name of the dimension of days."""
        return self.ids.dims[-1]

    @property
    def series(self) -> tuple[Hashable, ...]:
        """Names of the dimensions whose labels share no process."""
        return self.ids.dims[:-2]


@dataclass(frozen=True)
class Cells:
    """All (series, place, day) of processes, by position, with the row of their process."""

    series: np.ndarray
    place: np.ndarray
    day: np.ndarray
    row: np.ndarray


def by_series(array: xr.DataArray) -> np.ndarray:
    """Values of (..., place, day) as (series, place, day)."""
    return array.values.reshape(prod(array.shape[:-2]), *array.shape[-2:])


def cells(ids: xr.DataArray) -> Cells:
    """All (series, place, day) that belong to a process."""
    flat = by_series(ids)
    series, place, day = np.nonzero(flat)
    return Cells(series, place, day, flat[series, place, day] - 1)


def describe(
    ids: xr.DataArray,
    values: xr.DataArray,
    near: np.ndarray,
    masks: xr.DataArray | None,
    rule: Rule,
) -> Processes:
    """Work out the table of attributes of processes with the numbers 1, 2, ... in `ids`."""
    at = cells(ids)
    count = int(at.row.max()) + 1 if at.row.size else 0
    place, day = ids[ids.dims[-2]].values, ids[ids.dims[-1]].values
    name_rank = np.argsort(np.argsort(place.astype(str), kind="stable"))
    value = by_series(values)[at.series, at.place, at.day]

    begin = np.full(count, len(day), np.int64)
    np.minimum.at(begin, at.row, at.day)
    finish = np.full(count, -1, np.int64)
    np.maximum.at(finish, at.row, at.day)
    peak = _first(np.lexsort((name_rank[at.place], at.day, -value, at.row)), at.row)
    series = at.series[peak]
    row, where = members(at, len(place))
    cluster = _clusters(at, near, ids.shape, count)

    columns: dict[Hashable, object] = {"process": np.arange(1, count + 1)}
    within = np.unravel_index(series, ids.shape[:-2]) if ids.ndim > 2 else ()
    for dim, position in zip(ids.dims[:-2], within, strict=True):
        columns[dim] = ids[dim].values[position]
    columns |= {
        "start": day[begin],
        "end": day[finish],
        "peak_day": day[at.day[peak]],
        "peak": value[peak].astype(np.float64),
        "peak_place": place[at.place[peak]],
        "places": _named(row, where, place, name_rank, count),
        "extent": np.bincount(row, minlength=count),
        "days": finish - begin + 1,
        "place_days": np.bincount(at.row, minlength=count),
        "cluster": cluster,
        "regional": cluster >= rule.regional,
        "missing": _missing(values, series, row, where, begin, finish),
        "open_start": begin == 0,
        "open_end": finish == len(day) - 1,
    }
    if masks is not None:
        columns["primary"] = _primary(masks, at, count)
    return Processes(ids, pd.DataFrame(columns), values, near, masks, rule)


def _first(order: np.ndarray, row: np.ndarray) -> np.ndarray:
    """First position of each row in the given order, which is sorted by row."""
    _, first = np.unique(row[order], return_index=True)
    return order[first]


def members(at: Cells, places: int) -> tuple[np.ndarray, np.ndarray]:
    """Row and place of every process and each of its places, sorted by row."""
    pairs = np.unique(at.row * np.int64(places) + at.place)
    return pairs // places, pairs % places


def _named(
    row: np.ndarray, where: np.ndarray, place: np.ndarray, rank: np.ndarray, count: int
) -> list[tuple[object, ...]]:
    names = place[where[np.lexsort((rank[where], row))]].tolist()
    stops = np.cumsum(np.bincount(row, minlength=count)).tolist()
    return [tuple(names[a:b]) for a, b in zip([0, *stops], stops, strict=False)]


def _clusters(at: Cells, near: np.ndarray, shape: tuple[int, ...], count: int) -> np.ndarray:
    """Most places of each process that are connected as neighbours on one day."""
    number = np.full((prod(shape[:-2]), *shape[-2:]), -1, np.int32)
    number[at.series, at.place, at.day] = np.arange(at.row.size)
    one, beside = beside_pairs(at.place, csr_matrix(near))
    other = number[at.series[one], beside, at.day[one]]
    one, other = one[other >= 0], other[other >= 0]
    links = coo_matrix((np.ones(one.size, bool), (one, other)), (at.row.size, at.row.size))
    _, cluster = connected_components(links, directed=False)
    size = np.zeros(count, np.int64)
    np.maximum.at(size, at.row, np.bincount(cluster)[cluster] if cluster.size else 0)
    return size


def _missing(
    values: xr.DataArray,
    series: np.ndarray,
    row: np.ndarray,
    where: np.ndarray,
    begin: np.ndarray,
    finish: np.ndarray,
) -> np.ndarray:
    flat = by_series(values)
    gone = np.zeros((*flat.shape[:2], flat.shape[2] + 1), np.int32)
    np.cumsum(np.isnan(flat), axis=-1, out=gone[..., 1:])
    number = gone[series[row], where, finish[row] + 1] - gone[series[row], where, begin[row]]
    return np.bincount(row, number, minlength=begin.size).astype(np.int64)


def _primary(masks: xr.DataArray, at: Cells, count: int) -> np.ndarray:
    """Categories that lead most often in each process, as a bit mask."""
    flat = by_series(masks)[at.series, at.place, at.day]
    known = ~np.isnan(flat)
    bits = np.where(known, flat, 0).astype(np.int64)
    if (bits < 0).any() or (bits != np.where(known, flat, 0)).any():
        raise ValueError("masks must be whole numbers from 0")
    width = int(bits.max()).bit_length() if bits.size else 0
    leads = [np.bincount(at.row, (bits >> k) & 1, minlength=count) for k in range(width)]
    most = np.max([np.ones(count), *leads], axis=0)
    return sum((2**k * (n == most) for k, n in enumerate(leads)), np.zeros(count, np.int64))
