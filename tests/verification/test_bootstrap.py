"""Block bootstrap: resamples, intervals, differences."""

import numpy as np
import pytest
import xarray as xr

from verification import (
    SCORES,
    block_bootstrap,
    block_length,
    bootstrap_difference,
    contingency_sums,
    continuous_sums,
    coverage,
    mae,
    pod,
    quantile_sums,
    rmse,
)
from verification import bias as mean_error
from verification.inference.bootstrap import _draws


def errors(values, dims=("issue",)):
    fcst = xr.DataArray(values, dims=dims)
    return continuous_sums(fcst, xr.zeros_like(fcst), keep=dims)


@pytest.mark.parametrize(
    ("days", "length"), [(30, 10), (365, 10), (1000, 10), (1001, 11), (8000, 20), (8001, 21)]
)
def test_default_block_length(days, length):
    assert block_length(days) == length


def test_draws_are_whole_blocks():
    counts = _draws(12, 4, 500, seed=1)
    assert counts.shape == (500, 12)
    assert (counts.sum(axis=1) == 12).all()
    # Three blocks of four from nine starts: a start s puts s … s + 3 in together, so the counts
    # are a sum of three boxes of length four.
    boxes = np.array([np.isin(np.arange(12), np.arange(s, s + 4)) for s in range(9)], float)
    solved = np.linalg.lstsq(boxes.T, counts.T, rcond=None)[0]
    np.testing.assert_allclose(boxes.T @ solved, counts.T, atol=1e-9)
    np.testing.assert_allclose(solved, np.round(solved), atol=1e-9)
    np.testing.assert_allclose(solved.sum(axis=0), 3)
    # Every start is drawn, the first day and the last one too.
    assert (solved.round().sum(axis=1) > 0).all()
    assert (_draws(12, 4, 500, seed=1) == counts).all()
    assert (_draws(12, 4, 500, seed=2) != counts).any()


def test_last_block_is_cut_to_the_sample():
    assert (_draws(11, 4, 200, seed=0).sum(axis=1) == 11).all()


def test_agrees_with_resampling_the_pairs():
    rng = np.random.default_rng(0)
    fcst = xr.DataArray(rng.normal(size=(40, 3)), dims=("issue", "lead"))
    obs = xr.DataArray(rng.normal(size=(40, 3)), dims=("issue", "lead"))
    sums = continuous_sums(fcst, obs, keep=("issue", "lead"))
    found = block_bootstrap(sums, rmse, block=5, replicates=50, seed=7, level=0.8)
    by_hand = []
    for counts in _draws(40, 5, 50, seed=7):
        rows = np.repeat(np.arange(40), counts.astype(int))
        by_hand.append((((fcst - obs)[rows]) ** 2).mean("issue") ** 0.5)
    np.testing.assert_allclose(found["low"], np.quantile(by_hand, 0.1, axis=0))
    np.testing.assert_allclose(found["high"], np.quantile(by_hand, 0.9, axis=0))
    np.testing.assert_allclose(found["value"], rmse(continuous_sums(fcst, obs, keep="lead")))


def test_constant_errors_have_no_uncertainty():
    found = block_bootstrap(errors(np.full(40, 3.0)), mae)
    assert [float(found[n]) for n in ("value", "low", "high")] == [3.0, 3.0, 3.0]


def test_coverage_on_white_noise():
    rng = np.random.default_rng(11)
    noise = rng.normal(size=(200, 400))
    found = block_bootstrap(
        errors(noise, ("issue", "world")), mean_error, block=5, replicates=400, level=0.9
    )
    covered = float(((found["low"] <= 0) & (found["high"] >= 0)).mean())
    # 400 worlds: standard error .015; percentile intervals of 40 blocks fall a little short.
    assert 0.84 <= covered <= 0.93


