"""Quantile mapping: the three methods by hand, the errors around them, missing things."""

import numpy as np
import pytest
import scoringrules
import xarray as xr

from ensembles.distribution import LEVELS
from ensembles.folds import make_folds
from ensembles.members.climatology import Climatology
from ensembles.members.quantile_mapping import FittedQuantileMapping, QuantileMapping

DIMS = ("issue", "lead", "place")
METHODS = ["empirical", "detrended", "delta"]


def with_guidance(cases, root):
    shape = tuple(cases.sizes[d] for d in DIMS)
    return cases.assign(model=(DIMS, np.broadcast_to(root, shape).astype(float) ** 4))


def world(make_cases, make_target, issues=400, leads=2, places=2, seed=0):
    """Guidance whose root is 1.5 times that of what comes, less 1, with an error."""
    rng = np.random.default_rng(seed)
    cases = make_cases(issues, leads=leads, places=places)
    root = 3 + rng.normal(0, 0.5, (issues, leads, places))
    guidance = 1.5 * root - 1 + rng.normal(0, 0.15, root.shape)
    return with_guidance(cases, guidance), make_target(cases, root**4)


def crps(distribution, target):
    return np.nanmean(
        scoringrules.crps_quantile(target.values, distribution.quantiles.values, LEVELS)
    )


@pytest.fixture(scope="module")
def trained(make_cases, make_target):
    cases, target = world(make_cases, make_target)
    return cases, target, QuantileMapping("model").fit(cases, target)


