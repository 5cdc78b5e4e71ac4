"""The true weather: daily analyses on the grid and hourly weather at the cities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from .climate import VARIABLES, altitude, day_of_year, season, weather
from .places import Grid
from .waves import STEPS_PER_DAY, State

__all__ = [
    "CityWeather",
    "analysis",
    "as_real",
    "axes",
    "city_weather",
    "field_attributes",
    "rounded",
]

HOURS_PER_STEP = 24 // STEPS_PER_DAY


@dataclass(frozen=True)
class CityWeather:
    """Hourly weather of the open country around each city, (hour, city), float32.

    `u`, `v` m/s, `temperature` degC, `humidity` %, `pressure` hPa, `rain` mm/h, `warm` and `moist`
    the standard anomalies of temperature and humidity, `sun` 0 ... 1, `local_hour` and `doy` by
    hour.
    """

    u: np.ndarray
    v: np.ndarray
    temperature: np.ndarray
    humidity: np.ndarray
    pressure: np.ndarray
    rain: np.ndarray
    warm: np.ndarray
    moist: np.ndarray
    sun: np.ndarray
    local_hour: np.ndarray
    doy: np.ndarray

    @property
    def speed(self) -> np.ndarray:
        """Wind speed in m/s."""
        return np.hypot(self.u, self.v)


def as_real(amplitude: np.ndarray) -> np.ndarray:
    """Lay complex amplitudes (..., wave) out as `Waves.basis` expects, (..., 2 * wave)."""
    return np.concatenate([amplitude.real, amplitude.imag], axis=-1)


def field_attributes(name: str) -> dict[str, str]:
    """Units and CF names of a weather variable."""
    units, standard, long, _ = VARIABLES[name]
    return {"units": units, "standard_name": standard, "long_name": f"{long}, daily mean"}


def analysis(state: State, grid: Grid, days: np.ndarray) -> xr.Dataset:
    """Make the daily-mean analyses.

    Parameters
    ----------
    state
        The weather state.
    grid
        Where.
    days
        Local days, datetime64, the first `days.size` of the state.

    Returns
    -------
    xarray.Dataset
        ``u10 v10 t2m r2 sp`` on (time, latitude, longitude), float32, never NaN.
    """
    latitude, longitude = grid.points()
    basis, height = state.waves.basis(latitude, longitude), altitude(latitude, longitude)
    doy = day_of_year(days)[:, None]
    fields = {}
    for name in VARIABLES:
        anomaly = as_real(state.known[name][0, : days.size]) @ basis
        value = weather(name, anomaly, doy, latitude, height)
        value = rounded(name, value).reshape(days.size, *grid.shape)
        fields[name] = (("time", "latitude", "longitude"), value, field_attributes(name))
    return xr.Dataset(
        fields,
        {"time": days.astype("datetime64[ns]"), **axes(grid)},
        {
            "title": "SIMULATED daily weather analyses of an invented country",
            "Conventions": "CF-1.10",
            "source": "SIMULATED by forecast.simulate, daily means of the local (UTC+8) day",
        },
    )


def axes(grid: Grid) -> dict[str, xr.Variable]:
    """Coordinate variables of a grid, with their CF attributes."""
    return {
        name: xr.Variable(name, values, {"standard_name": name, "units": f"degrees_{way}"})
        for name, values, way in (
            ("latitude", grid.latitude, "north"),
            ("longitude", grid.longitude, "east"),
        )
    }


def rounded(name: str, value: np.ndarray) -> np.ndarray:
    """Round a field, in place where it can, to the resolution kept of its variable."""
    resolution = np.float32(VARIABLES[name][3])
    value /= resolution
    np.rint(value, out=value)
    value *= resolution
    return value.astype(np.float32, copy=False)


def city_weather(
    rng: np.random.Generator,
    state: State,
    latitude: np.ndarray,
    longitude: np.ndarray,
    days: np.ndarray,
) -> CityWeather:
    """Make hourly weather at points: the 6-hourly state, a diurnal cycle and rain.

    Parameters
    ----------
    rng
        Source of the local, unpredictable part of the rain.
    state
        The weather state.
    latitude, longitude
        The points, degrees.
    days
        Local days, datetime64.

    Returns
    -------
    CityWeather
        With ``24 * days.size`` hours that begin at local midnight.
    """
    basis, height = state.waves.basis(latitude, longitude), altitude(latitude, longitude)
    hours = np.arange(24 * days.size)
    local = (hours % 24).astype(np.float32)
    doy = np.repeat(day_of_year(days), 24)
    cold = season(doy)
    anomaly = {name: _hourly(as_real(state.truth[name]) @ basis, hours) for name in VARIABLES}
    value = {name: weather(name, z, doy[:, None], latitude, height) for name, z in anomaly.items()}
    afternoon = np.cos(2 * np.pi * (local - 15) / 24)[:, None].astype(np.float32)
    day_length = 12 - 2.8 * cold
    height_of_sun = np.cos(np.pi * (local + 0.5 - 12.3) / day_length)
    up = np.abs(local + 0.5 - 12.3) < day_length / 2
    sun = np.where(up, height_of_sun, 0.0) * (0.78 - 0.22 * cold)
    cloud = 1 / (1 + np.exp(-1.3 * (anomaly["r2"] - 0.8)))
    swing = 4.5 * (1.25 - cloud)
    wind = 1 + 0.3 * afternoon
    wet = anomaly["r2"] + 0.5 * cloud - 0.35 * anomaly["sp"] - 0.5 * cold[:, None]
    burst = np.exp(0.9 * rng.standard_normal(wet.shape).astype(np.float32))
    falls = wet + 0.5 * rng.standard_normal(wet.shape).astype(np.float32) > 2.45
    rain = np.where(falls, 0.25 * burst * np.clip(wet - 1.4, 0.2, None) * (1.3 - cold[:, None]), 0)
    return CityWeather(
        u=(value["u10"] * wind).astype(np.float32),
        v=(value["v10"] * wind).astype(np.float32),
        temperature=(value["t2m"] - 273.15 + swing * afternoon).astype(np.float32),
        humidity=np.clip(value["r2"] - 2.6 * swing * afternoon, 5, 100).astype(np.float32),
        pressure=(value["sp"] / 100).astype(np.float32),
        rain=rain.astype(np.float32),
        warm=anomaly["t2m"],
        moist=anomaly["r2"],
        sun=(sun[:, None] * (1 - 0.65 * cloud)).astype(np.float32),
        local_hour=local,
        doy=doy,
    )


def _hourly(field: np.ndarray, hours: np.ndarray) -> np.ndarray:
    # The value of a step stands for its middle; hour h for h + 1/2.
    position = (hours + 0.5) / HOURS_PER_STEP - 0.5
    left = np.clip(np.floor(position).astype(int), 0, field.shape[0] - 2)
    share = np.clip(position - left, 0, 1)[:, None].astype(np.float32)
    return (field[left] * (1 - share) + field[left + 1] * share).astype(np.float32)
