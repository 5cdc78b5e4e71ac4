"""Sums over pairs of forecast and observed: checked alignment and merging.

A set of sums is an `xarray.Dataset` of float64 variables that add. Two variables are in every
set: `pairs`, the number of valid pairs, and `weight`, the sum of their weights (equal to `pairs`
when no weights were given). The attribute `family` names the scores that can be read from it.

The dimensions of `pairs` are the *kept* dimensions. A dimension that another variable has
beyond them (`quantile`, `interval`) belongs to that variable: it is never summed or joined.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pandas as pd
import xarray as xr


def check_aligned(*arrays: xr.DataArray) -> None:
    """Raise unless the arrays carry the same labels, in the same order, on every shared dimension.

    Scores pair values by position after this check; labels are never joined. A dimension that
    only one array has is free to broadcast.

    Parameters
    ----------
    *arrays : xarray.DataArray
        Forecast, observed, weights and so on, of any shapes.

    Raises
    ------
    ValueError
        If a shared dimension differs in length, labels or order, or is labelled in one array
        and not in the other. The message names the dimension and the first differing label.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import check_aligned
    >>> fcst = xr.DataArray([1.0, 2.0], dims="lead", coords={"lead": [1, 2]}, name="fcst")
    >>> obs = xr.DataArray([1.0, 2.0], dims="lead", coords={"lead": [1, 3]}, name="obs")
    >>> check_aligned(fcst, obs)
    Traceback (most recent call last):
        ...
    ValueError: dimension 'lead' differs at position 1: 2 in 'fcst', 3 in 'obs'
    """
    seen: dict[Hashable, tuple[str, xr.DataArray]] = {}
    for position, array in enumerate(arrays):
        title = repr(array.name) if array.name is not None else f"array {position + 1}"
        for dim in array.dims:
            if dim in seen:
                _check_dim(dim, *seen[dim], title, array)
            else:
                seen[dim] = (title, array)


def _check_dim(dim: Hashable, name: str, a: xr.DataArray, other: str, b: xr.DataArray) -> None:
    if (dim in a.indexes) != (dim in b.indexes):
        labelled, bare = (name, other) if dim in a.indexes else (other, name)
        raise ValueError(
            f"dimension {dim!r} has labels in {labelled} and none in {bare}, "
            "so their alignment cannot be checked"
        )
    lengths = (a.sizes[dim], b.sizes[dim])
    if dim not in a.indexes:
        if lengths[0] != lengths[1]:
            raise ValueError(
                f"dimension {dim!r} has length {lengths[0]} in {name}, {lengths[1]} in {other}"
            )
        return
    left, right = a.indexes[dim], b.indexes[dim]
    if left.equals(right):
        return
    n = min(lengths)
    unequal = np.flatnonzero(np.asarray(left[:n]) != np.asarray(right[:n]))
    at = int(unequal[0]) if unequal.size else n
    first, second = (str(i[at]) if at < len(i) else "no label" for i in (left, right))
    sizes = "" if lengths[0] == lengths[1] else f" (lengths {lengths[0]} and {lengths[1]})"
    raise ValueError(
        f"dimension {dim!r} differs at position {at}: {first} in {name}, {second} in {other}{sizes}"
    )


def merge(*sums: xr.Dataset) -> xr.Dataset:
    """Add sums of different pairs, giving the sums of all pairs together.

    Kept dimensions are joined by label; a label that one part lacks counts as zero there.
    Labels come out in the order of the parts when these agree, else sorted. Coordinates that
    are not dimensions stay where the parts agree and are dropped where they contradict.

    Parameters
    ----------
    *sums : xarray.Dataset
        One or more sums of one family with the same kept dimensions.

    Returns
    -------
    xarray.Dataset
        Sums of the same family.

    Raises
    ------
    ValueError
        If nothing is given, or family, variables, kept dimensions, or labels within a pair
        (quantile levels) differ.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, mae, merge
    >>> obs = xr.DataArray([10.0, 20.0, 30.0], dims="issue", coords={"issue": [1, 2, 3]})
    >>> parts = [continuous_sums(part + 3, part) for part in (obs[:1], obs[1:])]
    >>> float(mae(merge(*parts)))
    3.0
    """
    if not sums:
        raise ValueError("merge needs at least one set of sums, found none")
    total = sums[0]
    for part in sums[1:]:
        total = _add(total, part)
    return total


def _add(a: xr.Dataset, b: xr.Dataset) -> xr.Dataset:
    _check_like(a, b)
    bare = [s.drop_vars([c for c in s.coords if c not in s.indexes]) for s in (a, b)]
    left, right = xr.align(*bare, join="outer", fill_value=0.0)
    total = (left + right).assign_attrs(a.attrs)
    aside: dict[Hashable, xr.Variable] = {}
    for name in {**a.coords, **b.coords}:
        parts = [s[name] for s in (a, b) if name in s.coords]
        if name not in total.indexes and len({p.dims for p in parts}) == 1:
            joined = _join_coordinate(parts, total)
            if joined is not None:
                aside[name] = joined
    return total.assign_coords(aside)


def _join_coordinate(parts: list[xr.DataArray], total: xr.Dataset) -> xr.Variable | None:
    """Lay a coordinate out on the labels of the total; None where the parts contradict."""
    laid = [p.reindex_like(total).variable for p in parts]
    joined = laid[0] if len(laid) == 1 else laid[0].fillna(laid[1])
    if not all(p.fillna(joined).equals(joined) for p in laid):
        return None
    # A label that one part lacks turned whole numbers and texts into other types on the way.
    whole = bool(pd.notna(joined.values).all())
    return joined.astype(np.result_type(*(p.dtype for p in parts))) if whole else joined


def _check_like(a: xr.Dataset, b: xr.Dataset) -> None:
    family, other = a.attrs.get("family"), b.attrs.get("family")
    if family != other or set(a.data_vars) != set(b.data_vars):
        raise ValueError(f"cannot merge sums of the family {family!r} with sums of {other!r}")
    kept, others = set(a["pairs"].dims), set(b["pairs"].dims)
    if kept != others:
        raise ValueError(
            f"cannot merge sums kept by {sorted(map(str, kept))} "
            f"with sums kept by {sorted(map(str, others))}"
        )
    inner = [d for d in a.dims if d not in kept]
    check_aligned(
        *(xr.DataArray(s[d].values, {d: s[d].values}, [d]) for d in inner for s in (a, b))
    )


def weighted_mean(sums: xr.Dataset, family: str, variable: str) -> xr.DataArray:
    """Mean of one term over the pairs: its sum over the sum of weights, NaN without pairs.

    Parameters
    ----------
    sums : xarray.Dataset
        Sums of `family`.
    family, variable : str
        The family that the sums must be of, and the term.

    Returns
    -------
    xarray.DataArray
        With the dimensions of the term.

    Raises
    ------
    ValueError
        If the sums are of another family.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification.sums import weighted_mean
    >>> sums = xr.Dataset({"error": 6.0, "weight": 3.0}, attrs={"family": "continuous"})
    >>> float(weighted_mean(sums, "continuous", "error"))
    2.0
    """
    check_family(sums, family)
    return ratio(sums[variable], sums["weight"])


def check_family(sums: xr.Dataset, family: str) -> None:
    """Raise `ValueError` unless the attribute `family` of the sums is the one a score needs."""
    found = sums.attrs.get("family")
    if found != family:
        raise ValueError(f"this score needs sums of the family {family!r}, found {found!r}")


def ratio(numerator: xr.DataArray, denominator: xr.DataArray) -> xr.DataArray:
    """Quotient that is NaN where the denominator is zero: an undefined score is missing.

    Both come from one set of sums as a rule. Labels that are equal are not aligned again, which
    would take longer than the division.
    """
    arrays = (numerator.variable.data, denominator.variable.data)
    own = set(denominator.dims) - set(numerator.dims)
    if own or not all(isinstance(a, np.ndarray) for a in arrays):
        return numerator / denominator.where(denominator != 0)
    if not all(numerator.get_index(d).equals(denominator.get_index(d)) for d in denominator.dims):
        return numerator / denominator.where(denominator != 0)
    below = denominator.variable.set_dims(dict(numerator.sizes)).values
    quotient = np.full(numerator.shape, np.nan)
    np.divide(arrays[0], below, out=quotient, where=below != 0)
    return xr.DataArray(quotient, numerator.coords, numerator.dims)
