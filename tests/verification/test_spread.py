"""Spread beside the error of the mean: by hand, against numpy and `scores`."""

import numpy as np
import pytest
import scores.continuous as reference
import xarray as xr

from verification import (
    ensemble_mean_rmse,
    ensemble_spread,
    group_sums,
    merge,
    spread_error_bins,
    spread_error_sums,
    spread_skill_ratio,
    spread_sums,
)


def ensemble(members, obs):
    return xr.DataArray(members, dims=("x", "member")), xr.DataArray(obs, dims="x")


def test_by_hand():
    # means 4 and 2, variances ((-2)² + 1² + 1²)/2 = 3 and (1 + 0 + 1)/2 = 1
    fcst, obs = ensemble([[2.0, 5.0, 5.0], [1.0, 2.0, 3.0]], [6.0, 2.5])
    sums = spread_sums(fcst, obs)
    variance, error = (3 + 1) / 2, ((4 - 6) ** 2 + (2 - 2.5) ** 2) / 2
    np.testing.assert_allclose(ensemble_spread(sums), variance**0.5)
    np.testing.assert_allclose(ensemble_mean_rmse(sums), error**0.5)
    np.testing.assert_allclose(spread_skill_ratio(sums), (variance * 4 / 3 / error) ** 0.5)


def test_against_scores_and_numpy():
    rng = np.random.default_rng(6)
    fcst, obs = ensemble(rng.gamma(2.0, 40.0, (50, 7)), rng.gamma(2.0, 40.0, 50))
    sums = spread_sums(fcst, obs)
    np.testing.assert_allclose(
        ensemble_mean_rmse(sums), reference.rmse(fcst.mean("member"), obs), rtol=1e-12
    )
    variance = fcst.values.var(axis=1, ddof=1).mean()
    np.testing.assert_allclose(ensemble_spread(sums), variance**0.5, rtol=1e-12)


def test_missing_members_leave_their_pair_smaller():
    fcst, obs = ensemble(
        [[1.0, np.nan, 3.0], [np.nan, np.nan, 3.0], [1.0, 2.0, 9.0], [np.nan] * 3],
        [5.0, 1.0, np.nan, 0.0],
    )
    sums = spread_sums(fcst, obs)
    # only the first pair has two members and an observation: variance 2, mean 2
    assert float(sums["pairs"]) == 1.0
    assert float(sums["variance"]) == 2.0
    assert float(sums["expected_squared_error"]) == 2.0 * 3 / 2
    assert float(sums["squared_error"]) == 9.0


def test_reliable_ensembles_of_any_size_have_ratio_one():
    rng = np.random.default_rng(8)
    center, width = rng.normal(size=60_000), rng.gamma(4.0, size=60_000)
    obs = center + width * rng.normal(size=60_000)
    for members in (2, 5, 20):
        drawn = center[:, None] + width[:, None] * rng.normal(size=(60_000, members))
        assert float(spread_skill_ratio(spread_sums(*ensemble(drawn, obs)))) == pytest.approx(
            1, abs=0.015
        )


def test_large_values_keep_their_variance():
    fcst, obs = ensemble(np.array([[1e6, 1e6 + 1, 1e6 + 2]], dtype="float32"), [0.0])
    assert float(spread_sums(fcst, obs)["variance"]) == 1.0


def test_bins_by_hand():
    # standard deviations 1, 2, 2 and 4; an edge belongs to the bin below it
    fcst, obs = ensemble(
        [[1.0, 2.0, 3.0], [0.0, 2.0, 4.0], [2.0, 4.0, 6.0], [0.0, 4.0, 8.0]],
        [2.0, 3.0, 7.0, np.nan],
    )
    sums = spread_error_sums(fcst, obs, edges=[1, 3, 9])
    assert sums["spread_bin"].values.tolist() == [1, 3, 9, np.inf]
    curve = spread_error_bins(sums)
    assert curve["count"].values.tolist() == [1, 2, 0, 0]
    np.testing.assert_allclose(
        curve["spread"], [(4 / 3) ** 0.5, (4 * 4 / 3) ** 0.5, np.nan, np.nan]
    )
    np.testing.assert_allclose(curve["error"], [0, ((1 + 9) / 2) ** 0.5, np.nan, np.nan])


def test_bins_add_up_to_the_whole():
    rng = np.random.default_rng(1)
    fcst = xr.DataArray(rng.normal(size=(20, 3, 6)), dims=("issue", "lead", "member"))
    obs = xr.DataArray(rng.normal(size=(20, 3)), dims=("issue", "lead")).where(fcst[..., 0] > -1)
    whole = spread_sums(fcst, obs, keep="lead")
    binned = spread_error_sums(fcst, obs, edges=[0.7, 1.0, 1.3], keep="lead")
    for name in ("expected_squared_error", "squared_error"):
        np.testing.assert_allclose(binned[name].sum("spread_bin"), whole[name])
    parts = [
        spread_error_sums(fcst[cut], obs[cut], edges=[0.7, 1.0, 1.3])
        for cut in (slice(0, 7), slice(7, None))
    ]
    xr.testing.assert_allclose(merge(*parts), group_sums(binned))


@pytest.mark.parametrize("edges", [[], [2.0, 1.0], [[1.0, 2.0]], [1.0, np.nan]])
def test_bad_edges(edges):
    with pytest.raises(ValueError, match="edges must increase"):
        spread_error_sums(*ensemble([[1.0, 2.0]], [1.0]), edges=edges)


def test_other_edges_do_not_merge():
    pair = ensemble([[1.0, 2.0]], [1.0])
    with pytest.raises(ValueError, match="spread_bin"):
        merge(spread_error_sums(*pair, edges=[1.0]), spread_error_sums(*pair, edges=[2.0]))
