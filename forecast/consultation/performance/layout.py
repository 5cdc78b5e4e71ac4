"""What a table of a report is: columns, cells, colours, before page or workbook write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from forecast.consultation.performance.figures import Figure

Form = Literal["text", "count", "share", "points", "number", "ratio"]
"""How a column is written: shares and points in percent, numbers with one decimal, ratios two."""
Cell = str | int | Figure | None


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    title : str
    form : str
        Of `Form`.
    beside : tuple of str
        What of its figures is given beside the value: ``interval``, ``pairs``.
    """

    title: str
    form: Form
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table with its title and what must be said of it.

    Attributes
    ----------
    name : str
        Short, without signs a sheet may not bear.
    title, note : str
    columns : tuple of Column
    rows : list of list
        Cells: text, whole numbers, figures; None is nothing.
    colors : dict
        Colour ``#rrggbb`` of a cell by (row, column), of a column's title by (-1, column).
    sortable : bool
    """

    name: str
    title: str
    note: str
    columns: tuple[Column, ...]
    rows: list[list[Cell]]
    colors: dict[tuple[int, int], str]
    sortable: bool = True


@dataclass(frozen=True)
class Report:
    """What a page or a workbook is written from.

    Attributes
    ----------
    title : str
        Says so where something is simulated.
    incomplete : str
        What is missing of the period; empty where nothing is.
    lines : tuple of str
        Days covered, adjustments, and how it was counted.
    tables : list of Table
    """

    title: str
    incomplete: str
    lines: tuple[str, ...]
    tables: list[Table]
