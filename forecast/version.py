"""Version of the installed package."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version


@cache
def version() -> str:
    """Version of the ``wubu`` distribution; ``0+source`` when run from a source tree."""
    try:
        return installed_version("wubu")
    except PackageNotFoundError:
        return "0+source"
