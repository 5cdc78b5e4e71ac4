"""Scores of quantiles, ensembles and probabilities."""
