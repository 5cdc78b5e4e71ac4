"""What the instruments make of the truth: noise, resolution, gaps, stuck values, spikes, caps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .stations import POLLUTANTS

__all__ = ["FLAGS", "FaultRates", "observe"]

# Meaning of the values of the fault flags.
FLAGS: Mapping[str, int] = {"sound": 0, "gap": 1, "stuck": 2, "spike": 3}
CAP = {"pm25": 999.0, "pm10": 999.0, "so2": 500.0, "no2": 500.0, "o3": 1200.0, "co": 10.0}
NOISE = {"pm25": 0.06, "pm10": 0.07, "so2": 0.05, "no2": 0.04, "o3": 0.04, "co": 0.05}
# Absolute noise, in the pollutant's unit: why PM10 can read below PM2.5.
FLOOR = {"pm25": 2.0, "pm10": 4.0, "so2": 1.0, "no2": 1.5, "o3": 1.5, "co": 0.05}
LEAST = {"pm25": 2.0, "pm10": 2.0, "so2": 1.0, "no2": 1.0, "o3": 1.0, "co": 0.1}


@dataclass(frozen=True)
class FaultRates:
    """How often instruments fail: shares of all hours, near those of Beijing 2013-2016.

    `gap` single-pollutant gaps of 1 to 6 h, `outage` whole stations off for 4 to 36 h, `lost` one
    instrument away for 3 to 12 days, `stuck` the last value repeated 6 to 30 h, `spike` one hour
    at 4 to 9 times the truth.
    """

    gap: Mapping[str, float] = field(
        default_factory=lambda: {
            "pm25": 0.010,
            "pm10": 0.008,
            "so2": 0.010,
            "no2": 0.016,
            "o3": 0.018,
            "co": 0.035,
        }
    )
    outage: float = 0.006
    lost: float = 0.004
    stuck: float = 0.002
    spike: float = 0.0004


def observe(
    rng: np.random.Generator, truth: Mapping[str, np.ndarray], rates: FaultRates
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Read the truth with imperfect instruments.

    Parameters
    ----------
    rng
        Source of noise and faults.
    truth
        By pollutant (station, hour).
    rates
        How often what fails.

    Returns
    -------
    observed : dict of numpy.ndarray
        float32, whole micrograms (CO: 0.1 mg) per cubic metre; NaN where nothing was recorded.
    flags : dict of numpy.ndarray
        uint8 of the same shape, see `FLAGS`.
    """
    shape = truth["pm25"].shape
    outage = _runs(rng, shape, rates.outage, 4, 36)
    observed, flags = {}, {}
    for name in POLLUTANTS:
        value = truth[name] * (1 + NOISE[name] * rng.standard_normal(shape, dtype=np.float32))
        value += np.float32(FLOOR[name]) * rng.standard_normal(shape, dtype=np.float32)
        flag = np.zeros(shape, np.uint8)
        spike = rng.random(shape, dtype=np.float32) < rates.spike
        value[spike] *= rng.uniform(4, 9, int(spike.sum())).astype(np.float32)
        flag[spike] = FLAGS["spike"]
        stuck = _runs(rng, shape, rates.stuck, 6, 30)
        value = _hold(value, stuck)
        flag[stuck] = FLAGS["stuck"]
        step = np.float32(0.1 if name == "co" else 1.0)
        value = np.clip(np.rint(value / step) * step, LEAST[name], CAP[name]).astype(np.float32)
        gap = outage | _runs(rng, shape, rates.gap[name], 1, 6)
        gap |= _runs(rng, shape, rates.lost, 72, 288)
        value[gap] = np.nan
        flag[gap] = FLAGS["gap"]
        observed[name], flags[name] = value, flag
    return observed, flags


def _runs(
    rng: np.random.Generator, shape: tuple[int, int], rate: float, shortest: int, longest: int
) -> np.ndarray:
    """Mark runs of hours that cover the share `rate` of all hours in the mean."""
    stations, hours = shape
    mean = (shortest + longest) / 2
    number = rng.poisson(rate * stations * hours / mean)
    station = rng.integers(0, stations, number)
    start = rng.integers(0, hours, number)
    stop = np.minimum(start + rng.integers(shortest, longest + 1, number), hours)
    edges = np.zeros((stations, hours + 1), np.int16)
    np.add.at(edges, (station, start), 1)
    np.add.at(edges, (station, stop), -1)
    return np.cumsum(edges, axis=1, dtype=np.int16)[:, :-1] > 0


def _hold(value: np.ndarray, stuck: np.ndarray) -> np.ndarray:
    """Repeat the value before each marked run through it (the first hour of all stays itself)."""
    index = np.where(stuck, 0, np.arange(value.shape[1], dtype=np.int32))
    np.maximum.accumulate(index, axis=1, out=index)
    return np.take_along_axis(value, index, axis=1)
