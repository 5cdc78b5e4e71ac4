"""Scores of files, with intervals, by lead and group, and comparisons with one model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
import xarray as xr

from forecast.errors import ConfigError, InputError
from forecast.evaluation.settings import Evaluation
from forecast.foreign.contest import Contest, Entry
from forecast.foreign.families import AQI, SCORE_NAMES, Ingredients, Key, scores_of
from forecast.foreign.groups import ALL, check_groupings, pair_masks, standards
from verification import compare, group_sums, scorecard

_SETTINGS = Evaluation()
OPTIONS = {"replicates": _SETTINGS.replicates, "level": _SETTINGS.confidence}
"""Of the bootstrap, as a configuration has them by default; blocks as the errors persist."""
LABEL = "label"
"""Dimension of the groups of a grouping."""


def check_scores(names: Sequence[str]) -> None:
    """Raise `ConfigError` unless files can have every score."""
    for name in names:
        if name not in SCORE_NAMES:
            raise ConfigError(f"--score {name!r}: expected one of {', '.join(SCORE_NAMES)}")


def score_files(
    contest: Contest, names: Sequence[str] = SCORE_NAMES, by: Sequence[str] = ()
) -> pd.DataFrame:
    """Score the models of a contest.

    Parameters
    ----------
    contest : Contest
    names : sequence of str
        Scores, of `SCORE_NAMES`.
    by : sequence of str
        Groupings, of `forecast.foreign.groups.GROUPINGS`, that are scored as well, one at a time.

    Returns
    -------
    pandas.DataFrame
        Long table ``model, group, pollutant, threshold, lead, score, value, low, high, pairs`` as
        of `verification.scorecard`; ``group`` is ``all`` or as ``month: 2015-12``, followed by the
        standard where the index has several; ``lead`` is a number of days or ``all``.

    Raises
    ------
    ConfigError
        A grouping or a score is unknown, or the level is not observed.
    InputError
        None of the scores can be made of the files.
    """
    check_groupings(by)
    check_scores(names)
    parts = []
    for key, entry in contest.entries.items():
        for model in entry.shown:
            for labels, sums in _rows(contest, key, entry.makings[model], entry.mask, by):
                fitting = scores_of(sums, names)
                if fitting:
                    row = {"model": model, "place_kind": "", "pollutant": key[0], **labels}
                    parts.append(scorecard([(row, sums)], fitting, dim=contest.time, **OPTIONS))
    if not parts:
        raise InputError(
            f"none of the scores {', '.join(names)} can be made of what these files give"
        )
    return _tidy(parts, contest)


def compare_files(
    contest: Contest, against: str, names: Sequence[str] = SCORE_NAMES
) -> pd.DataFrame:
    """Compare every other model with one, each on the pairs that both have.

    Parameters
    ----------
    contest : Contest
    against : str
        Model or reference.
    names : sequence of str
        Scores, of `SCORE_NAMES`.

    Returns
    -------
    pandas.DataFrame
        As of `verification.compare`, without ``place_kind``.

    Raises
    ------
    ConfigError
        There is no such model, or none that can be compared with it.
    """
    check_scores(names)
    if against not in contest.models:
        raise ConfigError(f"--against {against!r}: expected one of {', '.join(contest.models)}")
    parts: list[pd.DataFrame] = []
    for key, entry in contest.entries.items():
        if against in entry.makings:
            for model in entry.makings:
                if model != against:
                    parts += _duels(contest, key, entry, (model, against), names)
    if not parts:
        raise ConfigError(f"--against {against!r}: no other model has these scores beside it")
    return _tidy(parts, contest)


def _duels(
    contest: Contest, key: Key, entry: Entry, pair: tuple[str, str], names: Sequence[str]
) -> Iterator[pd.DataFrame]:
    """Comparisons of two models of one entry: by lead, and over all."""
    made = [entry.makings[model] for model in pair]
    mask = made[0].present() & made[1].present()
    if not bool(mask.any()):
        return
    rows = [list(_rows(contest, key, one, mask, ())) for one in made]
    for ours, theirs in zip(*rows, strict=True):
        fitting = [n for n in scores_of(ours[1], names) if n in scores_of(theirs[1], names)]
        if fitting:
            common = {"place_kind": "", "pollutant": key[0]}
            both = [
                ({"model": model, **common, **labels}, sums)
                for model, (labels, sums) in zip(pair, (ours, theirs), strict=True)
            ]
            yield compare(both, fitting, against=pair[1], dim=contest.time, **OPTIONS)


def _rows(
    contest: Contest, key: Key, made: Ingredients, mask: xr.DataArray, by: Sequence[str]
) -> Iterator[tuple[dict[str, str], xr.Dataset]]:
    """Labels and sums of each group, by lead and over all leads."""
    every = [("", xr.DataArray(True))]
    for standard, holds in standards(contest.observed) if key[0] == AQI else every:
        here = mask & holds
        yield from _by_lead(ALL + standard, made.sums(here, contest.keep))
        for name in by:
            # the groups of a grouping are resampled together
            yield from _by_lead(f"{name}: {{}}{standard}", _grouped(contest, made, here, name))


def _grouped(contest: Contest, made: Ingredients, mask: xr.DataArray, by: str) -> xr.Dataset:
    """Sums of every group of a grouping, on a dimension `LABEL`."""
    if by == "place":
        return made.sums(mask, (*contest.keep, "place")).rename(place=LABEL)
    masks = pair_masks(contest.observed, by)
    parts = [made.sums(mask & inside, contest.keep) for inside in masks.values()]
    labels = pd.Index(list(masks), name=LABEL)
    found = xr.concat(parts, labels, data_vars="all", coords="minimal", compat="override")
    return found.assign_attrs(parts[0].attrs)


def _by_lead(group: str, sums: xr.Dataset) -> Iterator[tuple[dict[str, str], xr.Dataset]]:
    if "lead" in sums["pairs"].dims:
        yield {"group": group}, sums
        sums = group_sums(sums, by=[str(d) for d in sums["pairs"].dims if d != "lead"])
    yield {"group": group, "lead": "all"}, sums


def _tidy(parts: Sequence[pd.DataFrame], contest: Contest) -> pd.DataFrame:
    """One table: groups named, leads in days, rows without pairs left out."""
    table = pd.concat([p for p in parts if len(p)], ignore_index=True)
    if LABEL in table:
        named = table[table[LABEL].notna()]
        groups = [g.format(label) for g, label in zip(named["group"], named[LABEL], strict=True)]
        table.loc[named.index, "group"] = groups
    if "threshold" not in table:
        table["threshold"] = float("nan")
    order = ["model", "reference", "group", "pollutant", "threshold", "lead", "score"]
    order = [c for c in order if c in table]
    rest = [c for c in table if c not in (*order, "place_kind", LABEL)]
    table = table[table["pairs"] > 0][[*order, *rest]].reset_index(drop=True)
    table.attrs["time"] = contest.time
    return table
