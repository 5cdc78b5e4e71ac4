"""EMOS: its CRPS against integrals and an oracle, known coefficients, gaps, leaks, files."""

import json

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.stats
import scoringrules
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from ensembles import LEVELS, Climatology, make_folds
from ensembles.members.emos import Emos, FittedEmos
from ensembles.members.lognormal import crps_lognormal

DIMS = ("issue", "lead", "place")
MEMBER = Emos(["wind"], recent=["own", "city"], spread=["doubt"])
PARAMETERS = (st.floats(0.01, 50), st.floats(-2, 4), st.floats(0.05, 2))


def world(cases, seed):
    """Log of the target: 1 + 0.6·log own − 0.5·wind + σ·noise, σ = 0.2 or (in doubt) 0.6."""
    rng = np.random.default_rng(seed)
    shape = tuple(cases.sizes[d] for d in DIMS)
    city = 4 + 0.6 * rng.standard_normal((shape[0], 1))
    own = city + 0.1 * rng.standard_normal((shape[0], shape[2]))
    cases = cases.assign(
        own=(("issue", "place"), np.exp(own).astype("f4")),
        city=(("issue", "place"), np.exp(city + 0 * own).astype("f4")),
        wind=(DIMS, rng.standard_normal(shape).astype("f4")),
        doubt=(("issue", "lead"), rng.integers(0, 2, shape[:2]).astype("f4")),
    )
    location = 1 + 0.6 * own[:, None] - 0.5 * cases["wind"].values
    scale = np.broadcast_to(0.2 + 0.4 * cases["doubt"].values[..., None], shape)
    log = location + scale * rng.standard_normal(shape)
    return cases, xr.DataArray(np.exp(log), dims=DIMS, coords={d: cases[d] for d in DIMS}), location


@pytest.fixture(scope="module")
def trained(make_cases):
    cases, target, _ = world(make_cases(240, leads=3, places=4), seed=1)
    return cases, target, MEMBER.fit(cases, target)


@pytest.fixture(scope="module")
def new(make_cases):
    return world(make_cases(150, leads=3, places=4, start="2016-01-01"), seed=2)


def crps(forecast, target):
    return scoringrules.crps_quantile(target.values, forecast.quantiles.values, LEVELS).mean()


@settings(max_examples=60, deadline=None)
@given(*PARAMETERS)
def test_crps_is_that_of_scoringrules(y, location, scale):
    found = crps_lognormal(np.array([y]), np.array([location]), np.array([scale]))[0][0]
    assert found == pytest.approx(scoringrules.crps_lognormal(y, location, scale), rel=1e-6)


