"""Reader of delimited tables of any layout, through the map of `forecast.observations.mapping`.

Nothing about such a file is known beforehand, so everything is declared: layout, columns,
delimiter, encoding, form and zone of the times, which end of its hour a time names, units, and the
marks of missing values.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from forecast.observations.delimited import read_delimited
from forecast.observations.mapping import Mapped
from forecast.observations.source import Reading


def _known_encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError("expected a text encoding such as utf-8 or gb18030") from None


class Table(Mapped):
    """Delimited text with a header, plain or ``.gz``.

    Attributes
    ----------
    delimiter : str
        One character, such as ``,`` ``;`` or a tab.
    encoding : str
        Such as ``utf-8`` or ``gb18030``.
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
    delimiter: Annotated[str, Field(pattern=r'^[^"\r\n0-9A-Za-z.\x80-\x{10ffff}]$')]
    encoding: Annotated[str, AfterValidator(_known_encoding)]
    time_format: str

    def read(self, path: Path, utc_offset: float) -> Reading:
        """Read one file through the declared map; errors as in `Mapped.reading`."""
        table = read_delimited(path, delimiter=self.delimiter, encoding=self.encoding)
        return self.reading(path, table, utc_offset)
