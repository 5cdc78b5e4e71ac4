"""The tables of a performance report: what stands in them, in which order, and what is said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from forecast.bulletin import Language, bulletin_title
from forecast.consultation.areas import LEVELS, Area, Level
from forecast.consultation.performance.counts import ALL, area_key, role_key
from forecast.consultation.performance.decisions import BEFORE, ISSUED, MODELS
from forecast.consultation.performance.figures import NO_FIGURE, Figure, Performance
from forecast.consultation.performance.layout import Cell, Column, Form, Report, Table
from forecast.consultation.performance.ranking import ranking
from forecast.consultation.performance.words import WORDS
from forecast.standard import standard_named
from forecast.training import REFERENCES

ACCURACIES: dict[str, Form] = {
    "level_accuracy": "share",
    "level_range_accuracy": "share",
    "range_accuracy": "share",
    "mean_width": "number",
    "over_rate": "share",
    "under_rate": "share",
    "category_accuracy": "share",
    "pod": "share",
    "far": "share",
    "ts": "ratio",
}
"""Scores in the order they are shown."""
RANKED: tuple[Level, ...] = ("region", "province", "city")
"""Levels of area that have tables of their own."""


def report_of(
    found: Performance,
    areas: Sequence[Area],
    decisions: xr.Dataset,
    *,
    confidence: float,
    fewest_pairs: int,
    lang: Language,
) -> Report:
    """Report of one period.

    Parameters
    ----------
    found : Performance
    areas : sequence of Area
        Those it was counted for, the nation first.
    decisions : xarray.Dataset
        What it was counted from; its attributes name the whole and what is simulated.
    confidence : float
        Of the intervals.
    fewest_pairs : int
        Pairs an area needs to be ranked.
    lang : {"zh", "en"}
    """
    period = found.period
    mark = f"{bulletin_title(decisions, lang)} · {_word('report', lang)} · {period.name}"
    days = {n: f"{getattr(period, n):%Y-%m-%d}" for n in ("begin", "end")}
    counts = {"days": period.days, "covered": found.days}
    whole = found.days == period.days
    incomplete = (
        ""
        if whole
        else _word("part", lang).format(
            **days, **counts, first=f"{found.first:%Y-%m-%d}", last=f"{found.last:%Y-%m-%d}"
        )
    )
    lines = [_word("whole", lang).format(**days, **counts)] if whole else []
    lines.append(
        _word("adjusted" if found.adjusted else "not_adjusted", lang).format(count=found.adjusted)
    )
    level = f"{100 * confidence:g}"
    lines.append(_word("method", lang).format(standard=period.standard, level=level))
    return Report(mark, incomplete, tuple(lines), tables_of(found, areas, fewest_pairs, lang))


def tables_of(
    found: Performance, areas: Sequence[Area], fewest_pairs: int, lang: Language
) -> list[Table]:
    """All tables of one period.

    Parameters
    ----------
    found : Performance
    areas : sequence of Area
        Those it was counted for, the nation first.
    fewest_pairs : int
        Pairs an area needs to be ranked.
    lang : {"zh", "en"}

    Returns
    -------
    list of Table
        The whole by lead, rankings, regions, provinces and cities by band of leads, guidance
        against issued where something was adjusted, and levels. A level of area that has but one
        area, the whole again, has no table.
    """
    levels = {level: _areas_told(areas, level) for level in RANKED}
    out = [_by_lead(found, areas[0], lang)]
    out += [_ranking(found, of, fewest_pairs, lang) for of in levels.values() if len(of) > 1]
    out += [_by_area(found, level, of, lang) for level, of in levels.items() if of]
    if found.added:
        shown = [areas[0], *(a for of in levels.values() for a in of)]
        out.append(_value_added(found, shown, lang))
    return [*out, _levels(found, lang)]


def _areas_told(areas: Sequence[Area], level: Level) -> list[Area]:
    own = [a for a in areas if a.level == level]
    return [] if [set(a.cities) for a in own] == [set(areas[0].cities)] else own


def _word(key: str, lang: Language) -> str:
    return WORDS[key][lang]


def _name(area: Area, lang: Language) -> str:
    return area.zh if lang == "zh" else area.en


def _lead(label: str, lang: Language) -> str:
    return _word("all", lang) if label == ALL else label


def _accuracies(found: Performance, model: str, area: Area, lead: str) -> list[Cell]:
    """Scores in the order of `ACCURACIES`, with the numbers of pairs they rest on."""

    def count(score: str) -> int:
        return found.figure(model, area, lead, score).pairs

    events = (
        int(found.figure(model, area, lead, name).value or 0) if count(name) else 0
        for name in ("heavy_observed", "heavy_forecast")
    )
    scores = [found.figure(model, area, lead, name) for name in ACCURACIES]
    return [count("level_accuracy"), *scores[:7], count("category_accuracy"), *scores[7:], *events]


def _accuracy_columns(lang: Language) -> list[Column]:
    scores = [Column(_word(n, lang), form, ("interval",)) for n, form in ACCURACIES.items()]
    counts = [
        Column(_word(n, lang), "count") for n in ("pairs", "primary_pairs", "observed", "forecast")
    ]
    return [counts[0], *scores[:7], counts[1], *scores[7:], *counts[2:]]


def _by_lead(found: Performance, nation: Area, lang: Language) -> Table:
    models = [m for m in MODELS if m != BEFORE or found.adjusted]
    rows: list[list[Cell]] = [
        [_lead(lead, lang), _word(model, lang), *_accuracies(found, model, nation, lead)]
        for lead in dict.fromkeys((*found.leads, *found.bands, ALL))
        for model in models
        if found.figure(model, nation, lead, "level_accuracy").pairs
    ]
    columns = (Column(_word("lead", lang), "text"), Column(_word("model", lang), "text"))
    return Table(
        _word("by_lead", lang),
        _word("by_lead_title", lang).format(area=_name(nation, lang)),
        _word("by_lead_note", lang),
        (*columns, *_accuracy_columns(lang)),
        rows,
        {},
    )


def _by_area(found: Performance, level: Level, areas: Sequence[Area], lang: Language) -> Table:
    rows: list[list[Cell]] = []
    others = [m for m in (BEFORE, *REFERENCES) if m != BEFORE or found.adjusted]
    for area in areas:
        for lead in found.bands:
            own = _accuracies(found, ISSUED, area, lead)
            if own[0]:
                beside = [found.figure(m, area, lead, "level_accuracy") for m in others]
                rows.append([_name(area, lang), len(area.cities), lead, *own, *beside])
    columns = [Column(_word(level, lang), "text"), Column(_word("cities", lang), "count")]
    columns += [Column(_word("lead", lang), "text"), *_accuracy_columns(lang)]
    strict, colon = _word("level_accuracy", lang), "：" if lang == "zh" else ": "
    columns += [
        Column(f"{strict}{colon}{_word(m, lang)}", "share", ("interval", "pairs")) for m in others
    ]
    if level == "city":  # each is one city
        columns.pop(1)
        rows = [[row[0], *row[2:]] for row in rows]
    return Table(
        _word(f"{level}_sheet", lang),
        _word(f"{level}_title", lang),
        _word("area_note", lang),
        tuple(columns),
        rows,
        {},
    )


def _ranking(found: Performance, areas: Sequence[Area], fewest_pairs: int, lang: Language) -> Table:
    lead, level = found.bands[0], areas[0].level
    entries = ranking(found, areas, lead=lead, fewest_pairs=fewest_pairs)
    marks = {True: "alike", False: "apart", None: "no_interval"}
    rows: list[list[Cell]] = [
        [
            e.place,
            _name(e.area, lang),
            e.figure,
            e.figure.pairs,
            _word("few_pairs" if e.place is None else marks[e.like_first], lang),
        ]
        for e in entries
    ]
    columns = (
        Column(_word("place", lang), "count"),
        Column(_word(level, lang), "text"),
        Column(_word("level_accuracy", lang), "share", ("interval",)),
        Column(_word("pairs", lang), "count"),
        Column(_word("against_first", lang), "text"),
    )
    return Table(
        _word(f"{level}_rank_sheet", lang),
        _word(f"{level}_rank_title", lang).format(lead=lead),
        _word("rank_note", lang).format(fewest=fewest_pairs),
        columns,
        rows,
        {},
    )


def _value_added(found: Performance, areas: Sequence[Area], lang: Language) -> Table:
    scores: dict[str, Form] = {
        n: "points" if form == "share" else form for n, form in ACCURACIES.items()
    }
    every = (*found.leads, *found.bands, ALL)
    groups = [
        (area_key(a), _word(a.level, lang), _name(a, lang),
         every if a.level == "nation" else found.bands)
        for a in areas
    ]  # fmt: skip
    groups += [
        (role_key(level), _word("role", lang), _word(level, lang), (*found.bands, ALL))
        for level in LEVELS
    ]
    rows: list[list[Cell]] = []
    for key, kind, name, leads in groups:
        for lead in dict.fromkeys(leads):
            figures = [found.added.get((key, lead, s), NO_FIGURE) for s in scores]
            if figures[0].pairs:
                rows.append([kind, name, _lead(lead, lang), figures[0].pairs, *figures])
    columns = [Column(_word(k, lang), "text") for k in ("area_level", "area", "lead")]
    columns.append(Column(_word("pairs", lang), "count"))
    for name, form in scores.items():  # primary pollutants are judged on fewer pairs
        own = ("interval", "pairs") if name == "category_accuracy" else ("interval",)
        columns.append(Column(_word(name, lang), form, own))
    return Table(
        _word("added", lang),
        _word("added_title", lang),
        _word("added_note", lang),
        tuple(columns),
        rows,
        {},
    )


def _levels(found: Performance, lang: Language) -> Table:
    levels = standard_named(found.period.standard).levels
    names = [one.zh if lang == "zh" else one.en for one in levels]
    rows: list[list[Cell]] = []
    for k, name in enumerate(names):
        seen = found.levels[:, k]
        right = int(seen[k])
        total = int(seen.sum())
        share = Figure(right / total, np.nan, np.nan, total) if total else NO_FIGURE
        rows.append([name, *(int(n) for n in seen), total, share])
    columns = (
        Column(_word("observed_level", lang), "text"),
        *(Column(name, "count") for name in names),
        Column(_word("pairs", lang), "count"),
        Column(_word("level_accuracy", lang), "share"),
    )
    colors = {(k, 0): one.hex for k, one in enumerate(levels)}
    colors |= {(-1, k + 1): one.hex for k, one in enumerate(levels)}
    return Table(
        _word("levels", lang),
        _word("levels_title", lang).format(lead=found.bands[0]),
        _word("levels_note", lang),
        columns,
        rows,
        colors,
        sortable=False,
    )
