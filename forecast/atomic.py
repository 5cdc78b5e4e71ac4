"""Files that appear whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from forecast.leftovers import mark, sweep_once


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it into place when the block ends well.

    A reader, or a process killed at any moment, sees the old file or the new one, never a part.
    The temporary name starts with a dot and ends in ``.part``, so no pattern for results finds it;
    what a killed process left under such a name goes when the next one writes into the folder.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> target = pathlib.Path(tempfile.mkdtemp()) / "a.txt"
    >>> with whole_file(target) as part:
    ...     _ = part.write_text("done")
    >>> target.read_text()
    'done'
    """
    part = _part_beside(path)
    try:
        with _named(path):
            yield part
            _flush_to_disk(part)
        part.replace(path)
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Like `whole_file`, but never replace: raise FileExistsError when `path` exists already."""
    part = _part_beside(path)
    try:
        with _named(path):
            yield part
            _flush_to_disk(part)
        os.link(part, path)  # unlike a rename, a link fails when the name is taken
    finally:
        with suppress(FileNotFoundError):
            part.unlink()


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Name the file in errors of libraries that write it: most often the disk is full."""
    try:
        yield
    except RuntimeError as error:  # what netCDF raises
        raise OSError(None, f"cannot be written ({error}); is the disk full?", str(path)) from None
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from None


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 `text` to `path` as one whole file and return the path."""
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")
    return path


def write_json(path: Path, content: Any) -> Path:
    """Write `content` as indented UTF-8 JSON, one whole file, and return the path."""
    return write_text(
        path, json.dumps(content, ensure_ascii=False, indent=1, sort_keys=False) + "\n"
    )


def _part_beside(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sweep_once(path.parent)
    handle, name = tempfile.mkstemp(
        prefix=f".{path.name}.{mark()}.", suffix=".part", dir=path.parent
    )
    os.close(handle)
    part = Path(name)
    part.chmod(0o644)  # mkstemp makes private files; results are for colleagues too
    return part


def _flush_to_disk(path: Path) -> None:
    with path.open("rb") as written:
        os.fsync(written.fileno())