def test_blocks_widen_intervals_of_persistent_errors():
    rng = np.random.default_rng(12)
    shocks = rng.normal(size=(600, 20))
    for day in range(1, 600):
        shocks[day] += 0.8 * shocks[day - 1]
    sums = errors(shocks, ("issue", "world"))
    widths = {}
    for block in (1, 20):
        found = block_bootstrap(sums, mean_error, block=block, replicates=300)
        widths[block] = float((found["high"] - found["low"]).mean())
    # An AR(1) with .8 has √((1 + .8)/(1 - .8)) = 3 times the standard error of white noise.
    assert 2.0 < widths[20] / widths[1] < 3.2


def test_short_samples_have_no_interval():
    found = block_bootstrap(errors(np.arange(19.0)), mae)
    assert float(found["value"]) == 9.0
    assert np.isnan(found["low"])
    assert np.isnan(found["high"])
    assert not np.isnan(block_bootstrap(errors(np.arange(20.0)), mae)["low"])


def test_undefined_replicates_are_left_out():
    event = np.zeros((40, 2))
    event[3, 0] = 1
    obs = xr.DataArray(event, dims=("issue", "lead"))
    found = block_bootstrap(contingency_sums(obs, obs, keep=("issue", "lead")), pod, block=4)
    np.testing.assert_array_equal(found["value"], [1.0, np.nan])
    np.testing.assert_array_equal(found["low"], [1.0, np.nan])
    np.testing.assert_array_equal(found["high"], [1.0, np.nan])


def test_scores_with_a_dimension_within_the_pair():
    rng = np.random.default_rng(13)
    fcst = xr.DataArray(
        np.tile([-1.645, 0.0, 1.645], (400, 1)),
        dims=("issue", "quantile"),
        coords={"quantile": [0.05, 0.5, 0.95]},
    )
    sums = quantile_sums(fcst, xr.DataArray(rng.normal(size=400), dims="issue"), keep="issue")
    found = block_bootstrap(sums, SCORES["coverage_90"])
    assert float(found["low"]) < 0.9 < float(found["high"])
    assert float(found["value"]) == float(coverage(sums.sum("issue").assign_attrs(sums.attrs)))


def test_difference_uses_the_same_resamples():
    rng = np.random.default_rng(14)
    shared = rng.normal(0, 10, 300)
    a = errors(shared)
    b = errors(shared + np.where(np.arange(300) % 2, 1.1, 0.9))
    found = bootstrap_difference(a, b, mean_error)
    np.testing.assert_allclose(found["value"], -1.0)
    # Error in common cancels: far tighter than either score's own interval.
    assert -1.02 < float(found["low"]) <= float(found["high"]) < -0.98
    alone = block_bootstrap(a, mean_error)
    assert float(alone["high"] - alone["low"]) > 1.0


def test_difference_needs_the_same_pairs():
    a, b = errors(np.ones(30)), errors(np.where(np.arange(30) == 4, np.nan, 1.0))
    with pytest.raises(ValueError, match=r"1 and 0 pairs at position \{'issue': 4\}"):
        bootstrap_difference(a, b, mae)
    labelled = [errors(np.ones(30)).assign_coords(issue=np.arange(30) + k) for k in (0, 1)]
    with pytest.raises(ValueError, match="'issue' differs at position 0: 0 in 'pairs of a'"):
        bootstrap_difference(*labelled, mae)
    with pytest.raises(ValueError, match="the sums are kept by"):
        bootstrap_difference(errors(np.ones(30)), errors(np.ones((30, 2)), ("issue", "lead")), mae)


def test_invalid_options_raise():
    sums = errors(np.ones(30))
    with pytest.raises(ValueError, match="must keep 'day' to be resampled"):
        block_bootstrap(sums, mae, dim="day")
    with pytest.raises(ValueError, match="block and replicates must be at least 1, found 0"):
        block_bootstrap(sums, mae, block=0)
    with pytest.raises(ValueError, match="block and replicates must be at least 1"):
        block_bootstrap(sums, mae, replicates=0)
    with pytest.raises(ValueError, match="level must lie between 0 and 1, found 95"):
        block_bootstrap(sums, mae, level=95)
