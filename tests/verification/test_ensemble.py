"""Ensemble CRPS against arithmetic by hand, `scores` and `scoringrules`."""

import numpy as np
import pytest
import scoringrules
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scores.probability import crps_for_ensemble

from verification import crps_ensemble, crps_fair, crps_nrg, ensemble_sums


def test_by_hand():
    fcst = xr.DataArray([[2.0, 8.0, 5.0]], dims=("x", "member"))
    obs = xr.DataArray([4.0], dims="x")
    # distances to the observed 2, 4, 1; between the members 6, 3, 3
    distance, between = (2 + 4 + 1) / 3, 6 + 3 + 3
    nrg, fair = distance - between / 9, distance - between / 6
    np.testing.assert_allclose(crps_ensemble(fcst, obs), [nrg])
    np.testing.assert_allclose(crps_ensemble(fcst, obs, estimator="fair"), [fair])
    sums = ensemble_sums(fcst, obs)
    np.testing.assert_allclose([crps_nrg(sums), crps_fair(sums)], [nrg, fair])


def test_missing_members_leave_their_pair_smaller():
    fcst = xr.DataArray(
        [[2.0, np.nan, 5.0], [np.nan, 3.0, np.nan], [np.nan] * 3, [1.0, 2.0, 3.0]],
        dims=("x", "member"),
    )
    obs = xr.DataArray([4.0, 1.0, 1.0, np.nan], dims="x")
    # {2, 5} for 4: (2 + 1)/2 - 3/4 and (2 + 1)/2 - 3/2; {3} for 1: 2, and undefined if fair
    np.testing.assert_allclose(crps_ensemble(fcst, obs), [0.75, 2.0, np.nan, np.nan])
    fair = crps_ensemble(fcst, obs, estimator="fair")
    np.testing.assert_allclose(fair, [0.0, np.nan, np.nan, np.nan])
    sums = ensemble_sums(fcst, obs)
    assert float(sums["pairs"]) == 2.0
    assert float(sums["weight_fair"]) == 1.0
    assert float(crps_nrg(sums)) == (0.75 + 2.0) / 2
    assert float(crps_fair(sums)) == 0.0


@pytest.fixture
def drawn():
    rng = np.random.default_rng(2)
    coords = {"issue": np.arange(9), "lead": [1, 2]}
    fcst = xr.DataArray(
        rng.gamma(2.0, 40.0, (9, 7, 2)), coords | {"member": range(7)}, ["issue", "member", "lead"]
    )
    return fcst, xr.DataArray(rng.gamma(2.0, 40.0, (9, 2)), coords, ["issue", "lead"])


@pytest.mark.parametrize(("estimator", "theirs"), [("nrg", "ecdf"), ("fair", "fair")])
def test_against_scores(drawn, estimator, theirs):
    fcst, obs = drawn
    expected = crps_for_ensemble(fcst, obs, "member", method=theirs, preserve_dims="all")
    found = crps_ensemble(fcst, obs, estimator=estimator)
    assert found.name == f"crps_{estimator}"
    np.testing.assert_allclose(found, expected.transpose(*found.dims), rtol=1e-12)
    by_lead = {"nrg": crps_nrg, "fair": crps_fair}[estimator](ensemble_sums(fcst, obs, keep="lead"))
    np.testing.assert_allclose(by_lead, expected.mean("issue"), rtol=1e-12)


@pytest.mark.parametrize("estimator", ["nrg", "fair"])
def test_against_scoringrules(drawn, estimator):
    fcst, obs = drawn
    expected = scoringrules.crps_ensemble(
        obs.values,
        fcst.transpose("issue", "lead", "member").values,
        estimator=estimator,
        backend="numpy",
    )
    np.testing.assert_allclose(crps_ensemble(fcst, obs, estimator=estimator), expected, rtol=1e-12)


def test_single_member_is_the_absolute_error():
    fcst = xr.DataArray([[7.0]], dims=("x", "realization"))
    obs = xr.DataArray([4.0], dims="x")
    assert crps_ensemble(fcst, obs, member_dim="realization").values.tolist() == [3.0]


def test_float32_far_from_zero():
    members = np.array([[100_000.0, 100_000.5, 100_001.0]], dtype="float32")
    fcst, obs = xr.DataArray(members, dims=("x", "member")), xr.DataArray([100_000.5], dims="x")
    # (.5 + 0 + .5)/3 - (.5 + 1 + .5)/9
    np.testing.assert_allclose(crps_ensemble(fcst, obs), [1 / 3 - 2 / 9], rtol=1e-12)


