"""CAMS forecasts and analyses, global and European, in NetCDF: guidance.

Particles of the global model come as kg m-3, its gases as kg kg-1 (``go3 no2 so2 co`` at model
level 137), which need the density of the air: without ``sp`` and ``t2m`` in the same file they are
listed in the attribute ``ignored``. The European files give µg m-3 at height 0 m.
"""

from __future__ import annotations

from forecast.weather.containers.cf_header import holds_days, is_cf_grid, mentions
from forecast.weather.product import Header, Product

_OWN = {"pm2p5", "go3", *(f"{p}_conc" for p in ("pm2p5", "pm10", "o3", "no2", "so2", "co"))}


def is_cams(header: Header) -> bool:
    """Whether a file bears names only CAMS gives, or says it is of CAMS."""
    if not is_cf_grid(header) or holds_days(header):
        return False
    return bool(_OWN & header.variables.keys()) or mentions(header, "cams")


PRODUCTS = [
    Product(
        name="cams",
        title="CAMS atmospheric composition, global or European (NetCDF)",
        container="netcdf",
        recognises=is_cams,
    )
]
