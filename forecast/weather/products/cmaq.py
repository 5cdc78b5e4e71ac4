"""CMAQ output, or what was made of it with the I/O API tools: guidance of the pollutants."""

from __future__ import annotations

from forecast.weather.product import Header, Product
from forecast.weather.products.camx import is_camx


def _recognises(header: Header) -> bool:
    """Any I/O API file that is not of CAMx."""
    return (
        header.form == "netcdf"
        and "IOAPI_VERSION" in header.attributes
        and "TFLAG" in header.variables
        and not is_camx(header)
    )


PRODUCTS = [
    Product(
        name="cmaq",
        title="CMAQ (Models-3 I/O API): concentrations of the lowest layer; fields of MCIP",
        container="ioapi",
        names={
            "pm25": ("PM25_TOT", "PM25", "PM2_5", "ATOTIJ", "PMIJ"),
            "pm10": ("PM10", "PM10_TOT"),
            "so2": ("SO2",),
            "no2": ("NO2",),
            "o3": ("O3",),
            "co": ("CO",),
            "t2m": ("TEMP2",),
            "sp": ("PRSFC",),
            "blh": ("PBL",),
        },
        recognises=_recognises,
    )
]
