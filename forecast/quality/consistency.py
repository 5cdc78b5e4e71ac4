"""Pollutants that must agree at one station and hour."""

from __future__ import annotations

import numpy as np


def pm_reversed(pm25: np.ndarray, pm10: np.ndarray, tolerance: float) -> np.ndarray:
    """Whether PM2.5 exceeds PM10, of which it is a part, by more than `tolerance` µg/m³.

    Examples
    --------
    >>> import numpy as np
    >>> pm_reversed(np.array([50.0, 50.0, np.nan]), np.array([49.0, 50.0, 10.0]), 0)
    array([ True, False, False])
    """
    with np.errstate(invalid="ignore"):
        return pm25 > pm10 + np.float32(tolerance)
