"""Contributions: exact sums on both scales, shares by hand, and credit where it is due."""

import numpy as np
import pytest
import scipy.integrate
import xarray as xr

from ensembles import Boosting, design_matrix
from ensembles.contributions import group_matrix, on_original_scale
from ensembles.scale import from_scale

DIMS = ("issue", "lead", "place")
PREDICTORS = ["strong", "weak", "twin", "nothing"]
GROUPS = {"first": ["strong", "unread"], "second": ["twin", "weak"], "third": ["nothing"]}


@pytest.fixture(scope="module")
def trained(make_cases):
    """Root of the target 3 + strong + 0.2·weak + 0.2·twin + noise; predictors within ±1."""
    cases = make_cases(150, leads=2, places=3)
    rng = np.random.default_rng(1)
    shape = tuple(cases.sizes[d] for d in DIMS)
    cases = cases.assign({n: (DIMS, rng.uniform(-1, 1, shape).astype("f4")) for n in PREDICTORS})
    root = 3 + cases["strong"] + 0.2 * (cases["weak"] + cases["twin"])
    target = (root + 0.05 * rng.standard_normal(shape)) ** 4
    return cases, Boosting(PREDICTORS, trees=200, min_leaf=10, folds=2).fit(cases, target)


def test_base_and_contributions_sum_to_the_location_and_beyond_it_to_its_concentration(trained):
    cases, fitted = trained
    found = fitted.contributions(cases, GROUPS)
    matrix = design_matrix(cases, PREDICTORS)
    location = np.mean([m.predict(matrix) for m in fitted.location], axis=0)
    location = location.reshape(found["base"].shape)
    sums = found["base"] + found["contribution"].sum("group")
    np.testing.assert_allclose(sums, location, rtol=1e-12)
    np.testing.assert_allclose(found["location"], location, rtol=1e-6)
    back = on_original_scale(found)
    np.testing.assert_allclose(
        back["base"] + back["contribution"].sum("group"), location**4, rtol=1e-11
    )
    # both models start from the mean of their training, near the mean of 3 + …
    assert found["base"].std() < 1e-9
    assert float(found["base"].mean()) == pytest.approx(3, abs=0.05)


def test_each_group_gets_what_lightgbm_gives_its_predictors(trained):
    cases, fitted = trained
    matrix = design_matrix(cases, PREDICTORS)
    first, second = (m.predict(matrix, pred_contrib=True) for m in fitted.location)
    mean = (first + second) / 2
    expected = np.column_stack([mean[:, 0], mean[:, 1] + mean[:, 2], mean[:, 3]])
    found = fitted.contributions(cases, GROUPS)["contribution"]
    assert found.dims == (*DIMS, "group")
    assert found["group"].values.tolist() == ["first", "second", "third"]
    np.testing.assert_allclose(found.values.reshape(-1, 3), expected, rtol=1e-12)


def test_a_predictor_that_matters_gets_its_effect_and_one_that_does_not_nothing(trained):
    cases, fitted = trained
    found = fitted.contributions(cases, GROUPS)["contribution"]
    # the true effects: strong, 0.2·(weak + twin), 0
    effects = [cases["strong"], 0.2 * (cases["weak"] + cases["twin"]), 0 * cases["nothing"]]
    for group, effect in zip(found["group"].values, effects, strict=True):
        miss = found.sel(group=group) - effect
        assert float(np.sqrt((miss**2).mean())) < 0.12, group
    assert (
        np.corrcoef(found.sel(group="first").values.ravel(), effects[0].values.ravel())[0, 1] > 0.99
    )


def test_missing_values_and_missing_predictors_keep_the_sum(trained):
    cases, fitted = trained
    holes = cases.drop_vars("weak").assign(strong=cases["strong"].where(cases["strong"] > 0))
    found = fitted.contributions(holes, GROUPS)
    sums = found["base"] + found["contribution"].sum("group")
    np.testing.assert_allclose(sums, found["location"], rtol=1e-6)
    one = fitted.contributions(cases.isel(issue=[3], lead=[1]), GROUPS)
    whole = fitted.contributions(cases, GROUPS).isel(issue=[3], lead=[1])
    xr.testing.assert_identical(one, whole)


@pytest.mark.parametrize(
    ("base", "parts"),
    [(2.0, [-1.0, 2.0]), (3.0, [0.5, -0.2]), (1.0, [4.0, -4.5]), (2.5, [0.3, -0.3])],
)
def test_shares_are_the_integral_along_the_way(base, parts):
    """Aumann and Shapley's integral, by quadrature: ∫ 4 (base + t Σ)³ dt · part."""
    root = xr.Dataset({"base": base, "contribution": ("group", parts)})
    found = on_original_scale(root)
    slope, _ = scipy.integrate.quad(lambda t: 4 * (base + t * sum(parts)) ** 3, 0, 1)
    np.testing.assert_allclose(found["contribution"], slope * np.array(parts), rtol=1e-10)
    assert found["base"].item() == base**4


def test_shares_by_hand_where_the_sum_vanishes_turns_negative_or_is_missing():
    base = np.array([2.0, 2.0, 1.0, -1.0, np.nan])
    parts = np.array([[1.0, -1.0], [1.0, -1.0 + 1e-9], [-3.0, 1.0], [-1.0, 1.0], [1.0, 1.0]])
    root = xr.Dataset({"base": ("case", base), "contribution": (("case", "group"), parts)})
    found = on_original_scale(root)
    # 4·2³ = 32 each way; from 1 to 0 a drop by 1, shared over a step of −2; below zero nothing
    expected = [[32, -32], [32, -32], [-1.5, 0.5], [0, 0], [np.nan, np.nan]]
    np.testing.assert_allclose(found["contribution"], expected, rtol=1e-6)
    np.testing.assert_allclose(found["base"], [16, 16, 1, 0, np.nan])
    end = from_scale(base + parts.sum(axis=1))
    np.testing.assert_allclose(
        found["base"] + found["contribution"].sum("group", skipna=False), end, atol=1e-12
    )


def test_every_predictor_in_exactly_one_group(trained):
    cases, fitted = trained
    np.testing.assert_array_equal(
        group_matrix(PREDICTORS, GROUPS), [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]
    )
    with pytest.raises(
        ValueError, match="'nothing' must be in exactly one group, found it in none"
    ):
        fitted.contributions(cases, {"a": PREDICTORS[:3]})
    with pytest.raises(ValueError, match=r"'weak' must be .* found it in a and b"):
        fitted.contributions(cases, {"a": PREDICTORS, "b": ["weak"]})
