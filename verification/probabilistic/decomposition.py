"""The Brier score taken apart: reliability, resolution, uncertainty, and what lies within bins."""

from __future__ import annotations

from math import inf

import xarray as xr

from verification.probabilistic.reliability import FAMILY, check_unweighted
from verification.score import Score
from verification.sums import check_family, ratio


def brier_decomposition(sums: xr.Dataset, *, bias_corrected: bool = False) -> xr.Dataset:
    """Parts of the Brier score, which add up to it exactly.

    BS = reliability - resolution + uncertainty + within_bin_variance - within_bin_covariance.
    With n_k pairs of mean probability p̄_k and observed frequency ō_k in bin k, N and ō over all:
    reliability Σn_k(p̄_k - ō_k)² / N, resolution Σn_k(ō_k - ō)² / N, uncertainty ō(1 - ō); the
    last two are Σ(p - p̄_k)² / N and 2Σ(p - p̄_k)(o - ō_k) / N over the pairs, and vanish when
    each bin holds one probability.

    Parameters
    ----------
    sums : xarray.Dataset
        From `reliability_sums`.
    bias_corrected : bool
        Take out what the finite number of pairs adds: reliability and resolution both lose
        Σ n_k/(n_k - 1) ō_k(1 - ō_k) / N, and resolution and uncertainty both gain
        ō(1 - ō) / (N - 1). Their sum stays; reliability may become negative. A bin of one pair
        cannot be corrected and stays as it is. Needs sums without weights.

    Returns
    -------
    xarray.Dataset
        The five parts on the kept dimensions; NaN without pairs, and the corrected resolution
        and uncertainty also with a single pair.

    Raises
    ------
    ValueError
        If the sums are of another family, or weighted although a correction is asked for.

    References
    ----------
    Murphy, A. H. (1973), Journal of Applied Meteorology 12, 595-600; Stephenson, D. B.,
    Coelho, C. A. S. and Jolliffe, I. T. (2008), Weather and Forecasting 23, 752-757; Ferro,
    C. A. T. and Fricker, T. E. (2012), Q. J. R. Meteorol. Soc. 138, 1954-1960.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import brier_decomposition, reliability_sums
    >>> p = xr.DataArray([0.2, 0.2, 0.8, 0.8], dims="x")
    >>> sums = reliability_sums(p, xr.DataArray([0, 0, 0, 1], dims="x"))
    >>> parts = brier_decomposition(sums)
    >>> [round(float(parts[n]), 4) for n in ("reliability", "resolution", "uncertainty")]
    [0.065, 0.0625, 0.1875]
    """
    check_family(sums, FAMILY)
    count, total = sums["count"], sums["weight"]
    # An empty bin has no means and takes no part: skipped by the sums over the bins.
    mean, frequency = (ratio(sums[n], count) for n in ("probability", "events"))
    overall = ratio(sums["events"].sum("bin"), total)
    pooled = (count * mean**2).sum("bin"), (count * mean * frequency).sum("bin")
    reliability = ratio((count * (mean - frequency) ** 2).sum("bin"), total)
    resolution = ratio((count * (frequency - overall) ** 2).sum("bin"), total)
    uncertainty = overall * (1.0 - overall)
    if bias_corrected:
        check_unweighted(sums)
        noise = count / (count - 1.0).where(count > 1) * frequency * (1.0 - frequency)
        gain = ratio(uncertainty, total - 1.0)
        reliability = reliability - ratio(noise.sum("bin"), total)
        resolution = resolution - ratio(noise.sum("bin"), total) + gain
        uncertainty = uncertainty + gain
    return xr.Dataset(
        {
            "reliability": reliability,
            "resolution": resolution,
            "uncertainty": uncertainty,
            "within_bin_variance": ratio(sums["probability_squared"].sum("bin") - pooled[0], total),
            "within_bin_covariance": ratio(
                2.0 * (sums["probability_events"].sum("bin") - pooled[1]), total
            ),
        }
    )


def brier_reliability(sums: xr.Dataset) -> xr.DataArray:
    """Reliability part of the Brier score: how far probabilities are from observed frequencies.

    Σ n_k(p̄_k - ō_k)² / N over bins of the probability, see `brier_decomposition`. Range [0, 1],
    perfect 0, smaller is better. Chance alone makes it about K ō(1 - ō) / N for K bins.

    Parameters
    ----------
    sums : xarray.Dataset
        From `reliability_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    References
    ----------
    Murphy, A. H. (1973), Journal of Applied Meteorology 12, 595-600.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import brier_reliability, reliability_sums
    >>> p = xr.DataArray([0.5, 0.5, 1.0, 1.0], dims="x")
    >>> sums = reliability_sums(p, xr.DataArray([0, 0, 1, 1], dims="x"))
    >>> float(brier_reliability(sums))
    0.125
    """
    return brier_decomposition(sums)["reliability"].rename("brier_reliability")


def relative_resolution(sums: xr.Dataset) -> xr.DataArray:
    """Resolution as a share of uncertainty: how much of the outcome the forecast tells apart.

    (resolution - within_bin_variance + within_bin_covariance) / uncertainty, see
    `brier_decomposition`. The Brier skill score is this less reliability / uncertainty, so it is
    the skill of a forecast that is reliable in every bin. Range (-∞, 1], perfect 1, larger is
    better.

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
    Stephenson, D. B., Coelho, C. A. S. and Jolliffe, I. T. (2008), Weather and Forecasting 23,
    752-757 (generalised resolution).

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import reliability_sums, relative_resolution
    >>> p = xr.DataArray([0.1, 0.1, 0.6, 0.6], dims="x")
    >>> sums = reliability_sums(p, xr.DataArray([0, 0, 1, 1], dims="x"))
    >>> round(float(relative_resolution(sums)), 12)
    1.0
    """
    parts = brier_decomposition(sums)
    within = parts["within_bin_covariance"] - parts["within_bin_variance"]
    share = ratio(parts["resolution"] + within, parts["uncertainty"])
    # Rounding may carry a full resolution past one.
    return share.clip(max=1.0).rename("relative_resolution")


SCORES = (
    Score(
        "brier_reliability",
        FAMILY,
        brier_reliability,
        (0, 1),
        0.0,
        "smaller",
        "reliability of the Brier score",
        "布赖尔评分可靠性",
    ),
    Score(
        "relative_resolution",
        FAMILY,
        relative_resolution,
        (-inf, 1),
        1.0,
        "larger",
        "resolution over uncertainty",
        "相对分辨能力",
    ),
)
"""Scores of this file, by name in tables."""
