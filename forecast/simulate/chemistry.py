"""Air of the cities: one well-mixed box a city, ventilated by the wind from its neighbours.

For every species ``dC/dt = E / H + (u / L) (C_in - C) - (deposition + rain + decay) C``, stepped
exactly for one hour with ``C_in``, the air upwind, taken from the step before. Particles also grow
out of SO2 and NO2, faster in damp and stagnant air. The mixing height ``H`` follows wind, season,
warm air aloft and humidity, so every concentration is the work of the weather.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from .climate import season
from .emissions import SPECIES
from .places import KM_PER_DEGREE
from .weather import CityWeather

__all__ = ["CityAir", "mixing_height", "simulate_air", "upwind_weights"]

SECTORS = 16
# Hours of wind that renew the air over a city and its surroundings: length over speed.
VENTILATION_KM = 150.0
# Most of the air that arrives can come from cities; the rest is countryside.
REACH = 0.45
# Deposition and decay, 1/h.
LOSS = {"pm": 0.006, "no2": 0.045, "so2": 0.035, "co": 0.003, "dust": 0.03, "o3": 0.035}
# Scavenging by rain, 1/h per mm/h.
WASHOUT = {"pm": 0.04, "no2": 0.01, "so2": 0.04, "co": 0.0, "dust": 0.10, "o3": 0.0}
# Countryside outside the cities, micrograms per cubic metre: cold desert air, southern plain.
CLEAN = {"pm": 3.0, "no2": 4.0, "so2": 1.0, "co": 180.0, "dust": 6.0, "o3": 48.0}
PLAIN = {"pm": 66.0, "no2": 18.0, "so2": 5.0, "co": 550.0, "dust": 16.0, "o3": 72.0}


@dataclass(frozen=True)
class CityAir:
    """Hourly concentrations of the city boxes, (hour, city), float32, micrograms per cubic metre.

    `dust` is the mineral coarse fraction.
    """

    pm: np.ndarray
    no2: np.ndarray
    so2: np.ndarray
    co: np.ndarray
    dust: np.ndarray
    o3: np.ndarray


def upwind_weights(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Share of each city's air in what a city receives, by the direction the wind comes from.

    Returns
    -------
    numpy.ndarray
        (sector, receiver, source), float32; sector s is wind from ``s * 22.5`` degrees clockwise
        from north. Rows sum to at most `REACH`; the rest is countryside.
    """
    x = KM_PER_DEGREE * np.cos(np.deg2rad(latitude.mean())) * longitude
    y = KM_PER_DEGREE * latitude
    east, north = x[None, :] - x[:, None], y[None, :] - y[:, None]
    distance = np.hypot(east, north)
    bearing = np.arctan2(east, north)
    wind_from = 2 * np.pi * np.arange(SECTORS) / SECTORS
    aligned = np.exp(2.5 * (np.cos(bearing - wind_from[:, None, None]) - 1))
    weight = 1.3 * aligned * np.exp(-distance / 130.0) * (distance > 0)
    total = weight.sum(axis=2, keepdims=True)
    return (REACH * weight / np.maximum(total, 1.0)).astype(np.float32)


def mixing_height(rng: np.random.Generator, weather: CityWeather) -> np.ndarray:
    """Height of the mixed layer in metres over a day or so, (hour, city), float32.

    Low in weak wind, under warm air in winter, in damp air; one part is unresolved by any forecast
    of the weather and drifts with a memory of 30 hours, mostly common to neighbouring cities.
    """
    hours, number = weather.u.shape
    cold = season(weather.doy).astype(np.float32)[:, None]
    drift = (
        0.22 * _drift(rng, hours, 1, 30.0)
        + 0.12 * _drift(rng, hours, number, 20.0)
        + 0.20 * _drift(rng, hours, number, 4.0)
    )
    logarithm = (
        np.log(800.0)
        - 0.28 * cold
        + 0.95 * np.log((weather.speed + 0.5) / 3.2)
        - (0.16 + 0.10 * cold) * weather.warm
        - 0.18 * weather.moist
        - 0.06 * weather.v
        + drift
    )
    return np.clip(np.exp(logarithm), 120.0, 3500.0).astype(np.float32)


def _drift(rng: np.random.Generator, hours: int, number: int, memory: float) -> np.ndarray:
    keep = np.exp(-1 / memory)
    noise = rng.standard_normal((hours + int(5 * memory), number)).astype(np.float32)
    path = lfilter([np.sqrt(1 - keep**2)], [1.0, -keep], noise, axis=0)
    return path[int(5 * memory) :].astype(np.float32)


