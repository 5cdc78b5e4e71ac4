"""Which source files the archive was made from: only what is new or changed is read again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forecast.atomic import write_text

NAME = "sources.json"


@dataclass
class Sources:
    """Record of the files a product was read from.

    Attributes
    ----------
    settings : str
        Digest of all that decides what is stored; the record of other settings is forgotten.
    files : dict of str to dict
        By path: ``size``, ``modified`` (ns) and the names of the ``cycles`` it gave.
    other_settings : bool
        Whether there was a record, of other settings.
    """

    settings: str
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    other_settings: bool = False
    _before: dict[str, os.stat_result] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, folder: Path, settings: str) -> Sources:
        """Record of an archive folder; empty where there is none, or of other settings."""
        try:
            content = json.loads((folder / NAME).read_text(encoding="utf-8"))
            files = {
                str(name): {
                    "size": int(row["size"]),
                    "modified": int(row["modified"]),
                    "cycles": [str(c) for c in row["cycles"]],
                }
                for name, row in content["files"].items()
            }
            same = content["settings"] == settings
        except (
            OSError,
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            ArithmeticError,
            RecursionError,
        ):
            return cls(settings)  # a lost record costs time, nothing else
        return cls(settings, files if same else {}, not same)

    def save(self, folder: Path) -> None:
        """Write the record."""
        content = {"settings": self.settings, "files": self.files}
        write_text(folder / NAME, json.dumps(content, indent=0))

    def keep(self, paths: Iterable[Path]) -> None:
        """Forget files that are there no more: what they gave is missing when cycles are remade."""
        there = {str(path) for path in paths}
        self.files = {name: row for name, row in self.files.items() if name in there}

    def changed(self, paths: Iterable[Path], stored: set[str]) -> list[Path]:
        """Files not read as they are now, or whose cycles are not all `stored` any more."""
        out = []
        for path in paths:
            row = self.files.get(str(path))
            now = self._before[str(path)] = path.stat()
            if (
                row is None
                or (row["size"], row["modified"]) != (now.st_size, now.st_mtime_ns)
                or not stored.issuperset(row["cycles"])
            ):
                out.append(path)
        return out

    def giving(self, cycles: set[str]) -> set[Path]:
        """Files recorded as giving any of the cycles."""
        return {Path(p) for p, row in self.files.items() if cycles.intersection(row["cycles"])}

    def record(self, path: Path, cycles: Sequence[str]) -> None:
        """Note that a file was read, as it was when it was last looked at by `changed`."""
        now = self._before.get(str(path)) or path.stat()
        self.files[str(path)] = {
            "size": now.st_size,
            "modified": now.st_mtime_ns,
            "cycles": list(cycles),
        }
