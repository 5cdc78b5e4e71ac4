"""CRPS of an ensemble, by both estimators."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import xarray as xr

from verification.dimensions import pair_sizes
from verification.pairs import pair_blocks, sum_pairs
from verification.probabilistic.member_distances import (
    Estimator,
    crps_by_estimator,
    crps_parts,
    sorted_departures,
)
from verification.score import Score
from verification.sums import check_aligned, check_family, ratio, weighted_mean

FAMILY = "ensemble"


def crps_ensemble(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    member_dim: str = "member",
    estimator: Estimator = "nrg",
) -> xr.DataArray:
    """Continuous ranked probability score of every pair.

    `nrg` scores the empirical distribution of the m members,
    1/m Σ|x_i - y| - 1/m² Σ_{i<j} |x_i - x_j|; `fair` estimates the score of the distribution they
    were drawn from, with 1/(m(m - 1)) in the second term, and can be negative. Range [0, ∞) for
    `nrg`, perfect 0, smaller is better.

    Parameters
    ----------
    fcst : xarray.DataArray
        Members along `member_dim`, e.g. (issue, lead, place, member). NaN members are left out
        of their pair.
    obs : xarray.DataArray
        Observed values in the same unit, without `member_dim`.
    member_dim : str
        Dimension of the members.
    estimator : {"nrg", "fair"}
        Which of the two; a printed figure names it.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, float64, on the dimensions of the pairs; NaN where the observed
        or all members are missing, and for `fair` with a single member.

    Raises
    ------
    ValueError
        If labels differ (see `check_aligned`), `member_dim` is missing or `estimator` unknown.

    References
    ----------
    Gneiting, T. and Raftery, A. E. (2007), J. Am. Stat. Assoc. 102, 359-378;
    Ferro, C. A. T. (2014), Q. J. R. Meteorol. Soc. 140, 1917-1923.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import crps_ensemble
    >>> fcst = xr.DataArray([[1.0, 2.0, 5.0]], dims=("x", "member"))
    >>> obs = xr.DataArray([3.0], dims="x")
    >>> crps_ensemble(fcst, obs, estimator="nrg").values.round(6)
    array([0.777778])
    >>> crps_ensemble(fcst, obs, estimator="fair").values.round(6)
    array([0.333333])
    """
    if estimator not in ("nrg", "fair"):
        raise ValueError(f"estimator must be one of ['nrg', 'fair'], found {estimator!r}")
    sizes = pair_sizes(fcst, obs, core=member_dim)
    check_aligned(fcst, obs)
    values = np.empty(tuple(sizes.values()))
    for where, (x, y) in pair_blocks((fcst, obs), sizes, member_dim, dtype=None):
        values[where] = crps_by_estimator(*crps_parts(sorted_departures(x, y)), estimator)
    coords = {**obs.coords, **fcst.coords}
    beside = {n: c.variable for n, c in coords.items() if member_dim not in c.dims}
    return xr.DataArray(values, beside, tuple(sizes), name=f"crps_{estimator}")


def _terms(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    parts = crps_parts(sorted_departures(x, y))
    members = parts[0]
    several = members > 1
    return members > 0, {
        "crps_nrg": crps_by_estimator(*parts, "nrg"),
        "crps_fair": np.where(several, crps_by_estimator(*parts, "fair"), 0.0),
        "weight_fair": several,
    }


def ensemble_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    member_dim: str = "member",
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum the CRPS of an ensemble by both estimators, see `crps_ensemble`.

    Parameters
    ----------
    fcst : xarray.DataArray
        Members along `member_dim`, e.g. (issue, lead, place, member). NaN members are left out
        of their pair; a pair without any member is left out.
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
        Family `ensemble`: sums of `crps_nrg`, of `crps_fair` over the pairs with at least two
        members and the weight of these pairs `weight_fair`, with `pairs` and `weight`.

    Raises
    ------
    ValueError
        If labels differ (see `check_aligned`), `member_dim` is missing, `keep` is unknown or
        weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import crps_nrg, ensemble_sums
    >>> fcst = xr.DataArray([[1.0, 2.0, 5.0], [3.0, 3.0, 3.0]], dims=("x", "member"))
    >>> obs = xr.DataArray([3.0, 3.0], dims="x")
    >>> float(crps_nrg(ensemble_sums(fcst, obs)).round(6))
    0.388889
    """
    return sum_pairs(
        _terms,
        fcst,
        obs,
        family=FAMILY,
        variables={"crps_nrg": (), "crps_fair": (), "weight_fair": ()},
        keep=keep,
        weights=weights,
        core=member_dim,
        dtype=None,
    )


def crps_nrg(sums: xr.Dataset) -> xr.DataArray:
    """Mean CRPS of the ensembles as they are (energy form).

    Mean of 1/m Σ|x_i - y| - 1/m² Σ_{i<j} |x_i - x_j|. Range [0, ∞), perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `ensemble_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions; NaN without pairs.

    References
    ----------
    Gneiting, T. and Raftery, A. E. (2007), J. Am. Stat. Assoc. 102, 359-378.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import crps_nrg, ensemble_sums
    >>> fcst = xr.DataArray([[1.0, 3.0]], dims=("x", "member"))
    >>> float(crps_nrg(ensemble_sums(fcst, xr.DataArray([1.0], dims="x"))))
    0.5
    """
    return weighted_mean(sums, FAMILY, "crps_nrg").rename("crps_nrg")


def crps_fair(sums: xr.Dataset) -> xr.DataArray:
    """Mean CRPS of the distributions behind the ensembles (fair estimator).

    Mean of 1/m Σ|x_i - y| - 1/(m(m - 1)) Σ_{i<j} |x_i - x_j|, which does not depend on m in
    expectation. Range (-∞, ∞), perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `ensemble_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions; NaN without a pair of two or more
        members.

    References
    ----------
    Ferro, C. A. T. (2014), Q. J. R. Meteorol. Soc. 140, 1917-1923.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import crps_fair, ensemble_sums
    >>> fcst = xr.DataArray([[1.0, 3.0]], dims=("x", "member"))
    >>> float(crps_fair(ensemble_sums(fcst, xr.DataArray([0.0], dims="x"))))
    1.0
    """
    check_family(sums, FAMILY)
    return ratio(sums["crps_fair"], sums["weight_fair"]).rename("crps_fair")


SCORES = (
    Score(
        "crps_nrg",
        "ensemble",
        crps_nrg,
        (0, inf),
        0.0,
        "smaller",
        "CRPS, energy form",
        "连续分级概率评分（集合）",
        "input",
    ),
    Score(
        "crps_fair",
        "ensemble",
        crps_fair,
        (-inf, inf),
        0.0,
        "smaller",
        "CRPS, fair",
        "连续分级概率评分（公平）",
        "input",
    ),
)
"""Scores of this file, by name in tables."""
