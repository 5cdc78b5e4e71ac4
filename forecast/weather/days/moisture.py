"""Moisture of the air: vapour pressure, relative humidity and dew point.

Saturation over water by the Magnus form with the coefficients of Alduchov and Eskridge (1996):
Improved Magnus form approximation of saturation vapor pressure. J. Appl. Meteorol. 35, 601–609,
eq. 21; within 0.4 % from −40 to 50 °C. Each function takes numbers, arrays or `xarray.DataArray`
and returns the like.
"""

from __future__ import annotations

from typing import Any

import numpy as np

PRESSURE_0 = 610.94
A, B = 17.625, 243.04
FREEZING = 273.15
EPSILON = 0.622
"""Ratio of the gas constants of dry air and water vapour."""


def saturation_pressure(temperature: Any) -> Any:
    """Saturation vapour pressure over water, Pa: 610.94 exp(17.625 T / (T + 243.04)), T in °C.

    Parameters
    ----------
    temperature : array_like
        K.

    Examples
    --------
    >>> round(float(saturation_pressure(293.15)), 1)
    2333.4
    """
    celsius = temperature - FREEZING
    return PRESSURE_0 * np.exp(A * celsius / (celsius + B))


def relative_humidity(temperature: Any, dew_point: Any) -> Any:
    """Relative humidity from temperature and dew point, both K: 100 e(Td) / e(T), %.

    At most 100; NaN where either is.

    Examples
    --------
    >>> round(float(relative_humidity(293.15, 283.15)), 1)
    52.5
    """
    ratio = saturation_pressure(dew_point) / saturation_pressure(temperature)
    return np.minimum(100.0 * ratio, 100.0)


def dew_point(temperature: Any, humidity: Any) -> Any:
    """Dew point, K, from temperature (K) and relative humidity (%); inverse of the Magnus form.

    NaN where the humidity is not above zero.

    Examples
    --------
    >>> round(float(dew_point(293.15, 50.0)), 2)
    282.41
    """
    celsius = temperature - FREEZING
    with np.errstate(invalid="ignore", divide="ignore"):
        gamma = np.log(humidity / 100.0) + A * celsius / (celsius + B)
        return B * gamma / (A - gamma) + FREEZING


def humidity_from_specific(specific: Any, pressure: Any, temperature: Any) -> Any:
    """Relative humidity, %, from specific humidity (kg kg-1), pressure (Pa) and temperature (K).

    The vapour pressure is e = q p / (ε + (1 − ε) q) with ε = 0.622; at most 100.

    Examples
    --------
    >>> round(float(humidity_from_specific(0.0072, 101325.0, 293.15)), 1)
    50.0
    """
    vapour = specific * pressure / (EPSILON + (1 - EPSILON) * specific)
    return np.minimum(100.0 * vapour / saturation_pressure(temperature), 100.0)
