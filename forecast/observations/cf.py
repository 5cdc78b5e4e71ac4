"""Reader of hourly NetCDF files on (station, time): the project's own data model, or CF.

Names: ``pm25 pm10 so2 no2 o3 co``, or what ``variables`` maps them to. Units are read from each
variable's attribute ``units`` and converted. Stations are named by the variable with ``cf_role =
"timeseries_id"``, or by ``station``.

Hour convention: times are CF times, hence UTC. Which end of its hour a time names comes from its
``bounds``; or from ``hour_label``; or, in files of the project's own store, from the time's
``long_name`` ("start of the hour, UTC"). A file that leaves it open is an error.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import Field, field_validator

from forecast.errors import InputError
from forecast.observations.rows import check_hours
from forecast.observations.source import Reading, Source
from forecast.observations.units import to_model
from forecast.pollutants import POLLUTANTS, UNITS
from forecast.probing import check_opens
from forecast.unreadable import UNREADABLE, plain_attributes

OWN_TIME = "start of the hour, UTC"


class Cf(Source):
    """NetCDF on (station, time).

    Attributes
    ----------
    variables : dict of str to str
        Pollutant -> the file's variable; by default every pollutant's own name that the file has.
    time : str
        The file's time coordinate.
    station : str or None
        The file's variable of station names; by default the one with ``cf_role``, or ``station``.
    hour_label : {"beginning", "ending"} or None
        Which end of its hour a time names, where the file has no bounds.
    """

    format: Literal["netcdf"] = "netcdf"
    variables: dict[str, str] = Field(default_factory=dict)
    time: str = "time"
    station: str | None = None
    hour_label: Literal["beginning", "ending"] | None = None

    @field_validator("variables")
    @classmethod
    def _pollutants(cls, variables: dict[str, str]) -> dict[str, str]:
        unknown = set(variables) - set(POLLUTANTS)
        if unknown:
            raise ValueError(f"{', '.join(sorted(unknown))}: expected {', '.join(POLLUTANTS)}")
        return variables

    def read(self, path: Path, utc_offset: float) -> Reading:
        """Read one file.

        Raises
        ------
        InputError
            Not a NetCDF file, a variable, unit or the hour convention is missing, a variable is on
            other dimensions, times are not whole hours or stand twice, or station names do.
        """
        check_opens(path)
        try:
            with xr.open_dataset(path, engine="netcdf4") as file:
                data = file.load()
            plain_attributes(data)
        except FileNotFoundError:
            raise InputError(f"{path}: no such file") from None
        except UNREADABLE as error:
            text = " ".join(str(error).split())
            raise InputError(f"{path}: not a readable NetCDF file: {text}") from None
        return self._reading(path, data, utc_offset)

    def _reading(self, path: Path, data: xr.Dataset, utc_offset: float) -> Reading:
        chosen = self.variables or {p: p for p in POLLUTANTS if p in data.data_vars}
        _need(path, data, [*chosen.values(), self.time])
        if not chosen:
            raise InputError(f"{path}: no variable named {', '.join(POLLUTANTS)}; map `variables`")
        start = self._start(path, data)
        names = self._names(path, data)
        if data[self.time].ndim != 1 or names.ndim != 1:
            raise InputError(f"{path}: time and station must have one dimension each")
        check_hours(
            path, pd.Series(start, index=pd.RangeIndex(len(start), name="time")), utc_offset
        )
        if not len(start) or not names.size:
            raise InputError(f"{path}: no station or no time")
        hours = pd.date_range(start.min(), start.max(), freq="h")
        if len(hours) > 20_000 and len(hours) > 100 * len(start):
            raise InputError(f"{path}: {len(start)} times span {start.min()} to {start.max()} UTC")
        if start.has_duplicates:
            raise InputError(f"{path}: {start[start.duplicated()][0]} UTC stands twice")
        rejected: Counter[str] = Counter()
        grids = {}
        for p in POLLUTANTS:
            grid = np.full((names.size, len(hours)), np.nan, np.float32)
            if p in chosen:
                values = _values(
                    path, data[chosen[p]], p, (str(names.dims[0]), *data[self.time].dims)
                )
                infinite = int(np.isinf(values).sum())
                if infinite:
                    rejected[f"{chosen[p]}: infinite value"] += infinite
                    values = np.where(np.isinf(values), np.nan, values)
                grid[:, hours.get_indexer(start)] = values
            grids[p] = (("station", "time"), grid, {"units": UNITS[p]})
        station = np.array(_texts(path, names), dtype=object)
        return Reading(
            xr.Dataset(grids, coords={"station": station, "time": hours}), rejected=rejected
        )

    def _start(self, path: Path, data: xr.Dataset) -> pd.DatetimeIndex:
        time = data[self.time]
        bounds = time.attrs.get("bounds", time.encoding.get("bounds"))
        if not np.issubdtype(time.dtype, np.datetime64):
            raise InputError(f"{path}: {self.time} holds {time.dtype}; expected CF times")
        stamps = _seconds(time.values)
        if bounds is not None:
            _need(path, data, [bounds])
            edges = data[bounds].values
            if edges.shape != (len(stamps), 2) or not np.issubdtype(edges.dtype, np.datetime64):
                raise InputError(f"{path}: {bounds} are not the two bounds of each time")
            lower, upper = _seconds(edges[:, 0]), _seconds(edges[:, 1])
            if ((upper - lower) != pd.Timedelta(hours=1)).any():
                raise InputError(f"{path}: {bounds} are not one hour apart")
            stamps = lower
        elif self.hour_label == "ending":
            stamps = stamps - pd.Timedelta(hours=1)
        elif self.hour_label is None and time.attrs.get("long_name") != OWN_TIME:
            raise InputError(
                f"{path}: {self.time} has no bounds; declare hour_label (beginning or ending)"
            )
        if stamps.isna().any():
            raise InputError(f"{path}: {self.time} has a missing value")
        return stamps

    def _names(self, path: Path, data: xr.Dataset) -> xr.DataArray:
        if self.station is not None:
            _need(path, data, [self.station])
            return data[self.station]
        for variable in data.variables:
            if data[variable].attrs.get("cf_role") == "timeseries_id":
                return data[variable]
        _need(path, data, ["station"])
        return data["station"]


def _need(path: Path, data: xr.Dataset, names: list[str]) -> None:
    missing = [n for n in names if n not in data.variables]
    if missing:
        found = ", ".join(map(str, data.variables))
        raise InputError(f"{path}: variable {', '.join(missing)} missing; found {found}")


def _seconds(times: np.ndarray) -> pd.DatetimeIndex:
    # days as floating point miss the hour by microseconds
    return pd.DatetimeIndex(times).round("s").as_unit("ns")


def _values(path: Path, variable: xr.DataArray, pollutant: str, dims: tuple) -> np.ndarray:
    if set(variable.dims) != set(dims):
        raise InputError(f"{path}: {variable.name} is on {variable.dims}; expected {dims}")
    if not np.issubdtype(variable.dtype, np.number):
        raise InputError(f"{path}: {variable.name} holds {variable.dtype}; expected numbers")
    unit = variable.attrs.get("units")
    if not isinstance(unit, str):
        raise InputError(f"{path}: {variable.name} has no attribute units")
    try:
        return to_model(pollutant, variable.transpose(*dims).values, unit)
    except InputError as error:
        raise InputError(f"{path}: {variable.name}: {error}") from None


def _texts(path: Path, names: xr.DataArray) -> list[str]:
    try:
        found = [n.decode() if isinstance(n, bytes) else str(n) for n in names.values.tolist()]
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: a name in {names.name} is not UTF-8: {error}") from None
    found = [n.strip() for n in found]
    if "" in found:
        raise InputError(f"{path}: station {found.index('')} has no name")
    twice = pd.Series(found).duplicated()
    if twice.any():
        raise InputError(f"{path}: station {found[int(twice.argmax())]} stands twice")
    return found
