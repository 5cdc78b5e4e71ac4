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
from forecast.consultation.adjusting.adjustments import FREE, HIGHEST, NONE
from forecast.consultation.briefing import STEPS, Briefing
from forecast.consultation.products.cells import FIRST_DARK, Table, printable
from forecast.consultation.products.step_parts import parts_of
from forecast.consultation.products.wording import bulletin_lines
from forecast.consultation.products.words import WORDS
from forecast.errors import MissingExtraError
from forecast.pollutants import LABELS
from verification.pictures.language import letters

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

ADJUST = "调整 adjust"
"""Name of the sheet of adjustments."""
KEYS = ("city", "name", "day", "lead", "low", "high", "level", "primary")
"""Locked columns: where, when, and what guidance says."""
WIDTH, LINE_HEIGHT, LINE_COLUMNS = 14, 15, 10
"""Width of a column in digits, height of a line in points, columns a line of text reaches over."""
HEAD_FILL, FONT = "F4F6F9", "Calibri"
HEADER_ROW = 3
"""Row of the column names; what the workbook belongs to stands in the first."""
BELONGS = {"issue": "B1", "revision": "D1", "level": "F1", "area": "H1"}
"""Cells that say what the workbook belongs to; its name stands before each."""
HEADINGS = {
    "city": "城市代码 city",
    "name": "城市 name",
    "day": "日期 day",
    "lead": "时效 lead",
    "low": "现发布低值 low",
    "high": "现发布高值 high",
    "level": "现发布级别 level",
    "primary": "现发布首要 primary",
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
    briefing = printable(briefing)
    head = briefing["head"]
    for step in STEPS:
        sheet = book.create_sheet(WORDS[step][lang])
        append_rows(sheet, [[head["title"][lang]], [head["area"][lang], head["issue"]], []])
        told = bulletin_lines(briefing, lang) if step == "consultation" else []
        _show(sheet, [*told, *parts_of(step, briefing, lang)], briefing)
        _for_print(sheet)
    _adjustments(book, briefing)
    with whole_file(path) as part:
        book.save(part)
    return path


def _show(sheet: Worksheet, parts: Sequence[str | Table], briefing: Briefing) -> None:
    """Write the parts below each other, tables with the colours of their levels."""
    from openpyxl.styles import Alignment, Font, PatternFill

    colours = ["{:02X}{:02X}{:02X}".format(*one["color"]) for one in briefing["head"]["levels"]]
    middle = Alignment(horizontal="center", vertical="center", wrap_text=True)
    widest = max([len(p.head) for p in parts if isinstance(p, Table)], default=1)
    for part in parts:
        if isinstance(part, str):
            _line(sheet, part, max(widest, LINE_COLUMNS))
            continue
        if part.title:
            append_rows(sheet, [[part.title]])
            sheet.cell(sheet.max_row, 1).font = Font(name=FONT, bold=True)
        if not part.rows:
            append_rows(sheet, [[part.empty], []])
            continue
        append_rows(sheet, [part.head])
        sheet.row_dimensions[sheet.max_row].height = _height(part.head)
        for cell in sheet[sheet.max_row][: len(part.head)]:
            cell.font, cell.alignment = Font(name=FONT, bold=True), middle
            cell.fill = PatternFill("solid", start_color=HEAD_FILL)
        for row in part.rows:
            append_rows(sheet, [[each.value for each in row]])
            sheet.row_dimensions[sheet.max_row].height = _height([each.text for each in row])
            for of, cell in zip(row, sheet[sheet.max_row], strict=False):
                cell.alignment, cell.number_format = middle, of.form
                if of.level:
                    cell.fill = PatternFill("solid", start_color=colours[of.level - 1])
                    cell.font = Font(
                        name=FONT, color="FFFFFF" if of.level >= FIRST_DARK else "000000"
                    )
        append_rows(sheet, [[]])


def _height(texts: Sequence[str]) -> float:
    """Height of a row in which every text is seen whole."""
    lines = (sum(-(-max(letters(t), 1) // (WIDTH - 1)) for t in text.split("\n")) for text in texts)
    return LINE_HEIGHT * max(lines)


def _line(sheet: Worksheet, text: str, columns: int) -> None:
    """A line of text across the columns, as high as it needs."""
    from openpyxl.styles import Alignment

    append_rows(sheet, [[text]])
    row = sheet.max_row
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=columns)
    sheet.cell(row, 1).alignment = Alignment(wrap_text=True, vertical="top")
    lines = -(-letters(text) // int(columns * WIDTH * 0.9))
    sheet.row_dimensions[row].height = LINE_HEIGHT * lines


def _adjustments(book: Workbook, briefing: Briefing) -> None:
    from openpyxl.styles import PatternFill, Protection
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    sheet = book.create_sheet(ADJUST)
    head = briefing["head"]
    area = head["area"]
    belongs = (head["issue"], head["revision"], area["level"], area["name"])
    append_rows(sheet, [[x for pair in zip(BELONGS, belongs, strict=True) for x in pair], []])
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
    lists = {"new_level": "1,2,3,4,5,6", "new_primary": ",".join([NONE, *LABELS.values()])}
    rules = {k: DataValidation(type="list", formula1=f'"{v}"') for k, v in lists.items()}
    for name in ("new_low", "new_high"):
        rules[name] = DataValidation(
            type="whole", operator="between", formula1="0", formula2=str(HIGHEST)
        )
    for name, rule in rules.items():
        rule.showErrorMessage, rule.errorTitle, rule.error = True, HEADINGS[name], rule.formula1
        sheet.add_data_validation(rule)
        rule.add(f"{free[name]}{HEADER_ROW + 1}:{free[name]}{last}")
    sheet.protection.sheet = True
    sheet.freeze_panes = f"A{HEADER_ROW + 1}"
    sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
    _for_print(sheet)


def append_rows(sheet: Worksheet, rows: Iterable[Sequence[Any]]) -> None:
    """Append rows; text stays text, without the signs that no workbook can hold."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    for row in rows:
        cells = []
        for value in row:
            text = isinstance(value, str)
            cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value) if text else value)
            if text:
                cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)


def _for_print(sheet: Worksheet) -> None:
    """Columns of one width; on paper A4 across, as wide as one sheet."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    for k in range(1, sheet.max_column + 1):
        sheet.column_dimensions[get_column_letter(k)].width = WIDTH
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = sheet.ORIENTATION_LANDSCAPE
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
