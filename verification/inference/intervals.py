"""Interval of a score from its resamples and from the influence of each day on it.

The spread of block resamples falls short of the spread of the score: blocks cut the dependence
at their ends, the sample has its own mean, and there are few blocks. How much it falls short is
told from the influence of each day on the score (the change when the day is left out).
Percentiles are then taken further out by that much, and shifted for median bias and skewness.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from verification.inference.persistence import persistence, variance_of_mean

# The shift for median bias and the skewness are told from few resamples or blocks: both bounded.
_LARGEST_SHIFT = 0.5
_LARGEST_SKEWNESS = 0.25
_SMALLEST_DIVISOR = 0.25

# Replicates that are sorted at once: 16 MB of float64.
_SLICE = 1 << 21


def influence_of_days(value: np.ndarray, left_out: np.ndarray) -> np.ndarray:
    """Influence of each day on a score, n - 1 times the change when the day is left out.

    Parameters
    ----------
    value : numpy.ndarray
        The score, (...).
    left_out : numpy.ndarray
        The score without each day, (days, ...).

    Returns
    -------
    numpy.ndarray
        (days, ...) with mean zero. Zero where leaving the day out makes the score undefined.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993), An Introduction to the Bootstrap, ch. 11.

    Examples
    --------
    >>> import numpy as np
    >>> from verification.inference.intervals import influence_of_days
    >>> x = np.array([1.0, 2.0, 6.0])  # of a mean: the deviations from it
    >>> influence_of_days(x.mean(), (x.sum() - x) / 2)
    array([-2., -1.,  3.])
    """
    with np.errstate(invalid="ignore"):
        change = (len(left_out) - 1) * (value - left_out)
    change[~np.isfinite(change)] = 0.0
    change -= change.mean(axis=0)
    return change


def adjusted_interval(
    value: np.ndarray, replicates: np.ndarray, influence: np.ndarray, block: int, level: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bias-corrected, accelerated percentiles, expanded for what blocks leave out.

    With z the t quantile of n / block - 1 degrees of freedom (there are n / block independent
    blocks) times `expansion`, the bounds are the replicates at the levels
    Φ(s + (s ± z) / (1 - a (s ± z))): s corrects median bias, a is the skewness of the mean of
    blocks over six. Bounds are values of replicates, so they stay in the range of the score.

    Parameters
    ----------
    value : numpy.ndarray
        The score, (...).
    replicates : numpy.ndarray
        Of the score, (replicates, ...). Undefined ones are left out.
    influence : numpy.ndarray
        (days, ...), from `influence_of_days`.
    block : int
        Days in a block.
    level : float
        Confidence level.

    Returns
    -------
    low, high, p : numpy.ndarray
        Bounds of the interval, and the two-sided p-value of the value being zero, of its ratio
        to the expanded standard deviation of the replicates (t distribution).

    References
    ----------
    Efron, B. (1987), J. Amer. Statist. Assoc. 82, 171-185 (levels); Hesterberg, T. C. (2015),
    The American Statistician 69, 371-386 (expanded percentiles).

    Examples
    --------
    >>> import numpy as np
    >>> from verification.inference.intervals import adjusted_interval
    >>> x = np.random.default_rng(0).normal(size=100)
    >>> means = np.random.default_rng(1).choice(x, (2000, 100)).mean(axis=1)
    >>> low, high, p = adjusted_interval(x.mean(), means, x - x.mean(), 1, 0.95)
    >>> bool(low < x.mean() < high), bool(p > 0.05)
    (True, True)
    """
    flat = [x.reshape(-1, value.size) for x in (value, replicates, influence)]
    step = max(1, _SLICE // max(1, len(replicates)))
    found = np.empty((3, value.size))
    with np.errstate(divide="ignore", invalid="ignore"):
        for start in range(0, value.size, step):
            at = slice(start, start + step)
            one, replicated, influences = (x[:, at] for x in flat)
            found[:, at] = _interval(one[0], replicated, influences, block, level)
    low, high, p = found.reshape(3, *value.shape)
    return low, high, p


def _interval(
    value: np.ndarray, replicates: np.ndarray, influence: np.ndarray, block: int, level: float
) -> np.ndarray:
    """Interval and p-value, (3, groups), from (groups,), (replicates, groups), (days, groups)."""
    ordered = np.sort(replicates.T, axis=1)
    defined = (~np.isnan(ordered)).sum(axis=1)
    spread = _standard_deviation(ordered)
    freedom = max(1.0, len(influence) / block - 1)
    wider = expansion(influence, block)
    z = wider * stats.t.ppf((1 + level) / 2, freedom)
    shift = _median_bias(value, ordered, spread, defined)
    skewness = _acceleration(influence, block)
    bounds = []
    for end in (shift - z, shift + z):
        level_there = stats.norm.cdf(
            shift + end / np.maximum(1 - skewness * end, _SMALLEST_DIVISOR)
        )
        bounds.append(_quantile(ordered, level_there, defined))
    statistic = np.where(value == 0, 0.0, np.abs(value) / (wider * spread))
    found = np.stack([*bounds, 2 * stats.t.sf(statistic, freedom)])
    return np.where(np.isnan(value) | (defined == 0), np.nan, found)


def _standard_deviation(values: np.ndarray) -> np.ndarray:
    """Of the finite values of each row."""
    finite = np.isfinite(values)
    number = finite.sum(axis=1)
    mean = np.where(finite, values, 0.0).sum(axis=1) / number
    return (np.where(finite, values - mean[:, None], 0.0) ** 2).sum(axis=1) ** 0.5 / number**0.5


def expansion(influence: np.ndarray, block: int) -> np.ndarray:
    """Ratio of the standard deviation of a score to that of its block resamples.

    For an autocorrelation r^k of the influence, with r from `persistence`: the mean of n days has
    the variance V(n) of `variance_of_mean`, and circular blocks of l days resample it with
    1/n (1 + 2 Σ (1 - k/l) (1 - k/n) r^k) - V(n) l/n.

    Parameters
    ----------
    influence : numpy.ndarray
        (days, groups), with mean zero.
    block : int
        Days in a block.

    Returns
    -------
    numpy.ndarray
        (groups,), at least 1.

    References
    ----------
    Künsch, H. R. (1989), Annals of Statistics 17, 1217-1241, sect. 3.

    Examples
    --------
    >>> import numpy as np
    >>> from verification.inference.intervals import expansion
    >>> expansion(np.tile([[1.0], [-1.0]], (50, 1)), 10)  # r below 0 counts as 0: 1 / √(1 - 10/100)
    array([1.05409255])
    """
    days = len(influence)
    r = persistence(influence, days)
    whole = days * variance_of_mean(r, days)
    blocks = 1 - whole * block / days
    for lag in range(1, block):
        blocks += 2 * (1 - lag / block) * (1 - lag / days) * r**lag
    return np.maximum(1.0, whole / np.maximum(blocks, whole / 9)) ** 0.5


def _median_bias(
    value: np.ndarray, ordered: np.ndarray, spread: np.ndarray, defined: np.ndarray
) -> np.ndarray:
    """Normal quantile of the share of replicates below the value, ties counting half."""
    slack = 1e-9 * np.where(np.isfinite(spread), spread, 0.0)
    below = (ordered < (value - slack)[:, None]).sum(axis=1)
    up_to = (ordered <= (value + slack)[:, None]).sum(axis=1)
    shift = stats.norm.ppf((below + up_to) / (2 * np.maximum(defined, 1)))
    return np.clip(np.nan_to_num(shift), -_LARGEST_SHIFT, _LARGEST_SHIFT)


def _acceleration(influence: np.ndarray, block: int) -> np.ndarray:
    """A sixth of the skewness of the mean over blocks."""
    days = len(influence)
    running = np.cumsum(np.concatenate([influence, influence[: block - 1]]), axis=0)
    sums = running[block - 1 :].copy()
    sums[1:] -= running[: days - 1]
    a = (sums**3).mean(axis=0) / (6 * (sums**2).mean(axis=0) ** 1.5 * (days / block) ** 0.5)
    return np.clip(np.nan_to_num(a), -_LARGEST_SKEWNESS, _LARGEST_SKEWNESS)


def _quantile(ordered: np.ndarray, at: np.ndarray, defined: np.ndarray) -> np.ndarray:
    """Quantile of each row at its own level, linear between the defined values."""
    position = np.clip(at, 0, 1) * np.maximum(defined - 1, 0)
    lower = np.floor(position).astype(int)
    upper = np.minimum(lower + 1, np.maximum(defined - 1, 0))
    row = np.arange(len(ordered))
    a, b = ordered[row, lower], ordered[row, upper]
    share = position - lower
    return np.where((share == 0) | (a == b), a, a + (b - a) * share)
