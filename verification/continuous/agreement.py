"""Index of agreement of Willmott, in its forms of 1981 and 2011.

Both measure the error against the departures from the observed mean. That mean is not known
before all pairs were seen, so it is a parameter, `centre`, from a first pass:

    centre = observed_mean(continuous_sums(fcst, obs, keep="place"))
    sums = agreement_sums(fcst, obs, centre=centre, keep=("issue", "lead"))

The centre is recorded in the sums as the label of a dimension `centre` of one label, so sums made
with different centres do not merge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence

import numpy as np
import xarray as xr

from verification.continuous.errors import FAMILY as CONTINUOUS
from verification.pairs import pair_sizes, sum_pairs
from verification.score import Score
from verification.sums import check_family, ratio, weighted_mean

FAMILY = "agreement"

_VARIABLES: dict[str, tuple[str, ...]] = {
    "absolute_error": (),
    "squared_error": (),
    "absolute_departure": ("centre",),
    "squared_potential_error": ("centre",),
}


def observed_mean(sums: xr.Dataset) -> xr.DataArray:
    """Mean of the observed over the pairs of every kept label, as a centre for `agreement_sums`.

    Parameters
    ----------
    sums : xarray.Dataset
        From `continuous_sums`.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions; NaN without pairs.

    Raises
    ------
    ValueError
        If the sums are of another family.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import continuous_sums, observed_mean
    >>> obs = xr.DataArray([10.0, 40.0], dims="x")
    >>> float(observed_mean(continuous_sums(obs, obs)))
    25.0
    """
    return weighted_mean(sums, CONTINUOUS, "observed").rename("observed_mean")


def _terms(
    f: np.ndarray, o: np.ndarray, centre: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    error, departure = np.abs(f - o), np.abs(o - centre)
    potential = np.abs(f - centre) + departure
    return ~np.isnan(potential), {
        "absolute_error": error,
        "squared_error": error * error,
        "absolute_departure": departure[..., None],
        "squared_potential_error": (potential * potential)[..., None],
    }


def agreement_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    centre: float | xr.DataArray,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum what the indices of agreement are read from.

    Parameters
    ----------
    fcst, obs : xarray.DataArray
        Forecast and observed values in one unit, e.g. (issue, lead, place). Pairs in which
        either, or their centre, is NaN are left out.
    centre : float or xarray.DataArray
        The observed mean: one number, or an array on some dimensions of the pairs, e.g. a mean
        for every place. It may hold more labels than the pairs; it is taken by label.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `agreement`: sums of |F - O| and (F - O)²; with the dimension `centre`, whose
        only label names the centre, of |O - C| and (|F - C| + |O - C|)²; `pairs` and `weight`.

    Raises
    ------
    ValueError
        If the centre has another dimension than the pairs or lacks a label of theirs, labels
        differ (see `check_aligned`), `keep` is unknown or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import agreement_sums, ioa_1981
    >>> fcst, obs = xr.DataArray([12.0, 18.0], dims="x"), xr.DataArray([10.0, 20.0], dims="x")
    >>> sums = agreement_sums(fcst, obs, centre=15.0)
    >>> sums["centre"].values.tolist(), round(float(ioa_1981(sums)), 6)
    (['15.0'], 0.9375)
    """
    given = xr.DataArray(centre).astype(np.float64)
    return sum_pairs(
        _terms,
        fcst,
        obs,
        _taken_by_label(given, fcst, obs),
        family=FAMILY,
        variables=_VARIABLES,
        keep=keep,
        weights=weights,
        coords={"centre": np.array([_name_of(given)])},
    )


def _taken_by_label(centre: xr.DataArray, fcst: xr.DataArray, obs: xr.DataArray) -> xr.DataArray:
    """Centre on the labels of the pairs."""
    known = pair_sizes(fcst, obs)
    unknown = [str(d) for d in centre.dims if d not in known]
    if unknown:
        raise ValueError(
            f"the centre has the dimensions {unknown}, the pairs only {[str(d) for d in known]}"
        )
    for dim in centre.dims:
        pairs = fcst if dim in fcst.dims else obs
        if dim in centre.indexes and dim in pairs.indexes:
            missing = pairs.indexes[dim].difference(centre.indexes[dim])
            if len(missing):
                raise ValueError(f"the centre has no value for {dim!r} = {missing[0]}")
            centre = centre.sel({dim: pairs.indexes[dim]})
    return centre.rename("centre").drop_vars([c for c in centre.coords if c not in centre.dims])


