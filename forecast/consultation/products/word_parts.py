"""Parts of a Word document that its library has no words for, as elements of its XML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docx.table import Table, _Cell, _Row
    from docx.text.paragraph import Paragraph

OTHER_NAMES = {"宋体": "SimSun", "黑体": "SimHei"}
"""Names by which systems in other languages know the East Asian fonts."""
CELL_MARGIN = "28"
"""Half a millimetre, in twentieths of a point."""


def element(name: str, **attributes: str) -> Any:
    """An element with its attributes, all of the main name space of Word."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made


def set_fonts(styles: Any, text: tuple[str, str], headings: tuple[str, str]) -> None:
    """Name the Latin and the East Asian font wherever a style names fonts.

    Fonts of a theme, named by the template, would win over those named here and go.
    """
    from docx.oxml.ns import qn

    for fonts in styles.element.iter(qn("w:rFonts")):
        style = next(fonts.iterancestors(qn("w:style")), None)
        name = "" if style is None else style.find(qn("w:name")).get(qn("w:val")).lower()
        latin, chinese = headings if name.startswith(("title", "heading")) else text
        fonts.attrib.clear()
        for key, font in (("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", chinese)):
            fonts.set(qn(f"w:{key}"), font)
    for language in styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")


def close_scripts(style: Any) -> None:
    """No room between Chinese and Latin signs, so that 12月6日 stays on one line of a cell."""
    properties = style.element.get_or_add_pPr()
    for name in ("autoSpaceDE", "autoSpaceDN"):
        properties.append(element(name, val="0"))


def with_other_names(table: bytes) -> bytes:
    """The table of fonts with the East Asian ones and their other names."""
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/>'
        '<w:family w:val="auto"/><w:pitch w:val="variable"/></w:font>'
        for name, other in OTHER_NAMES.items()
    )
    return table.replace(b"</w:fonts>", f"{fonts}</w:fonts>".encode())


def narrow_margins(table: Table) -> None:
    """Half a millimetre left and right in every cell."""
    from docx.oxml.ns import qn

    margins = element("tblCellMar")
    for side in ("left", "right"):
        margins.append(element(side, w=CELL_MARGIN, type="dxa"))
    table._tbl.tblPr.find(qn("w:tblLook")).addprevious(margins)


def mark_row(row: _Row, *, head: bool) -> None:
    """A row is not parted by the end of a page; the head is repeated after it."""
    properties = row._tr.get_or_add_trPr()
    properties.append(element("cantSplit"))
    if head:
        properties.append(element("tblHeader"))


def shade(cell: _Cell, colour: str) -> None:
    """Fill a cell, whose width is set, with a colour such as ``00E400``."""
    from docx.oxml.ns import qn

    width = cell._tc.get_or_add_tcPr().find(qn("w:tcW"))
    width.addnext(element("shd", val="clear", color="auto", fill=colour))


def add_field(paragraph: Paragraph, name: str) -> None:
    """A field that the program fills in, such as the number of the page."""
    field = element("fldSimple", instr=name)
    field.append(paragraph.add_run("1").element)
    paragraph._p.append(field)
