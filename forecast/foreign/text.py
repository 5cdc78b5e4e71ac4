"""A text table whatever its encoding and delimiter."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from forecast.archives import gunzipped
from forecast.errors import InputError
from forecast.observations.delimited import read_delimited

DELIMITERS = ",;\t|"
ENCODINGS = ("utf-8-sig", "gb18030")
NETCDF = (b"CDF", b"\x89HDF")
"""How NetCDF files begin."""


def beginning(path: Path) -> bytes:
    """First bytes of a file; `InputError` if there is none, or it is empty or a folder."""
    try:
        with path.open("rb") as file:
            found = file.read(8)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    if not found:
        raise InputError(f"{path}: the file is empty")
    return found


def read_text_table(path: Path) -> pd.DataFrame:
    """Read a table of text cells.

    Parameters
    ----------
    path : Path
        Plain or ``.gz``; UTF-8 with or without a byte-order mark, UTF-16 with one, or GB18030;
        delimited by comma, semicolon, tab or ``|``. With semicolons a comma may be the decimal
        point.

    Returns
    -------
    pandas.DataFrame
        As `forecast.observations.delimited.read_delimited`.

    Raises
    ------
    InputError
        Not such a table.
    """
    first = beginning(path)
    if first[:2] == b"PK" or first[:4] == b"\xd0\xcf\x11\xe0":
        raise InputError(f"{path}: is an Excel workbook or archive; save the sheet as CSV first")
    if first[:4] == b"GRIB":
        raise InputError(f"{path}: is a GRIB file; expected CSV or NetCDF")
    encoding, header = _header(path)
    delimiter = _delimiter(path, header)
    table = read_delimited(path, delimiter=delimiter, encoding=encoding)
    table = table.apply(lambda column: column.str.strip())
    if delimiter == ";":
        table = table.apply(lambda c: c.str.replace(r"^(-?\d+),(\d+)$", r"\1.\2", regex=True))
    return table


def _header(path: Path) -> tuple[str, str]:
    """Encoding, and the first line that is not blank."""
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gunzipped(path, data)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    encodings = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ENCODINGS
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeError:
            continue
        if "\0" not in text:
            lines = (line for line in text.splitlines() if line.strip())
            return encoding.removesuffix("-sig"), next(lines, "")
    raise InputError(f"{path}: neither NetCDF nor text in UTF-8 or GB18030")


def _delimiter(path: Path, header: str) -> str:
    fields = {d: len(next(csv.reader([header], delimiter=d))) for d in DELIMITERS}
    best = max(fields, key=lambda d: fields[d])
    if fields[best] < 2:
        raise InputError(
            f"{path}, line 1: one column, {header.strip()[:40]!r}; expected a header of several, "
            "delimited by comma, semicolon or tab"
        )
    return best
