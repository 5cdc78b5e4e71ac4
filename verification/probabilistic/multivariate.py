"""Energy and variogram scores of scenarios: members judged as whole fields or courses.

A pair is here a whole vector, such as the ten leads of one issue at one place, or the places of a
region on one day: the components along the dimensions `dims`. The energy score generalises the
CRPS and sees errors of level best; the variogram score compares differences between components and
sees wrong dependence between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from zlib import crc32

import numpy as np
import xarray as xr

from verification.pairs import sum_pairs
from verification.score import Score
from verification.sums import check_family, ratio, weighted_mean

FAMILY = "multivariate"


def multivariate_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    dims: str | Sequence[str],
    member_dim: str = "member",
    order: float = 0.5,
    component_weights: np.ndarray | None = None,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum the energy score by both estimators, and the variogram score.

    Time grows with the square of the number of members (energy score) and with the square of the
    number of components (variogram score); memory is that of a block.

    Parameters
    ----------
    fcst : xarray.DataArray
        Scenarios along `member_dim`, e.g. (issue, lead, place, member).
    obs : xarray.DataArray
        Observed values in the same unit, without `member_dim`. A vector with any component
        missing, observed or in a member, is left out.
    dims : str or sequence of str
        Dimensions that make up a vector, e.g. "lead" or ("lead", "place"); both arrays have them.
    member_dim : str
        Dimension of the members.
    order : float
        Order p of the variogram, above 0.
    component_weights : numpy.ndarray, optional
        Weights of the pairs of components in the variogram score, not negative, of shape (d, d)
        with the d components in the order of `dims`, the last one varying fastest; 1 by default.
    keep : str or sequence of str
        Dimensions that stay, none of `dims`; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the vectors.

    Returns
    -------
    xarray.Dataset
        Family `multivariate`: sums of `energy_nrg`, of `energy_fair` (over two or more members,
        with their weight `weight_fair`), and of `variogram` on a dimension `variogram_kind` whose
        one label tells order and weights; `pairs` is the number of vectors, with `weight`.

    Raises
    ------
    ValueError
        If an array lacks one of `dims`, the order is not above 0, the weights of the components
        have the wrong shape or are negative, labels differ (see `check_aligned`), `member_dim` is
        missing, `keep` is unknown or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import energy_nrg, multivariate_sums
    >>> fcst = xr.DataArray([[3.0, 0.0], [4.0, 0.0]], dims=("lead", "member"))
    >>> sums = multivariate_sums(fcst, xr.DataArray([0.0, 0.0], dims="lead"), dims="lead")
    >>> float(energy_nrg(sums))  # (5 + 0)/2 - 5/4
    1.25
    """
    joint = [dims] if isinstance(dims, str) else list(dims)
    for array, what in ((fcst, "forecast"), (obs, "observed")):
        lacking = [d for d in joint if d not in array.dims]
        if lacking or not joint:
            raise ValueError(
                f"vectors lie along {joint}, the {what} has {[str(d) for d in array.dims]}"
            )
    size = int(np.prod([obs.sizes[d] for d in joint]))
    closeness = _check_variogram(order, component_weights, size)
    kind = f"order {order:g}, equal weights"
    if component_weights is not None:
        kind = f"order {order:g}, weights {crc32(closeness.tobytes()):08x}"

    def terms(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        x, y = _as_vectors(x, y, len(joint))
        distance, between = _energy_parts(x, y)
        members = x.shape[-1]
        fair = distance - between / (members * (members - 1)) if members > 1 else 0.0 * distance
        return ~np.isnan(distance), {
            "energy_nrg": distance - between / members**2,
            "energy_fair": fair,
            "weight_fair": np.full(distance.shape, members > 1),
            "variogram": _variogram(x, y, order, closeness)[..., None],
        }

    return sum_pairs(
        terms,
        fcst,
        obs,
        family=FAMILY,
        variables={
            "energy_nrg": (),
            "energy_fair": (),
            "weight_fair": (),
            "variogram": ("variogram_kind",),
        },
        keep=keep,
        weights=weights,
        core=member_dim,
        joint=joint,
        coords={"variogram_kind": np.array([kind])},
    )


def _check_variogram(order: float, weights: np.ndarray | None, size: int) -> np.ndarray:
    if not order > 0:
        raise ValueError(f"the order of the variogram must be above 0, found {order:g}")
    if weights is None:
        return np.ones((1, 1))
    found = np.ascontiguousarray(weights, dtype=np.float64)
    if found.shape != (size, size) or not (found >= 0).all():
        raise ValueError(
            f"the weights of {size} components must be of shape {(size, size)} and not negative, "
            f"found shape {found.shape}"
        )
    return found


def _as_vectors(x: np.ndarray, y: np.ndarray, joint: int) -> tuple[np.ndarray, np.ndarray]:
    """Lay all components on one axis, the last of `y` and the last but one of `x`."""
    shape = y.shape[: y.ndim - joint]
    size = int(np.prod(y.shape[y.ndim - joint :]))
    return x.reshape(*shape, size, x.shape[-1]), y.reshape(*shape, size)


def _energy_parts(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean distance of the members to the observed, and the sum of distances between members."""

    def lengths(gap: np.ndarray) -> np.ndarray:
        return np.sqrt(np.einsum("...dm,...dm->...m", gap, gap)).sum(axis=-1)

    departure = x - y[..., None]
    members = x.shape[-1]
    between = np.zeros(y.shape[:-1])
    for apart in range(1, members):
        between += lengths(departure[..., apart:] - departure[..., :-apart])
    with np.errstate(invalid="ignore"):  # without members there is no mean
        return lengths(departure) / np.float64(members), between


def _variogram(x: np.ndarray, y: np.ndarray, order: float, weights: np.ndarray) -> np.ndarray:
    """Weighted squared errors of the variogram, over all ordered pairs of components."""

    def power(gap: np.ndarray) -> np.ndarray:
        np.abs(gap, out=gap)
        return np.sqrt(gap, out=gap) if order == 0.5 else np.power(gap, order, out=gap)

    size, members = x.shape[-2:]
    total = np.zeros(y.shape[:-1])
    each = np.broadcast_to(weights, (size, size))
    for apart in range(1, size):
        of_members = power(x[..., apart:, :] - x[..., :-apart, :])
        mean = np.einsum("...m->...", of_members) / max(1, members)
        error = power(y[..., apart:] - y[..., :-apart]) - mean
        both = each.diagonal(apart) + each.diagonal(-apart)
        total += np.einsum("...d,...d,d->...", error, error, both)
    return total


def energy_nrg(sums: xr.Dataset) -> xr.DataArray:
    """Mean energy score of the ensembles as they are.

    Mean of 1/m Σ‖x_i - y‖ - 1/m² Σ_{i<j} ‖x_i - x_j‖ with Euclidean distances over the components
    of a vector; it is the CRPS for one component. Range [0, ∞), perfect 0, smaller is better.
    It grows with the number of components: compare like with like.

    Parameters
    ----------
    sums : xarray.Dataset
        From `multivariate_sums`.

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
    >>> from verification import energy_nrg, multivariate_sums
    >>> fcst = xr.DataArray([[3.0], [4.0]], dims=("lead", "member"))
    >>> obs = xr.DataArray([0.0, 0.0], dims="lead")
    >>> float(energy_nrg(multivariate_sums(fcst, obs, dims="lead")))
    5.0
    """
    return weighted_mean(sums, FAMILY, "energy_nrg").rename("energy_nrg")


def energy_fair(sums: xr.Dataset) -> xr.DataArray:
    """Mean energy score of the distributions behind the ensembles (fair estimator).

    Mean of 1/m Σ‖x_i - y‖ - 1/(m(m - 1)) Σ_{i<j} ‖x_i - x_j‖, which does not depend on m in
    expectation. Range (-∞, ∞), perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `multivariate_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions; NaN without pairs of two or more members.

    References
    ----------
    Gneiting, T. and Raftery, A. E. (2007), J. Am. Stat. Assoc. 102, 359-378;
    Ferro, C. A. T. (2014), Q. J. R. Meteorol. Soc. 140, 1917-1923.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import energy_fair, multivariate_sums
    >>> fcst = xr.DataArray([[3.0, 0.0], [4.0, 0.0]], dims=("lead", "member"))
    >>> obs = xr.DataArray([0.0, 0.0], dims="lead")
    >>> float(energy_fair(multivariate_sums(fcst, obs, dims="lead")))  # (5 + 0)/2 - 5/2
    0.0
    """
    check_family(sums, FAMILY)
    return ratio(sums["energy_fair"], sums["weight_fair"]).rename("energy_fair")


def variogram_score(sums: xr.Dataset) -> xr.DataArray:
    """Mean variogram score.

    Mean of Σ_{i,j} w_ij (|y_i - y_j|^p - 1/m Σ_k |x_ki - x_kj|^p)² over all ordered pairs of
    components i, j of a vector. Range [0, ∞), perfect 0, smaller is better. A bias that all
    components share does not show.

    Parameters
    ----------
    sums : xarray.Dataset
        From `multivariate_sums`, which sets the order p and the weights w_ij.

    Returns
    -------
    xarray.DataArray
        In the unit of the input to the power 2p, on the kept dimensions; NaN without pairs.

    References
    ----------
    Scheuerer, M. and Hamill, T. M. (2015), Monthly Weather Review 143, 1321-1334.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import multivariate_sums, variogram_score
    >>> fcst = xr.DataArray([[1.0, 0.0], [5.0, 16.0]], dims=("lead", "member"))
    >>> obs = xr.DataArray([2.0, 27.0], dims="lead")
    >>> float(variogram_score(multivariate_sums(fcst, obs, dims="lead")))  # 2 (5 - (2 + 4)/2)²
    8.0
    """
    mean = weighted_mean(sums, FAMILY, "variogram")
    return mean.isel(variogram_kind=0, drop=True).rename("variogram_score")


SCORES = (
    Score(
        "energy_nrg",
        "multivariate",
        energy_nrg,
        (0, inf),
        0.0,
        "smaller",
        "energy score",
        "能量评分（集合）",
        "input",
    ),
    Score(
        "energy_fair",
        "multivariate",
        energy_fair,
        (-inf, inf),
        0.0,
        "smaller",
        "energy score, fair",
        "能量评分（公平）",
        "input",
    ),
    Score(
        "variogram_score",
        "multivariate",
        variogram_score,
        (0, inf),
        0.0,
        "smaller",
        "variogram score",
        "变差函数评分",
        "input",
    ),
)
"""Scores of this file, by name in tables."""
