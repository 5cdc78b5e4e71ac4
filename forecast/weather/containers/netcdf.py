"""Reader of CF NetCDF: every usual arrangement of times, members, levels and grids, lazily."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import netCDF4
import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.unreadable import UNREADABLE, plain_attributes
from forecast.weather.canonical import Axes, weather_dataset
from forecast.weather.containers.cf_axes import (
    CfAxes,
    find_axes,
    horizontal_grid,
    member_numbers,
)
from forecast.weather.containers.cf_fields import ALOFT, Source, find_fields
from forecast.weather.containers.cf_intervals import bounded_starts, interval_starts
from forecast.weather.containers.cf_reader import (
    Concentration,
    FieldReader,
    valid_limits,
)
from forecast.weather.containers.cf_times import Cycles, cycles
from forecast.weather.containers.classic_netcdf import check_whole
from forecast.weather.fields import (
    FIELDS,
    LEVELS_HPA,
    conversion,
    mass_fraction,
    rate_conversion,
)
from forecast.weather.lazy import Read
from forecast.weather.product import Product

CHUNK_CACHE = 16 << 20
"""Bytes the library keeps for each variable; its own 64 MiB add up over many fields."""


def open_file(path: Path, product: Product) -> xr.Dataset:
    """Open a CF NetCDF file in the form of the data model.

    Axes are told by standard name, units or usual name, see `cf_axes`, and fields likewise, see
    `cf_fields`. Both layouts of ``expver`` are known: on the dimension, the final value counts
    where there is one, else the preliminary one. What an amount covers is read from the bounds of
    the time, else taken from the product; where neither tells (an analysis, and a product whose
    amounts gather since the reference time), the amount is left out and listed as ignored.
    Mixing ratios by mass become concentrations by the density of the air, ``sp / (287.05 t2m)``,
    of the same file, and are listed as ignored where it lacks one of the two.

    Raises
    ------
    InputError
        Not NetCDF, truncated, an axis or units are missing or not what they should be, or there is
        no known field.
    """
    raw = named(open_raw(path), product, path)
    axes = find_axes(path, raw)
    return dataset(path, product, raw, axes, cycles(path, raw, axes))


def dataset(
    path: Path,
    product: Product,
    raw: xr.Dataset,
    axes: CfAxes,
    times: Cycles,
    cell: Literal["instant", "local day"] = "instant",
) -> xr.Dataset:
    """Put the fields of an opened file into the form of the data model; see `open_file`."""
    file = _File(path, product, raw, axes, times, cell)
    found, ignored = find_fields(raw, axes, product, file.dims)
    readers, starts, unusable = file.readers(found)
    data = weather_dataset(
        path,
        product.name,
        Axes(times.issue, times.lead, file.members, file.grid),
        readers,
        starts=starts,
        cell=cell,
        ignored=(*ignored, *unusable),
    )
    data.set_close(raw.close)
    return data


def open_raw(path: Path) -> xr.Dataset:
    """The file under its own names: unpacked, missing values NaN, times the numbers they are.

    Values left at the library's fill value count as missing though the file does not say so.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    check_whole(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # two marks of missing values: both are taken
            netCDF4.set_chunk_cache(CHUNK_CACHE)
            raw = xr.open_dataset(path, engine="netcdf4", decode_cf=False, cache=False)
            plain_attributes(raw)
            for variable in raw.data_vars.values():
                _mark_unwritten(variable)
                _unpack_to_float32(variable)
            decoded = xr.decode_cf(raw, decode_times=False, decode_timedelta=False)
    except UNREADABLE as error:
        reason = str(error).split("\n", maxsplit=1)[0]
        raise InputError(f"{path}: not a readable NetCDF file: {reason}") from None
    decoded.set_close(raw.close)
    return decoded


def _mark_unwritten(variable: xr.DataArray) -> None:
    marked = {"_FillValue", "missing_value"} & variable.attrs.keys()
    code = variable.dtype.str[1:]
    if not marked and code in netCDF4.default_fillvals and code not in ("S1", "i1", "u1"):
        if variable.dtype.kind in "iu" and variable.ndim < 2:
            return  # an axis, not a field: stays whole numbers
        fill = np.array(netCDF4.default_fillvals[code], variable.dtype)
        variable.attrs["_FillValue"] = fill[()]


def _unpack_to_float32(variable: xr.DataArray) -> None:
    """Unpack 8- and 16-bit integers to float32: twice as fast, and exact to what they hold."""
    if variable.dtype.kind in "iu" and variable.dtype.itemsize <= 2:
        for key in ("scale_factor", "add_offset"):
            value = variable.attrs.get(key)
            if isinstance(value, float | int | np.number):
                variable.attrs[key] = np.float32(value)


