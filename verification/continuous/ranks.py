"""Rank correlation of Spearman: exact over pairs in memory, or from counts that merge.

Ranks are known only once all values were seen, so they do not add. `spearman` ranks the pairs
along dimensions that it sees whole. `joint_class_sums` counts pairs by the class of the forecast
and of the observed instead, and `rank_correlation` gives every pair the middle rank of its class:
the same number when each class holds one value, as with an index in whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from scipy.stats import rankdata

from verification.classes import count_pairs
from verification.pairs import pair_sizes
from verification.score import Score
from verification.sums import check_aligned, check_family, ratio

FAMILY = "joint_classes"


def spearman(fcst: xr.DataArray, obs: xr.DataArray, dim: str | Sequence[str]) -> xr.DataArray:
    """Spearman's rank correlation over the pairs along dimensions, exactly.

    Pearson's r of the ranks, ties at their middle rank.

    Parameters
    ----------
    fcst, obs : xarray.DataArray
        Forecast and observed values, e.g. (issue, lead, place); numpy or dask. A dimension that
        one lacks broadcasts. Pairs in which either is NaN are left out.
    dim : str or sequence of str
        Dimensions along which the pairs are ranked.

    Returns
    -------
    xarray.DataArray
        In [-1, 1], on the other dimensions; NaN with fewer than two pairs or a constant series.

    Raises
    ------
    ValueError
        If labels differ (see `check_aligned`) or the pairs lack a dimension of `dim`.

    References
    ----------
    Wilks, D. S. (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., ch. 3.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import spearman
    >>> obs = xr.DataArray([10.0, 20.0, 60.0, 70.0], dims="issue")
    >>> float(spearman(obs**2, obs, "issue"))
    1.0
    """
    check_aligned(fcst, obs)
    along = [dim] if isinstance(dim, str) else list(dim)
    sizes = pair_sizes(fcst, obs)
    unknown = [d for d in along if d not in sizes]
    if unknown:
        raise ValueError(
            f"cannot rank along {unknown}: the pairs have dimensions {[str(d) for d in sizes]}"
        )
    stay = [d for d in sizes if d not in along]
    shape = {d: sizes[d] for d in (*stay, *along)}
    f, o = (a.variable.set_dims(shape).transpose(*shape) for a in (fcst, obs))
    out = np.empty([sizes[d] for d in stay])
    # One label of all dimensions but one at a time: the ranks of no more than these are held.
    for at in np.ndindex(*out.shape[:-1]):
        rows = (np.asarray(v[at].values) for v in (f, o))
        out[at] = _row_correlation(*(r.reshape(*out.shape[len(at) :], -1) for r in rows))
    coords = {
        name: coord.variable
        for array in (obs, fcst)
        for name, coord in array.coords.items()
        if set(coord.dims) <= set(stay)
    }
    return xr.DataArray(out, coords, stay, name="spearman")


def _row_correlation(f: np.ndarray, o: np.ndarray) -> np.ndarray:
    """Pearson's r of the ranks along the last axis."""
    valid = ~(np.isnan(f) | np.isnan(o))
    n = valid.sum(axis=-1, keepdims=True)
    centred = []
    for values in (f, o):
        # Missing pairs rank after all others and then count as nothing.
        ranks = rankdata(np.where(valid, values, np.inf), axis=-1)
        centred.append(np.where(valid, ranks - (n + 1) / 2, 0.0))
    a, b = centred
    spread = np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1))
    r = np.divide((a * b).sum(axis=-1), spread, out=np.full(spread.shape, np.nan), where=spread > 0)
    return np.clip(r, -1, 1)


