"""The library of cases: all case reports of a folder as rows, searched, and as one page."""

from __future__ import annotations

import calendar
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from forecast.atomic import write_text
from forecast.bulletin import Language, simulated_mark
from forecast.consultation.cases.markup import Node, document, element
from forecast.consultation.cases.words import WORDS
from forecast.errors import InputError

Row = dict[str, Any]
INDEX = "index.html"
LANGUAGES: tuple[Language, ...] = ("zh", "en")
COLUMNS = ("days", "area", "peak_day", "peak", "primary", "first_lead", "unexplained")
"""Columns of the library, by the keys of `WORDS`."""
NONE = "–"


def read_cases(folder: Path) -> list[Row]:
    """Rows of the case reports in a folder, in the order of their days.

    Parameters
    ----------
    folder : Path
        From `forecast.consultation.cases.case.case_folder`.

    Returns
    -------
    list of dict
        ``name`` (of the files), ``first, last, level, area`` (ids), ``area_zh, area_en``,
        ``simulated``, ``peak_day``, ``peak``, ``peak_level`` (its name by language), ``primary``,
        ``held`` (whether there was a process), ``first_lead``, and ``unexplained``: percent ``low,
        median, high`` that the weather does not explain, or None.

    Raises
    ------
    InputError
        A JSON file is no case report.
    """
    rows = []
    for path in sorted(folder.glob("*.json")):
        try:
            case = json.loads(path.read_text(encoding="utf-8"))
            row = _row(case, path.stem)
            for lang in LANGUAGES:
                cells_of(row, lang)
            search_text(row).encode()
            rows.append(row)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise InputError(
                f"{path}: not a case report ({type(error).__name__}: {error}); expected what "
                "`wubu case` wrote"
            ) from None
    return rows


def search_cases(rows: Sequence[Row], text: str) -> list[Row]:
    """Rows that hold every word of a text, whatever the case.

    Words may be of the area, its level, the level or primary pollutant of the peak, the days, and
    the month as ``2015-12``, ``December`` or ``12月``.
    """
    wanted = text.lower().split()
    return [row for row in rows if all(word in search_text(row) for word in wanted)]


def search_text(row: Row) -> str:
    """What a row is found by, in lower case."""
    parts = [row[k] for k in ("first", "last", "level", "area", "area_zh", "area_en")]
    parts += [*row["primary"], *row["peak_level"].values(), *WORDS[row["level"]].values()]
    for month in pd.period_range(row["first"], row["last"], freq="M"):
        parts += [f"{month:%Y-%m}", calendar.month_name[month.month]]
        parts.append(f"{month.year}年{month.month}月")
    return " ".join(parts).lower()


def cells_of(row: Row, lang: Language) -> dict[str, str]:
    """Text of a row by the columns of `COLUMNS`."""
    found = row["unexplained"]
    return {
        "days": f"{row['first']} – {row['last']}",
        "area": f"{simulated_mark(row['simulated'], lang)}{row[f'area_{lang}']}",
        "peak_day": row["peak_day"],
        "peak": f"{row['peak']:.0f}",
        "primary": " ".join(row["primary"]) or NONE,
        "first_lead": _lead(row, lang),
        "unexplained": NONE
        if found is None
        else "{median:+.0f} ({low:+.0f} – {high:+.0f})".format(**found),
    }


def write_library(folder: Path, rows: Sequence[Row], lang: Language = "zh") -> Path:
    """Write the page of the library, ``index.html``, beside the cases.

    Parameters
    ----------
    folder : Path
    rows : sequence of dict
        From `read_cases`.
    lang : {"zh", "en"}
        Language it opens in.

    Returns
    -------
    Path
        The page: a search box, and columns that sort when their heads are pressed.
    """
    page = document(
        {one: _content(rows, one) for one in LANGUAGES},
        {one: WORDS["library"][one] for one in LANGUAGES},
        {one: WORDS["other_language"][one] for one in LANGUAGES},
        lang,
    )
    return write_text(folder / INDEX, page)


def _row(case: dict[str, Any], name: str) -> Row:
    head, episode = case["head"], case["forecasts"]["episode"]
    worst = case["observed"]["cities"][0]
    peak = episode or worst
    number = sum(peak["peak"] > edge for edge in head["edges"])
    alone = case["weather_alone"]
    unexplained = None if alone["missing"] else alone["unexplained"]
    percent = None if unexplained is None else unexplained["percent"]
    if percent is not None and None in percent.values():
        percent = None
    return {
        "name": name,
        **{k: head[k] for k in ("first", "last", "simulated")},
        "level": head["area"]["level"],
        "area": head["area"]["name"],
        "area_zh": head["area"]["zh"],
        "area_en": head["area"]["en"],
        "peak_day": peak["peak_day"],
        "peak": float(peak["peak"]),
        "peak_level": {k: head["levels"][number][k] for k in ("zh", "en")},
        "primary": peak["primary"],
        "held": episode is not None,
        "first_lead": episode["first_lead"] if episode else None,
        "unexplained": percent,
    }


def _lead(row: Row, lang: Language) -> str:
    if not row["held"]:
        return NONE
    lead = row["first_lead"]
    return WORDS["missed"][lang] if lead is None else f"{lead:g}"


def _content(rows: Sequence[Row], lang: Language) -> list[Node]:
    word = {key: pair[lang] for key, pair in WORDS.items()}
    if not rows:
        return [element("p", word["none_found"], class_="empty")]
    box = element("input", type="search", placeholder=word["search"], aria_label=word["search"])
    head = element("tr", *(element("th", word[k], scope="col") for k in COLUMNS))
    body = element("tbody", *(_line(row, lang) for row in rows))
    whole = element("table", element("thead", head), body, class_="library")
    return [element("p", box, class_="tools"), element("div", whole, class_="scroll")]


def _line(row: Row, lang: Language) -> Node:
    """A row of the page; its keys are what it is sorted by."""
    cells = cells_of(row, lang)
    found = row["unexplained"]
    keys = {
        **cells,
        "first_lead": "" if row["first_lead"] is None else row["first_lead"],
        "unexplained": "" if found is None else found["median"],
    }
    link = element("a", cells["days"], href=f"./{quote(row['name'])}.html")
    texts: dict[str, Node | str] = {**cells, "days": link}
    made = [element("td", texts[k], data_key=keys[k]) for k in COLUMNS]
    return element("tr", *made, data_search=search_text(row))
