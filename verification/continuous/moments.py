"""Means, variances and covariance of forecast and observed, read from sums of F, O and products.

Used by every score that compares spreads. Any family that holds the sums `forecast`, `observed`,
`forecast_squared`, `observed_squared`, `product`, `error` and `squared_error` will do.

>>> import xarray as xr
>>> from verification import continuous_sums
>>> from verification.continuous.moments import covariance, variance
>>> obs = xr.DataArray([10.0, 20.0, 30.0], dims="x")
>>> sums = continuous_sums(2 * obs, obs)
>>> round(float(variance(sums, "forecast") / variance(sums, "observed")), 9)
4.0
>>> round(float(covariance(sums) / variance(sums, "observed")), 9)
2.0
"""

from __future__ import annotations

from typing import Literal

import xarray as xr

from verification.sums import ratio

# A variance below this share of the mean square is rounding: the series is constant.
_ROUNDING = 1e-12


def mean(sums: xr.Dataset, variable: str) -> xr.DataArray:
    """Weighted mean of a term; NaN without pairs."""
    return ratio(sums[variable], sums["weight"])


def variance(sums: xr.Dataset, series: Literal["forecast", "observed"]) -> xr.DataArray:
    """Variance about the mean, divided by N; exactly 0 for a constant series.

    Taken from moments about zero in float64: with a mean m and a standard deviation s the
    relative rounding error is about 1e-16·(m/s)², and what is left below 1e-12 of the mean
    square counts as 0.
    """
    square = mean(sums, f"{series}_squared")
    return without_rounding(square - mean(sums, series) ** 2, square)


def covariance(sums: xr.Dataset) -> xr.DataArray:
    """Covariance of forecast and observed, divided by N."""
    return mean(sums, "product") - mean(sums, "forecast") * mean(sums, "observed")


def error_variance(sums: xr.Dataset) -> xr.DataArray:
    """Variance of the error F - O: the mean squared error less the squared bias."""
    square = mean(sums, "squared_error")
    return without_rounding(square - mean(sums, "error") ** 2, square)


def without_rounding(value: xr.DataArray, square: xr.DataArray) -> xr.DataArray:
    """Variance that is 0 where only rounding is left of the mean square; NaN stays NaN."""
    return value.where((value > _ROUNDING * square) | value.isnull(), 0.0)
