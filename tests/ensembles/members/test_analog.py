"""Analog ensemble: distances, which past cases are found, and what is made of them."""

import numpy as np
import pytest
import scipy.stats
import scoringrules
import xarray as xr
from scipy.stats.mstats import hdquantiles
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import nan_euclidean_distances
from sklearn.neighbors import NearestNeighbors

from ensembles.distribution import LEVELS, Distribution
from ensembles.folds import make_folds
from ensembles.members.analog import AnalogEnsemble, FittedAnalog
from ensembles.members.analog_library import RIDGE, regress
from ensembles.members.climatology import Climatology
from ensembles.members.similarity import order_weights, squared_distance

DIMS = ("issue", "lead", "place")
NAMES = ["wind", "warm", "noise"]
SPREAD = 0.15


def world(make_cases, issues=300, leads=3, places=2, seed=0):
    """Root of the target = 3 − 0.5·wind + 0.3·warm + error, by valid day; noise is noise."""
    rng = np.random.default_rng(seed)
    cases = make_cases(issues, leads=leads, places=places)
    at = np.arange(issues)[:, None] + np.arange(leads)
    wind, warm, error = rng.normal(size=(3, issues + leads, places)).astype(np.float32)
    cases["wind"] = (DIMS, wind[at])
    cases["warm"] = (DIMS, warm[at])
    cases["noise"] = (DIMS, rng.normal(size=(issues, leads, places)).astype(np.float32))
    root = 3 - 0.5 * cases["wind"] + 0.3 * cases["warm"] + SPREAD * error[at]
    return cases, (root.clip(min=0) ** 4).astype(np.float32)


@pytest.fixture(scope="module")
def trained(make_cases):
    cases, target = world(make_cases)
    return cases, target, AnalogEnsemble(NAMES).fit(cases, target)


def crps(distribution, target):
    found = scoringrules.crps_quantile(
        target.transpose(*DIMS).values, distribution.quantiles.values, LEVELS
    )
    return np.nanmean(found)


# Distances and quantiles


def test_squared_distance_by_hand():
    case = np.array([[0.0, 1.0, np.nan]])
    past = np.array([[2.0, 4.0, 9.0], [2.0, np.nan, 0.0], [np.nan, np.nan, 1.0]])
    # (1·2² + 3·3²)/(1 + 3) = 31/4; only the first: 2², but it bears 1 of the case's 4: too few
    found = squared_distance(case, past, np.array([1.0, 3.0, 2.0]))
    np.testing.assert_allclose(found, [[31 / 4, np.inf, np.inf]])
    found = squared_distance(case, past, np.array([3.0, 3.0, 2.0]))
    np.testing.assert_allclose(found, [[(3 * 4 + 3 * 9) / 6, 4, np.inf]])


def test_squared_distance_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    case, past = rng.normal(size=(2, 5, 6)), rng.normal(size=(2, 9, 6))
    case[0, 1, 2] = past[1, 3, 4] = past[0, 0, :3] = np.nan
    for b in range(2):
        expected = nan_euclidean_distances(case[b], past[b]) ** 2 / 6  # scaled to all six
        found = squared_distance(case, past, np.full(6, 0.7))[b]
        keep = np.isfinite(found)
        assert keep.sum() >= 44
        np.testing.assert_allclose(found[keep], expected[keep], rtol=1e-4)


def test_order_weights_are_those_of_harrell_and_davis():
    values = np.sort(np.random.default_rng(2).gamma(2, 10, 25))
    np.testing.assert_allclose(
        values @ order_weights(25), hdquantiles(values, prob=LEVELS), rtol=1e-4
    )


def test_regression_is_that_of_scikit_learn():
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(80, 1, 1, 4)).astype(np.float32)
    value = rng.normal(size=(80, 1, 1)).astype(np.float32)
    slope, base, unseen = regress(matrix, value, [])
    oracle = Ridge(alpha=RIDGE * 80).fit(matrix[:, 0, 0], value[:, 0, 0])
    np.testing.assert_allclose(slope[0], oracle.coef_, atol=1e-5)
    np.testing.assert_allclose(base[0], oracle.intercept_, atol=1e-5)
    np.testing.assert_allclose(unseen[:, 0, 0], oracle.predict(matrix[:, 0, 0]), atol=1e-5)


# Search


