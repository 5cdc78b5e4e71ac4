"""Day-to-day persistence of a series, and the variance of a mean that follows from it.

Blocks and kernels see a dependence only as far as they reach, and from a mean that is itself
estimated. How much of the variance they miss is told from an autocorrelation r^k at k days.
"""

from __future__ import annotations

import numpy as np

# A first-order autocorrelation above this asks for more days than any sample here has.
_LARGEST_AUTOCORRELATION = 0.95


def persistence(series: np.ndarray, days: int | np.ndarray) -> np.ndarray:
    """Autocorrelation from day to day, r of n - 1 pairs plus (1 + 3 r) / n for its bias.

    Parameters
    ----------
    series : numpy.ndarray
        (days, groups), with mean zero; zero where a day is missing.
    days : int or numpy.ndarray
        Number of days n that are not missing, one or (groups,).

    Returns
    -------
    numpy.ndarray
        (groups,), in 0 to 0.95: a negative autocorrelation counts as none. That of a constant
        is only the correction, 1/n.

    References
    ----------
    Kendall, M. G. (1954), Biometrika 41, 403-404.

    Examples
    --------
    >>> import numpy as np
    >>> from verification.inference.persistence import persistence
    >>> persistence(np.array([[1.0], [1.0], [-1.0], [-1.0]]), 4)  # 1/3 + (1 + 3/3) / 4
    array([0.83333333])
    """
    square = (series**2).sum(axis=0) * (days - 1) / days
    r = (series[1:] * series[:-1]).sum(axis=0) / np.where(square > 0, square, 1.0)
    return np.clip(r + (1 + 3 * r) / days, 0, _LARGEST_AUTOCORRELATION)


def variance_of_mean(r: np.ndarray, days: int | np.ndarray) -> np.ndarray:
    """Variance of the mean of n days over that of one day, (1 + 2 Σ (1 - k/n) r^k) / n.

    Parameters
    ----------
    r : numpy.ndarray
        Autocorrelation from day to day, below 1; r^k at k days.
    days : int or numpy.ndarray
        Number of days n.

    Returns
    -------
    numpy.ndarray
        Of the shape of `r`; 1/n without persistence.

    Examples
    --------
    >>> import numpy as np
    >>> from verification.inference.persistence import variance_of_mean
    >>> variance_of_mean(np.array([0.0, 0.5]), 2)  # 1/2 and (1 + 2 · 1/2 · 0.5) / 2
    array([0.5 , 0.75])
    """
    return (1 + 2 * (r / (1 - r) - r * (1 - r**days) / (days * (1 - r) ** 2))) / days