def simulate_air(
    rng: np.random.Generator,
    weather: CityWeather,
    emitted: dict[str, np.ndarray],
    weights: np.ndarray,
) -> CityAir:
    """Step the boxes through all hours.

    Parameters
    ----------
    rng
        Source of dust storms and of the unresolved part of the mixing height.
    weather
        Hourly weather of the cities.
    emitted
        Emissions by species in micrograms per square metre and hour, (hour, city).
    weights
        From `upwind_weights`.

    Returns
    -------
    CityAir
        Box means at the height of the daily mixing layer; `stations` adds the diurnal cycle of the
        surface.
    """
    height = mixing_height(rng, weather)
    # Gusts reach deeper: strong wind cleans more than in proportion.
    renewal = 3.6 * weather.speed / VENTILATION_KM * (weather.speed / 3.5) ** 0.4
    countryside = _countryside(rng, weather)
    loss = np.stack(
        [LOSS[name] * (500.0 / height) ** 0.5 + WASHOUT[name] * weather.rain for name in SPECIES],
        axis=1,
    )
    source = np.zeros_like(loss)
    for i, name in enumerate(SPECIES):
        if name in emitted:
            source[:, i] = emitted[name] / height
    o3 = SPECIES.index("o3")
    loss[:, SPECIES.index("no2")] += 0.08 * weather.sun
    loss[:, o3] += 0.0022 * source[:, SPECIES.index("no2")]
    source[:, o3] = _ozone_production(weather, height)
    growth = _particle_growth(weather)
    rate = loss + renewal[:, None, :]
    kept = np.exp(-rate)
    gained = (1 - kept) / rate
    box = _march(weather, weights, countryside, renewal, source, growth, kept, gained)
    return CityAir(**{name: box[:, i] for i, name in enumerate(SPECIES)})


def _march(
    weather: CityWeather,
    weights: np.ndarray,
    countryside: np.ndarray,
    renewal: np.ndarray,
    source: np.ndarray,
    growth: np.ndarray,
    kept: np.ndarray,
    gained: np.ndarray,
) -> np.ndarray:
    pm, no2, so2 = (SPECIES.index(name) for name in ("pm", "no2", "so2"))
    direction = np.arctan2(-weather.u, -weather.v)
    sector = np.rint(direction / (2 * np.pi) * SECTORS).astype(int) % SECTORS
    city = np.arange(weather.u.shape[1])
    box = np.empty_like(source)
    state = countryside[0] * 1.5
    for hour in range(source.shape[0]):
        upwind = weights[sector[hour], city]
        rural = 1 - upwind.sum(axis=1)
        arriving = state @ upwind.T + rural * countryside[hour]
        gain = source[hour] + renewal[hour] * arriving
        gain[pm] += growth[hour] * (state[so2] + 0.5 * state[no2])
        state = state * kept[hour] + gain * gained[hour]
        box[hour] = state
    return box


def _countryside(rng: np.random.Generator, weather: CityWeather) -> np.ndarray:
    """Air outside the cities, (hour, species, city): clean northerly, loaded southerly."""
    speed = np.maximum(weather.speed, 0.5)
    southerly = 1 / (1 + np.exp(-(1.2 + 2.6 * weather.v / speed)))
    cold = season(weather.doy).astype(np.float32)[:, None]
    load = southerly * np.exp(-0.10 * (weather.speed - 2.0).clip(-1.5, 6))
    air = np.stack([CLEAN[name] + (PLAIN[name] - CLEAN[name]) * load for name in SPECIES], axis=1)
    pm, so2, o3, dust = (SPECIES.index(name) for name in ("pm", "so2", "o3", "dust"))
    air[:, pm] *= 1 + 0.25 * cold
    air[:, so2] *= np.exp(0.7 * cold)
    air[:, o3] *= 1 - 0.38 * cold
    air[:, dust] += _dust_storms(rng, weather)
    return air.astype(np.float32)


def _dust_storms(rng: np.random.Generator, weather: CityWeather) -> np.ndarray:
    # Strong dry north-westerlies over bare ground, March to May, when the desert is loose.
    hours, number = weather.u.shape
    bare = np.exp(-(((weather.doy - 105) / 28) ** 2)).astype(np.float32)[:, None]
    loose = _drift(rng, hours, 1, 48.0) + 0.2 * _drift(rng, hours, number, 12.0)
    blowing = np.clip((weather.speed - 4.5) / 3, 0, 2) * (weather.v < 0)
    dry = 1 / (1 + np.exp(2 * weather.moist))
    return 500.0 * bare * blowing * dry * np.clip(loose - 0.5, 0, None)


def _ozone_production(weather: CityWeather, height: np.ndarray) -> np.ndarray:
    """Photochemical production in micrograms per cubic metre and hour."""
    hot = np.exp((weather.temperature - 22.0) / 16.0).clip(0, 2.2)
    settled = np.exp(0.3 * weather.warm - 0.35 * weather.moist)
    return (12.5 * weather.sun * hot * settled * (900.0 / height) ** 0.5).astype(np.float32)


def _particle_growth(weather: CityWeather) -> np.ndarray:
    """Rate at which SO2 and NO2 turn into particles, 1/h: slow when dry, fast in damp haze."""
    damp = 1 / (1 + np.exp(-(weather.humidity - 62.0) / 9.0))
    light = 0.15 * weather.sun
    return (0.004 + 0.030 * damp + 0.03 * light).astype(np.float32)
