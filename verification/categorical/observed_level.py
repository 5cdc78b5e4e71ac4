"""What was forecast when each level was observed, from the table of levels."""

from __future__ import annotations

import xarray as xr

from verification.categorical.level_table import FAMILY, FCST, OBS
from verification.sums import check_family, ratio


def forecast_by_observed_level(sums: xr.Dataset) -> xr.DataArray:
    """Distribution of the forecast level on the pairs of each observed level.

    n(i, j) / Σ_i n(i, j): every column of the table, as shares that add to one.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_table_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions, `level_fcst` and `level_obs`; NaN for a level never observed.

    Raises
    ------
    ValueError
        If the sums are of another family.

    References
    ----------
    Murphy, A. H. and Winkler, R. L. (1987), Monthly Weather Review 115, 1330-1338 (the
    likelihood-base rate factorisation).

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import forecast_by_observed_level, level_table_sums
    >>> fcst, obs = xr.DataArray([1, 2, 2, 2], dims="x"), xr.DataArray([1, 1, 2, 2], dims="x")
    >>> forecast_by_observed_level(level_table_sums(fcst, obs, levels=(1, 2))).values
    array([[0.5, 0. ],
           [0.5, 1. ]])
    """
    check_family(sums, FAMILY)
    count = sums["count"]
    return ratio(count, count.sum(FCST)).rename("forecast_by_observed_level")


def accuracy_by_observed_level(sums: xr.Dataset) -> xr.DataArray:
    """Share of the pairs of each observed level for which that level was forecast.

    n(j, j) / Σ_i n(i, j), the hit rate of every level. Range [0, 1], perfect 1, larger is
    better, but only all levels together: a forecast that always names one level has it right.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_table_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions and `level_obs`; NaN for a level never observed.

    Raises
    ------
    ValueError
        If the sums are of another family.

    See Also
    --------
    forecast_by_observed_level : Where the others went.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import accuracy_by_observed_level, level_table_sums
    >>> fcst, obs = xr.DataArray([1, 2, 2, 2], dims="x"), xr.DataArray([1, 1, 2, 2], dims="x")
    >>> accuracy_by_observed_level(level_table_sums(fcst, obs, levels=(1, 2))).values
    array([0.5, 1. ])
    """
    shares = forecast_by_observed_level(sums)
    right = shares.where(shares[FCST] == shares[OBS]).sum(FCST, min_count=1)
    return right.rename("accuracy_by_observed_level")
