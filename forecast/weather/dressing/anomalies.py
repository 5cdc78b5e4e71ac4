"""Standard anomalies: what a field is beside its season, and back.

A linear field, or the square root of a skewed one, is set beside a climatology of two annual
harmonics and a seasonal scale, both of each place. A field that piles up at a bound (rain at zero,
cloud at 0 and 100 %) is given the normal score of its rank among the days of its season instead,
so that what comes back is dry as often, and as wet, as the season is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.polynomial import hermite_e
from scipy.special import factorial, ndtr, ndtri

YEAR = 365.25
"""Days; day of year is the days since 1970 modulo this, so that leap years fall into place."""
HARMONICS = 2
HALF_SEASON = 45
"""Days either side of the day of year that make its season."""
LEAST_DAYS = 300
"""A place with fewer days known has no climatology and stays missing."""
RANKED = frozenset({"tp", "tcc"})
"""Fields that pile up at a bound, by short name."""
ROOTED = frozenset({"blh", "q2", "pm25", "pm10", "so2", "no2", "o3", "co"})
"""Skewed fields that are never negative: their square root is near to normal."""
ORDER = np.arange(1, 9)
"""Orders of the Hermite polynomials that describe a ranked field."""
UPPER = {"r2": 100.0}
POSITIVE = frozenset({"r2", "ssrd"})
"""Linear fields that are never negative."""


class Scores(Protocol):
    """Standard anomalies of one field, fitted on a library of days."""

    def anomaly(self, values: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Values (day, cell) as anomalies of mean 0 and variance 1, float32."""

    def value(self, anomaly: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Anomalies (day, member, cell) as values within the bounds of the field, float32."""

    def latent(self, correlation: np.ndarray) -> np.ndarray:
        """Correlation anomalies need for values to have the given one, (lead,)."""

    @property
    def known(self) -> np.ndarray:
        """Cells with enough days to have a climatology, (cell,) bool."""


def fit_scores(name: str, values: np.ndarray, days: np.ndarray) -> Scores:
    """Fit the anomalies of a field, in the way that suits it.

    Parameters
    ----------
    name : str
        Field of the data model, without ``ring_``.
    values : ndarray, (day, cell)
        The library; NaN where missing.
    days : ndarray of int, (day,)
        Days since 1970-01-01.

    Returns
    -------
    Scores
        Of ranks for `RANKED` fields, else of a climatology and a scale.
    """
    if name in RANKED:
        return RankScores.fit(values, days)
    return SeasonalScores.fit(name, values, days)


@dataclass(frozen=True)
class SeasonalScores:
    """Anomalies beside a seasonal mean, over a seasonal scale.

    ``anomaly = (g(x) - mean(day)) / scale(day)``, with g the identity or the square root; the mean
    is ``b0 + sum_h b_h cos(2 pi h day / 365.25) + c_h sin(...)`` by least squares, the scale the
    root mean square departure within 45 days of the day of year.

    Attributes
    ----------
    coefficients : ndarray, (5, cell)
        NaN where fewer than 300 days are known.
    scale : ndarray, (366, cell)
        By whole day of year.
    """

    name: str
    coefficients: np.ndarray
    scale: np.ndarray

    @classmethod
    def fit(cls, name: str, values: np.ndarray, days: np.ndarray) -> Self:
        """Fit mean and scale on a library of days; see `fit_scores`."""
        values = _forward(name, values)
        basis = harmonics(days, HARMONICS)
        coefficients = least_squares(values, basis, LEAST_DAYS)
        departure = values - basis @ coefficients
        finite = np.isfinite(departure)
        departure = np.where(finite, departure, 0.0)
        near = season_distance(np.arange(366)[:, None], days[None, :]) <= HALF_SEASON
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = np.sqrt((near.astype(float) @ departure**2) / (near.astype(float) @ finite))
        return cls(name, coefficients, scale.astype(np.float32))

    @property
    def known(self) -> np.ndarray:
        """Cells with a climatology, (cell,) bool."""
        return np.isfinite(self.coefficients[0])

    def anomaly(self, values: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Values (day, cell) as anomalies; 0 where the field never varies."""
        departure = _forward(self.name, values) - harmonics(days, HARMONICS) @ self.coefficients
        scale = self._scale(days)
        with np.errstate(invalid="ignore", divide="ignore"):
            standard = np.where(
                scale > 0, departure / scale, np.where(np.isnan(departure), np.nan, 0)
            )
        return standard.astype(np.float32)

    def value(self, anomaly: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Anomalies (day, member, cell) as values, held within the bounds of the field."""
        mean = (harmonics(days, HARMONICS) @ self.coefficients)[:, None]
        return _backward(self.name, mean + self._scale(days)[:, None] * anomaly).astype(np.float32)

    def latent(self, correlation: np.ndarray) -> np.ndarray:
        """The given correlation: these anomalies are linear in the values, or nearly so."""
        return correlation

    def _scale(self, days: np.ndarray) -> np.ndarray:
        return self.scale[np.floor(days % YEAR).astype(int)]


@dataclass(frozen=True)
class RankScores:
    """Normal scores of the rank among the days of the season.

    ``anomaly = Phi^-1((left + u (right - left)) / n)``, where `left` and `right` count the days of
    the season below and not above the value: a tie, such as a dry day, takes a place u between
    them that is the same everywhere on one day and evenly spread over days (Weyl's sequence
    ``u = frac(day**2 * golden ratio)``). A value comes back as the order statistic at
    ``Phi(anomaly)``, so it is one that the season has had.

    Attributes
    ----------
    seasons : tuple of ndarray, (n, cell)
        Sorted values within 45 days of the middle of each ten days of the year; NaN last.
    known : ndarray of bool, (cell,)
        Cells with 300 days, and some in every season.
    """

    seasons: tuple[np.ndarray, ...]
    known: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray, days: np.ndarray) -> Self:
        """Sort the values of each season; see `fit_scores`."""
        enough = np.isfinite(values).sum(axis=0) >= LEAST_DAYS
        values = np.where(enough, values, np.nan)
        seasons = tuple(
            np.sort(values[season_distance(days, middle) <= HALF_SEASON], axis=0)
            for middle in range(5, 370, 10)
        )
        every = [np.isfinite(season).any(axis=0) for season in seasons]
        return cls(seasons, np.all(every, axis=0))

    def anomaly(self, values: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Values (day, cell) as normal scores."""
        out = np.full(values.shape, np.nan, np.float32)
        tie = (days.astype(float) ** 2 * ((np.sqrt(5) - 1) / 2)) % 1
        for season, rows in self._by_season(days):
            left, right = _ranks(season, values[rows])
            count = np.maximum(np.isfinite(season).sum(axis=0), 1)
            share = (left + tie[rows, None] * (right - left)) / count
            score = ndtri(np.clip(share, 0.5 / count, 1 - 0.5 / count))
            out[rows] = np.where(np.isfinite(values[rows]) & self.known, score, np.nan)
        return out

    def value(self, anomaly: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Normal scores (day, member, cell) as values that the season has had."""
        out = np.full(anomaly.shape, np.nan, np.float32)
        share = ndtr(anomaly)
        for season, rows in self._by_season(days):
            count = np.isfinite(season).sum(axis=0)
            for row in rows:
                place = np.nan_to_num(share[row] * count).astype(int)
                found = np.take_along_axis(season, np.clip(place, 0, np.maximum(count - 1, 0)), 0)
                out[row] = np.where(np.isfinite(share[row]), found, np.nan)
        return out

    def latent(self, correlation: np.ndarray) -> np.ndarray:
        """Correlation of normal scores at which values correlate as given.

        With the values' Hermite coefficients ``c_k = E[x He_k(z)] / sqrt(k!)``, scores of
        correlation r give values a covariance ``sum_k c_k**2 r**k`` (Mehler's formula); cells and
        seasons are pooled, each over its variance.
        """
        share, cells = np.zeros(len(ORDER)), 0
        for season in self.seasons:
            whole = season[:, np.isfinite(season).all(axis=0)].astype(float)
            spread = whole.std(axis=0)
            whole = (whole - whole.mean(axis=0))[:, spread > 0] / spread[spread > 0]
            z = ndtri((np.arange(len(whole)) + 0.5) / max(len(whole), 1))
            polynomials = hermite_e.hermevander(z, ORDER[-1])[:, 1:] / np.sqrt(factorial(ORDER))
            share += ((polynomials.T @ whole / max(len(whole), 1)) ** 2).sum(axis=1)
            cells += whole.shape[1]
        if not cells:
            return correlation
        grid = np.linspace(0, 1, 201)
        curve = grid[:, None] ** (ORDER) @ share
        return np.interp(correlation, curve / curve[-1], grid)

    def _by_season(self, days: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Seasons asked for and the rows of `days` in each."""
        tenth = (days % YEAR).astype(int) // 10
        return [(self.seasons[k], np.flatnonzero(tenth == k)) for k in np.unique(tenth)]


def _ranks(season: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days of a sorted season (n, cell) below, and not above, each value (row, cell).

    One search serves all cells: each cell's values are laid into an interval of its own.
    """
    cell = np.arange(season.shape[1])
    low = season[0].astype(float)
    spread = np.nanmax(np.where(np.isfinite(season), season, -np.inf), axis=0) - low
    spread = np.where(spread > 0, spread, 1.0)

    def key(x: np.ndarray) -> np.ndarray:
        within = 0.25 + 0.5 * np.clip((x - low) / spread, -0.4, 1.4)
        return cell + np.where(np.isfinite(within), within, 0.99)

    laid, asked = key(season).T.ravel(), key(values).T.ravel()
    left, right = (
        np.searchsorted(laid, asked, side).reshape(len(cell), -1).T - cell * len(season)
        for side in ("left", "right")
    )
    return left, right


def harmonics(days: np.ndarray, order: int) -> np.ndarray:
    """Constant and annual harmonics of days since 1970, (day, 1 + 2 × order)."""
    angle = 2 * np.pi / YEAR * days[:, None] * np.arange(1, order + 1)
    return np.concatenate([np.ones((len(days), 1)), np.cos(angle), np.sin(angle)], axis=1)


def least_squares(values: np.ndarray, basis: np.ndarray, least: int) -> np.ndarray:
    """Coefficients of each cell's series on a basis, over the days it has.

    Parameters
    ----------
    values : ndarray, (day, cell)
        NaN where missing.
    basis : ndarray, (day, term)
    least : int
        Days a cell needs.

    Returns
    -------
    ndarray, (term, cell)
        NaN for cells with fewer days.
    """
    finite = np.isfinite(values)
    terms = basis.shape[1]
    squares = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1)
    left = (squares.T @ finite).T.reshape(-1, terms, terms)
    right = (basis.T @ np.where(finite, values, 0.0)).T
    enough = finite.sum(axis=0) >= least
    out = np.full((terms, values.shape[1]), np.nan)
    out[:, enough] = np.linalg.solve(left[enough], right[enough][..., None])[..., 0].T
    return out


def season_distance(days: np.ndarray, other: np.ndarray | int) -> np.ndarray:
    """Days between two days of year, at most half a year."""
    return np.abs((days - other + YEAR / 2) % YEAR - YEAR / 2)


def _forward(name: str, values: np.ndarray) -> np.ndarray:
    values = values.astype(np.float64)
    return np.sqrt(np.maximum(values, 0)) if name in ROOTED else values


def _backward(name: str, values: np.ndarray) -> np.ndarray:
    if name in ROOTED:
        return np.maximum(values, 0) ** 2
    if name in POSITIVE:
        return np.clip(values, 0, UPPER.get(name, np.inf))
    return values
