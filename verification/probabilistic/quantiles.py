"""Scores of quantiles on a grid of levels: pinball loss, CRPS, share at or below."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import xarray as xr

from verification.pairs import sum_pairs
from verification.score import Score
from verification.sums import weighted_mean

FAMILY = "quantiles"

# Levels are compared to this tolerance, so that 0.05 in float32 and in float64 are one level.
SAME_LEVEL = 1e-6


def quantile_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum what every score of this file is read from.

    Parameters
    ----------
    fcst : xarray.DataArray
        Quantiles, with a dimension `quantile` whose labels are the levels, increasing within
        (0, 1), e.g. (issue, lead, place, quantile). A pair with any quantile NaN is left out.
    obs : xarray.DataArray
        Observed values in the same unit, without `quantile`.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `quantiles`: `pinball` and `at_or_below` (observed ≤ quantile) by quantile,
        `inside` and `interval_width` by `interval`, the nominal coverage of every central
        interval that the levels allow; with `pairs` and `weight`.

    Raises
    ------
    ValueError
        If the levels are missing or not increasing within (0, 1), labels differ (see
        `check_aligned`), `keep` is unknown or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import crps_quantiles, quantile_sums
    >>> fcst = xr.DataArray([[1.0, 2.0, 4.0]], dims=("x", "quantile"),
    ...                     coords={"quantile": [0.1, 0.5, 0.9]})
    >>> float(crps_quantiles(quantile_sums(fcst, xr.DataArray([3.0], dims="x"))).round(6))
    0.533333
    """
    levels = quantile_levels(fcst)
    low, high, nominal = _central_intervals(levels)

    def terms(q: np.ndarray, o: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        y = o[..., None]
        gap = y - q
        return ~(np.isnan(q).any(axis=-1) | np.isnan(o)), {
            # level·gap where observed is above, (level - 1)·gap where below: the larger of both.
            "pinball": np.maximum(levels * gap, (levels - 1.0) * gap),
            "at_or_below": gap <= 0,
            "inside": (gap[..., low] >= 0) & (gap[..., high] <= 0),
            "interval_width": q[..., high] - q[..., low],
        }

    by_level, by_interval = ("quantile",), ("interval",)
    return sum_pairs(
        terms,
        fcst,
        obs,
        family=FAMILY,
        variables={
            "pinball": by_level,
            "at_or_below": by_level,
            "inside": by_interval,
            "interval_width": by_interval,
        },
        keep=keep,
        weights=weights,
        core="quantile",
        coords={"quantile": levels, "interval": nominal},
    )


def quantile_levels(fcst: xr.DataArray) -> np.ndarray:
    """Levels of the quantiles; `ValueError` unless they increase within (0, 1)."""
    if "quantile" not in fcst.coords:
        raise ValueError("the forecast needs a dimension 'quantile' with its levels as labels")
    levels = np.atleast_1d(fcst["quantile"].values).astype(np.float64)
    if not (np.all(np.diff(levels) > 0) and np.all((levels > 0) & (levels < 1))):
        raise ValueError(f"quantile levels must increase within (0, 1), found {levels.tolist()}")
    return levels


def _central_intervals(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions of the lower and the upper level of each central interval, and its coverage."""
    low = np.flatnonzero(levels < 0.5 - SAME_LEVEL)
    high = np.array([int(np.abs(levels - (1.0 - levels[i])).argmin()) for i in low], dtype=int)
    matched = np.abs(levels[high] + levels[low] - 1.0) <= SAME_LEVEL
    low, high = low[matched], high[matched]
    return low, high, np.round(levels[high] - levels[low], 6)


def pinball(sums: xr.Dataset) -> xr.DataArray:
    """Mean pinball (quantile) loss of each level.

    Loss of the quantile q at the level p for the observed y: p·(y - q) if y ≥ q, else
    (1 - p)·(q - y). Range [0, ∞), perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `quantile_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions and `quantile`; NaN without pairs.

    References
    ----------
    Koenker, R. and Bassett, G. (1978), Econometrica 46, 33-50.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import pinball, quantile_sums
    >>> fcst = xr.DataArray([[1.0, 4.0]], dims=("x", "quantile"), coords={"quantile": [0.2, 0.6]})
    >>> pinball(quantile_sums(fcst, xr.DataArray([3.0], dims="x"))).values
    array([0.4, 0.4])
    """
    return weighted_mean(sums, FAMILY, "pinball").rename("pinball")


def crps_quantiles(sums: xr.Dataset) -> xr.DataArray:
    """Continuous ranked probability score by the quantile estimator.

    CRPS ≈ 2 · mean over the levels of the mean pinball loss. The integral over all levels is
    replaced by the mean over those given, so figures compare only on the same levels, and differ
    from the ensemble estimators (`crps_nrg`, `crps_fair`). Range [0, ∞), perfect 0, smaller is
    better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `quantile_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions; NaN without pairs.

    References
    ----------
    Laio, F. and Tamea, S. (2007), Hydrol. Earth Syst. Sci. 11, 1267-1277;
    Gneiting, T. and Ranjan, R. (2011), J. Bus. Econ. Stat. 29, 411-422.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import crps_quantiles, quantile_sums
    >>> fcst = xr.DataArray([[1.0, 4.0]], dims=("x", "quantile"), coords={"quantile": [0.2, 0.6]})
    >>> float(crps_quantiles(quantile_sums(fcst, xr.DataArray([3.0], dims="x"))))
    0.8
    """
    return (2.0 * pinball(sums).mean("quantile", skipna=False)).rename("crps_quantiles")


def share_at_or_below(sums: xr.Dataset) -> xr.DataArray:
    """Share of observations at or below the quantile of each level: reliability of quantiles.

    A reliable quantile has the share of its level. Where many quantiles equal the observed value
    (zeros), the share lies above the level by necessity; `pit_sums` treats such ties evenly.

    Parameters
    ----------
    sums : xarray.Dataset
        From `quantile_sums`.

    Returns
    -------
    xarray.DataArray
        0 to 1, on the kept dimensions and `quantile`; NaN without pairs.

    References
    ----------
    Bröcker, J. (2012), Q. J. R. Meteorol. Soc. 138, 1611-1617.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import quantile_sums, share_at_or_below
    >>> fcst = xr.DataArray([[1.0, 4.0]] * 4, dims=("x", "quantile"),
    ...                     coords={"quantile": [0.25, 0.75]})
    >>> obs = xr.DataArray([1.0, 2.0, 3.0, 5.0], dims="x")
    >>> share_at_or_below(quantile_sums(fcst, obs)).values
    array([0.25, 0.75])
    """
    return weighted_mean(sums, FAMILY, "at_or_below").rename("share_at_or_below")


SCORES = (
    Score(
        "crps_quantiles",
        "quantiles",
        crps_quantiles,
        (0, inf),
        0.0,
        "smaller",
        "CRPS, twice the mean pinball loss over the levels",
        "连续分级概率评分（分位数）",
        "input",
    ),
)
"""Scores of this file, by name in tables."""
