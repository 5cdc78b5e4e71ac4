"""Chosen scores on the console, one table each, by lead or by group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from rich.table import Table

from forecast.cli.show import console, percent, table_of
from forecast.cli.show_scores import (
    HEAVY,
    HIT,
    SHARES,
    beside,
    by_standard,
    index_of_cities,
    interval,
    number,
    simulated_note,
    values,
)
from forecast.cli.words import group_word, word
from forecast.pollutants import LABELS, UNITS
from forecast.training import ENSEMBLE
from verification import SCORES

PRINTED = {"ug m-3": "µg/m³", "mg m-3": "mg/m³"}


def show_chosen(
    scores: pd.DataFrame, names: Sequence[str], lang: str, *, simulated: bool | str
) -> None:
    """Print chosen scores, one table each: leads down, models across."""
    out = console()
    note = simulated_note(simulated, lang)
    for suffix, both in by_standard(scores, lang):
        for name in names:
            of_score = both[both["score"] == name]
            keys = ["place_kind", "pollutant", "threshold"]
            for _, at in of_score.groupby(keys, sort=False, dropna=False):
                if not at["pairs"].any():
                    continue
                out.print(score_table(at, lang, note, suffix))


def show_groups(
    scores: pd.DataFrame,
    by: Sequence[str],
    names: Sequence[str],
    lang: str,
    *,
    simulated: bool | str,
) -> None:
    """Print every group over all leads: the key figures, or the scores that were named.

    Parameters
    ----------
    scores : pandas.DataFrame
        From `forecast.evaluation.evaluate`.
    by, names : sequence of str
        Groupings and scores.
    lang : str
        ``zh`` or ``en``.
    simulated : bool or "weather"
        Named in every title.
    """
    out = console()
    note = simulated_note(simulated, lang)
    for name in by:
        rows = scores[scores["group"].str.startswith(f"{name}: ") & (scores["lead"] == "all")]
        if not names:
            out.print(_group_table(rows, name, lang, note))
            continue
        keys = ["score", "place_kind", "pollutant", "threshold"]
        for _, at in rows.groupby(keys, sort=False, dropna=False):
            if at["pairs"].any():
                out.print(_group_score_table(at, name, lang, note))


def _group_table(rows: pd.DataFrame, name: str, lang: str, note: str) -> Table:
    title = {
        "zh": f"{note}按{word(name, lang)}：城市AQI（%）与站点PM2.5的CRPS，所有时效",
        "en": f"{note}By {name}: AQI of cities (%) and CRPS of PM2.5 at stations, all leads",
    }[lang]
    columns = ["strict", "interval", "range", "TS>200", "crps", "pairs"]
    table = table_of(title, [name, *columns], lang)
    for group, at in rows.groupby("group", sort=False):
        city = index_of_cities(at)
        heavy = city[city["threshold"] == HEAVY]
        station = at[(at["place_kind"] == "station") & (at["pollutant"] == "pm25")]
        own = city[(city["model"] == ENSEMBLE) & (city["score"] == HIT)]
        pairs = int(own["pairs"].sum()) or int(station["pairs"].max())
        if not pairs:
            continue
        table.add_row(
            group_word(str(group).removeprefix(f"{name}: "), lang),
            beside(values(city, HIT)),
            interval(own.iloc[0], ".0f", 100) if len(own) else "–",
            beside(values(city, "range_accuracy")),
            beside(values(heavy, "ts"), shares=False),
            beside(values(station, "crps_quantiles"), shares=False, digits=0),
            f"{pairs:,}",
        )
    return table


def _group_score_table(rows: pd.DataFrame, name: str, lang: str, note: str) -> Table:
    share = rows["score"].iloc[0] in SHARES
    models = list(dict.fromkeys(rows["model"]))
    title = f"{note}{score_title(rows.iloc[0], lang)}"
    table = table_of(title, [name, *models, "interval", "pairs"], lang)
    for group, at in rows.groupby("group", sort=False):
        own = at.iloc[0]
        found = at.set_index("model")["value"]
        table.add_row(
            group_word(str(group).removeprefix(f"{name}: "), lang),
            *(percent(found[m]) if share else number(found[m], 3) for m in models),
            interval(own, ".0f", 100) if share else interval(own, ".3g"),
            f"{own['pairs']:,}",
        )
    return table


def score_title(row: pd.Series, lang: str) -> str:
    """Place, variable and score of a row of a scorecard, and what is better."""
    score = SCORES[row["score"]]
    what = LABELS.get(row["pollutant"], str(row["pollutant"]).upper())
    threshold = row.get("threshold", np.nan)
    above = f" > {threshold:g}" if np.isfinite(threshold) else ""
    better = {
        "zh": {
            "larger": "越大越好",
            "smaller": "越小越好",
            "nearest": f"以{score.perfect:g}为最好",
        },
        "en": {
            "larger": "larger is better",
            "smaller": "smaller is better",
            "nearest": f"best at {score.perfect:g}",
        },
    }[lang][score.orientation]
    words = score.chinese if lang == "zh" else score.long_name
    unit = PRINTED.get(UNITS.get(row["pollutant"], ""), "") if score.unit == "input" else ""
    unit = "%" if row["score"] in SHARES else unit
    inside = "; ".join(part for part in (str(row["score"]), unit, better) if part)
    return f"{word(row['place_kind'], lang)} {what}{above}: {words} ({inside})"


def score_table(rows: pd.DataFrame, lang: str, note: str, suffix: str = "") -> Table:
    """One score: leads down, models across, the interval of the combination."""
    name = rows["score"].iloc[0]
    share = name in SHARES
    models = list(dict.fromkeys(rows["model"]))
    table = table_of(
        f"{note}{score_title(rows.iloc[0], lang)}{suffix}",
        ["lead", *models, "interval", "pairs"],
        lang,
    )
    for lead, at in rows.groupby("lead", sort=False):
        own = at[at["model"] == (ENSEMBLE if ENSEMBLE in models else models[0])].iloc[0]
        found = at.set_index("model")["value"]
        shown = (found.get(m, np.nan) for m in models)
        table.add_row(
            word(str(lead), lang),
            *(percent(value) if share else number(value, 3) for value in shown),
            interval(own, ".0f", 100) if share else interval(own, ".3g"),
            f"{own['pairs']:,}",
        )
    return table
