"""NowCast of particles: a weighted mean of the last 12 hours (US EPA).

``w = max(c_min/c_max, 1/2)``, ``NowCast = Σ w^k·c_k / Σ w^k`` over the valid hours k = 0 … 11
ago; given where at least 2 of the last 3 hours are valid. Source: US EPA, Technical Assistance
Document for the Reporting of Daily Air Quality, EPA-454/B-24-002 (2024), "How the NowCast is
calculated". (EPA's ozone NowCast is a regression fitted to each site's past and not part of this.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.hours import along_hours

HOURS = 12
LOWEST_WEIGHT = 0.5
RECENT, RECENT_VALID = 3, 2
"""Of the last 3 hours at least 2 must be valid."""


def nowcast(values: Any) -> Any:
    """NowCast of hourly PM2.5 or PM10.

    Parameters
    ----------
    values : DataArray with ``time``, Series or DataFrame indexed by time, or ndarray (…, time)
        Hourly concentrations without gaps in time, µg/m³; NaN where missing. A DataArray on dask
        stays lazy, with all hours of a place in one chunk.

    Returns
    -------
    float32, as `values`
        µg/m³, not cut off to a decimal (the sub-index does that); NaN where fewer than 2 of the
        last 3 hours are valid.

    Raises
    ------
    InputError
        The hours do not follow each other one by one.

    Examples
    --------
    >>> nowcast(np.array([10.0, 10.0, 38.0])).tolist()  # w = 1/2: (38 + 5 + 2.5)/1.75
    [nan, 10.0, 26.0]
    """
    return along_hours(_nowcast, values)


def _nowcast(rows: np.ndarray) -> np.ndarray:
    """NowCast of (place, time), float64."""
    rows = np.where(np.isfinite(rows), rows, np.nan).astype(np.float64)
    # hours before the first are missing, so that every hour has 12
    before = np.full((len(rows), HOURS - 1), np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([before, rows], axis=1), HOURS, axis=1
    )
    ago = [windows[..., HOURS - 1 - k] for k in range(HOURS)]
    lowest, highest = ago[0].copy(), ago[0].copy()
    for hour in ago[1:]:
        np.fmin(lowest, hour, out=lowest)
        np.fmax(highest, hour, out=highest)
    with np.errstate(invalid="ignore", divide="ignore"):
        # no range at all, also of zeros, is a weight of 1
        share = np.where(highest == lowest, 1.0, lowest / highest)
        weight = np.maximum(share, LOWEST_WEIGHT)
        power = np.ones_like(weight)
        total, divisor = np.zeros_like(weight), np.zeros_like(weight)
        for hour in ago:
            valid = ~np.isnan(hour)
            total += np.where(valid, power * hour, 0.0)
            divisor += np.where(valid, power, 0.0)
            power *= weight
        found = total / divisor
    recent = sum((~np.isnan(hour)).astype(np.int8) for hour in ago[:RECENT])
    found[recent < RECENT_VALID] = np.nan
    return found
