"""Flatness of a rank histogram beside what chance does to it."""

from __future__ import annotations

import numpy as np
import xarray as xr

from verification.probabilistic.rank_histogram import FAMILY
from verification.sums import check_family, ratio


def rank_delta(sums: xr.Dataset) -> xr.DataArray:
    """Flatness δ of the rank histogram beside what chance gives a reliable ensemble.

    δ = Σ_k (n_k - N/(m + 1))² / (N m/(m + 1)), with the counts n_k of N pairs. Range [0, ∞); near
    1 for a reliable ensemble of independent pairs, much larger for an unreliable one. Pairs that
    share their weather are not independent and raise it.

    Parameters
    ----------
    sums : xarray.Dataset
        From `rank_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    References
    ----------
    Candille, G. and Talagrand, O. (2005), Q. J. R. Meteorol. Soc. 131, 2131-2150.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import rank_delta, rank_sums
    >>> fcst = xr.DataArray([[1.0], [3.0]], dims=("x", "member"))
    >>> float(rank_delta(rank_sums(fcst, xr.DataArray([6.0, 4.0], dims="x"))))
    2.0
    """
    check_family(sums, FAMILY)
    ranks = sums.sizes["rank"]
    gap = sums["count"] - sums["weight"] / ranks
    return ratio((gap**2).sum("rank"), sums["weight"] * (ranks - 1) / ranks).rename("rank_delta")


def rank_chi_square(sums: xr.Dataset) -> xr.DataArray:
    """Chi-square of the rank histogram, split into bias, spread and the rest.

    T = Σ_k (n_k - e)²/e with e = N/(m + 1). The deviations are projected on a slope (`bias`) and
    on a parabola (`spread`), c_k of unit length, each of which takes (Σ c_k n_k)²/e out of T.
    For a reliable ensemble of independent pairs T follows χ² with m degrees of freedom, `bias`
    and `spread` with one each, `rest` with m - 2. With weights the counts are sums of weights,
    and only the shares of the parts mean something.

    Parameters
    ----------
    sums : xarray.Dataset
        From `rank_sums`, with at least two members.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions and `part`: total, bias, spread, rest; NaN without pairs.

    Raises
    ------
    ValueError
        If there are fewer than two members, or the sums are of another family.

    References
    ----------
    Jolliffe, I. T. and Primo, C. (2008), Monthly Weather Review 136, 2133-2139.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import rank_chi_square, rank_sums
    >>> fcst = xr.DataArray([[1.0, 2.0], [3.0, 7.0]], dims=("x", "member"))
    >>> rank_chi_square(rank_sums(fcst, xr.DataArray([6.0, 4.0], dims="x"))).values.round(6)
    array([1.  , 0.75, 0.25, 0.  ])
    """
    check_family(sums, FAMILY)
    ranks = sums.sizes["rank"]
    if ranks < 3:
        raise ValueError(f"bias and spread need at least two members, found {ranks - 1}")
    k = np.arange(ranks) - (ranks - 1) / 2
    shapes = [k, k * k - (k * k).mean()]
    contrasts = xr.DataArray(
        np.array([c / np.linalg.norm(c) for c in shapes]),
        {"part": ["bias", "spread"]},
        ["part", "rank"],
    )
    expected = sums["weight"] / ranks
    total = ratio(((sums["count"] - expected) ** 2).sum("rank"), expected)
    parts = ratio((sums["count"] * contrasts).sum("rank") ** 2, expected)
    rest = total - parts.sum("part", skipna=False)
    columns = [total.expand_dims(part=["total"]), parts, rest.expand_dims(part=["rest"])]
    return xr.concat(columns, "part").transpose(..., "part").rename("rank_chi_square")
