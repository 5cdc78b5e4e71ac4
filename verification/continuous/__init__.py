"""Scores of a single value."""
