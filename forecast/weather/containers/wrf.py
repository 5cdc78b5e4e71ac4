"""Reader of WRF and WRF-Chem output (``wrfout``).

One file holds one run and its output times. The reference time is the start of the simulation; a
restarted run keeps it (SIMULATION_START_DATE), and its rain goes on from there. Winds are turned
from the axes of the grid to east and north, see `wind_rotation`; the mixing ratio Q2 becomes
specific humidity; fields on pressure levels are interpolated, see `wrf_levels`; concentrations are
those of the lowest level.
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
from forecast.weather.containers.raw_netcdf import RawNetcdf, by_lead
from forecast.weather.containers.wind_rotation import WindRotation
from forecast.weather.containers.wrf_grid import SURFACE, WrfGrid
from forecast.weather.containers.wrf_levels import Values, WrfLevels
from forecast.weather.fields import FIELDS, conversion
from forecast.weather.lazy import Read
from forecast.weather.product import Product

_USUAL = {
    "t2m": "T2",
    "q2": "Q2",
    "sp": "PSFC",
    "blh": "PBLH",
    "u10": "U10",
    "v10": "V10",
    "ssrd": "ACSWDNB",
}
_VOLUME = ("Time", "bottom_top", "south_north", "west_east")
_RAIN = {"RAINNC": None, "RAINC": "CU_PHYSICS", "RAINSH": "SHCU_PHYSICS"}
"""Parts of the precipitation, and the scheme without which a part is nought."""
_GRID = {"Times", "XTIME", "XLAT", "XLONG", "XLAT_U", "XLONG_U", "XLAT_V", "XLONG_V"}
Turn = Callable[[np.ndarray, np.ndarray], np.ndarray]
_TIME = "%Y-%m-%d_%H:%M:%S"


def open_file(path: Path, product: Product) -> xr.Dataset:
    """Open a ``wrfout`` file; see `forecast.weather.open_weather`.

    Raises
    ------
    InputError
        Not a readable WRF file: cut off, times that cannot be read, no places on the globe, a
        variable on other axes or in unknown units.
    """
    file = RawNetcdf(path)
    times, start = _times(file), _start(file)
    if (times < start).any():
        raise InputError(f"{path}: Times holds {times.min()}, before the simulation start {start}")
    grid = WrfGrid(file)
    axes = Axes(pd.DatetimeIndex([start]), times - start, np.array([0]), grid.places)
    fields, used = _fields(file, product, grid)
    return weather_dataset(
        path,
        product.name,
        axes,
        fields,
        starts={n: times - times for n in fields if FIELDS[n].cell == "amount"},
        ignored=tuple(n for n in file.names if n not in used | _GRID),
    )


def _times(file: RawNetcdf) -> pd.DatetimeIndex:
    if "Times" not in file:
        raise InputError(f"{file.path}: variable Times is missing; expected the output times")
    if file.dims("Times") != ("Time",):
        raise InputError(f"{file.path}: variable Times is not one text a time")
    texts = [t.decode("latin-1") if isinstance(t, bytes) else str(t) for t in file.read("Times")]
    times = pd.to_datetime(pd.Series(texts, dtype=object), format=_TIME, errors="coerce")
    if times.isna().any():
        bad = int(times.isna().to_numpy().argmax())
        raise InputError(
            f"{file.path}: Times holds {texts[bad]!r} at {bad}; expected YYYY-MM-DD_hh:mm:ss"
        )
    return pd.DatetimeIndex(times)


def _start(file: RawNetcdf) -> pd.Timestamp:
    for name in ("SIMULATION_START_DATE", "START_DATE"):
        found = file.attribute(name)
        if found is not None:
            break
    start = pd.to_datetime(str(found), format=_TIME, errors="coerce")
    if pd.isna(start):
        raise InputError(
            f"{file.path}: attribute SIMULATION_START_DATE is {found!r}; "
            "expected YYYY-MM-DD_hh:mm:ss"
        )
    return start


def _fields(file: RawNetcdf, product: Product, grid: WrfGrid) -> tuple[dict[str, Read], set[str]]:
    """Readers of the fields the file allows, and the variables they are made of."""
    levels = WrfLevels(file)
    fields, used = levels.fields(), {*levels.used, "COSALPHA", "SINALPHA"}
    rain = _rain(file)
    if rain:
        fields["tp"] = _sum(file, product, "tp", rain, "BUCKET_MM")
        used |= {*rain, *(f"I_{name}" for name in rain)}
    for name in FIELDS:
        source = _found(file, product, name)
        if source is None:
            continue
        if name in POLLUTANTS:
            fields[name] = _concentration(file, product, name, source)
        elif name == "ssrd":
            fields[name] = _sum(file, product, name, (source,), "BUCKET_J")
            used.add(f"I_{source}")
        else:
            fields[name] = _surface(file, product, name, source)
        used.add(source)
    readers = {**_placed(fields, grid), **_winds(fields, grid, WindRotation(file, grid))}
    return {name: by_lead(readers[name]) for name in FIELDS if name in readers}, used


def _placed(fields: dict[str, Values], grid: WrfGrid) -> dict[str, Values]:
    def on_grid(values: Values) -> Values:
        return lambda leads: grid.placed(values(leads), leads)

    return {n: on_grid(values) for n, values in fields.items() if not n.startswith(("u", "v"))}


def _winds(fields: dict[str, Values], grid: WrfGrid, rotation: WindRotation) -> dict[str, Values]:
    """Winds along east and north; one component without the other gives neither."""

    def turned(u: Values, v: Values, turn: Turn) -> Values:
        def values(leads: np.ndarray) -> np.ndarray:
            return turn(grid.placed(u(leads), leads), grid.placed(v(leads), leads))

        return values

    winds = {}
    for u in [name for name in fields if name.startswith("u")]:
        v = f"v{u[1:]}"
        if v in fields:
            winds[u] = turned(fields[u], fields[v], rotation.east)
            winds[v] = turned(fields[u], fields[v], rotation.north)
    return winds


def _found(file: RawNetcdf, product: Product, name: str) -> str | None:
    """The file's name of a field: the product's first, then the usual one."""
    names = (*product.names.get(name, ()), _USUAL.get(name, ""))
    return next((n for n in names if n in file), None)


def _surface(file: RawNetcdf, product: Product, name: str, source: str) -> Values:
    """A surface field; a mixing ratio as specific humidity."""
    file.check(source, SURFACE)
    units = product.units.get(name, file.units(source))
    factor, offset = conversion(name, units, f"{file.path}, variable {source}")

    def values(leads: np.ndarray) -> np.ndarray:
        found = file.read(source, {"Time": leads}) * np.float32(factor) + np.float32(offset)
        return found / (1 + found) if source == "Q2" else found

    return values


def _concentration(file: RawNetcdf, product: Product, name: str, source: str) -> Values:
    """Lowest level of a concentration."""
    lowest = {} if file.dims(source) == SURFACE else {"bottom_top": 0}
    file.check(source, _VOLUME if lowest else SURFACE)
    units = product.units.get(name, file.units(source))
    factor = np.float32(concentration_factor(name, units, f"{file.path}, variable {source}"))
    return lambda leads: file.read(source, {"Time": leads, **lowest}) * factor


def _rain(file: RawNetcdf) -> tuple[str, ...]:
    """Variables that together are all precipitation; none where a part of it is not in the file."""
    parts = []
    for name, scheme in _RAIN.items():
        if name in file:
            parts.append(name)
        elif name == "RAINSH" and file.attribute("SHCU_PHYSICS") is None:
            continue  # before WRF 3.3 there was no such part
        elif scheme is None or file.attribute(scheme) != 0:
            return ()
    return tuple(parts)


def _sum(
    file: RawNetcdf, product: Product, name: str, parts: tuple[str, ...], bucket: str
) -> Values:
    """Sum of amounts gathered since the start, each with its emptied buckets.

    With a bucket (BUCKET_MM, BUCKET_J > 0) a variable is only what is left in it; the number of
    times it was emptied is in the variable of the same name with ``I_`` before it.
    """
    left = [_surface(file, product, name, part) for part in parts]
    size = 0.0 if file.attribute(bucket) is None else file.number(bucket)
    emptied = [f"I_{part}" for part in parts if part != "RAINSH"] if size > 0 else []
    for part in emptied:
        file.check(part, SURFACE)

    def values(leads: np.ndarray) -> np.ndarray:
        total = sum(part(leads).astype(np.float64) for part in left)
        for part in emptied:
            total = total + file.read(part, {"Time": leads}) * size
        return np.asarray(total)

    return values
