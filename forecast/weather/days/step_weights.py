"""Weights of the steps of a forecast in means over windows of time.

A field between two steps is taken to run straight from one to the other, so that its mean over any
window is a weighted sum of the values at the steps.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

HOUR = 3600.0
LONGEST = 12 * HOUR
"""Steps further apart do not follow the course of a day."""


class Weights(NamedTuple):
    """Weights of the steps in the means over some windows.

    Attributes
    ----------
    matrix : scipy.sparse.csr_array, (window, lead)
        Rows sum to 1 where the window is covered.
    covered : ndarray, (window,)
        Share of the window between usable steps.
    """

    matrix: sparse.csr_array
    covered: np.ndarray

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Means of values (lead, column); NaN where not covered or a value needed is NaN."""
        out = self.matrix @ values
        out[self.covered < 1] = np.nan
        return out


def path_weights(times: np.ndarray, begin: np.ndarray, end: np.ndarray) -> Weights:
    """Weights of the exact mean over windows of the straight path through the steps.

    Over a part from p to q of the way between steps a and b the path's integral is (q − p) times
    its value at the middle of p and q; the windows add such parts up.

    Parameters
    ----------
    times : ndarray, (lead,)
        Increasing, seconds.
    begin, end : ndarray, (window,)
        Increasing each, seconds.
    """
    window, segment, low, high = overlaps(times[:-1], times[1:], begin, end)
    usable = ~missing_between(times)[segment]
    window, segment, low, high = (x[usable] for x in (window, segment, low, high))
    share = (high - low) / (end - begin)[window]
    towards = ((low + high) / 2 - times[segment]) / (times[segment + 1] - times[segment])
    matrix = sparse.csr_array(
        (
            np.concatenate([share * (1 - towards), share * towards]).astype(np.float32),
            (np.tile(window, 2), np.concatenate([segment, segment + 1])),
        ),
        shape=(len(begin), len(times)),
    )
    covered = np.bincount(window, weights=share, minlength=len(begin))
    covered[covered > 1 - 1e-9] = 1  # shares add up to one but for rounding
    return Weights(matrix, covered)


def path_values(times: np.ndarray, at: np.ndarray) -> sparse.csr_array:
    """Weights of the path's value at given times, (time, lead); empty rows outside the steps."""
    inside = np.flatnonzero((at >= times.min(initial=np.inf)) & (at <= times.max(initial=-np.inf)))
    before = np.searchsorted(times, at[inside], side="right") - 1
    after = np.minimum(before + 1, len(times) - 1)
    length = np.where(after > before, times[after] - times[before], 1)
    towards = (at[inside] - times[before]) / length
    row, column = np.tile(inside, 2), np.concatenate([before, after])
    weight = np.concatenate([1 - towards, towards]).astype(np.float32)
    kept = weight != 0  # the step after must not spread its NaN to a time that is a step
    return sparse.csr_array((weight[kept], (row[kept], column[kept])), shape=(len(at), len(times)))


def missing_between(times: np.ndarray) -> np.ndarray:
    """Whether steps are missing between each two that follow each other, (lead − 1,).

    The steps of a cycle only lengthen with the lead, so a spacing longer than a later one holds a
    missing step. The last spacing has none to compare with and passes up to 12 hours.
    """
    spacing = np.diff(times)
    shortest_after = np.append(np.minimum.accumulate(spacing[::-1])[::-1][1:], np.inf)
    return (spacing > shortest_after[: len(spacing)]) | (spacing > LONGEST)


def overlaps(
    start: np.ndarray, end: np.ndarray, begin: np.ndarray, stop: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Where consecutive intervals overlap windows that follow each other.

    Parameters
    ----------
    start, end : ndarray, (interval,)
        None before the end of the one before.
    begin, stop : ndarray, (window,)
        Increasing each.

    Returns
    -------
    window, interval : ndarray of int, (overlap,)
    low, high : ndarray, (overlap,)
        From and to; low < high.
    """
    first = np.searchsorted(end, begin, side="right")
    last = np.searchsorted(start, stop, side="left")
    count = np.maximum(last - first, 0)
    window = np.repeat(np.arange(len(begin)), count)
    interval = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count - first, count)
    low = np.maximum(start[interval], begin[window])
    high = np.minimum(end[interval], stop[window])
    kept = high > low
    return window[kept], interval[kept], low[kept], high[kept]
