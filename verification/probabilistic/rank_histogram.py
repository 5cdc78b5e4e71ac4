"""Rank histogram of ensembles: how many members lie below the observed.

When observed and members are draws from one distribution, every rank 0 … m is equally likely and
the histogram is flat. Where k members equal the observed, any order of the k + 1 values is as
good as another: the pair counts 1/(k + 1) in each of the ranks it may have. No draw is made, so
the same input always gives the same histogram.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import xarray as xr

from verification.classes import group_numbers
from verification.dimensions import check_pairs, kept_coords
from verification.pairs import pair_blocks
from verification.probabilistic.member_distances import count_flags, departures
from verification.score import Score
from verification.sums import check_family, ratio

FAMILY = "rank"


def rank_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    *,
    member_dim: str = "member",
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Count pairs by the rank of the observed among the members.

    Parameters
    ----------
    fcst : xarray.DataArray
        Members along `member_dim`, e.g. (issue, lead, place, member). A pair with any member
        missing is left out: ranks of ensembles of different sizes do not compare.
    obs : xarray.DataArray
        Observed values in the same unit, without `member_dim`.
    member_dim : str
        Dimension of the members.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `rank`: `count` by `rank`, 0 (all members above) to m (all below), ties shared
        evenly; with `pairs` and `weight`.

    Raises
    ------
    ValueError
        If labels differ (see `check_aligned`), `member_dim` is missing, `keep` is unknown or
        weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import rank_sums
    >>> fcst = xr.DataArray([[1.0, 2.0, 5.0], [3.0, 3.0, 4.0]], dims=("x", "member"))
    >>> rank_sums(fcst, xr.DataArray([6.0, 3.0], dims="x"))["count"].values.round(3)
    array([0.333, 0.333, 0.333, 1.   ])
    """
    given, sizes, kept = check_pairs(fcst, obs, keep=keep, weights=weights, core=member_dim)
    stay = [d for d in sizes if d in kept]
    away = tuple(i for i, d in enumerate(sizes) if d not in kept)
    ranks = fcst.sizes[member_dim] + 1
    lengths = tuple(sizes[d] for d in stay)
    count, pairs = np.zeros((*lengths, ranks)), np.zeros(lengths)
    for where, block in pair_blocks(given, sizes, member_dim, dtype=None):
        valid, below, equal = _members_below(*block[:2])
        at = tuple(s for s, d in zip(where, sizes, strict=True) if d in kept)
        pairs[at] += valid.sum(axis=away)
        first = group_numbers(where, sizes, kept) * ranks + below
        weight = None if weights is None else np.asarray(block[2], dtype=np.float64)
        _add_ranks(count.reshape(-1), first, equal, valid, weight)
    data = {"count": ((*stay, "rank"), count), "pairs": (stay, pairs)}
    data["weight"] = (stay, pairs.copy() if weights is None else count.sum(axis=-1))
    coords: Mapping[Hashable, object] = kept_coords((fcst, obs), kept, taken={*data, "rank"})
    return xr.Dataset(data, {**coords, "rank": np.arange(ranks)}, attrs={"family": FAMILY})


