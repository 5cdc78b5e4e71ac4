"""Reader of output in the Models-3 I/O API: CMAQ, and CAMx, which writes the same layout.

One file is one run or a part of one. The reference time is the start its header states (SDATE,
STIME); the time of a value is its TFLAG, which for the hourly means of CMAQ (ACONC) and CAMx is the
start of the hour, as in the observations. CAMx may count its clock in a time zone (ITZON, hours
behind UTC). Concentrations are those of the lowest layer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.pollutants import POLLUTANTS
from forecast.weather.canonical import Axes, weather_dataset
from forecast.weather.containers.concentrations import concentration_factor
from forecast.weather.containers.ioapi_grid import ioapi_grid
from forecast.weather.containers.raw_netcdf import RawNetcdf, by_lead
from forecast.weather.fields import FIELDS, conversion
from forecast.weather.lazy import Read
from forecast.weather.product import Product

GRIDDED = 1
"""FTYPE of gridded data, GRDDED3."""
MISSING = -1e30
"""Values below stand for missing ones: BADVAL3 is -9.999e36, AMISS3 -9e36."""
_DIMS = ("TSTEP", "LAY", "ROW", "COL")
_GRID = {"TFLAG", "ETFLAG", "X", "Y", "layer", "LAT", "LON", "latitude", "longitude", "lat", "lon"}


def open_file(path: Path, product: Product) -> xr.Dataset:
    """Open a gridded I/O API file; see `forecast.weather.open_weather`.

    Raises
    ------
    InputError
        Not a readable I/O API file of gridded data: cut off, a time that was not written, a map
        that is not known, a variable on other axes or in unknown units.
    """
    file = RawNetcdf(path)
    if file.attribute("FTYPE") is not None and file.number("FTYPE") != GRIDDED:
        raise InputError(
            f"{path}: attribute FTYPE is {file.attribute('FTYPE')}; expected 1, gridded data"
        )
    times = _times(file)
    day, clock = (np.array([file.number(name)]) for name in ("SDATE", "STIME"))
    start = _stamps(file, day, clock, "SDATE,STIME")[0]
    if (times < start).any():
        raise InputError(f"{path}: TFLAG holds {times.min()}, before the start of the file {start}")
    zone = file.attribute("ITZON")
    behind = pd.Timedelta(hours=0 if zone is None else file.number("ITZON"))
    axes = Axes(pd.DatetimeIndex([start + behind]), times - start, np.array([0]), ioapi_grid(file))
    sources = {name: _found(file, product, name) for name in FIELDS}
    fields = {name: _field(file, product, name, s) for name, s in sources.items() if s is not None}
    known = {*sources.values(), *_GRID}
    return weather_dataset(
        path, product.name, axes, fields, ignored=tuple(n for n in file.names if n not in known)
    )


def _times(file: RawNetcdf) -> pd.DatetimeIndex:
    """Time of each record, on the clock of the file."""
    file.check("TFLAG", ("TSTEP", "VAR", "DATE-TIME"))
    flags = file.read("TFLAG", {"VAR": 0}) if file.sizes["VAR"] else np.empty((0, 2))
    if flags.shape[1:] != (2,):
        raise InputError(f"{file.path}: variable TFLAG is not pairs of date and time")
    return _stamps(file, flags[:, 0], flags[:, 1], "TFLAG")


def _stamps(file: RawNetcdf, days: np.ndarray, clocks: np.ndarray, where: str) -> pd.DatetimeIndex:
    """Times of dates YYYYDDD and clocks HHMMSS."""
    texts = [f"{day:07.0f}{clock:06.0f}" for day, clock in zip(days, clocks, strict=True)]
    times = pd.to_datetime(pd.Series(texts, dtype=object), format="%Y%j%H%M%S", errors="coerce")
    if times.isna().any():
        bad = int(times.isna().to_numpy().argmax())
        raise InputError(
            f"{file.path}: {where} holds {days[bad]:.0f},{clocks[bad]:06.0f} at {bad}; expected "
            "YYYYDDD,HHMMSS (0,000000 was never written)"
        )
    return pd.DatetimeIndex(times)


def _found(file: RawNetcdf, product: Product, name: str) -> str | None:
    return next((n for n in product.names.get(name, ()) if n in file), None)


def _field(file: RawNetcdf, product: Product, name: str, source: str) -> Read:
    """Lowest layer of a variable."""
    file.check(source, _DIMS)
    if not file.sizes["LAY"]:
        raise InputError(f"{file.path}: dimension LAY is empty; expected at least one layer")
    if FIELDS[name].cell == "amount":
        raise InputError(f"{file.path}: {name} is an amount, which no I/O API file is read for")
    units, where = product.units.get(name, file.units(source)), f"{file.path}, variable {source}"
    if name in POLLUTANTS:
        factor, offset = concentration_factor(name, units, where), 0.0
    else:
        factor, offset = conversion(name, units, where)
    return by_lead(_values(file, source, factor, offset))


def _values(
    file: RawNetcdf, source: str, factor: float, offset: float
) -> Callable[[np.ndarray], np.ndarray]:
    def values(leads: np.ndarray) -> np.ndarray:
        found = file.read(source, {"TSTEP": leads, "LAY": 0})
        known = np.where(found < MISSING, np.float32(np.nan), found)
        return known * np.float32(factor) + np.float32(offset)

    return values
