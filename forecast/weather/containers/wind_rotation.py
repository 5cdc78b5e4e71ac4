"""From winds along the axes of a WRF grid to winds along east and north.

The x axis of the grid points `angle` radians north of east. With it, ``u_east = u cos - v sin`` and
``v_north = v cos + u sin`` (WRF Users' Guide, COSALPHA and SINALPHA; WPS ``get_rotang``). The angle
comes from COSALPHA and SINALPHA where the file has them, else from the map projection
(``DCOMPUTEUVMET`` of NCL and wrf-python: ``-cone (longitude - STAND_LON)``), else from the grid
points themselves. The first two are checked against the third, so that a wrong attribute cannot
turn the wind.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from forecast.errors import InputError
from forecast.weather.containers.raw_netcdf import RawNetcdf
from forecast.weather.containers.wrf_grid import WrfGrid

TOLERANCE = np.deg2rad(2.0)
"""Most that the stated angle may differ from that of the grid points."""


class WindRotation:
    """Rotation of the winds of one WRF file, worked out when first asked for.

    Parameters
    ----------
    file : RawNetcdf
        File with COSALPHA and SINALPHA on (Time, south_north, west_east), or the attributes of its
        map projection.
    grid : WrfGrid
        Its mass points.
    """

    def __init__(self, file: RawNetcdf, grid: WrfGrid) -> None:
        self._file, self._grid = file, grid

    def east(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Component towards east of winds on (…, y, x), m s-1."""
        return u * np.cos(self.angle) - v * np.sin(self.angle)

    def north(self, u: np.ndarray, v: np.ndarray) -> np.ndarray:
        """Component towards north of winds on (…, y, x), m s-1."""
        return v * np.cos(self.angle) + u * np.sin(self.angle)

    @cached_property
    def angle(self) -> np.ndarray:
        """Direction of the x axis, radians north of east, float32 (y, x).

        Raises
        ------
        InputError
            COSALPHA and SINALPHA are no rotation, or the stated angle is not that of the grid.
        """
        places = self._grid.places
        stated, by = self._stated()
        if places.shape[1] < 2:
            if stated is None:
                raise InputError(
                    f"{self._file.path}: winds cannot be turned to east and north: the file has "
                    "neither COSALPHA nor a map projection, and its grid is too small to tell"
                )
            return stated.astype(np.float32)
        lying = angle_of_grid(places.latitude, places.longitude)
        if stated is None:
            return lying.astype(np.float32)
        off = np.abs(np.angle(np.exp(1j * (stated - lying)))).max()
        if not off <= TOLERANCE:
            raise InputError(
                f"{self._file.path}: by {by} the axes of the grid lie up to "
                f"{np.rad2deg(off):.1f} degrees off those of XLAT and XLONG; expected the same"
            )
        return stated.astype(np.float32)

    def _stated(self) -> tuple[np.ndarray | None, str]:
        """Angle the file states, and by what."""
        file = self._file
        # the variables of a moving nest are those of one time only
        if "COSALPHA" in file and "SINALPHA" in file and not self._grid.moves:
            cosine, sine = (self._constant(name) for name in ("COSALPHA", "SINALPHA"))
            if not (np.abs(np.hypot(cosine, sine) - 1) < 1e-3).all():
                raise InputError(
                    f"{file.path}: COSALPHA and SINALPHA are not cosine and sine of one angle"
                )
            return np.arctan2(sine, cosine), "COSALPHA and SINALPHA"
        if self._grid.projection is None:
            return None, ""
        angle = self._grid.projection.angle(self._grid.places.longitude)
        return angle, f"MAP_PROJ {file.attribute('MAP_PROJ')}, TRUELAT1 and STAND_LON"

    def _constant(self, name: str) -> np.ndarray:
        self._file.check(name, ("Time", "south_north", "west_east"))
        return self._file.read(name, {"Time": 0}).astype(np.float64)


def angle_of_grid(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Direction of the x axis from the grid points alone.

    The chord from the point on the left to that on the right, on the unit sphere, seen along east
    and north of the point itself; of second order at the sides of the grid too.

    Parameters
    ----------
    latitude, longitude : ndarray, (y, x)
        Degrees; at least two points along x.

    Returns
    -------
    ndarray, (y, x)
        Radians north of east.
    """
    lat, lon = np.deg2rad(latitude), np.deg2rad(longitude)
    point = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    along = np.gradient(point, axis=2, edge_order=2 if lat.shape[1] > 2 else 1)
    east = along[1] * np.cos(lon) - along[0] * np.sin(lon)
    level = along[0] * np.cos(lon) + along[1] * np.sin(lon)
    north = along[2] * np.cos(lat) - level * np.sin(lat)
    return np.arctan2(north, east)
