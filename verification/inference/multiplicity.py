"""p-values adjusted for testing many hypotheses at once, such as one for every lead.

An adjusted p-value is compared with the same level as a single one would be.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np
import xarray as xr


def benjamini_hochberg(p: xr.DataArray, dim: Hashable | Sequence[Hashable]) -> xr.DataArray:
    """Adjust p-values to control the false discovery rate.

    Of the hypotheses rejected at level α, at most the share α is true on average, when the tests
    are independent or, as over leads, depend on each other positively. The i-th smallest of m
    p-values becomes the smallest of m p(j) / j over j >= i.

    Parameters
    ----------
    p : xarray.DataArray
        p-values; NaN is no hypothesis and stays NaN.
    dim : hashable or sequence of hashable
        Dimensions over which the hypotheses belong together; others are adjusted each by itself.

    Returns
    -------
    xarray.DataArray
        Adjusted p-values of the shape of `p`.

    Raises
    ------
    ValueError
        If `p` lacks a dimension or has values outside 0 to 1.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995), J. Royal Stat. Soc. B 57, 289-300; Benjamini, Y. and
    Yekutieli, D. (2001), Annals of Statistics 29, 1165-1188.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import benjamini_hochberg
    >>> p = xr.DataArray([0.01, 0.02, 0.5], dims="lead")
    >>> benjamini_hochberg(p, "lead").values
    array([0.03, 0.03, 0.5 ])
    """
    return _adjust(p, dim, _step_up)


def holm(p: xr.DataArray, dim: Hashable | Sequence[Hashable]) -> xr.DataArray:
    """Adjust p-values to control the chance of any false rejection, whatever the dependence.

    The i-th smallest of m p-values becomes the largest of (m - j + 1) p(j) over j <= i, at most 1.

    Parameters
    ----------
    p : xarray.DataArray
        p-values; NaN is no hypothesis and stays NaN.
    dim : hashable or sequence of hashable
        Dimensions over which the hypotheses belong together; others are adjusted each by itself.

    Returns
    -------
    xarray.DataArray
        Adjusted p-values of the shape of `p`.

    Raises
    ------
    ValueError
        If `p` lacks a dimension or has values outside 0 to 1.

    References
    ----------
    Holm, S. (1979), Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import holm
    >>> holm(xr.DataArray([0.01, 0.02, 0.5], dims="lead"), "lead").values
    array([0.03, 0.04, 0.5 ])
    """
    return _adjust(p, dim, _step_down)


def _adjust(
    p: xr.DataArray,
    dim: Hashable | Sequence[Hashable],
    method: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> xr.DataArray:
    dims = [dim] if isinstance(dim, str) or not isinstance(dim, Sequence) else list(dim)
    missing = [d for d in dims if d not in p.dims]
    if missing:
        raise ValueError(f"the p-values lack the dimensions {missing}, found {list(p.dims)}")
    if bool(((p < 0) | (p > 1)).any()):
        raise ValueError(f"p-values must lie in 0 to 1, found {float(p.min())} to {float(p.max())}")
    others = [d for d in p.dims if d not in dims]
    laid = p.transpose(*others, *dims)
    rows = laid.values.astype(np.float64).reshape(*(p.sizes[d] for d in others), -1)
    order = np.argsort(rows, axis=-1)  # NaN comes last
    tests = (~np.isnan(rows)).sum(axis=-1, keepdims=True)
    adjusted = np.empty_like(rows)
    step = method(np.take_along_axis(rows, order, axis=-1), tests)
    np.put_along_axis(adjusted, order, step, axis=-1)
    return laid.copy(data=adjusted.reshape(laid.shape)).transpose(*p.dims)


def _step_up(ordered: np.ndarray, tests: np.ndarray) -> np.ndarray:
    scaled = ordered * tests / np.arange(1, ordered.shape[-1] + 1)
    # `fmin` passes over NaN, which is put back where it was.
    least = np.fmin.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    return np.where(np.isnan(ordered), np.nan, least)


def _step_down(ordered: np.ndarray, tests: np.ndarray) -> np.ndarray:
    scaled = ordered * (tests - np.arange(ordered.shape[-1]))
    most = np.minimum(np.maximum.accumulate(scaled, axis=-1), 1.0)
    return np.where(np.isnan(ordered), np.nan, most)
