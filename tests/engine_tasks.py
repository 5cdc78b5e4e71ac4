"""Functions that worker processes of the engines' tests run; a worker imports them by this name."""

from __future__ import annotations

import os
import signal
import time


def checked(pollutant, fits, target):
    """A finish that keeps what was fitted."""
    assert target.sizes["lead"] == 4 and not fits.failed
    return fits


def end_process(pid, _):
    """End a process; where it is another's, stay busy."""
    os.kill(pid, signal.SIGKILL)
    time.sleep(60)
