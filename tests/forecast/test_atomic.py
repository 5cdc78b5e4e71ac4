"""Files appear whole or not at all."""

from __future__ import annotations

import json
import os
import stat

import pytest

from forecast import atomic
from forecast.atomic import new_file, whole_file, write_json, write_text


class Killed(BaseException):
    """Not an Exception: like a signal, nothing but `finally` sees it."""


def entries(folder):
    return sorted(p.name for p in folder.iterdir())


def test_content_is_replaced_only_at_the_end(tmp_path):
    path = tmp_path / "deep" / "er" / "a.txt"
    with whole_file(path) as part:
        part.write_text("one")
        assert not path.exists() and part.parent == path.parent
        assert part.name.startswith(".a.txt.") and part.name.endswith(".part")
    with whole_file(path) as part:
        part.write_text("two")
        assert path.read_text() == "one"
    assert path.read_text() == "two" and entries(path.parent) == ["a.txt"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize("kind", [ValueError, Killed, KeyboardInterrupt])
@pytest.mark.parametrize("opened", [whole_file, new_file])
def test_a_failure_while_writing_leaves_nothing(tmp_path, opened, kind):
    with pytest.raises(kind), opened(tmp_path / "a.txt") as part:
        part.write_text("half")
        raise kind
    assert entries(tmp_path) == []


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_death_before_the_rename_leaves_the_old_file(tmp_path, monkeypatch, call):
    path = write_text(tmp_path / "a.txt", "old")

    def die(*_):
        raise Killed

    monkeypatch.setattr(os, call, die)
    with pytest.raises(Killed):
        write_text(path, "new")
    assert path.read_text() == "old" and entries(tmp_path) == ["a.txt"]


def test_the_bytes_are_on_disk_before_the_name_is(tmp_path, monkeypatch):
    order = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            atomic.os, name, lambda *a, real=real, name=name: (order.append(name), real(*a))[1]
        )
    write_text(tmp_path / "a.txt", "x")
    assert order == ["fsync", "replace"]


def test_new_file_never_replaces(tmp_path):
    path = tmp_path / "a.txt"
    with new_file(path) as part:
        part.write_text("first")
    with pytest.raises(FileExistsError), new_file(path) as part:
        part.write_text("second")
    assert path.read_text() == "first" and entries(tmp_path) == ["a.txt"]


def test_text_and_json_are_utf8_with_plain_line_ends(tmp_path):
    assert write_text(tmp_path / "a.txt", "优\n良\n").read_bytes() == "优\n良\n".encode()
    content = {"z": [1, 2.5, None], "a": "重度污染"}
    path = write_json(tmp_path / "a.json", content)
    text = path.read_text(encoding="utf-8")
    assert json.loads(text) == content and "重度污染" in text and text.endswith("}\n")
    assert text.index('"z"') < text.index('"a"')
