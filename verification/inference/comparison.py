"""Comparison of models with a reference: differences, significance, verdicts by lead."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from verification.inference.contrasts import Arrays, Bootstrap, estimates
from verification.inference.multiplicity import benjamini_hochberg, holm
from verification.inference.resampling import ScoreFunction
from verification.score import Score
from verification.scorecards import (
    Row,
    bootstrap_attrs,
    check_inner,
    check_row,
    chosen_scores,
    fitting_scores,
    long_columns,
    long_table,
)

BETTER, EQUAL, WORSE, UNDEFINED = "better", "equal", "worse", "undefined"
CORRECTIONS: dict[str, Callable[[xr.DataArray, Hashable], xr.DataArray]] = {
    "fdr": benjamini_hochberg,
    "holm": holm,
}

_NUMBERS = (
    "value",
    "value_reference",
    "difference",
    "low",
    "high",
    "p",
    "p_adjusted",
    "skill",
    "pairs",
)


def compare(
    rows: Iterable[Row],
    scores: Sequence[str | Score],
    *,
    against: str,
    correction: str = "fdr",
    dim: str = "issue",
    block: int | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Long table of the scores of models beside those of a reference on the same pairs.

    The difference is resampled pairwise, so what the days have in common cancels. A score that is
    best nearest to its perfect value (bias, coverage) is compared by its distance from that
    value. p-values are adjusted over the leads of one set of sums.

    Parameters
    ----------
    rows : iterable of (labels, sums)
        As in `scorecard`, of the models and of the reference, with `model` a label or a kept
        dimension; all must keep `dim`. Models and reference need the same pairs (see
        `common_pairs`). A row whose family or labels the reference lacks is left out.
    scores : sequence of str or Score
        Names in `SCORES`, or scores of one's own.
    against : str
        The model that is the reference.
    correction : {"fdr", "holm"}
        Multiple testing over leads: `benjamini_hochberg` or `holm`.
    dim, block, replicates, seed, level
        As in `block_bootstrap`.

    Returns
    -------
    pandas.DataFrame
        Columns model, reference, place_kind, group, further labels, pollutant, threshold (if
        any), lead, score, then `value`, `value_reference`, `difference` (model minus reference;
        of the distances from the perfect value where nearest is best) with `low` and `high`,
        `p`, `p_adjusted`, `skill` (percent of the way from the reference to the perfect value;
        NaN where the reference is perfect or the perfect value infinite), `pairs`, and `verdict`:
        better or worse than the reference where `p_adjusted` is below 1 - level, else equal (no
        difference can be told), or undefined without a p-value.

    Raises
    ------
    ValueError
        As in `scorecard`; if no model can be compared, two rows are alike, the pairs differ, or
        `correction` is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import compare, continuous_sums
    >>> error = xr.DataArray(np.random.default_rng(1).normal(size=(90, 1)), dims=("issue", "lead"))
    >>> labels = {"place_kind": "city", "group": "all", "pollutant": "x"}
    >>> rows = [
    ...     ({"model": name, **labels}, continuous_sums(k * error, error * 0, keep=error.dims))
    ...     for name, k in (("new", 1.0), ("old", 2.0))
    ... ]
    >>> compare(rows, ["mae"], against="old")[["model", "lead", "score", "skill", "verdict"]]
      model  lead score  skill verdict
    0   new     0   mae   50.0  better
    """
    if correction not in CORRECTIONS:
        raise ValueError(f"correction must be one of {list(CORRECTIONS)}, found {correction!r}")
    options = Bootstrap(dim, block, replicates, seed, level)
    chosen = chosen_scores(scores)
    parts: list[dict[str, list[object]]] = []
    for labels, models in _alike(rows, dim):
        others = [model for model in models if model != against]
        if against not in models or not others:
            continue
        fitting = fitting_scores(chosen, labels, models[against])
        sets = [models[m] for m in (against, *others)]
        for score, found in zip(fitting, _differences(sets, fitting, options), strict=True):
            for model, values in zip(others, found, strict=True):
                names = {**labels, "model": model, "reference": against}
                parts.append(_columns(names, score, values, sets[0], correction, options))
    if not parts:
        raise ValueError(f"no model can be compared with {against!r}: no rows of both are alike")
    table = long_table(parts, (*_NUMBERS, "verdict"))
    table.attrs |= bootstrap_attrs(options) | {"correction": correction}
    return table


