"""Whether a file of GRIB messages is whole and what was asked for."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forecast.errors import InputError
from forecast.fetch.index import Entry
from forecast.fetch.request import FetchRequest, RemoteFile
from forecast.native import before_eccodes

_LIBRARY = threading.Lock()  # not every build of ecCodes is safe in threads


class DamagedError(Exception):
    """The bytes that came are not the messages the index promised."""


def check_messages(
    path: Path, entries: Sequence[Entry], remote: RemoteFile, request: FetchRequest
) -> None:
    """Walk over the messages of a file and open each, the values of the first included.

    Parameters
    ----------
    path : Path
        The messages of `entries`, one behind the other.

    Raises
    ------
    DamagedError
        A message does not begin with GRIB or end with 7777, has another length than the index says,
        or is of another cycle, step or member; or there are more or fewer than promised.
    """
    lengths = _lengths(path)
    if len(lengths) != len(entries):
        raise DamagedError(f"{len(lengths)} messages came; the index promised {len(entries)}")
    for i, (length, entry) in enumerate(zip(lengths, entries, strict=True), 1):
        if entry.stop is not None and length != entry.stop - entry.start:
            promised = entry.stop - entry.start
            raise DamagedError(f"message {i} has {length} bytes; the index promised {promised}")
    with _LIBRARY:
        _open_each(path, entries, remote, request)


def _lengths(path: Path) -> list[int]:
    """Length of every message, by its own account (section 0 of GRIB 2)."""
    lengths: list[int] = []
    size = path.stat().st_size
    position = 0
    with path.open("rb") as file:
        while position < size:
            number = len(lengths) + 1
            file.seek(position)
            head = file.read(16)
            if len(head) < 16 or head[:4] != b"GRIB":
                raise DamagedError(f"message {number} begins with {head[:4]!r}; expected b'GRIB'")
            if head[7] != 2:
                raise DamagedError(f"message {number} is GRIB edition {head[7]}; expected 2")
            length = int.from_bytes(head[8:16], "big")
            if length < 20 or position + length > size:
                left = size - position
                raise DamagedError(f"message {number} claims {length} bytes; {left} are there")
            file.seek(position + length - 4)
            tail = file.read(4)
            if tail != b"7777":
                raise DamagedError(f"message {number} ends with {tail!r}; expected b'7777'")
            lengths.append(length)
            position += length
    return lengths


def _open_each(
    path: Path, entries: Sequence[Entry], remote: RemoteFile, request: FetchRequest
) -> None:
    before_eccodes()
    import eccodes

    with path.open("rb") as file:
        for i, entry in enumerate(entries, 1):
            try:
                handle = eccodes.codes_grib_new_from_file(file)
                if handle is None:
                    raise DamagedError(f"message {i} cannot be opened")
                try:
                    _judge(handle, f"message {i}", entry, remote, request)
                    if i == 1:
                        eccodes.codes_get_values(handle)
                finally:
                    eccodes.codes_release(handle)
            except (eccodes.CodesInternalError, ValueError) as error:
                raise DamagedError(f"message {i} cannot be opened: {error}") from None


def _judge(handle: Any, what: str, entry: Entry, remote: RemoteFile, request: FetchRequest) -> None:
    """Hold the header of a message to what was asked."""
    before_eccodes()
    import eccodes

    day, hour = (eccodes.codes_get(handle, key, int) for key in ("dataDate", "dataTime"))
    cycle = f"{day:08d}{hour // 100:02d}"
    if cycle != request.stamp:
        raise DamagedError(f"{what} is of cycle {cycle}; expected {request.stamp}")
    step = eccodes.codes_get(handle, "endStep", int)
    if step != remote.step:
        raise DamagedError(f"{what} is of step {step}; expected {remote.step}")
    if entry.member and eccodes.codes_is_defined(handle, "number"):
        member = eccodes.codes_get(handle, "number", int)
        if member != entry.member:
            raise DamagedError(f"{what} is of member {member}; expected {entry.member}")


def publish(part: Path, final: Path) -> None:
    """Give a whole part its final name, once its bytes are on the disk.

    Raises
    ------
    InputError
        Something that is no file bears the name already.
    """
    if final.is_dir():
        raise InputError(f"{final}: is a folder; expected a file or nothing")
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(final)
