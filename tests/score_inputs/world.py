"""A small world of truth and forecasts on (issue, lead, place)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.stats
import xarray as xr

DIMS = ("issue", "lead", "place")
COORDS = {"issue": np.arange(8), "lead": [1, 2], "place": list("abcdef")}
LEVELS = np.round(np.arange(1, 20) * 0.05, 2)
NORMAL = xr.DataArray(scipy.stats.norm.ppf(LEVELS), {"quantile": LEVELS}, ["quantile"])
MEMBERS = xr.DataArray([-1.0, -0.3, 0.2, 1.1], {"member": range(4)}, ["member"])


@dataclass(frozen=True)
class Family:
    """A family of sums with made-up input.

    `inputs(seed, error)` gives the arrays of the function `sums`, forecast ones first and the
    observed one last, with errors of the given size (0: a perfect forecast).
    `undefined_for_one` names the scores that a single pair may leave undefined.
    """

    name: str
    sums: Callable[..., xr.Dataset]
    inputs: Callable[[int, float], tuple[xr.DataArray, ...]]
    undefined_for_one: frozenset[str] = frozenset()


def world(seed, error):
    """Forecast and truth, gamma-distributed about 120, the forecast never negative."""
    rng = np.random.default_rng(seed)
    truth = xr.DataArray(rng.gamma(3.0, 40.0, (8, 2, 6)), COORDS, DIMS)
    noise = xr.DataArray(rng.normal(size=truth.shape), COORDS, DIMS)
    return np.maximum(truth + error * noise, 0), truth
