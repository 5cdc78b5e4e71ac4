"""Confidence intervals of scores by the moving-block bootstrap over kept sums.

A score is a function of sums, so resampling days needs no pairs: each replicate is a row of
multiplicities, and all replicates are one matrix product, (replicates x days) @ (days x sums).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import ceil

import numpy as np
import xarray as xr

from verification.sums import check_aligned

ScoreFunction = Callable[[xr.Dataset], xr.DataArray]

# Forecasts issued on consecutive days for the same ten valid days share their errors, so a
# block holds at least one forecast horizon.
_SHORTEST_BLOCK = 10


def block_length(days: int) -> int:
    """Default length of a block: the cube root of the number of days, rounded up, at least 10.

    The cube root is the order that minimises the error of a variance (Künsch 1989); the bound
    keeps all forecasts that share a valid day in one block when leads reach ten days.

    Parameters
    ----------
    days : int
        Number of days in the sample.

    Returns
    -------
    int
        Days in a block.

    Examples
    --------
    >>> from verification import block_length
    >>> block_length(365), block_length(8000)
    (10, 20)
    """
    root = round(days ** (1 / 3))
    return max(_SHORTEST_BLOCK, root if root**3 >= days else root + 1)


def block_bootstrap(
    sums: xr.Dataset,
    score: ScoreFunction,
    *,
    dim: str = "issue",
    block: int | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> xr.Dataset:
    """Score with its percentile interval by the moving-block bootstrap.

    Blocks of consecutive days are drawn with replacement from all overlapping blocks, joined,
    and cut to the length of the sample. Positions on `dim` count as consecutive days.

    Parameters
    ----------
    sums : xarray.Dataset
        Sums of any family that keep `dim`, in order of time.
    score : Score or callable
        Sums to `xarray.DataArray`.
    dim : str
        Dimension to resample.
    block : int, optional
        Days in a block; `block_length` by default.
    replicates : int
        Number of resamples.
    seed : int
        Seed; the same seed and number of days give the same resamples.
    level : float
        Confidence level of the interval.

    Returns
    -------
    xarray.Dataset
        `value`, `low`, `high` on the kept dimensions without `dim`. Replicates whose score is
        undefined are left out. `low` and `high` are NaN when the sample holds fewer than two
        whole blocks, as no interval can be told from it.

    Raises
    ------
    ValueError
        If the sums do not keep `dim`, or `block`, `replicates` or `level` is out of range.

    References
    ----------
    Künsch, H. R. (1989), Annals of Statistics 17, 1217-1241.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import block_bootstrap, continuous_sums, mae
    >>> error = np.random.default_rng(1).normal(size=200)
    >>> sums = continuous_sums(xr.DataArray(error, dims="issue"), xr.DataArray(0.0), keep="issue")
    >>> found = block_bootstrap(sums, mae)
    >>> bool(found["low"] < found["value"] < found["high"])
    True
    """
    days = _days(sums, dim)
    value = score(_total(sums, dim))
    draws = _draws(days, block, replicates, seed)
    _check_level(level)
    if draws is None:
        return _undefined(value)
    return _interval(value, _replicate(sums, score, dim, draws), level)


def bootstrap_difference(
    sums_a: xr.Dataset,
    sums_b: xr.Dataset,
    score: ScoreFunction,
    *,
    dim: str = "issue",
    block: int | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> xr.Dataset:
    """Difference of a score between two forecasts of the same pairs, with its interval.

    Both are resampled by the same blocks, so what the days have in common cancels. See
    `block_bootstrap` for the resampling.

    Parameters
    ----------
    sums_a, sums_b : xarray.Dataset
        Sums of the same pairs that keep `dim`.
    score : Score or callable
        Sums to `xarray.DataArray`.
    dim, block, replicates, seed, level
        As in `block_bootstrap`.

    Returns
    -------
    xarray.Dataset
        `value` (a minus b), `low`, `high` on the kept dimensions without `dim`.

    Raises
    ------
    ValueError
        If labels or numbers of pairs differ between the two, or an option is out of range.

    References
    ----------
    Künsch, H. R. (1989), Annals of Statistics 17, 1217-1241.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import bootstrap_difference, continuous_sums, mae
    >>> error = xr.DataArray(np.random.default_rng(1).normal(size=200), dims="issue")
    >>> good, poor = (continuous_sums(k * error, error * 0, keep="issue") for k in (1, 2))
    >>> bool(bootstrap_difference(good, poor, mae)["high"] < 0)
    True
    """
    days = _days(sums_a, dim)
    _days(sums_b, dim)
    _check_same_pairs(sums_a["pairs"], sums_b["pairs"])
    value = score(_total(sums_a, dim)) - score(_total(sums_b, dim))
    draws = _draws(days, block, replicates, seed)
    _check_level(level)
    if draws is None:
        return _undefined(value)
    a, b = (_replicate(sums, score, dim, draws) for sums in (sums_a, sums_b))
    return _interval(value, a - b, level)


def _check_same_pairs(a: xr.DataArray, b: xr.DataArray) -> None:
    check_aligned(a.rename("pairs of a"), b.rename("pairs of b"))
    if set(a.dims) != set(b.dims):
        raise ValueError(f"the sums are kept by {list(a.dims)} and {list(b.dims)}")
    b = b.transpose(*a.dims)
    unequal = np.argwhere(a.values != b.values)
    if unequal.size:
        at = dict(zip(a.dims, map(int, unequal[0]), strict=True))
        raise ValueError(
            f"a difference needs the same pairs in both: {float(a[at]):g} and {float(b[at]):g} "
            f"pairs at position {at}; mask each forecast where the other is missing"
        )


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, found {level}")


def _days(sums: xr.Dataset, dim: str) -> int:
    without = [str(n) for n, v in sums.data_vars.items() if dim not in v.dims]
    if without:
        raise ValueError(f"the sums must keep {dim!r} to be resampled along it; {without} do not")
    return sums.sizes[dim]


def _draws(days: int, block: int | None, replicates: int, seed: int) -> np.ndarray | None:
    """How often each day is in each replicate, or None with fewer than two whole blocks."""
    length = block_length(days) if block is None else block
    if length < 1 or replicates < 1:
        raise ValueError(f"block and replicates must be at least 1, found {block}, {replicates}")
    if days < 2 * length:
        return None
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, days - length + 1, size=(replicates, ceil(days / length)))
    drawn = (starts[..., None] + np.arange(length)).reshape(replicates, -1)[:, :days]
    counts = np.zeros((replicates, days))
    np.add.at(counts, (np.arange(replicates)[:, None], drawn), 1.0)
    return counts


def _total(sums: xr.Dataset, dim: str) -> xr.Dataset:
    return sums.sum(dim, skipna=False).assign_attrs(sums.attrs)


def _replicate(sums: xr.Dataset, score: ScoreFunction, dim: str, draws: np.ndarray) -> xr.DataArray:
    """Score of every replicate, on a leading dimension `replicate`."""
    coords = {n: c.variable for n, c in sums.coords.items() if dim not in c.dims}
    variables: dict[Hashable, xr.Variable] = {}
    for name, values in sums.data_vars.items():
        first = values.variable.transpose(dim, ...)
        resampled = np.tensordot(draws, first.values, axes=1)
        variables[name] = xr.Variable(("replicate", *first.dims[1:]), resampled)
    return score(xr.Dataset(variables, coords, attrs=sums.attrs)).transpose("replicate", ...)


def _interval(value: xr.DataArray, scores: xr.DataArray, level: float) -> xr.Dataset:
    """Percentiles over the replicates, leaving out those whose score is undefined."""
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    values = scores.values
    complete = ~np.isnan(values).any(axis=0)
    bounds = np.full((2, *values.shape[1:]), np.nan)
    bounds[:, complete] = np.quantile(values[:, complete], tails, axis=0)
    partial = ~complete & ~np.isnan(values).all(axis=0)
    bounds[:, partial] = np.nanquantile(values[:, partial], tails, axis=0)
    dims = scores.dims[1:]
    low, high = ((dims, b) for b in bounds)
    return xr.Dataset({"value": value.variable, "low": low, "high": high}, value.coords)


def _undefined(value: xr.DataArray) -> xr.Dataset:
    nothing = xr.full_like(value, np.nan, dtype=np.float64)
    return xr.Dataset({"value": value, "low": nothing, "high": nothing})
