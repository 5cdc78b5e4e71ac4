"""One pass over pairs of forecast and observed, in blocks, into additive sums.

A family of scores is a function of a block of pairs: float64 numpy arrays in, the validity of
each pair and a few per-pair terms out. Everything else is done here once: checking alignment,
broadcasting, reading dask chunks, dropping missing pairs, weighting and summing. Only a block at
a time is converted to float64, so memory follows the block and float32 input stays float32.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from itertools import product
from math import prod

import numpy as np
import xarray as xr

from verification.sums import check_aligned

Terms = Callable[..., tuple[np.ndarray, dict[str, np.ndarray]]]
Slices = tuple[slice, ...]

# Numbers per block: 2 MB of float64, so that a block and its terms stay in the processor's cache.
_BLOCK = 1 << 18


def sum_pairs(
    terms: Terms,
    *arrays: xr.DataArray,
    family: str,
    variables: Mapping[str, tuple[str, ...]],
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
    core: str | None = None,
    coords: Mapping[str, np.ndarray] | None = None,
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
    coords : mapping, optional
        Labels of the dimensions in `variables`.

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
    given = arrays if weights is None else (*arrays, check_weights(weights))
    sizes = pair_sizes(*arrays, core=core)
    if weights is not None and not set(weights.dims) <= set(sizes):
        raise ValueError(
            f"weights have dimensions {_names(weights.dims)}, the pairs only {_names(sizes)}"
        )
    check_aligned(*given)
    kept = check_keep(keep, sizes)
    labels = dict(coords or {})
    shapes = {name: tuple(len(labels[d]) for d in inner) for name, inner in variables.items()}
    shapes |= {"pairs": (), "weight": ()}
    stay = [d for d in sizes if d in kept]
    totals = {n: np.zeros((*(sizes[d] for d in stay), *s)) for n, s in shapes.items()}

    away = tuple(i for i, d in enumerate(sizes) if d not in kept)
    for where, block in pair_blocks(given, sizes, core):
        valid, values = terms(*block[: len(arrays)])
        weight = np.where(valid, block[-1] if weights is not None else 1.0, 0.0)
        values = {n: _weighted(values[n], valid, weight, weights is None) for n in variables}
        values |= {"pairs": valid, "weight": weight}
        at = tuple(s for s, d in zip(where, sizes, strict=True) if d in kept)
        for name, value in values.items():
            totals[name][at] += value.sum(axis=away, dtype=np.float64)

    data = {n: ((*stay, *variables.get(n, ())), v) for n, v in totals.items()}
    beside = kept_coords(arrays, kept, taken={*totals, *labels})
    return xr.Dataset(data, {**beside, **labels}, attrs={"family": family})


def _weighted(
    value: np.ndarray, valid: np.ndarray, weight: np.ndarray, unit_weights: bool
) -> np.ndarray:
    extra = (...,) + (None,) * (value.ndim - valid.ndim)
    value = np.where(valid[extra], value, 0.0)
    return value if unit_weights else value * weight[extra]


def pair_sizes(*arrays: xr.DataArray, core: str | None = None) -> dict[Hashable, int]:
    """Length of every dimension of the pairs, in the order in which the arrays bring them.

    Parameters
    ----------
    *arrays : xarray.DataArray
        Forecast, observed and so on.
    core : str, optional
        Dimension within a pair, which the first array must have and no other may have.

    Returns
    -------
    dict
        Dimension to length, without `core`.

    Raises
    ------
    ValueError
        If `core` is missing in the first array or present in another.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification.pairs import pair_sizes
    >>> fcst = xr.DataArray(np.zeros((2, 3)), dims=("lead", "member"))
    >>> pair_sizes(fcst, xr.DataArray(np.zeros(2), dims="lead"), core="member")
    {'lead': 2}
    """
    if core is not None:
        if core not in arrays[0].dims:
            raise ValueError(
                f"the forecast needs a dimension {core!r}, found {_names(arrays[0].dims)}"
            )
        if any(core in array.dims for array in arrays[1:]):
            raise ValueError(f"only the forecast may have the dimension {core!r}")
    sizes: dict[Hashable, int] = {}
    for array in arrays:
        sizes |= {d: n for d, n in array.sizes.items() if d != core and d not in sizes}
    return sizes


def pair_blocks(
    arrays: Sequence[xr.DataArray], sizes: Mapping[Hashable, int], core: str | None = None
) -> Iterator[tuple[Slices, tuple[np.ndarray, ...]]]:
    """Walk over the pairs in blocks, each array broadcast to the pairs and in float64.

    A dask chunk of the arrays is computed once and then cut further.

    Parameters
    ----------
    arrays : sequence of xarray.DataArray
        Aligned arrays (see `check_aligned`).
    sizes : mapping
        Dimensions of the pairs with their lengths, from `pair_sizes`.
    core : str, optional
        Dimension within a pair, moved last in the first array.

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
    laid = [_spread(a.variable, sizes, core if i == 0 else None) for i, a in enumerate(arrays)]
    within = arrays[0].sizes[core] if core is not None else 1
    for chunk in product(*(_chunk_slices(laid, d, n) for d, n in sizes.items())):
        part = dict(zip(sizes, chunk, strict=True))
        loaded = [v.isel(part).compute() if v.chunks else v.isel(part) for v in laid]
        lengths = [s.stop - s.start for s in chunk]
        for block in product(*_steps(lengths, _BLOCK // max(1, within))):
            cut = dict(zip(sizes, block, strict=True))
            where = tuple(
                slice(c.start + b.start, c.start + b.stop)
                for c, b in zip(chunk, block, strict=True)
            )
            yield where, tuple(np.asarray(v.isel(cut).values, dtype=np.float64) for v in loaded)


def _spread(variable: xr.Variable, sizes: Mapping[Hashable, int], core: str | None) -> xr.Variable:
    """Give the variable all dimensions of the pairs, as a view, with `core` last."""
    shape = dict(sizes)
    if core is not None:
        shape[core] = variable.sizes[core]
    if set(variable.dims) == set(shape):
        return variable.transpose(*shape)
    return variable.set_dims(shape)


def _chunk_slices(variables: Sequence[xr.Variable], dim: Hashable, length: int) -> list[slice]:
    """Slices along the chunks of the first dask array, or one slice over everything."""
    chunks = next((v.chunksizes[dim] for v in variables if v.chunks), (length,))
    stops = np.cumsum(chunks).tolist()
    return [slice(stop - n, stop) for n, stop in zip(chunks, stops, strict=True)]


def _steps(lengths: Sequence[int], limit: int) -> list[list[slice]]:
    """Cut the outer dimensions first, until a block holds at most `limit` pairs."""
    total = prod(lengths)
    slices = []
    for n in lengths:
        step = max(1, min(n, n * max(1, limit) // total)) if total else max(1, n)
        slices.append([slice(i, min(i + step, n)) for i in range(0, n, step)])
        total = total // n * step if total else 0
    return slices


def check_keep(keep: str | Sequence[str], sizes: Mapping[Hashable, int]) -> set[Hashable]:
    """Dimensions to keep as a set; `ValueError` if the pairs lack one of them."""
    kept = [keep] if isinstance(keep, str) else list(keep)
    unknown = [d for d in kept if d not in sizes]
    if unknown:
        raise ValueError(f"cannot keep {unknown}: the pairs have dimensions {_names(sizes)}")
    return set(kept)


def check_weights(weights: xr.DataArray) -> xr.DataArray:
    """Give the weights back; `ValueError` unless all are finite and not negative."""
    if weights.size == 0:
        return weights
    lowest, highest = float(weights.min(skipna=False)), float(weights.max(skipna=False))
    if not (lowest >= 0 and np.isfinite(highest)):
        raise ValueError(f"weights must be finite and not negative, found {lowest} to {highest}")
    return weights


def kept_coords(
    arrays: Sequence[xr.DataArray], kept: set[Hashable], taken: set[str]
) -> dict[Hashable, xr.Variable]:
    """Coordinates of the arrays that lie on kept dimensions only, as far as names are free."""
    coords: dict[Hashable, xr.Variable] = {}
    for array in arrays:
        for name, coord in array.coords.items():
            if name not in coords and name not in taken and set(coord.dims) <= kept:
                coords[name] = coord.variable
    return coords


def _names(dims: object) -> list[str]:
    return [str(d) for d in dims]  # type: ignore[attr-defined]
