"""Values of scores, and contrasts between sets of sums, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from verification.inference.blocks import block_length, persistent_block
from verification.inference.intervals import adjusted_interval, influence_of_days
from verification.inference.resampling import ScoreFunction, draw_days, resampled_scores
from verification.sums import check_aligned

Arrays = list[np.ndarray]
Contrast = Callable[[Arrays], Arrays]

METHOD = "circular moving blocks, expanded BCa percentiles"


@dataclass(frozen=True)
class Bootstrap:
    """Options of the bootstrap, as in `block_bootstrap`; `ValueError` if out of range."""

    dim: str = "issue"
    block: int | None = None
    replicates: int = 1000
    seed: int = 0
    level: float = 0.95

    def __post_init__(self) -> None:
        if (self.block is not None and self.block < 1) or self.replicates < 1:
            raise ValueError(
                f"block and replicates must be at least 1, found {self.block}, {self.replicates}"
            )
        if not 0 < self.level < 1:
            raise ValueError(f"level must lie between 0 and 1, found {self.level}")


def estimates(
    sets: Sequence[xr.Dataset],
    scores: Sequence[ScoreFunction],
    options: Bootstrap,
    contrast: Contrast = list,
) -> list[list[xr.Dataset]]:
    """Contrasts of several scores between sets of sums of the same pairs, with intervals.

    The sums are resampled once for all scores that want blocks of one length.

    Parameters
    ----------
    sets : sequence of xarray.Dataset
        Sums that keep `options.dim`.
    scores : sequence of callable
        Each from sums to `xarray.DataArray`.
    options : Bootstrap
        Options of the bootstrap.
    contrast : callable
        From the values of a score in each set to the values wanted; these values by default.

    Returns
    -------
    list of list of xarray.Dataset
        For each score and each contrast `value`, `low`, `high`, `p` as `bootstrap_difference`.

    Raises
    ------
    ValueError
        If a set does not keep the dimension or is not in its order, or the pairs of the sets
        differ.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import bias, continuous_sums, mae
    >>> from verification.inference.contrasts import Bootstrap, estimates
    >>> error = xr.DataArray(np.tile([1.0, -1.0], 20), dims="issue")
    >>> sums = continuous_sums(error, error * 0, keep="issue")
    >>> found = estimates([sums], [mae, bias], Bootstrap())
    >>> [float(f["value"]) for [f] in found]
    [1.0, 0.0]
    """
    days = _check_sets(sets, options.dim)
    totals = [s.sum(options.dim, skipna=False).assign_attrs(s.attrs) for s in sets]
    values = [[score(total) for total in totals] for score in scores]
    likes = [of_score[0] for of_score in values]
    laid = [
        [v.transpose(*like.dims).values for v in of_score]
        for of_score, like in zip(values, likes, strict=True)
    ]
    wanted = [contrast(of_score) for of_score in laid]
    shortest = options.block or block_length(days)
    if days < 2 * shortest:
        return [
            [_result(like, w, [np.full(w.shape, np.nan)] * 3, options, shortest) for w in of_score]
            for of_score, like in zip(wanted, likes, strict=True)
        ]
    influences = [contrast(u) for u in _influences(sets, scores, laid, likes, options.dim)]
    blocks = [
        options.block or persistent_block(np.concatenate([u.reshape(days, -1) for u in us], axis=1))
        for us in influences
    ]
    found: dict[int, list[xr.Dataset]] = {}
    for block in sorted(set(blocks)):
        alike = [i for i, b in enumerate(blocks) if b == block]
        some, of_some = [scores[i] for i in alike], [likes[i].dims for i in alike]
        counts = draw_days(days, block, options.replicates, options.seed)
        drawn = [resampled_scores(s, some, of_some, dim=options.dim, counts=counts) for s in sets]
        for i, *replicates in zip(alike, *drawn, strict=True):
            bounds = [
                adjusted_interval(w, r, u, block, options.level)
                for w, r, u in zip(wanted[i], contrast(replicates), influences[i], strict=True)
            ]
            found[i] = [
                _result(likes[i], w, b, options, block)
                for w, b in zip(wanted[i], bounds, strict=True)
            ]
    return [found[i] for i in range(len(scores))]


def _influences(
    sets: Sequence[xr.Dataset],
    scores: Sequence[ScoreFunction],
    values: Sequence[Arrays],
    likes: Sequence[xr.DataArray],
    dim: str,
) -> Iterator[Arrays]:
    """Influence of each day on each score, in each set."""
    left_out = [resampled_scores(s, scores, [like.dims for like in likes], dim=dim) for s in sets]
    for of_score, *without in zip(values, *left_out, strict=True):
        yield [influence_of_days(v, x) for v, x in zip(of_score, without, strict=True)]


def _result(
    like: xr.DataArray,
    value: np.ndarray,
    bounds: Sequence[np.ndarray],
    options: Bootstrap,
    block: int,
) -> xr.Dataset:
    arrays = dict(zip(("value", "low", "high", "p"), (value, *bounds), strict=True))
    attrs = {
        "method": METHOD,
        "block": block,
        "replicates": options.replicates,
        "seed": options.seed,
        "level": options.level,
    }
    return xr.Dataset({n: (like.dims, a) for n, a in arrays.items()}, like.coords, attrs)


def _check_sets(sets: Sequence[xr.Dataset], dim: str) -> int:
    """Check what is resampled and give the number of days."""
    for sums in sets:
        without = [str(n) for n, v in sums.data_vars.items() if dim not in v.dims]
        if without:
            raise ValueError(
                f"the sums must keep {dim!r} to be resampled along it; {without} do not"
            )
        if dim in sums.indexes and not sums.indexes[dim].is_monotonic_increasing:
            raise ValueError(f"{dim!r} must be in order of time, as blocks hold consecutive days")
    for other in sets[1:]:
        _check_same_pairs(sets[0]["pairs"], other["pairs"])
    return int(sets[0].sizes[dim])


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
            f"pairs at position {at}; mask each forecast where the other is missing (common_pairs)"
        )
