"""Linear MOS: ridge as scikit-learn has it, spread and shape of the noise, gaps, leaks, files."""

import numpy as np
import pytest
import scipy.stats
import scoringrules
import sklearn.linear_model
import xarray as xr

import ensembles.members.linear_mos as linear_mos
from ensembles import LEVELS, Climatology, make_folds
from ensembles.members.linear_mos import FittedLinearMos, LinearMos

DIMS = ("issue", "lead", "place")
NAMES = ["load", "calm", "noisy"]
MEMBER = LinearMos(NAMES, concentrations=["load"], spread=["noisy"], folds=3)


def world(cases, seed):
    """Root: 0.5·root of the load + 0.6·calm + 1.5 + noise, five times as large where noisy is 1."""
    rng = np.random.default_rng(seed)
    shape = tuple(cases.sizes[d] for d in DIMS)
    load = rng.uniform(1, 4, (shape[0], shape[2])).astype("f4")
    cases = cases.assign(
        load=(("issue", "place"), load**4),
        calm=(DIMS, rng.standard_normal(shape).astype("f4")),
        noisy=(DIMS, rng.integers(0, 2, shape).astype("f4")),
    )
    centre = 0.5 * load[:, None] + 0.6 * cases["calm"].values + 1.5
    width = 0.05 + 0.2 * cases["noisy"].values
    root = centre + width * rng.standard_normal(shape)
    target = xr.DataArray(np.maximum(root, 0) ** 4, dims=DIMS, coords={d: cases[d] for d in DIMS})
    return cases, target, centre, width


@pytest.fixture(scope="module")
def trained(make_cases):
    cases, target, _, _ = world(make_cases(240, leads=3, places=4), seed=1)
    return cases, target, MEMBER.fit(cases, target)


def crps(forecast, target):
    return scoringrules.crps_quantile(target.values, forecast.quantiles.values, LEVELS).mean()


def test_recovers_a_linear_world(trained, make_cases):
    cases, target, fitted = trained
    new, came, centre, width = world(make_cases(100, leads=3, places=4, start="2016-01-01"), 2)
    truth = np.maximum(centre[..., None] + width[..., None] * scipy.stats.norm.ppf(LEVELS), 0) ** 4
    best = scoringrules.crps_quantile(came.values, truth, LEVELS).mean()
    found = crps(fitted.predict(new), came)
    assert found < 0.5 * crps(Climatology().fit(cases, target).predict(new), came)
    assert found < 1.1 * best


def test_spread_follows_its_predictor(trained, make_cases):
    new, _, _, _ = world(make_cases(60, leads=3, places=4), seed=3)
    root = trained[2].predict(new).quantiles.values ** 0.25
    width = root[..., 74] - root[..., 24]
    noisy = new["noisy"].values == 1
    # true ratio 0.25/0.05 = 5; the interquartile range of a normal is 1.349 σ
    assert np.median(width[noisy]) / np.median(width[~noisy]) == pytest.approx(5, rel=0.25)
    assert np.median(width[noisy]) == pytest.approx(1.349 * 0.25, rel=0.15)


def test_coefficients_are_those_of_scikit_learn(make_cases, monkeypatch):
    """Ridge of the mean loss with penalty λ: scikit-learn's with alpha = n·λ, constant free."""
    monkeypatch.setattr(linear_mos, "PENALTIES", (0.3,))
    cases, target, _, _ = world(make_cases(80, leads=3, places=2), seed=4)
    state = LinearMos(NAMES, folds=2).fit(cases, target).state
    wide, root, weight = [], [], []
    for k, w in ((0, 1), (1, 2), (2, 1)):  # lead 2 with its neighbours, 1-2-1
        z = np.column_stack(
            [np.broadcast_to(cases["load"].values, (80, 2)).ravel()]
            + [cases[n].values[:, k].ravel() for n in NAMES[1:]]
        )
        z = np.clip((z - z.mean(0)) / z.std(0), -5, 5)
        wide.append(np.hstack([z, 0.4 * np.minimum(z**2 - 1, 6)]))
        root.append(target.values[:, k].ravel() ** 0.25)
        weight.append(np.full(160, float(w)))
    oracle = sklearn.linear_model.Ridge(alpha=0.3 * 640)  # 640: sum of the weights
    oracle.fit(np.vstack(wide), np.concatenate(root), np.concatenate(weight))
    found = state["coefficient"].values[1]
    np.testing.assert_allclose(found[:-1], oracle.coef_, atol=1e-4)
    assert found[-1] == pytest.approx(oracle.intercept_, abs=1e-4)


