"""Adjustments of an issued forecast and the files they come in."""
