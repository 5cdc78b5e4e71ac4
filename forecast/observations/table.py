"""Reader of delimited tables of any layout, through the map of `forecast.observations.mapping`.

Nothing about such a file is known beforehand, so everything is declared: layout, columns,
delimiter, encoding, form and zone of the times, which end of its hour a time names, units, and the
marks of missing values.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

import pandas as pd
from pydantic import model_validator

from forecast.errors import InputError
from forecast.observations.delimited import Delimiter, Encoding, read_delimited
from forecast.observations.mapping import Mapped
from forecast.observations.rows import at
from forecast.observations.source import Reading


class Table(Mapped):
    """Delimited text with a header, plain or ``.gz``.

    Attributes
    ----------
    delimiter : str
        One character, such as ``,`` ``;`` or a tab.
    encoding : str
        Such as ``utf-8`` or ``gb18030``.
    decimal : {".", ","}
        What separates the decimals of a number.
    time_format : str
        Needed here: times are text.

    Examples
    --------
    >>> source = Table(
    ...     files="*.csv", layout="wide", columns={"station": "id", "time": "when", "co": "CO"},
    ...     units={"co": "ppm"}, time_format="%Y-%m-%d %H:%M", time_zone="utc",
    ...     hour_label="ending", missing=["-999"], delimiter=";", encoding="utf-8",
    ... )
    >>> source.pollutants
    ('co',)
    """

    format: Literal["table"] = "table"
    delimiter: Delimiter
    encoding: Encoding
    decimal: Literal[".", ","] = "."
    time_format: str

    @model_validator(mode="after")
    def _one_comma(self) -> Self:
        if self.decimal == self.delimiter:
            raise ValueError("decimal: the comma already separates the fields")
        return self

    def read(self, path: Path, utc_offset: float) -> Reading:
        """Read one file through the declared map; errors as in `Mapped.reading`."""
        table = read_delimited(path, delimiter=self.delimiter, encoding=self.encoding)
        if self.decimal == ",":
            for name in ("value", *self.pollutants):
                column = self.columns.get(name)
                if column in table:
                    table[column] = self._with_points(path, table[column])
        return self.reading(path, table, utc_offset)

    def _with_points(self, path: Path, cells: pd.Series) -> pd.Series:
        """Decimal commas as points; a point, which may be one of thousands, is refused."""
        text = cells.str.strip()
        numbers = pd.to_numeric(pd.Series(self.missing, dtype=str), errors="coerce").dropna()
        marks = text.isin(self.missing) | pd.to_numeric(text, errors="coerce").isin(numbers)
        pointed = (cells.str.contains(".", regex=False) & ~marks).to_numpy()
        if pointed.any():
            row = int(pointed.argmax())
            raise InputError(
                f"{at(path, cells, row)}: {cells.name} is {cells.iloc[row]!r}; expected a number "
                "with a decimal comma"
            )
        return cells.where(marks, cells.str.replace(",", ".", regex=False))
