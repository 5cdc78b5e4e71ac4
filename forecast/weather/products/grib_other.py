"""Any other GRIB: read by what its messages say of themselves."""

from __future__ import annotations

from forecast.weather.product import Header, Product
from forecast.weather.products import products


def _recognises(header: Header) -> bool:
    """GRIB that no other product knows."""
    others = (product for product in products().values() if product is not PRODUCTS[0])
    return header.form == "grib" and not any(product.recognises(header) for product in others)


PRODUCTS = [
    Product(
        name="grib",
        title="GRIB 1 or 2 of any other source",
        container="grib",
        recognises=_recognises,
    )
]
