"""The search of the analog ensemble: its regression, its nearest past cases, their quantiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.stats import norm

from ensembles.distribution import LEVELS
from ensembles.folds import Fold
from ensembles.members.similarity import order_weights, squared_distance
from ensembles.pooling import thin

RIDGE = 0.3
"""Penalty of the regression as a share of its rows: places of a day and days of an episode come
together, so there are far fewer independent rows."""
MIN_DAYS = 120
"""Known days a place needs for a library of its own."""
POOL_ROWS = 1000
"""Past cases of all places that the others choose from, evenly thinned."""
NORMAL_SHARE = 0.5
"""Share of the normal distribution in the quantiles."""
BLOCK = 2_000_000
"""Numbers held at once in a search: distances, or the rows of the library they come from."""
STEPS = 32
"""Steps of the library's predictors within a standard deviation; they are kept as int8, ± 127."""
MISSING = -128
YEAR = 365.25


@dataclass(frozen=True)
class Queries:
    """Cases to find analogs for.

    Parameters
    ----------
    rows : list of int, (lead,)
        Lead of the library.
    places : ndarray, (place,)
        Place of the library, −1 where unknown.
    days : ndarray, (issue, lead)
        Valid days.
    kept : ndarray, (issue, lead, place, kept)
        Standardised predictors of the distance; missing is NaN.
    regression : ndarray, (issue, lead, place)
        Regression's forecast on the modelling scale.
    left : ndarray, (issue, lead, place)
        Share of the regression's predictors that is known.
    """

    rows: list[int]
    places: np.ndarray
    days: np.ndarray
    kept: np.ndarray
    regression: np.ndarray
    left: np.ndarray


@dataclass(frozen=True)
class Found:
    """Nearest past cases, (issue, lead, place, rank): positions and squared distances.

    ``distance`` is infinite where there are fewer; ``regression`` is that of the past case.
    """

    place: np.ndarray
    day: np.ndarray
    distance: np.ndarray
    regression: np.ndarray


class Analogs:
    """The library in the form the search reads.

    Parameters
    ----------
    state : xarray.Dataset
        Of a fitted analog ensemble.
    """

    def __init__(self, state: xr.Dataset) -> None:
        learned = state.attrs["learned"]
        self.days = state["day"].values.astype("datetime64[D]")
        self.library = state["library"].values
        self.regression = state["regression"].values
        self.gap = int(state.attrs["gap"])
        self.window = int(state.attrs["lead_window"])
        self.count = min(int(learned["count"]), len(self.days))
        known = np.isfinite(state["observed"].values)
        self.own = known.sum(axis=1) >= MIN_DAYS
        where = np.argwhere(known)
        self.pool = tuple(where[thin(len(where), POOL_ROWS)].T)  # place, day
        flat = self.regression.reshape(len(self.regression), -1)
        spread = np.ma.masked_invalid(flat).std(axis=1).filled(0)
        self.spread = np.where(spread > 1e-6, spread, 1).astype(np.float32)
        slope = np.abs(state["slope"].values[:, state["kept"].values])
        base = np.where(slope > 0, slope, 1e-9) ** learned["power"]
        base /= base.sum(axis=1, keepdims=True)
        extra = np.array([learned["season"], learned["season"], learned["regression"]])
        weights = np.concatenate([base, np.tile(extra, (len(base), 1))], axis=1)
        self.weights = weights / weights.sum(axis=1, keepdims=True)

    def past(self, lead: int, place: np.ndarray, day: slice | np.ndarray) -> np.ndarray:
        """Predictors, season and regression of past cases; all NaN where none is known."""
        steps, regression = self.library[lead][place, day], self.regression[lead][place, day]
        width = steps.shape[-1]
        out = np.empty((*steps.shape[:-1], width + 3), np.float32)
        np.multiply(steps, np.float32(1 / STEPS), out=out[..., :width])
        missing = steps == MISSING
        if missing.any():
            out[..., :width][missing] = np.nan
        out[..., width:-1] = season(self.days[day])
        out[..., -1] = regression / self.spread[lead]
        out[np.isnan(regression)] = np.nan
        return out


