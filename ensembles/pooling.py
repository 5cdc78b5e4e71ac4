"""How much a cell of data is worth: independent episodes, even thinning, neighbours in lead."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

DAYS_PER_EPISODE = 5.0
"""Days of one weather episode: so many consecutive days count as one independent case."""

GOLDEN = (np.sqrt(5) - 1) / 2
SURE = 0.975
"""An estimate counts as far as it exceeds this quantile of Student's t times its error."""
SEASON_GAP_DAYS = 60
"""So many days between two days of one season: they are of different years."""
MIN_OCCURRENCE_DAYS = 20
"""A shorter part of a season says nothing of its year."""


def thin(count: int, most: int) -> np.ndarray:
    """Positions of at most `most` of `count` rows, evenly spread.

    One row of each of `most` equal stretches, at a place within it that follows the golden ratio:
    rows that repeat in a cycle (the places of each issue) are drawn from all phases of it, whatever
    its length.

    Examples
    --------
    >>> thin(9, 3).tolist()
    [0, 4, 6]
    """
    if count <= most:
        return np.arange(count)
    edge = np.arange(most + 1) * count // most
    return edge[:-1] + (np.arange(most) * GOLDEN % 1 * np.diff(edge)).astype(int)


def smooth_leads(values: np.ndarray) -> np.ndarray:
    """Average with the neighbouring leads, weights 1-2-1, along the first axis.

    Examples
    --------
    >>> import numpy as np
    >>> smooth_leads(np.array([0.0, 4.0, 0.0])).tolist()
    [1.0, 2.0, 1.0]
    """
    padded = np.concatenate([values[:1], values, values[-1:]])
    return (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4


def time_blocks(rows: np.ndarray, count: int) -> list[np.ndarray]:
    """Cut increasing positions in time into at most `count` consecutive blocks, none of them empty.

    Examples
    --------
    >>> [block.tolist() for block in time_blocks(np.array([0, 1, 5, 6, 9]), 2)]
    [[0, 1, 5], [6, 9]]
    """
    return [block for block in np.array_split(rows, max(min(count, len(rows)), 1)) if len(block)]


def occurrences(days: np.ndarray, rows: np.ndarray) -> list[np.ndarray]:
    """Cut increasing positions where more than `SEASON_GAP_DAYS` days lie between: one a year.

    Parameters
    ----------
    days : ndarray of datetime64[D]
        Day of each position.
    rows : ndarray of int
        Positions of one season. Parts of fewer than `MIN_OCCURRENCE_DAYS` are left out.

    Examples
    --------
    >>> days = np.datetime64("2014-01-01") + np.arange(500)
    >>> rows = np.concatenate([np.arange(50), np.arange(340, 420), np.arange(495, 500)])
    >>> [len(part) for part in occurrences(days, rows)]
    [50, 80]
    """
    gap = np.diff(days[rows]) > np.timedelta64(SEASON_GAP_DAYS, "D")
    parts = np.split(rows, np.flatnonzero(gap) + 1)
    return [part for part in parts if len(part) >= MIN_OCCURRENCE_DAYS]


def shrink_to_zero(estimate: np.ndarray, blocks: np.ndarray, window: int = 21) -> np.ndarray:
    """Multiply an estimate by how sure it is to differ from zero.

    ``share = max(0, 1 − t²·Σv/Σδ²)`` with δ the estimate, v the variance of its mean over blocks,
    t the 97.5 % quantile of Student's distribution with one degree of freedom fewer than blocks,
    and sums over the `window` nearest entries: neighbouring levels are drawn to zero alike. The
    form is the positive-part James–Stein rule (Efron & Morris 1973, J. Am. Stat. Assoc. 68,
    117–130) with t² in place of 1: what does not exceed its sampling error counts nothing.

    Parameters
    ----------
    estimate : ndarray, (entry,)
    blocks : ndarray, (block, entry)
        The same quantity in independent blocks of time; fewer than two: nothing is sure.
    window : int
        Entries that share one factor; odd.

    Returns
    -------
    ndarray, (entry,)

    Examples
    --------
    >>> blocks = np.array([[9.0], [10.0], [11.0]])  # variance of the mean 1/3, t² = 18.5
    >>> shrink_to_zero(np.array([10.0]), blocks).round(2).tolist()
    [9.38]
    """
    if len(blocks) < 2:
        return np.zeros_like(estimate)
    factor = stdtrit(len(blocks) - 1, SURE) ** 2 / len(blocks)
    kernel = np.ones(window)
    noise = np.convolve(factor * blocks.var(axis=0, ddof=1), kernel)
    signal = np.convolve(estimate**2, kernel)
    inner = slice(window // 2, window // 2 + len(estimate))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.nan_to_num(1 - noise[inner] / signal[inner], nan=0.0, neginf=0.0)
    return np.maximum(share, 0) * estimate