def test_analogs_are_the_nearest_neighbours(make_cases, make_target):
    cases, target = world(make_cases, leads=1, places=1)
    member = AnalogEnsemble(["wind"], lead_window=0, gap=10)
    fitted = member.fit(cases, target)
    learned = {**fitted.state.attrs["learned"], "season": 0.0, "regression": 0.0, "count": 5}
    fitted = FittedAnalog(fitted.state.assign_attrs(learned=learned))
    wind = cases["wind"].values[:, 0]
    i = 150
    far = np.abs(np.arange(300) - i) > 10  # valid more than 10 days apart
    distance, at = NearestNeighbors(n_neighbors=5).fit(wind[far]).kneighbors(wind[[i]])
    found = fitted.analogs(cases.isel(issue=[i])).isel(issue=0, lead=0, place=0)
    days = cases["issue"].values[far][at[0]] + np.timedelta64(1, "D")
    scale = np.std(wind)  # the library keeps steps of 1/32 of it
    np.testing.assert_allclose(found["distance"], distance[0] / scale, atol=1 / 32)
    assert set(found["date"].values[:2]) & set(days)
    position = np.searchsorted(cases["issue"].values, found["date"].values - np.timedelta64(1, "D"))
    np.testing.assert_allclose(found["observed"], target.values[position, 0, 0], rtol=1e-4)
    assert found["source"].values.tolist() == ["p0"] * 5
    assert found["rank"].values.tolist() == [1, 2, 3, 4, 5]


def test_analogs_keep_away_from_the_case(trained):
    cases, _, fitted = trained
    found = fitted.analogs(cases)
    valid = cases["issue"] + cases["lead"].astype("timedelta64[D]")
    apart = np.abs((found["date"] - valid) / np.timedelta64(1, "D"))
    assert float(apart.min()) > 10
    # a past day counts once, whichever lead it comes from
    days = np.sort(found["date"].values, axis=-1)
    assert (np.diff(days, axis=-1) > np.timedelta64(0)).all()
    assert (np.diff(found["distance"].values, axis=-1) >= 0).all()


def test_weights_favour_what_matters(trained):
    state = trained[2].state
    learned = {**state.attrs["learned"], "power": 1.0}
    weights = FittedAnalog(state.assign_attrs(learned=learned)).weights
    np.testing.assert_allclose(weights.sum("part"), 1, rtol=1e-5)
    wind, warm, noise = (weights.sel(part=name) for name in NAMES)
    assert (wind > warm).all() and (warm > 3 * noise).all()
    assert weights["part"].values.tolist() == [*NAMES, "season", "regression"]


def test_season_alone(make_cases, make_target):
    """Without a telling predictor the analogs come from the same season of other years."""
    cases = make_cases(1000)
    cases["flat"] = (DIMS, np.ones((1000, 1, 1), np.float32))
    day = np.arange(1000.0).reshape(1000, 1, 1)
    target = make_target(cases, (2 + np.cos(2 * np.pi * day / 365.25)) ** 4)
    fitted = AnalogEnsemble(["flat"]).fit(cases, target)
    found = fitted.analogs(cases.isel(issue=[500]))["date"].values.ravel()[:15]
    valid = cases["issue"].values[500] + np.timedelta64(1, "D")
    apart = np.abs((found - valid) / np.timedelta64(1, "D"))
    assert np.abs(apart[apart > 100] - 365.25).max() < 30


# Forecasts


def test_forecast_by_hand(make_cases, make_target):
    """The same value after every analog: that value, whatever the correction."""
    cases, _ = world(make_cases, issues=60, leads=1, places=1)
    fitted = AnalogEnsemble(NAMES).fit(cases, make_target(cases, 81.0))
    found = fitted.predict(cases).quantiles
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 81, rtol=1e-4)


def test_correction_reaches_beyond_the_past(make_cases):
    """An extreme case lies beyond what its analogs saw: the regression makes up for it."""
    cases, target = world(make_cases, leads=1, places=1)
    fitted = AnalogEnsemble(NAMES).fit(cases, target)
    extreme = cases.isel(issue=[0]).copy(deep=True)
    extreme["wind"] = extreme["wind"] * 0 - 5.0
    plain = {**fitted.state.attrs["learned"], "share": 0.0}
    full = {**plain, "share": 1.0}
    without, with_it = (
        FittedAnalog(fitted.state.assign_attrs(learned=learned)).predict(extreme).mean().item()
        for learned in (plain, full)
    )
    assert without <= float(target.max()) * 1.05
    assert with_it > 1.2 * without


def test_beats_climatology_and_knows_its_spread(make_cases):
    cases, target = world(make_cases, issues=500, leads=2)
    folds = make_folds(cases, 4)
    fitted, found = AnalogEnsemble(NAMES).cross_fit(cases, target, folds)
    _, usual = Climatology().cross_fit(cases, target, folds)
    # best possible: normal about the true mean on the root
    centre = (3 - 0.5 * cases["wind"] + 0.3 * cases["warm"]).values[..., None]
    best = np.maximum(centre + SPREAD * scipy.stats.norm.ppf(LEVELS), 0) ** 4
    least = crps(Distribution.from_values(best, cases), target)
    assert crps(found, target) < 0.4 * crps(usual, target)
    assert crps(found, target) < 1.1 * least
    q = found.quantiles.values
    inside = (target.values >= q[..., 4]) & (target.values <= q[..., 94])
    assert 0.86 < inside.mean() < 0.94
    assert isinstance(fitted, FittedAnalog)