def _members_below(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    """Whether a pair is whole, and how many of its members lie below and on the observed."""
    valid = ~np.isnan(y)
    departure = departures(x, np.where(valid, y, 0.0).astype(y.dtype, copy=False))
    # The smallest of all is NaN when any member is missing, which costs less than asking each.
    if departure.size and np.isnan(departure.min()):
        valid &= count_flags(np.isnan(departure)) == 0
    on = departure == 0
    equal = count_flags(on) if on.any() else np.zeros(y.shape, dtype=np.uint8)
    return valid, count_flags(departure < 0), equal


def _add_ranks(
    count: np.ndarray,
    first: np.ndarray,
    equal: np.ndarray,
    valid: np.ndarray,
    weight: np.ndarray | None,
) -> None:
    """Add each pair to the cells from `first` on: one cell, or one more for each equal member."""
    tied = valid & (equal > 0)
    clear = valid & ~tied
    np.add.at(count, first[clear], 1.0 if weight is None else weight[clear])
    if tied.any():
        times = equal[tied].astype(np.intp) + 1
        starts = np.cumsum(times) - times
        cell = np.repeat(first[tied] - starts, times) + np.arange(times.sum())
        share = (1.0 if weight is None else weight[tied]) / times
        np.add.at(count, cell, np.repeat(share, times))


def rank_frequency(sums: xr.Dataset) -> xr.DataArray:
    """Share of the pairs in each rank: the rank histogram.

    A flat histogram at 1/(m + 1) is what a reliable ensemble gives; ∪ means too little spread, ∩
    too much, a slope a bias (more low ranks: the forecast is too high).

    Parameters
    ----------
    sums : xarray.Dataset
        From `rank_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions and `rank`, adding up to one; NaN without pairs.

    References
    ----------
    Hamill, T. M. (2001), Monthly Weather Review 129, 550-560.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import rank_frequency, rank_sums
    >>> fcst = xr.DataArray([[1.0, 2.0], [3.0, 7.0]], dims=("x", "member"))
    >>> rank_frequency(rank_sums(fcst, xr.DataArray([6.0, 4.0], dims="x"))).values
    array([0. , 0.5, 0.5])
    """
    check_family(sums, FAMILY)
    return ratio(sums["count"], sums["weight"]).rename("rank_frequency")


def reliability_index(sums: xr.Dataset) -> xr.DataArray:
    """Distance of the rank histogram from a flat one.

    RI = Σ_k |f_k - 1/(m + 1)| over the ranks k = 0 … m with shares f_k. Range [0, 2], perfect 0,
    smaller is better. A reliable ensemble too comes out above 0 by chance, by about
    √(2(m + 1)/(πN)) with N independent pairs.

    Parameters
    ----------
    sums : xarray.Dataset
        From `rank_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    References
    ----------
    Delle Monache, L. et al. (2006), J. Geophys. Res. 111, D24307.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import rank_sums, reliability_index
    >>> fcst = xr.DataArray([[1.0], [3.0]], dims=("x", "member"))
    >>> float(reliability_index(rank_sums(fcst, xr.DataArray([6.0, 4.0], dims="x"))))
    1.0
    """
    share = rank_frequency(sums)
    gap = abs(share - 1.0 / share.sizes["rank"])
    return gap.sum("rank", skipna=False).rename("reliability_index")


def rank_bias(sums: xr.Dataset) -> xr.DataArray:
    """Mean rank of the observed, as a share of the members, less one half.

    Σ_k f_k k/m - 1/2. Range [-1/2, 1/2], perfect 0, best nearest to 0; negative when the
    observed lies low among the members, that is, the forecast is too high.

    Parameters
    ----------
    sums : xarray.Dataset
        From `rank_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    References
    ----------
    Jolliffe, I. T. and Primo, C. (2008), Monthly Weather Review 136, 2133-2139.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import rank_bias, rank_sums
    >>> fcst = xr.DataArray([[1.0, 2.0], [3.0, 7.0]], dims=("x", "member"))
    >>> float(rank_bias(rank_sums(fcst, xr.DataArray([6.0, 4.0], dims="x"))))
    0.25
    """
    share = rank_frequency(sums)
    place = share["rank"] / (share.sizes["rank"] - 1) - 0.5
    return (share * place).sum("rank", skipna=False).rename("rank_bias")


SCORES = (
    Score(
        "reliability_index",
        "rank",
        reliability_index,
        (0, 2),
        0.0,
        "smaller",
        "reliability index of the rank histogram",
        "等级直方图可靠性指数",
    ),
    Score(
        "rank_bias",
        "rank",
        rank_bias,
        (-0.5, 0.5),
        0.0,
        "nearest",
        "mean rank of the observed less one half",
        "观测平均等级偏差",
    ),
)
"""Scores of this file, by name in tables."""
