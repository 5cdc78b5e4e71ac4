"""Text for spreadsheets: what they would take for a formula is told to be text."""

from __future__ import annotations

from typing import Any

import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First signs that make a spreadsheet take text for a formula, those of full width too."""


def harmless(cell: Any) -> Any:
    """A cell of CSV: a quote before text that a spreadsheet would take for a formula.

    Examples
    --------
    >>> harmless("=1+1"), harmless("Tianjin"), harmless(-3.5)
    ("'=1+1", 'Tianjin', -3.5)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def harmless_table(table: pd.DataFrame) -> pd.DataFrame:
    """A table with `harmless` cells in its columns of text; the others stay as they are."""
    columns = {
        name: [harmless(cell) for cell in table[name]]
        for name in table.columns
        if not (
            pd.api.types.is_numeric_dtype(table[name])
            or pd.api.types.is_datetime64_any_dtype(table[name])
        )
    }
    return table.assign(**columns)
