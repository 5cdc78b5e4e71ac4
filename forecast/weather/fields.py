"""Weather fields of the data model: ECMWF short names, units, and the units that convert."""

from __future__ import annotations

from forecast.errors import InputError

UNITS = {
    "u10": "m s-1",
    "v10": "m s-1",
    "t2m": "K",
    "d2m": "K",
    "r2": "%",
    "sp": "Pa",
    "blh": "m",
    "tp": "mm",
}

STANDARD_NAMES = {
    "u10": "eastward_wind",
    "v10": "northward_wind",
    "t2m": "air_temperature",
    "d2m": "dew_point_temperature",
    "r2": "relative_humidity",
    "sp": "surface_air_pressure",
    "blh": "atmosphere_boundary_layer_thickness",
    "tp": "precipitation_amount",
}

_SAME = {
    "m s-1": {"m s-1", "m/s", "m s**-1", "m s^-1"},
    "K": {"K", "kelvin", "Kelvin"},
    "%": {"%", "percent"},
    "Pa": {"Pa", "pascal"},
    "m": {"m", "metre", "meter"},
    "mm": {"mm", "kg m-2", "kg m**-2", "kg m^-2"},
}

_LINEAR = {  # (from, to): factor, offset
    ("km h-1", "m s-1"): (1 / 3.6, 0.0),
    ("degC", "K"): (1.0, 273.15),
    ("Celsius", "K"): (1.0, 273.15),
    ("celsius", "K"): (1.0, 273.15),
    ("1", "%"): (100.0, 0.0),
    ("hPa", "Pa"): (100.0, 0.0),
    ("mbar", "Pa"): (100.0, 0.0),
    ("m", "mm"): (1000.0, 0.0),
}


def conversion(name: str, units: str | None, where: str) -> tuple[float, float]:
    """Factor and offset from a file's units to the data model's.

    Parameters
    ----------
    name : str
        Field of the data model.
    units : str or None
        Units the file states.
    where : str
        File, for the message.

    Raises
    ------
    InputError
        No units stated, or none that convert; the message names file, field, found and expected.
    """
    wanted = UNITS[name]
    if units is None:
        raise InputError(f"{where}: field {name} states no units; expected {wanted}")
    units = str(units)  # an attribute may hold a number
    if units.strip() in _SAME[wanted]:
        return 1.0, 0.0
    if (units.strip(), wanted) in _LINEAR:
        return _LINEAR[units.strip(), wanted]
    raise InputError(f"{where}: field {name} is in {units!r}; expected {wanted} or what converts")
