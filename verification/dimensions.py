"""What a pass over pairs is given: the dimensions of the pairs, those that stay, the weights."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import xarray as xr

from verification.sums import check_aligned


def check_pairs(
    *arrays: xr.DataArray,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
    core: str | None = None,
    joint: Sequence[str] = (),
) -> tuple[tuple[xr.DataArray, ...], dict[Hashable, int], set[Hashable]]:
    """Check everything that a pass over pairs is given, before it starts.

    Parameters
    ----------
    *arrays : xarray.DataArray
        Forecast, observed and so on.
    keep : str or sequence of str
        Dimensions that stay.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.
    core : str, optional
        Dimension within a pair, which only the first array has.
    joint : sequence of str
        Dimensions within a pair, which any array may have.

    Returns
    -------
    tuple
        The arrays with the weights, if any, last; the dimensions of the pairs with their lengths
        (see `pair_sizes`); and those that stay.

    Raises
    ------
    ValueError
        If the arrays are not aligned, `keep` names an unknown dimension, or weights are invalid.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification.dimensions import check_pairs
    >>> obs = xr.DataArray(np.zeros((2, 3)), dims=("lead", "place"))
    >>> given, sizes, kept = check_pairs(obs, obs, keep="lead", weights=obs + 1)
    >>> len(given), sizes, kept
    (3, {'lead': 2, 'place': 3}, {'lead'})
    """
    given = arrays if weights is None else (*arrays, check_weights(weights))
    sizes = pair_sizes(*arrays, core=core, joint=joint)
    if weights is not None and not set(weights.dims) <= set(sizes):
        raise ValueError(
            f"weights have dimensions {_names(weights.dims)}, the pairs only {_names(sizes)}"
        )
    check_aligned(*given)
    return given, sizes, check_keep(keep, sizes)


def pair_sizes(
    *arrays: xr.DataArray, core: str | None = None, joint: Sequence[str] = ()
) -> dict[Hashable, int]:
    """Length of every dimension of the pairs, in the order in which the arrays bring them.

    Parameters
    ----------
    *arrays : xarray.DataArray
        Forecast, observed and so on.
    core : str, optional
        Dimension within a pair, which the first array must have and no other may have.
    joint : sequence of str
        Further dimensions within a pair.

    Returns
    -------
    dict
        Dimension to length, without `core` and `joint`.

    Raises
    ------
    ValueError
        If `core` is missing in the first array or present in another.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification.dimensions import pair_sizes
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
        new = (d for d in array.dims if d != core and d not in joint and d not in sizes)
        sizes |= {d: array.sizes[d] for d in new}
    return sizes


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
