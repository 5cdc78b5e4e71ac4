"""Boosting: it learns, what it is tested on it has not seen, and it is the same after saving."""

import json

import lightgbm
import numpy as np
import pytest
import scipy.stats
import scoringrules
import xarray as xr

import ensembles.members.boosting
from ensembles import LEVELS, Boosting, Climatology, FittedBoosting, design_matrix, make_folds

PREDICTORS = ["signal", "noisy", "nothing", "lead"]
SMALL = Boosting(PREDICTORS, trees=60, min_leaf=15, folds=3)


def world(cases, seed):
    """Root of the target: 2 + 2·signal + noise; the noise is three times as large where `noisy`."""
    rng = np.random.default_rng(seed)
    shape = tuple(cases.sizes[d] for d in ("issue", "lead", "place"))
    dims = ("issue", "lead", "place")
    cases = cases.assign(
        signal=(dims, rng.random(shape, dtype=np.float32)),
        noisy=(dims, rng.integers(0, 2, shape).astype(np.float32)),
        nothing=(("issue", "place"), rng.random((shape[0], shape[2]), dtype=np.float32)),
    )
    noise = rng.standard_normal(shape) * (0.1 + 0.2 * cases["noisy"].values)
    root = 2 + 2 * cases["signal"].values + noise
    coords = {d: cases[d] for d in dims}
    return cases, xr.DataArray(root**4, dims=dims, coords=coords)


@pytest.fixture(scope="module")
def trained(make_cases):
    """Cases, target, folds, fitted and out-of-fold forecasts."""
    cases, target = world(make_cases(250, leads=2, places=4), seed=1)
    folds = make_folds(cases, 3)
    return cases, target, folds, *SMALL.cross_fit(cases, target, folds)


def crps(forecast, target):
    return scoringrules.crps_quantile(target.values, forecast.quantiles.values, LEVELS).mean()


def test_recovers_a_signal(trained, make_cases):
    cases, target, _, fitted, unseen = trained
    new, came = world(make_cases(100, leads=2, places=4, start="2016-01-01"), seed=2)
    usual = crps(Climatology().fit(cases, target).predict(new), came)
    found = crps(fitted.predict(new), came)
    centre = 2 + 2 * new["signal"].values[..., None]
    width = (0.1 + 0.2 * new["noisy"].values[..., None]) * scipy.stats.norm.ppf(LEVELS)
    truth = scoringrules.crps_quantile(came.values, (centre + width) ** 4, LEVELS).mean()
    assert found < 0.4 * usual
    assert found < 1.25 * truth
    assert found == pytest.approx(crps(unseen, target), rel=0.2)


def test_spread_follows_the_predictors(trained, make_cases):
    fitted = trained[3]
    new, _ = world(make_cases(100, leads=2, places=4), seed=3)
    root = fitted.predict(new).quantiles ** 0.25
    width = root.sel(quantile=0.75) - root.sel(quantile=0.25)
    calm, noisy = (width.where(new["noisy"] == k).mean().item() for k in (0, 1))
    # true ratio 3, interquartile range 1.349 σ; the error of the location adds to both
    assert noisy / calm > 1.7
    assert noisy == pytest.approx(1.349 * 0.3, rel=0.2)


def test_shape_is_that_of_the_standardised_noise(trained):
    # a normal residual over its mean absolute value √(2/π) σ
    expected = scipy.stats.norm.ppf([0.05, 0.25, 0.5, 0.75, 0.95]) / np.sqrt(2 / np.pi)
    np.testing.assert_allclose(trained[3].shapes[:, [4, 24, 49, 74, 94]], [expected] * 2, atol=0.25)


def test_out_of_fold_forecasts_cover(trained):
    _, target, _, _, unseen = trained
    inside = (target >= unseen.quantiles.sel(quantile=0.05, method="nearest")) & (
        target <= unseen.quantiles.sel(quantile=0.95, method="nearest")
    )
    assert float(inside.mean()) == pytest.approx(0.9, abs=0.02)


def assembled(location, spread, shapes, matrix, leads):
    """Quantiles (row, level) of the formula, from the boosters of LightGBM themselves."""
    centre = np.mean([m.predict(matrix).astype("f4") for m in location], axis=0, dtype="f4")
    wide = np.column_stack([matrix, centre])
    width = np.mean([m.predict(wide).astype("f4") for m in spread], axis=0, dtype="f4")
    root = centre[:, None] + np.maximum(width, 1e-3)[:, None] * shapes[leads - 1]
    return np.maximum(root, 0) ** 4


