"""Times of a CF file: reference times, leads and valid times in every usual arrangement."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.weather.containers.cf_axes import KNOWN, CfAxes, Role
from forecast.weather.containers.cf_decoding import decoded_leads, decoded_times

TIMES: tuple[Role, ...] = ("reference", "valid", "lead")


@dataclass(frozen=True)
class Cycles:
    """Which issue and lead each row of a file is.

    Attributes
    ----------
    issue : DatetimeIndex
    lead : TimedeltaIndex
    dims : tuple of str
        The file's time dimensions: none, one, or that of the issue and that of the lead.
    row : ndarray of int or None
        With one dimension, the row of each (issue, lead), -1 where the file has none.
    """

    issue: pd.DatetimeIndex
    lead: pd.TimedeltaIndex
    dims: tuple[str, ...]
    row: np.ndarray | None = None

    @property
    def is_analysis(self) -> bool:
        """Whether all leads are 0."""
        return len(self.lead) == 1 and self.lead[0] == pd.Timedelta(0)


@dataclass(frozen=True)
class _Time:
    """A time coordinate: values on dimensions of the file."""

    name: str
    dims: tuple[str, ...]
    values: np.ndarray

    def on(self, dims: tuple[str, ...]) -> np.ndarray:
        """Values broadcast against others on `dims`."""
        order = [d for d in dims if d in self.dims]
        values = self.values.transpose([self.dims.index(d) for d in order])
        return values[tuple(slice(None) if d in self.dims else np.newaxis for d in dims)]


def cycles(path: Path, raw: xr.Dataset, axes: CfAxes, *, lead_units: str | None = None) -> Cycles:
    """Issues and leads of a file.

    Any two of reference time, lead and valid time give the third. One time alone is an analysis:
    its times are the issues and the lead is 0. A ``time`` beside a ``step`` of another dimension is
    the reference time unless its standard name says otherwise.

    Parameters
    ----------
    path : Path
        File, for messages.
    raw : xarray.Dataset
        The file with times as the numbers they are.
    axes : CfAxes
        From `find_axes`.
    lead_units : str, optional
        Units of a lead that states none.

    Raises
    ------
    InputError
        There is no time, one cannot be decoded, they contradict one another, a lead is negative, or
        they do not make a table of issues and leads.
    """
    reference, valid, lead = _coordinates(path, raw, axes, lead_units)
    _check_values(path, raw, [t for t in (reference, valid, lead) if t is not None])
    if reference is None and valid is None:
        raise InputError(f"{path}: no time axis; found {', '.join(map(str, raw.variables))}")
    given = [t for t in (reference, valid, lead) if t is not None]
    dims = tuple(dict.fromkeys(d for t in given for d in t.dims))
    issue, ahead = _pair(path, dims, reference, valid, lead)
    if len(dims) == 2:
        return _straight(path, dims, issue, ahead)
    if len(dims) > 2:
        raise InputError(f"{path}: times lie on {', '.join(dims)}; expected two axes at most")
    shape = (raw.sizes[dims[0]],) if dims else ()
    return _table(path, dims, np.broadcast_to(issue, shape), np.broadcast_to(ahead, shape))


def _check_values(path: Path, raw: xr.Dataset, given: list[_Time]) -> None:
    """Refuse a dimension that by its name is one of time but has no values."""
    known = {name for role in TIMES for name in KNOWN[role].names}
    on = {d for t in given for d in t.dims}
    for dim in map(str, raw.dims):
        if dim.lower() in known and dim not in raw.variables and dim not in on:
            raise InputError(f"{path}: axis {dim} has no values")


def _coordinates(
    path: Path, raw: xr.Dataset, axes: CfAxes, lead_units: str | None
) -> tuple[_Time | None, _Time | None, _Time | None]:
    names = dict(axes.names)
    if "lead" not in names and "valid" in names:
        counted = _counted_from(path, raw.variables[names["valid"]], names["valid"])
        if counted is not None:
            return counted
    if "reference" not in names and "valid" in names:
        _as_reference(path, raw, names)
    found: list[_Time | None] = []
    for role in TIMES:
        name = names.get(role)
        if name is None:
            found.append(None)
            continue
        variable = raw.variables[name]
        if role == "lead":
            values = decoded_leads(path, name, variable, otherwise=lead_units)
        else:
            values = decoded_times(path, name, variable)
        found.append(_Time(name, tuple(map(str, variable.dims)), values))
    return found[0], found[1], found[2]


def _as_reference(path: Path, raw: xr.Dataset, names: dict) -> None:
    """Take ``time`` as the reference time where a lead or a ``valid_time`` stands beside it."""
    valid = names["valid"]
    stated = raw.variables[valid].attrs.get("standard_name") == "time"
    other = next((n for n in map(str, raw.variables) if n.lower() == "time" and n != valid), None)
    if other is not None and " since " in str(raw.variables[other].attrs.get("units", "")):
        if raw.variables[other].attrs.get("standard_name") != "time":
            names["reference"] = other
        return
    if "lead" not in names:
        return
    ahead = raw.variables[names["lead"]].dims
    if ahead and set(ahead) == set(raw.variables[valid].dims):
        return
    if raw.variables[valid].ndim > 1 or valid.lower() == "valid_time":
        return
    if stated and ahead:
        raise InputError(
            f"{path}: {valid} holds valid times, by its standard name, beside {names['lead']}; "
            f"expected reference times (if it does, rename it to issue)"
        )
    if not stated:
        names["reference"] = names.pop("valid")


def _counted_from(
    path: Path, variable: xr.Variable, name: str
) -> tuple[_Time | None, _Time | None, _Time | None] | None:
    """Times of the European CAMS files: hours, from a date in ``long_name``."""
    units, text = str(variable.attrs.get("units", "")), str(variable.attrs.get("long_name", ""))
    found = re.match(r"(FORECAST|ANALYSIS) time from (\d{8})(\d\d)?$", text.strip())
    if found is None or " since " in units:
        return None
    ahead = decoded_leads(path, name, variable, otherwise="hours")
    date = pd.to_datetime(found[2] + (found[3] or "00"), format="%Y%m%d%H", errors="coerce")
    if date is pd.NaT:
        raise InputError(f"{path}: axis {name} counts from {found[2]}, which is no date")
    dims, start = tuple(map(str, variable.dims)), np.datetime64(date, "ns")
    if found[1] == "ANALYSIS":
        return None, _Time(name, dims, start + ahead), None
    return _Time(name, (), np.asarray(start)), None, _Time(name, dims, ahead)


def _pair(
    path: Path,
    dims: tuple[str, ...],
    reference: _Time | None,
    valid: _Time | None,
    lead: _Time | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Reference times and leads, each broadcastable on `dims`."""
    zero = np.zeros((1,) * len(dims), "m8[ns]")
    if reference is None:
        assert valid is not None
        ahead = zero if lead is None else lead.on(dims)
        return valid.on(dims) - ahead, ahead
    issue = reference.on(dims)
    if lead is None:
        ahead = zero if valid is None else valid.on(dims) - issue
    else:
        ahead = lead.on(dims)
        if valid is not None and (valid.on(dims) != issue + ahead).any():
            raise InputError(
                f"{path}: {valid.name} is not {reference.name} plus {lead.name} everywhere"
            )
    if (ahead < np.timedelta64(0)).any():
        raise InputError(f"{path}: a valid time is before its reference time")
    return issue, ahead


