"""What a killed process left half-written: known by its name, and cleared away by the next run.

Whatever is being made bears a name that begins with a dot and holds the mark of its maker: the
machine, the process, and a token that tells two processes of one number apart. A leftover is
something whose maker ran on this machine and is no more. No clock is asked: the age of a file says
nothing of whether somebody still writes it.
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from zlib import crc32

_TOKEN = secrets.token_hex(4)
_MARK = re.compile(r"\.(?P<machine>[0-9a-f]{8})-(?P<process>\d{1,10})-(?P<token>[0-9a-f]{8})\.")
_SWEPT: set[tuple[int, Path]] = set()
"""Folders this process has swept; a forked one has another number and sweeps for itself."""


def mark() -> str:
    """Mark of this process, to stand between two dots in the name of what it makes."""
    return f"{_machine()}-{os.getpid()}-{_TOKEN}"


def is_left(name: str) -> bool:
    """Whether a name is that of something a process of this machine made that is no more.

    Examples
    --------
    >>> is_left(f".a.nc.{mark()}.x.part"), is_left("a.nc"), is_left(".hidden")
    (False, False, False)
    """
    found = _MARK.search(name) if name.startswith(".") else None
    if found is None or found["machine"] != _machine() or os.name != "posix":
        return False
    process = int(found["process"])
    if process == os.getpid():
        return found["token"] != _TOKEN  # as in a container, whose every run has the same number
    return not _runs(process)


def sweep(folder: Path) -> list[Path]:
    """Remove what killed processes left in a folder; what cannot be removed stays.

    Returns
    -------
    list of Path
        What was removed.
    """
    removed = []
    with suppress(OSError):
        for path in [p for p in folder.iterdir() if is_left(p.name)]:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink()
            if not os.path.lexists(path):
                removed.append(path)
    return removed


def sweep_once(folder: Path) -> None:
    """Sweep a folder, unless this process did so before: a folder of cycles is written often."""
    key = (os.getpid(), folder)
    if key not in _SWEPT:
        _SWEPT.add(key)
        sweep(folder)


def _machine() -> str:
    return f"{crc32(platform.node().encode('utf-8', 'replace')):08x}"


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
