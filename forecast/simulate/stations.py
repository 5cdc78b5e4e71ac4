"""From the air of a city to the true hourly concentrations at its stations."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy.signal import lfilter

from .chemistry import CityAir
from .climate import season
from .weather import CityWeather

__all__ = ["POLLUTANTS", "UNITS", "concentrations", "station_dataset"]

POLLUTANTS = ("pm25", "pm10", "so2", "no2", "o3", "co")
UNITS = {name: "mg m-3" if name == "co" else "ug m-3" for name in POLLUTANTS}
LONG_NAMES = {
    "pm25": "PM2.5",
    "pm10": "PM10",
    "so2": "sulphur dioxide",
    "no2": "nitrogen dioxide",
    "o3": "ozone",
    "co": "carbon monoxide",
}
LOWEST = {"pm25": 2.0, "pm10": 4.0, "so2": 1.0, "no2": 2.0, "o3": 1.0, "co": 0.1}

# Surface over box mean at night, exponent of the diurnal cycle of the mixed layer.
NIGHT = {"pm25": 0.22, "pm10": 0.24, "so2": -0.25, "no2": 0.42, "o3": -0.38, "co": 0.38}
# Effect of a site from suburb (0) to centre (1), and spread between sites alike (logarithms).
URBAN = {"pm25": 0.18, "pm10": 0.25, "so2": 0.30, "no2": 0.75, "o3": -0.22, "co": 0.28}
SITE_SPREAD = {"pm25": 0.05, "pm10": 0.08, "so2": 0.15, "no2": 0.10, "o3": 0.06, "co": 0.08}
# Hourly differences of a station from its city (logarithm) and their memory in hours.
HOURLY_SPREAD = {"pm25": 0.20, "pm10": 0.22, "so2": 0.30, "no2": 0.20, "o3": 0.12, "co": 0.18}
MEMORY = 4.0


def concentrations(
    rng: np.random.Generator, stations: pd.DataFrame, city: np.ndarray, air: CityAir, w: CityWeather
) -> dict[str, np.ndarray]:
    """True hourly concentrations at the stations.

    Parameters
    ----------
    rng
        Source of the differences between stations.
    stations
        Table of `places.place_stations`.
    city
        Number of each station's city.
    air, w
        Air and weather of the cities.

    Returns
    -------
    dict of numpy.ndarray
        By pollutant (station, hour), float32; CO in mg/m3, the others in micrograms per cubic
        metre; never NaN.
    """
    cold = season(w.doy).astype(np.float32)[:, None]
    clock = 2 * np.pi * w.local_hour[:, None] / 24
    # Deepest at 15 h, shallowest after the evening collapse; low again in the morning rush.
    cycle = np.cos(clock - 2 * np.pi * 14.5 / 24) + 0.35 * np.cos(2 * (clock - 2 * np.pi * 3 / 24))
    mixed = np.exp((0.55 - 0.15 * cold) * cycle)
    pm25 = air.pm + 0.10 * air.dust
    dry = 1 / (1 + np.exp((w.humidity - 65) / 8))
    resuspended = 10.0 * (1 + 0.15 * w.speed) * dry + 0.16 * air.pm
    box = {
        "pm25": pm25,
        "pm10": pm25 + air.dust + resuspended,
        "so2": air.so2,
        "no2": air.no2,
        "o3": air.o3,
        "co": air.co / 1000,
    }
    urban = stations["urban"].to_numpy()
    shared = _wander(rng, (len(stations), w.doy.size))
    truth = {}
    for name in POLLUTANTS:
        own = _wander(rng, shared.shape)
        # Particles of both sizes pass a station together.
        mix = 0.8 * shared + 0.6 * own if name.startswith("pm") else own
        site = URBAN[name] * (urban - 0.5) + SITE_SPREAD[name] * rng.standard_normal(urban.size)
        near_ground = box[name] * mixed ** -np.float32(NIGHT.get(name, 0.0))
        value = np.ascontiguousarray(near_ground.T.astype(np.float32))[city]
        value *= np.exp(HOURLY_SPREAD[name] * mix + site[:, None].astype(np.float32))
        truth[name] = np.maximum(value, np.float32(LOWEST[name]))
    return truth


def _wander(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    keep = np.float32(np.exp(-1 / MEMORY))
    noise = rng.standard_normal(shape, dtype=np.float32)
    gain = np.array([np.sqrt(1 - keep**2)], np.float32)
    return lfilter(gain, np.array([1.0, -keep], np.float32), noise, axis=1)


def station_dataset(
    values: dict[str, np.ndarray], stations: pd.DataFrame, first_day: np.datetime64, what: str
) -> xr.Dataset:
    """Wrap (station, hour) arrays as hourly observations of the data model.

    Parameters
    ----------
    values
        Arrays by pollutant.
    stations
        Table of the stations.
    first_day
        Local day of the first hour; the network's clock is UTC+8.
    what
        Title.

    Returns
    -------
    xarray.Dataset
        (station, time), `time` the UTC start of the hour.
    """
    hours = next(iter(values.values())).shape[1]
    start = first_day.astype("datetime64[ns]") - np.timedelta64(8, "h")
    time = start + np.arange(hours) * np.timedelta64(1, "h")
    fields = {
        name: (("station", "time"), value, {"units": UNITS[name], "long_name": LONG_NAMES[name]})
        for name, value in values.items()
    }
    table = {
        "lat": ("lat", {"standard_name": "latitude", "units": "degrees_north"}),
        "lon": ("lon", {"standard_name": "longitude", "units": "degrees_east"}),
        "name": ("name_zh", {"long_name": "name of the station"}),
        **{name: (name, {}) for name in ("city", "province", "region")},
    }
    coordinates = {
        name: ("station", stations[column].to_numpy(), attributes)
        for name, (column, attributes) in table.items()
    }
    return xr.Dataset(
        fields,
        {"station": stations["station"].to_numpy(), "time": time, **coordinates},
        {"title": f"SIMULATED {what}", "source": "SIMULATED by forecast.simulate"},
    )
