"""Delimited text, read strictly: every row has as many fields as the header, every cell is text."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import AfterValidator, Field

from forecast.archives import gunzipped
from forecast.errors import InputError

NEWLINE, RETURN, QUOTE = b'\n\r"'


def _known_encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError("expected a text encoding such as utf-8 or gb18030") from None


Delimiter = Annotated[str, Field(pattern=r'^[^"\r\n0-9A-Za-z.\x80-\x{10ffff}]$')]
"""What separates fields: one ASCII character that no number and no quote is made of."""
Encoding = Annotated[str, AfterValidator(_known_encoding)]
"""Name of a text encoding that Python knows."""


def read_delimited(
    path: Path,
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    names: list[str] | None = None,
    quoted: bool = True,
) -> pd.DataFrame:
    """Read a delimited text file (plain or ``.gz``) as text cells.

    Parameters
    ----------
    path : Path
        The file.
    delimiter : str
        One ASCII character.
    encoding : str
        Of the file; a byte-order mark of UTF-8 is skipped.
    names : list of str, optional
        Columns of a file without a header; by default the first row names them.
    quoted : bool
        Whether ``"`` encloses fields; False takes it as an ordinary character.

    Returns
    -------
    pandas.DataFrame
        Text, as it stands in the file; column names stripped of blanks. The index, named
        ``line``, is each row's line in the file; blank lines are left out.

    Raises
    ------
    InputError
        No such file, not in this encoding, empty, no row, a column named twice, or a row with
        more or fewer fields than the header (a truncated line, another delimiter).
    """
    data = _bytes(path, encoding)
    if quoted and data.count(b'"') % 2:
        raise InputError(f"{path}: not a delimited table: a quote is opened and not closed")
    lines, fields = _rows(data, ord(delimiter), quoted)
    if not len(lines):
        raise InputError(f"{path}: the file is empty")
    expected = int(fields[0]) if names is None else len(names)
    wrong = np.flatnonzero(fields != expected)
    if len(wrong):
        raise InputError(
            f"{path}, line {lines[wrong[0]]}: {fields[wrong[0]]} fields; expected {expected} "
            f"delimited by {delimiter!r}"
        )
    if names is None and len(lines) == 1:
        raise InputError(f"{path}: no row below the header")
    try:
        table = pd.read_csv(
            io.BytesIO(data),
            sep=delimiter,
            header=None,
            dtype=str,
            na_filter=False,
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
            encoding="utf-8",
        )
    except pd.errors.ParserError as error:
        raise InputError(f"{path}: not a delimited table: {' '.join(str(error).split())}") from None
    if len(table) != len(lines):
        raise InputError(
            f"{path}: {len(lines)} lines hold {len(table)} rows; a stray quote or \\r?"
        )
    if names is None:
        names = [str(name).strip() for name in table.iloc[0]]
        table, lines = table.iloc[1:], lines[1:]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path}: column {', '.join(twice)} stands twice")
    table.columns = pd.Index(names)
    table.index = pd.Index(lines, name="line")
    return table


def _bytes(path: Path, encoding: str) -> bytes:
    """Content as UTF-8, which keeps delimiters single bytes whatever the file's encoding."""
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gunzipped(path, data)
        text = data.decode(encoding)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    except (UnicodeError, LookupError) as error:  # LookupError: a codec that is not of text
        raise InputError(f"{path}: not text in {encoding}: {error}") from None
    if "\0" in text:
        raise InputError(f"{path}: not text in {encoding}: it holds zero bytes")
    if codecs.lookup(encoding).name != "utf-8":
        data = text.encode()
    return data.removeprefix(codecs.BOM_UTF8)


def _rows(data: bytes, delimiter: int, quoted: bool) -> tuple[np.ndarray, np.ndarray]:
    """Line number and number of fields of every row that is not blank."""
    content = np.frombuffer(data if data.endswith(b"\n") else data + b"\n", np.uint8)
    newline = np.flatnonzero(content == NEWLINE)
    ends, marks = newline, np.flatnonzero(content == delimiter)
    if quoted:
        # a byte stands inside quotes where the number of quotes before it is odd
        inside = np.bitwise_xor.accumulate((content == QUOTE).view(np.uint8)).astype(bool)
        ends, marks = newline[~inside[newline]], marks[~inside[marks]]
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    filled = (ends > starts) & ~((ends - starts == 1) & (content[starts] == RETURN))
    starts, ends = starts[filled], ends[filled]
    fields = np.searchsorted(marks, ends) - np.searchsorted(marks, starts) + 1
    return np.searchsorted(newline, starts) + 1, fields
