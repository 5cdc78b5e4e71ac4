"""Spread and pattern: centred RMSE, ratio of standard deviations, Taylor and target statistics.

All are read from the sums of `continuous_sums`. With b the bias, σ_F and σ_O the standard
deviations (divided by N) and r the correlation,

    RMSE² = b² + CRMSE²,    CRMSE² = σ_F² + σ_O² - 2 r σ_F σ_O,

so that one point in a plane shows three of them: the Taylor diagram the second identity, the
target diagram the first.
"""

from __future__ import annotations

from math import inf

import numpy as np
import xarray as xr

from verification.continuous.errors import FAMILY, bias, correlation
from verification.continuous.moments import error_variance, variance
from verification.score import Score
from verification.sums import check_family, ratio


def crmse(sums: xr.Dataset) -> xr.DataArray:
    """Centred root mean squared error: what is left of the RMSE once the bias is removed.

    CRMSE = √(Σ((F - F̄) - (O - Ō))² / N) = √(RMSE² - MB²). Range [0, ∞), perfect 0, smaller is
    better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `continuous_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions; NaN without pairs, 0 for one pair.

    References
    ----------
    Taylor, K. E. (2001), J. Geophys. Res. 106(D7), 7183-7192, eq. 2.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, crmse
    >>> fcst, obs = xr.DataArray([13.0, 21.0], dims="x"), xr.DataArray([10.0, 20.0], dims="x")
    >>> float(crmse(continuous_sums(fcst, obs)))
    1.0
    """
    check_family(sums, FAMILY)
    return (error_variance(sums) ** 0.5).rename("crmse")


def standard_deviation_ratio(sums: xr.Dataset) -> xr.DataArray:
    """Ratio of the standard deviation of the forecast to that of the observed.

    σ_F / σ_O. Range [0, ∞), perfect 1, best nearest to 1; below 1 the forecast varies too little.

    Parameters
    ----------
    sums : xarray.Dataset
        From `continuous_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN with fewer than two pairs or constant observations.

    References
    ----------
    Taylor, K. E. (2001), J. Geophys. Res. 106(D7), 7183-7192.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, standard_deviation_ratio
    >>> obs = xr.DataArray([10.0, 20.0, 60.0], dims="x")
    >>> round(float(standard_deviation_ratio(continuous_sums(0.5 * obs, obs))), 9)
    0.5
    """
    check_family(sums, FAMILY)
    squared = ratio(variance(sums, "forecast"), variance(sums, "observed"))
    return (squared**0.5).rename("standard_deviation_ratio")


def taylor_statistics(sums: xr.Dataset) -> xr.Dataset:
    """What a Taylor diagram shows, for every kept label.

    Parameters
    ----------
    sums : xarray.Dataset
        From `continuous_sums`.

    Returns
    -------
    xarray.Dataset
        `forecast_deviation` σ_F, `observed_deviation` σ_O and `crmse` in the unit of the input;
        `standard_deviation_ratio` σ_F / σ_O, `normalised_crmse` CRMSE / σ_O and `correlation`,
        NaN where the observations (for the correlation, either) are constant.

    Raises
    ------
    ValueError
        If the sums are of another family.

    References
    ----------
    Taylor, K. E. (2001), J. Geophys. Res. 106(D7), 7183-7192.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, taylor_statistics
    >>> obs = xr.DataArray([10.0, 20.0, 60.0], dims="x")
    >>> found = taylor_statistics(continuous_sums(2 * obs, obs))
    >>> [round(float(found[n]), 6) for n in ("standard_deviation_ratio", "normalised_crmse")]
    [2.0, 1.0]
    """
    check_family(sums, FAMILY)
    observed = variance(sums, "observed") ** 0.5
    return xr.Dataset(
        {
            "forecast_deviation": variance(sums, "forecast") ** 0.5,
            "observed_deviation": observed,
            "standard_deviation_ratio": standard_deviation_ratio(sums),
            "crmse": crmse(sums),
            "normalised_crmse": ratio(crmse(sums), observed),
            "correlation": correlation(sums),
        }
    )


def target_statistics(sums: xr.Dataset) -> xr.Dataset:
    """What a target diagram shows: its two axes, whose distance from the centre is RMSE / σ_O.

    Ordinate MB / σ_O, abscissa ±CRMSE / σ_O: positive where the forecast varies at least as much
    as the observed (σ_F ≥ σ_O), else negative.

    Parameters
    ----------
    sums : xarray.Dataset
        From `continuous_sums`.

    Returns
    -------
    xarray.Dataset
        `normalised_bias`, `signed_crmse` and `distance`, dimensionless; NaN where the
        observations are constant.

    Raises
    ------
    ValueError
        If the sums are of another family.

    References
    ----------
    Jolliff, J. K. et al. (2009), J. Marine Systems 76, 64-82.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, target_statistics
    >>> obs = xr.DataArray([10.0, 20.0, 30.0], dims="x")
    >>> found = target_statistics(continuous_sums(0.5 * obs + 10, obs))
    >>> round(float(found["normalised_bias"]), 6), round(float(found["signed_crmse"]), 6)
    (0.0, -0.5)
    """
    check_family(sums, FAMILY)
    observed = variance(sums, "observed") ** 0.5
    wide = variance(sums, "forecast") >= variance(sums, "observed")
    across = ratio(crmse(sums), observed) * xr.where(wide, 1.0, -1.0)
    up = ratio(bias(sums), observed)
    return xr.Dataset(
        {"normalised_bias": up, "signed_crmse": across, "distance": np.hypot(up, across)}
    )


SCORES = (
    Score(
        "crmse",
        "continuous",
        crmse,
        (0, inf),
        0.0,
        "smaller",
        "centred root mean square error",
        "中心化均方根误差",
        "input",
    ),
    Score(
        "standard_deviation_ratio",
        "continuous",
        standard_deviation_ratio,
        (0, inf),
        1.0,
        "nearest",
        "ratio of standard deviations",
        "标准差比",
    ),
)
"""Scores of this file, by name in tables."""
