"""ERA5 in GRIB: analyses at their times, amounts as short forecasts from 06 and 18 UTC."""

from __future__ import annotations

from forecast.weather.product import Header, Product


def _recognises(header: Header) -> bool:
    return header.form == "grib" and header.attributes.get("class") == "ea"


PRODUCTS = [
    Product(
        name="era5-grib",
        title="ERA5 reanalysis (GRIB)",
        container="grib",
        interval="hour",  # of the hour before (ECMWF, ERA5 data documentation, table 3)
        delay_hours=120.0,  # five days (ERA5T)
        recognises=_recognises,
    )
]
