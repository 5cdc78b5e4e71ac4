"""Wind: speed, direction, and how far the air gets away.

Each function takes numbers, arrays or `xarray.DataArray` and returns the like.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def wind_speed(u: Any, v: Any) -> Any:
    """Speed of the wind, √(u² + v²), m s-1; NaN where either is.

    Examples
    --------
    >>> float(wind_speed(3.0, 4.0))
    5.0
    """
    return np.hypot(u, v)


def wind_direction(u: Any, v: Any) -> Any:
    """Direction the wind blows from, degrees clockwise from north, in (0, 360].

    NaN in a calm, which has none; 360 is north, as in weather reports.

    Examples
    --------
    >>> float(wind_direction(0.0, -2.0)), float(wind_direction(-2.0, 0.0))
    (360.0, 90.0)
    """
    angle = np.degrees(np.arctan2(-1.0 * u, -1.0 * v))
    calm = (u == 0) & (v == 0)
    return angle + np.where(angle <= 0, 360.0, 0.0) + np.where(calm, np.nan, 0.0)


def recirculation_factor(run_u: Any, run_v: Any, run: Any) -> Any:
    """Recirculation factor R = 1 − L / S of a stretch of time.

    L = √((Σu)² + (Σv)²) is how far the air got, S = Σ√(u² + v²) the way it went; 0 for a steady
    wind, 1 when the air is back where it was.

    Parameters
    ----------
    run_u, run_v, run : array_like
        Sums, or means, over the same times of u, of v and of the speed.

    Returns
    -------
    array_like
        Within [0, 1]; NaN in a lasting calm.

    References
    ----------
    Allwine, K. J. and Whiteman, C. D. (1994): Single-station integral measures of atmospheric
    stagnation, recirculation and ventilation. Atmos. Environ. 28, 713–721.

    Examples
    --------
    Three hours east and one hour back west at the same speed:

    >>> float(recirculation_factor(2.0, 0.0, 4.0))
    0.5
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = 1 - wind_speed(run_u, run_v) / run
    return np.clip(factor, 0, 1)