def test_forecast_is_the_formula_on_the_mean_of_the_models(trained):
    cases, _, _, fitted, _ = trained
    matrix = design_matrix(cases, PREDICTORS)
    expected = assembled(
        fitted.location, fitted.spread, fitted.shapes, matrix, matrix[:, 3].astype(int)
    )
    found = fitted.predict(cases).quantiles.values.reshape(-1, 99)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_out_of_fold_rows_come_from_the_models_of_their_fold(trained):
    cases, _, folds, fitted, unseen = trained
    for k, fold in enumerate(folds):
        matrix = design_matrix(cases.isel(issue=fold.held_out), PREDICTORS)
        leads = matrix[:, 3].astype(int)
        expected = assembled(
            fitted.location[k : k + 1], fitted.spread[k : k + 1], fitted.shapes, matrix, leads
        )
        found = unseen.quantiles.values[fold.held_out].reshape(-1, 99)
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_poisoned_block_leaves_its_location_model_as_it_was(trained):
    """Targets of every case valid within the block, and its predictors, may be anything."""
    cases, target, folds, fitted, _ = trained
    block = folds[1].held_out
    valid = cases["issue"] + cases["lead"].astype("timedelta64[D]")
    first, last = valid.isel(issue=block[0], lead=0), valid.isel(issue=block[-1], lead=-1)
    poisoned = target.where((valid < first) | (valid > last), 1e4)
    bad = cases.assign(signal=cases["signal"].copy())
    bad["signal"][block] = 77.0
    other, _ = SMALL.cross_fit(bad, poisoned, folds)
    same = [
        a.model_to_string() == b.model_to_string()
        for a, b in zip(fitted.location, other.location, strict=True)
    ]
    assert same == [False, True, False]


def test_models_train_on_the_mask_of_their_fold_and_known_targets_only(
    make_cases, make_target, monkeypatch
):
    """Location and spread alike: what they were given is recorded on the way to LightGBM."""
    cases = make_cases(60, leads=3, places=2)
    cases["number"] = ("issue", np.arange(60.0))
    target = make_target(cases, np.random.default_rng(4).gamma(3, 20, (60, 3, 2)))
    target[5, 1, 0] = np.nan
    target[58] = np.nan
    given, sizes = [], []
    train = ensembles.members.boosting._train

    def record(parameters, matrix, value, weight, rounds):
        given.append((matrix[:, :2], value, weight))
        sizes.append((rounds, parameters["num_leaves"], parameters["min_data_in_leaf"]))
        return train(parameters, matrix, value, weight, rounds)

    monkeypatch.setattr(ensembles.members.boosting, "_train", record)
    folds = make_folds(cases, 3)
    Boosting(["number", "lead"], trees=5, leaves=6, min_leaf=5).cross_fit(cases, target, folds)
    assert len(given) == 2 * 3
    # as asked for the location; the spread is coarser
    assert sizes == [(5, 6, 5)] * 3 + [(80, 8, 10)] * 3
    for (rows, _, weight), fold in zip(given, folds * 2, strict=True):
        issue, lead, _ = np.nonzero(fold.training[..., None] & np.isfinite(target.values))
        np.testing.assert_array_equal(rows, np.column_stack([issue, lead + 1]))
        np.testing.assert_allclose(weight, (lead + 1.0) ** -1.5, rtol=1e-6)
    for (_, value, _), fold in zip(given, folds, strict=False):
        expected = target.values[fold.training] ** 0.25
        np.testing.assert_allclose(value, expected[np.isfinite(expected)], rtol=1e-6)


def test_noise_is_not_learned(make_cases, make_target):
    """A target without signal, and a predictor that names each issue: no better than climate."""
    cases = make_cases(200, places=3)
    cases["number"] = ("issue", np.arange(200.0))
    target = make_target(cases, np.random.default_rng(5).gamma(3, 20, (200, 1, 3)))
    folds = make_folds(cases, 4)
    member = Boosting(["number"], trees=60, min_leaf=3)
    usual = crps(Climatology(half_window=400).cross_fit(cases, target, folds)[1], target)
    assert crps(member.cross_fit(cases, target, folds)[1], target) > 0.98 * usual


