"""Where the messages and fields of a GRIB file begin and end, checked before any is decoded.

A message of GRIB 2 may hold several fields (NCEP puts u and v together): each is cut out as a
message of its own. Only lengths are read; sections as in WMO Manual on Codes, FM 92 GRIB.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from forecast.errors import InputError

PADDING = 120
"""MARS fills messages with zeros up to a multiple of so many bytes."""

_END = b"7777"
_FOLLOWS = {0: (1,), 1: (2, 3), 2: (3,), 3: (4,), 4: (5,), 5: (6,), 6: (7,), 7: (2, 3, 4, 8)}
_NO_BITMAP = bytes([0, 0, 0, 6, 6, 255])
_NO_DATA = bytes([0, 0, 0, 5, 7])
_NO_DATA_1 = bytes([0, 0, 11]) + bytes(8)

Piece = tuple[int, int]
"""Offset and length in the file."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One field: a message, or a part of one.

    Attributes
    ----------
    path : Path
    number : int
        Of the message in the file, from 1.
    field : int
        Of the field in the message, from 1.
    edition : int
    offset, length : int
        Of the message.
    sections : tuple of (int, int)
        Offset and length of every section the field needs, in order.
    alone : bool
        The message holds no other field.
    """

    path: Path
    number: int
    field: int
    edition: int
    offset: int
    length: int
    sections: tuple[Piece, ...]
    alone: bool

    @property
    def where(self) -> str:
        """File and message, for errors."""
        part = "" if self.alone else f" (field {self.field} in it)"
        return f"{self.path}: message {self.number}{part}"

    def read(self, file: BinaryIO) -> bytes:
        """Bytes of a message that holds this field alone.

        Raises
        ------
        InputError
            The file is no longer as it was.
        """
        if self.alone:
            data = _piece(file, self.offset, self.length)
            whole = len(data) == self.length and data[:4] == b"GRIB" and data[-4:] == _END
        else:
            start = _piece(file, self.offset, 16)
            parts = [_piece(file, *section) for section in self.sections]
            whole = start[:4] == b"GRIB" and all(
                len(part) == length for part, (_, length) in zip(parts, self.sections, strict=True)
            )
            data = _message_2(start, parts)
        if not whole:
            raise InputError(f"{self.where}: no longer as it was when the file was opened")
        return data

    def read_head(self, file: BinaryIO) -> bytes:
        """Bytes of a message that has the keys of this field and no values."""
        if self.edition == 1:
            parts = [_piece(file, *section) for section in self.sections[:-1]]
            product = bytearray(parts[0])
            product[7] &= ~64  # the bitmap is left out
            grid = parts[1] if product[7] & 128 else b""
            body = bytes(product) + grid + _NO_DATA_1 + _END
            return b"GRIB" + (8 + len(body)).to_bytes(3, "big") + b"\x01" + body
        parts = [_piece(file, *section) for section in self.sections[:-2]]
        return _message_2(_piece(file, self.offset, 16), [*parts, _NO_BITMAP, _NO_DATA])


def frames(path: Path) -> Iterator[Frame]:
    """Every field of a file, in order.

    Parameters
    ----------
    path : Path
        GRIB 1, GRIB 2 or both; zeros up to a multiple of 120 bytes between messages.

    Raises
    ------
    InputError
        The file cannot be read; or a message is cut off, its lengths do not add up, it does not
        end in 7777, or something else lies before, between or after messages. The message names
        file and message.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if size == 0:
                raise InputError(f"{path}: the file is empty")
            offset, number = 0, 0
            while offset < size:
                if number:
                    offset = _past_padding(file, path, number, offset, size)
                    if offset == size:
                        break
                number += 1
                found = _fields(file, path, number, offset, size)
                yield from found
                offset += found[0].length
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error}") from None


def _piece(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset)
    return file.read(length)


def _message_2(start: bytes, parts: list[bytes]) -> bytes:
    body = b"".join(parts) + _END
    return start[:8] + (16 + len(body)).to_bytes(8, "big") + body


