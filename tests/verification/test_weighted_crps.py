"""Threshold-weighted CRPS of ensembles and of quantiles."""

import numpy as np
import pytest
import scoringrules
import xarray as xr
from scores.probability import tail_tw_crps_for_ensemble

from verification import (
    crps_fair,
    crps_nrg,
    crps_quantiles,
    ensemble_sums,
    merge,
    quantile_sums,
    twcrps_fair,
    twcrps_nrg,
    twcrps_quantile_sums,
    twcrps_quantiles,
    twcrps_sums,
)


def test_by_hand():
    fcst = xr.DataArray([[2.0, 8.0, 5.0]], dims=("x", "member"))
    sums = twcrps_sums(fcst, xr.DataArray([4.0], dims="x"), thresholds=[3, 6, 9])
    # above 3: {3, 8, 5} for 4; above 6: {6, 8, 6} for 6; nothing is above 9
    distance = np.array([(1 + 4 + 1) / 3, 2 / 3, 0])
    between = np.array([5 + 2 + 3, 2 + 0 + 2, 0])
    np.testing.assert_allclose(twcrps_nrg(sums), distance - between / 9)
    np.testing.assert_allclose(twcrps_fair(sums), distance - between / 6, atol=1e-15)
    assert twcrps_nrg(sums)["threshold"].values.tolist() == [3, 6, 9]


def test_is_the_integral_above_the_threshold():
    members, y, t = np.array([40.0, 70.0, 95.0, 130.0]), 88.0, 60.0
    z = np.linspace(t, 200, 1_400_001)
    below = (members[:, None] <= z).mean(axis=0) - (y <= z)
    expected = (below**2).sum() * (z[1] - z[0])
    fcst = xr.DataArray(members[None], dims=("x", "member"))
    found = twcrps_nrg(twcrps_sums(fcst, xr.DataArray([y], dims="x"), thresholds=t))
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


@pytest.fixture
def drawn():
    rng = np.random.default_rng(2)
    dims = ("issue", "lead")
    members = rng.gamma(2.0, 40.0, (9, 7, 2))
    return (
        xr.DataArray(members, dims=("issue", "member", "lead")),
        xr.DataArray(rng.gamma(2.0, 40.0, (9, 2)), dims=dims),
    )


def test_far_below_everything_it_is_the_crps(drawn):
    fcst, obs = drawn
    fcst = fcst.where(fcst != fcst[2, 3, 1])
    sums, plain = twcrps_sums(fcst, obs, thresholds=-1e3), ensemble_sums(fcst, obs)
    np.testing.assert_allclose(twcrps_nrg(sums), [crps_nrg(plain)], rtol=1e-12)
    np.testing.assert_allclose(twcrps_fair(sums), [crps_fair(plain)], rtol=1e-12)


def test_against_scores_and_scoringrules(drawn):
    fcst, obs = drawn
    sums = twcrps_sums(fcst, obs, thresholds=[50, 100], keep=("issue", "lead"))
    for i, threshold in enumerate([50, 100]):
        for found, theirs in ((twcrps_nrg(sums), "ecdf"), (twcrps_fair(sums), "fair")):
            expected = tail_tw_crps_for_ensemble(
                fcst, obs, "member", threshold, tail="upper", method=theirs, preserve_dims="all"
            )
            np.testing.assert_allclose(found[..., i], expected, rtol=1e-11, atol=1e-12)
        expected = scoringrules.twcrps_ensemble(
            obs.values,
            fcst.transpose(..., "member").values,
            a=threshold,
            estimator="nrg",
            backend="numpy",
        )
        np.testing.assert_allclose(twcrps_nrg(sums)[..., i], expected, rtol=1e-11, atol=1e-12)


def test_missing_members_and_observations():
    fcst = xr.DataArray(
        [[2.0, np.nan, 9.0], [np.nan, 3.0, np.nan], [np.nan] * 3, [1.0, 2.0, 3.0]],
        dims=("x", "member"),
    ).astype("float32")
    sums = twcrps_sums(fcst, xr.DataArray([4.0, 1.0, 1.0, np.nan], dims="x"), thresholds=[3, 5])
    assert float(sums["pairs"]) == 2.0
    assert float(sums["weight_fair"]) == 1.0
    # {3, 9} for 4 and {3} for 3; {5, 9} for 5 and {5} for 5
    np.testing.assert_allclose(sums["twcrps_nrg"], [(1 + 5) / 2 - 6 / 4, 4 / 2 - 4 / 4])
    np.testing.assert_allclose(sums["twcrps_fair"], [(1 + 5) / 2 - 6 / 2, 4 / 2 - 4 / 2])


def test_input_is_not_written_to(drawn):
    fcst, obs = (a.astype("float32") for a in drawn)
    before = fcst.copy(deep=True)
    twcrps_sums(fcst.transpose(..., "member"), obs, thresholds=50)
    xr.testing.assert_identical(fcst, before)


def test_quantiles_by_hand():
    fcst = xr.DataArray([[4.0, 8.0]], {"quantile": [0.25, 0.75]}, ("x", "quantile"))
    sums = twcrps_quantile_sums(fcst, xr.DataArray([6.0], dims="x"), thresholds=[0, 5, 7, 9])
    # 2/2 times the sum of: .25·(y - q) below, (1 - .75)·(q - y) above
    expected = [0.25 * 2 + 0.25 * 2, 0.25 * 1 + 0.25 * 2, 0.25 * 0 + 0.25 * 1, 0]
    np.testing.assert_allclose(twcrps_quantiles(sums), expected)


def test_quantiles_far_below_everything_give_the_crps():
    rng = np.random.default_rng(6)
    levels = np.array([0.1, 0.3, 0.5, 0.9])
    values = np.sort(rng.gamma(2.0, 40.0, (30, 4)))
    values[3, 1] = np.nan
    fcst = xr.DataArray(values, {"quantile": levels}, ("x", "quantile"))
    obs = xr.DataArray(rng.gamma(2.0, 40.0, 30), dims="x").where(np.arange(30) != 7)
    sums = twcrps_quantile_sums(fcst, obs, thresholds=[-500, 60])
    assert float(sums["pairs"]) == 28.0
    found = twcrps_quantiles(sums)
    np.testing.assert_allclose(found[0], crps_quantiles(quantile_sums(fcst, obs)), rtol=1e-12)
    upper = quantile_sums(fcst.clip(60), obs.clip(60))
    np.testing.assert_allclose(found[1], crps_quantiles(upper), rtol=1e-12)


@pytest.mark.parametrize(
    ("thresholds", "message"),
    [
        ([80, 70], r"thresholds must increase, found \[80.0, 70.0\]"),
        ([70, 70], "thresholds must increase"),
        ([], "one or more finite numbers"),
        (np.nan, "one or more finite numbers"),
    ],
)
def test_bad_thresholds(drawn, thresholds, message):
    with pytest.raises(ValueError, match=message):
        twcrps_sums(*drawn, thresholds=thresholds)


def test_other_thresholds_do_not_merge(drawn):
    with pytest.raises(ValueError, match="threshold"):
        merge(twcrps_sums(*drawn, thresholds=50), twcrps_sums(*drawn, thresholds=60))
