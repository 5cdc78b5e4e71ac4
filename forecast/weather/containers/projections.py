"""Map projections on the sphere, between degrees and metres.

Formulas of Snyder (1987), Map Projections: A Working Manual, USGS Professional Paper 1395: Lambert
conformal conic (eq. 15-1 … 15-11), polar stereographic (21-5 … 21-16; the same with the cone
constant ±1) and Mercator (7-1 … 7-5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

EARTH_RADIUS = 6_370_000.0
"""Metres; the sphere of WRF, MCIP and, by default, the I/O API."""


@dataclass(frozen=True)
class Cone:
    """Lambert conformal or polar stereographic projection; x and y are 0 at the pole.

    Attributes
    ----------
    constant : float
        Of the cone; negative with the apex at the south pole, ±1 where it is flat.
    true_latitude : float
        A latitude of true scale, degrees.
    meridian : float
        Longitude along which y points north, degrees.
    """

    constant: float
    true_latitude: float
    meridian: float

    @classmethod
    def lambert(cls, first: float, second: float, meridian: float) -> Self:
        """Lambert conformal projection.

        Parameters
        ----------
        first, second : float
            Standard parallels on one side of the equator, degrees. The constant is ``ln(cos φ1 /
            cos φ2) / ln(tan(π/4 + φ2/2) / tan(π/4 + φ1/2))``, or ``sin φ1`` where both are one
            (eq. 15-3).
        meridian : float
            Degrees.

        Raises
        ------
        ValueError
            The parallels are no cone's.
        """
        if not 0 < first * second < 90 * 90 or max(abs(first), abs(second)) >= 90:
            raise ValueError(f"standard parallels {first:g} and {second:g} make no cone")
        one, two = np.deg2rad([first, second])
        if abs(first - second) < 0.1:  # as in WPS; the quotient is then nearly 0 / 0
            return cls(float(np.sin(one)), first, meridian)
        stretch = [np.tan(np.pi / 4 + angle / 2) for angle in (one, two)]
        constant = np.log(np.cos(one) / np.cos(two)) / np.log(stretch[1] / stretch[0])
        return cls(float(constant), first, meridian)

    @classmethod
    def polar(cls, pole: int, true_latitude: float, meridian: float) -> Self:
        """Polar stereographic projection about the north (1) or south (-1) pole."""
        return cls(float(pole), true_latitude, meridian)

    @property
    def _scale(self) -> float:
        true = np.deg2rad(self.true_latitude)
        grow = np.tan(np.pi / 4 - true / 2) ** -self.constant
        return EARTH_RADIUS * np.cos(true) / self.constant * grow

    def forward(self, latitude: np.ndarray, longitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places in degrees to x and y in metres."""
        away = np.tan(np.pi / 4 - np.deg2rad(latitude) / 2) ** self.constant * self._scale
        turn = -self.angle(longitude)
        return away * np.sin(turn), -away * np.cos(turn)

    def inverse(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places in metres to latitude and longitude (±180) in degrees."""
        side = np.sign(self.constant)
        away = side * np.hypot(x, y)
        with np.errstate(divide="ignore"):  # the pole itself
            colatitude = 2 * np.arctan((away / self._scale) ** (1 / self.constant))
        turn = np.arctan2(side * x, -side * y)
        longitude = wrapped(self.meridian + np.rad2deg(turn) / self.constant)
        return 90.0 - np.rad2deg(colatitude), longitude

    def angle(self, longitude: np.ndarray) -> np.ndarray:
        """Direction of the x axis, radians north of east."""
        return -self.constant * np.deg2rad(wrapped(np.asarray(longitude - self.meridian)))


@dataclass(frozen=True)
class Mercator:
    """Mercator projection; x is 0 at the meridian, y at the equator.

    Attributes
    ----------
    true_latitude, meridian : float
        Latitude of true scale, longitude in the middle, degrees.
    """

    true_latitude: float
    meridian: float

    @property
    def _scale(self) -> float:
        return EARTH_RADIUS * np.cos(np.deg2rad(self.true_latitude))

    def forward(self, latitude: np.ndarray, longitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places in degrees to x and y in metres."""
        away = np.deg2rad(wrapped(np.asarray(longitude - self.meridian)))
        north = np.log(np.tan(np.pi / 4 + np.deg2rad(latitude) / 2))
        return self._scale * away, self._scale * north

    def inverse(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Places in metres to latitude and longitude (±180) in degrees."""
        latitude = 2 * np.arctan(np.exp(y / self._scale)) - np.pi / 2
        return np.rad2deg(latitude), wrapped(self.meridian + np.rad2deg(x / self._scale))

    def angle(self, longitude: np.ndarray) -> np.ndarray:
        """Direction of the x axis, radians north of east: 0."""
        return np.zeros(np.shape(longitude))


Projection = Cone | Mercator


def wrapped(longitude: np.ndarray) -> np.ndarray:
    """Longitudes, or differences of them, within ±180 degrees."""
    return (longitude + 180.0) % 360.0 - 180.0
