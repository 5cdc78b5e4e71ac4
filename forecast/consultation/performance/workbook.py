"""The performance report as a workbook: a sheet a table, numbers as numbers."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from forecast.atomic import whole_file
from forecast.bulletin import Language
from forecast.consultation.performance.figures import Figure
from forecast.consultation.performance.layout import Cell, Column, Form, Report, Table
from forecast.consultation.performance.words import WORDS
from forecast.consultation.products.workbook import append_rows, openpyxl_library

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

HEADER_ROW = 3
"""Row of the column names, below title and note."""
FORMATS: dict[Form, str] = {
    "text": "@",
    "count": "0",
    "share": "0.0%",
    "points": "+0.0%;-0.0%;0.0%",
    "number": "0.0",
    "ratio": "0.00",
}
"""Number formats; a share is stored as a fraction."""
NARROWEST, WIDEST = 8, 30


def write_performance(report: Report, path: Path, lang: Language) -> Path:
    """Write the workbook of a report.

    Parameters
    ----------
    report : Report
    path : Path
        ``.xlsx``, written whole or not at all.
    lang : {"zh", "en"}

    Returns
    -------
    Path

    Raises
    ------
    MissingExtraError
        The library of workbooks is not installed.
    """
    book = openpyxl_library().Workbook()
    about = book.active
    about.title = WORDS["about"][lang]
    said = [report.title, *([report.incomplete] if report.incomplete else []), *report.lines]
    append_rows(about, [[line] for line in said])
    about.column_dimensions["A"].width = 120
    for table in report.tables:
        _sheet(book.create_sheet(table.name), table, report, lang)
    with whole_file(path) as part:
        book.save(part)
    return path


def _sheet(sheet: Worksheet, table: Table, report: Report, lang: Language) -> None:
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    heads = [name for column in table.columns for name in _names(column, lang)]
    rows = [
        [
            value
            for cell, column in zip(row, table.columns, strict=True)
            for value in _values(cell, column)
        ]
        for row in table.rows
    ]
    note = " ".join(filter(None, (report.incomplete, table.note)))
    append_rows(sheet, [[f"{report.title}: {table.title}"], [note], heads, *rows])
    forms = [c.form if k != "pairs" else "count" for c in table.columns for k in _parts(c)]
    starts = np.cumsum([0, *(len(_parts(c)) for c in table.columns)])
    for k, form in enumerate(forms, start=1):
        for row in range(HEADER_ROW + 1, sheet.max_row + 1):
            sheet.cell(row, k).number_format = FORMATS[form]
        shown = [heads[k - 1], *(str(r[k - 1]) for r in rows if isinstance(r[k - 1], str))]
        width = min(WIDEST, max(NARROWEST, *(_width(text) + 2 for text in shown)))
        sheet.column_dimensions[get_column_letter(k)].width = width
    for cell in sheet[HEADER_ROW]:
        cell.font = Font(bold=True)
    for (i, k), color in table.colors.items():
        at = sheet.cell(HEADER_ROW + 1 + i, int(starts[k]) + 1)
        at.fill = PatternFill("solid", start_color=color.removeprefix("#").upper())
    sheet.freeze_panes = f"A{HEADER_ROW + 1}"


def _parts(column: Column) -> list[str]:
    ends = ["low", "high"] if "interval" in column.beside else []
    return ["value", *ends, *(["pairs"] if "pairs" in column.beside else [])]


def _names(column: Column, lang: Language) -> list[str]:
    return [
        column.title if part == "value" else f"{column.title} {WORDS[part][lang]}"
        for part in _parts(column)
    ]


def _values(cell: Cell, column: Column) -> list[Any]:
    if not isinstance(cell, Figure):
        return [cell]
    values = [getattr(cell, part) for part in _parts(column)]
    return [value if np.isfinite(value) else None for value in values]


def _width(text: str) -> int:
    """Columns a text takes: Chinese signs are twice as wide."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
