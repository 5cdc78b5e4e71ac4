"""Guidance: daily forecasts of an air-quality model, from files to predictors of the cases."""
