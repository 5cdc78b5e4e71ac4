"""Families of probabilities by bin, of ordered levels, and of the PIT."""

import numpy as np
import xarray as xr

import verification as v
from score_inputs.world import NORMAL, Family, world

BOUNDS = xr.DataArray([50.0, 100.0, 150.0], {"level": [1, 2, 3]}, ["level"])


def overconfident(error):
    """A spread that does not grow with the error as it should."""
    return error / (1 + error / 10)


def above(fcst, bound, error):
    return 1 / (1 + np.exp(((bound - fcst) / (1e-3 + overconfident(error))).clip(-50, 50)))


def probabilities(seed, error):
    fcst, truth = world(seed, error)
    return above(fcst, 120, error), v.exceeds(truth, 120)


def level_probabilities(seed, error):
    """Levels 1 to 4, bounded at 50, 100 and 150."""
    fcst, truth = world(seed, error)
    reached = 1 - above(fcst, BOUNDS, error)
    whole = reached.reindex(level=[1, 2, 3, 4], fill_value=1.0)
    observed = (truth > BOUNDS).sum("level").where(truth.notnull()) + 1.0
    return whole.diff("level").reindex(level=[1, 2, 3, 4]).fillna(whole), observed


def quantiles(seed, error):
    fcst, truth = world(seed, error)
    return fcst + 0.3 * error + overconfident(error) * NORMAL, truth


FAMILIES = (
    Family(
        "reliability",
        v.reliability_sums,
        probabilities,
        frozenset({"relative_resolution", "roc_area", "relative_sharpness"}),
    ),
    Family("rps", v.rps_sums, level_probabilities, frozenset({"rps_skill"})),
    Family("pit", v.pit_sums, quantiles),
)