def test_fair_estimator_does_not_depend_on_the_number_of_members():
    rng = np.random.default_rng(4)
    obs = xr.DataArray(rng.normal(size=40_000), dims="x")
    fair, nrg = [], []
    for members in (2, 10):
        fcst = xr.DataArray(rng.normal(size=(40_000, members)), dims=("x", "member"))
        sums = ensemble_sums(fcst, obs)
        fair.append(float(crps_fair(sums)))
        nrg.append(float(crps_nrg(sums)))
    # CRPS of N(0, 1) for draws from itself: 1/√π; the energy form adds 1/(m √π).
    np.testing.assert_allclose(fair, np.pi**-0.5, atol=0.012)
    np.testing.assert_allclose(nrg, np.pi**-0.5 * (1 + np.array([1 / 2, 1 / 10])), atol=0.012)


def test_unknown_estimator():
    one = xr.DataArray([[1.0]], dims=("x", "member"))
    with pytest.raises(ValueError, match=r"estimator must be one of \['nrg', 'fair'\], found 'x'"):
        crps_ensemble(one, xr.DataArray([1.0], dims="x"), estimator="x")


@pytest.mark.parametrize("level", [0.0, 50.0, 1e4])
@pytest.mark.parametrize("layout", ["issue member", "member issue"])
def test_float32_is_as_good_as_exact(level, layout):
    """Within 1e-6 of each score, and 1e-7 of their mean, for a spread of one at any level."""
    rng = np.random.default_rng(7)
    x = (level + rng.normal(size=(4000, 50))).astype("float32")
    y = (level + 3 * rng.normal(size=4000)).astype("float32")
    obs = xr.DataArray(y, dims="issue")
    exact = scoringrules.crps_ensemble(
        y.astype(float), x.astype(float), estimator="nrg", backend="numpy"
    )
    fcst = xr.DataArray(x, dims=("issue", "member")).transpose(*layout.split()).copy()
    np.testing.assert_allclose(crps_ensemble(fcst, obs), exact, rtol=1e-6)
    np.testing.assert_allclose(crps_nrg(ensemble_sums(fcst, obs)), exact.mean(), rtol=1e-7)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 6), st.sampled_from(["float32", "float64"]))
def test_holes_anywhere_leave_the_members_that_are_there(seed, members, dtype):
    rng = np.random.default_rng(seed)
    x = np.round(rng.normal(size=(12, members)), 1)
    x[rng.random(x.shape) < 0.3] = np.nan
    y = np.where(rng.random(12) < 0.2, np.nan, np.round(rng.normal(size=12), 1))
    fcst, obs = xr.DataArray(x.astype(dtype), dims=("x", "member")), xr.DataArray(y, dims="x")
    for estimator in ("nrg", "fair"):
        found = crps_ensemble(fcst, obs, estimator=estimator).values
        for row, truth, value in zip(x, y, found, strict=True):
            there = row[~np.isnan(row)]
            m = there.size
            if np.isnan(truth) or m < (1 if estimator == "nrg" else 2):
                assert np.isnan(value)
                continue
            between = np.abs(there[:, None] - there).sum() / 2
            pairs = m * m if estimator == "nrg" else m * (m - 1)
            expected = np.abs(there - truth).mean() - between / pairs
            np.testing.assert_allclose(value, expected, atol=1e-6 if dtype == "float32" else 1e-13)


def test_whole_numbers_and_mixed_types():
    fcst = xr.DataArray([[2, 8, 5]], dims=("x", "member"))
    expected = (2 + 4 + 1) / 3 - (6 + 3 + 3) / 9
    for kind in ("int16", "int64", "float32", "float64"):
        for other in ("int32", "float32", "float64"):
            obs = xr.DataArray([4], dims="x").astype(other)
            np.testing.assert_allclose(crps_ensemble(fcst.astype(kind), obs), [expected], rtol=1e-7)


def test_input_is_not_written_to():
    rng = np.random.default_rng(0)
    fcst = xr.DataArray(rng.normal(size=(9, 5)).astype("float32"), dims=("x", "member"))
    obs = xr.DataArray(rng.normal(size=9).astype("float32"), dims="x").where(np.arange(9) > 2)
    fcst[4, 1] = np.nan
    before = fcst.copy(deep=True), obs.copy(deep=True)
    crps_ensemble(fcst, obs)
    ensemble_sums(fcst, obs)
    xr.testing.assert_identical(fcst, before[0])
    xr.testing.assert_identical(obs, before[1])


def test_no_members_at_all():
    fcst, obs = (
        xr.DataArray(np.zeros((2, 0)), dims=("x", "member")),
        xr.DataArray([1.0, 2.0], dims="x"),
    )
    assert np.isnan(crps_ensemble(fcst, obs)).all()
    assert float(ensemble_sums(fcst, obs)["pairs"]) == 0.0
