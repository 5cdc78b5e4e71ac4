"""The long table of scores: one row for a model, a group, a lead and a score."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from math import prod

import numpy as np
import pandas as pd
import xarray as xr

from verification.inference.contrasts import Bootstrap, estimates
from verification.registry import SCORES
from verification.score import Score

LABELS = ("model", "place_kind", "group", "pollutant", "lead")
THRESHOLD = "threshold"
_ORDER = ("model", "reference", "place_kind", "group", "pollutant", THRESHOLD, "lead", "score")
VALUES = ("value", "low", "high", "pairs")

Row = tuple[Mapping[str, object], xr.Dataset]


def scorecard(
    rows: Iterable[Row],
    scores: Sequence[str | Score],
    *,
    dim: str = "issue",
    block: int | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Long table of scores with block-bootstrap intervals.

    Every set of sums gets those of the scores that are read from its family; they are resampled
    together. Rows are resampled with one seed, so models with the same days and blocks see the
    same resamples.

    Parameters
    ----------
    rows : iterable of (labels, sums)
        Labels for some of the columns model, place_kind, group, pollutant (the label of the
        variable, whatever it is) and lead; the others of these must be kept dimensions of the
        sums. Further labels and kept dimensions but `dim` (season, region) become columns.
    scores : sequence of str or Score
        Names in `SCORES`, or scores of one's own, with a single value or one for each threshold.
    dim, block, replicates, seed, level
        As in `block_bootstrap`. Sums without `dim` get no interval.

    Returns
    -------
    pandas.DataFrame
        Columns model, place_kind, group, further labels, pollutant, threshold (only if some sums
        have this inner dimension; else missing), lead, score, value, low, high, pairs in this
        order. `pairs` is the whole number of valid pairs; `value` is NaN where the score is
        undefined; `low` and `high` also where the sample is too short for an interval. The
        attributes hold dim, replicates, seed, level and block (0: chosen by the score).

    Raises
    ------
    ValueError
        If a score is unknown or has an inner dimension other than threshold, none of the scores
        fits a row, a label is missing or given twice, or a label has the name of another column.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import continuous_sums, scorecard
    >>> error = np.tile([[1.0, -3.0]], (30, 1))
    >>> fcst = xr.DataArray(error, dims=("issue", "lead"), coords={"lead": [1, 2]})
    >>> sums = continuous_sums(fcst, fcst * 0, keep=("issue", "lead"))
    >>> labels = {"model": "m", "place_kind": "city", "group": "all", "pollutant": "x"}
    >>> scorecard([(labels, sums)], ["mae"])[["lead", "score", "value", "pairs"]]
       lead score  value  pairs
    0     1   mae    1.0     30
    1     2   mae    3.0     30
    """
    options = Bootstrap(dim, block, replicates, seed, level)
    chosen = chosen_scores(scores)
    parts: list[dict[str, list[object]]] = []
    for labels, sums in rows:
        check_row(labels, sums, dim)
        fitting = fitting_scores(chosen, labels, sums)
        pairs = sums["pairs"].sum(dim) if dim in sums.dims else sums["pairs"]
        for score, found in zip(fitting, _found(sums, fitting, options), strict=True):
            check_inner(score, found["value"], pairs)
            parts.append(long_columns(labels, score.name, found[list(VALUES[:3])], pairs))
    table = long_table(parts, VALUES).astype(dict.fromkeys(VALUES[:3], float))
    table.attrs |= bootstrap_attrs(options)
    return table


def _found(sums: xr.Dataset, scores: Sequence[Score], options: Bootstrap) -> Iterable[xr.Dataset]:
    if options.dim in sums.dims:
        return [found for [found] in estimates([sums], scores, options)]
    values = [score(sums) for score in scores]
    return [
        xr.Dataset({"value": v, **dict.fromkeys(("low", "high"), xr.full_like(v, np.nan))})
        for v in values
    ]


def bootstrap_attrs(options: Bootstrap) -> dict[str, object]:
    """Options of the bootstrap as attributes of a table; block 0 is chosen by the score."""
    return {
        "dim": options.dim,
        "replicates": options.replicates,
        "seed": options.seed,
        "level": options.level,
        "block": options.block or 0,
    }


