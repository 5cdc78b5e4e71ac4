"""Resamples of days, and scores of resamples, against resampling the pairs themselves."""

import warnings
from itertools import combinations_with_replacement

import numpy as np
import pytest
import xarray as xr
from persistent_series import ar1

from verification import SCORES, contingency_sums, continuous_sums, pod, quantile_sums, rmse
from verification.inference import resampling
from verification.inference.resampling import draw_days, resampled_scores


def test_draws_are_whole_circular_blocks():
    counts = draw_days(12, 4, 500, seed=1)
    assert counts.shape == (500, 12)
    assert counts.dtype == np.float64
    assert (counts.sum(axis=1) == 12).all()
    # Three blocks of four days from any of twelve starts; after day 11 comes day 0.
    boxes = np.array([np.isin(np.arange(12), (start + np.arange(4)) % 12) for start in range(12)])
    possible = {
        tuple(boxes[list(starts)].sum(axis=0).tolist())
        for starts in combinations_with_replacement(range(12), 3)
    }
    assert {tuple(row) for row in counts.tolist()} <= possible
    # Without blocks that wrap, day 0 could be drawn only with day 1.
    assert (counts[:, 0] > counts[:, 1]).any()


def test_last_block_is_cut_to_the_sample():
    counts = draw_days(11, 4, 200, seed=0)
    assert (counts.sum(axis=1) == 11).all()
    whole, cut = (
        [np.isin(np.arange(11), (start + np.arange(length)) % 11) for start in range(11)]
        for length in (4, 3)
    )
    possible = {tuple((a.astype(int) + b + c).tolist()) for a in whole for b in whole for c in cut}
    assert {tuple(row) for row in counts.tolist()} <= possible


def test_every_day_is_drawn_equally_often():
    # A day is in one of three blocks with chance 4/12: mean 1, variance 3 · 1/3 · 2/3 = 2/3, and
    # a standard error of √(2/3 / 20000) = 0.006 over 20000 resamples.
    mean = draw_days(12, 4, 20000, seed=2).mean(axis=0)
    np.testing.assert_allclose(mean, 1.0, atol=0.025)


def test_seeds():
    first = draw_days(30, 5, 40, seed=1)
    assert (draw_days(30, 5, 40, seed=1) == first).all()
    assert (draw_days(30, 5, 40, seed=2) != first).any()


def test_blocks_keep_the_spread_of_a_mean_of_persistent_days():
    series = ar1(np.random.default_rng(12), 0.8, (40, 600))
    series -= series.mean(axis=1, keepdims=True)
    spread = {
        block: (draw_days(600, block, 2000, seed=0) @ series.T / 600).std(axis=0).mean()
        for block in (1, 30)
    }
    # Of one day: that of white noise, √(1 / 600). Of blocks of 30 days: nearly √((1 + .8) /
    # (1 - .8)) = 3 times as much; (1 + 2 Σ (1 - k/30) .8^k) - 9 · 30/600 = 7.2 for 9.
    np.testing.assert_allclose(spread[1], 600**-0.5, rtol=0.06)
    assert 7.2**0.5 * 0.9 < spread[30] / spread[1] < 3


@pytest.fixture
def pairs():
    rng = np.random.default_rng(0)
    coords = {"issue": np.arange(40), "lead": [1, 2, 3]}
    fcst, obs = (xr.DataArray(rng.normal(size=(40, 3)), coords, ("issue", "lead")) for _ in "fo")
    fcst[4, 1] = np.nan
    return fcst, obs


def test_scores_are_those_of_the_resampled_pairs(pairs):
    sums = continuous_sums(*pairs, keep=("issue", "lead"))
    counts = draw_days(40, 5, 50, seed=7)
    [found] = resampled_scores(sums, [rmse], [("lead",)], dim="issue", counts=counts)
    fcst, obs = (x.values for x in pairs)
    for replicate, count in zip(found, counts, strict=True):
        rows = np.repeat(np.arange(40), count.astype(int))
        expected = np.nanmean((fcst[rows] - obs[rows]) ** 2, axis=0) ** 0.5
        np.testing.assert_allclose(replicate, expected, rtol=1e-12)


def test_each_day_left_out_once(pairs):
    sums = continuous_sums(*pairs, keep=("issue", "lead"))
    [found] = resampled_scores(sums, [rmse], [("lead",)], dim="issue")
    fcst, obs = (x.values for x in pairs)
    assert found.shape == (40, 3)
    for day, without in enumerate(found):
        error = np.delete(fcst - obs, day, axis=0)
        np.testing.assert_allclose(without, np.nanmean(error**2, axis=0) ** 0.5, rtol=1e-12)


def test_slices_change_nothing(pairs, monkeypatch):
    sums = continuous_sums(*pairs, keep=("lead", "issue"))
    counts = draw_days(40, 5, 50, seed=7)
    whole = [
        resampled_scores(sums, [rmse, SCORES["mae"]], [("lead",)] * 2, dim="issue", counts=c)
        for c in (counts, None)
    ]
    monkeypatch.setattr(resampling, "_SLICE", 3 * 3 * len(sums.data_vars))  # three replicates
    for c, expected in zip((counts, None), whole, strict=True):
        found = resampled_scores(
            sums, [rmse, SCORES["mae"]], [("lead",)] * 2, dim="issue", counts=c
        )
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_scores_read_labels_of_the_sums():
    fcst = xr.DataArray(
        [[1.0, 2.0, 3.0], [2.0, 4.0, 5.0]],
        dims=("issue", "quantile"),
        coords={"quantile": [0.05, 0.5, 0.95]},
    )
    sums = quantile_sums(fcst, xr.DataArray([2.5, 6.0], dims="issue"), keep="issue")
    counts = np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
    [found] = resampled_scores(sums, [SCORES["coverage_90"]], [()], dim="issue", counts=counts)
    # 2.5 is within 1 to 3, 6 is not within 2 to 5.
    assert found.tolist() == [1.0, 0.5, 0.0]


def test_undefined_resamples_are_missing_without_a_warning():
    event = xr.DataArray([1.0, 0.0, 0.0], dims="issue")
    sums = contingency_sums(event, event, keep="issue")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        [found] = resampled_scores(sums, [pod], [()], dim="issue")
    assert np.isnan(found[0])  # the only event is left out
    assert found[1:].tolist() == [1.0, 1.0]
