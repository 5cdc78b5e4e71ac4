"""The simulated climate: season and terrain, and from standard anomalies to weather in SI units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

__all__ = ["VARIABLES", "altitude", "day_of_year", "season", "weather"]

# Resolution kept: powers of two near the packing of the real files. Rounded numbers compress, and
# what is written is what is in memory.
VARIABLES: Mapping[str, tuple[str, str, str, float]] = {
    "u10": ("m s-1", "eastward_wind", "near-surface eastward wind", 2.0**-9),
    "v10": ("m s-1", "northward_wind", "near-surface northward wind", 2.0**-9),
    "t2m": ("K", "air_temperature", "near-surface air temperature", 2.0**-8),
    "r2": ("%", "relative_humidity", "near-surface relative humidity", 2.0**-7),
    "sp": ("Pa", "surface_air_pressure", "surface pressure", 1.0),
}


def day_of_year(day: np.ndarray) -> np.ndarray:
    """Return the day of the year, 1 ... 366, of datetime64 days as float."""
    return pd.DatetimeIndex(np.asarray(day).ravel()).day_of_year.to_numpy(float).reshape(day.shape)


def season(doy: np.ndarray, coldest: float = 20.0) -> np.ndarray:
    """Return the annual wave: 1 on the coldest day (20 January by default), -1 half a year on."""
    return np.cos(2 * np.pi * (doy - coldest) / 365.25)


def altitude(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Height of the ground in metres: a plain that climbs to a plateau in the north-west."""
    inland = 0.7 * (latitude - 36.5) - 0.7 * (longitude - 113.0)
    return 60.0 + 1200.0 / (1.0 + np.exp(-(inland - 4.5) / 0.9))


def weather(
    name: str, anomaly: np.ndarray, doy: np.ndarray, latitude: np.ndarray, height: np.ndarray
) -> np.ndarray:
    """Turn standard anomalies into one weather variable.

    Parameters
    ----------
    name
        ``u10, v10`` (m/s), ``t2m`` (K), ``r2`` (%) or ``sp`` (Pa).
    anomaly
        Standard normal field, (..., point).
    doy
        Day of the year, broadcastable to ``anomaly``.
    latitude, height
        Degrees north and metres of the points.

    Returns
    -------
    numpy.ndarray
        float32, shaped as `anomaly`.

    Notes
    -----
    Means and standard deviations follow the daily analyses of the North China Plain 2013-2015:
    winter monsoon from the north-west, weak southerlies in summer, outbreaks of cold air sharper
    than the return flow (the quadratic term of `v10`).
    """
    z = anomaly.astype(np.float32, copy=False)
    cold = season(doy).astype(np.float32)
    if name == "u10":
        return (1.3 + 1.3 * cold) + (2.1 + 0.3 * cold) * z
    if name == "v10":
        mean, spread = -1.6 - 1.4 * cold, 2.8 + 0.5 * cold
        return mean + spread * (z - np.float32(0.16) * (z * z - 1))
    if name == "t2m":
        north = (latitude - 36.5).astype(np.float32)
        lapse = (0.0065 * height).astype(np.float32)
        return (
            (286.6 - 0.75 * north - lapse) - (14.3 + 0.25 * north) * cold + (3.4 + 0.7 * cold) * z
        )
    if name == "r2":
        wet = season(doy, coldest=215.0).astype(np.float32)
        return 100 / (1 + np.exp(-(np.float32(-0.05) + np.float32(0.42) * wet + 0.7 * z)))
    if name == "sp":
        ground = (101500.0 * np.exp(-height / 8300.0)).astype(np.float32)
        return ground + 800 * cold + (440 + 110 * cold) * z
    raise ValueError(f"name: {name!r} found, expected one of {', '.join(VARIABLES)}")
