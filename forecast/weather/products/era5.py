"""ERA5 from the Climate Data Store in NetCDF: amounts are those of the hour before.

Known by its name in the header, or by ``expver``, which the store adds. ERA5-Land (0.1°) is not
this product: its amounts gather since 00 UTC.
"""

from __future__ import annotations

from forecast.weather.containers.cf_axes import find_role
from forecast.weather.containers.cf_header import grid_step, holds_days, is_cf_grid, mentions
from forecast.weather.product import Header, Product


def is_era5(header: Header) -> bool:
    """Whether a file is hourly ERA5 on a grid other than that of ERA5-Land."""
    if not is_cf_grid(header) or holds_days(header) or find_role(header.variables, "lead"):
        return False
    if mentions(header, "era5-land") or mentions(header, "cams"):
        return False
    if mentions(header, "era5"):
        return True
    step = grid_step(header)
    return "expver" in header.variables and (step is None or abs(step - 0.1) > 1e-3)


PRODUCTS = [
    Product(
        name="era5",
        title="ERA5 reanalysis of the Climate Data Store (NetCDF), hourly",
        container="netcdf",
        interval="hour",
        delay_hours=120.0,  # five days (ERA5T)
        recognises=is_era5,
    )
]
