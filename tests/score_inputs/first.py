"""Families of single values, quantiles, members, events, ranges and levels."""

import numpy as np

import verification as v
from score_inputs.world import MEMBERS, NORMAL, Family, world


def quantiles(seed, error):
    fcst, truth = world(seed, error)
    return fcst + error * NORMAL, truth


def members(seed, error):
    fcst, truth = world(seed, error)
    return fcst + error * MEMBERS, truth


def events(seed, error):
    return tuple(v.exceeds(x, 120) for x in world(seed, error))


def probabilities(seed, error):
    fcst, truth = world(seed, error)
    odds = ((120 - fcst) / (1e-3 + error)).clip(-50, 50)
    return 1 / (1 + np.exp(odds)), v.exceeds(truth, 120)


def ranges(seed, error):
    fcst, truth = world(seed, error)
    return fcst - error, fcst + error, truth


def levels(seed, error):
    return tuple(np.floor(x / 50) for x in world(seed, error))


def level_ranges(seed, error):
    fcst, truth = levels(seed, error)
    return fcst, fcst + np.ceil(error / 40), truth


def masks(seed, error):
    return tuple(2 ** (x % 3) for x in levels(seed, error))


FAMILIES = (
    Family("continuous", v.continuous_sums, world, frozenset({"correlation"})),
    Family("quantiles", v.quantile_sums, quantiles),
    Family("ensemble", v.ensemble_sums, members),
    Family(
        "contingency",
        v.contingency_sums,
        events,
        frozenset({"pod", "miss_rate", "far", "ts", "frequency_bias"}),
    ),
    Family("brier", v.brier_sums, probabilities, frozenset({"brier_skill"})),
    Family("range", v.range_hit_sums, ranges),
    Family("level", v.level_hit_sums, levels),
    Family("level_range", v.level_range_hit_sums, level_ranges),
    Family("category", v.common_category_sums, masks),
)
