"""A first look at a NetCDF file in another process, which damage inside the file may end.

HDF5 follows the links inside a file without doubt: those of a damaged one may lead it in a circle
for ever, or to memory that is not there. No exception tells of either, so another process opens a
file of foreign origin first. It lives as long as this one and costs one more opening a file.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from forecast.errors import InputError

SECONDS = 10
"""Processor time for one file; opening one takes milliseconds, whatever its size."""
_PROGRAM = """
import json, sys
import netCDF4
try:
    import resource
except ImportError:
    resource = None
print("ready", flush=True)
for line in sys.stdin:
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        most = resource.getrlimit(resource.RLIMIT_CPU)[1]
        soft = int(used.ru_utime + used.ru_stime) + SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (soft if most < 0 else min(soft, most), most))
    try:
        with netCDF4.Dataset(json.loads(line)) as file:
            for variable in file.variables.values():
                [variable.getncattr(name) for name in variable.ncattrs()]
    except Exception:
        pass  # whoever reads the file says what is wrong
    print("opened", flush=True)
"""


class _Probe:
    """The process that opens files, started when it is first asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._owner = 0  # a forked process must not speak through the pipes of its parent
        self._usable = True

    def opens(self, path: Path) -> bool:
        """Whether the process is still there after it opened the file.

        True also where none can be started, as by an interpreter inside another program.
        """
        with self._lock:
            if self._child is None or self._child.poll() is not None or self._owner != os.getpid():
                self._start()
            if self._child is None:
                return True
            assert self._child.stdin is not None and self._child.stdout is not None
            with suppress(BrokenPipeError):
                print(json.dumps(str(path.resolve())), file=self._child.stdin, flush=True)
                if self._child.stdout.readline() == "opened\n":
                    return True
            self.end()
            return False

    def _start(self) -> None:
        self.end()  # of one that died the pipes are still open
        self._owner = os.getpid()
        if not self._usable:
            return
        with suppress(OSError):
            self._child = subprocess.Popen(
                # -P: nothing is imported from the folder a command happens to run in
                [sys.executable, "-P", "-c", _PROGRAM.replace("SECONDS", str(SECONDS))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,  # an interrupt at the terminal is this process's
            )
            assert self._child.stdout is not None
            self._usable = self._child.stdout.readline() == "ready\n"
        if self._child is None or not self._usable:
            self._usable = False  # it is not tried again for every file
            self.end()

    def end(self) -> None:
        """End the process, if this one started it."""
        child, self._child = self._child, None
        if child is None or self._owner != os.getpid():
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        child.wait()


_PROBE = _Probe()
atexit.register(_PROBE.end)


def check_opens(path: Path) -> None:
    """Refuse a file that the NetCDF library cannot open without an end of its process.

    Parameters
    ----------
    path : Path
        Any file; one that is no NetCDF file, or is not there, passes.

    Raises
    ------
    InputError
        The file is damaged inside.
    """
    if not _PROBE.opens(path):
        raise InputError(f"{path}: damaged inside: the NetCDF library cannot open it")
