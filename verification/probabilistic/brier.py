"""Brier score of the probability of an event."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import xarray as xr

from verification.categorical.events import check_events
from verification.pairs import sum_pairs
from verification.probabilistic.reliability import check_probabilities
from verification.score import Score
from verification.sums import ratio, weighted_mean

FAMILY = "brier"


def _terms(p: np.ndarray, o: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    check_events(o, "observed")
    check_probabilities(p)
    error = p - o
    return ~np.isnan(error), {"squared_error": error * error, "events": o}


def brier_sums(
    probability: xr.DataArray,
    event_obs: xr.DataArray,
    *,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum what the Brier score and its skill are read from.

    Parameters
    ----------
    probability : xarray.DataArray
        Forecast probability of the event, 0 to 1, e.g. (issue, lead, place).
    event_obs : xarray.DataArray
        Observed event: boolean, or 0, 1 and NaN as from `exceeds`. Pairs in which either is NaN
        are left out.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `brier`: sums of the squared error of the probability and of the observed
        events, with `pairs` and `weight`.

    Raises
    ------
    ValueError
        If a probability is outside [0, 1], an event is not 0, 1 or NaN, labels differ (see
        `check_aligned`), `keep` is unknown or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import brier_sums
    >>> sums = brier_sums(xr.DataArray([0.5, 1.0], dims="x"), xr.DataArray([0, 1], dims="x"))
    >>> float(sums["squared_error"]), float(sums["events"])
    (0.25, 1.0)
    """
    return sum_pairs(
        _terms,
        probability,
        event_obs,
        family=FAMILY,
        variables={"squared_error": (), "events": ()},
        keep=keep,
        weights=weights,
    )


def brier_score(sums: xr.Dataset) -> xr.DataArray:
    """Brier score: mean squared error of the probability of an event.

    BS = Σ(p - o)² / N with o = 1 for the event and 0 without it. Range [0, 1], perfect 0, smaller
    is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `brier_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    References
    ----------
    Brier, G. W. (1950), Monthly Weather Review 78, 1-3.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import brier_score, brier_sums
    >>> sums = brier_sums(xr.DataArray([0.5, 1.0], dims="x"), xr.DataArray([0, 1], dims="x"))
    >>> float(brier_score(sums))
    0.125
    """
    return weighted_mean(sums, FAMILY, "squared_error").rename("brier_score")


def brier_skill(sums: xr.Dataset) -> xr.DataArray:
    """Brier skill score against the observed frequency of the same pairs.

    BSS = 1 - BS / (ō (1 - ō)) with ō the share of pairs with the event. The reference knows the
    frequency of the sample, so it is harder to beat than a climatology from earlier years.
    Range (-∞, 1], perfect 1, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `brier_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN when all pairs or none have the event.

    References
    ----------
    Wilks, D. S. (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., ch. 9.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import brier_skill, brier_sums
    >>> sums = brier_sums(xr.DataArray([0.5, 1.0], dims="x"), xr.DataArray([0, 1], dims="x"))
    >>> float(brier_skill(sums))
    0.5
    """
    frequency = weighted_mean(sums, FAMILY, "events")
    return (1.0 - ratio(brier_score(sums), frequency * (1.0 - frequency))).rename("brier_skill")


SCORES = (
    Score("brier_score", "brier", brier_score, (0, 1), 0.0, "smaller", "Brier score", "布赖尔评分"),
    Score(
        "brier_skill",
        "brier",
        brier_skill,
        (-inf, 1),
        1.0,
        "larger",
        "Brier skill score",
        "布赖尔技巧评分",
    ),
)
"""Scores of this file, by name in tables."""
