"""The errors a caller may want to catch: bad configuration and bad input."""

from __future__ import annotations


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


class MissingExtraError(ImportError):
    """An optional library is not installed; the message names the install command."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs an optional library: pip install 'wubu[{extra}]'")
