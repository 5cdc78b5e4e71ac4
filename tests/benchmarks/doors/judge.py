"""Who judges a door: a child process reads the spoilt files, so that a crash of it is seen.

The contract: a door reads a file, or raises InputError in one line that names it. Any other
exception is a defect, and so are a child that dies, one that works on a file for more than 10 s of
processor time, and one that takes over a gigabyte for it.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from doors.door import Door
from doors.mutations import Mutation, spoilt

HANG_SECONDS = 10.0
"""Processor time of the child on one file."""
LOST_SECONDS = 600.0
"""Time on the clock, for a child that waits and does not work."""
MOST_BYTES = 1 << 30
ADDRESS_SPACE = 8 << 30
READ, REFUSED, DEFECT = "read", "refused", "defect"


class Verdict(NamedTuple):
    """What came of one file: `READ`, `REFUSED` or `DEFECT`, with what was said."""

    kind: str
    text: str = ""


class Judge:
    """Has files read in a child process; a new child takes over where one died."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._child: multiprocessing.process.BaseProcess | None = None
        self._line: Connection | None = None

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def files(self, door: str) -> int:
        """How many valid files a door has; it is made now."""
        found = self._asked((door, -1, []))
        if found[0] == DEFECT:
            raise RuntimeError(f"door {door}: {found[1]}")
        return int(found[1])

    def verdict(self, door: str, file: int, steps: Sequence[Mutation]) -> Verdict:
        """Verdict on one of the valid files of a door after some mutations."""
        return Verdict(*self._asked((door, file, list(steps))))

    def _asked(self, question: tuple[str, int, list[Mutation]]) -> tuple[str, str]:
        if self._child is None:
            self._line, other = self._context.Pipe()
            self._child = self._context.Process(target=_serve, args=(other,), daemon=True)
            self._child.start()
            other.close()
            self._line.recv()  # it is ready
        assert self._line is not None
        self._line.send(question)
        began, worked = time.monotonic(), _processor(self._child.pid)
        while not self._line.poll(1.0):
            spent = _processor(self._child.pid) - worked
            patience = HANG_SECONDS if question[1] >= 0 else LOST_SECONDS
            if spent > patience or time.monotonic() - began > LOST_SECONDS:
                self._stop()
                return DEFECT, f"hang: {spent:.0f} s of work and no end"
        try:
            return self._line.recv()
        except (EOFError, OSError):
            self._child.join()
            code = self._child.exitcode
            self._stop()
            return DEFECT, f"crash: the process ended with {code}"

    def _stop(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.join()
            self._child = None


def _processor(process: int | None) -> float:
    """Seconds of processor time a process has had."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _serve(line: Connection) -> None:
    """Make doors when they are first asked for, and judge files until the other end is closed."""
    sys.path[:0] = [str(Path(__file__).resolve().parents[k]) for k in (1, 2, 3)]
    from doors.all_doors import door

    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    made: dict[str, Door] = {}
    with tempfile.TemporaryDirectory(prefix="wubu-door-") as room:
        line.send("ready")
        while True:
            try:
                name, file, steps = line.recv()
            except EOFError:
                return
            at = made[name] if name in made else made.setdefault(name, door(name))
            if file < 0:
                line.send((READ, str(len(at.files))))
                continue
            label, content = at.files[file]
            folder = Path(room) / "one"
            folder.mkdir()
            (folder / label).write_bytes(spoilt(content, _kind_of(at.kind, label), steps))
            line.send(_judged(at.read, folder / label, at.named or label))
            shutil.rmtree(folder, ignore_errors=True)


def _kind_of(kind: str, label: str) -> str:
    return "binary" if label.endswith(".gz") else kind


def _judged(read: Callable[[Path], object], path: Path, named: str) -> tuple[str, str]:
    from forecast.errors import InputError

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        read(path)
        found = (READ, "")
    except InputError as error:
        text = str(error)
        found = (REFUSED, text)
        if len(text.splitlines()) != 1:
            found = (DEFECT, f"an error of {len(text.splitlines())} lines: {text[:200]!r}")
        elif named not in text:
            found = (DEFECT, f"the file is not named: {text[:200]!r}")
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)
        ours = [f for f in last if "/forecast/" in f.filename or "/ensembles/" in f.filename]
        where = ", ".join(f"{Path(f.filename).name}:{f.lineno}" for f in ours[-2:])
        found = (DEFECT, f"{type(error).__name__} at {where}: {str(error)[:160]!r}")
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    return (DEFECT, f"memory: {grown:,} bytes more") if grown > MOST_BYTES else found