def _name_of(centre: xr.DataArray) -> str:
    """Text that two centres share only if they are equal: the number, or a digest of the array."""
    if centre.ndim == 0:
        return repr(float(centre))
    dims: list[Hashable] = sorted(centre.dims, key=str)
    ordered = centre.transpose(*dims)
    digest = hashlib.sha256(np.ascontiguousarray(ordered.values).tobytes())
    for dim in dims:
        labels = ordered.indexes[dim] if dim in ordered.indexes else range(ordered.sizes[dim])
        digest.update(f"{dim}:{[str(label) for label in labels]}".encode())
    return f"by {', '.join(map(str, dims))}: {digest.hexdigest()[:16]}"


def _at_centre(sums: xr.Dataset, variable: str) -> xr.DataArray:
    check_family(sums, FAMILY)
    return sums[variable].isel(centre=0, drop=True)


def ioa_1981(sums: xr.Dataset) -> xr.DataArray:
    """Index of agreement d of Willmott (1981), with squares.

    d = 1 - Σ(F - O)² / Σ(|F - Ō| + |O - Ō|)², with Ō the centre. Range [0, 1], perfect 1, larger
    is better. It is high for most forecasts: 0.5 is poor.

    Parameters
    ----------
    sums : xarray.Dataset
        From `agreement_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs, or where all values equal the centre.

    References
    ----------
    Willmott, C. J. (1981), Physical Geography 2, 184-194.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import agreement_sums, ioa_1981
    >>> fcst, obs = xr.DataArray([20.0, 20.0], dims="x"), xr.DataArray([10.0, 20.0], dims="x")
    >>> float(ioa_1981(agreement_sums(fcst, obs, centre=15.0)))
    0.5
    """
    potential = _at_centre(sums, "squared_potential_error")
    return (1 - ratio(sums["squared_error"], potential)).rename("ioa_1981")


def ioa_2011(sums: xr.Dataset) -> xr.DataArray:
    """Refined index of agreement d_r of Willmott, Robeson and Matsuura (2011).

    With E = Σ|F - O| and D = 2 Σ|O - Ō|, Ō the centre: d_r = 1 - E/D where E ≤ D, else D/E - 1.
    Range [-1, 1], perfect 1, larger is better; 0.5 is an error half as large as D.

    Parameters
    ----------
    sums : xarray.Dataset
        From `agreement_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs, or where all values equal the centre; -1 where
        the observed equals the centre throughout and the forecast does not.

    References
    ----------
    Willmott, C. J., Robeson, S. M. and Matsuura, K. (2012; online 2011), Int. J. Climatol. 32,
    2088-2094, eq. 9.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import agreement_sums, ioa_2011
    >>> fcst, obs = xr.DataArray([15.0, 20.0], dims="x"), xr.DataArray([10.0, 20.0], dims="x")
    >>> float(ioa_2011(agreement_sums(fcst, obs, centre=15.0)))
    0.75
    """
    scale = 2 * _at_centre(sums, "absolute_departure")
    error = sums["absolute_error"]
    near, far = 1 - ratio(error, scale), ratio(scale, error) - 1
    return xr.where(error <= scale, near, far).rename("ioa_2011")


SCORES = (
    Score(
        "ioa_1981",
        FAMILY,
        ioa_1981,
        (0, 1),
        1.0,
        "larger",
        "index of agreement (1981)",
        "一致性指数（1981）",
    ),
    Score(
        "ioa_2011",
        FAMILY,
        ioa_2011,
        (-1, 1),
        1.0,
        "larger",
        "refined index of agreement (2011)",
        "修正一致性指数（2011）",
    ),
)
"""Scores of this file, by name in tables."""
