"""Spread of an ensemble beside the error of its mean.

Of a reliable ensemble of m members, the mean squared error of the mean is (m + 1)/m times the mean
variance of the members (with m - 1 in its denominator): the observed differs from the mean of the
m members by more than one member's share.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import xarray as xr

from verification.classes import count_pairs
from verification.pairs import sum_pairs
from verification.probabilistic.member_distances import count_flags
from verification.score import Score
from verification.sums import check_family, ratio, weighted_mean

FAMILY = "spread"
BINNED = "spread_error"

_VARIABLES: dict[str, tuple[str, ...]] = {
    "variance": (),
    "expected_squared_error": (),
    "squared_error": (),
}


def _terms(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    apart = np.subtract(x, y[..., None], dtype=np.float64)
    members = np.full(y.shape, x.shape[-1])
    total = np.einsum("...i->...", apart)
    missing = None
    if (np.isnan(total) & ~np.isnan(y)).any():
        missing = np.isnan(apart)
        members -= count_flags(missing)
        np.copyto(apart, 0.0, where=missing)
        total = np.einsum("...i->...", apart)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = total / members
        apart -= error[..., None]
        if missing is not None:
            np.copyto(apart, 0.0, where=missing)
        variance = np.einsum("...i,...i->...", apart, apart) / (members - 1)
        expected = variance * (members + 1) / members
    return (members > 1) & ~np.isnan(error), {
        "variance": variance,
        "expected_squared_error": expected,
        "squared_error": error * error,
    }


def spread_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    member_dim: str = "member",
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum the variance of ensembles and the squared error of their means.

    Parameters
    ----------
    fcst : xarray.DataArray
        Members along `member_dim`, e.g. (issue, lead, place, member). NaN members are left out
        of their pair; a pair with fewer than two members is left out.
    obs : xarray.DataArray
        Observed values in the same unit, without `member_dim`.
    member_dim : str
        Dimension of the members.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `spread`: sums of `variance` s² (with m - 1), of `expected_squared_error`
        s² (m + 1)/m and of `squared_error` (x̄ - y)², with `pairs` and `weight`.

    Raises
    ------
    ValueError
        If labels differ (see `check_aligned`), `member_dim` is missing, `keep` is unknown or
        weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import spread_sums
    >>> fcst = xr.DataArray([[1.0, 2.0, 6.0]], dims=("x", "member"))
    >>> sums = spread_sums(fcst, xr.DataArray([5.0], dims="x"))
    >>> [float(sums[n]) for n in ("variance", "squared_error")]
    [7.0, 4.0]
    """
    return sum_pairs(
        _terms,
        fcst,
        obs,
        family=FAMILY,
        variables=_VARIABLES,
        keep=keep,
        weights=weights,
        core=member_dim,
        dtype=None,
    )


def ensemble_spread(sums: xr.Dataset) -> xr.DataArray:
    """Root mean variance of the ensembles.

    √(Σs²/N), with m - 1 in the variance s². The mean is taken of variances, not of standard
    deviations, because only variances compare with a mean squared error. Range [0, ∞).

    Parameters
    ----------
    sums : xarray.Dataset
        From `spread_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions; NaN without pairs.

    References
    ----------
    Fortin, V. et al. (2014), J. Hydrometeorology 15, 1708-1713.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import ensemble_spread, spread_sums
    >>> fcst = xr.DataArray([[1.0, 3.0, 5.0]], dims=("x", "member"))
    >>> float(ensemble_spread(spread_sums(fcst, xr.DataArray([5.0], dims="x"))))
    2.0
    """
    return (weighted_mean(sums, FAMILY, "variance") ** 0.5).rename("ensemble_spread")


def ensemble_mean_rmse(sums: xr.Dataset) -> xr.DataArray:
    """Root mean squared error of the ensemble mean.

    √(Σ(x̄ - y)²/N). Range [0, ∞), perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `spread_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions; NaN without pairs.

    References
    ----------
    Fortin, V. et al. (2014), J. Hydrometeorology 15, 1708-1713.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import ensemble_mean_rmse, spread_sums
    >>> fcst = xr.DataArray([[1.0, 3.0, 5.0]], dims=("x", "member"))
    >>> float(ensemble_mean_rmse(spread_sums(fcst, xr.DataArray([5.0], dims="x"))))
    2.0
    """
    return (weighted_mean(sums, FAMILY, "squared_error") ** 0.5).rename("ensemble_mean_rmse")


