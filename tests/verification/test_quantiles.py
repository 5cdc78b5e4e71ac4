"""Quantile scores against arithmetic by hand and the library `scoringrules`."""

import numpy as np
import pytest
import scipy.stats
import scoringrules
import xarray as xr

from verification import (
    coverage,
    crps_quantiles,
    pinball,
    quantile_sums,
    share_at_or_below,
    width,
)

LEVELS = np.round(np.arange(1, 20) * 0.05, 2)


def grid(values, levels):
    return xr.DataArray(values, dims=("x", "quantile"), coords={"quantile": levels})


def test_by_hand():
    fcst = grid([[10.0, 20.0, 40.0], [10.0, 20.0, 40.0]], [0.1, 0.5, 0.9])
    sums = quantile_sums(fcst, xr.DataArray([30.0, 5.0], dims="x"))
    # observed 30: .1 (30 - 10), .5 (30 - 20), .1 (40 - 30)
    # observed  5: .9 (10 - 5), .5 (20 - 5), .1 (40 - 5)
    first, second = np.array([2.0, 5.0, 1.0]), np.array([4.5, 7.5, 3.5])
    np.testing.assert_allclose(pinball(sums), (first + second) / 2)
    np.testing.assert_allclose(crps_quantiles(sums), 2 * (8.0 / 3 + 15.5 / 3) / 2)
    np.testing.assert_array_equal(sums["at_or_below"], [1, 1, 2])
    assert float(coverage(sums, 0.8)) == 1 / 2
    assert float(width(sums, 0.8)) == 30.0


def test_interval_is_closed():
    fcst = grid([[10.0, 20.0]] * 4, [0.05, 0.95])
    sums = quantile_sums(fcst, xr.DataArray([10.0, 20.0, 9.99, 20.01], dims="x"))
    assert float(coverage(sums)) == 2 / 4


def test_every_central_interval_of_the_grid_and_float32_levels():
    normal = scipy.stats.norm.ppf(LEVELS)
    fcst = grid(np.tile(normal, (2, 1)).astype("float32"), LEVELS.astype("float32"))
    sums = quantile_sums(fcst, xr.DataArray([0.0, 1.0], dims="x"))
    np.testing.assert_allclose(sums["interval"], np.arange(9, 0, -1) / 10, atol=1e-6)
    np.testing.assert_allclose(width(sums, 0.9), 2 * 1.6448536, rtol=1e-6)
    # 1 lies outside the interval of 60 % (±.8416) and inside the one of 70 % (±1.0364)
    assert float(coverage(sums, 0.6)) == 0.5
    assert float(coverage(sums, 0.7)) == 1.0


def test_observed_on_a_quantile_is_at_or_below_it():
    sums = quantile_sums(grid([[1.0, 2.0, 3.0]], [0.2, 0.5, 0.8]), xr.DataArray([2.0], dims="x"))
    assert share_at_or_below(sums).values.tolist() == [0.0, 1.0, 1.0]


def test_true_quantiles_have_the_share_of_their_level():
    observed = xr.DataArray(np.random.default_rng(3).normal(size=20000), dims="x")
    fcst = grid(np.tile(scipy.stats.norm.ppf(LEVELS), (20000, 1)), LEVELS)
    # standard error at most √(.25 / 20000) = .0035
    np.testing.assert_allclose(share_at_or_below(quantile_sums(fcst, observed)), LEVELS, atol=0.012)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_pinball_against_scoringrules(level):
    rng = np.random.default_rng(4)
    fcst, observed = rng.gamma(2.0, 40.0, 50), rng.gamma(2.0, 40.0, 50)
    sums = quantile_sums(grid(fcst[:, None], [level]), xr.DataArray(observed, dims="x"))
    expected = scoringrules.quantile_score(observed, fcst, level, backend="numpy").mean()
    np.testing.assert_allclose(pinball(sums), [expected])


@pytest.mark.parametrize("levels", [[0.5, 0.1], [0.0, 0.5], [0.5, 1.0], [0.5, 0.5]])
def test_levels_must_increase_within_zero_and_one(levels):
    with pytest.raises(ValueError, match=r"quantile levels must increase within \(0, 1\)"):
        quantile_sums(grid([[1.0, 2.0]], levels), xr.DataArray([1.0], dims="x"))


def test_levels_must_be_labelled():
    bare = xr.DataArray([[1.0, 2.0]], dims=("x", "quantile"))
    with pytest.raises(ValueError, match="needs a dimension 'quantile' with its levels"):
        quantile_sums(bare, xr.DataArray([1.0], dims="x"))


def test_a_missing_quantile_drops_the_pair():
    fcst = grid([[1.0, np.nan], [1.0, 2.0], [1.0, 2.0]], [0.4, 0.6])
    sums = quantile_sums(fcst, xr.DataArray([1.0, 1.0, np.nan], dims="x"))
    assert float(sums["pairs"]) == 1.0
    # .4 · 0 and (1 - .6) · 1
    np.testing.assert_allclose(sums["pinball"], [0.0, 0.4])


def test_crossing_quantiles_hold_nothing():
    sums = quantile_sums(grid([[3.0, 1.0]], [0.05, 0.95]), xr.DataArray([2.0], dims="x"))
    assert float(coverage(sums)) == 0.0


def test_against_scoringrules():
    rng = np.random.default_rng(1)
    fcst = np.sort(rng.gamma(2.0, 40.0, (60, 19)), axis=1)
    obs = rng.gamma(2.0, 40.0, 60)
    expected = scoringrules.crps_quantile(obs, fcst, LEVELS, backend="numpy")
    sums = quantile_sums(grid(fcst, LEVELS), xr.DataArray(obs, dims="x"), keep="x")
    np.testing.assert_allclose(crps_quantiles(sums), expected, rtol=1e-12)


def test_tends_to_the_closed_form_of_the_normal():
    levels = (np.arange(2000) + 0.5) / 2000
    obs = np.array([-1.0, 0.0, 2.5])
    fcst = grid(np.tile(scipy.stats.norm.ppf(levels), (3, 1)), levels)
    found = crps_quantiles(quantile_sums(fcst, xr.DataArray(obs, dims="x"), keep="x"))
    z = obs
    exact = z * (2 * scipy.stats.norm.cdf(z) - 1) + 2 * scipy.stats.norm.pdf(z) - np.pi**-0.5
    np.testing.assert_allclose(found, exact, atol=1e-5)
