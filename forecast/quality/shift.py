"""Columns that run early or late by hours or days against companions or neighbours.

Pollutants of one station change together, because they share the wind and the mixed layer. The
correlation of their hour-to-hour (day-to-day) changes therefore peaks at lag 0, and sharply; a
column moved by k steps peaks at lag k. Every companion votes with its own curve and the median is
taken, so one moved companion cannot accuse the others. Where the changes share too little, the
slower variations against the 24 hours before still tell shifts of several hours. Neighbours vote
likewise on the same pollutant, with slow variations because air takes hours from one station to
the next; they see a station moved as a whole, which its own columns cannot.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import fft

from forecast.pollutants import POLLUTANTS
from forecast.quality.neighbours import nearest
from forecast.quality.panel import Panel, mean_before, moved
from forecast.quality.settings import ShiftSettings

COMPANIONS = {
    "pm25": ("pm10", "so2", "no2", "co"),
    "pm10": ("pm25", "so2", "no2", "co"),
    "so2": ("pm25", "pm10", "no2", "co"),
    "no2": ("pm25", "pm10", "so2", "co"),
    "co": ("pm25", "pm10", "so2", "no2"),
    "o3": ("no2", "co"),
}
"""Pollutants that rise and fall with one; O3 against the hourly course of NO2 and CO."""

NEIGHBOURS = 4
COLUMNS = ["station", "pollutant", "first", "last", "lag", "against", "r", "r_at_zero"]


@dataclass(frozen=True)
class _Limits:
    """What a curve must show: correlation and margin at a lag of at least `least` steps."""

    correlation: float
    margin: float
    least: int

    def scaled(self, factor: float) -> _Limits:
        """Limits for a shorter series, in which chance alone correlates more."""
        return _Limits(self.correlation * factor, self.margin * factor, self.least)


def find_shifts(panel: Panel, settings: ShiftSettings, *, daily: bool) -> pd.DataFrame:
    """Find shifted columns.

    Parameters
    ----------
    panel : Panel
        Hourly or daily values, judged in blocks of `block_hours` or `block_days`; a shorter series
        is one block.
    settings : ShiftSettings
        Blocks, lags, limits.
    daily : bool
        The steps are days.

    Returns
    -------
    pandas.DataFrame
        One row a station, pollutant and stretch of blocks: ``station, pollutant, first, last``
        (steps of `panel.time`), ``lag`` (steps the column is late; early below 0; exact
        where the changes tell, within an hour or two where only slow variations do), ``against``
        ("companions" or "neighbours"), ``r`` at the lag and ``r_at_zero``.
    """
    full = settings.block_days if daily else settings.block_hours
    starts = _block_starts(len(panel.time), full)
    length = min(full, len(panel.time))
    lags = min(settings.lags_days if daily else settings.lags_hours, length // 4)
    lat, lon = panel.table["lat"].to_numpy(float), panel.table["lon"].to_numpy(float)
    radius = settings.daily_radius_km if daily else settings.radius_km
    near = nearest(lat, lon, radius, NEIGHBOURS)
    found = [pd.DataFrame({c: [] for c in [*COLUMNS, "block"]})]
    for start in starts if lags else ():
        logs = {p: _logarithm(v[:, start : start + length]) for p, v in panel.values.items()}
        for against, curves, limits in _witnesses(logs, near, lags, settings, daily=daily):
            limits = limits.scaled(np.sqrt(full / length))
            for p, curve in curves.items():
                rows = _peaks(curve, lags, limits)
                rows["station"] = panel.station[rows["station"]]
                found.append(rows.assign(pollutant=p, against=against, block=start))
    return _merged(
        pd.concat([f for f in found if len(f)] or found), panel.time, length, 0 if daily else 2
    )


def _witnesses(
    logs: dict[str, np.ndarray],
    near: np.ndarray,
    lags: int,
    settings: ShiftSettings,
    *,
    daily: bool,
) -> Iterator[tuple[str, dict[str, np.ndarray], _Limits]]:
    """Curves of each kind of witness with its limits, the sharpest witness first."""
    s, least = settings, settings.valid
    changes = {p: _standard(v - moved(v, 1), least, daily=daily) for p, v in logs.items()}
    at_home = _against_companions(changes, lags, daily=daily)
    if daily:
        yield "companions", at_home, _Limits(s.daily_correlation, s.daily_margin, 1)
        limits = _Limits(s.daily_neighbour_correlation, s.daily_neighbour_margin, 1)
        yield "neighbours", _against_neighbours(changes, near, lags), limits
        return
    yield "companions", at_home, _Limits(s.correlation, s.margin, 1)
    slow = {p: _standard(v - mean_before(v, 24, 6), least, daily=False) for p, v in logs.items()}
    limits = _Limits(s.slow_correlation, s.slow_margin, s.slow_least_lag)
    yield "companions", _against_companions(slow, lags, daily=False), limits
    yield "neighbours", _against_neighbours(slow, near, lags), limits


def _block_starts(steps: int, length: int) -> list[int]:
    starts = list(range(0, max(steps - length, 0) + 1, length))
    if starts[-1] + length < steps:  # the last block overlaps rather than being short
        starts.append(steps - length)
    return starts


def _logarithm(values: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.log(np.where(values > 0, values, np.nan)).astype(np.float32)


def _standard(changes: np.ndarray, least: float, *, daily: bool) -> np.ndarray:
    """Changes without their daily course, in standard deviations, clipped; NaN rows if too few."""
    valid = np.isfinite(changes)
    if daily:
        mean = _row_mean(changes, valid)
        out = changes - mean
    else:
        out = changes.copy()
        for hour in range(24):
            part, ok = out[:, hour::24], valid[:, hour::24]
            part -= _row_mean(part, ok)
    spread = np.sqrt(_row_mean(out**2, valid))
    enough = (valid.mean(axis=1, keepdims=True) >= least) & (spread > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        out = np.clip(out / spread, -3, 3)  # a single outlier must not decide
    return np.where(enough, np.where(valid, out, 0), np.nan).astype(np.float32)


def _row_mean(values: np.ndarray, valid: np.ndarray) -> np.ndarray:
    total = np.where(valid, values, 0).sum(axis=1, keepdims=True)
    return (total / np.maximum(valid.sum(axis=1, keepdims=True), 1)).astype(np.float32)


@dataclass(frozen=True)
class _Spectrum:
    """A column's changes as Fourier coefficients of unit norm; `known` where it has enough."""

    values: np.ndarray
    known: np.ndarray


