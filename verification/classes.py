"""One pass over pairs, each of which falls into a class, into additive counts by class.

The counterpart of `verification.pairs` for tables and histograms: a contingency table of levels, a
reliability diagram, a rank histogram. A pair is counted with `numpy.bincount`, so a table of 36
cells costs as much as a histogram of two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

import numpy as np
import xarray as xr

from verification.pairs import check_keep, check_weights, kept_coords, pair_blocks, pair_sizes
from verification.sums import check_aligned

Classify = Callable[..., tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]]


def count_pairs(
    classify: Classify,
    *arrays: xr.DataArray,
    family: str,
    classes: Mapping[str, np.ndarray],
    values: Sequence[str] = (),
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
    core: str | None = None,
) -> xr.Dataset:
    """Count pairs by class, over all dimensions that are not kept.

    Parameters
    ----------
    classify : callable
        Receives one float64 block of every array (all of one shape, the first one with the
        dimension `core` last). Returns the validity of each pair, its class as a whole number
        from 0 (the flat position in the table of `classes`; anything where not valid), and the
        values to sum within each class, by name.
    *arrays : xarray.DataArray
        Forecast, observed and so on; numpy or dask. A dimension that one lacks broadcasts.
    family : str
        Name of the family, kept as an attribute.
    classes : mapping
        Dimensions of the table with their labels, in the order in which the class is counted:
        the last one varies fastest.
    values : sequence of str
        Names of the values that `classify` gives.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.
    core : str, optional
        Dimension within a pair (member, level), which only the first array has.

    Returns
    -------
    xarray.Dataset
        `count`, the weight of the pairs in each class, and the sum of each value, on the kept
        dimensions and those of `classes`; with `pairs` and `weight`.

    Raises
    ------
    ValueError
        If the arrays are not aligned, `keep` names an unknown dimension, or weights are invalid.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification.classes import count_pairs
    >>> def classify(f, o):
    ...     return ~np.isnan(f - o), 2 * (f > 5) + (o > 5), {}
    >>> fcst, obs = xr.DataArray([1.0, 9.0, 7.0], dims="x"), xr.DataArray([6.0, 8.0, 2.0], dims="x")
    >>> labels = np.array(["low", "high"])
    >>> classes = {"forecast": labels, "observed": labels}
    >>> count_pairs(classify, fcst, obs, family="example", classes=classes)["count"].values
    array([[0., 1.],
           [1., 1.]])
    """
    given = arrays if weights is None else (*arrays, check_weights(weights))
    sizes = pair_sizes(*arrays, core=core)
    if weights is not None and not set(weights.dims) <= set(sizes):
        raise ValueError(
            f"weights have dimensions {[str(d) for d in weights.dims]}, "
            f"the pairs only {[str(d) for d in sizes]}"
        )
    check_aligned(*given)
    kept = check_keep(keep, sizes)
    stay = [d for d in sizes if d in kept]
    cells = prod(len(labels) for labels in classes.values())
    lengths = tuple(sizes[d] for d in stay)
    counts = {name: np.zeros((*lengths, cells)) for name in ("count", *values)}
    pairs = np.zeros(lengths)

    for where, block in pair_blocks(given, sizes, core):
        valid, code, found = classify(*block[: len(arrays)])
        at = tuple(s for s, d in zip(where, sizes, strict=True) if d in kept)
        shape = tuple(s.stop - s.start for s in at)
        group = _group_numbers(where, list(sizes), kept, valid.shape)[valid]
        cell = group * cells + code[valid]
        weight = block[-1][valid] if weights is not None else None
        for name, total in counts.items():
            each = weight
            if name != "count":
                each = found[name][valid] if weight is None else found[name][valid] * weight
            binned = np.bincount(cell, each, minlength=prod(shape) * cells)
            total[at] += binned.reshape(*shape, cells)
        pairs[at] += np.bincount(group, minlength=prod(shape)).reshape(shape)

    inner = tuple(len(labels) for labels in classes.values())
    table = {
        name: ((*stay, *classes), total.reshape(*lengths, *inner)) for name, total in counts.items()
    }
    weight_of_all = counts["count"].sum(axis=-1)
    data = {**table, "pairs": (stay, pairs), "weight": (stay, weight_of_all)}
    beside = kept_coords(arrays, kept, taken={*data, *classes})
    return xr.Dataset(data, {**beside, **classes}, attrs={"family": family})


def _group_numbers(
    where: tuple[slice, ...], dims: list[object], kept: set[object], shape: tuple[int, ...]
) -> np.ndarray:
    """Flat position of every pair of a block among the kept labels of the block."""
    number = np.zeros((1,) * len(dims), dtype=np.intp)
    for axis, (part, dim) in enumerate(zip(where, dims, strict=True)):
        if dim in kept:
            length = part.stop - part.start
            step = np.arange(length).reshape([-1 if i == axis else 1 for i in range(len(dims))])
            number = number * length + step
    return np.broadcast_to(number, shape)
