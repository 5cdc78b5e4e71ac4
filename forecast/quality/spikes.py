"""Single high hours: against the station's own recent changes, and against its neighbours."""

from __future__ import annotations

import numpy as np

from forecast.quality.neighbours import neighbours_rise
from forecast.quality.panel import mean_before, moved
from forecast.quality.settings import NeighbourSettings, SpikeSettings


def spikes(
    values: np.ndarray,
    pollutant: str,
    near: np.ndarray,
    settings: SpikeSettings,
    neighbours: NeighbourSettings,
) -> np.ndarray:
    """Whether an hour stands out alone.

    The hours around it are the median of the three before and the lower of the two after, so a
    spike may last two hours and a rise that stays is none. In the last two hours of a series what
    comes after is not known yet.

    Parameters
    ----------
    values : ndarray, (station, step)
        One pollutant; a missing value is never a spike.
    pollutant : str
        Which, for the least rise.
    near : ndarray, (station, neighbour)
        From `forecast.quality.neighbours.nearest`; where at least the configured share of the
        reporting neighbours rises, the hour is an event and not flagged.

    Returns
    -------
    ndarray of bool, (station, step)
    """
    one, two, three = (moved(values, k) for k in (1, 2, 3))
    before = np.fmax(np.fmin(one, two), np.fmin(np.fmax(one, two), three))
    after = np.fmin(moved(values, -1), moved(values, -2))
    base = np.fmax(before, after)
    with np.errstate(invalid="ignore"):
        high = (values >= settings.ratio * base) & (
            values - base >= settings.rise[pollutant]  # type: ignore[index]
        )
    station, step = np.nonzero(high)
    if not len(station):
        return high
    change = np.abs(values - one)
    rows, inverse = np.unique(station, return_inverse=True)
    spread = mean_before(change[rows], settings.hours, least=settings.hours // 4)[inverse, step]
    excess = values[station, step] - base[station, step]
    with np.errstate(invalid="ignore"):
        alone = ~(excess < settings.spreads * spread)  # no recent change known: the rest decides
    with np.errstate(divide="ignore"):
        ratio = values[station, step] / base[station, step]
    reporting, rising = neighbours_rise(values, near, station, step, ratio, neighbours)
    event = (reporting > 0) & (rising >= neighbours.share * reporting)
    high[station, step] = alone & ~event
    return high
