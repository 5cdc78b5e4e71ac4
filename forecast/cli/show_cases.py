"""The library of cases on the console."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from forecast.bulletin import Language
from forecast.cli.show import console
from forecast.consultation.cases.library import COLUMNS, Row, cells_of
from forecast.consultation.cases.words import WORDS


def show_cases(rows: Sequence[Row], lang: Language) -> None:
    """Print the rows of a library, or that there is none."""
    if not rows:
        print(WORDS["none_found"][lang])
        return
    table = Table(title=WORDS["library"][lang], title_justify="left")
    for column in COLUMNS:
        table.add_column(WORDS[column][lang])
    for row in rows:
        cells = cells_of(row, lang)
        table.add_row(*(Text(cells[column]) for column in COLUMNS))
    console().print(table)
