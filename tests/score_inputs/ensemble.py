"""Families of ensembles beyond the CRPS: ranks, spread, thresholds, scenarios."""

import numpy as np
import xarray as xr

import verification as v
from score_inputs.first import members, quantiles
from score_inputs.world import COORDS, DIMS, MEMBERS, Family, world

PARTS = xr.DataArray([0.0, 5.0, -3.0], {"part": list("xyz")}, ["part"])


def ranked(seed, error):
    """Members that go up and down by 10 about the truth, and away from it by 0.3 of the error."""
    _, truth = world(seed, error)
    noise = np.random.default_rng(seed + 50).normal(size=(*truth.shape, 5))
    apart = xr.DataArray(10 * noise, {**COORDS, "member": range(5)}, (*DIMS, "member"))
    return truth + np.sign(error) * apart + 0.3 * error, truth


def spread_out(seed, error):
    """A mean that errs by √(5/4) standard deviations of its members, times 1 + error."""
    _, truth = world(seed, error)
    side = xr.DataArray([1.0, -1.0] * 3, {"place": COORDS["place"]}, ["place"])
    fits = np.sqrt(5 / 4 * float(MEMBERS.var(ddof=1)))
    return truth + 10 * MEMBERS + 10 * fits * (1 + error) * side, truth


def scenarios(seed, error):
    """Vectors of three parts, with an error of its own for each."""
    rng = np.random.default_rng(seed + 70)
    fcst, truth = members(seed, error)
    own = xr.DataArray(
        rng.normal(size=(*truth.shape, 3)), {**COORDS, **PARTS.coords}, (*DIMS, "part")
    )
    return fcst + PARTS + error * own, truth + PARTS


def twcrps_sums(fcst, obs, **options):
    return v.twcrps_sums(fcst, obs, thresholds=100, **options).isel(threshold=0, drop=True)


def twcrps_quantile_sums(fcst, obs, **options):
    sums = v.twcrps_quantile_sums(fcst, obs, thresholds=100, **options)
    return sums.isel(threshold=0, drop=True)


def multivariate_sums(fcst, obs, **options):
    return v.multivariate_sums(fcst, obs, dims="part", **options)


FAMILIES = (
    Family("rank", v.rank_sums, ranked),
    Family("spread", v.spread_sums, spread_out),
    Family("twcrps", twcrps_sums, members),
    Family("twcrps_quantiles", twcrps_quantile_sums, quantiles),
    Family("multivariate", multivariate_sums, scenarios),
)