def scorecard_grid(table: pd.DataFrame, rows: Sequence[str] | None = None) -> xr.Dataset:
    """Lay a comparison out as a grid of rows by leads, for a coloured scorecard.

    Parameters
    ----------
    table : pandas.DataFrame
        From `compare`, or a part of it.
    rows : sequence of str, optional
        Columns whose labels together name a row of the grid. By default the labels that vary and
        the score.

    Returns
    -------
    xarray.Dataset
        On (row, lead), rows and leads in the order of the table: `verdict` (1 better, 0 equal,
        -1 worse, NaN undefined or not in the table), `skill` in percent, `difference` and
        `p_adjusted`. The labels of the rows are coordinates on `row`.

    Raises
    ------
    ValueError
        If the table lacks a column, or two of its lines fall on one cell.

    Examples
    --------
    >>> import pandas as pd
    >>> from verification import scorecard_grid
    >>> table = pd.DataFrame(
    ...     {"model": "new", "lead": [1, 2], "score": "mae", "verdict": ["better", "equal"]}
    ... ).assign(skill=[20.0, 1.0], difference=[-2.0, -0.1], p_adjusted=[0.01, 0.6])
    >>> grid = scorecard_grid(table)
    >>> grid["score"].values.tolist(), grid["verdict"].values.tolist()
    (['mae'], [[1.0, 0.0]])
    """
    cells = ("skill", "difference", "p_adjusted")
    needed = ["lead", "score", "verdict", *cells, *(rows or ())]
    missing = [c for c in needed if c not in table]
    if missing:
        raise ValueError(f"the table lacks the columns {missing}; it must come from compare")
    if rows is None:
        labels = [c for c in table if c not in (*_NUMBERS, "verdict", "lead", "score")]
        rows = [*(c for c in labels if len(table[c].drop_duplicates()) > 1), "score"]
    names = table[list(rows)].drop_duplicates()
    row = table.groupby(list(rows), sort=False, dropna=False).ngroup().to_numpy()
    column, leads = pd.factorize(table["lead"])
    twice = pd.DataFrame({"row": row, "lead": column}).duplicated()
    if twice.any():
        at = table.loc[twice.to_numpy(), [*rows, "lead"]].iloc[0].to_dict()
        raise ValueError(f"two lines of the table fall on one cell: {at}; choose rows or a part")
    marks = table["verdict"].map({BETTER: 1.0, EQUAL: 0.0, WORSE: -1.0})
    data = {}
    for name, values in (("verdict", marks), *((c, table[c]) for c in cells)):
        grid = np.full((len(names), len(leads)), np.nan)
        grid[row, column] = values.to_numpy(dtype=float)
        data[name] = (("row", "lead"), grid)
    levels = {c: ("row", names[c].to_numpy()) for c in rows}
    return xr.Dataset(data, {"lead": np.asarray(leads), **levels})


def _alike(
    rows: Iterable[Row], dim: str
) -> Iterator[tuple[dict[str, object], dict[str, xr.Dataset]]]:
    """Sums by model for each family, labels and kept dimensions."""
    found: dict[Hashable, tuple[dict[str, object], dict[str, xr.Dataset]]] = {}
    for given, sums in rows:
        check_row(given, sums, dim, (*_NUMBERS, "verdict", "reference"))
        labels = {name: label for name, label in given.items() if name != "model"}
        kept = frozenset(sums["pairs"].dims) - {"model"}
        key = (sums.attrs.get("family"), frozenset(labels.items()), kept)
        models = found.setdefault(key, (labels, {}))[1]
        for model, part in _by_model(given, sums):
            if model in models:
                raise ValueError(f"two rows are alike: model {model!r}, {labels}")
            models[model] = part
    yield from found.values()


def _by_model(labels: Mapping[str, object], sums: xr.Dataset) -> Iterator[tuple[str, xr.Dataset]]:
    if "model" in labels:
        yield str(labels["model"]), sums
    else:
        for model in sums["model"].values:
            yield str(model), sums.sel(model=model, drop=True)


def _differences(
    sets: Sequence[xr.Dataset], scores: Sequence[Score], options: Bootstrap
) -> Iterator[list[xr.Dataset]]:
    """Of each score, the values and difference of every set but the first, to the first."""
    compared = [_compared(score) for score in scores]

    def from_reference(x: Arrays) -> Arrays:
        with np.errstate(invalid="ignore"):  # infinite in both: no difference can be told
            return [each - x[0] for each in x[1:]]

    found = estimates(sets, compared, options, from_reference)
    totals = [s.sum(options.dim, skipna=False).assign_attrs(s.attrs) for s in sets]
    for score, differences in zip(scores, found, strict=True):
        reference, *values = (score(total) for total in totals)
        yield [
            difference.rename(value="difference").assign(
                value=value.drop_vars(value.coords), value_reference=reference
            )
            for difference, value in zip(differences, values, strict=True)
        ]


def _compared(score: Score) -> ScoreFunction:
    """What is compared: the score, or its distance from perfect where nearest is best."""
    if score.orientation != "nearest":
        return score
    return lambda sums: abs(score(sums) - score.perfect)


def _columns(
    labels: Mapping[str, object],
    score: Score,
    found: xr.Dataset,
    sums: xr.Dataset,
    correction: str,
    options: Bootstrap,
) -> dict[str, list[object]]:
    pairs = sums["pairs"].sum(options.dim)
    check_inner(score, found["value"], pairs)
    adjusted = found["p"]
    if "lead" in adjusted.dims:
        adjusted = CORRECTIONS[correction](adjusted, "lead")
    away, away_reference = (
        abs(found[name] - score.perfect) for name in ("value", "value_reference")
    )
    skill = (100 * (1 - away / away_reference)).where((away_reference > 0) & np.isfinite(away))
    found = found.assign(p_adjusted=adjusted, skill=skill)
    columns = long_columns(labels, score.name, found, pairs)
    better = 1 if score.orientation == "larger" else -1
    sign = better * np.sign(np.array(columns["difference"], dtype=float))
    p = np.array(columns["p_adjusted"], dtype=float)
    told = np.where(p < 1 - options.level, sign, 0.0)
    verdict = np.select([np.isnan(p), told > 0, told < 0], [UNDEFINED, BETTER, WORSE], EQUAL)
    return columns | {"verdict": verdict.tolist()}
