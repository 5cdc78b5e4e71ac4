"""Scores of a single value: bias, mean absolute error, RMSE, correlation, normalised errors.

All are read from eight sums. Each pair is converted to float64 before it is multiplied or
added, so squares of float32 input are exact and moments about zero lose no digits that matter
for quantities whose spread is more than a millionth of their size (see `correlation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import xarray as xr

from verification.continuous.moments import covariance, variance
from verification.pairs import sum_pairs
from verification.score import Score
from verification.sums import check_family, ratio, weighted_mean

FAMILY = "continuous"

_VARIABLES: dict[str, tuple[str, ...]] = {
    "error": (),
    "absolute_error": (),
    "squared_error": (),
    "forecast": (),
    "observed": (),
    "forecast_squared": (),
    "observed_squared": (),
    "product": (),
}


def _terms(f: np.ndarray, o: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    error = f - o
    return ~(np.isnan(f) | np.isnan(o)), {
        "error": error,
        "absolute_error": np.abs(error),
        "squared_error": error * error,
        "forecast": f,
        "observed": o,
        "forecast_squared": f * f,
        "observed_squared": o * o,
        "product": f * o,
    }


def continuous_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum what every score of this file is read from.

    Parameters
    ----------
    fcst, obs : xarray.DataArray
        Forecast and observed values in one unit, e.g. (issue, lead, place). Pairs in which
        either is NaN are left out.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `continuous`: sums of the error F - O, its absolute value and its square, of F, O,
        F², O² and F·O, with `pairs` and `weight`.

    Raises
    ------
    ValueError
        If labels differ (see `check_aligned`), `keep` is unknown or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, rmse
    >>> obs = xr.DataArray([[10.0, 20.0], [30.0, 40.0]], dims=("issue", "lead"))
    >>> fcst = obs + xr.DataArray([3.0, 4.0], dims="lead")
    >>> rmse(continuous_sums(fcst, obs, keep="lead")).values
    array([3., 4.])
    """
    return sum_pairs(
        _terms, fcst, obs, family=FAMILY, variables=_VARIABLES, keep=keep, weights=weights
    )


def bias(sums: xr.Dataset) -> xr.DataArray:
    """Mean bias (MB), the mean of forecast minus observed.

    MB = Σ(F - O) / N. Range (-∞, ∞), perfect 0, best nearest to 0; positive is over-forecast.

    Parameters
    ----------
    sums : xarray.Dataset
        From `continuous_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions; NaN without pairs.

    References
    ----------
    Wilks, D. S. (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., ch. 9.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import bias, continuous_sums
    >>> fcst, obs = xr.DataArray([12.0, 17.0], dims="x"), xr.DataArray([10.0, 20.0], dims="x")
    >>> float(bias(continuous_sums(fcst, obs)))
    -0.5
    """
    return weighted_mean(sums, FAMILY, "error").rename("bias")


def mae(sums: xr.Dataset) -> xr.DataArray:
    """Mean absolute error, called mean error (ME) in air-quality practice.

    MAE = Σ|F - O| / N. Range [0, ∞), perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `continuous_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions; NaN without pairs.

    References
    ----------
    Wilks, D. S. (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., ch. 9.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, mae
    >>> fcst, obs = xr.DataArray([12.0, 17.0], dims="x"), xr.DataArray([10.0, 20.0], dims="x")
    >>> float(mae(continuous_sums(fcst, obs)))
    2.5
    """
    return weighted_mean(sums, FAMILY, "absolute_error").rename("mae")


def rmse(sums: xr.Dataset) -> xr.DataArray:
    """Root mean squared error.

    RMSE = √(Σ(F - O)² / N). Range [0, ∞), perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `continuous_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions; NaN without pairs.

    References
    ----------
    Wilks, D. S. (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., ch. 9.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, rmse
    >>> fcst, obs = xr.DataArray([13.0, 24.0], dims="x"), xr.DataArray([10.0, 20.0], dims="x")
    >>> round(float(rmse(continuous_sums(fcst, obs))), 4)
    3.5355
    """
    return (weighted_mean(sums, FAMILY, "squared_error") ** 0.5).rename("rmse")


