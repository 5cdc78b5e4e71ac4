"""The order in which libraries with native parts are loaded."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module


def before_eccodes() -> None:
    """Load psycopg, where it is installed, ahead of ecCodes.

    The wheels of both carry native libraries; a process that loads ecCodes first and psycopg later
    dies at its exit (seen with eccodes 2.50 and psycopg 3), though all its work is done.
    """
    with suppress(ImportError):
        import_module("psycopg")
