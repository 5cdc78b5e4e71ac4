"""A folder that takes long to fill is filled once, whichever test process asks for it first."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

try:
    import fcntl
except ImportError:  # where there is none, every process fills a folder of its own
    fcntl = None  # type: ignore[assignment]


def made_once(factory: pytest.TempPathFactory, name: str, fill: Callable[[Path], object]) -> Path:
    """Folder of this name, the same in all processes of a run; read only.

    The first process that asks fills it under a lock, the others wait for it. One that fails
    leaves it to the next.
    """
    root = factory.getbasetemp()
    if fcntl is None:
        root = factory.mktemp("once")
    elif "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    folder, whole = root / name, root / f"{name}.whole"
    with (root / f"{name}.lock").open("w") as lock:
        if fcntl is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            fill(folder)
            whole.touch()
    return folder
