"""The log-normal distribution: its CRPS in closed form, with the gradient."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr


def crps_lognormal(
    y: np.ndarray, location: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """CRPS of a log-normal distribution, and its gradient.

    With ``z = (log y − μ)/σ``, ``m = exp(μ + σ²/2)`` the mean and
    ``A = Φ(z − σ) + Φ(σ/√2) − 1``::

        CRPS = y·(2Φ(z) − 1) − 2m·A
        ∂/∂μ = −2m·A
        ∂/∂σ = 2y·φ(z) − 2mσ·A − √2·m·φ(σ/√2)

    Parameters
    ----------
    y : ndarray
        What came, above zero.
    location, scale : ndarray
        μ and σ of the logarithm; σ is positive.

    Returns
    -------
    crps, by_location, by_scale : ndarray
        The score and its derivatives by μ and σ. NaN where an argument is NaN.

    References
    ----------
    Baran & Lerch 2015, Q. J. R. Meteorol. Soc. 141, 2289, equation (6).

    Examples
    --------
    >>> import numpy as np
    >>> score, _, _ = crps_lognormal(np.array([1.0]), np.array([0.0]), np.array([0.1]))
    >>> score.round(4).tolist()  # nearly the normal's: 0.1·(2φ(0) − 1/√π)
    [0.0234]
    """
    z = (np.log(y) - location) / scale
    mean = np.exp(location + scale**2 / 2)
    part = ndtr(z - scale) + ndtr(scale / np.sqrt(2)) - 1
    by_location = -2 * mean * part
    by_scale = 2 * y * _density(z) + scale * by_location
    by_scale -= np.sqrt(2) * mean * _density(scale / np.sqrt(2))
    return y * (2 * ndtr(z) - 1) + by_location, by_location, by_scale


def _density(z: np.ndarray) -> np.ndarray:
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
