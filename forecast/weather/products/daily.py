"""Means of local days, forecasts or analyses, in NetCDF: the layout ready for the archive."""

from __future__ import annotations

from forecast.weather.containers.cf_header import holds_days
from forecast.weather.product import Product

PRODUCTS = [
    Product(
        name="daily",
        title="Means of local days by issue day and step, or by day (NetCDF)",
        container="days",
        recognises=holds_days,
    )
]
