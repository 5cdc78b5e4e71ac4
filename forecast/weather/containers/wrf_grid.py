"""Where the values of a WRF file lie: its mass points, also of a nest that moves.

XLAT and XLONG are kept for each time. Of a grid that stays they are the same but for a trace of
smoothing where a nest feeds back into its parent; the first time counts. A nest that moves does so
by whole cells: its values are put on the part of the map it moves over, and there is no value where
it is not at a time.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from forecast.errors import InputError
from forecast.weather.containers.projections import (
    EARTH_RADIUS,
    Cone,
    Mercator,
    Projection,
)
from forecast.weather.containers.raw_netcdf import RawNetcdf
from forecast.weather.grids import Grid

SURFACE = ("Time", "south_north", "west_east")
"""Dimensions of a surface field."""
STAYS = 0.25
"""Cells a point may shift, from smoothing, and still be the same."""
LAMBERT, POLAR, MERCATOR, LATLON = 1, 2, 3, 6
"""Values of MAP_PROJ."""


class WrfGrid:
    """Mass points of one WRF file.

    Parameters
    ----------
    file : RawNetcdf
        File with XLAT and XLONG on (Time, south_north, west_east) or (south_north, west_east).

    Raises
    ------
    InputError
        No coordinates, ones that are the same everywhere (an idealised run), or ones that change
        with time other than by whole cells of the map projection.

    Attributes
    ----------
    places : Grid
        All points the file has values for at any time.
    """

    def __init__(self, file: RawNetcdf) -> None:
        self._file = file
        first = [self._first(name) for name in ("XLAT", "XLONG")]
        if first[0].size > 1 and all(np.ptp(place) == 0 for place in first):
            raise InputError(
                f"{file.path}: XLAT and XLONG are the same everywhere, as of an idealised run; "
                "expected places on the globe"
            )
        self.places = Grid("curvilinear", *first)
        self._corner: np.ndarray | None = None
        if file.dims("XLAT") == SURFACE and self._changes():
            self._corner, self.places = self._track()

    @property
    def moves(self) -> bool:
        """Whether the grid is a nest that moves."""
        return self._corner is not None

    @cached_property
    def projection(self) -> Projection | None:
        """Map projection of the attributes; None where they do not tell, or of a rotated pole."""
        found = {name: self._file.attribute(name) for name in ("TRUELAT1", "TRUELAT2", "STAND_LON")}
        if self._file.attribute("MAP_PROJ") is None:
            return None
        kind = self._file.number("MAP_PROJ")
        if kind == LATLON:  # its axes lie as those of Mercator
            poles = (self._file.attribute("POLE_LAT"), self._file.attribute("POLE_LON"))
            return Mercator(0.0, 0.0) if poles in ((90.0, 0.0), (None, None)) else None
        if kind not in (LAMBERT, POLAR, MERCATOR) or None in found.values():
            return None
        first, second, meridian = map(self._file.number, found)
        if kind == MERCATOR:
            return Mercator(first, meridian)
        if kind == POLAR:
            return Cone.polar(int(np.sign(first)) or 1, first, meridian)
        try:
            return Cone.lambert(first, second, meridian)
        except ValueError as error:
            raise InputError(f"{self._file.path}: attributes TRUELAT1, TRUELAT2: {error}") from None

    def placed(self, values: np.ndarray, leads: np.ndarray) -> np.ndarray:
        """Values of some times put on `places`.

        Parameters
        ----------
        values : ndarray, (lead, south_north, west_east)
        leads : ndarray of int
            Rows of time they are of.

        Returns
        -------
        ndarray, (lead, y, x)
            NaN where a moving nest is not.
        """
        if self._corner is None:
            return values
        out = np.full((len(leads), *self.places.shape), np.nan, np.float32)
        height, width = values.shape[1:]
        for k, (row, column) in enumerate(self._corner[leads]):
            out[k, row : row + height, column : column + width] = values[k]
        return out

    def _first(self, name: str) -> np.ndarray:
        """Coordinate at the first time, degrees."""
        file = self._file
        if name in file and file.dims(name) == SURFACE[1:]:
            file.check(name, SURFACE[1:])
            return file.read(name).astype(np.float64)
        file.check(name, SURFACE)
        if not file.sizes["Time"]:
            raise InputError(f"{file.path}: the file holds no time")
        return file.read(name, {"Time": 0}).astype(np.float64)

    def _changes(self) -> bool:
        """Whether a point is not where it was at the first time."""
        latitude, longitude = self.places.latitude, self.places.longitude
        step = max(np.abs(np.diff(latitude, axis=0)).max(initial=0), 1e-4)
        end = {"south_north": 0, "west_east": 0}
        for name, first in (("XLAT", latitude), ("XLONG", longitude)):
            corner = self._file.read(name, end) - first[0, 0]
            last = self._file.read(name, {"Time": -1}) - first
            for off in (corner, last):
                scale = 1.0 if name == "XLAT" else np.cos(np.deg2rad(latitude)).min()
                if np.abs((off + 180) % 360 - 180).max() * scale > STAYS * step:
                    return True
        return False

    def _track(self) -> tuple[np.ndarray, Grid]:
        """Corner of the nest at each time in cells, (time, 2), and the grid of all its places."""
        file, projection = self._file, self.projection
        if projection is None or file.attribute("MAP_PROJ") == LATLON:
            raise InputError(
                f"{file.path}: XLAT changes with time, as of a moving nest, on a map projection "
                f"(MAP_PROJ {file.attribute('MAP_PROJ')}) that is not known; expected 1, 2 or 3"
            )
        cell = np.array([file.number("DY"), file.number("DX")])
        shape, end = self.places.shape, {"south_north": 0, "west_east": 0}
        x, y = projection.forward(file.read("XLAT", end), file.read("XLONG", end))
        corner = np.stack([y - y[0], x - x[0]], axis=1) / cell
        whole = np.rint(corner)
        expected = self._lattice(projection, (x[0], y[0]), cell, (0, 0), shape)
        off = np.abs(expected.latitude - self.places.latitude).max() * np.deg2rad(EARTH_RADIUS)
        if not (np.abs(corner - whole).max() < STAYS and off < STAYS * cell[0]):
            raise InputError(
                f"{file.path}: XLAT and XLONG change with time, but not by whole cells of the map "
                "projection; expected one grid, or a nest that moves on its map"
            )
        start = whole.min(axis=0).astype(int)
        corners = whole.astype(int) - start
        size = tuple(int(n) for n in corners.max(axis=0) + shape)
        return corners, self._lattice(projection, (x[0], y[0]), cell, tuple(start), size)

    @staticmethod
    def _lattice(
        projection: Projection,
        origin: tuple[float, float],
        cell: np.ndarray,
        start: tuple[int, ...],
        size: tuple[int, ...],
    ) -> Grid:
        """Points of the map at whole cells from `origin`."""
        row, column = np.mgrid[start[0] : start[0] + size[0], start[1] : start[1] + size[1]]
        places = projection.inverse(origin[0] + cell[1] * column, origin[1] + cell[0] * row)
        return Grid("curvilinear", *places)
