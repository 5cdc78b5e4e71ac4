"""Scores by which the forecast consultation is judged."""
