"""Linear pool: the mixture of the members' distributions, ``F(x) = Σ_m w_m F_m(x)``.

Where quantile averaging keeps the members' mean shape, the mixture keeps what they disagree on: it
is wider, and has two humps where they do (Stone 1961, Ann. Math. Stat. 32, 1339–1342; compared with
quantile averaging: Lichtendahl et al. 2013, Manage. Sci. 59, 1594–1611).
"""

from __future__ import annotations

import numpy as np

from ensembles.distribution import LEVELS
from ensembles.simplex import simplex_weights

CHUNK = 20000
"""Cases mixed at a time: bounds the memory."""
MASS = np.full(len(LEVELS), 0.01)
MASS[[0, -1]] = 0.015
"""Probability that each quantile stands for."""
MASS_BELOW = np.full(len(LEVELS), 0.005)
MASS_BELOW[0] = 0.01
"""Part of it that lies at or below the quantile."""


def mix(quantiles: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Quantiles of a mixture.

    Every quantile of a member is an atom of mass 0.01·w, the outermost two of 0.015·w; the
    mixture's distribution function at an atom counts the atoms below it and half of 0.01·w (at the
    lowest atom of a member all of 0.01·w), and is linear between atoms. With one member the result
    is that member's quantiles exactly.

    Parameters
    ----------
    quantiles : ndarray, (member, case, quantile)
        On `LEVELS`; a missing forecast is NaN.
    weights : ndarray, (member, case)
        Non-negative, of any sum; a missing forecast counts as weight zero.

    Returns
    -------
    ndarray of float32, (case, quantile)
        NaN where no weight is left.

    Examples
    --------
    >>> import numpy as np
    >>> far = np.stack([np.linspace(0, 1, 99), np.linspace(10, 11, 99)])[:, None, :]
    >>> found = mix(far, np.array([[0.5], [0.5]]))[0]
    >>> bool((found[:49] < 1.01).all() and (found[51:] > 9.99).all())
    True
    """
    weights = np.where(np.isfinite(quantiles[..., 0]), weights, 0)
    out = np.full(quantiles.shape[1:], np.nan, dtype=np.float32)
    used = np.flatnonzero(weights.sum(axis=1) > 0)
    for first in range(0, len(out), CHUNK):
        cases = slice(first, first + CHUNK)
        out[cases] = _mix(quantiles[used, cases], weights[used, cases])
    return out


def _mix(quantiles: np.ndarray, weights: np.ndarray) -> np.ndarray:
    members, count, _ = quantiles.shape
    total = weights.sum(axis=0) if members else np.zeros(count)
    known = np.flatnonzero(total > 0)
    out = np.full((count, len(LEVELS)), np.nan, dtype=np.float32)
    if not len(known):
        return out
    share = (weights[:, known] / total[known]).astype(np.float32)
    atoms = np.where(share[..., None] > 0, quantiles[:, known], np.nan)
    atoms = atoms.transpose(1, 0, 2).reshape(len(known), -1)
    order = np.argsort(atoms, axis=1)  # NaN goes last, and weighs nothing
    atoms = np.take_along_axis(atoms, order, axis=1)
    share = np.take_along_axis(share.T, order // len(LEVELS), axis=1).astype(np.float64)
    position = order % len(LEVELS)
    mass = share * MASS[position]
    below = np.cumsum(mass, axis=1) - mass + share * MASS_BELOW[position]
    # one search for all cases: each case's distribution function is moved to its own interval
    shift = np.arange(len(known))[:, None]
    at = np.searchsorted((below + shift).ravel(), (LEVELS + shift).ravel() - 1e-9)
    row = np.repeat(np.arange(len(known)), len(LEVELS))
    start = row * below.shape[1]
    upper = np.minimum(at, start + _last_weighted(mass)[row])
    lower = np.maximum(upper - 1, start)
    flat, level = atoms.ravel(), np.tile(LEVELS, len(known))
    low, high = below.ravel()[lower], below.ravel()[upper]
    part = np.clip((level - low) / np.maximum(high - low, 1e-12), 0, 1)
    value = flat[lower] + (flat[upper] - flat[lower]) * part
    out[known] = value.reshape(len(known), -1)
    return out


def _last_weighted(mass: np.ndarray) -> np.ndarray:
    """Position of each case's last atom of any mass: beyond it may lie missing members."""
    return mass.shape[1] - 1 - np.argmax(mass[:, ::-1] > 0, axis=1)


def pool_weights(quantiles: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Weights of the linear pool of least mean CRPS.

    The CRPS of a mixture is a quadratic of its weights,
    ``Σ_m w_m E|X_m − y| − ½ Σ_m Σ_n w_m w_n E|X_m − X_n|`` (Gneiting & Raftery 2007, J. Am. Stat.
    Assoc. 102, 359–378, eq. 21), convex on the simplex: the optimum is found from M + M² means.

    Parameters
    ----------
    quantiles : ndarray, (member, case, atom)
        Equally likely values of each member; no missing values.
    observed : ndarray, (case,)
        What came.

    Returns
    -------
    ndarray, (member,)
        Non-negative, of sum 1.

    Examples
    --------
    >>> import numpy as np
    >>> sure = np.array([[[5.0]], [[9.0]]])  # one case, one atom each
    >>> pool_weights(sure, np.array([5.0])).round(3).tolist()
    [1.0, 0.0]
    """
    count = len(quantiles)
    to_observed = np.abs(quantiles - observed[:, None]).mean(axis=(1, 2))
    between = np.zeros((count, count))
    distance = np.empty((*quantiles.shape[1:], quantiles.shape[2]))  # of atoms of two members
    for m in range(count):
        for n in range(m, count):
            np.subtract(quantiles[m][:, :, None], quantiles[n][:, None, :], out=distance)
            np.abs(distance, out=distance)
            between[m, n] = between[n, m] = distance.mean()
    size = max(float(np.abs(observed).mean()), 1e-9)
    to_observed, between = to_observed / size, between / size
    return simplex_weights(
        lambda w: (w @ to_observed - 0.5 * w @ between @ w, to_observed - between @ w),
        count,
        iterations=100,
        tolerance=1e-9,
    )
