"""Kalman filter: its recursion, what it may know at an issue, updates, and guidance of any kind."""

import numpy as np
import pytest
import scoringrules
import xarray as xr

from ensembles.distribution import LEVELS
from ensembles.folds import make_folds
from ensembles.members.analog import AnalogEnsemble
from ensembles.members.climatology import Climatology
from ensembles.members.kalman import RATIOS, START_VARIANCE, FittedKalman, KalmanFilter, _filter

DIMS = ("issue", "lead", "place")


def world(make_cases, make_target, issues=300, leads=3, places=2, drift=0.05, seed=0):
    """Guidance with a bias that wanders from day to day, on the root, by place."""
    rng = np.random.default_rng(seed)
    cases = make_cases(issues, leads=leads, places=places)
    at = np.arange(issues)[:, None] + np.arange(leads)
    root = 3 + rng.normal(0, 0.5, (issues + leads, places))
    bias = np.cumsum(rng.normal(0, drift, root.shape), axis=0)
    error = rng.normal(0, 0.1, (issues, leads, places))
    guidance = np.maximum(root[at] - bias[at] + error, 0) ** 4
    return cases.assign(model=(DIMS, guidance)), make_target(cases, root[at] ** 4)


def crps(distribution, target):
    return np.nanmean(
        scoringrules.crps_quantile(target.values, distribution.quantiles.values, LEVELS)
    )


@pytest.fixture(scope="module")
def trained(make_cases, make_target):
    cases, target = world(make_cases, make_target)
    return cases, target, KalmanFilter("model").fit(cases, target)


def test_bias_by_hand():
    error = np.array([1.0, np.nan, 3.0]).reshape(3, 1, 1)
    found = _filter(
        error, np.zeros((3, 1, 1)), np.array([1.0, 1, 2]), np.zeros((1, 2)), np.array([[0.1]])
    )
    # P = .05 + .1 = .15, K = .15/1.15, bias .15/1.15, P = .15/1.15; missing: P + .1; two days: + .2
    first = 0.15 / 1.15
    variance = 0.15 / 1.15 + 0.3
    last = first + variance / (variance + 1) * (3 - first)
    assert START_VARIANCE == 0.05
    np.testing.assert_allclose(found[0, :, 0, 0], [0, first, first, last], rtol=1e-5)
    np.testing.assert_array_equal(found[1], 0)


def test_recursion_is_that_of_matrices():
    rng = np.random.default_rng(1)
    error, z = rng.normal(size=(2, 40, 1, 1))
    found = _filter(error, z, np.ones(40), np.array([[0.3, -0.2]]), np.array([[0.02]]))
    theta, P = np.array([0.3, -0.2]), START_VARIANCE * np.eye(2)
    for i in range(40):
        P = P + 0.02 * np.eye(2)
        h = np.array([1, z[i, 0, 0]])
        gain = P @ h / (h @ P @ h + 1)
        theta = theta + gain * (error[i, 0, 0] - h @ theta)
        P = P - np.outer(gain, h @ P)
        np.testing.assert_allclose(found[:, i + 1, 0, 0], theta, rtol=1e-3, atol=1e-5)


def test_without_steps_it_is_the_regression():
    """Ratio 0: the state of many errors approaches their least squares."""
    rng = np.random.default_rng(2)
    z = rng.normal(size=(4000, 1, 1))
    error = 0.5 + 0.2 * z + rng.normal(0, 0.3, z.shape)
    found = _filter(error, z, np.ones(4000), np.zeros((1, 2)), np.zeros((1, 1)))
    expected = np.polyfit(z.ravel(), error.ravel(), 1)[::-1]
    np.testing.assert_allclose(found[:, -1, 0, 0], expected, atol=0.01)


def test_start_is_the_regression_over_all_places(make_cases, make_target):
    rng = np.random.default_rng(3)
    cases = make_cases(500, places=3)
    guidance = 3 + rng.normal(0, 0.5, (500, 1, 3))
    cases["model"] = (DIMS, guidance**4)
    target = make_target(cases, (0.4 + 0.8 * guidance) ** 4)
    state = KalmanFilter("model").fit(cases, target).state
    # error 0.4 − 0.2x: at the mean 0.4 − 0.2·3, and −0.2 for one unit, −0.2·0.5 for one spread
    np.testing.assert_allclose(state["start"][0], [-0.2, -0.1], atol=0.01)
    bias = KalmanFilter("model", slope=False).fit(cases, target).state["start"][0]
    np.testing.assert_allclose(bias, [-0.2, 0], atol=0.01)


