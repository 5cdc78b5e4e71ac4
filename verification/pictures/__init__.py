"""Pictures of scores: functions that draw on matplotlib axes."""
