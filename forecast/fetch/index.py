"""What an index says of a GRIB file, and whether that can be true.

An index comes from outside: nothing of it is used before its offsets were judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from forecast.errors import InputError

LARGEST_MESSAGE = 256 * 2**20
"""Bytes; a global field at 0.1 degrees, unpacked in 32 bits, has 26 MB."""
LARGEST_FILE = 16 * 2**30
"""Bytes taken from one remote file; all fields of all members of an ensemble step have 2 GB."""


@dataclass(frozen=True)
class Entry:
    """One message an index lists.

    Attributes
    ----------
    start, stop : int
        First byte and the one after the last; the last message of some indexes has no `stop`.
    field : str or None
        Field of the data model; None if it is none of those wanted.
    member : int or None
        Member, where the index tells it.
    """

    start: int
    stop: int | None
    field: str | None = None
    member: int | None = None


def judged(entries: Iterable[Entry], where: str) -> list[Entry]:
    """Entries in the order of the file, once their extents make sense.

    Raises
    ------
    InputError
        An offset or length is negative or absurd, two messages overlap, the wanted ones together
        are absurdly large, or an entry other than the last has no end.
    """
    ordered = sorted(entries, key=lambda e: e.start)
    if not ordered:
        raise InputError(f"{where}: the index lists no message")
    total = 0
    for i, entry in enumerate(ordered):
        number = f"{where}: message {i + 1} of the index"
        following = ordered[i + 1].start if i + 1 < len(ordered) else None
        if entry.start < 0:
            raise InputError(f"{number} begins at byte {entry.start}; expected 0 or more")
        if entry.stop is None:
            if following is not None:
                raise InputError(f"{number} has no end though others follow")
            continue
        size = entry.stop - entry.start
        if not 0 < size <= LARGEST_MESSAGE:
            raise InputError(f"{number} has {size} bytes; expected 1 … {LARGEST_MESSAGE}")
        if following is not None and entry.stop > following:
            raise InputError(f"{number} ends at byte {entry.stop}, after the next at {following}")
        total += size if entry.field is not None else 0
    if total > LARGEST_FILE:
        raise InputError(f"{where}: {total} bytes are wanted of one file, at most {LARGEST_FILE}")
    return ordered


@dataclass(frozen=True)
class Span:
    """Bytes `start` to `stop` of a remote file; without `stop` up to its end."""

    start: int
    stop: int | None


def spans(entries: Sequence[Entry]) -> list[Span]:
    """Contiguous spans of entries that are in the order of the file.

    Examples
    --------
    >>> spans([Entry(0, 10), Entry(10, 20), Entry(30, None)])
    [Span(start=0, stop=20), Span(start=30, stop=None)]
    """
    found: list[Span] = []
    for entry in entries:
        if found and found[-1].stop == entry.start:
            found[-1] = Span(found[-1].start, entry.stop)
        else:
            found.append(Span(entry.start, entry.stop))
    return found
