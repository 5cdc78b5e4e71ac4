"""Cells and tables of the products: values, how each is written, and the level it bears.

A document shows the text of a cell, a workbook keeps its number; both fill a cell that bears a
level with its official colour.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

WHOLE, TENTH, PERCENT, SIGNED = "0", "0.0", "0%", "+0.0;-0.0;0.0"
"""How numbers are written, as spreadsheets name it."""
_WRITTEN = {WHOLE: "{:z.0f}", TENTH: "{:z.1f}", PERCENT: "{:.0%}", SIGNED: "{:+z.1f}"}
_DECIMALS = {WHOLE: 0, TENTH: 1, PERCENT: 2, SIGNED: 1}
MISSING = "–"
FIRST_DARK = 4
"""Level from which on text on its colour is white."""
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Cell:
    """What stands in one cell.

    Attributes
    ----------
    value : str, float or None
    form : str
        How a number is written: `WHOLE`, `TENTH`, `PERCENT` or `SIGNED`.
    level : int or None
        Level whose colour the cell has.

    Examples
    --------
    >>> Cell(0.256, PERCENT).text, Cell(None).text, Cell("PM2.5").text, Cell(-0.04, TENTH).text
    ('26%', '–', 'PM2.5', '0.0')
    """

    value: str | float | None
    form: str = WHOLE
    level: int | None = None

    @property
    def text(self) -> str:
        """The cell as it is read."""
        if self.value is None:
            return MISSING
        if isinstance(self.value, str):
            return self.value
        return _WRITTEN[self.form].format(rounded(self.value, _DECIMALS[self.form]))


def rounded(value: float, decimals: int = 0) -> float:
    """A number rounded as the page and spreadsheets round it: halves away from zero.

    Examples
    --------
    >>> rounded(142.5), rounded(-0.25, 1), rounded(0.125, 2)
    (143.0, -0.3, 0.13)
    """
    unit = 10**decimals
    return math.copysign(math.floor(abs(value) * unit + 0.5) / unit, value)


@dataclass(frozen=True)
class Table:
    """A table with its title; `empty` is said where it has no rows.

    Examples
    --------
    >>> table = Table("t", ["day", "AQI"], [[Cell("6"), Cell(80.0)], [Cell("7"), Cell(90.0)]])
    >>> turned = table.turned()
    >>> turned.head, [[c.text for c in row] for row in turned.rows]
    (['day', '6', '7'], [['AQI', '80', '90']])
    """

    title: str
    head: list[str]
    rows: list[list[Cell]]
    empty: str = ""

    def only(self, columns: Sequence[int]) -> Table:
        """The same table with some of its columns, in this order."""
        rows = [[row[k] for k in columns] for row in self.rows]
        return replace(self, head=[self.head[k] for k in columns], rows=rows)

    def turned(self) -> Table:
        """The same table with columns for rows; one without rows stays as it is."""
        if not self.rows:
            return self
        head = [self.head[0], *(row[0].text for row in self.rows)]
        columns = zip(*self.rows, strict=True)
        rows = [[Cell(h), *c] for h, c in zip(self.head, columns, strict=False)][1:]
        return Table(self.title, head, rows, self.empty)


def printable(value: Any) -> Any:
    r"""Plain values in which signs that no document can hold are replaced by U+FFFD.

    Examples
    --------
    >>> printable({"name": ["a\x00b", 1.0]})
    {'name': ['a�b', 1.0]}
    """
    if isinstance(value, dict):
        return {key: printable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [printable(each) for each in value]
    return _NO_XML.sub("\ufffd", value) if isinstance(value, str) else value