def named(raw: xr.Dataset, product: Product, path: Path) -> xr.Dataset:
    """Give the axes the names the product (or the user) maps them to.

    Raises
    ------
    InputError
        Two things would have one name.
    """
    renames = {
        old: axis
        for axis, olds in product.names.items()
        if axis not in FIELDS and axis not in ALOFT
        for old in olds
        if (old in raw.variables or old in raw.dims) and old != axis
    }
    if not renames:
        return raw
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # axes need no index here
            data = raw.rename(renames)
    except ValueError as error:
        raise InputError(f"{path}: rename gives two things one name: {error}") from None
    for axis in renames.values():
        if axis in data.variables:
            data.variables[axis].attrs.pop("standard_name", None)
    data.set_close(raw.close)
    return data


class _File:
    """Axes of a file, and readers of its fields."""

    def __init__(
        self,
        path: Path,
        product: Product,
        raw: xr.Dataset,
        axes: CfAxes,
        times: Cycles,
        cell: Literal["instant", "local day"],
    ) -> None:
        self.path, self.product, self.raw, self.axes = path, product, raw, axes
        self.cycles, self.cell = times, cell
        self.grid, self.space = horizontal_grid(path, raw, axes)
        self.member_dims, self.members = member_numbers(path, raw, axes)
        self.dims = frozenset({*self.cycles.dims, *self.member_dims, *self.space, "expver"})

    def readers(
        self, found: Mapping[str, Source]
    ) -> tuple[dict[str, Read], dict[str, pd.TimedeltaIndex], list[str]]:
        """Readers by field, starts of amounts, and what cannot be used with the reason."""
        readers: dict[str, Read] = {}
        starts: dict[str, pd.TimedeltaIndex] = {}
        unusable, fractions = [], {}
        for name, source in found.items():
            units = self._units(name, source)
            per_density = None if units is None else mass_fraction(name, units)
            rate = None if units is None else rate_conversion(name, units)
            if FIELDS[name].cell == "amount":
                start = self._start(name, rate is not None)
                if start is None:
                    unusable.append(f"{name} (its interval is not known)")
                    continue
                starts[name] = start
            reader = self._reader(name, source)
            if per_density is not None:
                fractions[name] = replace(reader, factor=per_density)
            elif rate is not None:
                seconds = np.asarray((self.cycles.lead - start) / pd.Timedelta("1s"), float)
                readers[name] = replace(reader, factor=rate, seconds=seconds)
            else:
                factor, offset = conversion(name, units, str(self.path))
                readers[name] = replace(reader, factor=factor, offset=offset)
        for name, reader in fractions.items():
            if "sp" in readers and "t2m" in readers:
                readers[name] = Concentration(reader, readers["sp"], readers["t2m"])
            else:
                unusable.append(f"{name} (a mixing ratio without sp and t2m)")
        return readers, starts, unusable

    def _units(self, name: str, source: Source) -> str | None:
        short = name.rstrip("0123456789")
        aloft = short in ALOFT and name.removeprefix(short) in map(str, LEVELS_HPA)
        for key in (name, short) if aloft else (name,):
            if key in self.product.units:
                return self.product.units[key]
        units = self.raw[source.variable].attrs.get("units")
        return None if units is None else str(units)

    def _start(self, name: str, rate: bool) -> pd.TimedeltaIndex | None:
        if self.cell == "local day":
            return self.cycles.lead - pd.Timedelta(days=1)
        stated = bounded_starts(self.path, self.raw, self.axes, self.cycles)
        interval = "rate" if rate else self.product.interval_of(name)
        return interval_starts(self.cycles, interval) if stated is None else stated

    def _reader(self, name: str, source: Source) -> FieldReader:
        variable = self.raw[source.variable].variable
        where = f"{self.path}: field {name}"
        if variable.dtype.kind not in "fiu":
            raise InputError(f"{where} is of type {variable.dtype}; expected numbers")
        expected = [*self.cycles.dims, *self.member_dims, *self.space]
        others = [d for d in variable.dims if d not in expected and d != "expver"]
        extra = [d for d in others if d not in source.rows]
        if extra or not set(expected) <= set(variable.dims):
            raise InputError(
                f"{where} lies on ({', '.join(map(str, variable.dims))}); "
                f"expected ({', '.join(expected)})"
            )
        variable = variable.isel({str(d): source.rows[str(d)] for d in others})
        if "expver" in variable.dims:
            variable = variable.isel(expver=self._versions())
        limits = valid_limits(variable)
        return FieldReader(
            where, variable, self.cycles, self.member_dims, self.space, self.grid.shape, limits
        )

    def _versions(self) -> np.ndarray:
        """Rows of ``expver``, final (1) before preliminary (5)."""
        if "expver" not in self.raw.variables:
            return np.arange(self.raw.sizes["expver"])
        return np.argsort([int(v) for v in self.raw["expver"].values.astype(str)], kind="stable")
