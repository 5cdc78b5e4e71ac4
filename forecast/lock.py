"""One run at a time: a lock is a file that names the process that holds it.

The file is made exclusively and removed by its maker. Of a process that was killed it stays, and
names one that is gone: such a lock is stale, and the next run takes it over. Whether a process is
gone is told by its number and by when it started, since numbers are given out again, and by the
boot of the machine. A process of another machine cannot be asked; its lock is broken only by a
person's word.

Where a system does not tell when a process started, its number alone decides; where it cannot even
be asked whether there is a process of a number (Windows), every lock counts as held.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from forecast.atomic import new_file, write_text
from forecast.clock import utc_now, utc_text
from forecast.errors import BusyError, InputError

BOOT = Path("/proc/sys/kernel/random/boot_id")
ENDED = "ZX"
"""States of a process that has ended and waits for its parent to notice."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lock.

    Attributes
    ----------
    work : str
        What it is at.
    pid : int
    start : int or None
        When the process started, in ticks since the boot; None where the system does not tell.
    boot : str
        Id of the boot of the machine; empty where the system has none.
    host : str
        Name of the machine.
    since : str
        When the lock was taken, UTC.
    """

    work: str
    pid: int
    start: int | None
    boot: str
    host: str
    since: str

    def __str__(self) -> str:
        return self.text("en")

    def text(self, lang: str) -> str:
        """Who it is, in ``zh`` or ``en``."""
        if lang == "zh":
            return f"{self.work}，{self.host}上的进程{self.pid}，始于{self.since}"
        return f"{self.work}, process {self.pid} on {self.host}, since {self.since}"

    def standing(self) -> Literal["held", "stale", "elsewhere"]:
        """Tell whether the process is at work, is gone, or is on another machine."""
        if self.host != socket.gethostname():
            return "elsewhere"
        if self.boot != _boot():
            return "stale"
        return "held" if _alive(self.pid, self.start) else "stale"


@contextmanager
def held(path: Path, work: str, *, break_lock: bool = False) -> Iterator[Holder | None]:
    """Hold a lock while the block runs.

    Parameters
    ----------
    path : Path
        File of the lock; its folder is made if missing.
    work : str
        What is done, for whoever meets the lock.
    break_lock : bool
        Take the lock also from a process of another machine, and where the file is damaged. A
        process of this machine that is at work keeps it in any case.

    Yields
    ------
    Holder or None
        The process that had gone and left the lock, if there was one.

    Raises
    ------
    BusyError
        Another process holds the lock.
    """
    mine = _text(_this_process(work))
    left = _take(path, mine, break_lock)
    try:
        yield left
    finally:
        _free(path, mine)


def holder_of(path: Path) -> Holder | None:
    """Who holds a lock; None where it is free.

    Raises
    ------
    InputError
        The file does not say.
    """
    text = _read(path)
    return None if text is None else _holder(text, path)


def _take(path: Path, mine: str, break_lock: bool) -> Holder | None:
    """Make the file, or take it over from a process that is gone."""
    while True:
        try:
            with new_file(path) as part:
                part.write_text(mine, encoding="utf-8")
            return None
        except FileExistsError:
            text = _read(path)
        if text is None:  # freed meanwhile
            continue
        left = _left(text, path, break_lock)
        # Of several that found it stale one only may replace it, or the second would remove the
        # lock of the first. The right to replace just this text is a lock of its own.
        right = path.with_name(f"{path.name}.{hashlib.sha256(text.encode()).hexdigest()[:8]}")
        _take(right, mine, break_lock)
        try:
            if _read(path) == text:
                write_text(path, mine)
                return left
        finally:
            _free(right, mine)


def _left(text: str, path: Path, break_lock: bool) -> Holder:
    """Who left the lock; an error unless it may be taken."""
    try:
        holder = _holder(text, path)
    except InputError as error:
        if break_lock:
            return Holder("unknown", 0, None, "", "unknown", "unknown")
        raise BusyError(
            f"{error}; if no run is at work, remove it or `wubu run --break-lock`"
        ) from None
    standing = holder.standing()
    if standing == "held":
        raise BusyError(f"{path}: another run is at work: {holder}")
    if standing == "elsewhere" and not break_lock:
        raise BusyError(
            f"{path}: held by another machine: {holder}; if that process is gone, remove the file "
            "or `wubu run --break-lock`"
        )
    return holder


def _free(path: Path, mine: str) -> None:
    if _read(path) == mine:
        path.unlink(missing_ok=True)


def _read(path: Path) -> str | None:
    with suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8", errors="replace")
    return None


def _text(holder: Holder) -> str:
    return json.dumps(asdict(holder), ensure_ascii=False) + "\n"


def _holder(text: str, path: Path) -> Holder:
    try:
        found = Holder(**json.loads(text))
        right = isinstance(found.pid, int) and isinstance(found.start, int | None)
        if right and all(isinstance(t, str) for t in (found.work, found.boot, found.host)):
            return found
    except (ValueError, TypeError):
        pass
    raise InputError(f"{path}: a damaged lock, which does not say who holds it")


def _this_process(work: str) -> Holder:
    pid = os.getpid()
    found = _state_and_start(pid)
    start = None if found is None else found[1]
    return Holder(work, pid, start, _boot(), socket.gethostname(), utc_text(utc_now()))


def _boot() -> str:
    with suppress(OSError):
        return BOOT.read_text(encoding="ascii").strip()
    return ""


def _alive(pid: int, start: int | None) -> bool:
    """Whether the process of that number that started then is there."""
    if sys.platform == "win32":  # asking would send a signal there
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass  # there, and of another user
    found = _state_and_start(pid)
    if found is None:
        return True
    state, began = found
    return state not in ENDED and start in (None, began)


def _state_and_start(pid: int) -> tuple[str, int] | None:
    """State of a process, and its start in ticks since the boot; None where nobody tells."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        fields = text[text.rindex(")") + 1 :].split()  # the name before may hold anything
        return fields[0], int(fields[19])
    except (OSError, ValueError, IndexError):
        return None