def chosen_scores(scores: Sequence[str | Score]) -> list[Score]:
    """Scores by name or as given; `ValueError` for an unknown name."""
    for score in scores:
        if not isinstance(score, Score) and score not in SCORES:
            raise ValueError(f"unknown score {score!r}, expected one of {sorted(SCORES)}")
    return [s if isinstance(s, Score) else SCORES[s] for s in scores]


def fitting_scores(
    scores: Sequence[Score], labels: Mapping[str, object], sums: xr.Dataset
) -> list[Score]:
    """Scores that are read from the family of the sums; `ValueError` if there is none."""
    family = sums.attrs.get("family")
    fitting = [s for s in scores if s.family == family]
    if not fitting:
        raise ValueError(
            f"none of the scores {[s.name for s in scores]} is read from sums of the family "
            f"{family!r} (row {dict(labels)})"
        )
    return fitting


def check_row(
    labels: Mapping[str, object],
    sums: xr.Dataset,
    dim: str,
    reserved: Sequence[str] = VALUES,
) -> None:
    """Raise `ValueError` unless each column is given once, by a label or a kept dimension."""
    kept = {str(d) for d in sums["pairs"].dims} - {dim}
    for name in dict.fromkeys((*LABELS, *labels, *sorted(kept))):
        if (name in labels) == (name in kept):
            how = "both a label and a dimension" if name in kept else "neither a label nor kept"
            raise ValueError(f"column {name!r} is {how} in the row {dict(labels)}")
    taken = sorted({*reserved, "score", dim} & {*labels, *kept})
    if taken:
        raise ValueError(f"{taken} cannot be labels of the row {dict(labels)}")


def check_inner(score: Score, value: xr.DataArray, pairs: xr.DataArray) -> None:
    """Raise `ValueError` if the score has a value for each label of more than a threshold."""
    inner = [str(d) for d in value.dims if d not in pairs.dims and d != THRESHOLD]
    lost = [str(d) for d in pairs.dims if d not in value.dims]
    if inner or lost:
        raise ValueError(
            f"the score {score.name!r} has a value for each {', '.join(map(str, value.dims))}; a "
            f"table holds one for each {', '.join(map(str, pairs.dims))} and {THRESHOLD}"
        )


def long_columns(
    labels: Mapping[str, object], score: str, values: xr.Dataset, pairs: xr.DataArray
) -> dict[str, list[object]]:
    """Columns of one score: labels, dimensions, and values in the order of the dimensions."""
    twice = [d for d in values.dims if d in labels]
    if twice:
        raise ValueError(f"column {twice[0]!r} is both a label and a dimension of {score!r}")
    sizes = {d: values.sizes[d] for d in sorted(values.dims, key=lambda d: _place(str(d)))}
    columns: dict[str, list[object]] = {}
    size = prod(sizes.values())
    outer, inner = 1, size
    for dim, length in sizes.items():
        inner //= max(1, length)
        each = [label for label in values.get_index(dim).tolist() for _ in range(inner)]
        columns[str(dim)] = each * outer
        outer *= length
    columns |= {name: [label] * size for name, label in labels.items()}
    columns["score"] = [score] * size
    for name, array in (*values.data_vars.items(), ("pairs", pairs)):
        columns[str(name)] = array.variable.set_dims(sizes).values.ravel().tolist()
    return columns


def long_table(
    parts: Sequence[Mapping[str, list[object]]], values: Sequence[Hashable]
) -> pd.DataFrame:
    """One table of the columns of all parts, in their order; what a part lacks is missing."""
    names = dict.fromkeys(name for part in parts for name in part if name not in values)
    names |= dict.fromkeys((*LABELS, "score"))
    order = [*sorted(names, key=_place), *map(str, values)]
    columns: dict[str, list[object]] = {name: [] for name in order}
    for part in parts:
        size = len(part["score"])
        for name, column in columns.items():
            column += part.get(name, [np.nan] * size)
    return pd.DataFrame(columns, columns=order).astype({"pairs": np.int64})


def _place(name: str) -> int:
    """Place of a label among the columns; further labels follow the group."""
    return _ORDER.index(name) if name in _ORDER else _ORDER.index("group")
