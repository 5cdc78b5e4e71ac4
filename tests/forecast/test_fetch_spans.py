"""Spans arrive whatever the chunks and breaks; versions of a file are told apart."""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.fetch import server
from forecast.fetch.index import Span
from forecast.fetch.pool import each
from forecast.fetch.transfer import Transfer, Version


class Remote(server.Server):
    """A server made up: one body in chunks, answers with or without ranges, some cut short."""

    def __init__(self, body, ranges, chunk, cuts):
        super().__init__(retries=len(cuts), pause=0)
        self.whole, self.ranges, self.chunk, self.cuts = body, ranges, chunk, list(cuts)

    @contextmanager
    def answer(self, url, wanted=None):
        first, last = wanted.removeprefix("bytes=").split("-")
        total = len(self.whole)
        first, stop = (int(first), int(last or total - 1) + 1) if self.ranges else (0, total)
        status = 206 if self.ranges else 200
        headers = {"Content-Length": str(stop - first), "ETag": "one"}
        headers["Content-Range"] = f"bytes {first}-{stop - 1}/{total}"
        sent = self.cuts.pop() if self.cuts else stop - first
        raw = io.BytesIO(self.whole[first:stop][:sent])
        read = SimpleNamespace(read1=lambda size: raw.read(self.chunk))
        yield SimpleNamespace(status_code=status, headers=headers, raw=read)


@settings(deadline=None, max_examples=50)
@given(
    extents=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=6),
    behind=st.integers(0, 20),
    ranges=st.booleans(),
    chunk=st.integers(1, 100),
    cuts=st.lists(st.integers(0, 60), max_size=4),
)
def test_spans_arrive_whatever_the_chunks(extents, behind, ranges, chunk, cuts):
    wanted, at = [], 0
    for gap, size in extents:
        wanted.append(Span(at + gap, at + gap + size))
        at += gap + size
    body = bytes(k * 89 % 251 for k in range(at + behind))
    asked = wanted if behind else [*wanted[:-1], Span(wanted[-1].start, None)]
    with TemporaryDirectory() as folder:
        part = Path(folder) / "a.part"
        transfer = Transfer(Remote(body, ranges, chunk, cuts), "http://x/a", asked, part)
        transfer.run()
        assert part.read_bytes() == b"".join(body[s.start : s.stop] for s in wanted)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Version(9, '"a"', "Mon"), Version(9, '"a"', "Mon"), True),
        (Version(9, '"a"', "Mon"), Version(8, '"a"', "Mon"), False),
        (Version(9, '"a"', "Mon"), Version(9, '"b"', "Mon"), True),  # another server, same file
        (Version(9, '"a"', "Mon"), Version(9, '"b"', "Tue"), False),
        (Version(9, '"a"', None), Version(9, '"b"', None), False),
        (Version(9, None, None), Version(9, '"b"', "Tue"), True),  # only the size to go by
        (Version(None, '"a"', None), Version(9, '"a"', None), True),
    ],
)
def test_versions(one, other, same):
    assert one.same(other) is other.same(one) is same


def test_after_five_failures_in_a_row_the_rest_is_not_tried():
    tried = []

    def one(item):
        tried.append(item)
        if item >= 10:
            raise InputError(f"no {item}")
        return item

    results, failures = each(range(40), one, 1, threading.Event(), lambda done: None)
    assert list(results) == list(range(10))
    assert list(failures) == [10, 11, 12, 13, 14] and len(tried) == 15
