"""Rows of a table into the data model: numbers from text, and one value a row onto the grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.observations.source import NothingUsable, hourly_grid
from forecast.pollutants import POLLUTANTS

YEARS = (1900, 2199)
MAX_CELLS_PER_ROW = 20_000
"""Above so many grid cells for each row (and above 50 million), a stray date is likelier."""


def at(path: Path, table: pd.DataFrame | pd.Series, row: int) -> str:
    """Name a row for a message: the file and the ``line`` (or ``row``) its index holds."""
    return f"{path}, {table.index.name} {table.index[row]}"


def numbers(
    path: Path, cells: pd.Series, missing: Sequence[str], rejected: Counter[str]
) -> np.ndarray:
    """Numbers of a column.

    Parameters
    ----------
    path : Path
        File, for messages.
    cells : pandas.Series
        Text, or numbers as a database gives them; named as the column.
    missing : sequence of str
        Marks of missing values, as text (``"NA"``) or as numbers (``"-999"`` finds -999.0 too).
    rejected : Counter
        Every mark found is counted here; empty cells are not.

    Returns
    -------
    ndarray of float64
        NaN where a cell is empty or holds a mark.

    Raises
    ------
    InputError
        A cell is neither a finite number, nor empty, nor a mark; the first is named.
    """
    text = cells.astype(str).str.strip()
    empty = ((text == "") | cells.isna()).to_numpy(bool, copy=True)
    values = pd.to_numeric(text, errors="coerce").to_numpy(np.float64, copy=True)
    for mark in missing:
        number = pd.to_numeric(mark, errors="coerce")
        found = ((text == mark).to_numpy() | (values == number)) & ~empty
        if found.any():
            rejected[f"{cells.name}: mark of missing value {mark}"] += int(found.sum())
            empty |= found
    wrong = ~np.isfinite(values) & ~empty
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{at(path, cells, row)}: {cells.name} is {str(cells.iloc[row])!r}; expected a number"
            + (f" or {', '.join(m for m in missing if m)}" if any(missing) else "")
        )
    values[empty] = np.nan
    return values


def dates(path: Path, cells: pd.Series) -> np.ndarray:
    """Days of a column of ``2015-01-31``, datetime64[ns]; InputError names the first other cell."""
    day = pd.to_datetime(cells.str.strip(), format="%Y-%m-%d", errors="coerce")
    wrong = (~day.dt.year.between(*YEARS)).to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{at(path, cells, row)}: column {cells.name} holds {cells.iloc[row]!r}; expected a "
            "date, 2015-01-31"
        )
    return day.to_numpy("datetime64[ns]")


def places(path: Path, cells: pd.Series) -> np.ndarray:
    """Names of a column of places; InputError names the first empty cell."""
    names = cells.str.strip().to_numpy(str)
    if (names == "").any():
        row = int((names == "").argmax())
        raise InputError(f"{at(path, cells, row)}: column {cells.name} is empty; expected a place")
    return names


def check_hours(path: Path, start: pd.Series, utc_offset: float) -> None:
    """Refuse a UTC start that is not a whole hour of the network clock, or not of 1900…2199."""
    local = start + pd.Timedelta(hours=utc_offset)
    for wrong, expected in (
        (~local.dt.year.between(*YEARS), f"a year of {YEARS[0]}…{YEARS[1]}"),
        (local != local.dt.floor("h"), f"a whole hour of a clock at UTC{utc_offset:+g}"),
    ):
        if wrong.any():
            row = int(wrong.to_numpy(bool).argmax())
            raise InputError(f"{at(path, start, row)}: {start.iloc[row]} UTC; expected {expected}")


def grid_of_values(
    path: Path,
    station: pd.Series,
    start: pd.Series,
    pollutant: np.ndarray,
    values: np.ndarray,
    utc_offset: float,
) -> xr.Dataset:
    """Lay rows of one value each out on the data model's grid.

    Parameters
    ----------
    path : Path
        File, for messages.
    station : pandas.Series of str, (row,)
        Station of each row; its index names the rows.
    start : pandas.Series of datetime64, (row,)
        UTC start of the hour.
    pollutant : ndarray of str, (row,)
        One of `POLLUTANTS`.
    values : ndarray, (row,)
        In the data model's units.
    utc_offset : float
        Network clock minus UTC, hours.

    Returns
    -------
    xarray.Dataset
        As `forecast.observations.source.hourly_grid`.

    Raises
    ------
    InputError
        No row, a time off the hour, a span that only a stray date explains, or a station, hour
        and pollutant that stand twice.
    """
    if not len(station):
        raise NothingUsable(f"{path}: no row that can be used")
    check_hours(path, start, utc_offset)
    places, names = pd.factorize(station)
    hours, first = _hours(start)
    _check_span(path, len(names) * (int(hours.max()) + 1), start)
    kind = pd.Index(POLLUTANTS).get_indexer(pd.Index(pollutant))
    cell = places.astype(np.int64) * (int(hours.max()) + 1) + hours
    _check_twice(path, cell * len(POLLUTANTS) + kind, station, start, pollutant)
    kept, row = np.unique(cell, return_inverse=True)
    columns = {}
    for i, name in enumerate(POLLUTANTS):
        if (kind == i).any():
            columns[name] = np.full(len(kept), np.nan, np.float32)
            columns[name][row[kind == i]] = values[kind == i]
    width = int(hours.max()) + 1
    times = pd.DatetimeIndex(first + (kept % width) * np.timedelta64(1, "h")).as_unit("ns")
    return hourly_grid(path, np.asarray(names, dtype=object)[kept // width], times, columns)


def grid_of_columns(
    path: Path,
    station: pd.Series,
    start: pd.Series,
    columns: dict[str, np.ndarray],
    utc_offset: float,
) -> xr.Dataset:
    """Lay rows of one column a pollutant out on the grid; otherwise as `grid_of_values`."""
    if not len(station):
        raise NothingUsable(f"{path}: no row that can be used")
    check_hours(path, start, utc_offset)
    places, names = pd.factorize(station)
    hours, _ = _hours(start)
    width = int(hours.max()) + 1
    _check_span(path, len(names) * width, start)
    _check_twice(path, places.astype(np.int64) * width + hours, station, start, None)
    times = pd.DatetimeIndex(start).as_unit("ns")
    return hourly_grid(path, station.to_numpy(dtype=object), times, columns)


def _hours(start: pd.Series) -> tuple[np.ndarray, np.datetime64]:
    """Hours since the first start, and that start."""
    times = start.to_numpy("datetime64[ns]")
    first = times.min()
    return (times - first) // np.timedelta64(1, "h"), first


def _check_span(path: Path, cells: int, start: pd.Series) -> None:
    if cells > max(50_000_000, MAX_CELLS_PER_ROW * len(start)):
        raise InputError(
            f"{path}: {len(start)} rows span {start.min()} to {start.max()} UTC; is a date wrong?"
        )


def _check_twice(
    path: Path, key: np.ndarray, station: pd.Series, start: pd.Series, pollutant: np.ndarray | None
) -> None:
    twice = pd.Series(key).duplicated().to_numpy()
    if twice.any():
        row = int(twice.argmax())
        what = "" if pollutant is None else f"{pollutant[row]} at "
        raise InputError(
            f"{at(path, station, row)}: station {station.iloc[row]} has {what}"
            f"{start.iloc[row]} UTC twice"
        )
