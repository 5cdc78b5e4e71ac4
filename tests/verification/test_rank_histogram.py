"""Rank histogram: ties, missing members, statistics of flatness, against `scores`."""

import numpy as np
import pytest
import scipy.stats
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scores.probability import rank_histogram as theirs

from verification import (
    merge,
    rank_bias,
    rank_chi_square,
    rank_delta,
    rank_frequency,
    rank_sums,
    reliability_index,
)


def ensemble(members, obs):
    return xr.DataArray(members, dims=("x", "member")), xr.DataArray(obs, dims="x")


def of_counts(counts):
    """Sums of pairs whose ranks have the given counts."""
    ranks = np.repeat(np.arange(len(counts)), counts)
    members = np.arange(len(counts) - 1) + 0.5
    return rank_sums(*ensemble(np.tile(members, (len(ranks), 1)), ranks.astype(float)))


def test_by_hand():
    # below all, between, above all; two of three members equal: ranks 1, 2 and 3 of 0 … 3
    fcst, obs = ensemble([[2.0, 8.0, 5.0]] * 3 + [[4.0, 1.0, 4.0]], [1.0, 6.0, 9.0, 4.0])
    sums = rank_sums(fcst, obs)
    assert sums["rank"].values.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(sums["count"], [1, 1 / 3, 1 + 1 / 3, 1 + 1 / 3], rtol=1e-15)
    assert float(sums["pairs"]) == float(sums["weight"]) == 4.0
    np.testing.assert_allclose(
        rank_frequency(sums), np.array([1, 1 / 3, 4 / 3, 4 / 3]) / 4, rtol=1e-15
    )


def test_missing_member_or_observed_leaves_the_pair_out():
    fcst, obs = ensemble([[1.0, np.nan], [1.0, 2.0], [1.0, 2.0]], [0.0, np.nan, 3.0])
    sums = rank_sums(fcst, obs)
    assert sums["count"].values.tolist() == [0.0, 0.0, 1.0]
    assert float(sums["pairs"]) == 1.0


def test_all_members_equal_to_the_observed_give_a_flat_histogram():
    sums = rank_sums(*ensemble(np.zeros((3, 4), dtype="float32"), np.zeros(3)))
    np.testing.assert_allclose(sums["count"], [3 / 5] * 5, rtol=1e-15)


def test_observed_of_more_digits_than_the_members_is_not_tied():
    members = np.array([[np.float32(0.1), 0.3]], dtype="float32")
    sums = rank_sums(*ensemble(members, [0.1]))  # float32 0.1 lies above 0.1
    assert sums["count"].values.tolist() == [1.0, 0.0, 0.0]


def test_many_members():
    rng = np.random.default_rng(3)
    fcst, obs = ensemble(rng.random((5, 700)), rng.random(5))
    expected = (fcst < obs).sum("member")
    assert rank_sums(fcst, obs)["count"].values.nonzero()[0].tolist() == sorted(expected.values)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**31),
    st.sampled_from([(), ("lead",), ("place", "issue")]),
    st.booleans(),
    st.booleans(),
)
def test_counts_are_those_of_a_loop(seed, keep, weighted, chunked):
    rng = np.random.default_rng(seed)
    dims = ("issue", "lead", "place")
    values = rng.choice([0.0, 1.0, 2.0, 3.0, np.nan], (4, 5, 2, 3), p=[0.24] * 4 + [0.04])
    fcst = xr.DataArray(values.astype("float32"), dims=("issue", "member", "lead", "place"))
    obs = xr.DataArray(rng.choice([0.0, 1.0, 2.0, np.nan], (4, 2, 3)), dims=dims)
    weights = xr.DataArray(rng.random(3), dims="place") if weighted else None
    given_fcst = fcst.chunk(issue=3) if chunked else fcst
    found = rank_sums(given_fcst, obs, keep=keep, weights=weights)
    expected = np.zeros_like(found["count"].transpose(*(d for d in dims if d in keep), "rank"))
    for at in np.ndindex(4, 2, 3):
        x, y = fcst.transpose(*dims, "member").values[at], obs.values[at]
        if np.isnan(x).any() or np.isnan(y):
            continue
        low, high = (x < y).sum(), (x <= y).sum()
        key = tuple(at[dims.index(d)] for d in dims if d in keep)
        weight = weights.values[at[2]] if weighted else 1.0
        expected[key][low : high + 1] += weight / (high - low + 1)
    found = found.transpose(*(d for d in dims if d in keep), "rank")
    np.testing.assert_allclose(found["count"], expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found["weight"], expected.sum(-1), rtol=1e-12, atol=1e-12)