@pytest.mark.parametrize(
    ("y", "location", "scale"), [(3, 1, 0.5), (0.2, 0, 1), (30, 2, 0.3), (1, 1, 1)]
)
def test_crps_is_the_integral(y, location, scale):
    """∫ (F(x) − 1{x ≥ y})² dx, cut at y and at the quantile 1 − 1e−9."""
    law = scipy.stats.lognorm(scale, scale=np.exp(location))
    below = scipy.integrate.quad(lambda x: law.cdf(x) ** 2, 0, y)[0]
    end = max(law.ppf(1 - 1e-9), y)
    above = scipy.integrate.quad(lambda x: law.sf(x) ** 2, y, end, limit=200)[0]
    found = crps_lognormal(*(np.array([v], dtype=float) for v in (y, location, scale)))[0][0]
    assert found == pytest.approx(below + above, rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(*PARAMETERS)
def test_gradient_is_that_of_the_score(y, location, scale):
    _, *found = (v.item() for v in crps_lognormal(*(np.array(v) for v in (y, location, scale))))
    numeric = scipy.optimize.approx_fprime(
        np.array([location, scale]),
        lambda p: crps_lognormal(np.array(y), *p)[0].item(),
        1e-6,
    )
    np.testing.assert_allclose(found, numeric, rtol=1e-3, atol=1e-3)


def test_recovers_the_coefficients(trained, new):
    """Slopes by raw unit from those by deviation: wind −0.5, own and city together 0.6."""
    fitted = trained[2]
    coefficient = np.array(fitted.full) / [1, *fitted.deviation[:3], *[1] * 4]
    np.testing.assert_allclose(coefficient[:, 3], -0.5, atol=0.05)
    np.testing.assert_allclose(coefficient[:, 1:3].sum(axis=1), 0.6, atol=0.05)
    # one deviation (0.5) of doubt: log σ by log(3)/2, the ratio 0.6/0.2
    np.testing.assert_allclose(coefficient[:, 5], np.log(3) / 2, atol=0.12)
    cases, came, location = new
    scale = 0.2 + 0.4 * cases["doubt"].values[..., None]
    truth = crps_lognormal(came.values, location, scale)[0].mean()
    usual = crps(Climatology().fit(*trained[:2]).predict(cases), came)
    found = crps(fitted.predict(cases), came)
    assert found < 1.05 * truth
    assert found < 0.6 * usual


def test_forecast_is_the_formula(trained):
    cases, _, fitted = trained
    one = cases.isel(issue=[5], lead=[1], place=[3])
    raw = np.array([np.log(one["own"].item()), np.log(one["city"].item())])
    raw = np.append(raw, [one["wind"].item(), one["doubt"].item()])
    z = (raw - fitted.mean) / fitted.deviation
    b = np.array(fitted.full[1])
    location = b[0] + z[:3] @ b[1:4]
    scale = np.exp(b[4] + b[5] * z[3] + b[6] * (location - b[7]))
    law = scipy.stats.lognorm(scale, scale=fitted.unit * np.exp(location))
    found = fitted.predict(one).quantiles[0, 0, 0]
    np.testing.assert_allclose(found, law.ppf(LEVELS), rtol=1e-5)


def test_estimate_is_the_minimum(trained):
    """No small step away from the coefficients lowers the mean CRPS of a single lead's fit."""
    cases, target, _ = trained
    cases, target = cases.isel(lead=[0]), target.isel(lead=[0])
    fitted = MEMBER.fit(cases, target)
    best = np.array(fitted.full[0])
    state = vars(fitted)

    def score(coefficient):
        moved = FittedEmos(**{**state, "full": [coefficient.tolist()]})
        q = moved.predict(cases).quantiles.values[..., 49]
        x, v, _ = moved.columns(
            np.column_stack(
                [
                    np.broadcast_to(
                        cases[n].values.reshape(240, -1 if n != "doubt" else 1), (240, 4)
                    ).ravel()
                    for n in ("own", "city", "wind", "doubt")
                ]
            ).astype(float)
        )
        location = x @ coefficient[:4]
        np.testing.assert_allclose(np.exp(location) * moved.unit, q.ravel(), rtol=1e-4)
        scale = np.exp(v @ coefficient[4:6] + coefficient[6] * (location - coefficient[7]))
        return crps_lognormal(target.values.ravel() / moved.unit, location, scale)[0].mean()

    least = score(best)
    for j in (0, 3, 4, 5):
        for step in (-0.1, 0.1):
            moved = best.copy()
            moved[j] += step
            assert score(moved) > least


def test_missing_recent_value_takes_the_other(trained, new):
    fitted, (cases, came, _) = trained[2], new
    without = cases.assign(own=cases["own"] * np.nan)
    whole, part = crps(fitted.predict(cases), came), crps(fitted.predict(without), came)
    # own is city + 0.1·noise on the log scale: little is lost
    assert whole < part < 1.1 * whole
    dropped = fitted.predict(cases.drop_vars("own")).quantiles
    np.testing.assert_array_equal(dropped, fitted.predict(without).quantiles)


def test_without_any_recent_value_it_is_the_fit_without(trained, new):
    cases, target, fitted = trained
    blind = Emos(["wind"], spread=["doubt"]).fit(cases, target)
    later, came, _ = new
    found = fitted.predict(later.drop_vars(["own", "city"]))
    np.testing.assert_allclose(found.quantiles, blind.predict(later).quantiles, rtol=0.02)
    # what own told (0.6 · 0.6 on the log scale) is spread now
    sharp = fitted.predict(later).quantiles
    assert found.quantiles[..., 74].mean() - found.quantiles[..., 24].mean() > 1.1 * (
        sharp[..., 74].mean() - sharp[..., 24].mean()
    )
    assert crps(found, came) < crps(Climatology().fit(cases, target).predict(later), came)


def test_case_by_case_fallback(trained):
    cases, _, fitted = trained
    some = cases.where(cases["place"] != "p1")[["own", "city"]]
    mixed = fitted.predict(cases.assign(some)).quantiles
    whole = fitted.predict(cases).quantiles
    blind = fitted.predict(cases.drop_vars(["own", "city"])).quantiles
    np.testing.assert_array_equal(mixed.sel(place="p1"), blind.sel(place="p1"))
    np.testing.assert_array_equal(mixed.sel(place="p2"), whole.sel(place="p2"))


def test_gaps_zeros_and_constants_in_training(make_cases, new):
    cases, target, _ = world(make_cases(240, leads=3, places=4), seed=1)
    rng = np.random.default_rng(3)
    target = target.where(rng.random(target.shape) > 0.3)
    target[:3] = 0
    cases["own"] = cases["own"].where(rng.random(cases["own"].shape) > 0.3)
    cases["own"][7] = 0
    cases["never"] = ("issue", np.full(240, np.nan))
    cases["always"] = ("issue", np.full(240, 7.0))
    member = Emos(["wind", "never", "always"], ["own", "city"], ["doubt"])
    fitted = member.fit(cases, target)
    assert np.isfinite(fitted.predict(cases).quantiles).all()
    later, came, _ = new
    usual = crps(Climatology().fit(cases, target).predict(later), came)
    assert crps(fitted.predict(later), came) < 0.65 * usual


def test_lead_without_targets_learns_from_its_neighbours_only(make_cases):
    cases, target, _ = world(make_cases(120, leads=4, places=2), seed=5)
    target[:, 2:] = np.nan
    q = MEMBER.fit(cases, target).predict(cases).quantiles
    np.testing.assert_array_equal(np.isfinite(q[0, :, 0, 0]), [True, True, True, False])


def test_unknown_place_and_lead(trained):
    cases, _, fitted = trained
    elsewhere = cases.isel(lead=[2]).assign_coords(place=["w", "x", "y", "z"])
    expected = fitted.predict(cases).quantiles.values[:, 2:]
    np.testing.assert_array_equal(fitted.predict(elsewhere).quantiles.values, expected)
    with pytest.raises(ValueError, match="9"):
        fitted.predict(cases.isel(lead=[0]).assign_coords(lead=[9]))


def test_ordered_and_bounded_far_outside(trained):
    cases, target, fitted = trained
    wild = cases.assign(wind=cases["wind"] * 1e6, own=cases["own"] * 1e6)
    q = fitted.predict(wild).quantiles.values
    assert np.isfinite(q).all()
    assert (q > 0).all()
    assert (np.diff(q, axis=-1) > 0).all()
    assert q[..., 49].max() <= 1.0001 * target.values.max()  # no median beyond what was seen


def test_unit_of_the_target_does_not_matter(trained):
    cases, target, fitted = trained
    q = MEMBER.fit(cases, target / 1000).predict(cases).quantiles
    np.testing.assert_allclose(q * 1000, fitted.predict(cases).quantiles, rtol=1e-4)


def test_out_of_fold_ignores_its_own_block(trained):
    cases, target, fitted = trained
    folds = make_folds(cases, 3)
    poisoned = target.copy()
    poisoned[folds[1].held_out] = 1e6
    other, after = MEMBER.cross_fit(cases, poisoned, folds)
    same, before = MEMBER.cross_fit(cases, target, folds)
    block = folds[1].held_out
    np.testing.assert_array_equal(before.quantiles[block], after.quantiles[block])
    assert other != fitted
    assert same == fitted  # deterministic, and fitted to all
    assert crps(before, target) < 0.6 * crps(
        Climatology().cross_fit(cases, target, folds)[1], target
    )


def test_too_few_cases_raise(make_cases, make_target):
    cases = make_cases(29)
    cases["x"] = ("issue", np.arange(29.0))
    with pytest.raises(ValueError, match=r"found 29 cases .* at least 30"):
        Emos(["x"]).fit(cases, make_target(cases, 5.0))
    with pytest.raises(ValueError, match="found 0 cases"):
        Emos(["x"]).fit(cases, make_target(cases, np.nan))


def test_round_trip(trained, tmp_path):
    cases, _, fitted = trained
    fitted.save(tmp_path)
    loaded = FittedEmos.load(tmp_path)
    assert loaded == fitted
    np.testing.assert_array_equal(loaded.predict(cases).quantiles, fitted.predict(cases).quantiles)
    state = json.loads((tmp_path / "emos.json").read_text("utf-8"))
    cut = {**state, "full": [row[:-1] for row in state["full"]]}
    (tmp_path / "emos.json").write_text(json.dumps(cut), "utf-8")
    with pytest.raises(ValueError, match=r"emos\.json: expected 'full' of 3 leads × 8"):
        FittedEmos.load(tmp_path)
    del state["unit"]
    (tmp_path / "emos.json").write_text(json.dumps(state), "utf-8")
    with pytest.raises(ValueError, match="unit"):
        FittedEmos.load(tmp_path)
