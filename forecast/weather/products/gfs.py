"""NCEP's global forecasts in GRIB 2 (GRIB 1 before 2008): GFS and its ensemble GEFS.

Amounts (APCP, DSWRF) state their intervals, which restart every six hours.
"""

from __future__ import annotations

from forecast.weather.product import Header, Product

_GFS_PROCESSES = {81, 82, 96}
"""NCEP Office Note 388, table A: analysis of GFS, of GDAS, forecast of GFS."""

_NAMES = {"blh": ("blh", "hpbl", "0.3.196@surface")}
_UNITS = {"blh": "m"}
"""HPBL has a number of NCEP's own, without name or units in old files."""


def _is_ncep(header: Header) -> bool:
    keys = header.attributes
    return header.form == "grib" and keys.get("centre") == "kwbc" and keys.get("class") != "ti"


def _is_gfs(header: Header) -> bool:
    keys = header.attributes
    process = keys.get("generatingProcessIdentifier")
    return _is_ncep(header) and process in _GFS_PROCESSES and "number" not in keys


def _is_gefs(header: Header) -> bool:
    return _is_ncep(header) and "number" in header.attributes


PRODUCTS = [
    Product(
        name="gfs",
        title="Global Forecast System of NCEP (GRIB)",
        container="grib",
        names=_NAMES,
        units=_UNITS,
        delay_hours=5.0,  # usual time of f384 on NOMADS; no schedule promises it
        recognises=_is_gfs,
    ),
    Product(
        name="gefs",
        title="Global Ensemble Forecast System of NCEP (GRIB)",
        container="grib",
        names=_NAMES,
        units=_UNITS,
        delay_hours=7.0,  # usual time of day 16 on NOMADS; no schedule promises it
        recognises=_is_gefs,
    ),
]
