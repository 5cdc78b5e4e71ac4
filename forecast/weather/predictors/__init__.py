"""Weather predictors of a case: along the path from issue to target, and upstream."""