def test_forecast_is_the_formula(trained):
    cases, _, fitted = trained
    s = fitted.state.isel(lead=1)
    one = cases.isel(issue=[7], lead=[1], place=[2])
    raw = np.array([one["load"].item() ** 0.25, one["calm"].item(), one["noisy"].item()])
    z = (raw - s["mean"].values) / s["deviation"].values
    centre = np.concatenate([z, 0.4 * (z**2 - 1), [1]]) @ s["coefficient"].values
    width = np.exp(np.array([z[2], centre, 1]) @ s["spread"].values)
    expected = np.maximum(centre + width * s["shape"].values, 0) ** 4
    np.testing.assert_allclose(fitted.predict(one).quantiles[0, 0, 0], expected, rtol=1e-4)


def test_noise_takes_a_stronger_penalty_than_signal(make_cases, make_target):
    """Many predictors without meaning: the largest penalty; a clear signal: the smallest."""
    cases = make_cases(90)
    rng = np.random.default_rng(5)
    names = [f"x{i}" for i in range(30)]
    for name in names:
        cases[name] = ("issue", rng.standard_normal(90))
    noise = make_target(cases, rng.gamma(3, 20, (90, 1, 1)))
    signal = make_target(cases, np.maximum(3 + cases["x0"].values, 0).reshape(90, 1, 1) ** 4)
    found = [
        np.abs(LinearMos(names, folds=3).fit(cases, t).state["coefficient"].values[0, :30])
        for t in (noise, signal)
    ]
    # signal: slope (deviation of x0)/(1 + λ) with λ at most 0.1; noise: λ 1 halves the slopes of
    # about 0.4/√90 = 0.04
    assert found[1][0] > 0.9 * cases["x0"].values.std() / 1.1
    assert found[0].mean() < 0.03


def test_missing_value_is_told_by_the_others(make_cases, make_target):
    """Five alike, one of them missing: filled from the rest; all missing: the training mean."""
    cases = make_cases(200)
    signal = np.random.default_rng(6).standard_normal(200)
    names = [f"x{i}" for i in range(5)]
    for name in names:
        cases[name] = ("issue", signal)
    target = make_target(cases, (5 + signal).reshape(200, 1, 1) ** 4)
    fitted = LinearMos(names).fit(cases, target)
    whole = fitted.predict(cases).quantile(0.5).values.ravel() ** 0.25
    assert whole.std() == pytest.approx(1, abs=0.1)
    one = fitted.predict(cases.assign(x2=cases["x2"] * np.nan)).quantile(0.5).values.ravel() ** 0.25
    np.testing.assert_allclose(one, whole, atol=0.01)
    dropped = fitted.predict(cases.drop_vars("x2")).quantile(0.5).values.ravel() ** 0.25
    np.testing.assert_array_equal(dropped, one)
    none = (
        fitted.predict(cases.assign({n: cases[n] * np.nan for n in names}))
        .quantile(0.5)
        .values.ravel()
        ** 0.25
    )
    # z = 0: the constant less the centred squares
    assert np.ptp(none) == 0
    assert none[0] == pytest.approx(5 + signal.mean(), abs=0.1)


def test_gaps_in_training(make_cases):
    cases, target, _, _ = world(make_cases(240, leads=3, places=4), seed=1)
    rng = np.random.default_rng(7)
    cases["load"] = cases["load"].where(rng.random(cases["load"].shape) > 0.3)
    cases["never"] = ("issue", np.full(240, np.nan))
    cases["always"] = ("issue", np.full(240, 7.0))
    target = target.where(rng.random(target.shape) > 0.3)
    member = LinearMos([*NAMES, "never", "always"], ["load"], ["noisy"], folds=3)
    found = member.fit(cases, target).predict(cases)
    assert np.isfinite(found.quantiles).all()
    new, came, _, _ = world(make_cases(60, leads=3, places=4), seed=8)
    usual = crps(Climatology().fit(cases, target).predict(new), came)
    assert crps(member.fit(cases, target).predict(new), came) < 0.5 * usual


def test_lead_without_targets_learns_from_its_neighbours(make_cases):
    cases, target, _, _ = world(make_cases(120, leads=3, places=3), seed=9)
    target[:, 2] = np.nan
    found = MEMBER.fit(cases, target).predict(cases).quantiles
    assert np.isfinite(found[:, :2]).all()
    assert np.isnan(found[:, 2]).all()  # but has no residuals of its own: no forecast


