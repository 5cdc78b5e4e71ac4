"""Amounts of precipitation and radiation over the intervals between steps.

Models gather amounts in different ways: since the reference time, in buckets emptied every 6, 12 or
24 hours, in overlapping buckets (GFS: 0–3, 0–6, 6–9, 6–12 h), since the previous step, over the
hour before. All are the same thing: each value is the difference of one growing total between two
times. The total over an interval is known exactly when values lead from its start to its end.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache

import numpy as np
import xarray as xr
from scipy import sparse

from forecast.errors import InputError
from forecast.weather.fields import FIELDS

TOLERANCE = {"tp": 0.1, "ssrd": 1e4}
"""How far, in the field's units, an amount may fall below zero by packing and be taken for zero.

GFS packs precipitation in steps of 1/16 mm, IFS accumulations of radiation in steps of some kJ
m-2; a difference of two packed values is off by up to one step.
"""
SECOND = np.timedelta64(1, "s")


def amounts(steps: xr.Dataset, name: str) -> xr.DataArray:
    """Amounts over the intervals between consecutive leads, whatever the file's convention.

    Parameters
    ----------
    steps : xarray.Dataset
        One cycle, or analyses, with `name` on (lead, …), ``valid_time`` (lead, UTC, increasing) and
        the start ``<name>_start`` (lead) of the interval each value covers: timedelta from the
        reference time (from the valid time where ``lead`` is no timedelta), NaT where there is no
        value.
    name : str
        An amount of the data model, ``tp`` or ``ssrd``; ``ring_`` before it makes no difference.

    Returns
    -------
    xarray.DataArray
        float32 on (lead, …), without the leads that have no value at all: what fell in
        (``<name>_start``, lead], which is now the time since the lead before; for the first lead,
        since the start of its own interval. 0 over an empty interval. NaN where the values given do
        not tell, or one that is needed is NaN. Falls below zero within `TOLERANCE` are 0.

    Raises
    ------
    InputError
        No starts given, an interval ends before it starts, or the total decreases by more than
        packing explains: the values are then not over the intervals stated and none can be trusted.
    """
    where = f"{steps.attrs.get('source', 'steps')}: field {name}"
    start, end = interval_bounds(steps, name)
    field = steps[name].transpose("lead", ...).astype(np.float32)
    given = np.isfinite(start) & np.isfinite(field.values).reshape(len(end), -1).any(axis=1)
    field, start, end = field[given], start[given], end[given]
    if not len(end):
        return field
    late = np.flatnonzero(start > end)
    if len(late):
        raise InputError(
            f"{where}: the interval ending at {_time(field, late[0])} starts "
            f"{(start - end)[late[0]] / 3600:g} h after its end; expected a start before the end"
        )
    first = end[0]
    matrix, derivable = _differences(tuple((start - first).tolist()), tuple((end - first).tolist()))
    out = matrix @ field.values.reshape(len(end), -1)
    out[~derivable] = np.nan
    _check_growth(out, name, where, field)
    previous = np.r_[start[:1], end[:-1]] - _reference(steps)[given]
    return field.copy(data=np.maximum(out, 0).reshape(field.shape)).assign_coords(
        {f"{name}_start": ("lead", previous.astype("timedelta64[s]").astype("timedelta64[ns]"))}
    )


def is_amount(name: str) -> bool:
    """Whether a field is an amount gathered over an interval; ``ring_`` makes no difference."""
    field = FIELDS.get(name.removeprefix("ring_"))
    return field is not None and field.cell == "amount"


def interval_bounds(steps: xr.Dataset, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Start and end of the interval each value covers, seconds since 1970 UTC, (lead,).

    A start is NaN where the dataset gives NaT.

    Raises
    ------
    InputError
        The dataset states no starts of `name`, or the valid times do not increase.
    """
    where = f"{steps.attrs.get('source', 'steps')}: field {name}"
    if f"{name}_start" not in steps.coords:
        raise InputError(f"{where}: no {name}_start; expected the start of each amount's interval")
    end = valid_seconds(steps)
    start = _seconds(steps[f"{name}_start"].values) + _reference(steps)
    return start, end


