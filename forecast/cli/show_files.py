"""Scores of files on the console: every forecast beside the others, each score named in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from textwrap import fill
from typing import Literal

import numpy as np
import pandas as pd
from rich.table import Table

from forecast.cli.file_columns import (
    CONSULTATION,
    EXPLANATIONS,
    HEAVY,
    VALUES,
    Column,
    interval_of,
    kind_of,
    model_name,
    name_of,
    score_title,
    written,
)
from forecast.cli.show import console
from forecast.cli.words import word

ALL = "all"
_BLOCKS = (
    (VALUES, "", ""),
    (CONSULTATION, "：级别、范围、首要污染物", ": level, range and primary pollutant"),
    (HEAVY, "：污染日和重污染日", ": polluted and heavily polluted days"),
)
_FIRST = {"lead": ("时效（天）", "lead, days"), "group": ("组", "group")}
_BY = {
    "place": ("，按站点或城市", " by place"),
    "month": ("，按月", " by month"),
    "season": ("，按季节", " by season"),
    "level": ("，按实况级别", " by observed level"),
}


def show_files(table: pd.DataFrame, by: Sequence[str], lang: str) -> None:
    """Print the usual scores of every variable: forecasts by lead, then by group.

    Parameters
    ----------
    table : pandas.DataFrame
        From `forecast.foreign.score_files`.
    by : sequence of str
        Groupings.
    lang : str
        ``zh`` or ``en``.
    """
    out = console()
    first = "lead" if table.attrs["time"] == "issue" else ""
    for variable, rows in table.groupby("pollutant", sort=False):
        name = name_of(str(variable), lang)
        whole = rows[rows["group"].str.split(" ").str[0] == ALL]
        for group, part in whole.groupby("group", sort=False):
            for made in _tables(part, str(variable), name + standard_of(str(group)), first, lang):
                out.print(made)
        for grouping in by:
            prefix = f"{grouping}: "
            part = rows[rows["group"].str.startswith(prefix) & (rows["lead"] == ALL)]
            part = part.assign(group=part["group"].str.removeprefix(prefix))
            title = name + _BY[grouping][lang == "en"]
            # of the days of one observed level, all or none exceed a threshold
            blocks = _BLOCKS[:2] if grouping == "level" else _BLOCKS
            for made in _tables(part, str(variable), title, "group", lang, blocks):
                out.print(made)


def show_legend(table: pd.DataFrame, lang: str) -> None:
    """Say in words what the columns of `show_files` hold."""
    found = set(table.loc[table["value"].notna(), "score"])
    lines = [zh if lang == "zh" else en for scores, zh, en in EXPLANATIONS if scores & found]
    models = set(table["model"])
    if "persistence" in models:
        lines.append({
            "zh": "持续性：起报日前最后一个实况值。",
            "en": "persistence: the last value observed before the day of issue.",
        }[lang])  # fmt: skip
    if "climatology" in models:
        lines.append({
            "zh": "气候态：往年同期（前后15天）实况的平均。",
            "en": "climatology: mean of what was observed within 15 days of the date in earlier "
            "years.",
        }[lang])  # fmt: skip
    lines.append({
        "zh": "区间：分块自助法，考虑相邻日子的相关。–：没有可评的样本，或天数太少。",
        "en": "interval: block bootstrap, which minds that neighbouring days are alike. –: nothing "
        "to judge, or too few days.",
    }[lang])  # fmt: skip
    console().print("\n".join(lines))


def show_chosen_files(table: pd.DataFrame, names: Sequence[str], lang: str) -> None:
    """Print chosen scores, one table each: groups and leads down, models across.

    Parameters
    ----------
    table : pandas.DataFrame
        From `forecast.foreign.score_files`.
    names : sequence of str
        Scores; one that the files do not give is said to be missing.
    lang : str
        ``zh`` or ``en``.
    """
    out = console()
    keys = ["pollutant", "threshold"]
    for name in names:
        of_score = table[table["score"] == name]
        if of_score.empty:
            words = {"zh": "文件内容不足以计算", "en": "cannot be made of what these files give"}
            out.print(f"{score_title(name, lang)}: {words[lang]}")
        for (variable, threshold), rows in of_score.groupby(keys, sort=False, dropna=False):
            title = f"{name_of(variable, lang)}{above(threshold)}, {score_title(name, lang)}"
            out.print(_chosen(rows, title, kind_of(name), str(variable), lang))


def _chosen(rows: pd.DataFrame, title: str, kind: str, variable: str, lang: str) -> Table:
    models = list(dict.fromkeys(rows["model"]))
    groups = list(dict.fromkeys(rows["group"]))
    labels = {"group": groups, "lead": _ordered(rows["lead"].astype(str))}
    head = {k: v for k, v in labels.items() if len(v) > 1 or k == "lead"}
    of_first = {"zh": f"{models[0]}的90%区间", "en": f"90 % interval of {models[0]}"}[lang]
    names = [model_name(m, lang) for m in models]
    columns = [*names, of_first, word("pairs", lang)]
    title += " %" if kind == "share" else ""
    made = headed(title, [_FIRST[k][lang == "en"] for k in head], columns)
    for number, group in enumerate(groups):
        if number:
            made.add_section()
        for lead in labels["lead"]:
            at = rows[(rows["group"] == group) & (rows["lead"].astype(str) == lead)]
            if at.empty:
                continue
            value = at.set_index("model")["value"]
            own = at[at["model"] == models[0]]
            made.add_row(
                *(
                    word(text, lang)
                    for key, text in (("group", group), ("lead", lead))
                    if key in head
                ),
                *(written(value.get(m, np.nan), kind, variable) for m in models),
                interval_of(own.iloc[0], kind, variable) if len(own) else "–",
                f"{int(at['pairs'].max()):,}",
            )
    return made


def _tables(
    rows: pd.DataFrame,
    variable: str,
    title: str,
    first: str,
    lang: str,
    blocks: Sequence[tuple[Sequence[Column], str, str]] = _BLOCKS,
) -> list[Table]:
    """The tables of one variable, each without the columns that nothing is in."""
    found = [
        _table(rows, columns, variable, title + (zh if lang == "zh" else en), first, lang)
        for columns, zh, en in blocks
    ]
    return [made for made in found if made is not None]


def _table(
    rows: pd.DataFrame, columns: Sequence[Column], variable: str, title: str, first: str, lang: str
) -> Table | None:
    lines = _lines(rows, columns, variable, first)
    used = [i for i in range(len(columns)) if any(cells[i] != "–" for _, _, cells, _ in lines)]
    if not used:
        return None
    labels = [_FIRST[first][lang == "en"]] if first else []
    labels.append({"zh": "预报", "en": "forecast"}[lang])
    headings = [columns[i].heading(lang) for i in used]
    widths = [0] * (len(labels) - 1) + [max(len(model_name(m, lang)) for _, m, _, _ in lines)]
    widths += [max(len(cells[i]) for _, _, cells, _ in lines) for i in used]
    made = headed(title, labels, [*headings, word("pairs", lang)], widths)
    before: str | None = None
    for label, model, cells, pairs in lines:
        if before is not None and label != before:
            made.add_section()
        head = ["" if label == before else word(label, lang)] if first else []
        kept = [cells[i] for i in used]
        made.add_row(*head, model_name(model, lang), *kept, f"{pairs:,}")
        before = label
    return made


def headed(
    title: str, labels: Sequence[str], figures: Sequence[str], widths: Sequence[int] = ()
) -> Table:
    """Empty table; headings are broken between words, to the width of what stands below them."""
    made = Table(title=title, title_justify="left", padding=(0, 1, 0, 0))
    headings = (*labels, *figures)
    for number, (heading, width) in enumerate(zip_longest(headings, widths, fillvalue=0)):
        narrowest = max(len(part) for part in str(heading).split())
        broken = fill(str(heading), max(narrowest, int(width)), break_long_words=False)
        justify: Literal["left", "right"] = "left" if number < len(labels) else "right"
        made.add_column(broken, justify=justify, overflow="fold")
    return made


def _lines(
    rows: pd.DataFrame, columns: Sequence[Column], variable: str, first: str
) -> list[tuple[str, str, list[str], int]]:
    """Label, model, cells and pairs of each line that holds something."""
    scores = {s for c in columns for s in c.scores}
    rows = rows[rows["score"].isin(scores)]
    rows = rows.assign(label=rows[first].astype(str) if first else "")
    models = {model: i for i, model in enumerate(dict.fromkeys(rows["model"]))}
    lines = []
    for label, at in rows.groupby("label", sort=False):
        for model, own in at.groupby("model", sort=False):
            cells = [_cell(own, column, variable) for column in columns]
            if any(cell != "–" for cell in cells):
                lines.append((str(label), str(model), cells, _pairs(own, columns)))
    order = {label: i for i, label in enumerate(_ordered(rows["label"]))}
    return sorted(lines, key=lambda line: (order[line[0]], models[line[1]]))


def _pairs(own: pd.DataFrame, columns: Sequence[Column]) -> int:
    """Pairs of the first score that the line has."""
    first = next(s for c in columns for s in c.scores if (own["score"] == s).any())
    return int(own.loc[own["score"] == first, "pairs"].iloc[0])


def _ordered(labels: pd.Series) -> list[str]:
    """Labels in order: numbers by size, the rest as they come, all leads last."""
    unique = [str(label) for label in dict.fromkeys(labels)]
    numbers = sorted((u for u in unique if u.isdigit()), key=int)
    return [*numbers, *(u for u in unique if not u.isdigit() and u != ALL), *({ALL} & {*unique})]


def _cell(own: pd.DataFrame, column: Column, variable: str) -> str:
    for score in column.scores:
        found = own[own["score"] == score]
        if not np.isnan(column.threshold):
            found = found[found["threshold"] == column.threshold]
        if len(found):
            row = found.iloc[0]
            if column.kind == "interval":
                return interval_of(row, kind_of(score), variable)
            return written(row["value"], column.kind, variable)
    return "–"


def standard_of(group: str) -> str:
    """Standard behind the name of a group."""
    return group.removeprefix(ALL)


def above(threshold: float) -> str:
    """Threshold of a yes/no score, as it follows a name; empty for other scores."""
    return "" if np.isnan(threshold) else f" AQI>{threshold:g}"
