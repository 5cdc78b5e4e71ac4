"""Where the values of a Models-3 I/O API file lie: centres of the cells its attributes describe.

References
----------
I/O API User Manual, "On the Definition of Grids and Coordinates" (cmascenter.org/ioapi): GDTYP,
P_ALP, P_BET, P_GAM, XCENT, YCENT describe the map, XORIG, YORIG the outer corner of the first cell,
XCELL, YCELL the cells.
"""

from __future__ import annotations

import numpy as np

from forecast.errors import InputError
from forecast.weather.containers.projections import Cone, Mercator, Projection
from forecast.weather.containers.raw_netcdf import RawNetcdf
from forecast.weather.grids import Grid

LATLON, LAMBERT, POLAR, MERCATOR = 1, 2, 6, 7
"""Values of GDTYP known: LATGRD3, LAMGRD3, POLGRD3, EQMGRD3."""
NEAR = 1e-3
"""Degrees, about 100 m."""
_PLACES = (("LAT", "LON"), ("latitude", "longitude"), ("lat", "lon"))
"""Names of coordinates: of MCIP, of CAMx, and of those who add them."""


def ioapi_grid(file: RawNetcdf) -> Grid:
    """Centres of the cells of a file on (ROW, COL).

    Coordinates in the file come before those of its attributes, except on a regular grid in
    degrees, which stays regular.

    Raises
    ------
    InputError
        An attribute is missing or out of range, the map is not known, or the attributes are of
        another size than the fields (a file cut to a part of its grid).
    """
    kind = int(file.number("GDTYP"))
    if kind == LATLON:
        row, column = _centres(file)
        return Grid("regular", row, column)
    for latitude, longitude in _PLACES:
        if latitude in file and longitude in file:
            return Grid("curvilinear", _places(file, latitude), _places(file, longitude))
    projection = _projection(file, kind)
    x0, y0 = projection.forward(*_origin(file, kind))
    y, x = _centres(file)
    return Grid("curvilinear", *projection.inverse(*np.meshgrid(x0 + x, y0 + y)))


def _origin(file: RawNetcdf, kind: int) -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude XORIG and YORIG are counted from.

    By the manual that is YCENT, XCENT; the library itself counts from the pole, or from the
    meridian P_GAM, or from the equator. Only where both are the same place is it known.
    """
    latitude, longitude, meridian = (file.number(n) for n in ("YCENT", "XCENT", "P_GAM"))
    usual = {POLAR: 90.0 * file.number("P_ALP"), MERCATOR: 0.0}.get(kind, latitude)
    aside = kind != POLAR and abs((longitude - meridian + 180) % 360 - 180) > NEAR
    if aside or abs(latitude - usual) > NEAR:
        raise InputError(
            f"{file.path}: attributes YCENT, XCENT are {latitude:g}, {longitude:g}, from which "
            f"programs do not all count; expected {usual:g}, {meridian:g}, or coordinates LAT, LON"
        )
    return np.array(latitude), np.array(longitude)


def _places(file: RawNetcdf, name: str) -> np.ndarray:
    dims = file.dims(name)
    if dims[-2:] != ("ROW", "COL"):
        file.check(name, ("ROW", "COL"))
    file.check(name, dims)
    return file.read(name, dict.fromkeys(dims[:-2], 0)).astype(np.float64)


def _centres(file: RawNetcdf) -> tuple[np.ndarray, np.ndarray]:
    """Centres of the rows and of the columns, metres (degrees on a grid in degrees)."""
    axes = []
    for axis, dim in (("Y", "ROW"), ("X", "COL")):
        origin, cell = file.number(f"{axis}ORIG"), file.number(f"{axis}CELL")
        count, found = int(file.number(f"N{dim}S")), file.sizes.get(dim, 0)
        if count != found:
            raise InputError(
                f"{file.path}: dimension {dim} is {found} long, attribute N{dim}S says {count}; "
                "the attributes then do not tell where the cells lie"
            )
        if cell <= 0:
            raise InputError(f"{file.path}: attribute {axis}CELL is {cell:g}; expected more than 0")
        axes.append(origin + cell * (np.arange(count) + 0.5))
    return axes[0], axes[1]


def _projection(file: RawNetcdf, kind: int) -> Projection:
    meridian = file.number("P_GAM")
    if kind == LAMBERT:
        try:
            return Cone.lambert(file.number("P_ALP"), file.number("P_BET"), meridian)
        except ValueError as error:
            raise InputError(f"{file.path}: attributes P_ALP, P_BET: {error}") from None
    if kind == POLAR:
        pole, true = file.number("P_ALP"), file.number("P_BET")
        if abs(pole) != 1:
            raise InputError(
                f"{file.path}: attribute P_ALP is {pole:g}; expected 1 or -1 (GDTYP 6)"
            )
        return Cone.polar(int(pole), true, meridian)
    if kind == MERCATOR:
        return Mercator(file.number("P_ALP"), meridian)
    raise InputError(
        f"{file.path}: attribute GDTYP is {kind}, a map that is not known, and the file has no "
        "coordinates; expected 1, 2, 6 or 7"
    )
