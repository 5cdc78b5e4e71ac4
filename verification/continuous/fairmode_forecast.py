"""Forecast modelling quality indicator of FAIRMODE: the error against that of persistence.

The guidance scores a forecast against persistence, the last observation at the time of issue,
whose error is widened by the uncertainty of that measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import xarray as xr

from verification.continuous.measurement import MeasurementUncertainty, find_uncertainty
from verification.pairs import sum_pairs
from verification.score import Score
from verification.sums import check_family, ratio

FAMILY = "fairmode_forecast"

_VARIABLES: dict[str, tuple[str, ...]] = {
    "squared_error": (),
    "squared_persistence_error": ("uncertainty",),
}


def forecast_mqi_sums(
    fcst: xr.DataArray,
    persistence: xr.DataArray,
    obs: xr.DataArray,
    *,
    uncertainty: str | MeasurementUncertainty,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum what the forecast modelling quality indicator is read from.

    Parameters
    ----------
    fcst, persistence, obs : xarray.DataArray
        Daily concentrations in µg/m³, e.g. (issue, lead, place): forecast, the last value
        observed before the issue (the guidance takes O of the day 1 + h days before the valid
        day, for the forecast horizon of h days), and observed. Pairs in which any is NaN are left
        out.
    uncertainty : str or MeasurementUncertainty
        `pm25`, `pm10`, `o3` or `no2` for the parameters of the guidance, or one's own.
    keep : str or sequence of str
        Dimensions that stay, `place` among them for an indicator of each station.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `fairmode_forecast`: the sums of (F - O)² and, with the dimension `uncertainty`,
        whose only label names the parameters, of (|P - O| + U(P))²; `pairs` and `weight`.

    Raises
    ------
    ValueError
        If the quantity is unknown, labels differ (see `check_aligned`), `keep` is unknown or
        weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import forecast_mqi, forecast_mqi_sums
    >>> obs, last = xr.DataArray([40.0], dims="x"), xr.DataArray([25.0], dims="x")
    >>> sums = forecast_mqi_sums(obs + 12, last, obs, uncertainty="pm25")
    >>> float(forecast_mqi(sums))
    0.5
    """
    measured = find_uncertainty(uncertainty)

    def terms(
        f: np.ndarray, p: np.ndarray, o: np.ndarray
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        error, reach = f - o, np.abs(p - o) + measured.at(p)
        return ~(np.isnan(error) | np.isnan(reach)), {
            "squared_error": error * error,
            "squared_persistence_error": (reach * reach)[..., None],
        }

    return sum_pairs(
        terms,
        fcst,
        persistence,
        obs,
        family=FAMILY,
        variables=_VARIABLES,
        keep=keep,
        weights=weights,
        coords={"uncertainty": np.array([measured.label()])},
    )


def forecast_mqi(sums: xr.Dataset) -> xr.DataArray:
    """Forecast modelling quality indicator (MQI_f), of the guidance of 2026, section 1.1.

    MQI_f = √(Σ(F - O)² / Σ(|P - O| + U(P))²), with P the persistence forecast and U(P) its
    measurement uncertainty. Range [0, ∞), perfect 0, smaller is better; up to 1 the forecast does
    at least as well as persistence and the objective is fulfilled. There is no β: the older form
    without U(P) is the ratio of two `rmse`.

    Parameters
    ----------
    sums : xarray.Dataset
        From `forecast_mqi_sums`.

    Returns
    -------
    xarray.DataArray
        Dimensionless, on the kept dimensions; NaN without pairs. `mqi_90` reduces the stations.

    References
    ----------
    Vitali, L. et al. (2026), FAIRMODE Guidance Document on quality control indicators for air
    quality forecasts, JRC146007, eq. 1 and 2. Vitali, L. et al. (2023), Geosci. Model Dev. 16,
    6029-6047.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import forecast_mqi, forecast_mqi_sums
    >>> obs, last = xr.DataArray([41.0], dims="x"), xr.DataArray([50.0], dims="x")
    >>> sums = forecast_mqi_sums(obs + 23, last, obs, uncertainty="pm10")
    >>> round(float(forecast_mqi(sums)), 6)
    1.0
    """
    check_family(sums, FAMILY)
    reach = sums["squared_persistence_error"].isel(uncertainty=0, drop=True)
    return (ratio(sums["squared_error"], reach) ** 0.5).rename("forecast_mqi")


SCORES = (
    Score(
        "forecast_mqi",
        FAMILY,
        forecast_mqi,
        (0, inf),
        0.0,
        "smaller",
        "FAIRMODE forecast quality indicator",
        "FAIRMODE预报质量指标",
    ),
)
"""Scores of this file, by name in tables."""
