"""Roles of the dimensions of a NetCDF file, and the times that its coordinates tell.

A dimension is known by its name, by its coordinate's ``standard_name`` or by a coordinate that lies
on it. A `time` beside a dimension of leads is the time of issue, as weather centres write it; alone
it is the day forecast.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from forecast.errors import InputError
from forecast.foreign.content import Note
from forecast.foreign.layout import Times, in_days
from forecast.foreign.names import meaning
from forecast.foreign.rows import about

STANDARD_NAMES = {
    "forecast_reference_time": "issue",
    "forecast_period": "lead",
    "time": "day",
    "realization": "member",
    "platform_id": "place0",
    "platform_name": "place0",
}
AXES = ("issue", "lead", "day", "place", "member", "quantile", "pollutant")


@dataclass(frozen=True)
class Axes:
    """Role of each dimension, and the coordinates that tell about it.

    Attributes
    ----------
    dims : dict of Hashable to str
        Dimension to role, one of `AXES`.
    issue, lead, day : xarray.DataArray or None
        Times, on some of the dimensions or on none.
    """

    dims: dict[Hashable, str]
    issue: xr.DataArray | None
    lead: xr.DataArray | None
    day: xr.DataArray | None


def find_axes(path: Path, data: xr.Dataset) -> Axes:
    """Roles of the dimensions of a file; `InputError` where one is unknown or doubled."""
    dims: dict[Hashable, str] = {}
    for dim in data.dims:
        role = role_of(data, dim)
        if role is None:
            used = [n for n, v in data.data_vars.items() if dim in v.dims and v.dtype.kind in "fiu"]
            known = [n for n in used if meaning(str(n)).known]
            if known or (used and not any(meaning(str(n)).known for n in data.data_vars)):
                raise InputError(
                    f"{path}: dimension {dim} ({data.sizes[dim]}) is none of issue, lead, time, "
                    "place, member, quantile; take the values at places out of a grid first"
                )
            continue
        if role in dims.values():
            raise InputError(f"{path}: two dimensions are {role}: {dim} and another")
        dims[dim] = role
    if {"day", "lead"} <= set(dims.values()) and "issue" not in dims.values():
        day = next(d for d, r in dims.items() if r == "day")
        dims[day] = "issue"
    times: dict[str, xr.DataArray] = {}
    for name, variable in data.variables.items():
        role = dims.get(name) or axis_role(str(name), variable.attrs)
        if role in ("issue", "lead", "day") and set(variable.dims) <= set(dims):
            if role in times and name not in dims:
                continue
            times[role] = data[name]
    return Axes(dims, times.get("issue"), times.get("lead"), times.get("day"))


def role_of(data: xr.Dataset, dim: Hashable) -> str | None:
    """Role of a dimension by its name, its coordinate, or a coordinate that lies on it."""
    role = axis_role(str(dim), data[dim].attrs if dim in data.variables else {})
    if role:
        return role
    beside = [n for n, v in data.variables.items() if v.dims == (dim,) and n != dim]
    roles = [axis_role(str(n), data[n].attrs) for n in beside]
    return next((r for r in ("place", "lead", "issue", "day", "member") if r in roles), None)


def axis_role(name: str, attributes: dict[Hashable, object]) -> str | None:
    """Role of a dimension or coordinate of this name and these attributes; None if of none."""
    standard = STANDARD_NAMES.get(str(attributes.get("standard_name", "")))
    role = standard or meaning(name).role
    role = {"lead_hours": "lead"}.get(role, role)
    role = "place" if role.startswith("place") else role
    return role if role in AXES else None


def row_times(
    path: Path, data: xr.Dataset, axes: Axes, clock: list[Hashable], notes: list[Note]
) -> tuple[Times, np.ndarray | None]:
    """Times of each row of the dimensions of time, laid out one below the other.

    Parameters
    ----------
    path : Path
        File, for messages.
    data : xarray.Dataset
    axes : Axes
    clock : list of Hashable
        Dimensions of time, in the order of the rows.
    notes : list of Note
        A remark on guessed hours is added.

    Returns
    -------
    times : Times
    stamp : ndarray of datetime64[ns] or None
        Time behind the day.

    Raises
    ------
    InputError
        A coordinate holds no times, a missing time or an unknown unit, or there is none.
    """
    shape = {d: data.sizes[d] for d in clock}

    def rows(values: xr.DataArray) -> np.ndarray:
        return values.variable.set_dims(shape).transpose(*clock).values.ravel()

    issue = stamp = lead = None
    for role in ("issue", "day"):
        coordinate = getattr(axes, role)
        if coordinate is None:
            continue
        if coordinate.dtype.kind != "M":
            raise InputError(
                f"{path}: {coordinate.name} holds no times ({coordinate.dtype}); expected units "
                "such as 'days since 2015-01-01'"
            )
        found = rows(coordinate).astype("datetime64[ns]")
        if np.isnat(found).any():
            raise InputError(f"{path}: {coordinate.name} has missing times")
        issue, stamp = (found, stamp) if role == "issue" else (issue, found)
    if axes.lead is not None:
        lead = _leads(path, axes.lead, rows, notes)
    for dim in clock:
        if dim not in data.variables and not any(
            c is not None and dim in c.dims for c in (axes.issue, axes.lead, axes.day)
        ):
            raise InputError(f"{path}: dimension {dim} has no coordinate")
    issue_day = None if issue is None else issue.astype("datetime64[D]")
    day = None if stamp is None else stamp.astype("datetime64[D]")
    return Times(issue_day, lead, day), stamp


SECONDS = {
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
    **{"s": 1.0, "seconds": 1.0, "minutes": 60.0, "nanoseconds": 1e-9},
}
"""Length of the units of a lead."""


def _leads(
    path: Path, lead: xr.DataArray, rows: Callable[[xr.DataArray], np.ndarray], notes: list[Note]
) -> np.ndarray:
    number = rows(lead).astype(np.float64)
    unit = str(lead.attrs.get("units", "")).lower()
    unit = "hours" if meaning(str(lead.name)).role == "lead_hours" and not unit else unit
    if unit not in (*SECONDS, "", "1"):
        raise InputError(f"{path}: {lead.name} has the unit {unit!r}; expected hours or days")
    in_hours = np.full(len(number), unit in SECONDS)
    number = number * SECONDS.get(unit, 3600.0) / 3600

    def where(row: int) -> str:
        return f"{path}, {lead.name} {row + 1}"

    days, guessed = in_days(number, in_hours, where)
    if guessed:
        en = "leads are multiples of 24 and taken as hours"
        notes.append(about(path, "时效为24的倍数，按小时理解", en))
    return days
