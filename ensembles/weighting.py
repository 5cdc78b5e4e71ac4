"""Learning the weights of one lead, and whether to pool, to average, and to tell seasons apart.

The weights of least CRPS are drawn towards a prior by the number n of independent episodes behind
them, ``w = (n·best + K·prior)/(n + K)``. For all seasons together the prior is equal weights (of
the members that earn any), for one season the weights of all seasons. A member with a short record
(guidance of the last months) is weighed afterwards, on what it has, against the combination of the
others: it starts from nothing and earns its way, and what the others weigh among themselves stays
as it is without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ensembles.averaging import average, averaging_weights
from ensembles.distribution import LEVELS
from ensembles.linear_pool import mix, pool_weights
from ensembles.pooling import DAYS_PER_EPISODE, thin, time_blocks

Method = Literal["averaging", "linear pool"]
METHODS: tuple[Method, Method] = ("averaging", "linear pool")
LEAST_WEIGHT = 1e-6
"""A member of no weight still serves where it is alone."""

EQUAL_EPISODES = 10.0
"""Independent episodes at which estimated and equal weights count the same."""
SEASON_EPISODES = 60.0
"""Independent episodes of a season at which its own weights and those of all count the same."""
FULL_RECORD = 0.8
"""A member with a smaller part of the best member's days has a short record."""
EARNS = 0.02
"""A member of less weight takes no part in equal weights: shrinking must not revive it."""
ISSUED = slice(4, 95, 5)
"""Positions of the issued levels on the grid."""
ATOMS = slice(1, 98, 4)
"""Positions of 25 equally likely values: levels 0.02, 0.06 … 0.98."""
BLOCKS = 4
"""Blocks of time held out in turn to choose between ways to combine."""
CHOICE_ROWS = 1500
"""Cases of one lead used for the choice."""
MIN_CHOICE_EPISODES = 20.0
"""With fewer episodes nothing is chosen: averaging, one set of weights for all seasons."""
MARGIN = 0.001
"""Relative gain in CRPS that a less simple way has to bring."""


@dataclass(frozen=True)
class Evidence:
    """Out-of-fold forecasts of one lead and what came.

    Attributes
    ----------
    quantiles : sequence of ndarray, (issue, place, quantile)
        One a member; NaN where missing.
    observed : ndarray, (issue, place)
        NaN where unknown.
    season : ndarray of int, (issue,)
        0 … 3, of the valid day.
    """

    quantiles: Sequence[np.ndarray]
    observed: np.ndarray
    season: np.ndarray

    def only(self, issues: np.ndarray) -> Evidence:
        """Forget what came after other issues than those of the mask `issues`."""
        kept = np.where(issues[:, None], self.observed, np.nan)
        return Evidence(self.quantiles, kept, self.season)

    def of_season(self, season: int) -> Evidence:
        """Forget what came in other seasons."""
        return self.only(self.season == season)

    def sample(self, members: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray, float]:
        """Cases that `members` and the target all have: quantiles, observed, episodes behind."""
        known = np.isfinite(self.observed)
        for m in members:
            known = known & np.isfinite(self.quantiles[m][..., 0])
        rows = np.flatnonzero(known.ravel())
        rows = rows[thin(len(rows), most)]
        issue, place = np.unravel_index(rows, known.shape)
        q = np.stack([self.quantiles[m][issue, place] for m in members]).astype(np.float64)
        return q, self.observed[issue, place], known.any(axis=1).sum() / DAYS_PER_EPISODE


def weigh(
    evidence: Evidence, method: Method, most: int, prior: np.ndarray | None = None
) -> np.ndarray:
    """Weights of the members at one lead.

    Parameters
    ----------
    evidence : Evidence
        Of the lead.
    method : {"averaging", "linear pool"}
        What the weights are for.
    most : int
        Cases to use; more are thinned evenly.
    prior : ndarray, (member,), optional
        Drawn towards these, by `SEASON_EPISODES`; else towards equal weights.

    Returns
    -------
    ndarray, (member,)
        Non-negative, of sum 1; the prior where nothing is known.
    """
    days = _days(evidence)
    members = np.flatnonzero((days >= FULL_RECORD * days.max()) & (days > 0))
    strength = EQUAL_EPISODES if prior is None else SEASON_EPISODES
    best, episodes = _best(evidence, members, method, most)
    if prior is None:
        earned = best > EARNS
        prior = earned / earned.sum()
    return np.asarray((episodes * best + strength * prior) / (episodes + strength))


def short_records(evidence: Sequence[Evidence]) -> np.ndarray:
    """Which members have a short record, (member,) of bool: at no lead the days of the others."""
    days = np.max([_days(lead) for lead in evidence], axis=0)
    return np.asarray(days < FULL_RECORD * days.max())


