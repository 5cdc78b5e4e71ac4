"""Rows with any two of issue, lead and day onto the grid (issue, lead, place) or (day, place)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError

DAY = np.timedelta64(1, "D")
MAX_CELLS, MAX_CELLS_PER_ROW = 50_000_000, 1000
"""A grid larger than both allow comes from a stray label."""

Where = Callable[[int], str]
"""Names a row for a message: file and line."""


@dataclass(frozen=True)
class Times:
    """Issue day, lead in days and day forecast of each row; None where the file has none."""

    issue: np.ndarray | None = None
    lead: np.ndarray | None = None
    day: np.ndarray | None = None


def in_days(number: np.ndarray, in_hours: np.ndarray, where: Where) -> tuple[np.ndarray, bool]:
    """Leads in whole days; bare numbers that are all multiples of 24 are hours.

    Parameters
    ----------
    number : ndarray
        Leads as they stand.
    in_hours : ndarray of bool
        Where the file says that they are hours.
    where : callable
        Names a row.

    Returns
    -------
    days : ndarray of int64
    guessed : bool
        Whether bare numbers were taken as hours.

    Raises
    ------
    InputError
        A lead is not a whole number of days.
    """
    bare = number[~in_hours]
    guessed = bool(len(bare) and bare.max() >= 24 and not np.any(bare % 24))
    hours = in_hours | guessed
    days = np.where(hours, number / 24, number)
    wrong = days != np.rint(days)
    if wrong.any():
        row = int(np.argmax(wrong))
        unit = "h" if hours[row] else "days"
        raise InputError(
            f"{where(row)}: the lead {number[row]:g} {unit} is not a whole number of days; "
            "average the forecast to days first"
        )
    return np.rint(days).astype(np.int64), guessed


def complete(times: Times, where: Where, *, observed: bool, source: str) -> Times:
    """Tell issue and lead of each row, or only its day.

    Parameters
    ----------
    times : Times
        Any two of the three, or the day alone; days as datetime64[D].
    where : callable
        Names a row.
    observed : bool
        Observations need only a day; an issue alone is taken as it.
    source : str
        The file, for messages.

    Returns
    -------
    Times
        With issue and lead, or with the day alone.

    Raises
    ------
    InputError
        The day cannot be told, or the three contradict each other.
    """
    issue, lead, day = times.issue, times.lead, times.day
    if observed:
        if day is None and issue is not None and lead is not None:
            day = issue + lead * DAY
        day = issue if day is None else day
        if day is None:
            raise InputError(f"{source}: no column of days (date, 日期)")
        return Times(day=day)
    if day is None and (issue is None or lead is None):
        known = "an issue day" if issue is not None else "a lead" if lead is not None else "no time"
        raise InputError(
            f"{source}: {known} alone does not tell the day forecast; expected two of issue "
            "(起报), lead (时效) and date (日期), or a date alone"
        )
    if issue is None and lead is None:
        return Times(day=day)
    if issue is None:
        assert day is not None and lead is not None
        return Times(day - lead * DAY, lead)
    told = lead if day is None else ((day - issue) / DAY).astype(np.int64)
    assert told is not None
    wrong = told != lead if lead is not None and day is not None else told < 0
    if wrong.any():
        row = int(np.argmax(wrong))
        if day is None:
            raise InputError(f"{where(row)}: a lead of {told[row]} d; expected 0 or more")
        if lead is None:
            raise InputError(f"{where(row)}: {day[row]} lies before the issue of {issue[row]}")
        raise InputError(
            f"{where(row)}: issue {issue[row]} and lead {lead[row]} d do not give the day "
            f"{day[row]}"
        )
    return Times(issue, told)


def on_grid(
    times: Times,
    place: np.ndarray,
    variables: Mapping[str, np.ndarray],
    where: Where,
    *,
    inner: Mapping[str, tuple[str, np.ndarray]] | None = None,
    member: np.ndarray | None = None,
    inner_dim: str = "member",
) -> xr.Dataset:
    """Lay rows out on the grid of their labels.

    Parameters
    ----------
    times : Times
        From `complete`.
    place : ndarray of object, (row,)
        Place of each row.
    variables : mapping of str to ndarray, (row,) or (row, inner)
        Values; a row whose value is NaN does not count as one.
    where : callable
        Names a row.
    inner : mapping of str to (str, ndarray), optional
        Second dimension of a variable and its labels.
    member : ndarray, (row,), optional
        Label of each row on `inner_dim`, where members or quantiles stand below each other.
    inner_dim : str
        Dimension of `member`.

    Returns
    -------
    xarray.Dataset

    Raises
    ------
    InputError
        A place and time stands twice with values, or the grid is out of proportion to the rows.
    """
    axes: dict[str, np.ndarray] = {}
    codes = []
    keys = {"day": times.day, "issue": times.issue, "lead": times.lead}
    for name, labels in keys.items():
        if labels is not None:
            axes[name], code = np.unique(labels, return_inverse=True)
            codes.append(code)
    code, names = pd.factorize(place)
    axes["place"] = np.asarray(names, dtype=object)
    codes.append(code)
    if member is not None:
        axes[inner_dim], code = np.unique(member, return_inverse=True)
        codes.append(code)
    shape = tuple(len(labels) for labels in axes.values())
    size = int(np.prod(shape, dtype=np.float64))
    if size > MAX_CELLS and size > MAX_CELLS_PER_ROW * len(place):
        sizes = ", ".join(f"{n} of {d}" for d, n in zip(axes, shape, strict=True))
        raise InputError(f"{where(0)}: {len(place)} rows span {sizes}; is a date or lead stray?")
    cell = np.ravel_multi_index(codes, shape)
    data: dict[str, xr.Variable] = {}
    coords: dict[str, object] = {
        d: v.astype("datetime64[ns]") if v.dtype.kind == "M" else v for d, v in axes.items()
    }
    for name, column in variables.items():
        beyond = column.shape[1:]
        present = ~np.isnan(column.reshape(len(column), -1)).all(axis=1)
        _check_twice(cell, present, name, where)
        grid = np.full((size, *beyond), np.nan, column.dtype)
        grid[cell[present]] = column[present]
        dims = [*axes]
        if inner and name in inner:
            dim, labels = inner[name]
            dims.append(dim)
            coords[dim] = labels
        data[name] = xr.Variable(dims, grid.reshape(*shape, *beyond))
    return xr.Dataset(data, coords)


def _check_twice(cell: np.ndarray, present: np.ndarray, name: str, where: Where) -> None:
    rows = np.flatnonzero(present)
    twice = pd.Series(cell[rows]).duplicated().to_numpy()
    if twice.any():
        second = int(rows[np.argmax(twice)])
        first = int(rows[np.argmax(cell[rows] == cell[second])])
        raise InputError(f"{where(second)}: the same place and time as {where(first)} for {name}")
