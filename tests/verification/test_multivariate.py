"""Energy and variogram scores of vectors."""

import numpy as np
import pytest
import scoringrules
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from verification import (
    crps_fair,
    crps_nrg,
    energy_fair,
    energy_nrg,
    ensemble_sums,
    merge,
    multivariate_sums,
    variogram_score,
)
from verification import pairs as pairs_module


@pytest.fixture
def drawn():
    """Six issues, three leads, four places, five members, float64."""
    rng = np.random.default_rng(2)
    coords = {"issue": np.arange(6), "lead": [1, 2, 3], "place": list("abcd")}
    members = rng.gamma(2.0, 40.0, (6, 5, 3, 4))
    fcst = xr.DataArray(members, coords, ["issue", "member", "lead", "place"])
    return fcst, xr.DataArray(rng.gamma(2.0, 40.0, (6, 3, 4)), coords, ["issue", "lead", "place"])


def test_by_hand():
    # members (3, 4), (0, 0) and (0, 12) for the observed (0, 0)
    fcst = xr.DataArray([[3.0, 0.0, 0.0], [4.0, 0.0, 12.0]], dims=("lead", "member"))
    obs = xr.DataArray([0.0, 0.0], dims="lead")
    sums = multivariate_sums(fcst, obs, dims="lead")
    distance = (5 + 0 + 12) / 3
    between = 5 + 12 + (3**2 + 8**2) ** 0.5
    np.testing.assert_allclose(energy_nrg(sums), distance - between / 9)
    np.testing.assert_allclose(energy_fair(sums), distance - between / 6)
    # differences 1, 0 and 12 beside 0; both orders of the two components
    np.testing.assert_allclose(variogram_score(sums), 2 * ((1 + 0 + 12**0.5) / 3 - 0) ** 2)
    squared = multivariate_sums(fcst, obs, dims="lead", order=2)
    np.testing.assert_allclose(variogram_score(squared), 2 * ((1 + 0 + 144) / 3) ** 2)


@pytest.mark.parametrize("dims", [("lead",), ("lead", "place"), ("place", "lead")])
def test_against_scoringrules(drawn, dims):
    fcst, obs = drawn
    keep = [d for d in obs.dims if d not in dims]
    sums = multivariate_sums(fcst, obs, dims=dims, keep=keep)
    stacked = fcst.stack(part=dims).transpose(*keep, "member", "part").values
    truth = obs.stack(part=dims).transpose(*keep, "part").values
    for score, estimator in ((energy_nrg, "nrg"), (energy_fair, "fair")):
        expected = scoringrules.es_ensemble(truth, stacked, estimator=estimator, backend="numpy")
        np.testing.assert_allclose(score(sums), expected, rtol=1e-12)
    expected = scoringrules.vs_ensemble(truth, stacked, p=0.5, backend="numpy")
    np.testing.assert_allclose(variogram_score(sums), expected, rtol=1e-12)


def test_weights_of_components_against_scoringrules(drawn):
    fcst, obs = drawn
    closeness = np.random.default_rng(1).random((3, 3))
    sums = multivariate_sums(
        fcst, obs, dims="lead", order=1, component_weights=closeness, keep=("issue", "place")
    )
    x, y = (
        fcst.transpose("issue", "place", "member", "lead").values,
        obs.transpose(..., "lead").values,
    )
    expected = scoringrules.vs_ensemble(y, x, closeness, p=1.0, backend="numpy")
    np.testing.assert_allclose(variogram_score(sums), expected, rtol=1e-12)


def test_one_component_is_the_crps(drawn):
    fcst, obs = (a.isel(lead=[0]) for a in drawn)
    sums = multivariate_sums(fcst, obs, dims="lead")
    plain = ensemble_sums(fcst, obs)
    np.testing.assert_allclose(energy_nrg(sums), crps_nrg(plain), rtol=1e-12)
    np.testing.assert_allclose(energy_fair(sums), crps_fair(plain), rtol=1e-12)
    assert float(variogram_score(sums)) == 0.0


