"""Persistence: the latest value plus the quantiles of its past changes on the fourth root."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensembles import LEVELS, FittedPersistence, Persistence, make_folds


def with_latest(cases, latest):
    shape = (cases.sizes["issue"], cases.sizes["place"])
    return cases.assign(latest=(("issue", "place"), np.broadcast_to(latest, shape).copy()))


def test_constant_change_by_hand(make_cases, make_target):
    # 16 → 81 always: the roots are 2 and 3, the change is 1. From 81 (3) follows 4⁴ = 256,
    # from 0 follows 1, whatever the level.
    cases = make_cases(10)
    fitted = Persistence("latest").fit(with_latest(cases, 16.0), make_target(cases, 81.0))
    today = with_latest(make_cases(1, places=2), [[81.0, 0.0]])
    found = fitted.predict(today).quantiles
    np.testing.assert_allclose(found[0, 0, 0], 256, rtol=1e-5)
    np.testing.assert_allclose(found[0, 0, 1], 1, rtol=1e-5)


def test_quantiles_of_the_change_by_hand(make_cases, make_target):
    # roots change from 3 by −3, −2, −1, 0, 1: level .25 of five values is the second, .5 the third,
    # .95 lies .95·4 = 3.8, so .8 of the way from 0 to 1
    cases = make_cases(5)
    values = np.array([0, 1, 2, 3, 4.0]).reshape(5, 1, 1) ** 4
    fitted = Persistence("latest").fit(with_latest(cases, 81.0), make_target(cases, values))
    np.testing.assert_allclose(fitted.change[0, 0, [24, 49, 94]], [-2, -1, 0.8], atol=1e-6)
    np.testing.assert_allclose(
        fitted.change[0, 0], np.quantile([-3, -2, -1, 0, 1], LEVELS), atol=1e-6
    )
    found = fitted.predict(with_latest(make_cases(1), 16.0)).quantiles[0, 0, 0]
    # from 16 (2): 2 − 2 = 0; (2 − 1)⁴ = 1; 2.8⁴; and never below zero
    np.testing.assert_allclose(found[[0, 24, 49, 94]], [0, 0, 1, 2.8**4], rtol=1e-5, atol=1e-6)


def test_each_lead_has_its_own_change_pooled_over_places(make_cases, make_target):
    cases = make_cases(4, leads=2, places=2)
    roots = np.zeros((4, 2, 2))
    roots[:, 0] = [2.0, 4.0]  # lead 1: changes 0 and 2 from 2
    roots[:, 1] = 3.0  # lead 2: change 1
    fitted = Persistence("latest").fit(with_latest(cases, 16.0), make_target(cases, roots**4))
    np.testing.assert_allclose(
        fitted.change[0, 0], np.quantile([0] * 4 + [2] * 4, LEVELS), atol=1e-6
    )
    np.testing.assert_allclose(fitted.change[1, 0], 1, atol=1e-6)
    # predicting a part of the leads takes that lead's changes
    second = with_latest(cases.isel(lead=[1]), 16.0)
    np.testing.assert_allclose(fitted.predict(second).quantiles, 81, rtol=1e-5)


def low_and_high(lows, highs):
    """Latest 16 (root 2) is followed by 81 (+1), latest 256 (root 4) by 81 (−1)."""
    latest = np.repeat([16.0, 256.0], [lows, highs])[:, None]
    return latest, np.full((lows + highs, 1, 1), 81.0)


def test_changes_are_those_of_similar_values(make_cases, make_target):
    latest, values = low_and_high(50, 50)
    cases = make_cases(100)
    fitted = Persistence("latest").fit(with_latest(cases, latest), make_target(cases, values))
    np.testing.assert_allclose(fitted.centres, [2, 4])
    # from 16: 2 + 1; from 256: 4 − 1; halfway, 3 + (1 − 1)/2; outside, the change of the nearest
    # class: 1 + 1 and 5 − 1
    today = with_latest(make_cases(1, places=5), [[16.0, 256.0, 81.0, 1.0, 625.0]])
    found = fitted.predict(today).quantiles[0, 0]
    expected = np.array([3, 3, 3, 2, 4.0]) ** 4
    np.testing.assert_allclose(found, np.tile(expected[:, None], 99), rtol=1e-5)


@pytest.mark.parametrize(
    ("lows", "expected"),
    [(30, np.ones(99)), (29, np.quantile(np.repeat([1, -1], [29, 71]), LEVELS))],
)
def test_class_with_too_few_changes_takes_all(lows, expected, make_cases, make_target):
    latest, values = low_and_high(lows, 100 - lows)
    cases = make_cases(100)
    fitted = Persistence("latest").fit(with_latest(cases, latest), make_target(cases, values))
    np.testing.assert_allclose(fitted.change[0], [expected, -np.ones(99)], atol=1e-6)


def test_classes_are_fifths(make_cases, make_target):
    # roots 1 … 250 in fifths of 50: medians 25.5, 75.5, …
    latest = np.random.default_rng(5).permutation(np.arange(1.0, 251))[:, None] ** 4
    cases = make_cases(250)
    fitted = Persistence("latest").fit(with_latest(cases, latest), make_target(cases, 81.0))
    np.testing.assert_allclose(fitted.centres, [25.5, 75.5, 125.5, 175.5, 225.5])
    # the change of the first fifth is 3 − root: 2 … −47, median −22.5
    assert fitted.change[0, 0, 49] == pytest.approx(-22.5, abs=1e-4)
    assert fitted.change.shape == (1, 5, 99)


def test_missing_latest_and_target(make_cases, make_target):
    cases = make_cases(6, leads=2)
    latest = np.array([16, np.nan, 16, 16, 16, 16.0]).reshape(6, 1)
    target = make_target(cases, 81.0)
    target[1] = 1e6  # no latest value: not a change
    target[2, 0] = np.nan
    target[:, 1] = np.nan  # nothing known at lead 2
    fitted = Persistence("latest").fit(with_latest(cases, latest), target)
    found = fitted.predict(with_latest(cases, latest)).quantiles
    np.testing.assert_array_equal(np.isnan(found[:, 0, 0, 0]), [False, True, *[False] * 4])
    np.testing.assert_allclose(found[[0, 2, 5], 0], 81, rtol=1e-5)
    assert np.isnan(found[:, 1]).all()


def test_order_of_dimensions_does_not_matter(make_cases, make_target):
    cases = make_cases(5, leads=3, places=2)
    rng = np.random.default_rng(1)
    given_cases = with_latest(cases, rng.gamma(3, 20, (5, 2)))
    target = make_target(cases, rng.gamma(3, 20, (5, 3, 2)))
    turned = given_cases.assign(latest=given_cases["latest"].transpose("place", "issue"))
    one = Persistence("latest").fit(given_cases, target)
    two = Persistence("latest").fit(turned, target.transpose("place", "lead", "issue"))
    np.testing.assert_array_equal(one.change, two.change)
    np.testing.assert_array_equal(one.predict(turned).quantiles, one.predict(given_cases).quantiles)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 900), st.floats(0, 900)), min_size=1, max_size=20))
def test_ordered_and_never_negative(make_cases, make_target, pairs):
    latest, value = np.array(pairs).T
    cases = with_latest(make_cases(len(pairs)), latest[:, None])
    target = make_target(cases, value[:, None, None])
    q = Persistence("latest").fit(cases, target).predict(cases).quantiles.values
    assert (q >= 0).all()
    assert (np.diff(q, axis=-1) >= 0).all()


def test_out_of_fold_ignores_its_own_block(make_cases, make_target):
    cases = with_latest(make_cases(60), np.random.default_rng(2).gamma(3, 20, (60, 1)))
    values = np.random.default_rng(3).gamma(3, 20, (60, 1, 1))
    folds = make_folds(cases, 3)
    poisoned = values.copy()
    poisoned[folds[0].held_out] = 1e6
    fitted, before = Persistence("latest").cross_fit(cases, make_target(cases, values), folds)
    other, after = Persistence("latest").cross_fit(cases, make_target(cases, poisoned), folds)
    block = folds[0].held_out
    np.testing.assert_array_equal(before.quantiles[block], after.quantiles[block])
    assert (fitted.change != other.change).any()


def test_unknown_lead_raises(make_cases, make_target):
    cases = with_latest(make_cases(5, leads=2), 16.0)
    fitted = Persistence("latest").fit(cases, make_target(cases, 81.0))
    with pytest.raises(ValueError, match="3"):
        fitted.predict(with_latest(make_cases(5, leads=3), 16.0))


def test_round_trip(make_cases, make_target, tmp_path):
    rng = np.random.default_rng(4)
    cases = with_latest(make_cases(30, leads=3, places=2), rng.gamma(3, 20, (30, 2)))
    target = make_target(cases, rng.gamma(3, 20, (30, 3, 2)))
    target[:, 2] = np.nan
    fitted = Persistence("latest").fit(cases, target)
    fitted.save(tmp_path / "member")
    state = json.loads((tmp_path / "member" / "persistence.json").read_text("utf-8"))
    assert state["latest"] == "latest"
    loaded = FittedPersistence.load(tmp_path / "member")
    assert loaded.leads == [1, 2, 3]
    assert loaded.change.dtype == fitted.change.dtype
    np.testing.assert_array_equal(loaded.change, fitted.change)
    np.testing.assert_array_equal(loaded.predict(cases).quantiles, fitted.predict(cases).quantiles)
