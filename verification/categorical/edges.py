"""Ordered classes between edges, right-closed: a value on an edge belongs to the lower class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr


def check_edges(edges: Sequence[float], what: str = "edges") -> np.ndarray:
    """Give the edges back as float64; `ValueError` unless they are finite and increase.

    Parameters
    ----------
    edges : sequence of float
        At least one.
    what : str
        What the message calls them.

    Returns
    -------
    numpy.ndarray
        float64, one-dimensional.

    Raises
    ------
    ValueError
        If there is none, one is not finite, or they do not increase.

    Examples
    --------
    >>> from verification.categorical.edges import check_edges
    >>> check_edges([50, 100])
    array([ 50., 100.])
    """
    found = np.asarray(edges, dtype=np.float64)
    whole = found.ndim == 1 and found.size > 0 and np.isfinite(found).all()
    if not (whole and (np.diff(found) > 0).all()):
        raise ValueError(f"{what} must be one or more finite, increasing numbers, found {edges!r}")
    return found


def edges_in_type(edges: np.ndarray, x: xr.DataArray) -> np.ndarray:
    """Edges as the data can hold them: float32 data that was written as 0.1 lies on an edge 0.1.

    Parameters
    ----------
    edges : numpy.ndarray
        From `check_edges`.
    x : xarray.DataArray
        The data to be compared.

    Returns
    -------
    numpy.ndarray
        float64, rounded to the precision of floating-point data.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification.categorical.edges import edges_in_type
    >>> edges_in_type(np.array([0.1]), xr.DataArray(np.float32(0.1)))
    array([0.1])
    >>> float(edges_in_type(np.array([0.1]), xr.DataArray(np.float32(0.1)))[0]) > 0.1
    True
    """
    return edges.astype(x.dtype).astype(np.float64) if x.dtype.kind == "f" else edges


def class_numbers(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Number of edges below each value: the right-closed class, counted from 0.

    Parameters
    ----------
    x : numpy.ndarray
        Values; NaN gets the highest class, for the caller to leave out.
    edges : numpy.ndarray
        From `check_edges`.

    Returns
    -------
    numpy.ndarray
        Whole numbers from 0 to the number of edges.

    Examples
    --------
    >>> import numpy as np
    >>> from verification.categorical.edges import class_numbers
    >>> class_numbers(np.array([50.0, 51.0, 300.0]), np.array([50.0, 100.0]))
    array([0, 1, 2])
    """
    return np.searchsorted(edges, x, side="left")


def level_of(x: xr.DataArray, edges: Sequence[float]) -> xr.DataArray:
    """Level of each value, counted from 1; a value on an edge belongs to the lower level.

    Parameters
    ----------
    x : xarray.DataArray
        Values of any shape, numpy or dask.
    edges : sequence of float
        Upper ends of all levels but the last, increasing, in the unit of `x`.

    Returns
    -------
    xarray.DataArray
        float32 of the shape of `x`, from 1 to one more than the number of edges; NaN where `x`
        is missing.

    Raises
    ------
    ValueError
        If the edges do not increase.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import level_of
    >>> aqi = xr.DataArray([50.0, 51.0, 301.0, np.nan], dims="x")
    >>> level_of(aqi, [50, 100, 150, 200, 300]).values
    array([ 1.,  2.,  6., nan], dtype=float32)
    """
    upper = edges_in_type(check_edges(edges), x)

    def levels(values: np.ndarray) -> np.ndarray:
        found = (class_numbers(values, upper) + 1).astype(np.float32)
        return np.where(np.isnan(values), np.float32(np.nan), found)

    return xr.apply_ufunc(levels, x, dask="parallelized", output_dtypes=[np.float32])
