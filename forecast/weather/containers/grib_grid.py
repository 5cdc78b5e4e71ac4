"""Grids of GRIB messages, and how the values of a message lie on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast.errors import InputError
from forecast.weather.containers.wind_rotation import angle_of_grid
from forecast.weather.grids import Grid

LARGEST = 30_000_000
"""Points of a grid; more are a damaged header (the world at 5 km has 26 million)."""

_SAME = 1e-6
"""Degrees; GRIB 2 counts in millionths."""


@dataclass(frozen=True)
class Layout:
    """A grid and the order in which messages list its values.

    Attributes
    ----------
    grid : Grid
        Latitudes and longitudes in the order the file has them; regular where they allow it,
        curvilinear where there are rows and columns, else unstructured.
    title : str
        Kind and size as in the message, for errors.
    by_columns : bool
        Columns are listed one after another, not rows.
    alternate : bool
        Every second row (column) runs backwards.
    angle : ndarray of float32 or None
        Of a grid whose winds are along its own axes, the direction of its x axis in radians north
        of east, ``(y, x)``.
    """

    grid: Grid
    title: str
    by_columns: bool
    alternate: bool
    angle: np.ndarray | None

    @property
    def size(self) -> int:
        """Number of points."""
        return int(np.prod(self.grid.shape))

    def arrange(self, values: np.ndarray) -> np.ndarray:
        """Values in the order of the message to the shape of the grid."""
        if self.grid.kind == "unstructured":
            return values
        return _rows(values, self.grid.shape, self.by_columns, self.alternate)


def layout_of(message: Any, where: str) -> Layout:
    """Layout of a message.

    Parameters
    ----------
    message : cfgrib.messages.Message
    where : str
        File and message, for errors.

    Raises
    ------
    InputError
        The message has no grid points, or its winds cannot be turned to east and north.
    """
    kind = str(message["gridType"])
    if kind == "sh":
        raise InputError(f"{where} holds spherical harmonics; expected values on a grid")
    points = int(message["numberOfDataPoints:int"])
    if not 0 < points <= LARGEST:
        raise InputError(f"{where} claims {points} grid points; expected 1 to {LARGEST}")
    latitude, longitude = np.asarray(message["latitudes"]), np.asarray(message["longitudes"])
    shape = _shape(message, latitude.size)
    if shape is None:
        title = f"{kind} of {latitude.size} points"
        return Layout(Grid("unstructured", latitude, longitude), title, False, False, None)
    by_columns, alternate, backwards, along_axes = (
        bool(message.message_get(key, int, default=0))
        for key in (
            "jPointsAreConsecutive",
            "alternativeRowScanning",
            "iScansNegatively",
            "uvRelativeToGrid",
        )
    )
    title = f"{kind} of {shape[1]} × {shape[0]} points"
    latitude, longitude = (  # ecCodes lists coordinates without regard to `alternate`
        _rows(axis, shape, by_columns, False) for axis in (latitude, longitude)
    )
    if _is_regular(latitude, longitude):
        grid = Grid("regular", latitude[:, 0], _running_on(longitude[0]))
        return Layout(grid, title, by_columns, alternate, None)
    angle = None
    if along_axes:
        if shape[1] < 2:
            raise InputError(f"{where}: winds along the axes of a grid of one column")
        angle = angle_of_grid(latitude, longitude) + (np.pi if backwards else 0.0)
        angle = angle.astype(np.float32)
    return Layout(Grid("curvilinear", latitude, longitude), title, by_columns, alternate, angle)


def _shape(message: Any, size: int) -> tuple[int, int] | None:
    """Rows and columns, None where rows differ in length or there are none."""
    for columns, rows in (("Ni", "Nj"), ("Nx", "Ny")):
        shape = tuple(message.message_get(key, int, default=None) for key in (rows, columns))
        if None not in shape and shape[0] * shape[1] == size:
            return shape
    return None


def _rows(
    values: np.ndarray, shape: tuple[int, ...], by_columns: bool, alternate: bool
) -> np.ndarray:
    lines = values.reshape(shape[::-1] if by_columns else shape)
    if alternate:
        lines = lines.copy()
        lines[1::2] = lines[1::2, ::-1]
    return lines.T if by_columns else lines


def _is_regular(latitude: np.ndarray, longitude: np.ndarray) -> bool:
    off = (longitude - longitude[:1] + 180) % 360 - 180
    return bool(np.ptp(latitude, axis=1).max() < _SAME and np.abs(off).max() < _SAME)


def _running_on(longitude: np.ndarray) -> np.ndarray:
    """Longitudes without a jump of 360 degrees, within ±360."""
    running = np.unwrap(longitude, period=360.0)
    if running.max() > 360 + _SAME:
        running = running - 360
    return np.round(running, 9)  # what unwrapping adds in rounding
