"""One pass over pairs of forecast and observed, in blocks, into additive sums.

A family of scores is a function of a block of pairs: float64 numpy arrays in, the validity of
each pair and a few per-pair terms out. Everything else is done here once: checking alignment,
broadcasting, reading dask chunks, dropping missing pairs, weighting and summing. Only a block at
a time is converted to float64, so memory follows the block and float32 input stays float32.

A block is small enough for the processor's cache: every further pass over it then costs a
fraction of the first one, which reads it from memory.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import product
from math import prod

import numpy as np
import numpy.typing as npt
import xarray as xr

from verification.dimensions import check_keep, check_pairs, kept_coords, pair_sizes

__all__ = ["check_keep", "kept_coords", "pair_blocks", "pair_sizes", "sum_pairs"]

Terms = Callable[..., tuple[np.ndarray, dict[str, np.ndarray]]]
Slices = tuple[slice, ...]

# Numbers per block of float64: half a megabyte, so that a block and its terms stay in the cache.
# Members and levels take twice as much, since most of their terms are one number a pair.
_BLOCK = 1 << 16
_INNER_BLOCK = 1 << 17

# Bytes of an array that is made and dropped before a pass. The allocator of the C library (glibc)
# returns freed memory to the system beyond twice the largest array it has seen go; without this
# it would do so after every block, and each block would pay for fresh pages, up to twice the time.
_KEPT = 1 << 24

# Numbers read at a time from an array that is neither in memory nor in dask chunks.
_READ = 1 << 24


def sum_pairs(
    terms: Terms,
    *arrays: xr.DataArray,
    family: str,
    variables: Mapping[str, tuple[str, ...]],
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
    core: str | None = None,
    joint: Sequence[str] = (),
    coords: Mapping[str, np.ndarray] | None = None,
    dtype: npt.DTypeLike | None = np.float64,
) -> xr.Dataset:
    """Sum per-pair terms over all dimensions that are not kept.

    Parameters
    ----------
    terms : callable
        Receives one float64 block of every array (all of one shape, the first one with the
        dimension `core` last) and returns the validity of each pair and the terms by name.
        A term may hold anything where the pair is not valid.
    *arrays : xarray.DataArray
        Forecast, observed and so on; numpy or dask. A dimension that one lacks broadcasts.
    family : str
        Name of the family, kept as an attribute.
    variables : mapping
        Name of each term and the dimensions it has beyond those of the pairs.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.
    core : str, optional
        Dimension within a pair (quantile, member), which only the first array has.
    joint : sequence of str
        Dimensions within a pair that is scored as a whole (the leads of a scenario); they come
        before `core`, after all others, in every array that has them.
    coords : mapping, optional
        Labels of the dimensions in `variables`.
    dtype : dtype, optional
        Type of the blocks that `terms` receives; None leaves them as they are stored.

    Returns
    -------
    xarray.Dataset
        The terms with `pairs` and `weight`; zeros where there is no valid pair.

    Raises
    ------
    ValueError
        If the arrays are not aligned, `keep` names an unknown dimension, or weights are invalid.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification.pairs import sum_pairs
    >>> def terms(f, o):
    ...     return ~np.isnan(f - o), {"error": f - o}
    >>> fcst = xr.DataArray([3.0, 4.0, np.nan], dims="issue")
    >>> obs = xr.DataArray([1.0, 1.0, 1.0], dims="issue")
    >>> sums = sum_pairs(terms, fcst, obs, family="example", variables={"error": ()})
    >>> float(sums["error"]), float(sums["pairs"])
    (5.0, 2.0)
    """
    given, sizes, kept = check_pairs(*arrays, keep=keep, weights=weights, core=core, joint=joint)
    labels = dict(coords or {})
    shapes = {name: tuple(len(labels[d]) for d in inner) for name, inner in variables.items()}
    shapes |= {"pairs": (), "weight": ()}
    stay = [d for d in sizes if d in kept]
    totals = {n: np.zeros((*(sizes[d] for d in stay), *s)) for n, s in shapes.items()}

    away = tuple(i for i, d in enumerate(sizes) if d not in kept)
    for where, block in pair_blocks(given, sizes, core, joint=joint, dtype=dtype):
        valid, values = terms(*block[: len(arrays)])
        weight = np.asarray(block[-1], dtype=np.float64) if weights is not None else None
        at = tuple(s for s, d in zip(where, sizes, strict=True) if d in kept)
        only = None if valid.all() else valid
        for name in variables:
            totals[name][at] += _total(values[name], only, weight, away)
        counted = _total(valid, None, None, away)
        totals["pairs"][at] += counted
        totals["weight"][at] += counted if weight is None else _total(weight, only, None, away)

    data = {n: ((*stay, *variables.get(n, ())), v) for n, v in totals.items()}
    beside = kept_coords(arrays, kept, taken={*totals, *labels})
    return xr.Dataset(data, {**beside, **labels}, attrs={"family": family})


def _total(
    value: np.ndarray, valid: np.ndarray | None, weight: np.ndarray | None, away: tuple[int, ...]
) -> np.ndarray:
    """Sum over all pairs (`valid` None) or the valid ones, with weight one (None) or their own."""
    if valid is not None:
        value = np.where(valid[(..., *(None,) * (value.ndim - valid.ndim))], value, 0.0)
    if weight is not None:
        value = value * weight[(..., *(None,) * (value.ndim - weight.ndim))]
    return value.sum(axis=away, dtype=np.float64)


def pair_blocks(
    arrays: Sequence[xr.DataArray],
    sizes: Mapping[Hashable, int],
    core: str | None = None,
    *,
    joint: Sequence[str] = (),
    dtype: npt.DTypeLike | None = np.float64,
) -> Iterator[tuple[Slices, tuple[np.ndarray, ...]]]:
    """Walk over the pairs in blocks, each array broadcast to the pairs and in one type.

    A dask chunk of the arrays is computed once and then cut further; so is a large piece of a
    file that is not in memory.

    Parameters
    ----------
    arrays : sequence of xarray.DataArray
        Aligned arrays (see `check_aligned`).
    sizes : mapping
        Dimensions of the pairs with their lengths, from `pair_sizes`.
    core : str, optional
        Dimension within a pair, moved last in the first array.
    joint : sequence of str
        Dimensions within a pair, moved behind those of the pairs where an array has them.
    dtype : dtype, optional
        Type of the blocks, float64 by default; None leaves them as they are stored, and a block
        may then be a view of the input: it must not be written to.

    Yields
    ------
    tuple
        Slices on the dimensions of the pairs, and the block of each array.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification.pairs import pair_blocks
    >>> fcst = xr.DataArray(np.ones((2, 3), dtype="float32"), dims=("issue", "lead"))
    >>> [(where, block)] = pair_blocks([fcst], {"issue": 2, "lead": 3})
    >>> where, block[0].dtype
    ((slice(0, 2, None), slice(0, 3, None)), dtype('float64'))
    """
    inner = [*joint, core] if core is not None else list(joint)
    laid = [_spread(a.variable, sizes, inner) for a in arrays]
    within = max(1, prod(laid[0].shape[len(sizes) :]))
    stored = np.dtype(dtype if dtype is not None else arrays[0].dtype)
    numbers = (_INNER_BLOCK if inner else _BLOCK) * 8 // max(1, stored.itemsize)
    np.empty(_KEPT, dtype=np.uint8)
    for part in _parts(laid, sizes, _READ // within):
        cut = dict(zip(sizes, part, strict=True))
        loaded = [v.isel(cut).values for v in laid]
        for block in product(*_steps([s.stop - s.start for s in part], numbers // within)):
            where = tuple(
                slice(p.start + b.start, p.start + b.stop) for p, b in zip(part, block, strict=True)
            )
            yield where, tuple(np.asarray(values[block], dtype=dtype) for values in loaded)


def _spread(
    variable: xr.Variable, sizes: Mapping[Hashable, int], inner: Sequence[str]
) -> xr.Variable:
    """Give the variable all dimensions of the pairs, as a view, with those of `inner` last."""
    shape = dict(sizes)
    shape.update((d, variable.sizes[d]) for d in inner if d in variable.dims)
    if set(variable.dims) == set(shape):
        return variable.transpose(*shape)
    return variable.set_dims(shape)


def _parts(
    variables: Sequence[xr.Variable], sizes: Mapping[Hashable, int], limit: int
) -> Iterator[Slices]:
    """Slices along the chunks of the first dask array, or of `limit` pairs without one."""
    chunked = next((v for v in variables if v.chunks), None)
    if chunked is None:
        return product(*_steps(list(sizes.values()), limit))
    stops = {d: np.cumsum(chunked.chunksizes[d]).tolist() for d in sizes}
    return product(
        *(
            [slice(s - n, s) for n, s in zip(chunked.chunksizes[d], stops[d], strict=True)]
            for d in sizes
        )
    )


def _steps(lengths: Sequence[int], limit: int) -> list[list[slice]]:
    """Cut the outer dimensions first, until a block holds at most `limit` pairs."""
    total = prod(lengths)
    slices = []
    for n in lengths:
        step = max(1, min(n, n * max(1, limit) // total)) if total else max(1, n)
        slices.append([slice(i, min(i + step, n)) for i in range(0, n, step)])
        total = total // n * step if total else 0
    return slices
