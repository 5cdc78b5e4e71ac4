"""Mean and spread over the members of an ensemble, some of which may be missing."""

from __future__ import annotations

import numpy as np


def member_mean(values: np.ndarray, axis: int = 2) -> np.ndarray:
    """Mean over the finite values along `axis`, float32; NaN where there is none."""
    known = np.isfinite(values)
    if known.all():
        return values.mean(axis=axis, dtype=np.float64).astype(np.float32)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0).sum(axis=axis, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 0, total / count, np.nan).astype(np.float32)


def member_spread(values: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Standard deviation (n − 1) over the members known, float32; NaN with fewer than two.

    Parameters
    ----------
    values : ndarray, (issue, lead, member, place)
    mean : ndarray, (issue, lead, place)
        Their `member_mean`.
    """
    known = np.isfinite(values)
    square = (values - mean[:, :, None]) ** 2
    if not known.all():
        square[~known] = 0
    square, count = square.sum(axis=2), known.sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count > 1, np.sqrt(square / (count - 1)), np.nan).astype(np.float32)
