"""Families of single values, quantiles, members and probabilities."""

import numpy as np

import verification as v
from score_inputs.world import MEMBERS, NORMAL, Family, world


def quantiles(seed, error):
    fcst, truth = world(seed, error)
    return fcst + error * NORMAL, truth


def members(seed, error):
    fcst, truth = world(seed, error)
    return fcst + error * MEMBERS, truth


def probabilities(seed, error):
    fcst, truth = world(seed, error)
    odds = ((120 - fcst) / (1e-3 + error)).clip(-50, 50)
    return 1 / (1 + np.exp(odds)), v.exceeds(truth, 120)


FAMILIES = (
    Family(
        "continuous",
        v.continuous_sums,
        world,
        frozenset({"correlation", "standard_deviation_ratio", "nse", "kge"}),
    ),
    Family("quantiles", v.quantile_sums, quantiles),
    Family("ensemble", v.ensemble_sums, members),
    Family("brier", v.brier_sums, probabilities, frozenset({"brier_skill"})),
)
