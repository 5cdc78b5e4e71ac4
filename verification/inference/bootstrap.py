"""Confidence intervals of scores and of paired differences by the moving-block bootstrap."""

from __future__ import annotations

import xarray as xr

from verification.inference.contrasts import Bootstrap, estimates
from verification.inference.resampling import ScoreFunction


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
    """Score with its interval by the moving-block bootstrap.

    Blocks of consecutive days are drawn with replacement, the last day being followed by the
    first, joined, and cut to the length of the sample. The interval is made of percentiles that
    are corrected for bias and skewness, and expanded for what short samples and persistent errors
    take from the spread of the resamples (`verification.inference.intervals`).

    Positions on `dim` count as consecutive days. A block across a gap holds days that depend on
    each other less, in the resamples as in the sample, so gaps do not bias the interval.

    Parameters
    ----------
    sums : xarray.Dataset
        Sums of any family that keep `dim`, in order of time.
    score : Score or callable
        Sums to `xarray.DataArray`.
    dim : str
        Dimension to resample.
    block : int, optional
        Days in a block. By default long enough for the autocorrelation of the influence of each
        day on the score (mean over all groups), at least `block_length`.
    replicates : int
        Number of resamples.
    seed : int
        Seed; the same seed, block and number of days give the same resamples.
    level : float
        Confidence level of the interval.

    Returns
    -------
    xarray.Dataset
        `value`, `low`, `high` on the kept dimensions without `dim`; attributes `method`, `block`,
        `replicates`, `seed`, `level`. Replicates whose score is undefined are left out. `low`
        and `high` are NaN when the sample holds fewer than two whole blocks, as no interval can
        be told from it.

    Raises
    ------
    ValueError
        If the sums do not keep `dim` or are not in its order, or `block`, `replicates` or
        `level` is out of range.

    References
    ----------
    Künsch, H. R. (1989), Annals of Statistics 17, 1217-1241; Politis, D. N. and Romano, J. P.
    (1992), in Exploring the Limits of Bootstrap, Wiley, 263-270; Efron, B. (1987), J. Amer.
    Statist. Assoc. 82, 171-185.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import block_bootstrap, continuous_sums, mae
    >>> error = np.random.default_rng(1).normal(size=200)
    >>> sums = continuous_sums(xr.DataArray(error, dims="issue"), xr.DataArray(0.0), keep="issue")
    >>> found = block_bootstrap(sums, mae)
    >>> bool(found["low"] < found["value"] < found["high"]), found.attrs["block"]
    (True, 10)
    """
    options = Bootstrap(dim, block, replicates, seed, level)
    [[found]] = estimates([sums], [score], options)
    return found.drop_vars("p")


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
        Sums of the same pairs that keep `dim` (see `common_pairs`).
    score : Score or callable
        Sums to `xarray.DataArray`.
    dim, block, replicates, seed, level
        As in `block_bootstrap`.

    Returns
    -------
    xarray.Dataset
        `value` (a minus b), `low`, `high`, and `p`, the two-sided p-value of no difference, on
        the kept dimensions without `dim`; attributes as in `block_bootstrap`.

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
    >>> found = bootstrap_difference(good, poor, mae)
    >>> bool(found["high"] < 0), bool(found["p"] < 0.001)
    (True, True)
    """
    options = Bootstrap(dim, block, replicates, seed, level)
    [[found]] = estimates([sums_a, sums_b], [score], options, lambda x: [x[0] - x[1]])
    return found
