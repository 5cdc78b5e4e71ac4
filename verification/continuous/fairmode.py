"""Modelling quality indicator (MQI) of FAIRMODE: the error in units of measurement uncertainty.

The indicator is defined for the time series of one station, so the sums are kept by place and
`mqi_90` takes the value that the best nine tenths of the stations reach. Read from sums over many
stations it is a pooled figure instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import xarray as xr

from verification.continuous.measurement import MeasurementUncertainty, find_uncertainty
from verification.continuous.moments import covariance, mean, variance
from verification.pairs import sum_pairs
from verification.score import Score
from verification.sums import check_family, ratio

FAMILY = "fairmode"

BETA = 2.0
"""Stringency β of the guidance: an error up to twice the measurement uncertainty is tolerated."""

_VARIABLES: dict[str, tuple[str, ...]] = {
    "error": (),
    "squared_error": (),
    "forecast": (),
    "observed": (),
    "forecast_squared": (),
    "observed_squared": (),
    "product": (),
    "squared_uncertainty": ("uncertainty",),
}


def fairmode_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    uncertainty: str | MeasurementUncertainty,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum what the modelling quality indicator and its parts are read from.

    Parameters
    ----------
    fcst, obs : xarray.DataArray
        Concentrations in µg/m³, e.g. (issue, lead, place), in the statistic of the uncertainty
        (24 h means of PM2.5 and PM10, daily maximum 8 h means of O3, 1 h means of NO2). Pairs in
        which either is NaN are left out.
    uncertainty : str or MeasurementUncertainty
        `pm25`, `pm10`, `o3` or `no2` for the parameters of the guidance, or one's own.
    keep : str or sequence of str
        Dimensions that stay, `place` among them for an indicator of each station.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `fairmode`: the sums of F - O and its square, F, O, their squares and product;
        U(O)² with the dimension `uncertainty`, whose only label names the parameters, so that
        sums with different ones do not merge; `pairs` and `weight`.

    Raises
    ------
    ValueError
        If the quantity is unknown, labels differ (see `check_aligned`), `keep` is unknown or
        weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import fairmode_sums, mqi
    >>> fcst, obs = xr.DataArray([43.0, 25.0], dims="x"), xr.DataArray([25.0, 25.0], dims="x")
    >>> round(float(mqi(fairmode_sums(fcst, obs, uncertainty="pm25"))), 6)
    0.707107
    """
    measured = find_uncertainty(uncertainty)

    def terms(f: np.ndarray, o: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        error = f - o
        return ~np.isnan(error), {
            "error": error,
            "squared_error": error * error,
            "forecast": f,
            "observed": o,
            "forecast_squared": f * f,
            "observed_squared": o * o,
            "product": f * o,
            "squared_uncertainty": (measured.at(o) ** 2)[..., None],
        }

    return sum_pairs(
        terms,
        fcst,
        obs,
        family=FAMILY,
        variables=_VARIABLES,
        keep=keep,
        weights=weights,
        coords={"uncertainty": np.array([measured.label()])},
    )


def _mean_squared_uncertainty(sums: xr.Dataset) -> xr.DataArray:
    check_family(sums, FAMILY)
    return mean(sums, "squared_uncertainty").isel(uncertainty=0, drop=True)


def mqi(sums: xr.Dataset, beta: float = BETA) -> xr.DataArray:
    """Modelling quality indicator of time series.

    MQI = RMSE / (β · RMS_U), RMS_U = √(ΣU(O)² / N). Range [0, ∞), perfect 0, smaller is better;
    up to 1 the quality objective is fulfilled.

    Parameters
    ----------
    sums : xarray.Dataset
        From `fairmode_sums`.
    beta : float
        Stringency; 2 in the guidance.

    Returns
    -------
    xarray.DataArray
        Dimensionless, on the kept dimensions; NaN without pairs.

    References
    ----------
    Janssen, S. and Thunis, P. (2022), FAIRMODE Guidance Document on Modelling Quality Objectives
    and Benchmarking, version 3.3, EUR 31068 EN, doi:10.2760/41988.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import fairmode_sums, mqi
    >>> obs = xr.DataArray([50.0, 50.0], dims="x")
    >>> round(float(mqi(fairmode_sums(obs + 14, obs, uncertainty="pm10"))), 6)
    0.5
    """
    squared = ratio(mean(sums, "squared_error"), _mean_squared_uncertainty(sums))
    return (squared**0.5 / beta).rename("mqi")


def mqi_parts(sums: xr.Dataset, beta: float = BETA) -> xr.Dataset:
    """Performance indicators in time of the guidance: the parts of the MQI.

    bias = MB / (β RMS_U), standard_deviation = (σ_F - σ_O) / (β RMS_U) and
    correlation = 2 σ_F σ_O (1 - r) / (β RMS_U)². The criteria are |bias| ≤ 1,
    |standard_deviation| ≤ 1 and correlation ≤ 1. bias² + standard_deviation² + correlation = MQI².

    Parameters
    ----------
    sums : xarray.Dataset
        From `fairmode_sums`.
    beta : float
        Stringency; 2 in the guidance.

    Returns
    -------
    xarray.Dataset
        `bias`, `standard_deviation` and `correlation`, dimensionless; NaN without pairs.

    Raises
    ------
    ValueError
        If the sums are of another family.

    References
    ----------
    Janssen, S. and Thunis, P. (2022), FAIRMODE Guidance Document on Modelling Quality Objectives
    and Benchmarking, version 3.3, EUR 31068 EN, doi:10.2760/41988.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import fairmode_sums, mqi_parts
    >>> obs = xr.DataArray([50.0, 50.0], dims="x")
    >>> parts = mqi_parts(fairmode_sums(obs + 14, obs, uncertainty="pm10"))
    >>> round(float(parts["bias"]), 6)
    0.5
    """
    tolerated = beta * _mean_squared_uncertainty(sums) ** 0.5
    f, o = (variance(sums, series) ** 0.5 for series in ("forecast", "observed"))
    together = (f * o - covariance(sums)).clip(min=0)
    return xr.Dataset(
        {
            "bias": ratio(mean(sums, "error"), tolerated),
            "standard_deviation": ratio(f - o, tolerated),
            "correlation": ratio(2 * together, tolerated**2),
        }
    )


def mqi_90(station_mqi: xr.DataArray, dim: str = "place") -> xr.DataArray:
    """Indicator that 90 % of the stations do not exceed; the objective is met if it is at most 1.

    With the N stations in ascending order and S = ⌊0.9 N⌋, the value of station S plus 0.9 N - S
    of the step to station S + 1; for a single station 0.9 of its value.

    Parameters
    ----------
    station_mqi : xarray.DataArray
        From `mqi` or `forecast_mqi`, one value for each station. NaN stations are left out.
    dim : str
        Dimension of the stations.

    Returns
    -------
    xarray.DataArray
        On the other dimensions; NaN without a station.

    Raises
    ------
    ValueError
        If the values lack the dimension.

    References
    ----------
    Janssen, S. and Thunis, P. (2022), FAIRMODE Guidance Document on Modelling Quality Objectives
    and Benchmarking, version 3.3, EUR 31068 EN, doi:10.2760/41988.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import mqi_90
    >>> round(float(mqi_90(xr.DataArray(np.arange(1.0, 16.0), dims="place"))), 6)
    13.5
    """
    if dim not in station_mqi.dims:
        raise ValueError(
            f"the indicators need a dimension {dim!r}, found {[str(d) for d in station_mqi.dims]}"
        )
    stations = station_mqi.transpose(..., dim)
    n = np.count_nonzero(stations.notnull().values, axis=-1)[..., None]
    # Station 0 is the zero from which the step to the first one is taken; NaN sorts last.
    zero = np.zeros((*stations.shape[:-1], 1))
    ordered = np.concatenate([zero, np.sort(stations.values, axis=-1)], axis=-1)
    rank = 0.9 * n
    below = np.floor(rank).astype(np.intp)
    low, high = (
        np.take_along_axis(ordered, at, axis=-1) for at in (below, np.minimum(below + 1, n))
    )
    found = np.where(n > 0, low + (high - low) * (rank - below), np.nan)[..., 0]
    coords = {n: c.variable for n, c in station_mqi.coords.items() if dim not in c.dims}
    return xr.DataArray(found, coords, stations.dims[:-1], name="mqi_90")


SCORES = (
    Score(
        "mqi",
        FAMILY,
        mqi,
        (0, inf),
        0.0,
        "smaller",
        "FAIRMODE modelling quality indicator",
        "FAIRMODE模式质量指标",
    ),
)
"""Scores of this file, by name in tables."""
