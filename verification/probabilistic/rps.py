"""Ranked probability score of forecast probabilities of ordered levels."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import xarray as xr

from verification.pairs import sum_pairs
from verification.probabilistic.reliability import check_probabilities
from verification.score import Score
from verification.sums import check_family, ratio, weighted_mean

FAMILY = "rps"

# Probabilities in float32, or rounded to three digits, do not add up to one exactly.
_WHOLE = 5e-3


def rps_sums(
    level_probability: xr.DataArray,
    level_obs: xr.DataArray,
    *,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum what the ranked probability score and its skill are read from.

    Parameters
    ----------
    level_probability : xarray.DataArray
        Probability of each level, with a dimension `level` whose labels are the numbers of the
        levels in rising order, e.g. (issue, lead, place, level). They add up to 1 within 0.005.
        A pair with any probability NaN is left out.
    level_obs : xarray.DataArray
        Number of the observed level, one of the labels, or NaN; without `level`.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `rps`, by `level`: `squared_error` of the probability of that level or a lower one,
        and `at_or_below`, the observations in that level or a lower one; with `pairs` and
        `weight`. Sums of different levels do not merge.

    Raises
    ------
    ValueError
        If the levels are missing or not in rising order, probabilities lie outside [0, 1] or do
        not add up to 1, an observed level is unknown, labels differ (see `check_aligned`),
        `keep` is unknown or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import rps_sums
    >>> fcst = xr.DataArray([[0.5, 0.25, 0.25]], dims=("x", "level"), coords={"level": [1, 2, 3]})
    >>> rps_sums(fcst, xr.DataArray([2], dims="x"))["squared_error"].values
    array([0.25  , 0.0625, 0.    ])
    """
    labels = _labels(level_probability)

    def terms(p: np.ndarray, o: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        check_probabilities(p)
        valid = ~(np.isnan(p).any(axis=-1) | np.isnan(o))
        _check_whole(p, valid)
        unknown = valid & ~np.isin(o, labels)
        if unknown.any():
            raise ValueError(
                f"observed levels must be among {labels.tolist()}, found {o[unknown][0]:g}"
            )
        # The last level is at or below itself for certain, whatever rounding left.
        reached = np.concatenate([p[..., :-1].cumsum(axis=-1), np.ones_like(p[..., :1])], axis=-1)
        seen = (o[..., None] <= labels).astype(np.float64)
        return valid, {"squared_error": (reached - seen) ** 2, "at_or_below": seen}

    return sum_pairs(
        terms,
        level_probability,
        level_obs,
        family=FAMILY,
        variables={"squared_error": ("level",), "at_or_below": ("level",)},
        keep=keep,
        weights=weights,
        core="level",
        coords={"level": labels},
    )


def _labels(probability: xr.DataArray) -> np.ndarray:
    if "level" not in probability.coords:
        raise ValueError("the probabilities need a dimension 'level' labelled with its numbers")
    labels = np.atleast_1d(probability["level"].values).astype(np.float64)
    if not (np.diff(labels) > 0).all():
        raise ValueError(f"levels must be in rising order, found {labels.tolist()}")
    return labels


def _check_whole(p: np.ndarray, valid: np.ndarray) -> None:
    total = p.sum(axis=-1)
    wrong = valid & (np.abs(total - 1.0) > _WHOLE)
    if wrong.any():
        raise ValueError(f"probabilities of the levels must add up to 1, found {total[wrong][0]:g}")


def ranked_probability_score(sums: xr.Dataset) -> xr.DataArray:
    """Ranked probability score: squared error of the cumulative probabilities of the levels.

    Σ_k (P(level ≤ k) - [observed ≤ k])², averaged over the pairs and not divided by the number
    of levels: the sum of the Brier scores of "above level k". Range [0, ∞), at most the number of
    levels less one, perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `rps_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    References
    ----------
    Epstein, E. S. (1969), Journal of Applied Meteorology 8, 985-987.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import ranked_probability_score, rps_sums
    >>> fcst = xr.DataArray([[0.5, 0.25, 0.25]], dims=("x", "level"), coords={"level": [1, 2, 3]})
    >>> float(ranked_probability_score(rps_sums(fcst, xr.DataArray([2], dims="x"))))
    0.3125
    """
    found = weighted_mean(sums, FAMILY, "squared_error")
    return found.sum("level", skipna=False).rename("ranked_probability_score")


def rps_skill(sums: xr.Dataset) -> xr.DataArray:
    """Ranked probability skill score against the observed frequencies of the same pairs.

    RPSS = 1 - RPS / Σ_k c_k (1 - c_k) with c_k the share of pairs observed in level k or a lower
    one. The reference knows the frequencies of the sample, so it is harder to beat than a
    climatology from earlier years. Range (-∞, 1], perfect 1, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `rps_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN when all pairs have one level.

    References
    ----------
    Wilks, D. S. (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., ch. 9.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import rps_skill, rps_sums
    >>> fcst = xr.DataArray([[0.5, 0.5], [0.0, 1.0]], dims=("x", "level"), coords={"level": [1, 2]})
    >>> float(rps_skill(rps_sums(fcst, xr.DataArray([1, 2], dims="x"))))
    0.5
    """
    check_family(sums, FAMILY)
    below, total = sums["at_or_below"], sums["weight"]
    # From counts on both sides: exactly zero where all pairs have one level.
    spread = (below * (total - below)).sum("level")
    reference = ratio(ratio(spread, total), total)
    return (1.0 - ratio(ranked_probability_score(sums), reference)).rename("rps_skill")


SCORES = (
    Score(
        "rps",
        FAMILY,
        ranked_probability_score,
        (0, inf),
        0.0,
        "smaller",
        "ranked probability score of the levels",
        "等级概率评分",
    ),
    Score(
        "rps_skill",
        FAMILY,
        rps_skill,
        (-inf, 1),
        1.0,
        "larger",
        "ranked probability skill score",
        "等级概率技巧评分",
    ),
)
"""Scores of this file, by name in tables."""
