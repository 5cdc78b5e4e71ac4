"""Dust hours, from PM10 and PM2.5 alone."""

from __future__ import annotations

import numpy as np

from forecast.quality.panel import mean_before
from forecast.quality.settings import DustSettings


def dust_hours(pm25: np.ndarray, pm10: np.ndarray, settings: DustSettings) -> np.ndarray:
    """Whether an hour belongs to a dust event (domain definition).

    An event starts when PM10 is at least `jump` times its mean over the `hours` before and above
    `above`, while PM2.5/PM10 is at most `ratio` of its value before; it ends before the first hour
    whose PM10 is within `back` of the mean before it, or after `longest` hours.

    Parameters
    ----------
    pm25, pm10 : ndarray, (station, step)
        µg m-3. A missing hour starts and ends nothing.

    Returns
    -------
    ndarray of bool, (station, step)
    """
    least = settings.hours // 2
    with np.errstate(invalid="ignore", divide="ignore"):
        candidate = pm10 > settings.above
        rows = np.flatnonzero(candidate.any(axis=1))
        before = mean_before(pm10[rows], settings.hours, least)
        ratio_before = mean_before(pm25[rows], settings.hours, least) / before
        starts = (
            candidate[rows]
            & (pm10[rows] >= settings.jump * before)
            & (pm25[rows] / pm10[rows] <= settings.ratio * ratio_before)
        )
    out = np.zeros(pm10.shape, bool)
    done: dict[int, int] = {}
    for i, hour in np.argwhere(starts):
        row = rows[i]
        if hour < done.get(row, 0):
            continue  # a further jump inside the event
        stop = min(hour + settings.longest, pm10.shape[1])
        with np.errstate(invalid="ignore"):
            ended = pm10[row, hour:stop] <= settings.back * before[i, hour]
        length = int(ended.argmax()) if ended.any() else stop - hour
        out[row, hour : hour + length] = True
        done[row] = hour + length
    return out
