"""Made-up input of every family of sums, for the tests that walk over all scores.

Each file beside this one adds families: a tuple `FAMILIES` of `Family`.
"""

from importlib import import_module
from pkgutil import iter_modules

from score_inputs.world import COORDS, DIMS, LEVELS, MEMBERS, NORMAL, Family, world


def _gather() -> dict[str, Family]:
    found: dict[str, Family] = {}
    for file in iter_modules(__path__):
        for family in getattr(import_module(f"{__name__}.{file.name}"), "FAMILIES", ()):
            if family.name in found:
                raise ValueError(f"two files give input of the family {family.name!r}")
            found[family.name] = family
    return found


FAMILIES = _gather()
"""Every family by its name."""

__all__ = ["COORDS", "DIMS", "FAMILIES", "LEVELS", "MEMBERS", "NORMAL", "Family", "world"]
