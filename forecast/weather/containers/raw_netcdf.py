"""A NetCDF file under its own names, read block by block: what the readers of models build on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from forecast.errors import InputError
from forecast.unreadable import UNREADABLE
from forecast.weather.containers.classic_netcdf import check_whole
from forecast.weather.lazy import Read


class RawNetcdf:
    """Variables of a NetCDF file; packed values unpacked, missing ones NaN, times left as they are.

    Parameters
    ----------
    path : Path
        NetCDF file, classic or NetCDF-4.

    Raises
    ------
    InputError
        The file cannot be opened, or is cut off.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        check_whole(path)
        try:
            self._data = xr.open_dataset(
                path,
                engine="netcdf4",
                decode_times=False,
                decode_timedelta=False,
                decode_coords=False,
                cache=False,
            )
        except UNREADABLE as error:
            reason = str(error).split("\n", maxsplit=1)[0]
            raise InputError(f"{path}: not a readable NetCDF file: {reason}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._data.variables

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all variables, in the order of the file."""
        return tuple(map(str, self._data.variables))

    @property
    def sizes(self) -> Mapping[Any, int]:
        """Length of each dimension."""
        return self._data.sizes

    def dims(self, name: str) -> tuple[str, ...]:
        """Dimensions of a variable."""
        return tuple(map(str, self._data.variables[name].dims))

    def units(self, name: str) -> str | None:
        """Units a variable states, without the blanks around them; None where it states none."""
        units = self._data.variables[name].attrs.get("units")
        return None if units is None else str(units).strip()

    def description(self, name: str) -> str:
        """What a variable says it is; empty where it does not."""
        return str(self._data.variables[name].attrs.get("description", ""))

    def attribute(self, name: str) -> Any:
        """Global attribute, or None."""
        return self._data.attrs.get(name)

    def number(self, name: str) -> float:
        """Global attribute that must be one finite number.

        Raises
        ------
        InputError
            There is none, or it is something else.
        """
        found = self.attribute(name)
        try:
            value = float(found)
        except (TypeError, ValueError):
            value = np.nan
        if not np.isfinite(value):
            text = "missing" if found is None else repr(found)
            raise InputError(f"{self.path}: attribute {name} is {text}; expected a number")
        return value

    def check(self, name: str, dims: tuple[str, ...]) -> None:
        """Refuse a variable that is missing, holds no numbers or does not lie on `dims`."""
        if name not in self:
            raise InputError(f"{self.path}: variable {name} is missing")
        found = self.dims(name)
        if found != dims:
            raise InputError(
                f"{self.path}: variable {name} lies on ({', '.join(found)}); "
                f"expected ({', '.join(dims)})"
            )
        kind = self._data.variables[name].dtype
        if kind.kind not in "fiu":
            raise InputError(f"{self.path}: variable {name} is of type {kind}; expected numbers")

    def read(self, name: str, rows: Mapping[str, Any] | None = None) -> np.ndarray:
        """Values of a variable.

        Parameters
        ----------
        name : str
            Variable.
        rows : mapping of str to int, slice or ndarray of int, optional
            Dimension to what is wanted of it (increasing); all of the others. An int drops the
            dimension.

        Returns
        -------
        ndarray
            In the type of the file, unpacked.

        Raises
        ------
        InputError
            The values cannot be read; the message names file and variable.
        """
        wanted = {dim: _as_slice(row) for dim, row in (rows or {}).items()}
        try:
            return self._data.variables[name].isel(wanted).values
        except UNREADABLE as error:
            reason = str(error).split("\n", maxsplit=1)[0]
            raise InputError(f"{self.path}: variable {name} cannot be read: {reason}") from None


def _as_slice(rows: Any) -> Any:
    """Rows that follow one another as a slice, which the library reads in one go."""
    if isinstance(rows, np.ndarray) and len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return slice(int(rows[0]), int(rows[-1]) + 1)
    return rows


def by_lead(values: Callable[[np.ndarray], np.ndarray]) -> Read:
    """Reader of a file that holds one cycle and no members, from one of its leads.

    Parameters
    ----------
    values : callable
        Rows of lead to values (lead, *space).
    """

    def read(issue: np.ndarray, lead: np.ndarray, member: np.ndarray) -> np.ndarray:
        return values(lead)[np.newaxis, :, np.newaxis]

    return read
