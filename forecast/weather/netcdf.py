"""Reader of daily weather in NetCDF: forecasts by issue and step, analyses by day."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.weather.fields import UNITS, conversion

AXES = {
    "forecast": ("issue", "lead", "member", "latitude", "longitude"),
    "analysis": ("day", "latitude", "longitude"),
}
_NAMES = {
    "forecast": {"time": "issue", "step": "lead", "number": "member"},
    "analysis": {"time": "day"},
}


class WeatherFile:
    """One NetCDF file of daily means of the network's local day, opened lazily.

    Forecasts lie on (time = issue day, step, number, latitude, longitude), where step k is the
    mean of the local day k days after the issue day; analyses on (time = day, latitude,
    longitude). A missing ``number`` axis counts as one member. Names may be mapped by `rename`.

    Parameters
    ----------
    path : Path
        NetCDF file.
    kind : {"forecast", "analysis"}
        Which of the two layouts.
    rename : dict of str to str
        The file's names to those above or to field names of the data model.

    Raises
    ------
    InputError
        Not NetCDF, no known field, an axis is missing or not what it should be, wrong units.
    """

    def __init__(
        self, path: Path, kind: Literal["forecast", "analysis"], rename: dict[str, str]
    ) -> None:
        self.path, self.kind = path, kind
        self._data = self._canonical(_open(path), rename)
        self.fields = [name for name in UNITS if name in self._data]
        if not self.fields:
            found = ", ".join(map(str, self._data.data_vars)) or "none"
            raise InputError(f"{path}: no known weather field ({', '.join(UNITS)}); found {found}")
        self._conversions = {
            name: conversion(name, self._data[name].attrs.get("units"), str(path))
            for name in self.fields
        }
        self._check_axes()

    def __enter__(self) -> Self:
        """Open for a with block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._data.close()

    @property
    def days(self) -> pd.DatetimeIndex:
        """Issue days (forecasts) or days (analyses)."""
        return pd.DatetimeIndex(self._data[AXES[self.kind][0]].values)

    @property
    def leads(self) -> np.ndarray:
        """Leads in days (forecasts)."""
        return self._data["lead"].values

    @property
    def members(self) -> np.ndarray:
        """Member numbers (forecasts)."""
        return self._data["member"].values

    @property
    def latitude(self) -> np.ndarray:
        """Degrees north."""
        return self._data["latitude"].values

    @property
    def longitude(self) -> np.ndarray:
        """Degrees east."""
        return self._data["longitude"].values

    def read(self, name: str, rows: slice) -> np.ndarray:
        """One field for a slice of days, on the axes of the kind, in the data model's units."""
        factor, offset = self._conversions[name]
        axes = AXES[self.kind]
        try:
            values = self._data[name].isel({axes[0]: rows}).transpose(*axes).values
        except (OSError, RuntimeError) as error:
            raise InputError(f"{self.path}: field {name} cannot be read: {error}") from None
        return (values * factor + offset).astype(np.float32, copy=False)

    def _canonical(self, data: xr.Dataset, rename: dict[str, str]) -> xr.Dataset:
        unknown = [old for old in rename if old not in data.variables and old not in data.dims]
        if unknown:
            raise InputError(f"{self.path}: rename names {unknown[0]!r}, which is not in the file")
        try:
            data = data.rename(rename)
            data = data.rename({k: v for k, v in _NAMES[self.kind].items() if k in data.dims})
        except ValueError as error:
            raise InputError(f"{self.path}: rename gives two things one name: {error}") from None
        if self.kind == "forecast" and "member" not in data.dims:
            data = data.expand_dims(member=[0])
        missing = [axis for axis in AXES[self.kind] if axis not in data.dims]
        if missing:
            raise InputError(
                f"{self.path}: a {self.kind} needs the axes {', '.join(AXES[self.kind])}; "
                f"{', '.join(missing)} missing, found {', '.join(map(str, data.dims))}"
            )
        return data

    def _check_axes(self) -> None:
        for axis in AXES[self.kind]:
            if not self._data.sizes[axis]:
                raise InputError(f"{self.path}: axis {axis} is empty")
        axes = AXES[self.kind]
        first = axes[0]
        for name in self.fields:
            dims = self._data[name].dims
            if set(dims) != set(axes):
                raise InputError(
                    f"{self.path}: field {name} lies on ({', '.join(map(str, dims))}); "
                    f"expected ({', '.join(axes)})"
                )
        for name in axes:
            if name not in self._data.coords and name != "member":
                raise InputError(f"{self.path}: axis {name} has no values")
        days = self._data[first].values
        if not np.issubdtype(days.dtype, np.datetime64):
            raise InputError(f"{self.path}: axis {first} is not a date")
        if len(np.unique(days)) < len(days) or (days != days.astype("datetime64[D]")).any():
            raise InputError(
                f"{self.path}: axis {first} must hold each local day once, at 00:00 "
                "(daily means are expected; sub-daily fields are not)"
            )
        for name in ("latitude", "longitude"):
            step = np.diff(self._data[name].values)
            if not ((step > 0).all() or (step < 0).all()):
                raise InputError(f"{self.path}: axis {name} is not monotonic")
        if self.kind == "forecast":
            self._data = self._data.assign_coords(lead=self._leads())

    def _leads(self) -> np.ndarray:
        step = self._data["lead"].values
        days = step / np.timedelta64(1, "D") if step.dtype.kind == "m" else step.astype(float)
        if (days != np.rint(days)).any() or (days < 0).any():
            raise InputError(f"{self.path}: steps must be whole days; found {step[:3]}")
        if len(np.unique(days)) < len(days):
            raise InputError(f"{self.path}: a step stands twice")
        return np.rint(days).astype(int)


def _open(path: Path) -> xr.Dataset:
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        return xr.open_dataset(path, engine="netcdf4", decode_timedelta=True)
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).split("\n", maxsplit=1)[0]
        raise InputError(f"{path}: not a readable NetCDF file: {reason}") from None