def joint_class_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    edges: Sequence[float] | np.ndarray,
    *,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Count pairs by the class of the forecast and the class of the observed.

    Parameters
    ----------
    fcst, obs : xarray.DataArray
        Forecast and observed values in one unit, e.g. (issue, lead, place). Pairs in which
        either is NaN are left out.
    edges : sequence of float
        Increasing upper edges; a value on an edge belongs to the class below it, and one more
        class lies above the last. For an index from 0 to 500, `numpy.arange(500)` gives every
        whole number a class of its own. The table has (number of edges + 1)² cells for every
        kept label, so fine classes go with few kept labels.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `joint_classes`: `count` with the dimensions `class_fcst` and `class_obs`, labelled
        by the upper edge of each class (the last one infinite); `pairs` and `weight`.

    Raises
    ------
    ValueError
        If the edges are not finite and increasing, labels differ (see `check_aligned`), `keep`
        is unknown or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import joint_class_sums
    >>> fcst, obs = xr.DataArray([40.0, 60.0], dims="x"), xr.DataArray([50.0, 30.0], dims="x")
    >>> joint_class_sums(fcst, obs, edges=[50])["count"].values
    array([[1., 0.],
           [1., 0.]])
    """
    bounds = np.asarray(edges, dtype=np.float64)
    if bounds.ndim != 1 or not np.isfinite(bounds).all() or (np.diff(bounds) <= 0).any():
        raise ValueError(f"edges must be finite and increasing, found {bounds.tolist()}")

    def classify(
        f: np.ndarray, o: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        row, column = (np.searchsorted(bounds, values, side="left") for values in (f, o))
        return ~(np.isnan(f) | np.isnan(o)), row * (bounds.size + 1) + column, {}

    labels = np.append(bounds, np.inf)
    return count_pairs(
        classify,
        fcst,
        obs,
        family=FAMILY,
        classes={"class_fcst": labels, "class_obs": labels},
        keep=keep,
        weights=weights,
    )


def rank_correlation(sums: xr.Dataset) -> xr.DataArray:
    """Spearman's rank correlation of pairs counted by class.

    Pearson's r of the middle ranks of the classes. Range [-1, 1], perfect 1, larger is better.
    Exact when each class holds one value; wider classes are ties.

    Parameters
    ----------
    sums : xarray.Dataset
        From `joint_class_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs, or when one class holds all of a series.

    References
    ----------
    Wilks, D. S. (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., ch. 3.

    See Also
    --------
    spearman : The same without classes, over pairs in memory.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import joint_class_sums, rank_correlation
    >>> fcst = xr.DataArray([60.0, 80.0, 70.0, 90.0], dims="x")
    >>> obs = xr.DataArray([10.0, 20.0, 30.0, 40.0], dims="x")
    >>> round(float(rank_correlation(joint_class_sums(fcst, obs, np.arange(100)))), 6)
    0.8
    """
    check_family(sums, FAMILY)
    count = sums["count"]
    rank_fcst, total_fcst = _middle_ranks(count.sum("class_obs"), "class_fcst")
    rank_obs, total_obs = _middle_ranks(count.sum("class_fcst"), "class_obs")
    together = xr.dot(count, rank_fcst, rank_obs, dim=["class_fcst", "class_obs"])
    spread_fcst = (total_fcst * rank_fcst**2).sum("class_fcst", skipna=False)
    spread_obs = (total_obs * rank_obs**2).sum("class_obs", skipna=False)
    r = ratio(together, (spread_fcst * spread_obs) ** 0.5)
    return r.clip(-1, 1).rename("rank_correlation")


def _middle_ranks(total: xr.DataArray, dim: str) -> tuple[xr.DataArray, xr.DataArray]:
    """Middle rank of each class less the mean rank, and the count in each class."""
    upto = total.cumsum(dim)
    return upto - total / 2 - upto.isel({dim: -1}) / 2, total


SCORES = (
    Score(
        "rank_correlation",
        FAMILY,
        rank_correlation,
        (-1, 1),
        1.0,
        "larger",
        "Spearman's rank correlation",
        "秩相关系数",
    ),
)
"""Scores of this file, by name in tables."""
