"""Every door by name."""

from __future__ import annotations

from importlib import import_module

from doors.door import Door

NAMES = {
    "tables": (
        *("config", "standard", "prsa", "cnemc", "five_cities", "cities_daily", "openaq"),
        *("airnow", "aqs", "table", "stations", "stations_cnemc", "stations_cities"),
        *("guidance", "covariates", "outlines", "foreign_forecast", "foreign_observed"),
        "weather_points",
    ),
    "gridded": (
        *("weather_netcdf", "weather_days", "weather_grib", "observations_netcdf"),
        *("store_observations", "store_cycle", "issued", "foreign_netcdf"),
    ),
    "consulted": ("workbook", "adjustments"),
    "models": ("model_json", "model_netcdf", "model_lightgbm"),
}
"""Doors by the module that knows them; modules are loaded by the child alone."""
DOORS = tuple(name for names in NAMES.values() for name in names)


def door(name: str) -> Door:
    """Make the door of a name, with its valid files."""
    module = next(m for m, names in NAMES.items() if name in names)
    return getattr(import_module(f"doors.{module}"), module.upper())[name]()
