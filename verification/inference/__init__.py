"""Intervals, tests and comparisons."""
