"""What is to be fetched: a cycle of a product, its steps, fields and members."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from forecast.errors import ConfigError

MOST_STEPS_OR_MEMBERS = 1000
"""Longer lists are a slip of the hand; the longest forecast of the products has 385 hours."""


@dataclass(frozen=True)
class FetchRequest:
    """A cycle of a product and what of it is wanted.

    Attributes
    ----------
    product : str
        Key of `forecast.fetch.SOURCES`.
    cycle : datetime
        Reference time, UTC, at a full hour.
    steps : tuple of int
        Hours from the reference time, ascending.
    fields : tuple of str
        Fields of the data model.
    members : tuple of int or None
        0 is the control forecast; None for a product without members.
    """

    product: str
    cycle: datetime
    steps: tuple[int, ...]
    fields: tuple[str, ...]
    members: tuple[int, ...] | None = None

    @property
    def stamp(self) -> str:
        """Reference time as in names of folders and files, ``2026112400``."""
        return f"{self.cycle:%Y%m%d%H}"


@dataclass(frozen=True)
class RemoteFile:
    """A file on the server, and what of it becomes one local file.

    Attributes
    ----------
    url, index_url : str
        Address of the GRIB file and of its index.
    name : str
        Local file name: made of the request alone, never of what a server says.
    step : int
        Hours from the reference time.
    fields : tuple of str
        Fields to take from it.
    members : tuple of int or None
        Members to take from it; None where the file holds one forecast.
    """

    url: str
    index_url: str
    name: str
    step: int
    fields: tuple[str, ...]
    members: tuple[int, ...] | None = None


def parse_numbers(text: str, what: str) -> tuple[int, ...]:
    """Numbers of a list of ranges such as ``0-144/3,150-240/6``, ascending, each once.

    Parameters
    ----------
    text : str
        Numbers and ranges ``first-last`` or ``first-last/by``, separated by commas.
    what : str
        Argument, for the message.

    Raises
    ------
    ConfigError
        The text is of another form, a range runs backwards, or the list is absurdly long.

    Examples
    --------
    >>> parse_numbers("0-12/6,24", "--steps")
    (0, 6, 12, 24)
    """
    numbers: set[int] = set()
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\d{1,4})(?:-(\d{1,4})(?:/(\d{1,4}))?)?\s*", part, re.ASCII)
        first, last, by = (int(g) if g else None for g in found.groups()) if found else (None,) * 3
        if first is None or (last is not None and last < first) or by == 0:
            raise ConfigError(f"{what}: {part!r} is not a number or a range such as 0-240/3")
        numbers.update(range(first, (first if last is None else last) + 1, by or 1))
    if len(numbers) > MOST_STEPS_OR_MEMBERS:
        raise ConfigError(f"{what}: {len(numbers)} numbers, at most {MOST_STEPS_OR_MEMBERS}")
    return tuple(sorted(numbers))
