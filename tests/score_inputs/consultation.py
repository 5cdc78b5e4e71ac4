"""Families of the consultation: ranges, levels, primary pollutants, HJ 1130 and NMC points."""

import numpy as np

import verification as v
from score_inputs.world import Family, world


def ranges(seed, error):
    fcst, truth = world(seed, error)
    return fcst - error, fcst + error, truth


def levels(seed, error):
    return tuple(np.floor(x / 50) for x in world(seed, error))


def level_ranges(seed, error):
    fcst, truth = levels(seed, error)
    return fcst - (error > 100), fcst + (error > 100), truth


def masks(seed, error):
    return tuple(2 ** (x % 3) for x in levels(seed, error))


def aqi_and_primary(seed, error):
    """Forecast AQI and masks, observed masks and AQI: a mask for each AQI above 50."""
    fcst, truth = world(seed, error)
    masks = [(2 ** (np.ceil(x / 50) % 3)).where(x > 50, 0.0) for x in (fcst, truth)]
    return fcst, *masks, truth


def hj1130(fcst, primary_fcst, primary_obs, obs, **options):
    return v.hj1130_sums(fcst, obs, primary_fcst, primary_obs, **options)


def nmc(fcst, primary_fcst, primary_obs, obs, **options):
    return v.nmc_sums(fcst, obs, primary_fcst, primary_obs, **options)


FAMILIES = (
    Family("range", v.range_hit_sums, ranges),
    Family("level", v.level_hit_sums, levels),
    Family("level_range", v.level_range_hit_sums, level_ranges),
    Family("category", v.common_category_sums, masks),
    Family("half_level", v.half_level_hit_sums, world),
    Family(
        "hj1130",
        hj1130,
        aqi_and_primary,
        frozenset({"hj1130_primary_accuracy", "hj1130_heavy_accuracy"}),
    ),
    Family("nmc", nmc, aqi_and_primary, frozenset({"nmc_primary_points"})),
)
