"""Efficiencies: Nash-Sutcliffe and Kling-Gupta, from the sums of `continuous_sums`."""

from __future__ import annotations

from math import inf

import xarray as xr

from verification.continuous.errors import FAMILY, correlation
from verification.continuous.moments import mean, variance
from verification.continuous.taylor import standard_deviation_ratio
from verification.score import Score
from verification.sums import check_family, ratio


def nse(sums: xr.Dataset) -> xr.DataArray:
    """Nash-Sutcliffe efficiency: skill against the mean of the observed, known beforehand.

    NSE = 1 - Σ(F - O)² / Σ(O - Ō)², with Ō the mean over the pairs of the group that is scored.
    Range (-∞, 1], perfect 1, larger is better; 0 is as good as always forecasting Ō.

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
    Nash, J. E. and Sutcliffe, J. V. (1970), J. Hydrology 10, 282-290.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, nse
    >>> fcst, obs = xr.DataArray([12.0, 16.0], dims="x"), xr.DataArray([10.0, 20.0], dims="x")
    >>> float(nse(continuous_sums(fcst, obs)))
    0.6
    """
    check_family(sums, FAMILY)
    return (1 - ratio(mean(sums, "squared_error"), variance(sums, "observed"))).rename("nse")


def kge(sums: xr.Dataset) -> xr.DataArray:
    """Kling-Gupta efficiency in its first form, of 2009.

    KGE = 1 - √((r - 1)² + (σ_F / σ_O - 1)² + (F̄ / Ō - 1)²). The form of 2012, which replaces
    the ratio of standard deviations by that of the coefficients of variation, is another score.
    Range (-∞, 1], perfect 1, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `continuous_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN with fewer than two pairs, a constant series or Ō = 0.

    References
    ----------
    Gupta, H. V. et al. (2009), J. Hydrology 377, 80-91, eq. 9.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, kge
    >>> obs = xr.DataArray([10.0, 20.0, 60.0], dims="x")
    >>> round(float(kge(continuous_sums(obs + 15, obs))), 6)
    0.5
    """
    r, spread = correlation(sums), standard_deviation_ratio(sums)
    level = ratio(sums["forecast"], sums["observed"])
    distance = ((r - 1) ** 2 + (spread - 1) ** 2 + (level - 1) ** 2) ** 0.5
    return (1 - distance).rename("kge")


SCORES = (
    Score(
        "nse",
        "continuous",
        nse,
        (-inf, 1),
        1.0,
        "larger",
        "Nash-Sutcliffe efficiency",
        "纳什效率系数",
    ),
    Score(
        "kge",
        "continuous",
        kge,
        (-inf, 1),
        1.0,
        "larger",
        "Kling-Gupta efficiency (2009)",
        "克林-古普塔效率系数",
    ),
)
"""Scores of this file, by name in tables."""
