"""Sharpness of probabilities: how far a forecast dares to leave the mean.

A property of the forecast alone, to read beside its reliability. The sharpness of quantiles is
the width of their intervals.
"""

from __future__ import annotations

from math import inf

import xarray as xr

from verification.continuous.moments import without_rounding
from verification.probabilistic.reliability import FAMILY
from verification.score import Score
from verification.sums import check_family, ratio, weighted_mean


def probability_distribution(sums: xr.Dataset) -> xr.DataArray:
    """Share of the forecasts in each bin of the probability: the sharpness histogram.

    Parameters
    ----------
    sums : xarray.Dataset
        From `reliability_sums`.

    Returns
    -------
    xarray.DataArray
        By `bin` on the kept dimensions, adding up to 1; NaN without pairs.

    Raises
    ------
    ValueError
        If the sums are of another family.

    References
    ----------
    Wilks, D. S. (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., ch. 9.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import probability_distribution, reliability_sums
    >>> p = xr.DataArray([0.1, 0.2, 0.4, 0.9], dims="x")
    >>> probability_distribution(reliability_sums(p, p > 0.3, bins=[0, 0.5, 1])).values
    array([0.75, 0.25])
    """
    return weighted_mean(sums, FAMILY, "count").rename("probability_distribution")


def relative_sharpness(sums: xr.Dataset) -> xr.DataArray:
    """Variance of the probabilities over that of the observed events.

    (Σp²/N - p̄²) / (ō(1 - ō)). Range [0, ∞), perfect 1, best nearest to 1: a constant forecast has
    0, a perfect one 1; more is a forecast that says 0 and 1 more evenly than events are. For a
    reliable forecast it equals `relative_resolution`; where it is larger, the forecast is
    overconfident.

    Parameters
    ----------
    sums : xarray.Dataset
        From `reliability_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN when all pairs or none have the event.

    References
    ----------
    Murphy, A. H. and Winkler, R. L. (1992), International Journal of Forecasting 7, 435-455.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import relative_sharpness, reliability_sums
    >>> p = xr.DataArray([0.25, 0.25, 0.75, 0.75], dims="x")
    >>> sums = reliability_sums(p, xr.DataArray([0, 0, 1, 1], dims="x"))
    >>> float(relative_sharpness(sums))
    0.25
    """
    check_family(sums, FAMILY)
    mean, square, frequency = (
        ratio(sums[name].sum("bin"), sums["weight"])
        for name in ("probability", "probability_squared", "events")
    )
    variance = without_rounding(square - mean**2, square)
    return ratio(variance, frequency * (1.0 - frequency)).rename("relative_sharpness")


SCORES = (
    Score(
        "relative_sharpness",
        FAMILY,
        relative_sharpness,
        (0, inf),
        1.0,
        "nearest",
        "variance of probabilities over that of events",
        "相对锐度",
    ),
)
"""Scores of this file, by name in tables."""
