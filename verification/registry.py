"""The table of all scores, gathered from the files that define them.

>>> from verification import SCORES
>>> SCORES["rmse"].perfect, SCORES["rmse"].orientation
(0.0, 'smaller')
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from verification.score import Score

ROOMS = ("continuous", "categorical", "probabilistic", "consultation", "processes")
"""Packages whose files may hold a tuple `SCORES`."""


def _gather() -> dict[str, Score]:
    found: dict[str, Score] = {}
    for room in ROOMS:
        package = import_module(f"verification.{room}")
        for file in sorted(m.name for m in iter_modules(package.__path__)):
            for score in getattr(import_module(f"{package.__name__}.{file}"), "SCORES", ()):
                if score.name in found:
                    raise ValueError(f"two scores have the name {score.name!r}")
                found[score.name] = score
    return found


SCORES: dict[str, Score] = _gather()
"""Every score by its name in tables."""
