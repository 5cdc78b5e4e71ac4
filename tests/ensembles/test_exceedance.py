"""Isotonic correction of exceedance probabilities."""

import json

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from ensembles.exceedance import (
    GRID,
    ExceedanceCorrection,
    decompose_brier,
    fit_exceedance,
    isotonic,
)


def overconfident(make_cases, make_target, count=2000, leads=2, seed=1):
    """Said 0 … 1, comes with probability ¼ + said/2."""
    rng = np.random.default_rng(seed)
    cases = make_cases(count, leads=leads, places=2)
    said = rng.random((count, leads, 2))
    came = rng.random(said.shape) < 0.25 + said / 2
    return make_target(cases, said), make_target(cases, came)


def test_isotonic_is_that_of_scikit_learn():
    rng = np.random.default_rng(2)
    p = rng.integers(0, 40, 500) / 40
    came = (rng.random(500) < p**2).astype(float)
    at, frequency = isotonic(p, came)
    expected = IsotonicRegression().fit(p, came).predict(at)
    np.testing.assert_allclose(frequency, expected, atol=1e-12)
    assert (np.diff(at) > 0).all()


def test_constant_probability_by_hand(make_cases, make_target):
    cases = make_cases(300)
    said = make_target(cases, 0.6)
    came = make_target(cases, (np.arange(300) % 10 == 0)[:, None, None])
    # 30 days with an event are 6 episodes: .6 + 6/26 · (.1 − .6)
    found = fit_exceedance(said, came).apply(said)
    np.testing.assert_allclose(found, 0.6 + 6 / 26 * (0.1 - 0.6), rtol=1e-5)


def test_leads_are_pooled_by_hand(make_cases, make_target):
    cases = make_cases(200, leads=2)
    said = make_target(cases, 0.5)
    came = make_target(cases, 0.0)
    came[::2, 0] = 1
    found = fit_exceedance(said, came).apply(said)[0, :, 0]
    # lead 1: 100 event days, 20 episodes, own share ½; lead 2: none; of all 20/(20 + 20) = ½ is
    # believed; own frequency ½ and 0, of all ¼
    first, second = 0.5 * 0.5 + 0.5 * 0.25, 0.25
    np.testing.assert_allclose(found, [0.5 + 0.5 * (first - 0.5), 0.5 + 0.5 * (second - 0.5)])


def test_overconfidence_is_repaired_on_new_cases(make_cases, make_target):
    fitted = fit_exceedance(*overconfident(make_cases, make_target))
    said, came = overconfident(make_cases, make_target, seed=2)
    better = fitted.apply(said)
    raw, corrected = decompose_brier(said, came), decompose_brier(better, came)
    assert raw["miscalibration"] > 0.015
    assert corrected["miscalibration"] < 0.3 * raw["miscalibration"]
    assert corrected["brier"] < raw["brier"]
    # almost all of a straight line from ¼ to ¾
    np.testing.assert_allclose(
        fitted.corrected.interp(probability=[0.2, 0.5, 0.8]), [[0.35, 0.5, 0.65]] * 2, atol=0.05
    )


def test_right_probabilities_stay(make_cases, make_target):
    rng = np.random.default_rng(3)
    cases = make_cases(2000, places=2)
    said = rng.beta(0.5, 3, (2000, 1, 2))
    target = make_target(cases, rng.random(said.shape) < said)
    fitted = fit_exceedance(make_target(cases, said), target)
    # high probabilities are rare here: the average change counts, not the largest
    change = np.abs(fitted.apply(make_target(cases, said)) - said)
    assert float(change.mean()) < 0.02


def test_nothing_known_changes_nothing(make_cases, make_target):
    cases = make_cases(30, leads=2)
    said = make_target(cases, np.random.default_rng(4).random((30, 2, 1)))
    for came in (np.nan, 0.0):  # unknown, or no event at all
        fitted = fit_exceedance(said, make_target(cases, came))
        np.testing.assert_allclose(fitted.apply(said), said, rtol=1e-6)


def test_missing_values(make_cases, make_target):
    said, came = overconfident(make_cases, make_target, count=300)
    expected = fit_exceedance(said[:200], came[:200])
    came[200:250] = np.nan
    said[250:] = np.nan
    found = fit_exceedance(said, came)
    np.testing.assert_allclose(found.corrected, expected.corrected)
    np.testing.assert_array_equal(np.isnan(found.apply(said)), np.isnan(said))


def test_leads_are_taken_by_name(make_cases, make_target):
    table = np.stack([GRID / 2, GRID])
    coords = {"lead": [1, 2], "probability": GRID}
    fitted = ExceedanceCorrection(xr.DataArray(table, coords, ("lead", "probability")))
    said = make_target(make_cases(2, leads=2), 0.8).isel(lead=[1, 0])
    np.testing.assert_allclose(fitted.apply(said)[0, :, 0], [0.8, 0.4])
    other = said.transpose("place", "issue", "lead")
    found = fitted.apply(other)
    assert found.dims == ("place", "issue", "lead")
    np.testing.assert_allclose(found[0, 0], [0.8, 0.4])
    with pytest.raises(KeyError):
        fitted.apply(said.assign_coords(lead=[2, 3]))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60), st.floats(0, 1))
def test_correction_rises_within_bounds(make_cases, make_target, seed, count, often):
    rng = np.random.default_rng(seed)
    cases = make_cases(count, leads=3)
    shape = (count, 3, 1)
    said = make_target(cases, rng.integers(0, 5, shape) / 4)
    fitted = fit_exceedance(said, make_target(cases, rng.random(shape) < often))
    assert (fitted.corrected.diff("probability") >= 0).all()
    assert ((fitted.corrected >= 0) & (fitted.corrected <= 1)).all()


def test_brier_decomposition_adds_up(make_cases, make_target):
    parts = decompose_brier(*overconfident(make_cases, make_target, count=200))
    assert parts["brier"] == pytest.approx(
        parts["miscalibration"] - parts["discrimination"] + parts["uncertainty"]
    )
    assert min(parts.values()) >= 0
    empty = decompose_brier(xr.DataArray([np.nan]), xr.DataArray([1.0]))
    assert all(np.isnan(value) for value in empty.values())


def test_round_trip_and_damaged_state(make_cases, make_target):
    said, came = overconfident(make_cases, make_target, count=300)
    fitted = fit_exceedance(said, came)
    state = json.loads(json.dumps(fitted.to_dict()))
    back = ExceedanceCorrection.from_dict(state)
    np.testing.assert_array_equal(back.apply(said), fitted.apply(said))
    for damage in (lambda row: row.__setitem__(5, 0.9), lambda row: row.__setitem__(-1, 1.1)):
        broken = json.loads(json.dumps(state))
        damage(broken["corrected"][0])
        with pytest.raises(ValueError, match="expected rows that rise within 0 … 1"):
            ExceedanceCorrection.from_dict(broken)


def test_what_cannot_be_is_refused(make_cases, make_target):
    cases = make_cases(5)
    with pytest.raises(ValueError, match=r"probabilities within 0 … 1, found 1.5 … 1.5"):
        fit_exceedance(make_target(cases, 1.5), make_target(cases, 1.0))
    with pytest.raises(ValueError, match="the probabilities differ from those of the events"):
        fit_exceedance(make_target(cases, 0.5), make_target(make_cases(4), 1.0))