def search(state: xr.Dataset, queries: Queries) -> Found:
    """Nearest past cases of each query, in blocks of places.

    Places with a library of their own are a batch of it; the others all look into the pooled one.
    """
    past = Analogs(state)
    shape = (*queries.regression.shape, past.count)
    found = Found(
        np.zeros(shape, np.int32),
        np.zeros(shape, np.int32),
        np.full(shape, np.inf, np.float32),
        np.zeros(shape, np.float32),
    )
    own = (queries.places >= 0) & past.own[queries.places]
    for members, pooled in ((np.flatnonzero(own), False), (np.flatnonzero(~own), True)):
        rows = len(past.pool[0]) if pooled else len(past.days)
        each = rows * max(shape[0] * shape[1], 0 if pooled else 3 * past.weights.shape[1])
        step = max(1, BLOCK // max(1, each))
        for first in range(0, len(members), step):
            _nearest(past, queries, found, members[first : first + step], pooled)
    return found


def _nearest(past: Analogs, queries: Queries, found: Found, part: np.ndarray, pooled: bool) -> None:
    """Fill `found` for some places."""
    case = _cases(past, queries, part)  # (lead, place, issue, predictor)
    leads, places, issues, width = case.shape
    apart = np.abs((queries.days.T[..., None] - past.days).astype(np.int64)) <= past.gap
    if pooled:
        case = case.reshape(leads, 1, places * issues, width)
        place, day = past.pool[0][None], past.pool[1][None]
        apart = np.tile(apart[..., past.pool[1]], (1, places, 1))
        distance, which = _distances(past, queries.rows, case, past.pool[0][None], day)
    else:
        place, day = queries.places[part][:, None], np.arange(len(past.days))[None]
        distance, which = _distances(past, queries.rows, case, queries.places[part], slice(None))
    distance[np.broadcast_to(apart[:, None], distance.shape)] = np.inf
    count = min(past.count, distance.shape[-1])
    best = np.argpartition(distance, count - 1, axis=-1)[..., :count]
    order = np.argsort(np.take_along_axis(distance, best, axis=-1), axis=-1, kind="stable")
    best = np.take_along_axis(best, order, axis=-1)
    day = day[0][best]
    place = place[0][best] if pooled else np.broadcast_to(place[:, :, None], best.shape)
    lead = np.take_along_axis(which, best, axis=-1)
    nearest = np.take_along_axis(distance, best, axis=-1)
    at = np.ix_(np.arange(issues), np.arange(leads), part, np.arange(count))
    for out, values in (
        (found.place, place),
        (found.day, day),
        (found.distance, nearest),
        (found.regression, past.regression[lead, place, day]),
    ):
        out[at] = values.reshape(leads, places, issues, count).transpose(2, 0, 1, 3)


def _cases(past: Analogs, queries: Queries, part: np.ndarray) -> np.ndarray:
    """Queries of some places as the library has its rows, (lead, place, issue, predictor)."""
    limit = np.float32(127 / STEPS)
    kept = np.clip(queries.kept[:, :, part], -limit, limit)
    regression = queries.regression[:, :, part] / past.spread[queries.rows][:, None]
    seasons = np.broadcast_to(season(queries.days)[:, :, None], (*regression.shape, 2))
    joined = np.concatenate([kept, seasons, regression[..., None]], axis=-1)
    return joined.transpose(1, 2, 0, 3).astype(np.float32)


def _distances(
    past: Analogs,
    rows: list[int],
    case: np.ndarray,
    place: np.ndarray,
    day: slice | np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Least squared distance over the lead window, and its lead; (lead, batch, case, past)."""
    leads, batch, count, width = case.shape
    shape = (
        leads,
        batch,
        count,
        place.shape[-1] if isinstance(day, np.ndarray) else len(past.days),
    )
    distance = np.full(shape, np.inf, np.float32)
    which = np.zeros(shape, np.int8)
    for other in range(len(past.library)):
        near = [i for i, row in enumerate(rows) if abs(row - other) <= past.window]
        if not near:
            continue
        weight = np.repeat(past.weights[[rows[i] for i in near]], count, axis=0)
        asked = case[near].transpose(1, 0, 2, 3).reshape(batch, -1, width)
        new = squared_distance(asked, past.past(other, place, day), weight)
        new = new.reshape(batch, len(near), count, -1)
        for i, k in enumerate(near):
            better = new[:, i] < distance[k]
            np.copyto(distance[k], new[:, i], where=better)
            which[k][better] = other
    return distance, which


def dress(state: xr.Dataset, queries: Queries, found: Found) -> np.ndarray:
    """Quantiles on the modelling scale of what came after the analogs, corrected."""
    values = state["observed"].values[found.place, found.day]
    share = state.attrs["learned"]["share"] * queries.left
    values = values + share[..., None] * (queries.regression[..., None] - found.regression)
    there = np.isfinite(found.distance).sum(axis=-1, keepdims=True)
    again = np.arange(values.shape[-1]) % np.maximum(there, 1)  # few analogs count repeatedly
    values = np.take_along_axis(values, again, axis=-1).astype(np.float32)
    values[there[..., 0] == 0] = np.nan
    values.sort(axis=-1)
    normal = norm.ppf(LEVELS).astype(np.float32)
    mean, spread = values.mean(axis=-1), values.std(axis=-1)
    smooth = mean[..., None] + spread[..., None] * normal
    empirical = values @ order_weights(values.shape[-1])
    return (1 - NORMAL_SHARE) * empirical + NORMAL_SHARE * smooth


def moments(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each predictor; 0 and 1 where it is never known."""
    flat = matrix.reshape(-1, matrix.shape[-1])
    count = np.maximum(np.isfinite(flat).sum(axis=0), 1)
    mean = np.nansum(flat, axis=0, dtype=np.float64) / count
    square = np.nansum((flat - mean.astype(np.float32)) ** 2, axis=0, dtype=np.float64) / count
    scale = np.sqrt(square)
    return mean.astype(np.float32), np.where(scale > 1e-6, scale, 1).astype(np.float32)


def regress(
    matrix: np.ndarray, value: np.ndarray, folds: list[Fold]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ridge regression at each lead over all places, one a fold, and their average.

    Parameters
    ----------
    matrix : ndarray, (issue, lead, place, predictor)
        Standardised; missing counts as the mean.
    value : ndarray, (issue, lead, place)
        On the modelling scale; NaN is left out.
    folds : list of Fold
        Without any, one regression sees everything.

    Returns
    -------
    slope, base, unseen : ndarray, (lead, predictor), (lead,), (issue, lead, place)
        Average coefficients, and each case's value by the fold that has not seen it.
    """
    issues, leads, _, width = matrix.shape
    folds = folds or [Fold(np.arange(issues), np.ones((issues, leads), bool))]
    slopes = np.zeros((len(folds), leads, width), np.float32)
    bases = np.zeros((len(folds), leads), np.float32)
    unseen = np.full(value.shape, np.nan, np.float32)
    for k in range(leads):
        z = np.nan_to_num(matrix[:, k])
        known = np.isfinite(value[:, k])
        for f, fold in enumerate(folds):
            rows = known & fold.training[:, k, None]
            rows = rows if rows.any() else known  # a short record: better seen than none
            if rows.any():
                slopes[f, k], bases[f, k] = _ridge(z[rows], value[:, k][rows])
            unseen[fold.held_out, k] = z[fold.held_out] @ slopes[f, k] + bases[f, k]
    return slopes.mean(axis=0), bases.mean(axis=0), unseen


def _ridge(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.float32]:
    """Coefficients of the standardised predictors and the constant."""
    middle, level = x.mean(axis=0), y.mean()
    normal = (x.T @ x - len(y) * np.outer(middle, middle)).astype(np.float64)
    normal += RIDGE * len(y) * np.eye(len(middle))
    slope = np.linalg.solve(normal, x.T @ (y - level)).astype(np.float32)
    return slope, level - middle @ slope


def season(days: np.ndarray) -> np.ndarray:
    """Cosine and sine of the day of the year, one more dimension."""
    days = days.astype("datetime64[D]")
    start = days.astype("datetime64[Y]").astype("datetime64[D]")
    angle = (days - start).astype(np.int64) * (2 * np.pi / YEAR)
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1).astype(np.float32)
