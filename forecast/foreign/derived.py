"""What follows from the values a file gives: the centre of an ensemble, the levels of an index."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import days_by_standard, level
from forecast.foreign.content import LEADS, valid_days
from forecast.foreign.variables import base_name


def with_centre(data: xr.Dataset) -> xr.Dataset:
    """Add the single value of each variable that has only members or quantiles.

    Parameters
    ----------
    data : xarray.Dataset
        See `Content`.

    Returns
    -------
    xarray.Dataset
        With the mean of the members, or the median of the quantiles (their mean where no median
        is given).
    """
    added = {}
    for name, values in data.data_vars.items():
        base = base_name(str(name))
        if base == name or base in data or base in added:
            continue
        if "member" in values.dims:
            added[base] = values.mean("member")
        elif 0.5 in values["quantile"].values:
            added[base] = values.sel(quantile=0.5, drop=True)
        else:
            added[base] = values.mean("quantile")
    return data.assign(added)


def with_levels(data: xr.Dataset) -> xr.Dataset:
    """Add the levels that follow from the index, by the Chinese standard of each day.

    Parameters
    ----------
    data : xarray.Dataset
        See `Content`.

    Returns
    -------
    xarray.Dataset
        ``level`` from ``aqi`` where no level is given, ``level_low`` and ``level_high`` from the
        ends of the range.
    """
    sources = {"level": "aqi", "level_low": "aqi_low", "level_high": "aqi_high"}
    valid = valid_days(data)
    groups = days_by_standard(pd.DatetimeIndex(valid.ravel().astype("datetime64[ns]")))
    time = ("day",) if "day" in data.dims else LEADS
    added = {}
    for name, source in sources.items():
        if source not in data or (name in data and name != "level"):
            continue
        index = data[source].transpose(*time, "place")
        flat = index.values.reshape(valid.size, -1)
        found = np.full(flat.shape, np.nan)
        for standard, rows in groups:
            levels = level(flat[rows], standard)
            found[rows] = np.where(levels > 0, levels, np.nan)
        made = index.copy(data=found.reshape(index.shape))
        added[name] = data[name].fillna(made) if name in data else made
    return data.assign(added)