def shares(evidence: Evidence, method: Method, most: int) -> np.ndarray:
    """Weights of a combination and of members with a short record beside it.

    Parameters
    ----------
    evidence : Evidence
        Of the lead; the combination of the other members first.
    method : {"averaging", "linear pool"}
    most : int
        Cases to use.

    Returns
    -------
    ndarray, (1 + member,)
        Non-negative, of sum 1: those of least CRPS on the cases that all have, drawn towards the
        combination alone by `EQUAL_EPISODES`.
    """
    alone = np.zeros(len(evidence.quantiles))
    alone[0] = 1
    members = np.flatnonzero(_days(evidence) > 0)
    if len(members) < 2 or members[0] != 0:
        return alone
    best, episodes = _best(evidence, members, method, most)
    return (episodes * best + EQUAL_EPISODES * alone) / (episodes + EQUAL_EPISODES)


def _days(evidence: Evidence) -> np.ndarray:
    """Days that each member and the target have, (member,)."""
    target = np.isfinite(evidence.observed)
    known = [target & np.isfinite(q[..., 0]) for q in evidence.quantiles]
    return np.array([each.any(axis=1).sum() for each in known])


def _best(
    evidence: Evidence, members: np.ndarray, method: Method, most: int
) -> tuple[np.ndarray, float]:
    """Weights of least CRPS, zero for other members, and the episodes behind; equal without any."""
    weights = np.zeros(len(evidence.quantiles))
    q, y, episodes = evidence.sample(members, most) if len(members) else (None, None, 0.0)
    if q is None or y is None or not len(y):
        return np.full(len(weights), 1 / len(weights)), 0.0
    if method == "linear pool":
        weights[members] = pool_weights(q[..., ATOMS], y)
    else:
        weights[members] = averaging_weights(q[..., ISSUED], y, LEVELS[ISSUED])
    return weights, episodes


def choose(
    evidence: Sequence[Evidence],
    method: Method | Literal["best"],
    seasonal: bool | Literal["best"],
) -> tuple[Method, bool]:
    """Choose how to combine by CRPS on blocks of time held out, over all leads.

    Parameters
    ----------
    evidence : sequence of Evidence
        One a lead.
    method, seasonal
        Given, or "best" to be chosen.

    Returns
    -------
    method : str
        "averaging" unless the linear pool is better by `MARGIN`.
    seasonal : bool
        False unless weights by season are better by `MARGIN`.
    """
    known = np.any([np.isfinite(e.observed).any(axis=1) for e in evidence], axis=0)
    enough = known.sum() / DAYS_PER_EPISODE >= MIN_CHOICE_EPISODES
    one_member = len(evidence[0].quantiles) == 1
    if not enough or one_member:
        simple: Method = "averaging"
        return simple if method == "best" else method, seasonal is True
    one: dict[str, float] = {}
    if method == "best":
        one = {m: _held_out(evidence, m, False, known) for m in METHODS}
        pooled = one["linear pool"] < one["averaging"] * (1 - MARGIN)
        method = "linear pool" if pooled else "averaging"
    if seasonal == "best":
        for_all = one[method] if one else _held_out(evidence, method, False, known)
        seasonal = bool(_held_out(evidence, method, True, known) < for_all * (1 - MARGIN))
    return method, seasonal


def _held_out(
    evidence: Sequence[Evidence], method: Method, seasonal: bool, known: np.ndarray
) -> float:
    """Mean pinball loss of combinations on blocks of time they were not estimated on."""
    losses = []
    for block in time_blocks(np.flatnonzero(known), BLOCKS):
        held = np.zeros(len(known), dtype=bool)
        held[block] = True
        for lead in evidence:
            training = lead.only(~held)
            weights = weigh(training, method, CHOICE_ROWS)
            for s in range(4):  # the same cases with and without seasons
                own = weights
                if seasonal:
                    own = weigh(training.of_season(s), method, CHOICE_ROWS // 4, weights)
                losses.append(_losses(lead.only(held).of_season(s), own, method))
    everything = np.concatenate(losses)
    return float(everything.mean()) if len(everything) else 0.0


def _losses(evidence: Evidence, weights: np.ndarray, method: Method) -> np.ndarray:
    """Pinball loss of each case; missing members are re-weighted as in a forecast."""
    forecast = np.any([np.isfinite(q[..., 0]) for q in evidence.quantiles], axis=0)
    rows = np.flatnonzero((np.isfinite(evidence.observed) & forecast).ravel())
    rows = rows[thin(len(rows), CHOICE_ROWS // (4 * BLOCKS))]
    issue, place = np.unravel_index(rows, forecast.shape)
    q = np.stack([q[issue, place] for q in evidence.quantiles])
    share = np.repeat(np.maximum(weights, LEAST_WEIGHT)[:, None], len(rows), axis=1)
    joined = mix(q, share) if method == "linear pool" else average(q, share)
    error = evidence.observed[issue, place][:, None] - joined[:, ISSUED]
    return np.maximum(LEVELS[ISSUED] * error, (LEVELS[ISSUED] - 1) * error).mean(axis=1)
