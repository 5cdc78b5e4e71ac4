"""What kind of CF file a first look at the header shows."""

from __future__ import annotations

import re

import netCDF4
import numpy as np

from forecast.weather.containers.cf_axes import find_role
from forecast.weather.product import Header

_DAYS_SINCE = r"days? since \d+-\d+-\d+([T ]0?0(:?00)*(\.0*)?Z?)?"


def is_cf_grid(header: Header) -> bool:
    """Whether a NetCDF file states latitudes and longitudes and is no model's own format.

    Own formats are WRF (``TITLE``, ``XLAT``), and the I/O API (``IOAPI_VERSION``, ``TFLAG``) of
    CMAQ and CAMx.
    """
    if header.form != "netcdf":
        return False
    if "IOAPI_VERSION" in header.attributes or "CAMx_NAME" in header.attributes:
        return False
    if "WRF" in str(header.attributes.get("TITLE", "")):
        return False
    if {"TFLAG", "XLAT", "XLONG"} & header.variables.keys():
        return False
    return all(find_role(header.variables, role) for role in ("latitude", "longitude"))


def holds_days(header: Header) -> bool:
    """Whether a CF file counts in whole days.

    Two or more steps of whole days, or, without a step, two or more times in "days since <date>"
    that are whole numbers. A single one says nothing: a file of one step of 24 h may be written in
    days. Decoded GRIB is not taken for days: its fields are of an instant.
    """
    if not is_cf_grid(header) or any(a.startswith("GRIB_") for a in header.attributes):
        return False
    step = find_role(header.variables, "lead")
    if step is not None:
        days = str(header.variables[step].get("units", "")).startswith("day")
        return days and _whole(header, step)
    time = find_role(header.variables, "reference") or find_role(header.variables, "valid")
    units = str(header.variables[time].get("units", "")) if time else ""
    return bool(re.fullmatch(_DAYS_SINCE, units.strip())) and _whole(header, str(time))


def _whole(header: Header, name: str) -> bool:
    values = _values(header, name)
    numbers = values.dtype.kind in "fiu" and len(values) > 1
    return numbers and bool((values == np.rint(values)).all())


def _values(header: Header, name: str) -> np.ndarray:
    """Values of a variable as they stand; none where they cannot be read, which the reader says."""
    try:
        with netCDF4.Dataset(header.path) as file:
            file.set_auto_mask(False)
            return np.atleast_1d(file[name][:])
    except (OSError, RuntimeError, ValueError, TypeError):
        return np.array([np.nan])


def mentions(header: Header, word: str) -> bool:
    """Whether a global attribute holds a word, in either case."""
    texts = (str(value).lower() for value in header.attributes.values())
    return any(word.lower() in text for text in texts)


def grid_step(header: Header) -> float | None:
    """Step of the latitudes in degrees; None where they are not on an axis of their own."""
    name = find_role(header.variables, "latitude")
    if name is None:
        return None
    values = _values(header, name)
    if values.ndim != 1 or len(values) < 2 or values.dtype.kind not in "fiu":
        return None
    return abs(float(values[1]) - float(values[0]))
