"""NowCast by hand and hour by hour."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from forecast.nowcast import nowcast


def plainly(past: list[float]) -> float:
    """The published steps for the hours up to now, the last one now."""
    hours = past[::-1][:12]
    if sum(not math.isnan(c) for c in hours[:3]) < 2:
        return math.nan
    valid = [c for c in hours if not math.isnan(c)]
    rate = (max(valid) - min(valid)) / max(valid) if max(valid) else 0
    weight = max(1 - rate, 0.5)
    above = sum(weight**k * c for k, c in enumerate(hours) if not math.isnan(c))
    return above / sum(weight**k for k, c in enumerate(hours) if not math.isnan(c))


@given(st.lists(st.one_of(st.integers(0, 500).map(float), st.just(math.nan)), max_size=40))
def test_hour_by_hour(values):
    found = nowcast(np.array(values, dtype=float))
    expected = [plainly(values[: i + 1]) for i in range(len(values))]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_by_hand():
    # w = 30/40 = 0.75: (40 + 0.75·30 + 0.5625·36)/(1 + 0.75 + 0.5625) = 82.75/2.3125
    found = nowcast(np.array([36.0, 30.0, 40.0]))
    assert found[2] == pytest.approx(82.75 / 2.3125, rel=1e-6)
    # constant: the mean; the hour 13 before has gone
    steady = np.r_[900.0, np.full(12, 20.0)]
    assert nowcast(steady)[-1] == 20
    # w = 1/2, the second hour missing: (60 + 10/4)/(1 + 1/4)
    assert nowcast(np.array([10.0, np.nan, 60.0]))[-1] == 50
    assert np.isnan(nowcast(np.array([10.0, np.nan, np.nan]))[-1])
    assert nowcast(np.zeros(5))[-1] == 0


def test_containers_and_dask():
    rng = np.random.default_rng(2)
    values = rng.gamma(2, 20, (4, 90)).astype(np.float32)
    values[rng.random((4, 90)) < 0.2] = np.nan
    time = pd.date_range("2020-01-01", periods=90, freq="h")
    expected = nowcast(values)
    data = xr.DataArray(values, dims=("station", "time"), coords={"time": time})
    lazy = nowcast(data.chunk(station=1, time=30))
    assert lazy.chunks is not None and lazy.dtype == np.float32
    np.testing.assert_array_equal(lazy.values, expected)
    frame = pd.DataFrame(values.T, index=time)
    np.testing.assert_array_equal(nowcast(frame).to_numpy().T, expected)
