"""The errors a caller may want to catch, and what is said of any error in one sentence."""

from __future__ import annotations

import traceback
from pathlib import Path


class InputError(ValueError):
    """Data that cannot be used: the message names the file, the field or line, and what is wrong.

    The command line prints the message alone and exits with code 1. It is one line whatever a file
    held: what would break it, or steer a terminal, is replaced.
    """

    def __str__(self) -> str:
        return "".join(
            c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in super().__str__()
        )


class ConfigError(InputError):
    """A configuration or an argument that cannot be used; the command line exits with code 2."""


class NotObservedError(InputError):
    """Forecasts are to be scored none of which has been observed yet."""


class BusyError(InputError):
    """Another run is at work on the same files; the command line exits with code 75."""


class MissingExtraError(ImportError):
    """An optional library is not installed; the message names the install command."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs an optional library: pip install 'wubu[{extra}]'")


def unforeseen(error: BaseException) -> bool:
    """Whether an error is none that anybody thought of: a fault of this package."""
    known = (InputError, MissingExtraError, OSError, MemoryError, KeyboardInterrupt)
    return not isinstance(error, known)


def sentence(error: BaseException) -> str:
    """What went wrong, as one line for people: never a traceback.

    Examples
    --------
    >>> from forecast.errors import InputError, sentence
    >>> sentence(InputError("a.csv: is empty"))
    'a.csv: is empty'
    >>> sentence(OSError(28, "No space left on device", "a.nc"))
    'a.nc: No space left on device'
    """
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, InputError | MissingExtraError):
        return str(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    if isinstance(error, MemoryError):
        return "not enough memory; lower `workers` in the configuration"
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return f"internal error at {where}, please report it: {what}"
