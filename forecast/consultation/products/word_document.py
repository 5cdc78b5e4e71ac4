"""A Word document of A4 sheets: fonts for both scripts, tables that fit, pages with numbers.

The same content gives the same bytes: no clock time enters, neither the properties nor the archive.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.atomic import whole_file
from forecast.bulletin import Language
from forecast.consultation.products.cells import FIRST_DARK, Cell, Table
from forecast.consultation.products.word_parts import (
    add_field,
    close_scripts,
    mark_row,
    narrow_margins,
    set_fonts,
    shade,
    with_other_names,
)
from forecast.errors import MissingExtraError
from verification.pictures.language import letters

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import _Cell

A4 = (210, 297)
"""Sheet in millimetres."""
MARGIN = 18
"""Millimetres left free on every side."""
TEXT_FONTS, HEADING_FONTS = ("Times New Roman", "宋体"), ("Arial", "黑体")
"""Latin and East Asian font of the text, and of headings."""
TEXT, SMALL = 10.5, 8.0
"""Type sizes of the text, and of tables and notes, in points."""
COLUMN = (7, 24)
"""Room for which a column counts at least and at most, in letters."""
FONT_TABLE = "word/fontTable.xml"
INK, DARK_INK, HEAD_SHADE, MARK = "1C2430", "FFFFFF", "F4F6F9", "B00020"
SHORT_HEAD = 8
"""Letters up to which a head stands on one line, such as 12月10日."""
KEPT_ROWS = 20
"""Rows up to which a table is not parted by the end of a page."""
_PAGES = {"zh": ("第 ", " 页，共 ", " 页"), "en": ("Page ", " of ", "")}
_CELL, _PICTURE = "Table text", "Picture"


def docx_library() -> Any:
    """The library of Word documents, or MissingExtraError with the command that installs it."""
    try:
        import docx
    except ImportError:
        raise MissingExtraError("a Word document", "report") from None
    return docx


class WordDocument:
    """A document that is written from its beginning to its end.

    Parameters
    ----------
    title : str
        In the properties and above each page.
    lang : {"zh", "en"}
        Of the page numbers.
    colours : sequence of str
        Colours of the levels, such as ``00E400``.
    wide : bool
        Whether the long side of the sheet lies across.
    """

    def __init__(self, title: str, lang: Language, colours: Sequence[str], *, wide: bool) -> None:
        self._document: Document = docx_library().Document()
        self._colours = colours
        self.width = A4[1 if wide else 0] - 2 * MARGIN
        """Millimetres that the text is wide."""
        self._sheet(wide)
        self._styles()
        section = self._document.sections[0]
        section.header.paragraphs[0].text = title
        foot = section.footer.paragraphs[0]
        before, between, after = _PAGES[lang]
        foot.add_run(before)
        add_field(foot, "PAGE")
        foot.add_run(between)
        add_field(foot, "NUMPAGES")
        foot.add_run(after)

    def title(self, text: str, *, marked: bool) -> None:
        """The title, in red where it is to be noticed."""
        run = self._document.add_paragraph(style="Title").add_run(text)
        if marked:
            _colour(run, MARK)

    def heading(self, text: str, level: int = 1) -> None:
        """A heading, kept with what follows."""
        self._document.add_heading(text, level)

    def paragraph(self, text: str, *, small: bool = False, keep: bool = False) -> None:
        """A paragraph; `small` for notes, `keep` on the page of what follows."""
        made = self._document.add_paragraph(text, style="Caption" if small else None)
        made.paragraph_format.keep_with_next = keep

    def table(self, table: Table) -> None:
        """A table with its title; its head stands on every page it reaches."""
        from docx.shared import Mm

        if table.title:
            self.heading(table.title, 2)
        if not table.rows:
            self.paragraph(table.empty)
            return
        rows = [[Cell(text) for text in table.head], *table.rows]
        made = self._document.add_table(len(rows), len(table.head), style="Table Grid")
        made.autofit = False
        narrow_margins(made)
        widths = [Mm(w) for w in _widths(table, self.width)]
        for column, width in zip(made.columns, widths, strict=True):
            column.width = width
        for k, row in enumerate(made.rows):
            mark_row(row, head=k == 0)
            keep = k == 0 or (len(rows) <= KEPT_ROWS and k < len(rows) - 1)
            for j, (cell, width) in enumerate(zip(row.cells, widths, strict=True)):
                cell.width = width
                self._fill(cell, rows[k][j], head=k == 0, keep=keep)
        self.paragraph("", small=True)

    def picture(self, png: bytes, told: str, *, caption: bool = True) -> None:
        """A picture as wide as the text, told in words to who cannot see it, and below it."""
        from docx.oxml.ns import qn
        from docx.shared import Mm

        run = self._document.add_paragraph(style=_PICTURE).add_run()
        run.add_picture(BytesIO(png), width=Mm(self.width))
        for shape in run.element.iter(qn("wp:docPr")):
            shape.set("descr", told)
        if caption:
            self.paragraph(told, small=True)

    def save(self, path: Path, *, made: datetime, author: str) -> Path:
        """Write the document, whole or not at all, with the time it is said to be made."""
        properties = self._document.core_properties
        properties.title = self._document.sections[0].header.paragraphs[0].text[:255]
        properties.author = properties.last_modified_by = author
        properties.created = properties.modified = made
        properties.comments, properties.revision = "", 1
        raw = BytesIO()
        self._document.save(raw)
        with (
            whole_file(path) as part,
            zipfile.ZipFile(raw) as found,
            zipfile.ZipFile(part, "w") as archive,
        ):
            for name in found.namelist():
                content = found.read(name)
                if name == FONT_TABLE:
                    content = with_other_names(content)
                # an entry made by its name alone bears the first day there is, not that of writing
                archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        return path

    def _sheet(self, wide: bool) -> None:
        from docx.enum.section import WD_ORIENT
        from docx.shared import Mm

        section = self._document.sections[0]
        section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = (Mm(n) for n in (A4[::-1] if wide else A4))
        for side in ("left", "right", "top", "bottom"):
            setattr(section, f"{side}_margin", Mm(MARGIN))
        section.header_distance = section.footer_distance = Mm(MARGIN // 2)

    def _styles(self) -> None:
        from docx.enum.style import WD_STYLE_TYPE
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        styles = self._document.styles
        for name in (_CELL, _PICTURE):
            styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = styles["Normal"]
        close_scripts(styles[_CELL])
        self._cell_style = styles[_CELL].style_id
        sizes = {"Normal": TEXT, "Title": 18, "Heading 1": 14, "Heading 2": 11, "Caption": SMALL,
                 "Header": SMALL, "Footer": SMALL, _CELL: SMALL}  # fmt: skip
        for name, size in sizes.items():
            style = styles[name]
            style.font.size = Pt(size)
            style.font.name = TEXT_FONTS[0]  # makes the element that is filled below
            style.font.bold = name in ("Title", "Heading 1", "Heading 2")
            _colour(style, INK)
            style.paragraph_format.space_before = Pt(10 if name == "Heading 1" else 4)
            style.paragraph_format.space_after = Pt(4)
        for name in (_CELL, _PICTURE, "Header", "Footer"):
            layout = styles[name].paragraph_format
            layout.space_before = layout.space_after = Pt(0)
            layout.alignment = WD_ALIGN_PARAGRAPH.CENTER
        styles[_PICTURE].paragraph_format.keep_with_next = True
        set_fonts(styles, TEXT_FONTS, HEADING_FONTS)

    def _fill(self, cell: _Cell, of: Cell, *, head: bool, keep: bool) -> None:
        from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT

        paragraph = cell.paragraphs[0]
        paragraph._p.style = self._cell_style  # by its id: to look it up for each cell is slow
        run = paragraph.add_run(of.text)
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        if keep:
            paragraph.paragraph_format.keep_with_next = True
        if head:
            run.bold = True
            shade(cell, HEAD_SHADE)
        elif of.level:
            shade(cell, self._colours[of.level - 1])
            if of.level >= FIRST_DARK:
                _colour(run, DARK_INK)


def _widths(table: Table, width: float) -> list[float]:
    """Widths of the columns, by the longest line of each; together they are `width`.

    A long head may take two lines, but no Latin word of it is parted.
    """
    least, most = COLUMN
    room = []
    for k, head in enumerate(table.head):
        lines = [line for row in table.rows for line in row[k].text.split("\n")]
        words = [len(word) for word in head.split() if word.isascii()]
        whole = letters(head) if letters(head) <= SHORT_HEAD else letters(head) // 2
        longest = max([*map(letters, lines), whole, *words])
        room.append(min(max(longest, least), most))
    return [width * each / sum(room) for each in room]


def _colour(styled: Any, colour: str) -> None:
    from docx.shared import RGBColor

    styled.font.color.rgb = RGBColor.from_string(colour)
