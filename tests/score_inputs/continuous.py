"""Families of fractional errors, agreement, ranks by class and measurement uncertainty."""

from functools import partial

import numpy as np
import xarray as xr

import verification as v
from score_inputs.world import COORDS, Family, world

CENTRE = xr.DataArray(
    [100.0, 110.0, 120.0, 130.0, 140.0, 115.0], {"place": COORDS["place"]}, ["place"]
)


def with_persistence(seed, error):
    fcst, truth = world(seed, error)
    return fcst, world(seed + 100, 0.0)[1], truth


FAMILIES = (
    Family("fractional", v.fractional_sums, world),
    Family("agreement", partial(v.agreement_sums, centre=CENTRE), world),
    Family(
        "joint_classes",
        partial(v.joint_class_sums, edges=np.arange(0.0, 600.0, 20.0)),
        world,
        frozenset({"rank_correlation"}),
    ),
    Family("fairmode", partial(v.fairmode_sums, uncertainty="pm25"), world),
    Family("fairmode_forecast", partial(v.forecast_mqi_sums, uncertainty="pm25"), with_persistence),
)
