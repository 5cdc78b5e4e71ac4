"""Fields of a WRF file on pressure levels, interpolated from its model levels when asked for.

Values are linear in the logarithm of pressure between the two model levels around the wanted one.
Below the lowest model level (under the ground, mostly) and above the highest there is no value.
Temperature is ``(T + 300) (p / 1000 hPa)^(2/7)`` with ``p = P + PB``, height the mean of the two
faces ``(PH + PHB) / g`` of a layer, specific humidity ``QVAPOR / (1 + QVAPOR)`` (WRF Users' Guide,
chapter on the output fields). Some versions, run with USE_THETA_M = 1, keep the moist potential
temperature ``(1 + Rv/Rd QVAPOR) theta`` in T and say so in its description; others keep that in
THM.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from forecast.errors import InputError
from forecast.weather.containers.raw_netcdf import RawNetcdf
from forecast.weather.fields import LEVELS_HPA, conversion

KAPPA = 2 / 7
"""Gas constant over heat capacity of dry air, as in WRF (287 / 1004.5)."""
BASE_THETA = 300.0
"""Kelvin taken off the potential temperature in the variable T."""
VAPOUR_OVER_DRY = 461.6 / 287.0
"""Gas constant of water vapour over that of dry air, as in WRF."""
SURFACE_PA = 100_000.0

Values = Callable[[np.ndarray], np.ndarray]
"""Rows of time to values (lead, south_north, west_east) in the data model's units."""

_MASS = ("Time", "bottom_top", "south_north", "west_east")
_DIMS = {
    "P": _MASS,
    "PB": _MASS,
    "T": _MASS,
    "QVAPOR": _MASS,
    "PH": ("Time", "bottom_top_stag", "south_north", "west_east"),
    "PHB": ("Time", "bottom_top_stag", "south_north", "west_east"),
    "U": ("Time", "bottom_top", "south_north", "west_east_stag"),
    "V": ("Time", "bottom_top", "south_north_stag", "west_east"),
}
_AS = {"P": "sp", "PB": "sp", "T": "t850", "QVAPOR": "q850", "PH": "gh850", "PHB": "gh850"}
"""Field of the data model a variable has the units of; winds are speeds."""


class WrfLevels:
    """Pressure-level fields of one WRF file.

    Parameters
    ----------
    file : RawNetcdf
    """

    def __init__(self, file: RawNetcdf) -> None:
        self._file = file
        self._factor: dict[str, float] = {}
        self._held: tuple[int, np.ndarray] | None = None
        moist = file.attribute("USE_THETA_M") == 1
        self._moist = moist and "T" in file and "moist" in file.description("T")

    def fields(self) -> dict[str, Values]:
        """Fields the file's variables allow, by name (``t850``); winds along the grid's axes."""
        profiles: dict[str, tuple[Callable[[int], np.ndarray], tuple[str, ...]]] = {
            "t": (self._temperature, ("T", "QVAPOR") if self._moist else ("T",)),
            "u": (self._along_x, ("U", "V")),
            "v": (self._along_y, ("U", "V")),
            "q": (self._humidity, ("QVAPOR",)),
            "gh": (self._height, ("PH", "PHB")),
        }
        if not self._usable("P", "PB") or self._file.sizes["bottom_top"] < 2:
            return {}
        return {
            f"{name}{level}": self._reader(profile, 100.0 * level)
            for name, (profile, needed) in profiles.items()
            if self._usable(*needed)
            for level in LEVELS_HPA
        }

    @property
    def used(self) -> tuple[str, ...]:
        """Variables of the file the fields are made of."""
        return tuple(self._factor)

    def _usable(self, *names: str) -> bool:
        """Whether the file has the variables; checks axes, sizes and units of those it has."""
        if not all(name in self._file for name in names):
            return False
        for name in names:
            self._file.check(name, _DIMS[name])
            field = _AS.get(name, "u850")
            where = f"{self._file.path}, variable {name}"
            self._factor[name] = conversion(field, self._file.units(name), where)[0]
            for dim in _DIMS[name]:
                self._check_staggered(name, dim)
        return True

    def _check_staggered(self, name: str, dim: str) -> None:
        sizes, whole = self._file.sizes, dim.removesuffix("_stag")
        if whole != dim and sizes[dim] != sizes[whole] + 1:
            raise InputError(
                f"{self._file.path}: variable {name} has {sizes[dim]} points along {dim}; "
                f"expected one more than the {sizes[whole]} of {whole}"
            )

    def _reader(self, profile: Callable[[int], np.ndarray], pressure: float) -> Values:
        def values(leads: np.ndarray) -> np.ndarray:
            levels = [to_pressure(profile(k), self._pressure(k), pressure) for k in leads]
            return np.stack(levels)

        return values

    def _of(self, name: str, lead: int) -> np.ndarray:
        return self._file.read(name, {"Time": int(lead)}) * np.float32(self._factor[name])

    def _pressure(self, lead: int) -> np.ndarray:
        """Pa on mass points; the last is kept, as every field of a lead asks for it."""
        held = self._held
        if held is None or held[0] != lead:
            held = (lead, self._of("P", lead) + self._of("PB", lead))
            self._held = held
        return held[1]

    def _temperature(self, lead: int) -> np.ndarray:
        theta = self._of("T", lead) + np.float32(BASE_THETA)
        if self._moist:
            theta /= 1 + np.float32(VAPOUR_OVER_DRY) * self._of("QVAPOR", lead)
        return theta * (self._pressure(lead) / np.float32(SURFACE_PA)) ** np.float32(KAPPA)

    def _humidity(self, lead: int) -> np.ndarray:
        ratio = self._of("QVAPOR", lead)
        return ratio / (1 + ratio)

    def _height(self, lead: int) -> np.ndarray:
        faces = self._of("PH", lead) + self._of("PHB", lead)
        return (faces[1:] + faces[:-1]) / 2

    def _along_x(self, lead: int) -> np.ndarray:
        u = self._of("U", lead)
        return (u[..., 1:] + u[..., :-1]) / 2

    def _along_y(self, lead: int) -> np.ndarray:
        v = self._of("V", lead)
        return (v[:, 1:] + v[:, :-1]) / 2


def to_pressure(values: np.ndarray, pressure: np.ndarray, wanted: float) -> np.ndarray:
    """Interpolate columns to a pressure, linearly in the logarithm of pressure.

    Parameters
    ----------
    values, pressure : ndarray, (level, y, x)
        Pressure in Pa, falling with the level.
    wanted : float
        Pa.

    Returns
    -------
    ndarray, (y, x)
        NaN where `wanted` is not between the pressures of a column, or a value next to it is NaN.

    Examples
    --------
    >>> p = np.array([1000.0, 100.0]).reshape(2, 1, 1)
    >>> v = np.array([0.0, 1.0]).reshape(2, 1, 1)
    >>> to_pressure(v, p, 10**2.5).round(6).item()
    0.5
    """
    below = np.clip((pressure >= wanted).sum(axis=0) - 1, 0, len(pressure) - 2)[np.newaxis]
    low, high = (np.take_along_axis(pressure, below + k, axis=0)[0] for k in (0, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = np.log(low / wanted) / np.log(low / high)
    first, second = (np.take_along_axis(values, below + k, axis=0)[0] for k in (0, 1))
    inside = (weight >= 0) & (weight <= 1)
    return np.where(inside, first + weight * (second - first), np.nan).astype(np.float32)
