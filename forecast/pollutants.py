"""The six pollutants of the data model: names, units and how they are written."""

from __future__ import annotations

POLLUTANTS = ("pm25", "pm10", "so2", "no2", "o3", "co")
"""Order of the pollutant axis everywhere."""

UNITS = {p: "mg m-3" if p == "co" else "ug m-3" for p in POLLUTANTS}

LONG_NAMES = {
    "pm25": "PM2.5 mass concentration",
    "pm10": "PM10 mass concentration",
    "so2": "sulfur dioxide mass concentration",
    "no2": "nitrogen dioxide mass concentration",
    "o3": "ozone mass concentration",
    "co": "carbon monoxide mass concentration",
}

STANDARD_NAMES = {
    "pm25": "mass_concentration_of_pm2p5_ambient_aerosol_particles_in_air",
    "pm10": "mass_concentration_of_pm10_ambient_aerosol_particles_in_air",
    "so2": "mass_concentration_of_sulfur_dioxide_in_air",
    "no2": "mass_concentration_of_nitrogen_dioxide_in_air",
    "o3": "mass_concentration_of_ozone_in_air",
    "co": "mass_concentration_of_carbon_monoxide_in_air",
}

LABELS = {"pm25": "PM2.5", "pm10": "PM10", "so2": "SO2", "no2": "NO2", "o3": "O3", "co": "CO"}
"""How bulletins and tables write them."""

MASK_BITS = {p: 1 << i for i, p in enumerate(POLLUTANTS)}
"""Bit of each pollutant in a primary-pollutant mask (CF flag_masks): 0 none, −1 unknown."""
