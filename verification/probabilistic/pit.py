"""Where observations fall among forecast quantiles: the histogram of the PIT.

The probability integral transform (PIT) of an observation is the level at which the forecast
distribution holds it. Of a calibrated forecast it is uniform: each bin between neighbouring
levels gets the share of the levels between its edges, the nominal share.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from verification.pairs import sum_pairs
from verification.probabilistic.quantiles import quantile_levels
from verification.score import Score
from verification.sums import check_family, ratio

FAMILY = "pit"


def pit_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Count observations between neighbouring quantiles.

    An observation that equals quantiles belongs to every bin that they bound, in proportion to
    the nominal shares (the non-randomised PIT): with the quantiles 0, 0, 0, 5 at 0.2, 0.4, 0.6,
    0.8 an observed 0 is counted as a quarter in each of the first four bins. So a forecast that
    rightly puts a mass at zero has a flat histogram.

    Parameters
    ----------
    fcst : xarray.DataArray
        Quantiles, with a dimension `quantile` whose labels are the levels, increasing within
        (0, 1), e.g. (issue, lead, place, quantile). A pair with any quantile NaN is left out.
        Where quantiles cross, a pair is shared by all bins whose two edges enclose it.
    obs : xarray.DataArray
        Observed values in the same unit, without `quantile`.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `pit`: `count` by `bin`, labelled with the level of its lower edge (the first with
        0), with `pairs` and `weight`. Sums of different levels do not merge.

    Raises
    ------
    ValueError
        If the levels are missing or not increasing within (0, 1), labels differ (see
        `check_aligned`), `keep` is unknown or weights are invalid.

    References
    ----------
    Czado, C., Gneiting, T. and Held, L. (2009), Biometrics 65, 1254-1261.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import pit_sums
    >>> fcst = xr.DataArray([[1.0, 2.0, 4.0]] * 3, dims=("x", "quantile"),
    ...                     coords={"quantile": [0.25, 0.5, 0.75]})
    >>> pit_sums(fcst, xr.DataArray([3.0, 9.0, 2.0], dims="x"))["count"].values
    array([0. , 0.5, 1.5, 1. ])
    """
    lower = np.append(0.0, np.round(quantile_levels(fcst), 6))
    nominal = np.diff(lower, append=1.0)

    def terms(q: np.ndarray, o: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        y = o[..., None]
        touched = np.ones((*o.shape, lower.size), dtype=bool)
        np.greater_equal(y, q, out=touched[..., 1:])
        touched[..., :-1] &= y <= q
        valid = ~(np.isnan(q).any(axis=-1) | np.isnan(o))
        share = touched.astype(np.float64)
        tied = valid & (np.count_nonzero(touched, axis=-1) > 1)
        if tied.any():
            parts = touched[tied] * nominal
            share[tied] = parts / parts.sum(axis=-1, keepdims=True)
        return valid, {"count": share}

    return sum_pairs(
        terms,
        fcst,
        obs,
        family=FAMILY,
        variables={"count": ("bin",)},
        keep=keep,
        weights=weights,
        core="quantile",
        coords={"bin": lower},
    )


def _nominal(sums: xr.Dataset) -> xr.DataArray:
    """Nominal share of every bin."""
    check_family(sums, FAMILY)
    lower = sums["bin"]
    return lower.copy(data=np.diff(lower.values, append=1.0)).rename("nominal")


def pit_histogram(sums: xr.Dataset) -> xr.Dataset:
    """Share of the observations in every bin between neighbouring levels.

    Parameters
    ----------
    sums : xarray.Dataset
        From `pit_sums`.

    Returns
    -------
    xarray.Dataset
        `share` by `bin` on the kept dimensions, NaN without pairs; `nominal`, the share that a
        calibrated forecast has; and `density`, the first over the second, 1 throughout when
        calibrated.

    Raises
    ------
    ValueError
        If the sums are of another family.

    References
    ----------
    Gneiting, T., Balabdaoui, F. and Raftery, A. E. (2007), J. R. Stat. Soc. B 69, 243-268.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import pit_histogram, pit_sums
    >>> fcst = xr.DataArray([[1.0, 4.0]] * 4, dims=("x", "quantile"),
    ...                     coords={"quantile": [0.25, 0.75]})
    >>> found = pit_histogram(pit_sums(fcst, xr.DataArray([0.0, 2.0, 3.0, 9.0], dims="x")))
    >>> found["share"].values, found["density"].values
    (array([0.25, 0.5 , 0.25]), array([1., 1., 1.]))
    """
    nominal = _nominal(sums)
    share = ratio(sums["count"], sums["weight"])
    return xr.Dataset({"share": share, "nominal": nominal, "density": share / nominal})


def pit_reliability_index(sums: xr.Dataset) -> xr.DataArray:
    """Reliability index: distance of the PIT histogram from a flat one.

    Σ over the bins of |share - nominal share|. Range [0, 2], perfect 0, smaller is better. Chance
    alone makes it about √(2K / (π N)) for N independent pairs in K equal bins.

    Parameters
    ----------
    sums : xarray.Dataset
        From `pit_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    References
    ----------
    Delle Monache, L. et al. (2006), J. Geophys. Res. 111, D24307.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import pit_reliability_index, pit_sums
    >>> fcst = xr.DataArray([[1.0, 4.0]] * 4, dims=("x", "quantile"),
    ...                     coords={"quantile": [0.25, 0.75]})
    >>> obs = xr.DataArray([0.0, 0.5, 3.0, 9.0], dims="x")
    >>> float(pit_reliability_index(pit_sums(fcst, obs)))
    0.5
    """
    found = pit_histogram(sums)
    gap = abs(found["share"] - found["nominal"])
    return gap.sum("bin", skipna=False).rename("pit_reliability_index")


def _moments(sums: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Mean of the PIT and of its square, taken as uniform within each bin."""
    nominal = _nominal(sums)
    middle = sums["bin"] + nominal / 2.0
    share = ratio(sums["count"], sums["weight"])
    square = middle**2 + nominal**2 / 12.0
    return (share * middle).sum("bin", skipna=False), (share * square).sum("bin", skipna=False)


def pit_mean(sums: xr.Dataset) -> xr.DataArray:
    """Mean of the PIT: below 1/2 forecasts lie too high, above it too low.

    Taken as uniform within each bin. Range [0, 1], perfect 1/2, best nearest to it.

    Parameters
    ----------
    sums : xarray.Dataset
        From `pit_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    References
    ----------
    Gneiting, T., Balabdaoui, F. and Raftery, A. E. (2007), J. R. Stat. Soc. B 69, 243-268.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import pit_mean, pit_sums
    >>> fcst = xr.DataArray([[2.0, 4.0]] * 2, dims=("x", "quantile"),
    ...                     coords={"quantile": [0.25, 0.75]})
    >>> float(pit_mean(pit_sums(fcst, xr.DataArray([1.0, 3.0], dims="x"))))
    0.3125
    """
    return _moments(sums)[0].rename("pit_mean")


def pit_variance(sums: xr.Dataset) -> xr.DataArray:
    """Variance of the PIT: above 1/12 forecasts are too narrow (or biased), below it too wide.

    Taken as uniform within each bin. Range [0, 1/4], perfect 1/12, best nearest to it.

    Parameters
    ----------
    sums : xarray.Dataset
        From `pit_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    References
    ----------
    Gneiting, T., Balabdaoui, F. and Raftery, A. E. (2007), J. R. Stat. Soc. B 69, 243-268.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import pit_sums, pit_variance
    >>> fcst = xr.DataArray([[2.0, 4.0]] * 4, dims=("x", "quantile"),
    ...                     coords={"quantile": [0.25, 0.75]})
    >>> sums = pit_sums(fcst, xr.DataArray([1.0, 3.0, 3.0, 9.0], dims="x"))
    >>> round(float(pit_variance(sums)), 6) == round(1 / 12, 6)
    True
    """
    mean, square = _moments(sums)
    return (square - mean**2).rename("pit_variance")


SCORES = (
    Score(
        "pit_reliability_index",
        FAMILY,
        pit_reliability_index,
        (0, 2),
        0.0,
        "smaller",
        "reliability index of the PIT histogram",
        "PIT直方图可靠性指数",
    ),
    Score("pit_mean", FAMILY, pit_mean, (0, 1), 1 / 2, "nearest", "mean of the PIT", "PIT均值"),
    Score(
        "pit_variance",
        FAMILY,
        pit_variance,
        (0, 1 / 4),
        1 / 12,
        "nearest",
        "variance of the PIT",
        "PIT方差",
    ),
)
"""Scores of this file, by name in tables."""
