"""Travelling weather waves: a Gaussian state whose part known k days ahead is exact.

The synoptic state is a sum of plane waves that travel south-eastward, each with a complex
Ornstein-Uhlenbeck amplitude: pressure. Wind follows it geostrophically, temperature is the memory
of the advection, humidity of the southerly flow and of a wave of its own. Every field is linear in
the amplitudes, so a state can be split into independent layers, each the news that arrives with
one more forecast cycle. What is known k days ahead is the sum of the layers k, k + 1, ...; the
truth is the sum of all. The error of a forecast is then what a forecaster means by it: coherent in
space, in time and between cycles, uncorrelated with the forecast, growing with the lead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .places import CENTRE, KM_PER_DEGREE

__all__ = [
    "CORRELATION",
    "STEPS_PER_DAY",
    "State",
    "Waves",
    "daily_state",
    "draw_waves",
    "evolve",
    "layered_state",
]

STEPS_PER_DAY = 4
SPIN_UP_DAYS = 25
NUMBER_OF_WAVES = 56

# Correlation of one member's anomaly with the analysis on lead days 1 ... 10: that of operational
# ensembles, as stated in the attributes of the project's development data.
_WIND = (0.94, 0.91, 0.87, 0.81, 0.73, 0.64, 0.55, 0.46, 0.38, 0.31)
CORRELATION: Mapping[str, tuple[float, ...]] = {
    "u10": _WIND,
    "v10": _WIND,
    "t2m": (0.98, 0.97, 0.95, 0.92, 0.87, 0.80, 0.72, 0.63, 0.55, 0.47),
    "r2": (0.92, 0.88, 0.83, 0.77, 0.69, 0.60, 0.51, 0.43, 0.36, 0.30),
    "sp": (0.99, 0.985, 0.97, 0.95, 0.91, 0.85, 0.77, 0.68, 0.58, 0.48),
}


@dataclass(frozen=True)
class Waves:
    """Wave numbers (rad/km), rotation (rad/step) and memory (1/step) of the plane waves."""

    east: np.ndarray
    north: np.ndarray
    rotation: np.ndarray
    damping: np.ndarray

    def basis(self, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
        """Return the real matrix that turns amplitudes into fields, (2 * waves, points)."""
        x = (longitude - CENTRE[1]) * KM_PER_DEGREE * np.cos(np.deg2rad(CENTRE[0]))
        y = (latitude - CENTRE[0]) * KM_PER_DEGREE
        phase = np.outer(self.east, x) + np.outer(self.north, y)
        return np.concatenate([np.cos(phase), -np.sin(phase)]).astype(np.float32)


@dataclass(frozen=True)
class State:
    """Amplitudes of the standardised anomalies, by variable.

    `truth[v]` is (step, wave), 6-hourly; `known[v]` is (lead 0 ... leads, day, wave), the part of
    each day's mean that is known so many days ahead (lead 0: all of it).
    """

    waves: Waves
    truth: dict[str, np.ndarray]
    known: dict[str, np.ndarray]

    @property
    def leads(self) -> int:
        """Longest lead in days."""
        return next(iter(self.known.values())).shape[0] - 1


def draw_waves(rng: np.random.Generator) -> Waves:
    """Draw the waves of a world: 1000 to 6000 km long, mostly zonal, 3 to 13 m/s eastward."""
    number = NUMBER_OF_WAVES
    wavenumber = 2 * np.pi / np.exp(rng.uniform(np.log(1000.0), np.log(6000.0), number))
    angle = rng.normal(0.0, 0.75, number)
    east, north = wavenumber * np.cos(angle), wavenumber * np.sin(angle)
    km_per_step = 3.6 * 24 / STEPS_PER_DAY
    speed_east, speed_south = rng.uniform(3.0, 13.0, number), rng.uniform(0.0, 5.0, number)
    rotation = (east * speed_east - north * speed_south) * km_per_step
    memory = STEPS_PER_DAY * rng.uniform(2.0, 6.0, number)
    return Waves(east, north, rotation, 1.0 / memory)


def evolve(rng: np.random.Generator, waves: Waves, copies: int, days: int) -> dict[str, np.ndarray]:
    """Run independent weather histories.

    Parameters
    ----------
    rng
        Source of the noise.
    waves
        The waves.
    copies
        Number of independent histories.
    days
        Length after the spin-up.

    Returns
    -------
    dict of numpy.ndarray
        Per variable the complex amplitudes (copy, step, wave), complex64, such that the daily mean
        of the field has variance 1.
    """
    number, spin_up = waves.east.size, SPIN_UP_DAYS * STEPS_PER_DAY
    steps = spin_up + days * STEPS_PER_DAY
    pole = np.exp(-waves.damping - 1j * waves.rotation)
    push = np.sqrt(1 - np.abs(pole) ** 2)
    slope = 1j * waves.east / np.abs(waves.east + 1j * waves.north).mean()
    # Temperature remembers the advection for 2.5 days, moisture the southerlies for one.
    keep_warm, keep_moist = np.exp(-1 / (2.5 * STEPS_PER_DAY)), np.exp(-1.0 / STEPS_PER_DAY)
    pressure = np.zeros((copies, number), complex)
    moist, warm, damp = pressure.copy(), pressure.copy(), pressure.copy()
    # Moisture plumes move at half the speed of the pressure waves.
    slow_pole = np.exp(-waves.damping - 0.5j * waves.rotation)
    history = np.zeros((4, copies, steps, number), np.complex64)
    for step in range(steps):
        noise = rng.standard_normal((4, copies, number))
        pressure = pole * pressure + push * (noise[0] + 1j * noise[1])
        moist = slow_pole * moist + push * (noise[2] + 1j * noise[3])
        warm = keep_warm * warm + slope * pressure
        damp = keep_moist * damp + slope * pressure
        history[:, :, step] = pressure, moist, warm, damp
    p, m, t, q = (_standardise(field[:, spin_up:]) for field in history)
    wavenumber = np.abs(waves.east + 1j * waves.north)
    return {
        "u10": _standardise(-1j * (waves.north / wavenumber).astype(np.complex64) * p),
        "v10": _standardise(1j * (waves.east / wavenumber).astype(np.complex64) * p),
        "t2m": t,
        "r2": _standardise(0.5 * q - 0.25 * p + 0.75 * m),
        "sp": _standardise(0.85 * p - 0.45 * t),
    }


def _standardise(amplitude: np.ndarray) -> np.ndarray:
    variance = 0.5 * np.square(np.abs(daily_state(amplitude))).sum(axis=-1).mean()
    return amplitude / np.float32(np.sqrt(variance))


def daily_state(amplitude: np.ndarray) -> np.ndarray:
    """Average 6-hourly amplitudes (..., step, wave) to days (..., day, wave)."""
    *front, steps, number = amplitude.shape
    by_day = amplitude.reshape(*front, steps // STEPS_PER_DAY, STEPS_PER_DAY, number)
    return by_day.mean(axis=-2, dtype=np.complex64)


def layered_state(rng: np.random.Generator, waves: Waves, days: int, leads: int) -> State:
    """Make the true weather together with what is known of it at every lead.

    Parameters
    ----------
    rng
        Source of the noise.
    waves
        The waves.
    days
        Days of truth.
    leads
        Longest lead, 1 ... 10.

    Returns
    -------
    State
        With variance 1 for the truth and `CORRELATION` for the part known at each lead: the
        correlation of two exchangeable members is the variance of what they share.
    """
    layers = evolve(rng, waves, leads + 1, days)
    truth, known = {}, {}
    for name, amplitude in layers.items():
        shared = np.array((1.0, *CORRELATION[name][:leads], 0.0))
        weight = np.sqrt(-np.diff(shared)).astype(np.float32)
        amplitude = amplitude * weight[:, None, None]
        truth[name] = amplitude.sum(axis=0)
        known[name] = np.cumsum(daily_state(amplitude)[::-1], axis=0)[::-1].copy()
    return State(waves, truth, known)
