"""Fractional scores: mean fractional bias and error, and the share within a factor of two.

They weigh a pair by its ratio, so low and high concentrations count alike, and no single high
value decides. A pair in which nothing was forecast and nothing observed has no ratio: pairs with
F + O = 0 are left out of all three and counted in `undefined`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from verification.pairs import sum_pairs
from verification.score import Score
from verification.sums import check_family, ratio

FAMILY = "fractional"

_VARIABLES: dict[str, tuple[str, ...]] = {
    "fractional_error": (),
    "absolute_fractional_error": (),
    "within_factor_two": (),
    "undefined": (),
}


def _terms(f: np.ndarray, o: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    total = f + o
    # Below zero only noise of an instrument about zero: it has no ratio either.
    defined = total > 0
    fraction = np.divide(f - o, total, out=np.zeros_like(total), where=defined)
    return ~np.isnan(total), {
        "fractional_error": fraction,
        "absolute_fractional_error": np.abs(fraction),
        "within_factor_two": defined & (0.5 * o <= f) & (f <= 2 * o),
        "undefined": ~defined,
    }


def fractional_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum what the fractional scores are read from.

    Parameters
    ----------
    fcst, obs : xarray.DataArray
        Forecast and observed values in one unit, not negative, e.g. (issue, lead, place). Pairs
        in which either is NaN are left out.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `fractional`: sums of (F - O)/(F + O), its absolute value, the pairs within a
        factor of two, and `undefined`, the weight of the pairs with F + O ≤ 0, which are
        among `pairs` and `weight` but in no score.

    Raises
    ------
    ValueError
        If labels differ (see `check_aligned`), `keep` is unknown or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import fractional_sums
    >>> fcst, obs = xr.DataArray([30.0, 0.0], dims="x"), xr.DataArray([10.0, 0.0], dims="x")
    >>> sums = fractional_sums(fcst, obs)
    >>> [float(sums[n]) for n in ("fractional_error", "pairs", "undefined")]
    [0.5, 2.0, 1.0]
    """
    return sum_pairs(
        _terms, fcst, obs, family=FAMILY, variables=_VARIABLES, keep=keep, weights=weights
    )


def _mean_of_defined(sums: xr.Dataset, variable: str) -> xr.DataArray:
    check_family(sums, FAMILY)
    return ratio(sums[variable], sums["weight"] - sums["undefined"])


def mfb(sums: xr.Dataset) -> xr.DataArray:
    """Mean fractional bias, as a fraction.

    MFB = 2/N · Σ(F - O)/(F + O). Range [-2, 2] for quantities that are not negative, perfect 0,
    best nearest to 0.

    Parameters
    ----------
    sums : xarray.Dataset
        From `fractional_sums`.

    Returns
    -------
    xarray.DataArray
        Dimensionless (0.1 is 10 %), on the kept dimensions; NaN without a pair with F + O > 0.

    References
    ----------
    Boylan, J. W. and Russell, A. G. (2006), Atmos. Environ. 40, 4946-4959.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import fractional_sums, mfb
    >>> fcst, obs = xr.DataArray([30.0, 10.0], dims="x"), xr.DataArray([10.0, 10.0], dims="x")
    >>> float(mfb(fractional_sums(fcst, obs)))
    0.5
    """
    return (2 * _mean_of_defined(sums, "fractional_error")).rename("mfb")


def mfe(sums: xr.Dataset) -> xr.DataArray:
    """Mean fractional error, as a fraction.

    MFE = 2/N · Σ|F - O|/(F + O). Range [0, 2] for quantities that are not negative, perfect 0,
    smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `fractional_sums`.

    Returns
    -------
    xarray.DataArray
        Dimensionless (0.1 is 10 %), on the kept dimensions; NaN without a pair with F + O > 0.

    References
    ----------
    Boylan, J. W. and Russell, A. G. (2006), Atmos. Environ. 40, 4946-4959.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import fractional_sums, mfe
    >>> fcst, obs = xr.DataArray([30.0, 10.0], dims="x"), xr.DataArray([10.0, 30.0], dims="x")
    >>> float(mfe(fractional_sums(fcst, obs)))
    1.0
    """
    return (2 * _mean_of_defined(sums, "absolute_fractional_error")).rename("mfe")


def fac2(sums: xr.Dataset) -> xr.DataArray:
    """Share of forecasts within a factor of two of the observed (FAC2).

    #(0.5 ≤ F/O ≤ 2) / N. Range [0, 1], perfect 1, larger is better. Zero forecast or observed
    where the other is not is a miss; both zero has no ratio and is left out.

    Parameters
    ----------
    sums : xarray.Dataset
        From `fractional_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without a pair with F + O > 0.

    References
    ----------
    Chang, J. C. and Hanna, S. R. (2004), Meteorol. Atmos. Phys. 87, 167-196.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import fac2, fractional_sums
    >>> fcst, obs = xr.DataArray([20.0, 21.0], dims="x"), xr.DataArray([10.0, 10.0], dims="x")
    >>> float(fac2(fractional_sums(fcst, obs)))
    0.5
    """
    return _mean_of_defined(sums, "within_factor_two").rename("fac2")


SCORES = (
    Score("mfb", FAMILY, mfb, (-2, 2), 0.0, "nearest", "mean fractional bias", "平均分数偏差"),
    Score("mfe", FAMILY, mfe, (0, 2), 0.0, "smaller", "mean fractional error", "平均分数误差"),
    Score("fac2", FAMILY, fac2, (0, 1), 1.0, "larger", "within a factor of two", "两倍范围内比例"),
)
"""Scores of this file, by name in tables."""
