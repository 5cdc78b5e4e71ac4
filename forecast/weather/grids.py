"""Horizontal grids: regular, curvilinear, unstructured, each known by its content."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Self

import numpy as np
import xarray as xr
from scipy.spatial import KDTree

EARTH_RADIUS_KM = 6371.0

SPACE = {
    "regular": ("latitude", "longitude"),
    "curvilinear": ("y", "x"),
    "unstructured": ("point",),
}
"""Dimensions of a field, by kind of grid."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Where the values of a field lie.

    Attributes
    ----------
    kind : {"regular", "curvilinear", "unstructured"}
    latitude, longitude : ndarray of float64
        Degrees; ``(y,)`` and ``(x,)`` of a regular grid, both ``(y, x)`` of a curvilinear one, both
        ``(point,)`` of an unstructured one. Longitudes 0–360 or ±180.
    """

    kind: Literal["regular", "curvilinear", "unstructured"]
    latitude: np.ndarray
    longitude: np.ndarray

    @classmethod
    def of(cls, data: xr.Dataset) -> Self:
        """Grid of a dataset from `open_weather`."""
        latitude, longitude = data["latitude"].values, data["longitude"].values
        if latitude.ndim == 2:
            return cls("curvilinear", latitude, longitude)
        if data["latitude"].dims == ("point",):
            return cls("unstructured", latitude, longitude)
        return cls("regular", latitude, longitude)

    @property
    def dims(self) -> tuple[str, ...]:
        """Names of the space axes."""
        return SPACE[self.kind]

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the space axes."""
        if self.kind == "regular":
            return (len(self.latitude), len(self.longitude))
        return self.latitude.shape

    @property
    def size(self) -> int:
        """Number of grid points."""
        return math.prod(self.shape)

    def position(self, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Latitude and longitude of grid points given by their number in the flattened grid."""
        if self.kind == "regular":
            row, column = np.divmod(index, len(self.longitude))
            return self.latitude[row], self.longitude[column]
        return self.latitude.ravel()[index], self.longitude.ravel()[index]

    @cached_property
    def goes_around(self) -> bool:
        """Whether the first meridian of a regular grid follows the last one."""
        if self.kind != "regular" or len(self.longitude) < 2:
            return False
        step = abs(np.diff(self.longitude).mean())
        return bool(abs(step * len(self.longitude) - 360) < step / 2)

    @cached_property
    def tree(self) -> KDTree:
        """Search tree of all grid points, as unit vectors."""
        return KDTree(unit_vectors(*self.position(np.arange(self.size))))

    @property
    def extent(self) -> str:
        """Range of latitudes and longitudes, for messages: ``30…45°N, 100…120°E``.

        Longitudes run from the western edge of the grid eastward, also across the date line.
        """
        lon = np.unique(np.round(np.mod(self.longitude, 360), 9))
        gap = np.diff(lon, append=lon[0] + 360)
        last = int(gap.argmax())
        west, east = lon[(last + 1) % len(lon)], lon[last]
        if len(lon) > 2 and gap[last] < 1.5 * np.sort(gap)[-2]:
            across = "all longitudes"
        else:
            west, east = (v - 360 if v > 180 else v for v in (west, east))
            across = f"{west:g}…{east:g}°E"
        return f"{self.latitude.min():g}…{self.latitude.max():g}°N, {across}"

    @cached_property
    def digest(self) -> str:
        """First 16 hex digits of the SHA-256 of kind and coordinates: the same grid, the same."""
        found = hashlib.sha256(f"{self.kind}{self.shape}".encode())
        for axis in (self.latitude, self.longitude):
            found.update(np.ascontiguousarray(axis, dtype="<f8").tobytes())
        return found.hexdigest()[:16]


def unit_vectors(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Points of the unit sphere, (…, 3), at latitudes and longitudes in degrees."""
    phi, lam = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=-1)


def chord_to_km(chord: np.ndarray) -> np.ndarray:
    """Great-circle distance of two points whose unit vectors are `chord` apart; inf stays inf."""
    far = np.isinf(chord)
    arc = 2 * np.arcsin(np.minimum(np.where(far, 0, chord) / 2, 1))
    return np.where(far, np.inf, arc * EARTH_RADIUS_KM)
