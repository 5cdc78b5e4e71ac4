"""How much a cell of data is worth: independent episodes, even thinning, neighbours in lead."""

from __future__ import annotations

import numpy as np

DAYS_PER_EPISODE = 5.0
"""Days of one weather episode: so many consecutive days count as one independent case."""


def thin(count: int, most: int) -> np.ndarray:
    """Positions of at most `most` of `count` rows, evenly spread.

    The step is no whole number, so rows that repeat in a cycle (the places of each issue) are
    drawn from all phases of it.

    Examples
    --------
    >>> thin(9, 3).tolist()
    [0, 4, 8]
    """
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).astype(int)


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
