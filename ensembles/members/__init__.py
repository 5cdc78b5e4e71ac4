"""Members of the ensemble: one way to forecast a file."""
