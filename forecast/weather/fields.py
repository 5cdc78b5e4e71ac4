"""Weather fields of the data model: ECMWF short names, units, and the units that convert.

A field on a pressure level bears the level in its name: ``t850``, ``gh500``. Guidance of a
chemistry-transport model bears the names of the pollutants; mixing ratios by volume become mass at
298.15 K and 1013.25 hPa, the state the network reports gases at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from forecast.errors import InputError
from forecast.observations.units import MIXING, canonical_unit, factor_to_model

Cell = Literal["instant", "amount"]


@dataclass(frozen=True)
class Field:
    """One field of the data model.

    Attributes
    ----------
    units, standard_name : str
        As in CF; every file is converted to these units.
    cell : {"instant", "amount"}
        A value at a time, or an amount gathered over an interval.
    """

    units: str
    standard_name: str
    cell: Cell = "instant"


LEVELS_HPA = (1000, 925, 850, 700, 500)
"""Pressure levels the data model keeps."""

_ALOFT = {
    "t": Field("K", "air_temperature"),
    "u": Field("m s-1", "eastward_wind"),
    "v": Field("m s-1", "northward_wind"),
    "r": Field("%", "relative_humidity"),
    "q": Field("kg kg-1", "specific_humidity"),
    "gh": Field("m", "geopotential_height"),
    "w": Field("Pa s-1", "lagrangian_tendency_of_air_pressure"),
}
_SURFACE = {
    "u10": Field("m s-1", "eastward_wind"),
    "v10": Field("m s-1", "northward_wind"),
    "t2m": Field("K", "air_temperature"),
    "d2m": Field("K", "dew_point_temperature"),
    "r2": Field("%", "relative_humidity"),
    "q2": Field("kg kg-1", "specific_humidity"),
    "sp": Field("Pa", "surface_air_pressure"),
    "msl": Field("Pa", "air_pressure_at_mean_sea_level"),
    "blh": Field("m", "atmosphere_boundary_layer_thickness"),
    "tcc": Field("%", "cloud_area_fraction"),
    "tp": Field("mm", "precipitation_amount", "amount"),
    "ssrd": Field(
        "J m-2", "integral_wrt_time_of_surface_downwelling_shortwave_flux_in_air", "amount"
    ),
}
_CHEMISTRY = {
    "pm25": Field("ug m-3", "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air"),
    "pm10": Field("ug m-3", "mass_concentration_of_pm10_ambient_aerosol_particles_in_air"),
    "so2": Field("ug m-3", "mass_concentration_of_sulfur_dioxide_in_air"),
    "no2": Field("ug m-3", "mass_concentration_of_nitrogen_dioxide_in_air"),
    "o3": Field("ug m-3", "mass_concentration_of_ozone_in_air"),
    "co": Field("mg m-3", "mass_concentration_of_carbon_monoxide_in_air"),
}
FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        **_SURFACE,
        **{f"{name}{level}": field for level in LEVELS_HPA for name, field in _ALOFT.items()},
        **_CHEMISTRY,
    }
)
"""Every field a reader may give, by name."""

GRAVITY = 9.80665
"""m s-2, of geopotential to geopotential height (WMO-No. 8, standard acceleration)."""

_SPELLINGS = {
    **dict.fromkeys(("Kelvin", "kelvin", "kelvins", "degK", "deg_K"), "K"),
    **dict.fromkeys(("C", "°C", "deg_C", "deg C", "Celsius", "celsius"), "degC"),
    **dict.fromkeys(("degree_Celsius", "degrees_Celsius", "degreeC", "degreesC"), "degC"),
    **dict.fromkeys(("°F", "Fahrenheit", "fahrenheit"), "degF"),
    **dict.fromkeys(("percent", "pct"), "%"),
    **dict.fromkeys(("(0 - 1)", "(0-1)", "0-1", "0 - 1", "fraction", "dimensionless"), "1"),
    **dict.fromkeys(("pascal", "Pascal", "pascals"), "Pa"),
    **dict.fromkeys(("mb", "mbar", "mbars", "millibar", "millibars"), "hPa"),
    **dict.fromkeys(("metre", "meter", "metres", "meters", "M"), "m"),
    **dict.fromkeys(("gpm", "geopotential meter", "geopotential metre"), "gpm"),
    **dict.fromkeys(("m of water equivalent", "m of water"), "m"),
    **dict.fromkeys(("mm of water", "millimetre", "millimeter"), "mm"),
    **dict.fromkeys(("mm day-1", "mm d-1", "kg m-2 day-1", "kg m-2 d-1"), "mm d-1"),
    **dict.fromkeys(("mm h-1", "mm hr-1", "mm hour-1", "kg m-2 h-1"), "mm h-1"),
    **dict.fromkeys(("kt", "kn", "knot", "knots"), "kt"),
    **dict.fromkeys(("km hr-1", "kph"), "km h-1"),
}

_LINEAR: dict[str, dict[str, tuple[float, float]]] = {  # to: from: factor, offset
    "m s-1": {"km h-1": (1 / 3.6, 0.0), "kt": (1852 / 3600, 0.0)},
    "K": {"degC": (1.0, 273.15), "degF": (5 / 9, 273.15 - 32 * 5 / 9)},
    "%": {"1": (100.0, 0.0), "okta": (12.5, 0.0), "oktas": (12.5, 0.0)},
    "Pa": {"hPa": (100.0, 0.0), "kPa": (1000.0, 0.0)},
    "m": {"km": (1000.0, 0.0)},
    "mm": {"kg m-2": (1.0, 0.0), "m": (1000.0, 0.0), "cm": (10.0, 0.0)},
    "kg kg-1": {"1": (1.0, 0.0), "g kg-1": (1e-3, 0.0)},
    "Pa s-1": {"hPa s-1": (100.0, 0.0)},
    "J m-2": {"W s m-2": (1.0, 0.0), "kJ m-2": (1e3, 0.0), "MJ m-2": (1e6, 0.0)},
}
_HEIGHT = {"gpm": (1.0, 0.0), "m2 s-2": (1 / GRAVITY, 0.0), "dam": (10.0, 0.0), "gpdm": (10.0, 0.0)}
_UG = {"ug m-3": 1.0, "mg m-3": 1e3, "ng m-3": 1e-3, "g m-3": 1e6, "kg m-3": 1e9}
_PPB = {"nmol mol-1": 1.0, "1e-9": 1.0, "umol mol-1": 1e3, "1e-6": 1e3, "mol mol-1": 1e9}
_PER_SECOND = {
    "mm": {
        "kg m-2 s-1": 1.0,
        "mm s-1": 1.0,
        "m s-1": 1000.0,
        "mm h-1": 1 / 3600,
        "mm d-1": 1 / 86400,
    },
    "J m-2": {"W m-2": 1.0, "J m-2 s-1": 1.0},
}
_MASS_FRACTIONS = {"kg kg-1": 1.0, "g kg-1": 1e-3, "mg kg-1": 1e-6, "ug kg-1": 1e-9}


def plain_units(units: object) -> str:
    """Units in the one spelling the tables here use: ``m s**-1``, ``m/s`` are ``m s-1``.

    Examples
    --------
    >>> [plain_units(u) for u in ("m s**-1", "µg/m³", "m^2/s^2", "millibars", "Kelvin")]
    ['m s-1', 'ug m-3', 'm2 s-2', 'hPa', 'K']
    """
    text = str(units).strip()  # an attribute may hold a number
    if text in _SPELLINGS:
        return _SPELLINGS[text]
    text = re.sub(r"[\u00b5\u03bc]", "u", text).replace("\u207b", "-")
    text = text.translate(str.maketrans("\u00b9\u00b2\u00b3", "123"))
    text = re.sub(r"\*\*|\^", "", text)
    text = re.sub(r"(?<=[A-Za-z0-9])[.*](?=[A-Za-z])", " ", text)
    text = re.sub(r"\s*/\s*([A-Za-z]+)(\d*)", lambda m: f" {m[1]}-{m[2] or 1}", text)
    text = re.sub(r"\s+", " ", text)
    return _SPELLINGS.get(text, text)


def conversion(name: str, units: str | None, where: str) -> tuple[float, float]:
    """Factor and offset from a file's units to the data model's.

    Parameters
    ----------
    name : str
        Field of the data model.
    units : str or None
        Units the file states. ``1`` and ``(0 - 1)`` are a fraction of what is in per cent;
        geopotential (``m2 s-2``) becomes height; ``ppb`` and the like of a gas become mass at
        298.15 K and 1013.25 hPa.
    where : str
        File, for the message.

    Raises
    ------
    InputError
        No units stated, or none that convert; the message names file, field, found and expected.
        A rate of an amount does not convert here, see `rate_conversion`, nor a mass mixing ratio,
        see `mass_fraction`: both need more than a factor.

    Examples
    --------
    >>> conversion("t2m", "degC", "weather.nc")
    (1.0, 273.15)
    >>> conversion("o3", "ppb", "guidance.nc")
    (1.962, 0.0)
    """
    wanted = FIELDS[name].units
    if units is None:
        raise InputError(f"{where}: field {name} states no units; expected {wanted}")
    plain = plain_units(units)
    if plain == wanted:
        return 1.0, 0.0
    if name in _CHEMISTRY:
        factor = _concentration(name, plain)
        if factor is not None:
            return factor, 0.0
    elif FIELDS[name].standard_name == "geopotential_height" and plain in _HEIGHT:
        return _HEIGHT[plain]
    elif plain in _LINEAR[wanted]:
        return _LINEAR[wanted][plain]
    raise InputError(
        f"{where}: field {name} is in {str(units).strip()!r}; expected {wanted} or what converts"
    )


def _concentration(name: str, plain: str) -> float | None:
    """Factor to µg m-3 (CO: mg m-3), None where there is none."""
    if plain in _UG:
        return _UG[plain] / _UG[FIELDS[name].units]
    gas = not name.startswith("pm")
    if gas and plain in _PPB:
        return _PPB[plain] * factor_to_model(name, "ppb")
    if gas and canonical_unit(plain) in MIXING:
        return factor_to_model(name, plain)
    return None


def rate_conversion(name: str, units: object) -> float | None:
    """Factor from a mean rate of an amount to the data model's units per second.

    Parameters
    ----------
    name : str
        Field of the data model.
    units : object
        Units the file states.

    Returns
    -------
    float or None
        None where `name` is no amount or `units` are no rate of it.

    Examples
    --------
    >>> rate_conversion("tp", "kg m-2 s-1"), rate_conversion("ssrd", "W m**-2")
    (1.0, 1.0)
    >>> rate_conversion("tp", "mm") is None
    True
    """
    field = FIELDS[name]
    if field.cell != "amount":
        return None
    return _PER_SECOND[field.units].get(plain_units(units))


def mass_fraction(name: str, units: object) -> float | None:
    """Factor from a mass mixing ratio to the data model's units per kg m-3 of air.

    A concentration is the mixing ratio times this times the density of the air.

    Parameters
    ----------
    name : str
        Field of the data model.
    units : object
        Units the file states.

    Returns
    -------
    float or None
        None where `name` is no concentration or `units` are no mass mixing ratio.

    Examples
    --------
    >>> mass_fraction("o3", "kg kg**-1"), mass_fraction("co", "mg/kg")
    (1000000000.0, 1.0)
    """
    factor = _MASS_FRACTIONS.get(plain_units(units))
    if name not in _CHEMISTRY or factor is None:
        return None
    return factor * _UG["kg m-3"] / _UG[FIELDS[name].units]