def valid_seconds(steps: xr.Dataset) -> np.ndarray:
    """Valid times of the steps, seconds since 1970 UTC, (lead,).

    Raises
    ------
    InputError
        They are not on (lead), missing, or do not increase.
    """
    where = steps.attrs.get("source", "steps")
    if "valid_time" not in steps.coords or steps["valid_time"].dims != ("lead",):
        raise InputError(f"{where}: no valid_time on (lead); expected the steps of one cycle")
    times = steps["valid_time"].values.astype("datetime64[s]")
    if np.isnat(times).any() or not (np.diff(times) > 0 * SECOND).all():
        raise InputError(f"{where}: valid_time does not increase from step to step")
    return times.astype(np.int64).astype(float)


def _reference(steps: xr.Dataset) -> np.ndarray:
    """What the starts of intervals count from, seconds since 1970, (lead,)."""
    lead = steps["lead"].values if "lead" in steps.coords else np.empty(0)
    if lead.dtype.kind != "m":
        return valid_seconds(steps)
    return valid_seconds(steps) - _seconds(lead)


@lru_cache(maxsize=32)
def _differences(
    start: tuple[float, ...], end: tuple[float, ...]
) -> tuple[sparse.csr_array, np.ndarray]:
    """Which values, added and subtracted, give the amount between consecutive leads.

    Times are knots of a graph and each value an edge between the two ends of its interval; the
    amount between two knots is the signed sum along a path. The shortest path needs the fewest
    values, so a missing one spoils the least.

    Returns
    -------
    sparse.csr_array, (lead, lead)
        Row: interval ending at that lead; column: value; entries ±1.
    ndarray of bool, (lead,)
        Whether a path exists.
    """
    edges: dict[float, dict[float, tuple[int, int]]] = {}
    for i, (a, b) in enumerate(zip(start, end, strict=True)):
        if a < b:
            edges.setdefault(a, {})[b] = (i, 1)
            edges.setdefault(b, {})[a] = (i, -1)
    rows, columns, signs = [], [], []
    derivable = np.zeros(len(end), dtype=bool)
    for row, (a, b) in enumerate(zip((start[0], *end[:-1]), end, strict=True)):
        path = [] if a == b else _path(edges, a, b)
        if path is None:
            continue
        derivable[row] = True
        for column, sign in path:
            rows.append(row)
            columns.append(column)
            signs.append(sign)
    shape = (len(end), len(end))
    return sparse.csr_array((np.array(signs, np.float32), (rows, columns)), shape=shape), derivable


def _path(
    edges: dict[float, dict[float, tuple[int, int]]], first: float, last: float
) -> list[tuple[int, int]] | None:
    """Shortest path between two knots, as (value, sign) of each edge; None where there is none."""
    if first not in edges or last not in edges:
        return None
    came: dict[float, tuple[float, tuple[int, int]]] = {}
    queue = deque([first])
    while queue and last not in came:
        knot = queue.popleft()
        for following, edge in edges[knot].items():
            if following != first and following not in came:
                came[following] = (knot, edge)
                queue.append(following)
    if last not in came:
        return None
    path, knot = [], last
    while knot != first:
        knot, edge = came[knot]
        path.append(edge)
    return path


def _check_growth(out: np.ndarray, name: str, where: str, field: xr.DataArray) -> None:
    """Refuse amounts below zero by more than packing explains."""
    short = name.removeprefix("ring_")
    worst = np.fmin.reduce(out, axis=1) if out.shape[1] else np.zeros(len(out))
    below = np.flatnonzero(worst < -TOLERANCE[short])
    if len(below):
        row = below[0]
        raise InputError(
            f"{where}: the accumulation decreases by {-worst[row]:g} {FIELDS[short].units} before "
            f"{_time(field, row)}; expected amounts that grow over the intervals the file states"
        )


def _time(field: xr.DataArray, row: int) -> str:
    return str(field["valid_time"].values[row].astype("datetime64[m]"))


def _seconds(values: np.ndarray) -> np.ndarray:
    """Timedeltas as seconds; NaN for NaT."""
    whole = values.astype("timedelta64[s]")
    return np.where(np.isnat(whole), np.nan, whole.astype(np.int64).astype(float))