def test_empirical_by_hand(make_cases, make_target):
    # roots of the guidance 2.00, 2.01, … 2.99; of the observed twice as much
    cases = make_cases(100)
    root = 2 + np.random.default_rng(1).permutation(100).reshape(100, 1, 1) / 100
    fitted = QuantileMapping("model").fit(
        with_guidance(cases, root), make_target(cases, (2 * root) ** 4)
    )
    today = with_guidance(make_cases(4), np.array([2.25, 2.5, 1.0, 4.0]).reshape(4, 1, 1))
    # inside: twice. The levels .01 and .99 are the 0.5th and 98.5th of 0 … 99: roots 2.005, 2.985;
    # beyond, shifted as there: 4.01 + 1 − 2.005 and 5.97 + 4 − 2.985
    expected = np.array([4.5, 5.0, 3.005, 6.985])
    np.testing.assert_allclose(fitted.mapped(today)[:, 0, 0], expected**4, rtol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_shift_of_the_guidance(method, make_cases, make_target):
    """After training the guidance lies 0.5 higher on the root: a trend only some methods keep."""
    rng = np.random.default_rng(2)
    cases = make_cases(300)
    root = 2 + rng.uniform(0, 1, (300, 1, 1))
    fitted = QuantileMapping("model", method, window=50).fit(
        with_guidance(cases, root), make_target(cases, (root + 1) ** 4)
    )
    later = with_guidance(make_cases(200, start="2015-03-01"), 2.5 + rng.uniform(0, 1, (200, 1, 1)))
    found = fitted.mapped(later).values[60:, 0, 0] ** 0.25
    given = later["model"].values[60:, 0, 0] ** 0.25
    # training knew a shift by 1. All methods keep it: beyond the end the empirical is shifted too
    np.testing.assert_allclose(found, given + 1, atol=0.08)


def test_methods_differ_in_what_they_keep(make_cases, make_target):
    """Guidance half as wide as what comes, then 1 higher: who stretches the shift?"""
    rng = np.random.default_rng(3)
    cases = make_cases(400)
    level = rng.permutation(400).reshape(400, 1, 1) / 400
    target = make_target(cases, (3 + 2 * level) ** 4)  # roots 3 … 5
    training = with_guidance(cases, 3 + level)  # roots 3 … 4
    later = make_cases(100, start="2016-01-01")
    rise = 0.25
    shifted = with_guidance(later, 3 + rise + rng.permutation(100).reshape(100, 1, 1) / 100)
    middle = {}
    for method in METHODS:
        fitted = QuantileMapping("model", method, window=100).fit(training, target)
        root = fitted.mapped(shifted).values[-1:, 0, 0] ** 0.25
        x = shifted["model"].values[-1, 0, 0] ** 0.25
        middle[method] = (root[0], x)
    x = middle["empirical"][1]
    # empirical: 3 + 2(x − 3), the shift doubled (beyond 4: as at the end, 5 + x − 4)
    assert middle["empirical"][0] == pytest.approx(min(3 + 2 * (x - 3), 1 + x), abs=0.02)
    # detrended and delta: only the place within the present distribution is stretched
    kept = 3 + 2 * (x - rise - 3) + rise
    assert middle["detrended"][0] == pytest.approx(kept, abs=0.03)
    assert middle["delta"][0] == pytest.approx(kept, abs=0.03)


def test_present_is_nothing_issued_later(make_cases, make_target):
    cases, target = world(make_cases, make_target, issues=120)
    fitted = {m: QuantileMapping("model", m, window=30).fit(cases, target) for m in METHODS}
    later = with_guidance(make_cases(60, leads=2, places=2, start="2014-06-01"), 3.3)
    changed = later.copy(deep=True)
    changed["model"][30:] = 1e4
    for method, member in fitted.items():
        before, after = member.mapped(later), member.mapped(changed)
        np.testing.assert_array_equal(before[:30], after[:30], err_msg=method)
        alone = member.mapped(later.isel(issue=[0]))
        np.testing.assert_array_equal(alone, before[:1], err_msg=method)


def test_errors_are_those_of_unseen_days(trained):
    cases, target, fitted = trained
    found = fitted.predict(cases)
    assert found.quantiles.dtype == np.float32
    q = found.quantiles.values
    assert (np.diff(q, axis=-1) >= 0).all() and (q >= 0).all()
    inside = (target.values >= q[..., 4]) & (target.values <= q[..., 94])
    assert 0.86 < inside.mean() < 0.94
    # the error of the guidance, 0.15/1.5 = 0.1 on the root, is what remains about the median
    root = target.values**0.25 - found.quantile(0.5).values[..., 0] ** 0.25
    assert 0.09 < root.std() < 0.13


@pytest.mark.parametrize("method", METHODS)
def test_beats_climatology(method, make_cases, make_target):
    cases, target = world(make_cases, make_target)
    folds = make_folds(cases, 4)
    _, found = QuantileMapping("model", method).cross_fit(cases, target, folds)
    _, usual = Climatology().cross_fit(cases, target, folds)
    assert crps(found, target) < 0.4 * crps(usual, target)


@pytest.mark.parametrize("method", METHODS)
def test_out_of_fold_ignores_its_own_block(method, make_cases, make_target):
    cases, target = world(make_cases, make_target, issues=150)
    folds = make_folds(cases, 3)
    block, other = folds[1].held_out, folds[0].held_out
    poisoned = target.copy()
    poisoned[block] = 1e5
    _, before = QuantileMapping("model", method).cross_fit(cases, target, folds)
    _, after = QuantileMapping("model", method).cross_fit(cases, poisoned, folds)
    np.testing.assert_array_equal(before.quantiles[block], after.quantiles[block])
    assert (before.quantiles.values[other] != after.quantiles.values[other]).any()


def test_missing_guidance(trained):
    cases, _, fitted = trained
    holes = cases.copy(deep=True)
    holes["model"][3, 1, 0] = np.nan
    missing = np.isnan(fitted.predict(holes).quantiles.values)
    assert missing[3, 1, 0].all()
    assert missing.sum() == 99
    assert np.isnan(fitted.predict(cases.drop_vars("model")).quantiles).all()
    with pytest.raises(KeyError, match="model"):
        QuantileMapping("model").fit(cases.drop_vars("model"), cases["model"])


def test_unknown_place_and_short_record_take_all_places(trained):
    cases, target, _ = trained
    short = target.copy()
    short[59:, :, 1] = np.nan  # one pair fewer than needed
    for method in METHODS:
        fitted = QuantileMapping("model", method).fit(cases, short)
        np.testing.assert_array_equal(fitted.state["modelled"][:, 1], fitted.state["all_modelled"])
        new = fitted.predict(cases.isel(place=[0]).assign_coords(place=["new"])).quantiles
        assert np.isfinite(new).all()
    enough = target.copy()
    enough[60:, :, 1] = np.nan
    own = QuantileMapping("model").fit(cases, enough).state
    assert (own["modelled"][:, 1] != own["all_modelled"]).any()


def test_a_short_history_and_no_history(make_cases, make_target):
    cases, target = world(make_cases, make_target, issues=1)
    found = QuantileMapping("model").fit(cases, target).predict(cases)
    assert np.isfinite(found.quantiles).all()
    empty = QuantileMapping("model").fit(cases, target * np.nan).predict(cases)
    assert np.isnan(empty.quantiles).all()


def test_bad_options():
    with pytest.raises(ValueError, match="method 'linear'; expected one of empirical, detrended"):
        QuantileMapping("model", "linear")
    with pytest.raises(ValueError, match="a window of 0 days; expected 1 or more"):
        QuantileMapping("model", window=0)


@pytest.mark.parametrize("method", METHODS)
def test_round_trip(method, make_cases, make_target, tmp_path):
    cases, target = world(make_cases, make_target, issues=80)
    fitted = QuantileMapping("model", method).fit(cases, target)
    fitted.save(tmp_path / "m")
    loaded = FittedQuantileMapping.load(tmp_path / "m")
    xr.testing.assert_equal(loaded.state, fitted.state)
    part = cases.isel(lead=[1], place=[1])
    np.testing.assert_array_equal(loaded.predict(part).quantiles, fitted.predict(part).quantiles)
    np.testing.assert_array_equal(
        fitted.predict(part).quantiles, fitted.predict(cases).quantiles[:, 1:, 1:]
    )
    with pytest.raises(ValueError, match="7 is not in list"):
        fitted.predict(cases.assign_coords(lead=[1, 7]))
    fitted.state[["history"]].to_netcdf(tmp_path / "quantile_mapping.nc")
    with pytest.raises(ValueError, match=r"quantile_mapping\.nc: no modelled, observed"):
        FittedQuantileMapping.load(tmp_path)
