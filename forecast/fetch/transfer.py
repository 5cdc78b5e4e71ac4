"""Spans of a remote file into a part file that a later run can continue."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from forecast.atomic import write_json
from forecast.errors import InputError
from forecast.fetch.index import LARGEST_FILE, Span
from forecast.fetch.server import Server, TransientError, length_of, shown

if TYPE_CHECKING:
    from requests import Response


class ChangedError(Exception):
    """The remote file is not what the part was begun from: index and part are to be done again."""


@dataclass(frozen=True)
class Version:
    """By what a remote file is known to be the same: size, entity tag, time of change."""

    total: int | None = None
    tag: str | None = None
    changed: str | None = None

    def same(self, other: Version) -> bool:
        """Whether both can be the same file.

        One of tag and time is enough beside the size: servers behind one address may make tags of
        their own.
        """
        if None not in (self.total, other.total) and self.total != other.total:
            return False
        pairs = [
            (a, b)
            for a, b in ((self.tag, other.tag), (self.changed, other.changed))
            if a is not None and b is not None
        ]
        return not pairs or any(a == b for a, b in pairs)

    @property
    def known(self) -> bool:
        """Whether there is anything to compare."""
        return self != Version()


class Transfer:
    """Spans of one remote file, one behind the other, into a part file.

    The part grows only at its end; beside it a ``.json`` says what it is a part of. A run that
    finds both continues behind the last byte, if the remote file is still the same.

    Attributes
    ----------
    received : int
        Bytes that came over the network.
    """

    def __init__(self, server: Server, url: str, spans: Sequence[Span], part: Path) -> None:
        self.server, self.url, self.part = server, url, part
        self._asked = list(spans)
        self._spans = list(spans)  # those asked, the end of the last one found out
        self.received = 0
        self._state = part.with_name(part.name + ".json")
        self._version = Version()

    def run(self) -> None:
        """Bring the part to its full length.

        Raises
        ------
        ChangedError
            The remote file changed since the part was begun.
        InputError
            The bytes cannot be had; the message names the address and what was found.
        """
        self._resume()
        with self.part.open("ab") as file:
            while self._next(file.tell()) is not None:
                self.server.tried(self.url, lambda: self._continue(file))

    def discard(self) -> None:
        """Remove the part and what is known of it."""
        for path in (self.part, self._state):
            with suppress(FileNotFoundError):
                path.unlink()

    def _resume(self) -> None:
        """Take up the part of an earlier run, if it is one of the same bytes."""
        try:
            state = json.loads(self._state.read_text(encoding="utf-8"))
            version = Version(**state.pop("version"))
            spans = _ended(self._asked, version.total)
            size = sum(s.stop - s.start for s in spans if s.stop is not None)
            fits = state == self._key() and version.known and self.part.stat().st_size <= size
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            fits = False
        if fits:
            self._version, self._spans = version, spans
        else:
            self.discard()

    def _key(self) -> dict[str, object]:
        return {"url": shown(self.url), "spans": [[s.start, s.stop] for s in self._asked]}

    def _next(self, have: int) -> Span | None:
        """What is still to come of the span that `have` bytes lie in; None when all is there."""
        for span in self._spans:
            size = None if span.stop is None else span.stop - span.start
            if size is None or have < size:
                return Span(span.start + have, span.stop)
            have -= size
        return None

    def _continue(self, file: BinaryIO) -> None:
        """One request: what is still to come of one span, or all spans if ranges are ignored."""
        span = self._next(file.tell())
        if span is None:
            return
        last = "" if span.stop is None else span.stop - 1
        with self.server.answer(self.url, f"bytes={span.start}-{last}") as response:
            if response.status_code == 200:
                self._cut(response, file)
            else:
                self._append(response, file)

    def _append(self, response: Response, file: BinaryIO) -> None:
        """Write the body of an answer with a range behind what is there."""
        header = response.headers.get("Content-Range", "")
        found = re.fullmatch(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)", header, re.ASCII)
        if found is not None:
            self._identify(response, None if found[3] == "*" else int(found[3]))
        span = self._next(file.tell()) or Span(0, 0)  # its end may be known only now
        if response.status_code == 416:
            raise InputError(
                f"{shown(self.url)}: the index lists bytes from {span.start}, "
                "which the server does not have"
            )
        last = "" if span.stop is None else str(span.stop - 1)
        if found is None or span.stop is None or found.groups()[:2] != (str(span.start), last):
            raise TransientError(f"Content-Range is {header!r}; expected bytes {span.start}-{last}")
        self._write(response, file, [Span(0, span.stop - span.start)])

    def _cut(self, response: Response, file: BinaryIO) -> None:
        """Cut the spans out of the whole file, where the server ignores ranges."""
        self._identify(response, length_of(response))
        if self._spans[-1].stop is None:
            raise InputError(
                f"{shown(self.url)}: the server gives neither ranges nor the length, "
                "so the end of the last message is not known"
            )
        file.seek(0)
        file.truncate()
        self._write(response, file, self._spans)

    def _write(self, response: Response, file: BinaryIO, wanted: Sequence[Span]) -> None:
        """Write the wanted spans of a body; no byte behind the last of them is read for."""
        ends = [0 if span.stop is None else span.stop for span in wanted]
        announced = length_of(response)
        position, k = 0, 0
        for data in self.server.body(response, ends[-1]):
            self.received += len(data)
            while k < len(wanted) and wanted[k].start < position + len(data):
                begin = max(wanted[k].start - position, 0)
                file.write(data[begin : ends[k] - position])
                if ends[k] > position + len(data):
                    break
                k += 1
            file.flush()  # what came stays, however the run ends
            position += len(data)
            if k == len(wanted) and position != announced:
                break  # read to its end, an answer leaves the connection for the next request
        if k < len(wanted):
            raise TransientError(f"{position} bytes came of {ends[-1]}")

    def _identify(self, response: Response, total: int | None) -> None:
        """Hold the remote file to what it was when the part was begun."""
        version = Version(
            total, response.headers.get("ETag"), response.headers.get("Last-Modified")
        )
        if self._version.known:
            if not self._version.same(version):
                raise ChangedError("the file changed while it was fetched")
            return
        self._spans = _ended(self._asked, total)
        last = self._spans[-1]
        size = sum(s.stop - s.start for s in self._spans if s.stop is not None)
        if total is not None and last.stop is not None and not last.start < last.stop <= total:
            raise InputError(
                f"{shown(self.url)}: the index lists bytes up to {max(last.start, last.stop)}, "
                f"the file has {total}"
            )
        if size > LARGEST_FILE:
            raise InputError(f"{shown(self.url)}: {size} bytes are wanted, at most {LARGEST_FILE}")
        if version.known:
            write_json(self._state, {**self._key(), "version": asdict(version)})
            self._version = version


def _ended(spans: Sequence[Span], total: int | None) -> list[Span]:
    """Spans whose last one ends where the file does, if that was left open."""
    last = spans[-1]
    if last.stop is not None or total is None:
        return list(spans)
    return [*spans[:-1], Span(last.start, total)]
