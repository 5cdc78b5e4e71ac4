"""WRF output (``wrfout``), made by the user's own runs."""

from __future__ import annotations

from forecast.weather.product import Header, Product

CHEMISTRY = {
    "pm25": ("PM2_5_DRY",),
    "pm10": ("PM10",),
    "so2": ("so2",),
    "no2": ("no2",),
    "o3": ("o3",),
    "co": ("co",),
}
"""Pollutants as WRF-Chem names them; a plain WRF file has none of these variables."""


def is_wrfout(header: Header) -> bool:
    """Whether a file is history output of WRF or WRF-Chem."""
    title = str(header.attributes.get("TITLE", ""))
    return (
        header.form == "netcdf"
        and "OUTPUT FROM WRF" in title
        and {"Times", "XLAT", "XLONG"} <= header.variables.keys()
    )


def has_chemistry(header: Header) -> bool:
    """Whether a file holds a pollutant under WRF-Chem's name."""
    return any(name in header.variables for names in CHEMISTRY.values() for name in names)


PRODUCTS = [
    Product(
        name="wrf",
        title="WRF output (wrfout): own regional weather forecasts",
        container="wrf",
        recognises=lambda header: is_wrfout(header) and not has_chemistry(header),
    )
]