def _straight(path: Path, dims: tuple[str, ...], issue: np.ndarray, ahead: np.ndarray) -> Cycles:
    """Issues on one dimension, leads on the other."""
    for axis in (0, 1):
        constant = np.take(issue, [0], axis=1 - axis) if issue.size else issue
        shifts = np.take(ahead, [0], axis=axis) if ahead.size else ahead
        if (issue == constant).all() and (ahead == shifts).all():
            return Cycles(
                pd.DatetimeIndex(constant.ravel()),
                pd.TimedeltaIndex(shifts.ravel()),
                (dims[axis], dims[1 - axis]),
            )
    raise InputError(
        f"{path}: times on ({', '.join(dims)}) are not reference times along one and leads along "
        "the other"
    )


def _table(path: Path, dims: tuple[str, ...], issue: np.ndarray, ahead: np.ndarray) -> Cycles:
    """Issues and leads along one dimension, or none, set out as a table."""
    issue, ahead = np.atleast_1d(issue), np.atleast_1d(ahead)
    issues, at = np.unique(issue, return_inverse=True)
    leads, of = np.unique(ahead, return_inverse=True)
    if len(issues) * len(leads) > 100 * len(issue):
        raise InputError(
            f"{path}: {len(issue)} times make {len(issues)} reference times and {len(leads)} leads;"
            " expected leads that recur"
        )
    row = np.full((len(issues), len(leads)), -1)
    row[at, of] = np.arange(len(issue))
    if (row >= 0).sum() < len(issue):
        pairs = pd.Index(issue + ahead)
        raise InputError(f"{path}: time {pairs[pairs.duplicated()][0]} stands twice")
    return Cycles(pd.DatetimeIndex(issues), pd.TimedeltaIndex(leads), dims, row if dims else None)
