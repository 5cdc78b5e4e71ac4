"""Spread and pattern against arithmetic by hand, numpy and `scores`; their identities."""

import numpy as np
import pytest
import scores.continuous as reference
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from verification import (
    bias,
    continuous_sums,
    correlation,
    crmse,
    kge,
    nse,
    rmse,
    standard_deviation_ratio,
    target_statistics,
    taylor_statistics,
)

FCST = xr.DataArray([12.0, 18.0, 33.0], dims="x")
OBS = xr.DataArray([10.0, 20.0, 30.0], dims="x")


def sample(seed=3):
    rng = np.random.default_rng(seed)
    obs = xr.DataArray(rng.gamma(2.0, 40.0, (60, 3, 5)), dims=("issue", "lead", "place"))
    fcst = obs * rng.lognormal(0.1, 0.4, obs.shape)
    return fcst.where(rng.random(obs.shape) > 0.1), obs.where(rng.random(obs.shape) > 0.1)


def test_by_hand():
    sums = continuous_sums(FCST, OBS)
    # means 21 and 20; departures -9, -3, 12 and -10, 0, 10; errors 2, -2, 3, mean 1
    f, o, product = (81 + 9 + 144) / 3, (100 + 0 + 100) / 3, (90 + 0 + 120) / 3
    r = product / (f * o) ** 0.5
    np.testing.assert_allclose(crmse(sums), ((1 + 9 + 4) / 3) ** 0.5)
    np.testing.assert_allclose(standard_deviation_ratio(sums), (f / o) ** 0.5)
    np.testing.assert_allclose(nse(sums), 1 - (4 + 4 + 9) / (100 + 0 + 100))
    distance = ((r - 1) ** 2 + ((f / o) ** 0.5 - 1) ** 2 + (21 / 20 - 1) ** 2) ** 0.5
    np.testing.assert_allclose(kge(sums), 1 - distance)


def test_taylor_and_target_by_hand():
    sums = continuous_sums(FCST, OBS)
    f, o = (234 / 3) ** 0.5, (200 / 3) ** 0.5
    found = taylor_statistics(sums)
    np.testing.assert_allclose(found["forecast_deviation"], f)
    np.testing.assert_allclose(found["observed_deviation"], o)
    np.testing.assert_allclose(found["standard_deviation_ratio"], f / o)
    np.testing.assert_allclose(found["crmse"], (14 / 3) ** 0.5)
    np.testing.assert_allclose(found["normalised_crmse"], (14 / 3) ** 0.5 / o)
    np.testing.assert_allclose(found["correlation"], 70 / (f * o))
    target = target_statistics(sums)
    np.testing.assert_allclose(target["normalised_bias"], 1 / o)
    np.testing.assert_allclose(target["signed_crmse"], (14 / 3) ** 0.5 / o)  # σ_F > σ_O
    np.testing.assert_allclose(target["distance"], (17 / 3) ** 0.5 / o)
    narrow = target_statistics(continuous_sums(OBS, FCST))
    np.testing.assert_allclose(narrow["signed_crmse"], -((14 / 3) ** 0.5) / f)


@pytest.mark.parametrize(("ours", "theirs"), [(nse, reference.nse), (kge, reference.kge)])
def test_against_scores(ours, theirs):
    fcst, obs = sample()
    # Both see the same pairs: the library takes the observed mean over all observations.
    obs = obs.where(fcst.notnull())
    fcst = fcst.where(obs.notnull())
    expected = theirs(fcst, obs, preserve_dims="lead")
    found = ours(continuous_sums(fcst, obs, keep="lead"))
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-10)


def test_against_numpy():
    fcst, obs = sample(5)
    sums = continuous_sums(fcst, obs)
    both = (fcst.notnull() & obs.notnull()).values
    f, o = fcst.values[both], obs.values[both]
    np.testing.assert_allclose(crmse(sums), np.std(f - o), rtol=1e-12)
    np.testing.assert_allclose(standard_deviation_ratio(sums), np.std(f) / np.std(o), rtol=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e3, 1e5])
def test_a_large_mean_costs_few_digits(offset):
    rng = np.random.default_rng(5)
    obs = offset + 5 * rng.normal(size=20_000)
    fcst = obs + 5 * rng.normal(size=20_000)
    sums = continuous_sums(xr.DataArray(fcst, dims="x"), xr.DataArray(obs, dims="x"))
    np.testing.assert_allclose(crmse(sums), np.std(fcst - obs), rtol=1e-12)
    np.testing.assert_allclose(
        standard_deviation_ratio(sums), np.std(fcst) / np.std(obs), rtol=1e-6
    )
    np.testing.assert_allclose(
        nse(sums), 1 - ((fcst - obs) ** 2).mean() / np.var(obs), rtol=1e-5, atol=1e-5
    )


def test_a_constant_offset_leaves_no_centred_error():
    obs = xr.DataArray(np.random.default_rng(0).random(1000), dims="x")
    assert float(crmse(continuous_sums(obs + 0.1, obs))) == 0.0


def test_constants_and_single_pairs():
    obs = xr.DataArray(np.random.default_rng(0).random(1000), dims="x")
    flat = xr.full_like(obs, 0.1)
    constant_forecast = continuous_sums(flat, obs)
    assert float(standard_deviation_ratio(constant_forecast)) == 0.0
    assert np.isnan(kge(constant_forecast))
    np.testing.assert_allclose(nse(constant_forecast), 1 - ((0.1 - obs) ** 2).mean() / obs.var())
    constant_observed = continuous_sums(obs, flat)
    single = continuous_sums(obs[:1], obs[:1] + 1)
    for sums in (constant_observed, single):
        assert all(np.isnan(s(sums)) for s in (standard_deviation_ratio, nse, kge))
        assert all(np.isnan(v) for v in target_statistics(sums).values())
    assert float(crmse(single)) == 0.0


def test_other_sums_raise():
    from verification import fractional_sums

    with pytest.raises(ValueError, match="family 'continuous', found 'fractional'"):
        target_statistics(fractional_sums(FCST, OBS))


@given(arrays(np.float64, (2, 30), elements=st.integers(0, 500)))
@settings(max_examples=20, deadline=None)
def test_identities(values):
    sums = continuous_sums(*(xr.DataArray(v, dims="x") for v in values))
    np.testing.assert_allclose(rmse(sums) ** 2, bias(sums) ** 2 + crmse(sums) ** 2, atol=1e-6)
    found = taylor_statistics(sums)
    if not np.isnan(found["correlation"]):
        f, o = found["forecast_deviation"], found["observed_deviation"]
        np.testing.assert_allclose(
            crmse(sums) ** 2, f**2 + o**2 - 2 * f * o * correlation(sums), atol=1e-6
        )
        assert float(nse(sums)) <= float(correlation(sums)) ** 2 + 1e-9
        target = target_statistics(sums)
        np.testing.assert_allclose(target["distance"], rmse(sums) / o, rtol=1e-6)
