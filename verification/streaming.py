"""Sums of a long series in blocks, so that memory follows the block and cores share the work."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import xarray as xr

from verification.sums import check_aligned, merge

Make = Callable[..., Mapping[str, xr.Dataset]]


def sums_in_blocks(
    make: Make, *arrays: xr.DataArray, dim: str = "issue", size: int = 10, workers: int = 1
) -> dict[str, xr.Dataset]:
    """Make sums of several families block by block along one dimension.

    Parameters
    ----------
    make : callable
        Receives the arrays of one block, loaded, and returns sums by any name; all blocks must
        return the same names. It must not look beyond its block.
    *arrays : xarray.DataArray
        Forecast, observed and so on: numpy, dask, or lazily opened from files. One without `dim`
        is passed whole.
    dim : str
        Dimension to cut, such as issue.
    size : int
        Labels of `dim` in a block.
    workers : int
        Threads; each works on one block at a time, so memory grows with them.

    Returns
    -------
    dict of str to xarray.Dataset
        Sums of the whole: joined along `dim` where it is kept, else merged. They do not depend on
        `size` and `workers` beyond rounding.

    Raises
    ------
    ValueError
        If no array has `dim`, the arrays are not aligned, or `size` or `workers` is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import continuous_sums, mae, sums_in_blocks
    >>> obs = xr.DataArray(np.arange(6.0), dims="issue")
    >>> found = sums_in_blocks(
    ...     lambda f, o: {"value": continuous_sums(f, o)}, obs + 2, obs, size=4)
    >>> float(mae(found["value"]))
    2.0
    """
    check_aligned(*arrays)
    length = next((a.sizes[dim] for a in arrays if dim in a.dims), None)
    if length is None:
        raise ValueError(f"none of the arrays has the dimension {dim!r} to be cut along")
    if size < 1 or workers < 1:
        raise ValueError(f"size and workers must be at least 1, found {size} and {workers}")
    cuts = (slice(i, min(i + size, length)) for i in range(0, max(length, 1), size))

    def one(cut: slice) -> Mapping[str, xr.Dataset]:
        return make(*(a.isel({dim: cut}).compute() if dim in a.dims else a for a in arrays))

    parts: dict[str, list[xr.Dataset]] = {}
    for found in _in_order(one, cuts, workers):
        for name, sums in found.items():
            held = parts.setdefault(name, [])
            if dim not in sums["pairs"].dims and held:
                held[0] = merge(held[0], sums)
            else:
                held.append(sums)
    return {name: _joined(held, dim) for name, held in parts.items()}


def _in_order(
    work: Callable[[slice], Mapping[str, xr.Dataset]], cuts: Iterator[slice], workers: int
) -> Iterator[Mapping[str, xr.Dataset]]:
    """Results in the order of the cuts, with no more blocks at hand than there are workers."""
    if workers == 1:
        yield from map(work, cuts)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future] = deque(pool.submit(work, cut) for cut in islice(cuts, workers))
        while waiting:
            found = waiting.popleft().result()
            waiting.extend(pool.submit(work, cut) for cut in islice(cuts, 1))
            yield found


def _joined(parts: list[xr.Dataset], dim: Hashable) -> xr.Dataset:
    if len(parts) == 1:
        return parts[0]
    return xr.concat(
        parts, dim, data_vars="minimal", coords="minimal", compat="override", join="exact"
    ).assign_attrs(parts[0].attrs)