def test_ratio_follows_the_drift(make_cases, make_target):
    still, moving = (
        KalmanFilter("model", slope=False).fit(*world(make_cases, make_target, drift=drift)).state
        for drift in (0.0, 0.1)
    )
    assert (still["ratio"] <= RATIOS[2]).all()
    assert (moving["ratio"] >= RATIOS[-2]).all()


@pytest.mark.parametrize("delay", [0, 2])
def test_an_issue_knows_only_what_was_valid_by_then(delay, make_cases, make_target):
    cases, target = world(make_cases, make_target, issues=80)
    member = KalmanFilter("model", delay=delay)
    fitted = member.fit(cases, target)
    issue = cases["issue"].values[50]
    valid = cases["issue"] + cases["lead"].astype("timedelta64[D]")
    limit = issue - np.timedelta64(delay, "D")

    def at_issue(garbled):
        again = fitted.update(cases, target.where(garbled, 1e5))
        return again.predict(cases.isel(issue=[50])).quantiles.values

    expected = fitted.predict(cases.isel(issue=[50])).quantiles.values
    np.testing.assert_array_equal(at_issue(valid <= limit), expected)
    # the last day known does count, at every lead
    changed = at_issue(valid < limit)
    assert (changed != expected).all(axis=-1).all()


def test_daily_update_is_the_same_as_all_at_once(make_cases, make_target):
    cases, target = world(make_cases, make_target, issues=330)
    fitted = KalmanFilter("model").fit(cases.isel(issue=slice(300)), target[:300])
    once = fitted.update(cases, target)
    daily = fitted
    for day in range(300, 330):
        part = slice(day - 5, day + 1)
        known = target.isel(issue=part)
        valid = known["issue"] + known["lead"].astype("timedelta64[D]")
        daily = daily.update(cases.isel(issue=part), known.where(valid <= cases["issue"][day]))
    last = cases.isel(issue=[329])
    np.testing.assert_array_equal(daily.predict(last).quantiles, once.predict(last).quantiles)
    assert (daily.predict(last).quantiles != fitted.predict(last).quantiles).any()
    assert fitted.state.sizes["issue"] == 300  # the old one stays as it was
    later = cases.isel(issue=slice(303, None))
    assert crps(once.predict(later), target[303:]) < crps(fitted.predict(later), target[303:])
    # what is not given again is kept
    untouched = once.update(cases.isel(issue=[299]), target.isel(issue=[299]) * np.nan)
    xr.testing.assert_equal(untouched.state, once.state)


def test_update_learns_a_new_place(trained, make_cases, make_target):
    cases, target, fitted = trained
    new = cases.isel(place=[0]).assign_coords(place=["new"])
    truth = (target.isel(place=[0]) ** 0.25 + 1).assign_coords(place=["new"]) ** 4
    before = fitted.corrected(new).isel(issue=-1)
    after = fitted.update(new, truth)
    np.testing.assert_allclose(
        after.corrected(new).isel(issue=slice(-40, None)) ** 0.25, truth[-40:] ** 0.25, atol=0.6
    )
    assert (after.corrected(new).isel(issue=-1) > before).all()
    part = cases.isel(place=[1])
    np.testing.assert_array_equal(after.corrected(part), fitted.corrected(part))


def test_beats_climatology_and_a_fixed_correction(make_cases, make_target):
    cases, target = world(make_cases, make_target)
    folds = make_folds(cases, 4)
    _, found = KalmanFilter("model").cross_fit(cases, target, folds)
    _, usual = Climatology().cross_fit(cases, target, folds)
    assert crps(found, target) < 0.6 * crps(usual, target)
    q = found.quantiles.values
    assert q.dtype == np.float32
    assert (np.diff(q, axis=-1) >= 0).all() and (q >= 0).all()
    inside = (target.values >= q[..., 4]) & (target.values <= q[..., 94])
    assert 0.84 < inside.mean() < 0.95
    state = KalmanFilter("model").fit(cases, target).state
    frozen = FittedKalman(state.assign(ratio=state["ratio"] * 0))
    moving = FittedKalman(state)
    error = [np.abs(m.corrected(cases) - target).mean().item() for m in (moving, frozen)]
    assert error[0] < 0.8 * error[1]


