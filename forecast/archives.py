"""Packed files from outside: nothing is unpacked before it is known to be harmless.

A small file can unpack to more than any memory holds, and a name in an archive can point out of the
folder it is unpacked to. Nothing of the project unpacks to a folder, yet an archive with such names
is no file of ours.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from forecast.errors import InputError

MOST_BYTES = 8 << 30
"""Bytes that any packed table may unpack to; a year of all hours of a large network has 3 GB."""
FREE_BYTES, MOST_RATIO = 256 << 20, 200
"""Beyond so many bytes, how many may come of each packed one: tables of numbers reach 20."""
_CHUNK = 1 << 20
_NOT_READ = (".bz2", ".xz", ".zst", ".tar", ".tgz", ".7z", ".rar")
_NOT_XML = (b"<!DOCTYPE", b"<!ENTITY")
"""What no part of a workbook holds, and what XML needs to grow without bounds."""


def gunzipped(path: Path, data: bytes) -> bytes:
    """Content of a ``.gz`` file.

    Parameters
    ----------
    path : Path
        For the message.
    data : bytes
        The file as it is.

    Raises
    ------
    InputError
        It is damaged, cut off, or unpacks to absurdly much; the rest is not unpacked then.
    """
    return b"".join(_pieces(path, data))


def check_packed(path: Path) -> None:
    """Judge a file that pandas unpacks by its ending; any other is left alone.

    Raises
    ------
    InputError
        `check_gzip` or `check_archive` refuse it, or it is packed in another way.
    zipfile.BadZipFile, OSError
        As `check_archive`.
    """
    ending = path.suffix.lower()
    if ending == ".gz":
        check_gzip(path)
    elif ending == ".zip":
        check_archive(path)
    elif ending in _NOT_READ:
        raise InputError(f"{path}: packed as {ending}; expected a plain file, .gz or .zip")


def check_gzip(path: Path) -> None:
    """Refuse what `gunzipped` refuses, for a file that others unpack; nothing is kept."""
    for _ in _pieces(path, path.read_bytes()):
        pass


def _pieces(path: Path, data: bytes) -> Iterator[bytes]:
    most, total, rest = most_unpacked(len(data)), 0, data
    try:
        while rest:
            stream = zlib.decompressobj(wbits=31)
            while not stream.eof:
                piece = stream.decompress(rest, _CHUNK)
                rest = stream.unconsumed_tail
                total += len(piece)
                if total > most:
                    raise InputError(
                        f"{path}: {len(data):,} bytes unpack to over {most:,}; expected a table"
                    )
                if not (piece or rest or stream.eof):
                    raise InputError(f"{path}: cannot be read: the packed file is cut off")
                yield piece
            rest = stream.unused_data.lstrip(b"\0")  # a file may end in zero bytes
    except zlib.error as error:
        raise InputError(f"{path}: cannot be read: {error}") from None


def check_archive(path: Path, most: int | None = None) -> None:
    """Refuse a ZIP that would grow without measure, or whose names are no plain ones.

    Parameters
    ----------
    path : Path
        ZIP, or a format that is one, such as ``.xlsx``.
    most : int, optional
        Bytes it may unpack to; by default as much as any table, see `most_unpacked`.

    Raises
    ------
    InputError
        An entry has an absolute name or one with ``..``, is a link, or stands twice, or all
        together are too large; nothing was unpacked.
    zipfile.BadZipFile, OSError
        It is no ZIP, or cannot be read.
    """
    limit = most_unpacked(path.stat().st_size) if most is None else most
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    size = sum(entry.file_size for entry in entries)
    if size > limit:
        raise InputError(f"{path}: {size:,} bytes unpacked; expected at most {limit:,}")
    seen: set[str] = set()
    for entry in entries:
        name = entry.orig_filename
        windows = PureWindowsPath(name)
        if windows.drive or windows.root or ".." in {*windows.parts, *PurePosixPath(name).parts}:
            raise InputError(f"{path}: entry {name!r} points out of the archive")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise InputError(f"{path}: entry {name!r} is a link; expected files")
        if name in seen:
            raise InputError(f"{path}: entry {name!r} stands twice")
        seen.add(name)


def check_xml(path: Path) -> None:
    """Refuse a ZIP of XML parts, checked by `check_archive`, of which one declares entities."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.filename.endswith((".xml", ".rels")):
                data = archive.read(entry).replace(b"\0", b"")  # UTF-16 too
                if any(mark in data for mark in _NOT_XML):
                    raise InputError(f"{path}: part {entry.filename!r} declares XML entities")


def most_unpacked(packed: int) -> int:
    """Bytes that a packed table of so many bytes may unpack to."""
    return min(MOST_BYTES, max(FREE_BYTES, MOST_RATIO * packed))