def test_out_of_fold_ignores_its_own_block(make_cases):
    cases, target = world(make_cases, issues=150)
    folds = make_folds(cases, 3)
    block = folds[1].held_out
    poisoned = target.copy()
    poisoned[block] = 1e5
    _, before = AnalogEnsemble(NAMES).cross_fit(cases, target, folds)
    _, after = AnalogEnsemble(NAMES).cross_fit(cases, poisoned, folds)
    np.testing.assert_array_equal(before.quantiles[block], after.quantiles[block])
    other = folds[0].held_out
    assert (before.quantiles.values[other] != after.quantiles.values[other]).any()
    known = target.where(xr.DataArray(folds[1].training, dims=("issue", "lead")))
    dates = AnalogEnsemble(NAMES).fit(cases, known).analogs(cases.isel(issue=block))["date"].values
    first, last = cases["issue"].values[block[[0, -1]]]
    assert ((dates < first) | (dates > last)).all()


# Missing things


def test_missing_predictors(trained):
    cases, target, fitted = trained
    whole = fitted.predict(cases)
    lacking = fitted.predict(cases.drop_vars("wind"))
    empty = fitted.predict(cases.assign(wind=cases["wind"] * np.nan))
    np.testing.assert_array_equal(lacking.quantiles, empty.quantiles)
    assert np.isfinite(lacking.quantiles).all()
    assert crps(whole, target) < crps(lacking, target)
    holes = cases.copy(deep=True)
    holes["warm"][::7] = np.nan
    refit = AnalogEnsemble(NAMES).fit(holes, target).predict(holes)
    assert np.isfinite(refit.quantiles).all()
    assert crps(refit, target) < crps(lacking, target)
    with pytest.raises(KeyError, match="warm"):
        AnalogEnsemble(NAMES).fit(cases.drop_vars("warm"), target)


def test_unknown_place_and_short_record_take_all_places(trained):
    cases, target, _ = trained
    short = target.copy()
    short[30:, :, 1] = np.nan  # p1 has 32 days
    fitted = AnalogEnsemble(NAMES).fit(cases, short)
    renamed = cases.isel(place=[1]).assign_coords(place=["new"])
    new, known = fitted.predict(renamed), fitted.predict(cases.isel(place=[1]))
    np.testing.assert_array_equal(new.quantiles.values, known.quantiles.values)
    assert np.isfinite(new.quantiles).all()
    assert set(fitted.analogs(renamed)["source"].values.ravel()) == {"p0", "p1"}
    assert set(fitted.analogs(cases.isel(place=[0]))["source"].values.ravel()) == {"p0"}
    usual = np.quantile(target, LEVELS)
    assert (
        crps(new, target[:, :, 1:])
        < 0.6
        * scoringrules.crps_quantile(
            target[:, :, 1].values, np.broadcast_to(usual, (300, 3, 99)), LEVELS
        ).mean()
    )


def test_few_or_no_analogs(make_cases, make_target):
    cases, target = world(make_cases, issues=18, leads=1, places=1)
    fitted = AnalogEnsemble(NAMES).fit(cases, target)
    found = fitted.analogs(cases.isel(issue=[0]))
    # valid more than 10 days after the first: 7 of 18
    assert np.isfinite(found["distance"]).sum() == 7
    assert np.isnat(found["date"].values).sum() == 18 - 7
    assert np.isfinite(fitted.predict(cases.isel(issue=[0])).quantiles).all()
    # the ninth has no day more than 10 days away
    assert np.isnan(fitted.predict(cases.isel(issue=[8])).quantiles).all()
    with pytest.raises(ValueError, match="no case has a known target"):
        AnalogEnsemble(NAMES).fit(cases, make_target(cases, np.nan))


def test_leads_and_places_in_part(trained):
    cases, _, fitted = trained
    whole = fitted.predict(cases).quantiles
    part = cases.isel(issue=slice(5, 9), lead=[1], place=[1])
    np.testing.assert_allclose(fitted.predict(part).quantiles, whole[5:9, 1:2, 1:], rtol=1e-3)
    with pytest.raises(ValueError, match="7 is not in list"):
        fitted.predict(cases.assign_coords(lead=[1, 2, 7]))


def test_round_trip(trained, tmp_path):
    cases, target, fitted = trained
    fitted.save(tmp_path / "a" / "analog")
    assert [f.name for f in (tmp_path / "a" / "analog").iterdir()] == ["analog.nc"]
    loaded = FittedAnalog.load(tmp_path / "a" / "analog")
    xr.testing.assert_equal(loaded.state, fitted.state)
    np.testing.assert_array_equal(loaded.predict(cases).quantiles, fitted.predict(cases).quantiles)
    xr.testing.assert_identical(loaded.analogs(cases), fitted.analogs(cases))
    again = AnalogEnsemble(NAMES).fit(cases, target)
    np.testing.assert_array_equal(again.predict(cases).quantiles, fitted.predict(cases).quantiles)
    fitted.state[["library"]].drop_attrs().to_netcdf(tmp_path / "analog.nc")
    with pytest.raises(ValueError, match=r"analog\.nc: no observed, regression, mean"):
        FittedAnalog.load(tmp_path)
