"""Opening a weather file: one function for every format."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

import netCDF4
import xarray as xr

from forecast.errors import InputError
from forecast.probing import check_opens
from forecast.weather.containers.classic_netcdf import check_whole
from forecast.weather.product import Header, Product
from forecast.weather.products import product_named, recognised

_NONE: Mapping[str, str] = MappingProxyType({})


def open_weather(
    path: str | Path,
    product: str | Product | None = None,
    *,
    rename: Mapping[str, str] = _NONE,
    units: Mapping[str, str] = _NONE,
    point: tuple[float, float] | None = None,
) -> xr.Dataset:
    """Open a file of weather or model guidance in the form of the data model.

    Parameters
    ----------
    path : str or Path
        NetCDF, GRIB 1 or 2 (extra ``wubu[grib]``) or a CSV table of points.
    product : str or Product, optional
        Name of a product, see `products`; recognised from the file where not given.
    rename : mapping of str to str, optional
        The file's names to fields of the data model, before those the product knows.
    units : mapping of str to str, optional
        Field to its units, where the file states none.
    point : (float, float), optional
        Latitude and longitude of a table of one point without coordinates.

    Returns
    -------
    xarray.Dataset
        Fields on (issue, lead, member, latitude, longitude), or (…, y, x) on a curvilinear grid, or
        (…, point) on an unstructured one; float32, ECMWF short names, SI units (concentrations
        µg m-3, CO mg m-3). Values are read when asked for. ``issue`` are reference times in UTC,
        ``lead`` timedeltas, ``valid_time`` their sum; an analysis has the one lead 0. Of a product
        of local days (attribute ``cell`` "local day"), issues are local dates and leads days.
        An amount (``tp``, ``ssrd``) is what fell between ``<name>_start`` and ``lead``.

    Raises
    ------
    InputError
        The file is missing or damaged, of no known product, or not what the product should be. The
        message names the file and the message or variable.
    ConfigError
        `product` is not known.
    MissingExtraError
        GRIB without the extra.

    Examples
    --------
    >>> from forecast.weather import open_weather
    >>> data = open_weather("gfs.t00z.pgrb2.0p25.f024")   # doctest: +SKIP
    >>> data["t2m"].sel(latitude=40, longitude=116)       # doctest: +SKIP
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    if product is None:
        product = recognised(look(path))
    elif isinstance(product, str):
        product = product_named(product)
    if rename or units:
        _check_renamed(path, rename)
        own: dict[str, tuple[str, ...]] = dict.fromkeys(rename.values(), ())
        for old, name in rename.items():
            own[name] += (old,)
        names = {**product.names, **{n: (*o, *product.names.get(n, ())) for n, o in own.items()}}
        product = replace(product, names=names, units={**product.units, **units})
    if point is not None:
        product = replace(product, point=point)
    container = import_module(f"forecast.weather.containers.{product.container}")
    return container.open_file(path, product)


def _check_renamed(path: Path, rename: Mapping[str, str]) -> None:
    """Refuse to rename what a file with names does not have."""
    header = look(path)
    if header.form == "grib":
        return
    dims = {dim for variable in header.variables.values() for dim in variable.get("dims", ())}
    for old in rename:
        if old not in header.variables and old not in dims:
            found = ", ".join(list(header.variables)[:12])
            raise InputError(
                f"{path}: rename names {old!r}, which is not in the file (the file's name comes "
                f"first, ours second); found {found}"
            )


def look(path: Path) -> Header:
    """First look at a file: its form and its header.

    Raises
    ------
    InputError
        The file cannot be read, or its header is damaged.
    """
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    if not start:
        raise InputError(f"{path}: the file is empty")
    if start[:4] == b"GRIB":
        from forecast.weather.containers.grib import first_keys

        return Header(path, "grib", first_keys(path))
    if start[:3] == b"CDF" or start == b"\x89HDF\r\n\x1a\n":
        return _netcdf_header(path)
    return _text_header(path)


def _netcdf_header(path: Path) -> Header:
    check_whole(path)
    check_opens(path)
    try:
        with netCDF4.Dataset(path) as file:
            attributes = {name: file.getncattr(name) for name in file.ncattrs()}
            variables = {
                name: {
                    **{a: v.getncattr(a) for a in v.ncattrs()},
                    "dims": v.dimensions,
                    "shape": v.shape,
                }
                for name, v in file.variables.items()
            }
    except (OSError, RuntimeError, UnicodeDecodeError, AttributeError) as error:
        raise InputError(f"{path}: not a readable NetCDF file: {error}") from None
    return Header(path, "netcdf", attributes, variables)


def _text_header(path: Path) -> Header:
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8-sig")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8-sig")
        ) as file:
            line = file.readline(100_000)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError):
        line = ""
    columns = [c.strip() for c in line.rstrip("\n").split(",")]
    if len(columns) < 2 or (not line.isprintable() and not line.rstrip("\r\n").isprintable()):
        raise InputError(f"{path}: neither NetCDF nor GRIB nor a UTF-8 CSV table")
    return Header(path, "text", {}, {name: {} for name in columns if name})