def test_out_of_fold_sees_its_block_day_by_day(make_cases, make_target):
    """Targets after an issue change nothing in its forecast; ratios ignore the whole block."""
    cases, target = world(make_cases, make_target, issues=150)
    folds = make_folds(cases, 3)
    block = folds[1].held_out
    valid = cases["issue"] + cases["lead"].astype("timedelta64[D]")
    inside = xr.DataArray(~folds[1].training, dims=("issue", "lead"))
    member = KalmanFilter("model")
    _, before = member.cross_fit(cases, target, folds)
    for i in (block[0], block[20]):
        later = inside & (valid > cases["issue"][i])
        _, after = member.cross_fit(cases, target.where(~later, 1e5), folds)
        np.testing.assert_array_equal(before.quantiles[i], after.quantiles[i])
        assert (before.quantiles[block[-1]] != after.quantiles[block[-1]]).any()
        other = folds[0].held_out
        assert (before.quantiles.values[other] != after.quantiles.values[other]).any()


def test_over_the_mean_of_analogs(make_cases, make_target):
    """Guidance may be a member's own mean: what it lacks for a drift, the filter adds."""
    rng = np.random.default_rng(5)
    cases = make_cases(300, leads=2)
    at = np.arange(300)[:, None] + np.arange(2)
    wind = rng.normal(size=302)
    drift = 0.6 * np.sin(2 * np.pi * np.arange(302) / 150)
    cases["wind"] = (DIMS, wind[at][..., None])
    target = make_target(cases, ((3 - 0.5 * wind + drift)[at][..., None].clip(0)) ** 4)
    folds = make_folds(cases, 4)
    _, analog = AnalogEnsemble(["wind"]).cross_fit(cases, target, folds)
    cases["analog_mean"] = analog.mean()
    fitted, found = KalmanFilter("analog_mean").cross_fit(cases, target, folds)
    assert crps(found, target) < 0.75 * crps(analog, target)
    assert np.isfinite(fitted.predict(cases).quantiles).all()


def test_missing_things(trained):
    cases, target, fitted = trained
    holes = cases.copy(deep=True)
    holes["model"][3, 1, 0] = np.nan
    missing = np.isnan(fitted.predict(holes).quantiles.values)
    assert missing[3, 1, 0].all()
    assert missing.sum() == 99
    assert np.isnan(fitted.predict(cases.drop_vars("model")).quantiles).all()
    new = fitted.predict(cases.assign_coords(place=["p0", "new"])).quantiles
    assert np.isfinite(new).all()
    np.testing.assert_array_equal(new[:, :, 0], fitted.predict(cases).quantiles[:, :, 0])
    refit = KalmanFilter("model").fit(holes, target.where(target["issue"].dt.day != 5))
    assert np.isfinite(refit.predict(cases).quantiles).all()
    with pytest.raises(KeyError, match="model"):
        KalmanFilter("model").fit(cases.drop_vars("model"), target)
    empty = KalmanFilter("model").fit(cases, target * np.nan)
    assert np.isnan(empty.predict(cases).quantiles).all()


def test_bad_leads_and_cases(trained):
    cases, target, fitted = trained
    with pytest.raises(ValueError, match="7 is not in list"):
        fitted.predict(cases.assign_coords(lead=[1, 2, 7]))
    with pytest.raises(ValueError, match="7 is not in list"):
        fitted.update(cases.assign_coords(lead=[1, 2, 7]), target)
    with pytest.raises(ValueError, match="the guidance differ from those of the target in place"):
        fitted.update(cases, target.isel(place=[1, 0]))


def test_round_trip(trained, tmp_path):
    cases, target, fitted = trained
    fitted.save(tmp_path / "m")
    loaded = FittedKalman.load(tmp_path / "m")
    xr.testing.assert_equal(loaded.state, fitted.state)
    part = cases.isel(issue=[9], lead=[1], place=[1])
    np.testing.assert_array_equal(loaded.predict(part).quantiles, fitted.predict(part).quantiles)
    np.testing.assert_array_equal(
        fitted.predict(part).quantiles, fitted.predict(cases).quantiles[9:10, 1:2, 1:]
    )
    again = loaded.update(cases, target)
    np.testing.assert_array_equal(again.predict(part).quantiles, fitted.predict(part).quantiles)
    again.save(tmp_path / "n")
    fitted.state[["ratio"]].to_netcdf(tmp_path / "kalman.nc")
    with pytest.raises(ValueError, match=r"kalman\.nc: no start, centre, spread"):
        FittedKalman.load(tmp_path)
