"""Rows of a scorecard: the sums of a group, by lead on common days and over all leads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import xarray as xr

from forecast.errors import ConfigError
from forecast.evaluation.families import families_of
from forecast.evaluation.groups import day_groups
from forecast.evaluation.parts import Part, entries_of, stacks
from forecast.evaluation.scorefile import ALL_DAYS, COMMON_DAYS
from forecast.evaluation.settings import Evaluation
from verification import common_days, compare, group_sums, scorecard

Row = tuple[dict[str, object], xr.Dataset]


def group_scores(
    parts: Sequence[Part],
    names: Sequence[str],
    by: Sequence[str],
    scores: Sequence[str],
    settings: Evaluation,
    against: str | None = None,
    compared: Sequence[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Scorecard of some groups, and its comparison with a model.

    Parameters
    ----------
    parts : sequence of Part
        Sums of all batches.
    names : sequence of str
        Of the groups; one that is empty, all pairs, which the groups of days are made of, must
        be alone.
    by : sequence of str
        Groupings.
    scores : sequence of str
        Names of the scores.
    settings : Evaluation
        Parameters of the bootstrap and of the groups.
    against : str, optional
        The model that the others are compared with.
    compared : sequence of str
        Names of the scores that are compared.
    """
    options: dict[str, Any] = {
        "block": settings.block_days,
        "replicates": settings.replicates,
        "level": settings.confidence,
    }
    table = scorecard(group_rows(parts, names, by, settings), scores, **options)
    if against is None:
        return table, None
    rows = group_rows(parts, names, by, settings, every_lead=False)
    families = families_of(compared)
    alike: dict[tuple[str, ...], list[Row]] = {}  # of some variables there may be more models
    for row in rows:
        models = tuple(map(str, row[1]["model"].values))
        if row[1].attrs["family"] in families and against in models:
            alike.setdefault(models, []).append(row)
    if not alike:
        raise ConfigError(f"--against {against}: it has none of {', '.join(compared)}")
    found = [
        compare(fitting, compared, against=against, correction=settings.correction, **options)
        for fitting in alike.values()
    ]
    comparison = pd.concat(found, ignore_index=True)
    comparison.attrs = found[0].attrs
    return table, comparison


def group_rows(
    parts: Sequence[Part],
    names: Sequence[str],
    by: Sequence[str],
    settings: Evaluation,
    *,
    every_lead: bool = True,
) -> Iterator[Row]:
    """Labels and sums of groups, stacked so that each score is read once a stack.

    Of every group the row of all leads holds all pairs, the rows by lead the common days. Of all
    pairs there are, with `every_lead`, rows by lead on all days as well.
    """
    several = len({part.standard for part in parts}) > 1
    for standard, sums in stacks(parts, names):
        suffix = f" {standard}" if several else ""
        if list(names) != [""]:
            named = sums.assign_coords(group=[f"{g}{suffix}" for g in sums["group"].values])
            yield from _both_days(named, {}, {})
            continue
        every = sums.isel(group=0, drop=True)
        whole, common = {"group": ALL_DAYS + suffix}, {"group": COMMON_DAYS + suffix}
        yield from _both_days(every, whole, common)
        if every_lead:
            yield dict(whole), every
        for name, mask in day_groups(every, by, settings):
            label = {"group": name + suffix}
            inside = every.where(mask, 0.0).assign_attrs(every.attrs)
            yield from _both_days(inside, label, label)


def _both_days(
    sums: xr.Dataset, whole: Mapping[str, object], common: Mapping[str, object]
) -> Iterator[Row]:
    """All pairs over all leads, and the days common to all leads by lead."""
    others = [str(d) for d in sums["pairs"].dims if d != "lead"]
    yield {**whole, "lead": "all"}, group_sums(sums, by=others)
    shared = common_days(sums["issue"], sums["lead"])
    yield dict(common), sums.where(shared, 0.0).assign_attrs(sums.attrs)


def check_model(model: str, parts: Sequence[Part]) -> None:
    """Raise `ConfigError` unless a model was issued."""
    known = list(dict.fromkeys(p.key[2] for part in parts for p in part.pieces))
    if model not in known:
        raise ConfigError(f"--against {model!r}: expected one of {', '.join(known)}")


def any_pairs(parts: Sequence[Part]) -> bool:
    """Whether any pair was observed."""
    return any(
        name == "pairs" and values.any()
        for entry in entries_of(parts, [""])
        for name, values in entry.sums()
    )
