"""One numpy function on every container: numpy, pandas, xarray, and xarray on dask lazily."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr


def elementwise(function: Callable[[np.ndarray], np.ndarray], values: Any, dtype: Any) -> Any:
    """Apply `function` element by element and return what was given.

    Parameters
    ----------
    function : callable
        From an ndarray to an ndarray of the same shape.
    values : array_like, Series, DataFrame or DataArray
        A DataArray on dask stays lazy.
    dtype : dtype
        Of the result.

    Returns
    -------
    ndarray, Series, DataFrame or DataArray
        The container of `values`, with its labels; attributes are dropped, as they describe the
        input.

    Examples
    --------
    >>> elementwise(np.negative, pd.Series([1.0], index=["a"]), float).to_dict()
    {'a': -1.0}
    """
    if isinstance(values, xr.DataArray):
        return xr.apply_ufunc(function, values, dask="parallelized", output_dtypes=[dtype])
    if isinstance(values, pd.Series):
        return pd.Series(function(values.to_numpy()), index=values.index, name=values.name)
    if isinstance(values, pd.DataFrame):
        found = function(values.to_numpy())
        return pd.DataFrame(found, index=values.index, columns=values.columns)
    return function(np.asarray(values))
