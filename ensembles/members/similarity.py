"""Distances between cases by matrix products, with missing predictors left out."""

from __future__ import annotations

import numpy as np
from scipy.stats import beta

from ensembles.distribution import LEVELS

MIN_SHARED = 0.5
"""Share of a case's weight that a past case must share with it to be comparable."""


def squared_distance(case: np.ndarray, past: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weighted mean of the squared differences over the predictors that both cases have.

    ``d² = Σ_p w_p·m_p·m'_p·(x_p − x'_p)² / Σ_p w_p·m_p·m'_p`` with m = 1 where a predictor is
    known, expanded into products of matrices.

    Parameters
    ----------
    case, past : ndarray, (…, case, predictor) and (…, past, predictor)
        Standardised predictors; missing is NaN.
    weight : ndarray, (predictor,) or (…, case, predictor)
        Non-negative.

    Returns
    -------
    ndarray of float32, (…, case, past)
        Infinite where the two share less than `MIN_SHARED` of the case's weight.

    Examples
    --------
    >>> import numpy as np
    >>> case, past = np.array([[0.0, 0.0]]), np.array([[1.0, 3.0], [1.0, np.nan]])
    >>> squared_distance(case, past, np.array([0.5, 0.5])).tolist()
    [[5.0, 1.0]]
    """
    w = weight.astype(np.float32)
    m, x = np.isfinite(case), np.nan_to_num(case)
    mass = w * m
    left = np.concatenate([mass * x * x, mass, -2 * mass * x], axis=-1)
    width = past.shape[-1]
    right = np.empty((*past.shape[:-1], 3 * width), np.float32)
    there, square, y = (right[..., i * width : (i + 1) * width] for i in range(3))
    there[...] = np.isfinite(past)
    np.copyto(y, past)
    if not there.all():
        y[there == 0] = 0
    np.multiply(y, y, out=square)
    total = left @ np.swapaxes(right, -1, -2)
    shared = mass @ np.swapaxes(there, -1, -2)
    least = np.maximum(MIN_SHARED * mass.sum(axis=-1, keepdims=True), 1e-9)
    few = shared < least
    np.maximum(total, 0, out=total)
    total /= np.maximum(shared, 1e-9)
    total[few] = np.inf
    return total


def order_weights(count: int) -> np.ndarray:
    """Weights of `count` ordered values in each quantile of `LEVELS`, (value, quantile).

    Harrell & Davis 1982, Biometrika 69, 635-640: the quantile is the mean of all order statistics
    under ``Beta((n + 1)τ, (n + 1)(1 − τ))``, smoother than picking two of them.

    Examples
    --------
    >>> order_weights(3)[:, 49].astype(float).round(3).tolist()  # the median of three
    [0.259, 0.481, 0.259]
    """
    edges = np.arange(count + 1)[:, None] / count
    cumulated = beta.cdf(edges, (count + 1) * LEVELS, (count + 1) * (1 - LEVELS))
    return np.diff(cumulated, axis=0).astype(np.float32)
