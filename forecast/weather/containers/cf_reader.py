"""Readers of the fields of a CF file: rows of issue, lead and member from the file's own axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from forecast.errors import InputError
from forecast.unreadable import UNREADABLE
from forecast.weather.containers.cf_times import Cycles
from forecast.weather.lazy import Read

DRY_AIR = 287.05
"""Gas constant of dry air, J kg-1 K-1 (ISO 2533)."""


@dataclass(frozen=True)
class FieldReader:
    """Reads rows of one field, see `forecast.weather.lazy.Read`.

    Attributes
    ----------
    where : str
        File and field, for messages.
    variable : xarray.Variable
        On the file's time, member and space dimensions in any order, perhaps ``expver``.
    cycles : Cycles
    member_dims, space : tuple of str
        The file's dimensions of member (none or one) and space.
    grid_shape : tuple of int
        Sizes of the space axes; those the file has no dimension for are 1.
    valid : (float, float)
        Least and greatest value, in the file's units; others are missing.
    factor, offset : float
        To the data model's units.
    seconds : ndarray (lead,), optional
        Length of the interval, by which a rate is multiplied.
    """

    where: str
    variable: xr.Variable
    cycles: Cycles
    member_dims: tuple[str, ...]
    space: tuple[str, ...]
    grid_shape: tuple[int, ...]
    valid: tuple[float, float] = (-np.inf, np.inf)
    factor: float = 1.0
    offset: float = 0.0
    seconds: np.ndarray | None = None

    def __call__(self, issue: np.ndarray, lead: np.ndarray, member: np.ndarray) -> np.ndarray:
        """Values of rows of issue, lead and member; float32, NaN where the file has none."""
        rows: dict[str, np.ndarray] = {}
        table = self.cycles.row
        if len(self.cycles.dims) == 2:
            rows = dict(zip(self.cycles.dims, (issue, lead), strict=True))
        elif table is not None:
            table = table[np.ix_(issue, lead)]
            rows = {self.cycles.dims[0]: np.unique(table[table >= 0])}
        if self.member_dims:
            rows[self.member_dims[0]] = member
        values = self._values(rows)
        if self.valid != (-np.inf, np.inf):
            values = np.where((values >= self.valid[0]) & (values <= self.valid[1]), values, np.nan)
        if self.factor != 1.0 or self.offset != 0.0:
            values = values * self.factor + self.offset
        with np.errstate(over="ignore", invalid="ignore"):  # what is no float32 is inf or NaN
            values = values.astype(np.float32, copy=False)
        shape = (len(issue), len(lead), len(member), *self.grid_shape)
        if table is not None and (table < 0).any():
            gaps = np.full((1, *values.shape[1:]), np.nan, np.float32)
            at = np.searchsorted(rows[self.cycles.dims[0]], table)
            at[table < 0] = len(values)
            values = np.concatenate([values, gaps])[at]
        elif table is not None and not np.array_equal(table.ravel(), rows[self.cycles.dims[0]]):
            values = values[np.searchsorted(rows[self.cycles.dims[0]], table)]
        values = values.reshape(shape)
        if self.seconds is not None:
            lengths = self.seconds[lead].astype(np.float32)
            values = values * lengths.reshape(-1, *[1] * (values.ndim - 2))
        return values

    def _values(self, rows: Mapping[str, np.ndarray]) -> np.ndarray:
        order = (*self.cycles.dims, *self.member_dims, *self.space)
        wanted: dict[Any, Any] = {dim: _as_slice(row) for dim, row in rows.items()}
        try:
            part = self.variable.isel(wanted)
            if "expver" not in part.dims:
                return part.transpose(*order).values
            versions = part.transpose("expver", *order).values
        except UNREADABLE as error:
            reason = str(error).split("\n", maxsplit=1)[0]
            raise InputError(f"{self.where} cannot be read: {reason}") from None
        values = versions[0]
        for other in versions[1:]:
            values = np.where(np.isnan(values), other, values)
        return values


def valid_limits(variable: xr.Variable) -> tuple[float, float]:
    """Least and greatest valid value, unpacked, by ``valid_range`` or ``valid_min``, ``valid_max``.

    They bound what is packed (CF 2.5.1), so half a step of the packing is allowed for rounding;
    what is no number bounds nothing.
    """
    attributes, packing = variable.attrs, variable.encoding
    limits = [attributes.get("valid_min", -np.inf), attributes.get("valid_max", np.inf)]
    if np.size(attributes.get("valid_range", ())) == 2:
        limits = list(attributes["valid_range"])
    try:
        low, high = (float(limit) for limit in limits)
        scale, offset = (
            float(packing.get(k, d)) for k, d in (("scale_factor", 1), ("add_offset", 0))
        )
    except (TypeError, ValueError):
        return -np.inf, np.inf
    low, high = sorted((low * scale + offset, high * scale + offset))
    margin = abs(scale) / 2 if {"scale_factor", "add_offset"} & packing.keys() else 0.0
    return low - margin, high + margin


@dataclass(frozen=True)
class Concentration:
    """A mixing ratio by mass times the density of the air at the ground, p / (287.05 T)."""

    fraction: FieldReader
    sp: Read
    t2m: Read

    def __call__(self, issue: np.ndarray, lead: np.ndarray, member: np.ndarray) -> np.ndarray:
        """Values of rows of issue, lead and member, in µg m-3 (CO: mg m-3)."""
        density = self.sp(issue, lead, member) / (DRY_AIR * self.t2m(issue, lead, member))
        return self.fraction(issue, lead, member) * density


def _as_slice(rows: np.ndarray) -> slice | np.ndarray:
    """Rows that follow one another as a slice, which the library reads in one go."""
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows
