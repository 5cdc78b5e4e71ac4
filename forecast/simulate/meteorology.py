"""What the cities' weather stations report, the columns TEMP ... WSPM of the PRSA files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from .weather import CityWeather

__all__ = ["COMPASS", "station_meteorology"]

_POINTS = "N,NNE,NE,ENE,E,ESE,SE,SSE,S,SSW,SW,WSW,W,WNW,NW,NNW"
COMPASS = np.array(_POINTS.split(","), dtype=object)
# A weather station among houses feels less than half the wind of the open country.
SHELTER = 0.42


def station_meteorology(
    rng: np.random.Generator, weather: CityWeather, cities: pd.DataFrame, first_day: np.datetime64
) -> xr.Dataset:
    """Hourly reports of one weather station a city.

    Parameters
    ----------
    rng
        Source of local noise.
    weather
        Hourly weather of the cities.
    cities
        Table with the column ``city``.
    first_day
        Local day (UTC+8) of the first hour.

    Returns
    -------
    xarray.Dataset
        ``TEMP`` degC, ``PRES`` hPa, ``DEWP`` degC, ``RAIN`` mm, ``WSPM`` m/s, rounded to tenths,
        and the direction ``wd`` as text of 16 points, on (city, time); `time` is the UTC start of
        the hour.
    """
    shape = weather.u.shape
    gust = np.exp(0.35 * rng.standard_normal(shape))
    temperature = weather.temperature + 0.5 * rng.standard_normal(shape)
    direction = np.degrees(np.arctan2(-weather.u, -weather.v)) + 20 * rng.standard_normal(shape)
    fields = {
        "TEMP": (temperature, "degree_Celsius"),
        "PRES": (weather.pressure + 0.2 * rng.standard_normal(shape), "hPa"),
        "DEWP": (_dew_point(temperature, weather.humidity), "degree_Celsius"),
        "RAIN": (weather.rain, "mm"),
        "WSPM": (SHELTER * weather.speed * gust, "m s-1"),
    }
    point = np.rint(direction / 22.5).astype(int) % COMPASS.size
    start = first_day.astype("datetime64[ns]") - np.timedelta64(8, "h")
    dims = ("city", "time")
    return xr.Dataset(
        {
            **{
                name: (dims, value.T.round(1).astype(np.float32), {"units": units})
                for name, (value, units) in fields.items()
            },
            "wd": (dims, COMPASS[point].T),
        },
        {
            "city": cities["city"].to_numpy(),
            "time": start + np.arange(shape[0]) * np.timedelta64(1, "h"),
        },
        {"title": "SIMULATED hourly surface weather", "source": "SIMULATED by forecast.simulate"},
    )


def _dew_point(temperature: np.ndarray, humidity: np.ndarray) -> np.ndarray:
    # Magnus formula with the constants of Alduchov and Eskridge (1996), J. Appl. Meteorol. 35, 601.
    gamma = np.log(humidity / 100) + 17.625 * temperature / (243.04 + temperature)
    return 243.04 * gamma / (17.625 - gamma)
