"""The command ``wubu``: parse, call one library function, show."""

from forecast.cli.main import main

__all__ = ["main"]
