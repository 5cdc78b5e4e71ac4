"""Continuous scores against arithmetic by hand, numpy, scikit-learn and `scores`."""

import numpy as np
import pytest
import scores.continuous as reference
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import mean_absolute_error

from verification import bias, continuous_sums, correlation, mae, nmb, nme, rmse

FCST = xr.DataArray([[12.0, 30.0], [18.0, 50.0], [33.0, np.nan]], dims=("issue", "lead"))
OBS = xr.DataArray([[10.0, 40.0], [20.0, 50.0], [30.0, 10.0]], dims=("issue", "lead"))


def test_by_hand():
    sums = continuous_sums(FCST, OBS, keep="lead")
    # lead 1: errors 2, -2, 3 on 10, 20, 30; lead 2: errors -10, 0 on 40, 50
    np.testing.assert_allclose(bias(sums), [(2 - 2 + 3) / 3, (-10 + 0) / 2])
    np.testing.assert_allclose(mae(sums), [(2 + 2 + 3) / 3, (10 + 0) / 2])
    np.testing.assert_allclose(rmse(sums), [((4 + 4 + 9) / 3) ** 0.5, (100 / 2) ** 0.5])
    np.testing.assert_allclose(nmb(sums), [3 / 60, -10 / 90])
    np.testing.assert_allclose(nme(sums), [7 / 60, 10 / 90])
    # lead 1: means 21 and 20, departures -9, -3, 12 and -10, 0, 10
    r = (90 + 0 + 120) / ((81 + 9 + 144) * (100 + 0 + 100)) ** 0.5
    np.testing.assert_allclose(correlation(sums), [r, 1.0])
    np.testing.assert_array_equal(sums["pairs"], [3, 2])
    assert [s(sums).name for s in (bias, nme)] == ["bias", "nme"]


def percentage_bias(fcst, obs, **options):
    """NMB of the library, which takes all observations of the pairs it is given, in percent."""
    return reference.pbias(fcst, obs.where(fcst.notnull()), **options) / 100


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (bias, reference.additive_bias),
        (nmb, percentage_bias),
        (mae, reference.mae),
        (rmse, reference.rmse),
        (correlation, reference.correlation.pearsonr),
    ],
)
def test_against_scores(ours, theirs):
    rng = np.random.default_rng(3)
    obs = xr.DataArray(rng.gamma(2.0, 40.0, (40, 3, 5)), dims=("issue", "lead", "place"))
    fcst = obs * rng.lognormal(0.1, 0.4, obs.shape)
    fcst, obs = fcst.where(rng.random(obs.shape) > 0.1), obs.where(rng.random(obs.shape) > 0.1)
    expected = theirs(fcst, obs, preserve_dims="lead")
    found = ours(continuous_sums(fcst, obs, keep="lead"))
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-10)


def test_normalised_error_against_scikit_learn():
    rng = np.random.default_rng(4)
    obs, weights = rng.gamma(2.0, 40.0, 60), rng.random(60)
    fcst = obs * rng.lognormal(0.1, 0.4, 60)
    f, o, w = (xr.DataArray(x, dims="x") for x in (fcst, obs, weights))
    sums = continuous_sums(f, o, weights=w)
    expected = mean_absolute_error(obs, fcst, sample_weight=weights)
    np.testing.assert_allclose(nme(sums), expected / np.average(obs, weights=weights), rtol=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e5])
def test_correlation_survives_a_large_mean(offset):
    rng = np.random.default_rng(5)
    obs = offset + 5 * rng.normal(size=20_000)
    fcst = obs + 5 * rng.normal(size=20_000)
    sums = continuous_sums(xr.DataArray(fcst, dims="x"), xr.DataArray(obs, dims="x"))
    np.testing.assert_allclose(correlation(sums), np.corrcoef(fcst, obs)[0, 1], atol=1e-6)


def test_correlation_never_passes_one():
    rng = np.random.default_rng(0)
    obs = xr.DataArray(1e4 + rng.normal(size=(500, 7)), dims=("place", "x"))
    r = correlation(continuous_sums(0.1 * obs, obs, keep="place"))
    assert float(r.max()) == 1.0
    np.testing.assert_allclose(r, 1.0, atol=1e-6)


def test_correlation_of_a_constant_is_undefined():
    obs = xr.DataArray(np.random.default_rng(0).random(1000), dims="x")
    flat = xr.full_like(obs, 0.1)
    assert np.isnan(correlation(continuous_sums(flat, obs)))
    assert np.isnan(correlation(continuous_sums(obs, flat)))


def test_normalised_errors_without_observed_mass_are_undefined():
    sums = continuous_sums(xr.DataArray([1.0], dims="x"), xr.DataArray([0.0], dims="x"))
    assert np.isnan(nmb(sums))
    assert np.isnan(nme(sums))


@given(arrays(np.float32, (2, 30), elements=st.floats(0, 1000, width=32)))
@settings(max_examples=25, deadline=None)
def test_order_of_the_scores(values):
    fcst, obs = (xr.DataArray(v, dims="x") for v in values)
    sums = continuous_sums(fcst, obs)
    assert abs(float(bias(sums))) <= float(mae(sums)) * (1 + 1e-12)
    assert float(mae(sums)) <= float(rmse(sums)) * (1 + 1e-12)
    swapped = continuous_sums(obs, fcst)
    assert float(bias(swapped)) == -float(bias(sums))
    assert float(rmse(swapped)) == float(rmse(sums))