def _spectrum(changes: np.ndarray, lags: int) -> _Spectrum:
    known = np.isfinite(changes[:, 0])
    filled = np.where(known[:, None], changes, 0)
    norm = np.sqrt((filled.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
    filled /= np.maximum(norm, 1e-9).astype(np.float32)
    size = fft.next_fast_len(changes.shape[1] + lags, real=True)
    return _Spectrum(fft.rfft(filled, size, axis=1), known)


def _curve(a: np.ndarray, b: np.ndarray, lags: int, size: int) -> np.ndarray:
    """Correlation of a(t + k) with b(t) for k = −lags … lags, (station, lag).

    Missing changes count as no change, which can only lower a correlation.
    """
    full = fft.irfft(a * np.conj(b), size, axis=1)
    return np.concatenate([full[:, -lags:], full[:, : lags + 1]], axis=1)


def _against_companions(
    changes: dict[str, np.ndarray], lags: int, *, daily: bool
) -> dict[str, np.ndarray]:
    size = fft.next_fast_len(changes["pm25"].shape[1] + lags, real=True)
    spectra = {p: _spectrum(v, lags) for p, v in changes.items()}
    pairs: dict[tuple[str, str], np.ndarray] = {}
    for p, others in COMPANIONS.items():
        for q in others:
            if (q, p) in pairs:
                pairs[p, q] = pairs[q, p][:, ::-1]
                continue
            curve = _curve(spectra[p].values, spectra[q].values, lags, size)
            curve[~(spectra[p].known & spectra[q].known)] = np.nan
            pairs[p, q] = curve
    out = {}
    for p in POLLUTANTS:
        if p == "o3" and daily:
            continue  # daily ozone follows the sun, not its companions
        sign = -1 if p == "o3" else 1
        out[p] = sign * _median([pairs[p, q] for q in COMPANIONS[p]])
    return out


def _against_neighbours(
    changes: dict[str, np.ndarray], near: np.ndarray, lags: int
) -> dict[str, np.ndarray]:
    size = fft.next_fast_len(changes["pm25"].shape[1] + lags, real=True)
    out = {}
    for p, values in changes.items():
        own = _spectrum(values, lags)
        votes = []
        for column in near.T:
            curve = _curve(own.values, own.values[column], lags, size)
            curve[~(own.known & own.known[column] & (column >= 0))] = np.nan
            votes.append(curve)
        out[p] = _median(votes)
    return out


def _median(votes: list[np.ndarray]) -> np.ndarray:
    """Median of the curves that are there; NaN with a single one, which could accuse anybody."""
    stack = np.stack(votes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all NaN is an answer
        middle = np.nanmedian(stack, axis=0)
    middle[np.isfinite(stack[:, :, 0]).sum(axis=0) < 2] = np.nan
    return middle


def _peaks(curve: np.ndarray, lags: int, limits: _Limits) -> pd.DataFrame:
    filled = np.where(np.isfinite(curve), curve, -np.inf)
    away = filled.copy()
    away[:, lags - limits.least + 1 : lags + limits.least] = -np.inf
    best = away.argmax(axis=1)
    rows = np.arange(len(curve))
    r, zero = filled[rows, best], filled[:, lags]
    with np.errstate(invalid="ignore"):
        hit = np.flatnonzero((r >= limits.correlation) & (r - zero >= limits.margin))
    return pd.DataFrame(
        {"station": hit, "lag": best[hit] - lags, "r": r[hit], "r_at_zero": zero[hit]}
    )


def _merged(
    rows: pd.DataFrame, time: pd.DatetimeIndex, length: int, tolerance: int
) -> pd.DataFrame:
    """Join blocks that follow each other with a like lag; the first witness of a block speaks."""
    if rows.empty:
        return rows[COLUMNS]
    keys = ["station", "pollutant"]
    rows = rows.drop_duplicates([*keys, "block"])
    rows = rows.sort_values([*keys, "block"], ignore_index=True)
    last = rows.groupby(keys)["block"].shift() + length
    apart = (rows["lag"] - rows.groupby(keys)["lag"].shift()).abs()
    stretch = ((rows["block"] > last) | last.isna() | (apart > tolerance)).cumsum()
    joined = rows.groupby(stretch).agg(
        station=("station", "first"),
        pollutant=("pollutant", "first"),
        first=("block", "min"),
        last=("block", "max"),
        lag=("lag", "median"),
        against=("against", "first"),
        r=("r", "mean"),
        r_at_zero=("r_at_zero", "mean"),
    )
    joined["lag"] = joined["lag"].round().astype(int)
    joined["first"] = time[joined["first"]]
    joined["last"] = time[joined["last"] + length - 1]
    return joined[COLUMNS].reset_index(drop=True)
