"""Resamples of days, and scores of every resample, from kept sums alone.

A score is a function of sums, so resampling days needs no pairs: each resample is a row of
multiplicities, and all resamples are one matrix product, (replicates x days) @ (days x sums).
Resamples are taken a few at a time, all groups together, so memory follows neither their number
nor the inner dimensions of the sums.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from math import ceil

import numpy as np
import xarray as xr

ScoreFunction = Callable[[xr.Dataset], xr.DataArray]

# Numbers of a slice of resampled sums: 16 MB of float64, from which a score is read at once.
_SLICE = 1 << 21


def draw_days(days: int, block: int, replicates: int, seed: int) -> np.ndarray:
    """How often each day is in each resample of circular moving blocks.

    Blocks of consecutive days start on any day with the same chance; the day after the last one
    is the first one, so that every day is drawn equally often (in blocks that may not wrap, the
    days near both ends are drawn less, which biases the resamples). Blocks are joined, and the
    last one is cut to the length of the sample.

    Parameters
    ----------
    days : int
        Length of the sample.
    block : int
        Days in a block.
    replicates : int
        Number of resamples.
    seed : int
        The same seed gives the same resamples.

    Returns
    -------
    numpy.ndarray
        float64 (replicates, days) whose rows add to `days`.

    References
    ----------
    Politis, D. N. and Romano, J. P. (1992), A circular block-resampling procedure for stationary
    data, in Exploring the Limits of Bootstrap, Wiley, 263-270.

    Examples
    --------
    >>> from verification.inference.resampling import draw_days
    >>> draw_days(5, 5, 2, seed=0)
    array([[1., 1., 1., 1., 1.],
           [1., 1., 1., 1., 1.]])
    """
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, days, size=(replicates, ceil(days / block)))
    drawn = (starts[..., None] + np.arange(block)).reshape(replicates, -1)[:, :days] % days
    cells = drawn + days * np.arange(replicates)[:, None]
    return np.bincount(cells.ravel(), minlength=replicates * days).reshape(replicates, days) * 1.0


def resampled_scores(
    sums: xr.Dataset,
    scores: Sequence[ScoreFunction],
    dims: Sequence[tuple[Hashable, ...]],
    *,
    dim: str,
    counts: np.ndarray | None = None,
) -> list[np.ndarray]:
    """Scores of every resample, or of the sample without each of its days.

    Parameters
    ----------
    sums : xarray.Dataset
        Sums that keep `dim`.
    scores : sequence of callable
        Each from sums to `xarray.DataArray`.
    dims : sequence of tuple
        Dimensions of the value of each score, in the order wanted.
    dim : str
        Dimension of the days.
    counts : numpy.ndarray, optional
        From `draw_days`; without it each day is left out once.

    Returns
    -------
    list of numpy.ndarray
        For each score (replicates, *its dimensions), or (days, *its dimensions).

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import bias, continuous_sums
    >>> from verification.inference.resampling import resampled_scores
    >>> error = xr.DataArray([1.0, 2.0, 6.0], dims="issue")
    >>> sums = continuous_sums(error, error * 0, keep="issue")
    >>> resampled_scores(sums, [bias], [()], dim="issue")
    [array([4. , 3.5, 1.5])]
    >>> resampled_scores(sums, [bias], [()], dim="issue", counts=np.array([[2.0, 1.0, 0.0]]))
    [array([1.33333333])]
    """
    found: list[list[np.ndarray]] = [[] for _ in scores]
    # A resample may leave a score undefined (no event was drawn): that is missing, not a warning.
    with np.errstate(divide="ignore", invalid="ignore"):
        for part in _slices(sums, dim, counts):
            for values, score, order in zip(found, scores, dims, strict=True):
                values.append(score(part).transpose("replicate", *order).values)
    return [np.concatenate(values) for values in found]


def _slices(sums: xr.Dataset, dim: str, counts: np.ndarray | None) -> Iterator[xr.Dataset]:
    """Resampled sums, some replicates at a time, on a leading dimension `replicate`."""
    days = sums.sizes[dim]
    coords = {n: c.variable for n, c in sums.coords.items() if dim not in c.dims}
    laid = {n: v.variable.transpose(dim, ...) for n, v in sums.data_vars.items()}
    flat = {n: v.values.reshape(days, -1) for n, v in laid.items()}
    totals = {n: v.sum(axis=0) for n, v in flat.items()}
    rows = days if counts is None else len(counts)
    step = max(1, _SLICE // max(1, sum(v.shape[1] for v in flat.values())))
    for start in range(0, rows, step):
        at = slice(start, min(start + step, rows))
        variables = {}
        for name, values in flat.items():
            drawn = totals[name] - values[at] if counts is None else counts[at] @ values
            shape = laid[name].shape[1:]
            dims = ("replicate", *laid[name].dims[1:])
            variables[name] = xr.Variable(dims, drawn.reshape(-1, *shape))
        yield xr.Dataset(variables, coords, attrs=sums.attrs)
