"""Climatological normals known at issue: what the season was like in earlier years."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy import sparse

from forecast.pollutants import POLLUTANTS

HALF_WINDOW = 15
"""Days either side of the calendar day."""
LEAST_AGE = 180
"""Only days at least so long before the valid day enter: earlier years, never this episode."""
MIN_VALUES = 10


def normals(daily: xr.Dataset, valid: pd.DatetimeIndex) -> xr.Dataset:
    """Mean of the same season in earlier years at each place.

    Parameters
    ----------
    daily : xarray.Dataset
        Daily values on (place, day), days increasing.
    valid : pandas.DatetimeIndex
        Days wanted.

    Returns
    -------
    xarray.Dataset
        Each pollutant on (valid_day, place), float32; NaN with fewer than 10 values. A normal of a
        day uses no value younger than 180 days, so it is known at every issue for that day.
    """
    days = daily["day"].values.astype("datetime64[D]")
    wanted = valid.values.astype("datetime64[D]")
    age = (wanted[:, None] - days[None, :]).astype(int)
    cycle = np.abs((age + 182.625) % 365.25 - 182.625)
    # sparse and float64: the sum of a day then does not depend on which other days are asked for
    near = sparse.csr_array((cycle <= HALF_WINDOW) & (age >= LEAST_AGE), dtype=np.float64)
    out = {}
    for p in POLLUTANTS:
        values = daily[p].transpose("day", "place").values
        known = np.isfinite(values)
        count = near @ known.astype(np.float64)
        total = near @ np.where(known, values, 0).astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(count >= MIN_VALUES, total / count, np.nan)
        out[p] = (("valid_day", "place"), mean.astype(np.float32))
    return xr.Dataset(out, coords={"valid_day": valid, "place": daily["place"].values})
