"""Fractional scores against arithmetic by hand and a loop; pairs without a ratio."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from verification import fac2, fractional_sums, mfb, mfe

FCST = xr.DataArray([30.0, 10.0, 40.0, 0.0, 5.0, 0.0, np.nan], dims="x")
OBS = xr.DataArray([10.0, 20.0, 40.0, 8.0, 0.0, 0.0, 10.0], dims="x")


def test_by_hand():
    sums = fractional_sums(FCST, OBS)
    # (F - O)/(F + O): 20/40, -10/30, 0/80, -8/8, 5/5; the sixth has no ratio, the last no forecast
    np.testing.assert_allclose(mfb(sums), 2 * (20 / 40 - 10 / 30 + 0 - 1 + 1) / 5)
    np.testing.assert_allclose(mfe(sums), 2 * (20 / 40 + 10 / 30 + 0 + 1 + 1) / 5)
    # F/O: 3, 0.5, 1, 0, infinite: the second and third are within a factor of two
    np.testing.assert_allclose(fac2(sums), 2 / 5)
    assert (float(sums["pairs"]), float(sums["undefined"])) == (6.0, 1.0)


def test_weights_count_for_the_pairs_without_a_ratio_too():
    weights = xr.DataArray([3.0, 1.0, 1.0, 1.0, 1.0, 7.0, 1.0], dims="x")
    sums = fractional_sums(FCST, OBS, weights=weights)
    assert float(sums["undefined"]) == 7.0
    np.testing.assert_allclose(mfb(sums), 2 * (3 * 20 / 40 - 10 / 30 + 0 - 1 + 1) / (3 + 4))


@pytest.mark.parametrize(("ratio", "within"), [(0.4999, 0), (0.5, 1), (2.0, 1), (2.0001, 0)])
def test_limits_of_a_factor_of_two_are_inside(ratio, within):
    obs = xr.DataArray([16.0], dims="x")
    assert float(fac2(fractional_sums(ratio * obs, obs))) == within


def test_nothing_but_zeros_is_undefined():
    zeros = xr.DataArray([0.0, 0.0], dims="x")
    sums = fractional_sums(zeros, zeros)
    assert float(sums["undefined"]) == 2.0
    assert all(np.isnan(score(sums)) for score in (mfb, mfe, fac2))


def test_noise_below_zero_stays_out():
    fcst, obs = xr.DataArray([1.0, 30.0], dims="x"), xr.DataArray([-2.0, 10.0], dims="x")
    sums = fractional_sums(fcst, obs)
    assert float(sums["undefined"]) == 1.0
    assert float(mfb(sums)) == 2 * 20 / 40


@given(arrays(np.float32, (2, 30), elements=st.floats(0, 1000, width=32)))
@settings(max_examples=25, deadline=None)
def test_limits_and_symmetry(values):
    fcst, obs = (xr.DataArray(v, dims="x") for v in values)
    sums, swapped = fractional_sums(fcst, obs), fractional_sums(obs, fcst)
    if float(sums["undefined"]) == 30:
        return
    assert abs(float(mfb(sums))) <= float(mfe(sums)) + 1e-12 <= 2 + 1e-9
    assert float(mfb(swapped)) == -float(mfb(sums))
    assert float(fac2(swapped)) == float(fac2(sums))