def test_a_vector_with_a_gap_is_left_out(drawn):
    fcst, obs = drawn
    holed = fcst.where(~((fcst.issue == 0) & (fcst.place == "b") & (fcst.lead == 2)))
    gaps = obs.where(~((obs.issue == 3) & (obs.place == "c") & (obs.lead == 1)))
    found = multivariate_sums(holed, gaps, dims="lead", keep=("issue", "place"))
    expected = np.ones((6, 4))
    expected[0, 1] = expected[3, 2] = 0
    np.testing.assert_array_equal(found["pairs"], expected)
    whole = multivariate_sums(fcst, obs, dims="lead", weights=found["pairs"])
    np.testing.assert_allclose(energy_nrg(found.sum().assign_attrs(found.attrs)), energy_nrg(whole))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.floats(0, 2 * np.pi))
def test_turning_the_axes_changes_no_energy_score(seed, angle):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, 4)), rng.normal(size=2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    plain, turned = (
        energy_nrg(
            multivariate_sums(
                xr.DataArray(a, dims=("part", "member")), xr.DataArray(b, dims="part"), dims="part"
            )
        )
        for a, b in ((x, y), (turn @ x, turn @ y))
    )
    np.testing.assert_allclose(turned, plain, rtol=1e-9)


def test_variogram_prefers_the_right_dependence():
    rng = np.random.default_rng(5)
    together = rng.normal(size=(400, 1)) + 0.1 * rng.normal(size=(400, 6))
    alone = 1.005**0.5 * rng.normal(size=(400, 20, 6))
    shared = rng.normal(size=(400, 20, 1)) + 0.1 * rng.normal(size=(400, 20, 6))
    obs = xr.DataArray(together, dims=("issue", "lead"))
    good, poor = (
        variogram_score(
            multivariate_sums(xr.DataArray(x, dims=("issue", "member", "lead")), obs, dims="lead")
        )
        for x in (shared, alone)
    )
    assert good < 0.2 * poor


@pytest.mark.parametrize("limit", [1, 40, 10**6])
def test_block_size_and_chunks_change_nothing(drawn, monkeypatch, limit):
    pytest.importorskip("dask")
    fcst, obs = drawn
    expected = multivariate_sums(fcst, obs, dims="lead", keep="place")
    monkeypatch.setattr(pairs_module, "_INNER_BLOCK", limit)
    xr.testing.assert_allclose(multivariate_sums(fcst, obs, dims="lead", keep="place"), expected)
    chunked = multivariate_sums(
        fcst.chunk(lead=1, issue=4), obs.chunk(place=3), dims="lead", keep="place"
    )
    xr.testing.assert_allclose(chunked, expected)


def test_single_member_has_no_fair_score():
    fcst = xr.DataArray([[3.0], [4.0]], dims=("lead", "member"))
    sums = multivariate_sums(fcst, xr.DataArray([0.0, 0.0], dims="lead"), dims="lead")
    assert float(energy_nrg(sums)) == 5.0
    assert np.isnan(energy_fair(sums))


def test_other_orders_or_weights_do_not_merge(drawn):
    plain = multivariate_sums(*drawn, dims="lead")
    for options in ({"order": 1.0}, {"component_weights": np.ones((3, 3))}):
        with pytest.raises(ValueError, match="variogram_kind"):
            merge(plain, multivariate_sums(*drawn, dims="lead", **options))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dims": "hour"}, r"vectors lie along \['hour'\], the forecast has"),
        ({"dims": ()}, r"vectors lie along \[\]"),
        ({"dims": "lead", "order": 0}, "order of the variogram must be above 0, found 0"),
        ({"dims": "lead", "component_weights": np.ones((2, 2))}, r"3 components .* shape \(2, 2\)"),
        ({"dims": "lead", "component_weights": -np.ones((3, 3))}, "not negative"),
        ({"dims": "lead", "keep": "lead"}, r"cannot keep \['lead'\]"),
    ],
)
def test_bad_input(drawn, options, message):
    with pytest.raises(ValueError, match=message):
        multivariate_sums(*drawn, **options)


def test_observed_needs_the_vector_too(drawn):
    fcst, obs = drawn
    with pytest.raises(ValueError, match="the observed has"):
        multivariate_sums(fcst, obs.isel(lead=0, drop=True), dims="lead")
