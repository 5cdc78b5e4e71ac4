"""The naive decision that the issued one is measured against: the index of the mean."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from forecast.aqi import index_and_primary, level
from forecast.pollutants import POLLUTANTS
from forecast.standard import Standard

MEAN_INDEX = "index_of_mean"
"""Name of the model."""
MAX_AQI = 500


def index_of_the_mean(
    forecast: xr.Dataset, standard: Standard, half_width: Mapping[int, int]
) -> xr.Dataset:
    """Decide by the index of the mean concentrations alone.

    Parameters
    ----------
    forecast : xarray.Dataset
        Forecasts of one model with ``concentration_mean`` (…, pollutant).
    standard : Standard
        That of the valid days.
    half_width : mapping of int to int
        Half-width of a range by upper end of the AQI of its centre, as in the decision.

    Returns
    -------
    xarray.Dataset
        ``aqi_low``, ``aqi_high``, ``level`` and ``primary`` as in an issued forecast: the range is
        centred on the index, the level is that of the index.
    """
    mean = forecast["concentration_mean"].transpose(..., "pollutant")
    values = {p: mean.sel(pollutant=p).values for p in POLLUTANTS}
    index, primary = index_and_primary(values, standard)
    steps = sorted(half_width)
    at = np.searchsorted(steps, np.nan_to_num(index))
    width = np.array([half_width[s] for s in steps])[at]
    dims = mean.dims[:-1]
    coords = {d: mean[d] for d in dims}
    return xr.Dataset(
        {
            "aqi_low": (dims, np.maximum(index - width, 0).astype(np.float32)),
            "aqi_high": (dims, np.minimum(index + width, MAX_AQI).astype(np.float32)),
            "level": (dims, level(index, standard)),
            "primary": (dims, primary),
        },
        coords,
    )
