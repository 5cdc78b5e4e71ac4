"""Any CF NetCDF with latitudes and longitudes that is of no other product."""

from __future__ import annotations

from forecast.weather.containers.cf_header import holds_days, is_cf_grid
from forecast.weather.product import Header, Product
from forecast.weather.products.cams import is_cams
from forecast.weather.products.era5 import is_era5


def _recognises(header: Header) -> bool:
    """A CF grid that none of the more telling rules fits."""
    return is_cf_grid(header) and not (holds_days(header) or is_era5(header) or is_cams(header))


PRODUCTS = [
    Product(
        name="cf",
        title="NetCDF by the CF conventions or of ECMWF's tools",
        container="netcdf",
        recognises=_recognises,
    )
]
