"""Functions of the hours of a series on every container: numpy, pandas, xarray, dask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError

BLOCK = 1 << 16
"""Values worked on at a time, so that intermediate arrays stay in the cache."""


def in_blocks(function: Callable[[np.ndarray], np.ndarray], values: np.ndarray) -> np.ndarray:
    """Apply a function of (place, time) to some places at a time; float32 (…, time)."""
    if not values.size:
        return np.empty(values.shape, np.float32)
    rows = values.reshape(-1, values.shape[-1])
    out = np.empty(rows.shape, np.float32)
    step = max(1, BLOCK // rows.shape[1])
    for start in range(0, len(rows), step):
        out[start : start + step] = function(rows[start : start + step])
    return out.reshape(values.shape)


def along_hours(function: Callable[[np.ndarray], np.ndarray], values: Any) -> Any:
    """Apply a function of (…, time) to hourly values and return what was given.

    Parameters
    ----------
    function : callable
        From an ndarray (place, time) to a float32-able ndarray of the same shape.
    values : DataArray with ``time``, Series or DataFrame indexed by time, or ndarray (…, time)
        Hourly values without gaps in time. A DataArray on dask stays lazy, with all hours of a
        place in one chunk.

    Returns
    -------
    float32, as `values`

    Raises
    ------
    InputError
        The hours do not follow each other one by one.
    """

    def blocks(array: np.ndarray) -> np.ndarray:
        return in_blocks(function, array)

    if isinstance(values, xr.DataArray):
        _check_hours(values["time"].to_index())
        found = xr.apply_ufunc(
            blocks,
            values,
            input_core_dims=[["time"]],
            output_core_dims=[["time"]],
            dask="parallelized",
            output_dtypes=[np.float32],
            dask_gufunc_kwargs={"allow_rechunk": True},
        )
        return found.transpose(*values.dims)
    if isinstance(values, pd.Series | pd.DataFrame):
        _check_hours(values.index)
        found = blocks(np.asarray(values.to_numpy(), dtype=np.float64).T).T
        if isinstance(values, pd.Series):
            return pd.Series(found, index=values.index, name=values.name)
        return pd.DataFrame(found, index=values.index, columns=values.columns)
    return blocks(np.asarray(values))


def _check_hours(index: pd.Index) -> None:
    if not isinstance(index, pd.DatetimeIndex):
        raise InputError(f"running means need a time index; found {type(index).__name__}")
    steps = np.diff(index.to_numpy())
    wrong = np.flatnonzero(steps != np.timedelta64(1, "h"))
    if len(wrong):
        at = wrong[0]
        raise InputError(
            f"hours must follow each other one by one: after {index[at]} found {index[at + 1]}; "
            "reindex to every hour first"
        )
