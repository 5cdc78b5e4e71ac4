"""The long table of scores: one row for a model, a group, a lead and a score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
import xarray as xr

from verification.inference.bootstrap import block_bootstrap
from verification.registry import SCORES
from verification.score import Score

LABELS = ("model", "place_kind", "group", "pollutant", "lead")
COLUMNS = (*LABELS, "score", "value", "low", "high", "pairs")


def scorecard(
    rows: Iterable[tuple[Mapping[str, object], xr.Dataset]],
    scores: Sequence[str | Score],
    *,
    dim: str = "issue",
    block: int | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Long table of scores with block-bootstrap intervals.

    Every set of sums gets those of the scores that are read from its family. Rows are resampled
    with one seed, so models with the same days see the same resamples.

    Parameters
    ----------
    rows : iterable of (labels, sums)
        Labels for some of the columns model, place_kind, group, pollutant (the label of the
        variable, whatever it is) and lead; the others of these must be kept dimensions of the
        sums. The only further dimension may be `dim`.
    scores : sequence of str or Score
        Names in `SCORES`, or scores of one's own.
    dim, block, replicates, seed, level
        As in `block_bootstrap`. Sums without `dim` get no interval.

    Returns
    -------
    pandas.DataFrame
        Columns model, place_kind, group, pollutant, lead, score, value, low, high, pairs in this
        order. `pairs` is the whole number of valid pairs; `value` is NaN where the score is
        undefined; `low` and `high` also where the sample is too short for an interval.

    Raises
    ------
    ValueError
        If a score is unknown, none of the scores fits a row, a label is missing or given twice,
        or the sums have other dimensions.

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
    chosen = [_score(s) for s in scores]
    records: list[dict[str, object]] = []
    for labels, sums in rows:
        _check_row(labels, sums, dim)
        family = sums.attrs.get("family")
        fitting = [s for s in chosen if s.family == family]
        if not fitting:
            raise ValueError(
                f"none of the scores {[s.name for s in chosen]} is read from sums of the family "
                f"{family!r} (row {dict(labels)})"
            )
        for score in fitting:
            if dim in sums.dims:
                options = {"block": block, "replicates": replicates, "seed": seed, "level": level}
                found = block_bootstrap(sums, score, dim=dim, **options)  # type: ignore[arg-type]
            else:
                value = score(sums)
                nothing = xr.full_like(value, np.nan)
                found = xr.Dataset({"value": value, "low": nothing, "high": nothing})
            pairs = sums["pairs"].sum(dim) if dim in sums.dims else sums["pairs"]
            records += _records(labels, score.name, found.assign(pairs=pairs))
    table = pd.DataFrame.from_records(records, columns=list(COLUMNS))
    return table.astype({"value": float, "low": float, "high": float, "pairs": np.int64})


def _score(score: str | Score) -> Score:
    if isinstance(score, Score):
        return score
    if score not in SCORES:
        raise ValueError(f"unknown score {score!r}, expected one of {sorted(SCORES)}")
    return SCORES[score]


def _check_row(labels: Mapping[str, object], sums: xr.Dataset, dim: str) -> None:
    kept = {str(d) for d in sums["pairs"].dims} - {dim}
    for name in LABELS:
        if (name in labels) == (name in kept):
            how = "both a label and a dimension" if name in kept else "neither a label nor kept"
            raise ValueError(f"column {name!r} is {how} in the row {dict(labels)}")
    unknown = sorted((kept | set(labels)) - set(LABELS))
    if unknown:
        raise ValueError(f"{unknown} have no column; the columns are {list(LABELS)}")


def _records(labels: Mapping[str, object], name: str, found: xr.Dataset) -> list[dict[str, object]]:
    dims = [d for d in LABELS if d in found["pairs"].dims]
    axes = [found[d].values.tolist() for d in dims]
    columns = {
        c: found[c].transpose(*dims).values.ravel() for c in ("value", "low", "high", "pairs")
    }
    records: list[dict[str, object]] = []
    for position, at in enumerate(product(*axes)):
        record: dict[str, object] = dict(labels)
        record |= zip(dims, at, strict=True)
        record["score"] = name
        record |= {c: values[position] for c, values in columns.items()}
        records.append(record)
    return records
