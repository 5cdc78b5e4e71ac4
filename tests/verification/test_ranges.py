"""Ranges by hand."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from verification import mean_width, over_rate, range_accuracy, range_hit_sums, under_rate


def test_by_hand():
    low = xr.DataArray([50.0, 50.0, 50.0, 90.0, 90.0, np.nan, 1.0], dims="x")
    high = xr.DataArray([80.0, 80.0, 80.0, 130.0, 130.0, 9.0, 2.0], dims="x")
    obs = xr.DataArray([50.0, 80.0, 49.0, 131.0, 150.0, 5.0, np.nan], dims="x")
    sums = range_hit_sums(low, high, obs)
    # both ends count; 49 lies below, 131 and 150 above; two pairs are incomplete
    assert float(sums["pairs"]) == 5
    assert float(range_accuracy(sums)) == 2 / 5
    assert float(over_rate(sums)) == 1 / 5
    assert float(under_rate(sums)) == 2 / 5
    assert float(mean_width(sums)) == (30 * 3 + 40 * 2) / 5


def test_turned_range_raises():
    low, high = xr.DataArray([50.0], dims="x"), xr.DataArray([40.0], dims="x")
    with pytest.raises(ValueError, match="low end must not exceed the high end, found 50 > 40"):
        range_hit_sums(low, high, low)


def test_every_array_is_checked():
    low = xr.DataArray([1.0], {"lead": [1]}, ["lead"], name="low")
    obs = low.assign_coords(lead=[2]).rename("obs")
    with pytest.raises(ValueError, match="'lead' differs at position 0: 1 in 'low', 2 in 'obs'"):
        range_hit_sums(low, low, obs)


@given(arrays(np.float64, (3, 20), elements=st.floats(0, 500)))
@settings(max_examples=30, deadline=None)
def test_shares_add_to_one_and_widening_never_loses(values):
    a, b, obs = (xr.DataArray(v, dims="x") for v in values)
    low, high = np.minimum(a, b), np.maximum(a, b)
    sums, wide = range_hit_sums(low, high, obs), range_hit_sums(low - 5, high + 5, obs)
    shares = [float(s(sums)) for s in (range_accuracy, over_rate, under_rate)]
    assert sum(shares) == pytest.approx(1.0)
    assert float(range_accuracy(wide)) >= shares[0]
