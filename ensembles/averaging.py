"""Quantile averaging: ``Q_τ = Σ_m w_m Q_τ,m`` (Ratcliff 1979, Psychol. Bull. 86, 446–461)."""

from __future__ import annotations

import numpy as np

from ensembles.simplex import simplex_weights


def average(quantiles: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Quantiles of the average.

    Parameters
    ----------
    quantiles : ndarray, (member, case, quantile)
        A missing forecast is NaN in its first quantile.
    weights : ndarray, (member, case)
        Non-negative, of any sum; a missing forecast counts as weight zero.

    Returns
    -------
    ndarray of float32, (case, quantile)
        NaN where no weight is left.

    Examples
    --------
    >>> import numpy as np
    >>> q = np.array([[[0.0, 4.0]], [[10.0, 10.0]], [[np.nan, np.nan]]])
    >>> average(q, np.array([[0.2], [0.2], [0.6]])).tolist()
    [[5.0, 7.0]]
    """
    total = np.zeros(quantiles.shape[1:], dtype=np.float32)
    mass = np.zeros(quantiles.shape[1], dtype=np.float32)
    for q, w in zip(quantiles, weights.astype(np.float32), strict=True):
        share = np.where(np.isfinite(q[:, 0]), w, np.float32(0))
        total += share[:, None] * np.nan_to_num(q)
        mass += share
    with np.errstate(invalid="ignore", divide="ignore"):
        return total / mass[:, None]


def averaging_weights(
    quantiles: np.ndarray, observed: np.ndarray, levels: np.ndarray
) -> np.ndarray:
    """Weights of least mean pinball loss of the averaged quantiles.

    Parameters
    ----------
    quantiles : ndarray, (member, case, level)
        No missing values.
    observed : ndarray, (case,)
        What came.
    levels : ndarray, (level,)
        Probability levels of the quantiles.

    Returns
    -------
    ndarray, (member,)
        Non-negative, of sum 1.

    Examples
    --------
    >>> import numpy as np
    >>> medians = np.array([[[4.0], [6.0]], [[8.0], [8.0]]])
    >>> averaging_weights(medians, np.array([5.0, 6.5]), np.array([0.5])).round(2).tolist()
    [0.75, 0.25]
    """
    scale = max(float(np.abs(observed).mean()), 1e-9)

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        error = observed[:, None] - np.tensordot(w, quantiles, axes=1)
        slope = np.where(error >= 0, levels, levels - 1)
        gradient = -np.tensordot(quantiles, slope, axes=2) / slope.size
        return float((slope * error).mean()) / scale, gradient / scale

    return simplex_weights(loss, len(quantiles), iterations=60, tolerance=1e-7)
