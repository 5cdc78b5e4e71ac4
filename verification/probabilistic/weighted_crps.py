"""Threshold-weighted CRPS, which looks only at what happens above a threshold.

Members (or quantiles) and observed pass through the chaining function v(x) = max(x, t), and the
CRPS of the results is the integral of (F(z) - 1{y ≤ z})² over z > t alone. It stays proper, so it
may judge heavy days, which scoring only the days with high observations may not.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import xarray as xr

from verification.pairs import sum_pairs
from verification.probabilistic.member_distances import crps_by_estimator, crps_parts
from verification.probabilistic.quantiles import quantile_levels
from verification.score import Score
from verification.sums import check_family, ratio, weighted_mean

FAMILY = "twcrps"
QUANTILES = "twcrps_quantiles"


def _thresholds(thresholds: float | Sequence[float]) -> np.ndarray:
    found = np.atleast_1d(np.asarray(thresholds, dtype=np.float64))
    if not (found.ndim == 1 and found.size and np.isfinite(found).all()):
        raise ValueError(f"thresholds must be one or more finite numbers, found {thresholds!r}")
    if not (np.diff(found) > 0).all():
        raise ValueError(f"thresholds must increase, found {found.tolist()}")
    return found


def twcrps_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    thresholds: float | Sequence[float],
    member_dim: str = "member",
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum the threshold-weighted CRPS of an ensemble by both estimators.

    Parameters
    ----------
    fcst : xarray.DataArray
        Members along `member_dim`, e.g. (issue, lead, place, member). NaN members are left out
        of their pair; a pair without any member is left out.
    obs : xarray.DataArray
        Observed values in the same unit, without `member_dim`.
    thresholds : float or sequence of float
        Increasing, in the unit of the input.
    member_dim : str
        Dimension of the members.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `twcrps`: sums of `twcrps_nrg` and `twcrps_fair` by `threshold`, and the weight
        `weight_fair` of the pairs with at least two members; with `pairs` and `weight`.

    Raises
    ------
    ValueError
        If the thresholds are not finite and increasing, labels differ (see `check_aligned`),
        `member_dim` is missing, `keep` is unknown or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import twcrps_nrg, twcrps_sums
    >>> fcst = xr.DataArray([[50.0, 90.0, 130.0]], dims=("x", "member"))
    >>> sums = twcrps_sums(fcst, xr.DataArray([70.0], dims="x"), thresholds=[75, 115])
    >>> twcrps_nrg(sums).values.round(4)
    array([11.1111,  1.6667])
    """
    bounds = _thresholds(thresholds)

    def terms(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        # Chaining keeps the order, so the members are sorted once for all thresholds.
        dtype = np.float32 if x.dtype == np.float32 else np.float64
        ordered = np.sort(x.astype(dtype, copy=False), axis=-1)
        found = {n: np.empty((*y.shape, bounds.size)) for n in ("twcrps_nrg", "twcrps_fair")}
        members = np.zeros(y.shape)
        for i, bound in enumerate(bounds):
            above = np.maximum(ordered, dtype(bound))
            np.subtract(above, np.maximum(y, bound)[..., None], out=above, casting="same_kind")
            parts = crps_parts(above)
            members = parts[0]
            for estimator in ("nrg", "fair"):
                found[f"twcrps_{estimator}"][..., i] = crps_by_estimator(*parts, estimator)
        several = members > 1
        found["twcrps_fair"][~several] = 0.0
        return members > 0, {**found, "weight_fair": several}

    by = ("threshold",)
    return sum_pairs(
        terms,
        fcst,
        obs,
        family=FAMILY,
        variables={"twcrps_nrg": by, "twcrps_fair": by, "weight_fair": ()},
        keep=keep,
        weights=weights,
        core=member_dim,
        coords={"threshold": bounds},
        dtype=None,
    )


def twcrps_nrg(sums: xr.Dataset) -> xr.DataArray:
    """Mean threshold-weighted CRPS of the ensembles as they are (energy form).

    Mean of 1/m Σ|v(x_i) - v(y)| - 1/m² Σ_{i<j} |v(x_i) - v(x_j)| with v(x) = max(x, t). Range
    [0, ∞), perfect 0, smaller is better. A pair wholly below the threshold scores 0.

    Parameters
    ----------
    sums : xarray.Dataset
        From `twcrps_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions and `threshold`; NaN without pairs.

    References
    ----------
    Allen, S., Ginsbourger, D. and Ziegel, J. (2023), SIAM/ASA J. Uncertainty Quantification 11,
    906-940.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import twcrps_nrg, twcrps_sums
    >>> fcst = xr.DataArray([[50.0, 90.0]], dims=("x", "member"))
    >>> sums = twcrps_sums(fcst, xr.DataArray([100.0], dims="x"), thresholds=80)
    >>> twcrps_nrg(sums).values  # the members count as 80 and 90
    array([12.5])
    """
    return weighted_mean(sums, FAMILY, "twcrps_nrg").rename("twcrps_nrg")


def twcrps_fair(sums: xr.Dataset) -> xr.DataArray:
    """Mean threshold-weighted CRPS of the distributions behind the ensembles (fair estimator).

    Mean of 1/m Σ|v(x_i) - v(y)| - 1/(m(m - 1)) Σ_{i<j} |v(x_i) - v(x_j)| with v(x) = max(x, t).
    Range (-∞, ∞), perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `twcrps_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions and `threshold`; NaN without a pair of
        two or more members.

    References
    ----------
    Allen, S., Ginsbourger, D. and Ziegel, J. (2023), SIAM/ASA J. Uncertainty Quantification 11,
    906-940; Ferro, C. A. T. (2014), Q. J. R. Meteorol. Soc. 140, 1917-1923.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import twcrps_fair, twcrps_sums
    >>> fcst = xr.DataArray([[50.0, 90.0]], dims=("x", "member"))
    >>> sums = twcrps_sums(fcst, xr.DataArray([100.0], dims="x"), thresholds=80)
    >>> twcrps_fair(sums).values  # (20 + 10)/2 - 10/2
    array([10.])
    """
    check_family(sums, FAMILY)
    return ratio(sums["twcrps_fair"], sums["weight_fair"]).rename("twcrps_fair")


def twcrps_quantile_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    thresholds: float | Sequence[float],
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum the threshold-weighted CRPS of quantiles.

    Parameters
    ----------
    fcst : xarray.DataArray
        Quantiles, with a dimension `quantile` whose labels are the levels, increasing within
        (0, 1), e.g. (issue, lead, place, quantile). A pair with any quantile NaN is left out.
    obs : xarray.DataArray
        Observed values in the same unit, without `quantile`.
    thresholds : float or sequence of float
        Increasing, in the unit of the input.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `twcrps_quantiles`: sum of `twcrps` by `threshold`, with `pairs` and `weight`.

    Raises
    ------
    ValueError
        If the thresholds are not finite and increasing, the levels are missing or not increasing
        within (0, 1), labels differ (see `check_aligned`), `keep` is unknown or weights are
        invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import twcrps_quantile_sums
    >>> fcst = xr.DataArray([[50.0, 90.0]], dims=("x", "quantile"), coords={"quantile": [0.2, 0.8]})
    >>> obs = xr.DataArray([100.0], dims="x")
    >>> twcrps_quantile_sums(fcst, obs, thresholds=80)["twcrps"].values
    array([12.])
    """
    bounds, levels = _thresholds(thresholds), quantile_levels(fcst)

    def terms(q: np.ndarray, o: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        found = np.empty((*o.shape, bounds.size))
        for i, bound in enumerate(bounds):
            gap = np.maximum(o, bound)[..., None] - np.maximum(q, bound)
            # Pinball loss: level·gap, less gap where the observed is below.
            loss = gap @ levels - np.minimum(gap, 0.0).sum(axis=-1)
            found[..., i] = 2.0 * loss / levels.size
        return ~np.isnan(found[..., 0]), {"twcrps": found}

    return sum_pairs(
        terms,
        fcst,
        obs,
        family=QUANTILES,
        variables={"twcrps": ("threshold",)},
        keep=keep,
        weights=weights,
        core="quantile",
        coords={"threshold": bounds},
    )


def twcrps_quantiles(sums: xr.Dataset) -> xr.DataArray:
    """Mean threshold-weighted CRPS of quantiles.

    Twice the mean pinball loss over the levels, of quantiles and observed after
    v(x) = max(x, t), as `crps_quantiles` without a threshold. Range [0, ∞), perfect 0, smaller
    is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `twcrps_quantile_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions and `threshold`; NaN without pairs.

    References
    ----------
    Allen, S., Ginsbourger, D. and Ziegel, J. (2023), SIAM/ASA J. Uncertainty Quantification 11,
    906-940.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import twcrps_quantile_sums, twcrps_quantiles
    >>> fcst = xr.DataArray([[50.0, 90.0]], dims=("x", "quantile"), coords={"quantile": [0.2, 0.8]})
    >>> obs = xr.DataArray([70.0], dims="x")
    >>> twcrps_quantiles(twcrps_quantile_sums(fcst, obs, thresholds=[0, 80])).values
    array([8., 2.])
    """
    return weighted_mean(sums, QUANTILES, "twcrps").rename("twcrps_quantiles")


SCORES = (
    Score(
        "twcrps_nrg",
        "twcrps",
        twcrps_nrg,
        (0, inf),
        0.0,
        "smaller",
        "threshold-weighted CRPS, energy form",
        "阈值加权连续分级概率评分（集合）",
        "input",
    ),
    Score(
        "twcrps_fair",
        "twcrps",
        twcrps_fair,
        (-inf, inf),
        0.0,
        "smaller",
        "threshold-weighted CRPS, fair",
        "阈值加权连续分级概率评分（公平）",
        "input",
    ),
    Score(
        "twcrps_quantiles",
        "twcrps_quantiles",
        twcrps_quantiles,
        (0, inf),
        0.0,
        "smaller",
        "threshold-weighted CRPS of quantiles",
        "阈值加权连续分级概率评分（分位数）",
        "input",
    ),
)
"""Scores of this file, by name in tables."""
