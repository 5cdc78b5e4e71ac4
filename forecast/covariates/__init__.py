"""Covariates: numbers of the user's own, static, past or planned, as predictors of the cases."""
