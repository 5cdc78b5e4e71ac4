"""The performance report as one HTML page that needs nothing else: tables to sort and to print."""

from __future__ import annotations

import re
from html import escape

import numpy as np

from forecast.bulletin import Language
from forecast.consultation.performance.figures import Figure
from forecast.consultation.performance.layout import Cell, Column, Form, Report, Table
from forecast.consultation.products.page import page_part

NOTHING = "–"
DARK = 140
"""Brightness of a colour, 0…255, up to which text on it is white."""
_DIGITS: dict[Form, int] = {"share": 1, "points": 1, "number": 1, "ratio": 2}
_SIGNED = ("points",)


def performance_page(report: Report, lang: Language) -> str:
    """Write the page of a report.

    Parameters
    ----------
    report : Report
    lang : {"zh", "en"}

    Returns
    -------
    str
        HTML with style and script inside; every text is escaped. Without a script the tables stand
        there as well, they only cannot be sorted.
    """
    lines = "".join(f"<p>{escape(line)}</p>" for line in report.lines)
    warned = f'<p class="incomplete">{escape(report.incomplete)}</p>' if report.incomplete else ""
    parts = {
        "<!--LANG-->": lang,
        "<!--TITLE-->": escape(report.title),
        "<!--LINES-->": warned + lines,
        "<!--TABLES-->": "\n".join(_table(table) for table in report.tables),
        "/*STYLE*/": page_part("page.css") + page_part("performance.css"),
        "/*SCRIPT*/": page_part("performance.js"),
    }
    # in one pass: a name that looks like a mark stays as it is
    marks = re.compile("|".join(map(re.escape, parts)))
    return marks.sub(lambda mark: parts[mark.group()], page_part("performance.html"))


def _table(table: Table) -> str:
    head = "".join(_title(table, k) for k in range(len(table.columns)))
    rows = "".join(
        f"<tr>{''.join(_cell(table, i, k, cell) for k, cell in enumerate(row))}</tr>\n"
        for i, row in enumerate(table.rows)
    )
    kind = ' class="sortable"' if table.sortable else ""
    return (
        f"<section><h2>{escape(table.title)}</h2>\n<p class='note'>{escape(table.note)}</p>\n"
        f'<div class="scroll"><table{kind}><thead><tr>{head}</tr></thead>\n'
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def _title(table: Table, k: int) -> str:
    column = table.columns[k]
    unit = " %" if column.form in ("share", "points") else ""
    kind = ' class="name"' if column.form == "text" else ""
    color = _color(table, -1, k)
    return f'<th scope="col"{kind}{color}>{escape(column.title)}{unit}</th>'


def _cell(table: Table, i: int, k: int, cell: Cell) -> str:
    column = table.columns[k]
    kind = ' class="name"' if column.form == "text" else ""
    key, text = _written(cell, column)
    return f'<td{kind}{_color(table, i, k)} data-key="{escape(key)}">{text}</td>'


def _written(cell: Cell, column: Column) -> tuple[str, str]:
    """What a cell is sorted by, empty for nothing, and its HTML."""
    if cell is None:
        return "", NOTHING
    if not isinstance(cell, Figure):
        return str(cell), escape(f"{cell:,}" if isinstance(cell, int) else cell)
    if not np.isfinite(cell.value):
        return "", NOTHING
    text = _number(cell.value, column.form)
    if "interval" in column.beside and np.isfinite(cell.low):
        ends = (_number(end, column.form) for end in (cell.low, cell.high))
        text += f" <small>[{', '.join(ends)}]</small>"
    if "pairs" in column.beside:
        text += f" <small>({cell.pairs:,})</small>"
    return f"{cell.value:.6g}", text


def _number(value: float, form: Form) -> str:
    scale = 100 if form in ("share", "points") else 1
    text = f"{scale * value:{'+' if form in _SIGNED else ''}.{_DIGITS[form]}f}"
    return text.lstrip("+-") if float(text) == 0 else text


def _color(table: Table, i: int, k: int) -> str:
    color = table.colors.get((i, k))
    if color is None:
        return ""
    red, green, blue = (int(color[n : n + 2], 16) for n in (1, 3, 5))
    ink = "#fff" if 0.3 * red + 0.59 * green + 0.11 * blue <= DARK else "#1c2430"
    return f' style="background:{color};color:{ink}"'
