"""A door: valid files of one kind, and the function of the project that reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Door:
    """Where files of one kind come in.

    Attributes
    ----------
    kind : {"text", "tree", "zip", "netcdf", "binary"}
        How its files are spoilt.
    files : tuple of (str, bytes)
        Valid files by name.
    read : callable
        Reads one, lazy values included; the file stands alone in a folder.
    named : str
        What an error must name; the file itself where empty.
    """

    kind: str
    files: tuple[tuple[str, bytes], ...]
    read: Callable[[Path], object]
    named: str = ""