def test_against_scores():
    rng = np.random.default_rng(5)
    fcst = xr.DataArray(rng.integers(0, 6, (30, 7, 2)) * 1.0, dims=("issue", "member", "lead"))
    obs = xr.DataArray(rng.integers(0, 6, (30, 2)) * 1.0, dims=("issue", "lead"))
    found = rank_frequency(rank_sums(fcst, obs, keep="lead"))
    np.testing.assert_allclose(
        found, theirs(fcst, obs, "member", preserve_dims=["lead"]), atol=1e-14
    )


def test_flatness_by_hand():
    sums = of_counts([1, 2, 5])
    np.testing.assert_allclose(
        reliability_index(sums), abs(1 / 8 - 1 / 3) + abs(2 / 8 - 1 / 3) + abs(5 / 8 - 1 / 3)
    )
    np.testing.assert_allclose(rank_bias(sums), (2 * 1 / 2 + 5 * 1) / 8 - 1 / 2)
    squares = (1 - 8 / 3) ** 2 + (2 - 8 / 3) ** 2 + (5 - 8 / 3) ** 2
    np.testing.assert_allclose(rank_delta(sums), squares / (8 * 2 / 3))
    parts = rank_chi_square(sums)
    # slope (-1, 0, 1)/√2, parabola (1, -2, 1)/√6
    bias, spread = (5 - 1) ** 2 / 2 / (8 / 3), (1 - 4 + 5) ** 2 / 6 / (8 / 3)
    expected = [squares / (8 / 3), bias, spread, squares / (8 / 3) - bias - spread]
    np.testing.assert_allclose(parts, expected, atol=1e-13)
    np.testing.assert_allclose(parts.sel(part="total"), scipy.stats.chisquare([1, 2, 5]).statistic)


def test_parts_of_chi_square_tell_bias_from_spread():
    slope, cup = of_counts([5, 10, 15, 20, 25]), of_counts([25, 10, 5, 10, 25])
    assert rank_chi_square(slope).sel(part="bias") == pytest.approx(
        rank_chi_square(slope).sel(part="total")
    )
    assert float(rank_chi_square(cup).sel(part="bias")) == pytest.approx(0, abs=1e-12)
    assert rank_chi_square(cup).sel(part="spread") > 0.9 * rank_chi_square(cup).sel(part="total")


def test_reliable_ensemble_is_flat_within_chance():
    rng = np.random.default_rng(11)
    fcst, obs = ensemble(rng.normal(size=(20_000, 9)), rng.normal(size=20_000))
    sums = rank_sums(fcst, obs)
    # Σ|n_k - e| over 10 ranks: about √(2·10/(π·20000)) = 0.018
    assert 0.008 < float(reliability_index(sums)) < 0.03
    assert abs(float(rank_bias(sums))) < 4 * 0.32 / 20_000**0.5
    assert 0.2 < float(rank_delta(sums)) < 2.5
    assert float(rank_chi_square(sums).sel(part="total")) < scipy.stats.chi2.ppf(0.999, 9)


def test_ensembles_of_different_sizes_do_not_merge():
    fcst, obs = ensemble(np.zeros((2, 4)), np.zeros(2))
    with pytest.raises(ValueError, match="rank"):
        merge(rank_sums(fcst, obs), rank_sums(fcst[:, :3], obs))


def test_one_member_has_no_spread():
    with pytest.raises(ValueError, match="bias and spread need at least two members, found 1"):
        rank_chi_square(rank_sums(*ensemble([[1.0]], [2.0])))
