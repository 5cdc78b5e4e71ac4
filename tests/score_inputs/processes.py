"""Families of processes and of changes from run to run.

Each (issue, lead) is a series of its own, so that pieces by issue hold whole processes.
"""

import numpy as np
import xarray as xr

import verification as v
from score_inputs.world import COORDS, DIMS, Family, world

DAYS = np.arange(24)
EDGES = (50, 100, 150, 200, 300)


def waves(seed, error):
    """Waves of pollution over 24 days that all places share, quiet in the first and last days.

    An error of the forecast has a part that all places share and one of their own; it is none
    on the quiet days, so that every process begins and ends within the series.
    """
    rng = np.random.default_rng(seed)
    shape = (8, 2, 6, len(DAYS))
    shared, own, wrong_shared, wrong = (
        rng.normal(size=s) for s in ((8, 2, 1, 24), shape, (8, 2, 1, 24), shape)
    )
    quiet = (DAYS < 3) | (DAYS > 20)
    truth = np.where(quiet, 60.0, 135 + 70 * np.sin(DAYS / 2) + 30 * shared + 10 * own)
    fcst = truth + np.where(quiet, 0.0, error * (0.5 * wrong + 0.5 * wrong_shared))
    coords = {**COORDS, "day": DAYS}
    fcst, truth = (xr.DataArray(x, coords, (*DIMS, "day")) for x in (fcst, truth))
    return fcst, truth


def near(places):
    """Neighbours are a and b, c and d, e and f: one that is missing parts no others."""
    at = np.array([ord(name) - ord("a") for name in places.values])
    labels = {"place": places.values, "neighbour": places.values}
    beside = (at[:, None] != at) & (at[:, None] // 2 == at // 2)
    return xr.DataArray(beside, labels, ["place", "neighbour"])


def process_sums(fcst, obs, *, keep=(), weights=None):
    """Sums of processes where neither is missing; a weight of 0 makes both missing."""
    fcst, obs = v.where_both(fcst, obs)
    if weights is not None:
        fcst, obs = (x.where(weights > 0) for x in (fcst, obs))
    found = [v.find_processes(x, near(x["place"])) for x in (fcst, obs)]
    return v.process_sums(*found, level_edges=EDGES, keep=keep)


def two_runs(seed, error):
    """The newer of two forecasts of a day has the error, the older one of 10 times its root."""
    newer, truth = world(seed, error)
    older = world(seed, 0.0)[1] + 10 * np.sqrt(error) * noise(seed + 200)
    return xr.concat([newer, older], "run").assign_coords(run=[1, 2]), truth


def noise(seed):
    return xr.DataArray(np.random.default_rng(seed).normal(size=(8, 2, 6)), COORDS, DIMS)


def revision_sums(fcst, obs, **options):
    return v.revision_sums(fcst, obs, lead="run", **options)


FAMILIES = (
    Family("process", process_sums, waves),
    Family("revision", revision_sums, two_runs),
)
