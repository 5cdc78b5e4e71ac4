"""Exit codes: what a scheduler or a script learns of how a command ended."""

from __future__ import annotations

from forecast.errors import BusyError, ConfigError

DONE, FAILED, USAGE = 0, 1, 2
BUSY = 75
"""Another run is at work: `EX_TEMPFAIL` of sysexits.h, try again later."""
INTERRUPTED = 130
"""As shells have it of a process ended by Ctrl-C."""


def exit_code(error: BaseException) -> int:
    """Code of a command that ended with an error."""
    if isinstance(error, BusyError):
        return BUSY
    if isinstance(error, ConfigError):
        return USAGE
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else FAILED