def test_same_result_from_any_number_of_workers_and_another_seed_differs(trained):
    cases, target, folds, fitted, unseen = trained
    results = []
    for member in (
        Boosting(**{**vars(SMALL), "workers": 2}),
        Boosting(**{**vars(SMALL), "seed": 9}),
    ):
        other, forecast = member.cross_fit(cases, target, folds)
        same = (forecast.quantiles == unseen.quantiles).mean().item()
        today = (other.predict(cases).quantiles == fitted.predict(cases).quantiles).mean().item()
        results.append((same, today))
    assert results[0] == (1.0, 1.0)
    assert max(results[1]) < 0.1


def test_fit_makes_its_folds_itself(trained):
    cases, target, _, fitted, _ = trained
    alone = SMALL.fit(cases, target)
    np.testing.assert_array_equal(alone.predict(cases).quantiles, fitted.predict(cases).quantiles)


def test_missing_predictors_are_lived_with(trained, make_cases):
    cases, target, folds, fitted, _ = trained
    holes = np.random.default_rng(6).random(cases["signal"].shape) < 0.3
    patchy = cases.assign(signal=cases["signal"].where(~holes))
    _, forecast = SMALL.cross_fit(patchy, target, folds)
    assert np.isfinite(forecast.quantiles).all()
    miss = np.abs(forecast.quantiles.sel(quantile=0.5) - target)
    assert float(miss.where(~holes).mean()) < 0.5 * float(miss.where(holes).mean())
    none = cases.assign({p: cases[p] * np.nan for p in ("signal", "noisy", "nothing")})
    assert np.isfinite(fitted.predict(none).quantiles).all()


def test_lead_never_known_is_missing(make_cases, make_target):
    cases, target = world(make_cases(60, leads=2, places=2), seed=7)
    target[:, 1] = np.nan
    fitted = Boosting(PREDICTORS, trees=5, min_leaf=5, folds=2).fit(cases, target)
    q = fitted.predict(cases).quantiles
    assert np.isfinite(q[:, 0]).all()
    assert np.isnan(q[:, 1]).all()


def test_importance(trained):
    found = trained[3].importance
    assert sum(found.values()) == pytest.approx(1)
    assert sorted(found) == sorted(PREDICTORS)
    assert next(iter(found)) == "signal"
    assert found["signal"] > 0.8
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_part_of_the_leads(trained):
    cases, _, _, fitted, _ = trained
    second = fitted.predict(cases.isel(lead=[1])).quantiles
    np.testing.assert_array_equal(second, fitted.predict(cases).quantiles.isel(lead=[1]))


def test_round_trip_is_plain_text(trained, tmp_path):
    cases, _, _, fitted, _ = trained
    fitted.save(tmp_path / "a" / "boosting")
    files = sorted((tmp_path / "a" / "boosting").iterdir())
    models = [f"{kind}-{k}.txt" for kind in ("location", "spread") for k in range(3)]
    assert [f.name for f in files] == ["boosting.json", *models]
    state = json.loads(files[0].read_text("utf-8"))
    assert state["predictors"] == PREDICTORS
    assert all(f.read_text("utf-8").startswith("tree\n") for f in files[1:])
    loaded = FittedBoosting.load(tmp_path / "a" / "boosting")
    np.testing.assert_array_equal(loaded.predict(cases).quantiles, fitted.predict(cases).quantiles)
    assert loaded.importance == fitted.importance
    assert isinstance(loaded.location[0], lightgbm.Booster)


def test_bad_input(trained, make_cases, make_target):
    cases, target, folds, fitted, _ = trained
    lacking = fitted.predict(cases.drop_vars("noisy")).quantiles
    np.testing.assert_array_equal(
        lacking, fitted.predict(cases.assign(noisy=cases["noisy"] * np.nan)).quantiles
    )
    with pytest.raises(KeyError, match="noisy"):
        SMALL.fit(cases.drop_vars("noisy"), target)
    late = target.copy()
    late[folds[0].training.any(axis=1)] = np.nan
    with pytest.raises(ValueError, match="fold 1 of 3 has no case with a known target"):
        SMALL.cross_fit(cases, late, folds)
    with pytest.raises(ValueError, match="7 is not in list"):
        fitted.predict(cases.assign_coords(lead=[1, 7]))
