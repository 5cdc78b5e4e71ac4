"""Accuracy of leading categories, of which several may lead together: CF flag masks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from verification.pairs import sum_pairs
from verification.score import Score
from verification.sums import weighted_mean

FAMILY = "category"


def check_masks(mask: np.ndarray) -> None:
    """Raise `ValueError` unless every mask is a whole number from 0 or NaN."""
    wrong = ~np.isnan(mask) & ((mask < 0) | (mask != np.floor(mask)))
    if wrong.any():
        raise ValueError(f"masks must be whole numbers from 0, found {mask[wrong][0]:g}")


def share_a_category(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Mark where two arrays of masks have a bit in common; a missing mask has none."""
    left, right = (np.where(np.isnan(mask), 0.0, mask).astype(np.int64) for mask in (a, b))
    return (left & right) != 0


def _terms(
    f: np.ndarray, o: np.ndarray, counted: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    check_masks(f)
    check_masks(o)
    valid = ~np.isnan(f) & (o > 0) & (counted == 1)
    return valid, {"category_hits": share_a_category(f, o)}


def common_category_sums(
    mask_fcst: xr.DataArray,
    mask_obs: xr.DataArray,
    *,
    valid: xr.DataArray | None = None,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum hits of leading categories, of which several may be forecast or observed together.

    Parameters
    ----------
    mask_fcst, mask_obs : xarray.DataArray
        Bit masks (CF `flag_masks`): category k of the caller's list is the bit 2**k, 0 means
        none. Only pairs with a category observed count; a forecast of none is a miss there.
        Pairs in which either is NaN are left out.
    valid : xarray.DataArray, optional
        Boolean; pairs where it is not true are left out as well.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `category`: `category_hits`, with `pairs` and `weight`.

    Raises
    ------
    ValueError
        If a mask is negative or not a whole number, labels differ (see `check_aligned`), `keep`
        is unknown or weights are invalid.

    References
    ----------
    CF Conventions 1.10, section 3.5 (flags).

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import common_category_sums
    >>> fcst, obs = xr.DataArray([1, 4, 0, 2], dims="x"), xr.DataArray([3, 3, 1, 0], dims="x")
    >>> sums = common_category_sums(fcst, obs)
    >>> float(sums["category_hits"]), float(sums["pairs"])
    (1.0, 3.0)
    """
    return sum_pairs(
        _terms,
        mask_fcst,
        mask_obs,
        xr.DataArray(True) if valid is None else valid,
        family=FAMILY,
        variables={"category_hits": ()},
        keep=keep,
        weights=weights,
    )


def category_accuracy(sums: xr.Dataset) -> xr.DataArray:
    """Share of pairs in which forecast and observed have a leading category in common.

    #(K_F ∩ K_O ≠ ∅) / #(K_O ≠ ∅). Range [0, 1], perfect 1, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `common_category_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without a pair with a category observed.

    See Also
    --------
    level_accuracy : The same for ordered classes, one of which is observed.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import category_accuracy, common_category_sums
    >>> fcst, obs = xr.DataArray([1, 4, 0, 2], dims="x"), xr.DataArray([3, 3, 0, 2], dims="x")
    >>> round(float(category_accuracy(common_category_sums(fcst, obs))), 4)
    0.6667
    """
    return weighted_mean(sums, FAMILY, "category_hits").rename("category_accuracy")


SCORES = (
    Score(
        "category_accuracy",
        "category",
        category_accuracy,
        (0, 1),
        1.0,
        "larger",
        "common leading category",
        "首要污染物准确率",
    ),
)
"""Scores of this file, by name in tables."""