def correlation(sums: xr.Dataset) -> xr.DataArray:
    """Pearson correlation coefficient r of forecast and observed.

    r = (ΣFO - ΣF·ΣO/N) / √((ΣF² - (ΣF)²/N) (ΣO² - (ΣO)²/N)). Range [-1, 1], perfect 1, larger
    is better. The moments are taken about zero, in float64: with a mean m and a standard
    deviation s the relative rounding error is about 1e-16·(m/s)², and a series whose variance is
    below 1e-12 of its mean square is called constant, for which r is not defined.

    Parameters
    ----------
    sums : xarray.Dataset
        From `continuous_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN with fewer than two pairs or a constant series.

    References
    ----------
    Wilks, D. S. (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., ch. 3.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, correlation
    >>> obs = xr.DataArray([10.0, 20.0, 60.0], dims="x")
    >>> round(float(correlation(continuous_sums(2 * obs + 5, obs))), 6)
    1.0
    """
    check_family(sums, FAMILY)
    f, o = (variance(sums, series) for series in ("forecast", "observed"))
    # Rounding may carry a perfect correlation past one.
    r = ratio(covariance(sums), (f * o) ** 0.5)
    return r.clip(-1, 1).rename("correlation")


def nmb(sums: xr.Dataset) -> xr.DataArray:
    """Normalised mean bias, as a fraction.

    NMB = Σ(F - O) / ΣO. Range [-1, ∞) for quantities that are not negative, perfect 0, best
    nearest to 0.

    Parameters
    ----------
    sums : xarray.Dataset
        From `continuous_sums`.

    Returns
    -------
    xarray.DataArray
        Dimensionless (0.1 is 10 %), on the kept dimensions; NaN where ΣO is 0.

    References
    ----------
    Emery, C. et al. (2017), J. Air Waste Manage. Assoc. 67(5), 582-598.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, nmb
    >>> fcst, obs = xr.DataArray([12.0, 24.0], dims="x"), xr.DataArray([10.0, 20.0], dims="x")
    >>> float(nmb(continuous_sums(fcst, obs)))
    0.2
    """
    check_family(sums, FAMILY)
    return ratio(sums["error"], sums["observed"]).rename("nmb")


def nme(sums: xr.Dataset) -> xr.DataArray:
    """Normalised mean error, as a fraction.

    NME = Σ|F - O| / ΣO. Range [0, ∞) for quantities that are not negative, perfect 0, smaller
    is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `continuous_sums`.

    Returns
    -------
    xarray.DataArray
        Dimensionless (0.1 is 10 %), on the kept dimensions; NaN where ΣO is 0.

    References
    ----------
    Emery, C. et al. (2017), J. Air Waste Manage. Assoc. 67(5), 582-598.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, nme
    >>> fcst, obs = xr.DataArray([12.0, 16.0], dims="x"), xr.DataArray([10.0, 20.0], dims="x")
    >>> float(nme(continuous_sums(fcst, obs)))
    0.2
    """
    check_family(sums, FAMILY)
    return ratio(sums["absolute_error"], sums["observed"]).rename("nme")


SCORES = (
    Score(
        "bias", "continuous", bias, (-inf, inf), 0.0, "nearest", "mean bias", "平均偏差", "input"
    ),
    Score(
        "mae",
        "continuous",
        mae,
        (0, inf),
        0.0,
        "smaller",
        "mean absolute error",
        "平均绝对误差",
        "input",
    ),
    Score(
        "rmse",
        "continuous",
        rmse,
        (0, inf),
        0.0,
        "smaller",
        "root mean square error",
        "均方根误差",
        "input",
    ),
    Score(
        "correlation", "continuous", correlation, (-1, 1), 1.0, "larger", "Pearson r", "相关系数"
    ),
    Score(
        "nmb",
        "continuous",
        nmb,
        (-1, inf),
        0.0,
        "nearest",
        "normalised mean bias",
        "标准化平均偏差",
    ),
    Score(
        "nme",
        "continuous",
        nme,
        (0, inf),
        0.0,
        "smaller",
        "normalised mean error",
        "标准化平均误差",
    ),
)
"""Scores of this file, by name in tables."""
