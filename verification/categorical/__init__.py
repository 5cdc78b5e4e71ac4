"""Scores of events and of ordered categories."""