def _past_padding(file: BinaryIO, path: Path, number: int, offset: int, size: int) -> int:
    after = _piece(file, offset, PADDING)
    zeros = len(after) - len(after.lstrip(b"\0"))
    if zeros == PADDING:
        raise InputError(f"{path}: zeros after message {number}; expected a message or the end")
    if zeros < len(after) and after[zeros : zeros + 4] != b"GRIB"[: len(after) - zeros]:
        raise InputError(
            f"{path}: after message {number}, at byte {offset + zeros}, found "
            f"{after[zeros : zeros + 4]!r}; expected GRIB or the end of the file"
        )
    return offset + zeros if zeros < len(after) else size


def _fields(file: BinaryIO, path: Path, number: int, offset: int, size: int) -> list[Frame]:
    where = f"{path}: message {number}"
    start = _piece(file, offset, 16)
    if len(start) < 16:
        raise InputError(f"{where} is cut off after {len(start)} bytes")
    if start[:4] != b"GRIB":
        raise InputError(f"{where} starts with {start[:4]!r}; expected GRIB")
    if start[7] == 2:
        length = int.from_bytes(start[8:], "big")
        _check_end(file, where, offset, length, size)
        parts = _sections_2(file, where, offset, length)
    elif start[7] == 1:
        length, part = _sections_1(file, where, offset, size)
        _check_end(file, where, offset, length, size)
        parts = [part]
    else:
        raise InputError(f"{where} is of GRIB edition {start[7]}; expected 1 or 2")
    alone = len(parts) == 1
    return [
        Frame(path, number, field, start[7], offset, length, part, alone)
        for field, part in enumerate(parts, start=1)
    ]


def _check_end(file: BinaryIO, where: str, offset: int, length: int, size: int) -> None:
    if offset + length > size:
        raise InputError(
            f"{where} is cut off: it claims {length} bytes, the file ends after {size - offset}"
        )
    if length < 20 or _piece(file, offset + length - 4, 4) != _END:
        raise InputError(f"{where} does not end in 7777 after the {length} bytes it claims")


def _sections_2(file: BinaryIO, where: str, offset: int, length: int) -> list[tuple[Piece, ...]]:
    """Sections 1 to 7 of each field; what a field does not repeat is as in the one before."""
    end = offset + length - 4
    place, before = offset + 16, 0
    now: dict[int, Piece] = {}
    bitmap: Piece | None = None
    fields = []
    while place < end:
        head = _piece(file, place, 6)
        size, section = int.from_bytes(head[:4], "big"), head[4]
        if section not in _FOLLOWS[before] or size < 5 or place + size > end:
            raise InputError(
                f"{where}: damaged after section {before}: found section {section} of {size} "
                f"bytes with {end - place} left"
            )
        now[section] = (place, size)
        if section == 6 and head[5] == 254:  # the bitmap defined before
            if bitmap is None:
                raise InputError(f"{where}: section 6 refers to a bitmap that is not there")
            now[6] = bitmap
        elif section == 6 and head[5] == 0:
            bitmap = now[6]
        if section == 7:
            fields.append(tuple(now[s] for s in sorted(now)))
        place, before = place + size, section
    if 8 not in _FOLLOWS[before]:
        raise InputError(f"{where}: damaged: it ends after section {before}; expected section 7")
    return fields


def _sections_1(
    file: BinaryIO, where: str, offset: int, size: int
) -> tuple[int, tuple[Piece, ...]]:
    """Length, and sections 1, 2 where there is one, 3 where there is one, and 4."""
    claimed = int.from_bytes(_piece(file, offset + 4, 3), "big")
    place = offset + 8
    flags = _piece(file, place, 8)[7:]
    sections: list[Piece] = []
    for present in (1, flags and flags[0] & 128, flags and flags[0] & 64, 1):
        if present:
            length = int.from_bytes(_piece(file, place, 3), "big")
            sections.append((place, length))
            place += length
    if claimed & 0x800000 and sections[-1][1] < 120:  # more than 8 MB: counted in 120 bytes
        claimed = (claimed & 0x7FFFFF) * 120 - sections[-1][1] + 4
        sections[-1] = (sections[-1][0], offset + claimed - 4 - sections[-1][0])
        place = offset + claimed - 4
    if offset + claimed > size:
        return claimed, ()
    lengths = [length for _, length in sections]
    if lengths[0] < 28 or min(lengths) < 6 or place + 4 != offset + claimed:
        raise InputError(
            f"{where}: damaged: its sections take {place - offset + 4} bytes, it claims {claimed}"
        )
    return claimed, tuple(sections)
