"""What a workspace holds, as a digest of each file: two that hold the same compare equal."""

from __future__ import annotations

import hashlib
import re
import zipfile
from io import BytesIO
from pathlib import Path

State = dict[str, str]
"""Digest by path; folders above a file that begin with a dot make it a leftover."""
_MADE = re.compile(r"(?<=_)\d{14}(?=_)")
"""When a package was made: the one thing in its name that the clock decides."""
LOCK = "workspace/lock.json"
"""What a killed command leaves on purpose: the next one sees that its holder is gone."""
CLOCK = "docProps/core.xml"
"""The part of a workbook that says when it was saved."""


def state_of(folder: Path) -> tuple[State, list[str]]:
    """Digests of the visible files below a folder, and the hidden names at their top."""
    visible: State = {}
    hidden = set()
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        dotted = next((k for k, part in enumerate(parts) if part.startswith(".")), None)
        if dotted is not None:
            hidden.add("/".join(parts[: dotted + 1]))
        elif path.is_file() and "/".join(parts) != LOCK:
            name = _MADE.sub("MADE", "/".join(parts))
            visible[name] = digest(path)
    return visible, sorted(hidden)


def digest(path: Path) -> str:
    """SHA-256 of a file; of an archive that of its entries, less the one that tells the clock."""
    data = path.read_bytes()
    if path.suffix.lower() in (".zip", ".xlsx"):
        with zipfile.ZipFile(BytesIO(data)) as archive:
            data = b"".join(
                name.encode() + archive.read(name) for name in archive.namelist() if name != CLOCK
            )
    return hashlib.sha256(data).hexdigest()


def differences(found: State, *allowed: State) -> list[str]:
    """Files that none of the allowed states holds with this content."""
    return [name for name, sha in found.items() if all(a.get(name) != sha for a in allowed)]


def lost(found: State, before: State) -> list[str]:
    """Files of an earlier state that are no more."""
    return sorted(before.keys() - found.keys())
