"""Small cases and targets on (issue, lead, place)."""

import numpy as np
import pytest
import scipy.stats
import xarray as xr

from ensembles import LEVELS, Distribution

DIMS = ("issue", "lead", "place")


@pytest.fixture(scope="session")
def make_cases():
    """Cases without variables: consecutive issue days, leads 1…n, named places."""

    def make(issues, leads=1, places=1, start="2014-01-01"):
        days = np.datetime64(start, "ns") + np.arange(issues).astype("timedelta64[D]")
        names = [f"p{i}" for i in range(places)]
        lead = np.arange(1, leads + 1)
        return xr.Dataset(coords={"issue": days, "lead": lead, "place": names})

    return make


@pytest.fixture(scope="session")
def make_target():
    """Array on the cases; values broadcast against (issue, lead, place)."""

    def make(cases, values):
        shape = tuple(cases.sizes[d] for d in DIMS)
        values = np.broadcast_to(np.asarray(values, dtype=float), shape).copy()
        return xr.DataArray(values, dims=DIMS, coords={d: cases[d] for d in DIMS})

    return make


@pytest.fixture(scope="session")
def normal():
    """Normal distribution around `centre` (issue, lead, place), cut off at zero."""

    def make(cases, centre, spread=1.0):
        shape = tuple(cases.sizes[d] for d in DIMS)
        centre = np.broadcast_to(np.asarray(centre, dtype=float), shape)[..., None]
        spread = np.broadcast_to(np.asarray(spread, dtype=float), shape)[..., None]
        values = np.maximum(centre + spread * scipy.stats.norm.ppf(LEVELS), 0)
        return Distribution.from_values(values.astype(np.float32), cases)

    return make
