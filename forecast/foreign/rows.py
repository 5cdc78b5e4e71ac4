"""Rows of any file into a content: hours to days, what is no value left out, laid on the grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.foreign.content import Content, Note
from forecast.foreign.hours import HOURLY, is_hourly, to_days
from forecast.foreign.layout import Times, Where, complete, on_grid
from forecast.foreign.names import Side
from forecast.foreign.variables import finish


@dataclass(frozen=True)
class Rows:
    """What a file holds, a row for each value of each variable.

    Attributes
    ----------
    place : ndarray of object, (row,)
    times : Times
        As far as the file tells them.
    stamp : ndarray of datetime64 or None, (row,)
        Time behind the day.
    variables : dict of str to ndarray, (row,) or (row, inner)
        By canonical name.
    inner : dict of str to (str, ndarray)
        Second dimension of a variable and its labels.
    member : ndarray or None, (row,)
        Label on `member_dim`, where members or quantiles stand below each other.
    member_dim : str
    """

    place: np.ndarray
    times: Times
    stamp: np.ndarray | None
    variables: dict[str, np.ndarray]
    inner: dict[str, tuple[str, np.ndarray]] = field(default_factory=dict)
    member: np.ndarray | None = None
    member_dim: str = "member"


def content_of(
    path: Path,
    name: str,
    side: Side,
    rows: Rows,
    where: Where,
    *,
    rejected: Counter[str],
    notes: list[Note],
    aliases: Mapping[str, pd.Series],
) -> Content:
    """Lay the rows of a file out as a content.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        Of the content.
    side : {"forecast", "observed"}
        Hourly observations are brought to days, hourly forecasts are not.
    rows : Rows
    where : callable
        Names a row.
    rejected : Counter
        What has been taken as missing so far.
    notes : list of Note
        Remarks so far.
    aliases : mapping of str to Series
        Other names of the places, by place.

    Returns
    -------
    Content

    Raises
    ------
    InputError
        The day cannot be told, a value stands twice, hours cannot be brought to days, or ranges
        are upside down.
    """
    _check_inner(path, rows)
    rows = replace(rows, variables=finish(rows.variables, side, where, rejected))
    if rows.stamp is not None and is_hourly(rows.stamp, rows.place):
        if side == "forecast" or rows.inner or rows.member is not None:
            raise InputError(
                f"{where(0)}: several hours of one day; average the forecast to days first"
            )
        day, place, variables = to_days(rows.stamp, rows.place, rows.variables, where)
        rows = replace(rows, times=Times(day=day), place=place, variables=variables)
        notes = [*notes, HOURLY]
    times = complete(rows.times, where, observed=side == "observed", source=str(path))
    if rejected:
        counts = ", ".join(f"{k}: {n}" for k, n in rejected.items())
        notes = [*notes, about(path, f"按缺测处理 {counts}", f"taken as missing: {counts}")]
    data = on_grid(
        times,
        rows.place,
        rows.variables,
        where,
        inner=rows.inner,
        member=rows.member,
        inner_dim=rows.member_dim,
    )
    named = {a: ("place", s.reindex(data["place"].values).to_numpy()) for a, s in aliases.items()}
    return Content(name, data.assign_coords(named), tuple(notes))


def about(path: Path, zh: str, en: str) -> Note:
    """Remark on a file."""
    return Note(f"{path.name}：{zh}", f"{path.name}: {en}")


def _check_inner(path: Path, rows: Rows) -> None:
    first: dict[str, tuple[str, np.ndarray]] = {}
    for name, (dim, labels) in rows.inner.items():
        before, known = first.setdefault(dim, (name, labels))
        if not np.array_equal(known, labels):
            raise InputError(f"{path}: {name} has other {dim}s than {before}")
