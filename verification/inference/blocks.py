"""Length of the blocks of consecutive days that a bootstrap draws."""

from __future__ import annotations

from math import ceil, floor, log2, log10

import numpy as np

# Forecasts issued on consecutive days for the same ten valid days share their errors, so a
# block holds at least one forecast horizon.
_SHORTEST_BLOCK = 10

# Blocks come in lengths that grow by √2, so that scores of nearly equal persistence share theirs.
_STEPS_PER_OCTAVE = 2


def block_length(days: int) -> int:
    """Shortest default block: the cube root of the number of days, rounded up, at least 10.

    The cube root is the order that minimises the error of a variance (Künsch 1989); the bound
    keeps all forecasts that share a valid day in one block when leads reach ten days. Blocks of
    `block_bootstrap` are longer where the errors persist.

    Parameters
    ----------
    days : int
        Number of days in the sample.

    Returns
    -------
    int
        Days in a block.

    Examples
    --------
    >>> from verification import block_length
    >>> block_length(365), block_length(8000)
    (10, 20)
    """
    root = round(days ** (1 / 3))
    return max(_SHORTEST_BLOCK, root if root**3 >= days else root + 1)


def persistent_block(influence: np.ndarray) -> int:
    """Length of a block from the autocorrelation of the influence of each day.

    The length that minimises the error of the variance, (3/2 (G/g)² n)^(1/3) for circular
    blocks with g = Σ w(k) R(k), G = Σ |k| w(k) R(k), R the autocorrelation and w the flat-top
    window that opens where R turns insignificant. R is the mean over all groups, so that one
    length serves them all. It is rounded to a geometric series of lengths from `block_length` up
    and is at most a sixth of the sample, where that is more than `block_length`.

    Parameters
    ----------
    influence : numpy.ndarray
        (days, groups).

    Returns
    -------
    int
        Days in a block, at least `block_length`.

    References
    ----------
    Politis, D. N. and White, H. (2004), Econometric Reviews 23, 53-70; corrected by Patton, A.,
    Politis, D. N. and White, H. (2009), Econometric Reviews 28, 372-375.

    Examples
    --------
    >>> import numpy as np
    >>> from verification.inference.blocks import persistent_block
    >>> noise = np.random.default_rng(0).normal(size=(400, 1))
    >>> persistent_block(noise), persistent_block(np.cumsum(noise, axis=0))
    (10, 40)
    """
    days = len(influence)
    shortest = block_length(days)
    run = max(5, ceil(log10(days) ** 0.5))
    r = _mean_autocorrelation(influence, min(days - 1, ceil(days**0.5) + run))
    if len(r) <= run:
        return shortest
    small = np.abs(r[1:]) < 2 * (log10(days) / days) ** 0.5
    quiet = np.flatnonzero(np.lib.stride_tricks.sliding_window_view(small, run).all(axis=1))
    last = max(1, int(quiet[0]) if quiet.size else len(r) // 2)
    lag = np.arange(1, min(2 * last, len(r) - 1) + 1)
    window = np.clip(2 - lag / last, 0, 1)
    # A sum of autocorrelations near zero would make the blocks as long as one likes.
    g = max(0.1, 1 + 2 * float((window * r[lag]).sum()))
    best = (1.5 * (2 * float((window * lag * r[lag]).sum()) / g) ** 2 * days) ** (1 / 3)
    if min(best, days / 6) <= shortest:
        return shortest
    steps = round(_STEPS_PER_OCTAVE * log2(best / shortest))
    most = floor(_STEPS_PER_OCTAVE * log2(days / 6 / shortest))
    return round(shortest * 2 ** (min(steps, most) / _STEPS_PER_OCTAVE))


def _mean_autocorrelation(influence: np.ndarray, lags: int) -> np.ndarray:
    """Autocorrelation at lags 0 … `lags`, the mean over the groups that vary."""
    days = len(influence)
    square = (influence**2).sum(axis=0)
    u = influence[:, square > 0] / square[square > 0] ** 0.5
    if u.shape[1] == 0:
        return np.eye(1, lags + 1)[0]
    return np.array([(u[k:] * u[: days - k]).sum() for k in range(lags + 1)]) / u.shape[1]