def test_unknown_place_and_part_of_the_leads(trained):
    cases, _, fitted = trained
    elsewhere = cases.isel(lead=[2]).assign_coords(place=["w", "x", "y", "z"])
    expected = fitted.predict(cases).quantiles.values[:, 2:]
    np.testing.assert_allclose(fitted.predict(elsewhere).quantiles.values, expected, rtol=1e-5)
    with pytest.raises(ValueError, match="9"):
        fitted.predict(cases.isel(lead=[0]).assign_coords(lead=[9]))


def test_ordered_and_never_negative_even_far_outside(trained):
    cases, _, fitted = trained
    q = fitted.predict(cases.assign(calm=cases["calm"] * 1e6)).quantiles.values
    assert np.isfinite(q).all()
    assert (q >= 0).all()
    assert (np.diff(q, axis=-1) >= 0).all()
    # predictors count five deviations at most: as if they were exactly there
    at = fitted.predict(cases.assign(calm=np.sign(cases["calm"]) * 1e3)).quantiles.values
    np.testing.assert_allclose(q, at, rtol=1e-5)


def test_out_of_fold_ignores_its_own_block(trained):
    cases, target, fitted = trained
    folds = make_folds(cases, 3)
    poisoned = target.copy()
    poisoned[folds[1].held_out] = 1e6
    other, after = MEMBER.cross_fit(cases, poisoned, folds)
    same, before = MEMBER.cross_fit(cases, target, folds)
    block = folds[1].held_out
    np.testing.assert_array_equal(before.quantiles[block], after.quantiles[block])
    assert (other.state["coefficient"] != fitted.state["coefficient"]).any()
    xr.testing.assert_identical(same.state, fitted.state)  # deterministic, and fitted to all
    usual = crps(Climatology().cross_fit(cases, target, folds)[1], target)
    assert crps(before, target) < 0.5 * usual


def test_residuals_are_of_unseen_days(make_cases, make_target):
    """Sixty meaningless predictors of 120 days: in-sample residuals would be far too small."""
    cases = make_cases(120)
    rng = np.random.default_rng(10)
    names = [f"x{i}" for i in range(60)]
    for name in names:
        cases[name] = ("issue", rng.standard_normal(120))
    target = make_target(cases, (3 + 0.3 * rng.standard_normal((120, 1, 1))) ** 4)
    fitted = LinearMos(names).fit(cases, target)
    fresh = cases.assign({n: ("issue", rng.standard_normal(120)) for n in names})
    came = make_target(cases, (3 + 0.3 * rng.standard_normal((120, 1, 1))) ** 4)
    q = fitted.predict(fresh).quantiles.values
    inside = (came.values >= q[..., 4]) & (came.values <= q[..., 94])
    assert inside.mean() > 0.8


def test_many_places_are_thinned(trained, monkeypatch):
    """Two of four: the first and the last."""
    cases, target, fitted = trained
    monkeypatch.setattr(linear_mos, "MAX_PLACES", 2)
    few = MEMBER.fit(cases, target).state
    ends = MEMBER.fit(cases.isel(place=[0, 3]), target.isel(place=[0, 3])).state
    xr.testing.assert_identical(few, ends)
    assert (few["coefficient"] != fitted.state["coefficient"]).any()


def test_too_few_issues_raise(make_cases, make_target):
    cases = make_cases(30)
    cases["x"] = ("issue", np.arange(30.0))
    nothing = make_target(cases, np.nan)
    with pytest.raises(ValueError, match="0 issues with a known target for 4 folds"):
        LinearMos(["x"]).fit(cases, nothing)
    few = nothing.copy()
    few[:4] = 16.0
    with pytest.raises(ValueError, match="too few"):
        LinearMos(["x"]).fit(cases.assign_coords(lead=[20]), few.assign_coords(lead=[20]))


def test_names_must_be_predictors():
    with pytest.raises(ValueError, match="b, c"):
        LinearMos(["a"], concentrations=["b"], spread=["c", "a"])


def test_round_trip(trained, tmp_path):
    cases, _, fitted = trained
    fitted.save(tmp_path / "member")
    loaded = FittedLinearMos.load(tmp_path / "member")
    np.testing.assert_array_equal(loaded.predict(cases).quantiles, fitted.predict(cases).quantiles)
    (tmp_path / "bad").mkdir()
    fitted.state.drop_vars("basis").to_netcdf(tmp_path / "bad" / "linear_mos.nc")
    with pytest.raises(ValueError, match=r"linear_mos\.nc: .* missing basis"):
        FittedLinearMos.load(tmp_path / "bad")
