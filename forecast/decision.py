"""The decision: from scenarios to what is issued.

Each part maximises the expected official score: the most probable level, the admissible range that
holds most probability, the most probable primary pollutant. The width of a range is not free: it is
``centre ± half-width`` with the half-width fixed by the AQI of the centre; the centre lies in the
issued level, so that level and range say the same. On skewed days both may lie away from the
median: the probabilities beside them say so.

Level and range are chosen by 50 scenarios as kernels rather than points (`SPREAD`): one that would
win by the chance of the draw loses. The probabilities beside them are plain shares of scenarios.

Heavy days are judged by the threat score, whose expectation is highest when they are forecast well
below an even chance: a forecast with probability p raises a threat score TS where p > TS/(1 + TS)
(Mason 1979, Mon. Wea. Rev. 107, 1502-1506). A heavy level is therefore issued from the probability
`heavy_from` on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from forecast.pollutants import MASK_BITS, POLLUTANTS
from forecast.scenarios import Scenarios
from forecast.standard import Standard

MAX_AQI = 500
HEAVY = 200
"""AQI above which a day is one of heavy pollution."""
SPREAD, LEAST_SPREAD = 0.2, 3.0
"""Deviation of a scenario's Gaussian kernel: this share of its AQI, and at least so many units."""
CENTRING = 2e-5
"""Probability a range loses for each AQI unit between its centre and the median: decides ties."""


@dataclass(frozen=True)
class Decision:
    """What is issued for each (lead, place).

    Attributes
    ----------
    low, high : ndarray of float32
        Range of the AQI, NaN where no forecast.
    level : ndarray of int8
        1…6; 0 where no forecast. The centre of the range lies in it.
    primary : ndarray of int16
        Mask of one pollutant; 0 where the range ends at 50 or below; −1 where no forecast.
    level_probability : ndarray of float32, (lead, place, level)
    primary_probability : ndarray of float32, (lead, place, pollutant)
        Share of scenarios in which the pollutant is primary (ties count for each).
    heavy_probability : ndarray of float32
        Share of scenarios with AQI > 200.
    """

    low: np.ndarray
    high: np.ndarray
    level: np.ndarray
    primary: np.ndarray
    level_probability: np.ndarray
    primary_probability: np.ndarray
    heavy_probability: np.ndarray


def decide(
    scenarios: Scenarios,
    standard: Standard,
    half_width: Mapping[int, int],
    heavy_from: float = 0.5,
) -> Decision:
    """Choose level, range and primary pollutant of every (lead, place).

    Parameters
    ----------
    scenarios : Scenarios
        Equally likely joint futures.
    standard : Standard
        Gives the upper ends of the levels (the same numbers in both Chinese standards).
    half_width : mapping of int to int
        Half-width of a range by upper end of the AQI of its centre, such as
        ``{200: 15, 300: 25, 500: 50}``.
    heavy_from : float
        Probability of AQI > 200, by the kernels, from which on the most probable of the heavy
        levels is issued.
    """
    levels = np.arange(1, len(standard.levels) + 1)
    known = np.isfinite(scenarios.aqi)
    count = np.maximum(known.sum(axis=0), 1)
    any_known = known.any(axis=0)
    share = (scenarios.level[..., None] == levels).sum(axis=0) / count[..., None]
    heavy = (scenarios.aqi > HEAVY).sum(axis=0) / count
    below = _distribution(scenarios.aqi)
    chosen = _level(below, standard.edges, heavy_from)
    low, high = _best_range(below, _median(scenarios.aqi), chosen, standard.edges, half_width)
    bits = np.array([MASK_BITS[p] for p in POLLUTANTS], dtype=np.int16)
    polluted = np.where(scenarios.primary > 0, scenarios.primary, 0)
    primary_share = ((polluted[..., None] & bits) > 0).sum(axis=0) / count[..., None]
    primary = np.where(high > 50, bits[np.argmax(primary_share, axis=-1)], 0)
    primary = np.where(primary_share.max(axis=-1) > 0, primary, 0)
    missing = np.where(any_known, 1.0, np.nan)
    return Decision(
        low=(low * missing).astype(np.float32),
        high=(high * missing).astype(np.float32),
        level=np.where(any_known, chosen, 0).astype(np.int8),
        primary=np.where(any_known, primary, -1).astype(np.int16),
        level_probability=(share * missing[..., None]).astype(np.float32),
        primary_probability=(primary_share * missing[..., None]).astype(np.float32),
        heavy_probability=(heavy * missing).astype(np.float32),
    )


def _distribution(aqi: np.ndarray) -> np.ndarray:
    """Probability of an AQI below each whole number 0 … 501, (lead, place, 502), by the kernels."""
    flat = np.nan_to_num(aqi.reshape(len(aqi), -1))
    count = np.zeros((flat.shape[1], MAX_AQI + 1))
    place = np.broadcast_to(np.arange(flat.shape[1]), flat.shape)
    np.add.at(count, (place, np.rint(flat).astype(int)), 1 / len(flat))
    below = np.zeros((len(count), MAX_AQI + 2))
    np.cumsum(count @ _kernels(), axis=1, out=below[:, 1:])
    return below.reshape(*aqi.shape[1:], -1)


@cache
def _kernels() -> np.ndarray:
    """Kernel of a scenario at each AQI 0 … 500, a row each; what would leave the scale is not."""
    aqi = np.arange(MAX_AQI + 1.0)
    deviation = np.maximum(SPREAD * aqi, LEAST_SPREAD)[:, None]
    kernel = np.exp(-0.5 * ((aqi - aqi[:, None]) / deviation) ** 2)
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True))


def _level(below: np.ndarray, edges: np.ndarray, heavy_from: float) -> np.ndarray:
    """Most probable level, or most probable heavy one where heavy pollution is probable enough."""
    share = np.diff(below[..., edges + 1], axis=-1, prepend=0.0)
    heavy = share[..., edges > HEAVY].sum(axis=-1) >= heavy_from
    return np.where(heavy, _likeliest(np.where(edges > HEAVY, share, -1)), _likeliest(share))


def _likeliest(share: np.ndarray) -> np.ndarray:
    """Most probable level; of equal ones the higher, as a miss costs more than a false alarm."""
    return share.shape[-1] - np.argmax(share[..., ::-1], axis=-1)


def _median(aqi: np.ndarray) -> np.ndarray:
    return np.asarray(np.median(np.nan_to_num(aqi), axis=0))


def _best_range(
    below: np.ndarray,
    median: np.ndarray,
    chosen: np.ndarray,
    edges: np.ndarray,
    half_width: Mapping[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Admissible range that holds most probability among those centred in the chosen level."""
    centre = np.arange(MAX_AQI + 1)
    steps = sorted(half_width)
    width = np.array([half_width[s] for s in steps])[np.searchsorted(steps, centre)]
    lowest, highest = np.maximum(centre - width, 0), np.minimum(centre + width, MAX_AQI)
    held = below[..., highest + 1] - below[..., lowest]
    held -= CENTRING * np.abs(centre - median[..., None])
    ends = np.concatenate([[-1], edges])
    inside = (centre > ends[chosen - 1][..., None]) & (centre <= ends[chosen][..., None])
    best = np.argmax(np.where(inside, held, -np.inf), axis=-1)
    return lowest[best].astype(float), highest[best].astype(float)
