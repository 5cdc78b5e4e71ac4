"""Pollution processes: found in (place, day), matched, scored; and forecasts from run to run."""
