"""Sums of groups: from the kept dimensions to regions, months, regimes, or the total."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from verification.sums import check_aligned


def group_sums(
    sums: xr.Dataset, by: str | xr.DataArray | Sequence[str | xr.DataArray] = ()
) -> xr.Dataset:
    """Reduce sums to what `by` names; everything not named is summed.

    Parameters
    ----------
    sums : xarray.Dataset
        Sums with kept dimensions such as (issue, lead, place).
    by : str, DataArray, or a sequence of them
        Each is a kept dimension, which stays; or the name of a coordinate of the sums, or an array
        with a name, whose values become a dimension in place of those it lies on: the region of
        each place, the month of each issue, the season of the valid day on (issue, lead). A
        dimension of an array of two or more may stay as well (``["lead", season]``). Groups come
        out sorted. A missing group (NaN, None) takes its sums out of the result. Nothing gives the
        total.

    Returns
    -------
    xarray.Dataset
        Sums with the dimensions that `by` names, in that order.

    Raises
    ------
    ValueError
        If a name is neither a dimension nor a coordinate on kept dimensions, an array has no name,
        is not aligned with the sums, or a dimension is used twice.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import bias, continuous_sums, group_sums
    >>> place = {"place": ["a", "b", "c"], "region": ("place", ["north", "north", "south"])}
    >>> obs = xr.DataArray([[10.0, 20.0, 30.0]], dims=("lead", "place"), coords=place)
    >>> fcst = obs + xr.DataArray([1.0, 3.0, -1.0], dims="place", coords=place)
    >>> sums = continuous_sums(fcst, obs, keep=("lead", "place"))
    >>> bias(group_sums(sums, by="region")).values
    array([ 2., -1.])
    """
    named = [by] if isinstance(by, (str, xr.DataArray)) else list(by)
    keys = [_group_key(sums, key) for key in named]
    _check_used_once(keys)
    dims = [d for d in sums["pairs"].dims if any(d in key.dims for key in keys)]
    reduced = sums.sum([d for d in sums["pairs"].dims if d not in dims], skipna=False)
    stay = all(key.name in dims for key in keys)
    grouped = reduced if stay else _sum_groups(reduced, dims, keys)
    inner = [d for d in sums.dims if d not in sums["pairs"].dims]
    order = [key.name for key in keys] + inner
    return grouped.transpose(*order, missing_dims="ignore").assign_attrs(sums.attrs)


def _group_key(sums: xr.Dataset, key: str | xr.DataArray) -> xr.DataArray:
    """The group of each label; a kept dimension is its own group."""
    kept = sums["pairs"].dims
    if isinstance(key, str):
        if key in kept:
            at = np.arange(sums.sizes[key]) if key not in sums.indexes else sums[key].values
            return xr.DataArray(at, dims=[key], name=key)
        if key not in sums.coords:
            found = sorted(str(n) for n in (*kept, *sums.coords))
            raise ValueError(f"cannot group by {key!r}: not among {found}")
        key = sums[key]
    if key.name is None or not key.dims or not set(key.dims) <= set(kept):
        raise ValueError(
            f"groups need a name and kept dimensions of {[str(d) for d in kept]}, "
            f"found name {key.name!r} and dimensions {[str(d) for d in key.dims]}"
        )
    check_aligned(sums["pairs"], key)
    return key


def _check_used_once(keys: list[xr.DataArray]) -> None:
    names = [key.name for key in keys]
    if len(set(names)) < len(names):
        raise ValueError(f"a dimension is grouped, kept or named twice: {names}")
    used = [key.dims for key in keys]
    if len(set(used)) < len(used):
        raise ValueError(f"a dimension is grouped, kept or named twice: {[*map(list, used)]}")


def _sum_groups(sums: xr.Dataset, dims: list[Hashable], keys: list[xr.DataArray]) -> xr.Dataset:
    """Add every cell of the kept dimensions to the cell of its groups."""
    shape = tuple(sums.sizes[d] for d in dims)
    cell, known = np.zeros(shape, np.intp), np.ones(shape, bool)
    labels = {}
    for key in keys:
        if key.name in dims:  # stays as it is, in its own order
            codes, groups = np.arange(key.size), key.values
        else:
            codes, groups = pd.factorize(key.values.ravel(), sort=True)
        codes = codes.reshape(key.shape)
        laid = xr.Variable(key.dims, codes).set_dims(dict(zip(dims, shape, strict=True)))
        codes = laid.transpose(*dims).values
        cell = cell * len(groups) + codes
        known &= codes >= 0
        labels[key.name] = groups
    lengths = tuple(len(groups) for groups in labels.values())
    variables: dict[Hashable, xr.Variable] = {}
    for name, values in sums.data_vars.items():
        first = values.variable.transpose(*dims, ...)
        rest = first.shape[len(dims) :]
        out = np.zeros((int(np.prod(lengths)), *rest))
        np.add.at(out, cell[known], first.values[known])
        variables[name] = xr.Variable(
            (*labels, *first.dims[len(dims) :]), out.reshape(*lengths, *rest)
        )
    gone = set(dims) - set(labels)
    coords = {
        c: v.variable for c, v in sums.coords.items() if not gone & set(v.dims) and c not in labels
    }
    indexed = {n: g for n, g in labels.items() if n not in dims or n in sums.indexes}
    return xr.Dataset(variables, {**coords, **indexed})