def spread_skill_ratio(sums: xr.Dataset) -> xr.DataArray:
    """Spread of the ensembles beside the error of their mean.

    √(Σ s² (m + 1)/m / Σ(x̄ - y)²), s² with m - 1. Range [0, ∞), perfect 1, best nearest to 1;
    below 1 the ensemble is too sure of itself. A bias of the mean counts as error.

    Parameters
    ----------
    sums : xarray.Dataset
        From `spread_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs and where the error is zero.

    References
    ----------
    Fortin, V. et al. (2014), J. Hydrometeorology 15, 1708-1713.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import spread_skill_ratio, spread_sums
    >>> fcst = xr.DataArray([[1.0, 3.0, 5.0]], dims=("x", "member"))
    >>> round(float(spread_skill_ratio(spread_sums(fcst, xr.DataArray([5.0], dims="x")))), 4)
    1.1547
    """
    check_family(sums, FAMILY)
    found = ratio(sums["expected_squared_error"], sums["squared_error"])
    return (found**0.5).rename("spread_skill_ratio")


def spread_error_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    edges: Sequence[float],
    member_dim: str = "member",
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum variance and squared error of the mean within bins of the spread.

    Parameters
    ----------
    fcst, obs : xarray.DataArray
        As in `spread_sums`.
    edges : sequence of float
        Increasing bounds between the bins, in the unit of the input. A pair lies in the bin of
        the first edge that its standard deviation does not exceed; the last bin has no bound.
    member_dim, keep, weights
        As in `spread_sums`.

    Returns
    -------
    xarray.Dataset
        Family `spread_error`: `count`, `expected_squared_error` and `squared_error` by
        `spread_bin`, labelled by the upper bound of the bin; with `pairs` and `weight`.

    Raises
    ------
    ValueError
        If the edges do not increase, or as in `spread_sums`.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import spread_error_sums
    >>> fcst = xr.DataArray([[1.0, 3.0, 5.0], [1.0, 2.0, 3.0]], dims=("x", "member"))
    >>> sums = spread_error_sums(fcst, xr.DataArray([5.0, 3.0], dims="x"), edges=[1.5])
    >>> sums["squared_error"].values
    array([1., 4.])
    """
    bounds = np.asarray(edges, dtype=np.float64)
    if not (bounds.ndim == 1 and bounds.size and (np.diff(bounds) > 0).all()):
        raise ValueError(f"edges must increase, found {edges!r}")

    def classify(
        x: np.ndarray, y: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        valid, terms = _terms(x, y)
        return valid, np.searchsorted(bounds, np.sqrt(terms["variance"])), terms

    return count_pairs(
        classify,
        fcst,
        obs,
        family=BINNED,
        classes={"spread_bin": np.append(bounds, inf)},
        values=("expected_squared_error", "squared_error"),
        keep=keep,
        weights=weights,
        core=member_dim,
    )


def spread_error_bins(sums: xr.Dataset) -> xr.Dataset:
    """Points of the spread-error diagram: for each bin of the spread, spread and error.

    A reliable ensemble has equal `spread` √(Σ s² (m + 1)/m / n) and `error` √(Σ(x̄ - y)²/n) in
    every bin; a spread that says nothing about the day gives a flat line.

    Parameters
    ----------
    sums : xarray.Dataset
        From `spread_error_sums`.

    Returns
    -------
    xarray.Dataset
        `count` (sum of weights), `spread` and `error` in the unit of the input, by `spread_bin`;
        NaN in a bin without pairs.

    References
    ----------
    Leutbecher, M. and Palmer, T. N. (2008), J. Comput. Phys. 227, 3515-3539.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import spread_error_bins, spread_error_sums
    >>> fcst = xr.DataArray([[1.0, 3.0, 5.0], [1.0, 2.0, 3.0]], dims=("x", "member"))
    >>> sums = spread_error_sums(fcst, xr.DataArray([5.0, 3.0], dims="x"), edges=[1.5])
    >>> spread_error_bins(sums)["spread"].values.round(4)
    array([1.1547, 2.3094])
    """
    check_family(sums, BINNED)
    found = {"spread": "expected_squared_error", "error": "squared_error"}
    curves = {n: ratio(sums[v], sums["count"]) ** 0.5 for n, v in found.items()}
    return xr.Dataset({"count": sums["count"], **curves})


SCORES = (
    Score(
        "spread_skill_ratio",
        "spread",
        spread_skill_ratio,
        (0, inf),
        1.0,
        "nearest",
        "spread beside the error of the mean",
        "离散度与误差之比",
    ),
)
"""Scores of this file, by name in tables."""
