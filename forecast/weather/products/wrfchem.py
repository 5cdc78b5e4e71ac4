"""WRF-Chem output: weather and guidance of the pollutants in one file."""

from __future__ import annotations

from forecast.weather.product import Product
from forecast.weather.products.wrf import CHEMISTRY, has_chemistry, is_wrfout

PRODUCTS = [
    Product(
        name="wrfchem",
        title="WRF-Chem output (wrfout with chemistry): weather and pollutants",
        container="wrf",
        names=CHEMISTRY,
        recognises=lambda header: is_wrfout(header) and has_chemistry(header),
    )
]
