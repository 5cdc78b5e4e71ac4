"""The briefing as a workbook: a sheet a step, and one in which the forecast can be adjusted.

The sheet of adjustments has a row a city and day: what guidance says, locked, beside free cells for
low, high, level, primary pollutant, reason and author, with lists of what can be chosen. Text is
always written as text: a name that begins with ``=`` is no formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.atomic import whole_file
from forecast.bulletin import Language
from forecast.consultation.briefing import STEPS, Briefing
from forecast.consultation.wording import bulletin_lines
from forecast.consultation.words import WORDS
from forecast.errors import MissingExtraError
from forecast.pollutants import LABELS

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

ADJUST = "调整 adjust"
"""Name of the sheet of adjustments."""
KEYS = ("city", "name", "day", "lead", "low", "high", "level", "primary")
"""Locked columns: where, when, and what guidance says."""
FREE = ("new_low", "new_high", "new_level", "new_primary", "reason", "author")
"""Columns to fill in."""
HIGHEST = 500
"""Greatest AQI."""
HEADER_ROW = 3
"""Row of the column names; what the workbook belongs to stands in the first."""
HEADINGS = {
    "city": "城市代码 city",
    "name": "城市 name",
    "day": "日期 day",
    "lead": "时效 lead",
    "low": "指导低值 low",
    "high": "指导高值 high",
    "level": "指导级别 level",
    "primary": "指导首要 primary",
    "new_low": "低值 low",
    "new_high": "高值 high",
    "new_level": "级别 level",
    "new_primary": "首要 primary",
    "reason": "理由 reason",
    "author": "预报员 author",
}


def openpyxl_library() -> Any:
    """The library of workbooks, or MissingExtraError with the command that installs it."""
    try:
        import openpyxl
    except ImportError:
        raise MissingExtraError("a workbook", "report") from None
    return openpyxl


def write_workbook(briefing: Briefing, path: Path, lang: Language = "zh") -> Path:
    """Write the workbook of a briefing.

    Parameters
    ----------
    briefing : dict
        From `make_briefing`.
    path : Path
        ``.xlsx``, written whole or not at all.
    lang : {"zh", "en"}
        Of the sheets of the steps; the sheet of adjustments bears both.

    Returns
    -------
    Path

    Raises
    ------
    MissingExtraError
        The library of workbooks is not installed.
    """
    book = openpyxl_library().Workbook()
    book.remove(book.active)
    head = briefing["head"]
    for step in STEPS:
        sheet = book.create_sheet(WORDS[step][lang])
        append_rows(sheet, [[head["title"][lang]], [head["area"][lang], head["issue"]], []])
        append_rows(sheet, _step(step, briefing, lang))
        _widths(sheet)
    _adjustments(book, briefing)
    with whole_file(path) as part:
        book.save(part)
    return path


def _step(step: str, briefing: Briefing, lang: Language) -> list[list[Any]]:
    made = {
        "review": _review,
        "weather": _weather,
        "guidance": _guidance,
        "consultation": _consultation,
        "evaluation": lambda b, w, _: _forecasts(b["evaluation"], w),
    }[step]
    return made(briefing, {k: v[lang] for k, v in WORDS.items()}, lang)


def _review(briefing: Briefing, word: dict[str, str], lang: Language) -> list[list[Any]]:
    levels = [level[lang] for level in briefing["head"]["levels"]]
    rows = [[word["day"], word["mean_aqi"], word["cities"], *levels]]
    for day in briefing["review"]["days"]:
        rows.append([day["day"], day["aqi"], day["cities"], *day["levels"].values()])
    return [*rows, [], [word["recent"]], *_forecasts(briefing["review"]["forecasts"], word)]


def _forecasts(forecasts: list[dict[str, Any]], word: dict[str, str]) -> list[list[Any]]:
    head = [word[k] for k in ("lead", "pairs", "level_right", "range_right", "error")]
    return [
        head,
        *([f[k] for k in ("lead", "pairs", "level", "range", "error")] for f in forecasts),
    ]


def _weather(briefing: Briefing, word: dict[str, str], lang: Language) -> list[list[Any]]:
    days = briefing["head"]["valid_days"]
    fields = [
        f for f in ("ws", "r2", "t2m", "sp") if briefing["weather"] and f in briefing["weather"][0]
    ]
    classes = [word[k] for k in ("unfavourable", "ordinary", "favourable")]
    names = {"t2m": "K", "sp": "Pa"}
    head = [word[f].rsplit(" ", 1)[0] + f" {names[f]}" if f in names else word[f] for f in fields]
    rows = [[word["day"], *head, word["rank"], *classes]]
    for day in briefing["weather"]:
        values = [day[f] for f in fields]
        rows.append([days[day["lead"] - 1], *values, day["rank"], *day["classes"]])
    return rows


def _guidance(briefing: Briefing, word: dict[str, str], lang: Language) -> list[list[Any]]:
    days = briefing["head"]["valid_days"]
    members = briefing["guidance"]["members"]
    rows = [[word["members_note"]], [word["member"], *days]]
    rows += [[m["name"], *m["aqi"]] for m in members]
    rows += [[word["disagreement"], *briefing["guidance"]["disagreement"]], []]
    return [*rows, ["PM2.5", *days], *([m["name"], *m["weight"]] for m in members)]


def _consultation(briefing: Briefing, word: dict[str, str], lang: Language) -> list[list[Any]]:
    rows: list[list[Any]] = [[line] for line in bulletin_lines(briefing, lang)]
    keys = ("start", "peak_day", "peak", "end", "extent")
    rows += [[], [word["episodes"]]]
    rows.append(
        [word[k] for k in ("span", "probability", *keys, "primary", "yellow", "orange", "red")]
    )
    for e in briefing["consultation"]["episodes"]:
        spreads = [f"{e[k]['median']:g} ({e[k]['low']:g}–{e[k]['high']:g})" for k in keys]
        span = f"{e['first']} – {e['last']}"
        colours = e["colours"].values()
        rows.append([span, e["probability"], *spreads, LABELS[e["primary"]], *colours])
    rows += [[], [word["cities_days"]], [word["city"], *briefing["head"]["valid_days"]]]
    for city in briefing["cities"]:
        ranges = ["–" if d["low"] is None else f"{d['low']:g}–{d['high']:g}" for d in city["days"]]
        rows.append([city["name" if lang == "zh" else "city"], *ranges])
    return rows


def _adjustments(book: Workbook, briefing: Briefing) -> None:
    from openpyxl.styles import PatternFill, Protection
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    sheet = book.create_sheet(ADJUST)
    head = briefing["head"]
    append_rows(sheet, [["issue", head["issue"], "revision", head["revision"]], []])
    append_rows(sheet, [[HEADINGS[name] for name in (*KEYS, *FREE)]])
    for city in briefing["cities"]:
        for day in city["days"]:
            given = [day["low"], day["high"], day["level"], " ".join(day["primary"])]
            row = [city["city"], city["name"], day["day"], day["lead"], *given]
            append_rows(sheet, [[*row, *[None] * len(FREE)]])
    last = sheet.max_row
    free = {name: get_column_letter(len(KEYS) + 1 + k) for k, name in enumerate(FREE)}
    fill = PatternFill("solid", start_color="FFF9E5")
    for row in sheet.iter_rows(min_row=HEADER_ROW + 1, min_col=len(KEYS) + 1):
        for cell in row:
            cell.protection = Protection(locked=False)
            cell.fill = fill
    lists = {"new_level": "1,2,3,4,5,6", "new_primary": ",".join(["无", *LABELS.values()])}
    rules = {k: DataValidation(type="list", formula1=f'"{v}"') for k, v in lists.items()}
    for name in ("new_low", "new_high"):
        rules[name] = DataValidation(
            type="whole", operator="between", formula1="0", formula2=str(HIGHEST)
        )
    for name, rule in rules.items():
        sheet.add_data_validation(rule)
        rule.add(f"{free[name]}{HEADER_ROW + 1}:{free[name]}{last}")
    sheet.protection.sheet = True
    sheet.freeze_panes = f"A{HEADER_ROW + 1}"
    _widths(sheet)


def append_rows(sheet: Worksheet, rows: Iterable[Sequence[Any]]) -> None:
    """Append rows to a sheet; text stays text, also where it begins like a formula."""
    from openpyxl.cell import WriteOnlyCell

    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value)
            if isinstance(value, str):
                cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)


def _widths(sheet: Worksheet) -> None:
    from openpyxl.utils import get_column_letter

    for k in range(1, sheet.max_column + 1):
        sheet.column_dimensions[get_column_letter(k)].width = 14
