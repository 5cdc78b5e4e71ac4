"""Forecasts made from analyses: signal by lead, errors borrowed from other years."""
