"""Dependence: marginal distributions to equally likely joint scenarios, by the Schaake shuffle.

Scenario s takes at each (lead, place, variable) the quantile whose rank trajectory s of a set of
past trajectories had there, so scenarios vary together over leads, places and variables as the
past did (Clark et al. 2004, J. Hydrometeorol. 5, 243–262).
"""

from __future__ import annotations

import numpy as np

from ensembles.distribution import LEVELS

SEASON_DAYS = 45
"""Past trajectories start within this many days of the calendar day, if there are enough."""


def template_starts(
    known_days: np.ndarray, issue: np.datetime64, leads: int, count: int
) -> np.ndarray:
    """Choose past days whose following `leads` days are all known by the issue, same season first.

    Parameters
    ----------
    known_days : ndarray of datetime64[D]
        Days with observations, increasing; gaps are allowed.
    issue : datetime64
        Issue day.
    leads : int
        Length of a trajectory.
    count : int
        Trajectories wanted.

    Returns
    -------
    ndarray of datetime64[D], (count,)
        Evenly spread over the candidates; repeated where there are fewer than `count`.

    Raises
    ------
    ValueError
        No trajectory is known completely.
    """
    issue = issue.astype("datetime64[D]")
    past = known_days[known_days <= issue].astype("datetime64[D]")
    following = past[:, None] + np.arange(1, leads + 1).astype("timedelta64[D]")
    candidates = past[np.isin(following, past).all(axis=1)]
    if not len(candidates):
        raise ValueError(f"no {leads} consecutive known days before {issue} to take scenarios from")
    distance = np.abs((candidates - issue).astype(int)) % 365.25
    distance = np.minimum(distance, 365.25 - distance)
    near = candidates[distance <= SEASON_DAYS]
    if len(near) < count:
        near = np.sort(candidates[np.argsort(distance, kind="stable")[:count]])
    rows = np.linspace(0, len(near) - 1, count).round().astype(int)
    return near[rows]


def scenario_template(history: np.ndarray, seed: int) -> np.ndarray:
    """Ranks of past trajectories at each place and time.

    Parameters
    ----------
    history : ndarray, (scenario, lead, place, variable)
        Observed past trajectories; missing values are NaN and take a random rank.
    seed : int
        Of the order of ties and missing values.

    Returns
    -------
    ndarray of int16, same shape
        0 … scenarios − 1 along the first axis, a permutation at each (lead, place, variable).
    """
    noise = np.random.default_rng(seed).random(history.shape, dtype=np.float32)
    missing = np.isnan(history)
    # missing values fall between the known ones at random
    known = np.sort(history, axis=0)  # NaN last
    drawn = np.floor(noise * (~missing).sum(axis=0)).astype(int)
    filled = np.where(missing, np.take_along_axis(known, drawn, axis=0), history)
    filled = np.where(np.isnan(filled), noise, filled)
    order = np.lexsort((noise, filled), axis=0)
    ranks = np.empty(history.shape, dtype=np.int16)
    rank = np.arange(len(history), dtype=np.int16).reshape(-1, *[1] * (history.ndim - 1))
    np.put_along_axis(ranks, order, np.broadcast_to(rank, history.shape), axis=0)
    return ranks


def schaake_shuffle(quantiles: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Joint scenarios from marginal quantiles and past ranks.

    Parameters
    ----------
    quantiles : ndarray, (lead, place, variable, quantile)
        On the grid of 99 levels.
    ranks : ndarray of int, (scenario, lead, place, variable)
        From `scenario_template`, with n scenarios.

    Returns
    -------
    ndarray, (scenario, lead, place, variable)
        Scenario of rank r holds the quantile at level (r + ½)/n; each margin therefore holds the
        same n values as the quantile function, only their order is the past's.

    Examples
    --------
    >>> import numpy as np
    >>> q = np.arange(99.0).reshape(1, 1, 1, 99)
    >>> schaake_shuffle(q, np.array([1, 0]).reshape(2, 1, 1, 1)).ravel().tolist()
    [74.0, 24.0]
    """
    count = len(ranks)
    level = (np.arange(count) + 0.5) / count
    at = np.clip((level - LEVELS[0]) * 100, 0, len(LEVELS) - 1)
    below = np.minimum(np.floor(at + 1e-9).astype(int), len(LEVELS) - 2)
    share = (at - below).astype(quantiles.dtype)
    low = np.take_along_axis(quantiles[None], below[ranks][..., None], axis=-1)[..., 0]
    high = np.take_along_axis(quantiles[None], below[ranks][..., None] + 1, axis=-1)[..., 0]
    return low + (high - low) * share[ranks]
