"""One pass over pairs, each of which falls into a class, into additive counts by class.

The counterpart of `verification.pairs` for tables and histograms: a contingency table of levels, a
reliability diagram, a rank histogram. A pair adds to the one cell it falls into, so a table of 36
cells costs as much as a histogram of two.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from math import prod

import numpy as np
import xarray as xr

from verification.dimensions import check_pairs, kept_coords
from verification.pairs import Slices, pair_blocks

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
    given, sizes, kept = check_pairs(*arrays, keep=keep, weights=weights, core=core)
    stay = [d for d in sizes if d in kept]
    cells = prod(len(labels) for labels in classes.values())
    lengths = tuple(sizes[d] for d in stay)
    counts = {name: np.zeros((*lengths, cells)) for name in ("count", *values)}
    pairs = np.zeros(lengths)

    away = tuple(i for i, d in enumerate(sizes) if d not in kept)
    for where, block in pair_blocks(given, sizes, core):
        valid, code, found = classify(*block[: len(arrays)])
        at = tuple(s for s, d in zip(where, sizes, strict=True) if d in kept)
        pairs[at] += valid.sum(axis=away)
        cell = group_numbers(where, sizes, kept) * cells + code
        only = slice(None) if valid.all() else valid
        weight = 1.0 if weights is None else block[-1][only].ravel()
        for name, total in counts.items():
            each = weight if name == "count" else found[name][only].ravel() * weight
            np.add.at(total.reshape(-1), cell[only].ravel(), each)

    inner = tuple(len(labels) for labels in classes.values())
    table = {
        name: ((*stay, *classes), total.reshape(*lengths, *inner)) for name, total in counts.items()
    }
    weight_of_all = counts["count"].sum(axis=-1)
    data = {**table, "pairs": (stay, pairs), "weight": (stay, weight_of_all)}
    beside = kept_coords(arrays, kept, taken={*data, *classes})
    return xr.Dataset(data, {**beside, **classes}, attrs={"family": family})


def group_numbers(where: Slices, sizes: Mapping[Hashable, int], kept: set[Hashable]) -> np.ndarray:
    """Flat position of the pairs of a block among all kept labels.

    Parameters
    ----------
    where : tuple of slice
        The block, from `pair_blocks`.
    sizes : mapping
        Dimensions of the pairs with their lengths.
    kept : set
        Dimensions that stay.

    Returns
    -------
    numpy.ndarray
        Whole numbers, of length one on the dimensions that do not stay.

    Examples
    --------
    >>> from verification.classes import group_numbers
    >>> sizes = {"issue": 9, "lead": 2, "place": 3}
    >>> group_numbers((slice(0, 4), slice(1, 2), slice(0, 3)), sizes, {"lead", "place"})
    array([[[3, 4, 5]]])
    """
    number = np.zeros((1,) * len(sizes), dtype=np.intp)
    for axis, (part, dim) in enumerate(zip(where, sizes, strict=True)):
        if dim in kept:
            step = np.arange(part.start, part.stop)
            along = [-1 if i == axis else 1 for i in range(len(sizes))]
            number = number * sizes[dim] + step.reshape(along)
    return number
