"""Performance reports: what the forecasts of a month, quarter or year were worth."""
