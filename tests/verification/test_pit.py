"""Histogram of the PIT: by hand, with ties, against a loop, and flat for calibrated forecasts."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.stats
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from verification import (
    merge,
    pit_histogram,
    pit_mean,
    pit_reliability_index,
    pit_sums,
    pit_variance,
)

LEVELS = np.round(np.arange(1, 20) * 0.05, 2)


def grid(values, levels):
    return xr.DataArray(values, dims=("x", "quantile"), coords={"quantile": levels})


def series(values):
    return xr.DataArray(values, dims="x")


def test_by_hand():
    fcst = grid([[1.0, 2.0, 4.0]] * 5, [0.25, 0.5, 0.75])
    sums = pit_sums(fcst, series([0.0, 1.5, 3.0, 3.5, 9.0]))
    assert sums["bin"].values.tolist() == [0, 0.25, 0.5, 0.75]
    assert sums["count"].values.tolist() == [1, 1, 2, 1]
    found = pit_histogram(sums)
    np.testing.assert_allclose(found["share"], [0.2, 0.2, 0.4, 0.2])
    np.testing.assert_allclose(found["density"], [0.8, 0.8, 1.6, 0.8])
    np.testing.assert_allclose(pit_reliability_index(sums), 0.05 + 0.05 + 0.15 + 0.05)
    mean = 0.2 * 0.125 + 0.2 * 0.375 + 0.4 * 0.625 + 0.2 * 0.875
    np.testing.assert_allclose(pit_mean(sums), mean)
    square = 0.2 * 0.125**2 + 0.2 * 0.375**2 + 0.4 * 0.625**2 + 0.2 * 0.875**2 + 0.25**2 / 12
    np.testing.assert_allclose(pit_variance(sums), square - mean**2)


def test_ties_are_split_evenly_on_an_even_grid():
    fcst = grid([[0.0, 0.0, 0.0, 5.0]], [0.2, 0.4, 0.6, 0.8])
    np.testing.assert_allclose(
        pit_sums(fcst, series([0.0]))["count"], [1 / 4, 1 / 4, 1 / 4, 1 / 4, 0]
    )
    # on a single quantile: half on either side
    np.testing.assert_allclose(pit_sums(fcst, series([5.0]))["count"], [0, 0, 0, 1 / 2, 1 / 2])


def test_ties_are_split_by_nominal_share_on_an_uneven_grid():
    fcst = grid([[0.0, 0.0, 5.0]], [0.1, 0.4, 0.9])
    # bins of .1, .3, .5 touch zero
    np.testing.assert_allclose(
        pit_sums(fcst, series([0.0]))["count"], [0.1 / 0.9, 0.3 / 0.9, 0.5 / 0.9, 0]
    )


def test_a_true_mass_at_zero_is_flat():
    # half of the observed are zero, and the quantiles up to 0.5 say so
    rng = np.random.default_rng(1)
    observed = np.where(rng.random(20000) < 0.5, 0.0, rng.random(20000))
    quantiles = np.clip(2 * (LEVELS - 0.5), 0, None)
    sums = pit_sums(grid(np.tile(quantiles, (20000, 1)), LEVELS), series(observed))
    found = pit_histogram(sums)
    # the quantile of 0.5 itself is zero, so the bin above it takes 1/11 of the zeros as well
    assert found["density"].values[:10] == pytest.approx(20 * 0.5 / 11, rel=0.03)
    assert float(sums["count"].sum()) == pytest.approx(20000)


def test_calibrated_forecast_is_flat_and_others_show_their_fault():
    rng = np.random.default_rng(2)
    centre = rng.normal(size=(20000, 1))
    observed = series(centre[:, 0] + rng.normal(size=20000))
    normal = scipy.stats.norm.ppf(LEVELS)
    good, narrow, wide, high = (
        pit_sums(grid(centre + shift + spread * normal, LEVELS), observed)
        for shift, spread in ((0, 1), (0, 0.5), (0, 2), (1, 1))
    )
    np.testing.assert_allclose(pit_histogram(good)["density"], 1, atol=0.12)
    # by chance about √(2 · 20 / (π · 20000)) = .025
    assert float(pit_reliability_index(good)) < 0.05
    assert float(pit_mean(good)) == pytest.approx(0.5, abs=0.01)
    assert float(pit_variance(good)) == pytest.approx(1 / 12, abs=0.002)
    assert float(pit_variance(narrow)) > 1 / 12 + 0.02
    assert float(pit_variance(wide)) < 1 / 12 - 0.02
    assert float(pit_mean(high)) < 0.35
    # exact: PIT of N(0, 1) in N(0, 1/4): mean 1/2, and in the bin below 0.05 P(Z < ½ · -1.645)
    share = pit_histogram(narrow)["share"].values[0]
    assert share == pytest.approx(scipy.stats.norm.cdf(0.5 * normal[0]), abs=0.01)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 6))
def test_counts_are_those_of_a_loop(seed, n):
    rng = np.random.default_rng(seed)
    levels = np.sort(rng.choice(np.arange(1, 20), n, replace=False)) / 20
    fcst = np.sort(rng.integers(0, 4, (15, n)).astype(float), axis=1)
    observed = rng.integers(-1, 5, 15).astype(float)
    edges = [0.0, *levels, 1.0]
    expected = np.zeros(n + 1)
    for q, y in zip(fcst, observed, strict=True):
        walls = [-np.inf, *q, np.inf]
        inside = np.array([low <= y <= high for low, high in pairwise(walls)])
        share = inside * np.diff(edges)
        expected += share / share.sum()
    found = pit_sums(grid(fcst, levels), series(observed))
    np.testing.assert_allclose(found["count"], expected, atol=1e-12)
    assert float(found["count"].sum()) == pytest.approx(float(found["pairs"]))


def test_crossing_quantiles_still_count_once():
    found = pit_sums(grid([[3.0, 1.0]], [0.25, 0.75]), series([2.0]))
    # below 3 and above 1: the outer bins, a quarter each
    np.testing.assert_allclose(found["count"], [1 / 2, 0, 1 / 2])


def test_missing_quantile_drops_the_pair_and_levels_are_checked():
    fcst = grid([[1.0, np.nan], [1.0, 2.0]], [0.4, 0.6])
    assert float(pit_sums(fcst, series([1.5, 1.5]))["count"].sum()) == 1
    with pytest.raises(ValueError, match=r"levels must increase within \(0, 1\)"):
        pit_sums(grid([[1.0, 2.0]], [0.6, 0.4]), series([1.5]))


def test_different_levels_do_not_merge():
    parts = [pit_sums(grid([[1.0, 2.0]], k), series([1.5])) for k in ([0.1, 0.9], [0.2, 0.9])]
    with pytest.raises(ValueError, match="dimension 'bin' differs at position 1"):
        merge(*parts)
