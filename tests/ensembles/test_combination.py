"""Combination: weights against a brute-force search, re-weighting, and what is refused."""

import json

import numpy as np
import pytest
import scoringrules
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import ensembles.combination
from ensembles import ISSUED_LEVELS, Combination, Distribution, fit_combination


def weighted(weights, leads=(1,), members=("a", "b")):
    return Combination(
        xr.DataArray(
            np.broadcast_to(np.asarray(weights, float), (len(leads), len(members))),
            coords={"lead": list(leads), "member": list(members)},
            dims=("lead", "member"),
        )
    )


def test_weighted_mean_of_quantiles_by_hand(make_cases, normal):
    cases = make_cases(2, leads=2, places=2)
    a, b = normal(cases, 20.0, 1.0), normal(cases, 40.0, 5.0)
    found = weighted([[0.25, 0.75], [1, 0]], leads=(1, 2)).apply({"a": a, "b": b}).quantiles
    # of two normals the quantile average is normal: mean .25·20 + .75·40, spread .25·1 + .75·5
    np.testing.assert_allclose(found[:, 0], normal(cases, 35.0, 4.0).quantiles[:, 0], rtol=1e-5)
    np.testing.assert_allclose(found[:, 1], a.quantiles[:, 1], rtol=1e-4)
    assert found.dims == ("issue", "lead", "place", "quantile")


def test_weights_are_taken_by_lead_not_position(make_cases, normal):
    cases = make_cases(2, leads=3)
    forecasts = {"a": normal(cases, 20.0), "b": normal(cases, 40.0)}
    table = weighted([[1, 0], [0.5, 0.5], [0, 1]], leads=(1, 2, 3))
    last = {n: Distribution(f.quantiles.isel(lead=[2, 1])) for n, f in forecasts.items()}
    found = table.apply(last).quantiles.sel(quantile=0.5)[0, :, 0]
    np.testing.assert_allclose(found, [40, 30], rtol=1e-4)


def test_absent_member_is_reweighted(make_cases, normal):
    cases = make_cases(2)
    a, b, c = (normal(cases, m) for m in (10.0, 20.0, 50.0))
    table = weighted([0.2, 0.3, 0.5], members=("a", "b", "c"))
    # without c: (.2·10 + .3·20)/.5 = 16
    for given_members in ({"a": a, "b": b}, {"b": b, "a": a, "unweighted": c}):
        found = table.apply(given_members).quantiles.sel(quantile=0.5)
        np.testing.assert_allclose(found, 16, rtol=1e-4)
    everything = table.apply({"a": a, "b": b, "c": c}).quantiles.sel(quantile=0.5)
    np.testing.assert_allclose(everything, 0.2 * 10 + 0.3 * 20 + 0.5 * 50, rtol=1e-4)


def test_missing_cases_are_reweighted(make_cases, make_target, normal):
    cases = make_cases(4)
    a = Distribution(normal(cases, 10.0).quantiles.copy())
    b = Distribution(normal(cases, 20.0).quantiles.copy())
    a.quantiles[1] = np.nan
    b.quantiles[2] = np.nan
    a.quantiles[3] = b.quantiles[3] = np.nan
    found = weighted([0.4, 0.6]).apply({"a": a, "b": b}).quantiles.sel(quantile=0.5)[:, 0, 0]
    np.testing.assert_allclose(found, [16, 20, 10, np.nan], rtol=1e-4)


def test_member_of_no_weight_serves_where_it_is_alone(make_cases, normal):
    cases = make_cases(2)
    a, b = normal(cases, 10.0), normal(cases, 20.0)
    a.quantiles[1] = np.nan
    found = weighted([1.0, 0.0]).apply({"a": a, "b": b}).quantiles.sel(quantile=0.5)[:, 0, 0]
    np.testing.assert_allclose(found, [10, 20], rtol=1e-4)


def test_unknown_members_and_differing_cases_raise(make_cases, normal):
    cases = make_cases(3, leads=1, places=2)
    a = normal(cases, 10.0)
    table = weighted([0.5, 0.5])
    with pytest.raises(ValueError, match=r"none of \['x'\] has a weight"):
        table.apply({"x": a})
    for d, other in [
        ("issue", make_cases(3, places=2, start="2015-01-01")),
        ("issue", make_cases(2, places=2)),
        ("lead", cases.assign_coords(lead=[2])),
        ("place", cases.assign_coords(place=["p1", "p0"])),
    ]:
        message = f"cases of member b differ from those of a in {d}"
        with pytest.raises(ValueError, match=message):
            table.apply({"a": a, "b": normal(other, 10.0)})


def test_perfect_member_takes_all(make_cases, make_target, normal):
    cases = make_cases(60, leads=2, places=2)
    y = np.random.default_rng(1).gamma(3, 20, (60, 2, 2))
    forecasts = {"poor": normal(cases, 60.0, 30.0), "perfect": normal(cases, y, 1e-3)}
    found = fit_combination(forecasts, make_target(cases, y)).weights
    np.testing.assert_allclose(found.sel(member="perfect"), 1, atol=2e-3)
    np.testing.assert_allclose(found.sum("member"), 1)


def test_optimum_equals_a_search_over_all_weights(make_cases, make_target, normal):
    cases = make_cases(500, places=4)
    rng = np.random.default_rng(2)
    truth = 60 + 15 * rng.standard_normal((500, 1, 4))
    y = truth + 3 * rng.standard_normal(truth.shape)
    a = normal(cases, truth + 4 * rng.standard_normal(truth.shape), 5.0)
    b = normal(cases, truth + 7 * rng.standard_normal(truth.shape) + 2, 7.0)
    found = fit_combination({"a": a, "b": b}, make_target(cases, y)).weights.values[0]
    grids = [f.quantiles.values[..., 4:95:5].astype(float) for f in (a, b)]

    def score(w):
        mixed = w * grids[0] + (1 - w) * grids[1]
        return scoringrules.crps_quantile(y, mixed, ISSUED_LEVELS).mean()

    share = np.linspace(0, 1, 201)
    best = share[np.argmin([score(w) for w in share])]
    assert 0.1 < best < 0.9
    # 500 days are 100 episodes; 10 more are counted for equal weights
    np.testing.assert_allclose(found[0], (100 * best + 10 * 0.5) / 110, atol=0.01)
    own = (found[0] * 110 - 10 * 0.5) / 100
    assert score(own) < score(best) * (1 + 1e-4)


def test_neighbouring_leads_are_smoothed(make_cases, make_target, normal):
    cases = make_cases(50, leads=3)
    y = np.random.default_rng(3).gamma(3, 20, (50, 3, 1))
    first = np.array([True, False, False])[None, :, None]
    a = normal(cases, np.where(first, y, 200.0), 1e-3)
    b = normal(cases, np.where(first, 200.0, y), 1e-3)
    found = fit_combination({"a": a, "b": b}, make_target(cases, y)).weights
    # weights of a alone 1, 0, 0: (1 + 2·1 + 0)/4, (1 + 2·0 + 0)/4, (0 + 2·0 + 0)/4
    np.testing.assert_allclose(found.sel(member="a"), [0.75, 0.25, 0], atol=2e-3)


def test_nothing_known_means_equal_weights(make_cases, make_target, normal):
    cases = make_cases(5)
    forecasts = {n: normal(cases, 10.0) for n in "abcd"}
    found = fit_combination(forecasts, make_target(cases, np.nan)).weights
    np.testing.assert_allclose(found, 0.25)


def test_unknown_cases_do_not_count(make_cases, make_target, normal):
    """Where the target or any member is missing the others may say anything."""
    cases = make_cases(60, places=2)
    rng = np.random.default_rng(4)
    y = rng.gamma(3, 20, (60, 1, 2))
    target = make_target(cases, y)
    a, b = normal(cases, y + 5, 5.0), normal(cases, y - 2, 5.0)
    expected = fit_combination({"a": a, "b": b}, target.isel(issue=slice(0, 60))).weights
    assert float(expected[0, 0]) < 0.45
    more = make_cases(90, places=2)
    wide = np.concatenate([y, np.full((30, 1, 2), 1e5)])
    a, b = normal(more, wide + 5, 5.0), normal(more, wide - 500, 5.0)
    b.quantiles[:60] = normal(cases, y - 2, 5.0).quantiles.values
    later = make_target(more, wide)
    later[60:75] = np.nan
    a.quantiles[75:] = np.nan
    found = fit_combination({"a": a, "b": b}, later).weights
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_thinning_meets_all_places(make_cases, make_target, normal, monkeypatch):
    """`a` is centred at every other place, `b` at the rest; a tenth of the rows tells so."""
    monkeypatch.setattr(ensembles.combination, "MAX_ROWS", 400)
    cases = make_cases(200, places=20)
    y = np.random.default_rng(5).gamma(3, 20, (200, 1, 20))
    odd = np.arange(20) % 2 == 1
    a = normal(cases, np.where(odd, y, y + 50), 40.0)
    b = normal(cases, np.where(odd, y + 50, y), 40.0)
    found = fit_combination({"a": a, "b": b}, make_target(cases, y)).weights.values[0]
    np.testing.assert_allclose(found, 0.5, atol=0.06)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4), st.floats(0, 0.6))
def test_weights_are_weights(make_cases, make_target, normal, seed, count, missing):
    rng = np.random.default_rng(seed)
    cases = make_cases(25, leads=2, places=2)
    y = rng.gamma(3, 20, (25, 2, 2))
    target = make_target(cases, np.where(rng.random(y.shape) < missing, np.nan, y))
    forecasts = {
        f"m{k}": normal(cases, y + rng.normal(0, 30, y.shape), rng.uniform(1, 30))
        for k in range(count)
    }
    found = fit_combination(forecasts, target).weights
    assert found.dims == ("lead", "member")
    assert float(found.min()) >= 0
    np.testing.assert_allclose(found.sum("member"), 1)
    mixed = Combination(found).apply(forecasts).quantiles
    assert float(mixed.diff("quantile").min()) >= -1e-3
    low, high = (f([d.quantiles.values for d in forecasts.values()], 0) for f in (np.min, np.max))
    assert ((mixed >= low - 1e-2) & (mixed <= high + 1e-2)).all()


def test_fit_refuses_other_cases(make_cases, make_target, normal):
    cases = make_cases(20, places=2)
    swapped = cases.assign_coords(place=["p1", "p0"])
    forecasts = {"a": normal(cases, 10.0), "b": normal(swapped, 10.0)}
    with pytest.raises(ValueError, match="cases of member b differ from those of the target"):
        fit_combination(forecasts, make_target(cases, 10.0))


def test_round_trip_through_json(make_cases, normal):
    table = weighted([[1 / 3, 2 / 3], [0.125, 0.875]], leads=(1, 2))
    back = Combination.from_dict(json.loads(json.dumps(table.to_dict())))
    np.testing.assert_allclose(back.weights, table.weights, atol=5e-7)
    assert back.weights["member"].values.tolist() == ["a", "b"]
    assert back.weights["lead"].values.tolist() == [1, 2]
    cases = make_cases(3, leads=2)
    forecasts = {"a": normal(cases, 10.0), "b": normal(cases, 20.0)}
    np.testing.assert_allclose(
        back.apply(forecasts).quantiles, table.apply(forecasts).quantiles, rtol=1e-5
    )


def regimes(make_cases, make_target, normal, count=400):
    """Clean or heavy by the toss of a coin; each member knows one of the two."""
    cases = make_cases(count, leads=2, places=2)
    rng = np.random.default_rng(7)
    heavy = rng.random((count, 2, 1)) < 0.5
    y = np.where(heavy, 80.0, 20.0) + 3 * rng.standard_normal((count, 2, 2))
    forecasts = {"clean": normal(cases, 20.0, 3.0), "heavy": normal(cases, 80.0, 3.0)}
    return forecasts, make_target(cases, y)


def test_linear_pool_is_chosen_where_members_know_different_regimes(
    make_cases, make_target, normal
):
    forecasts, target = regimes(make_cases, make_target, normal)
    found = fit_combination(forecasts, target)
    assert found.method == "linear pool"
    np.testing.assert_allclose(found.weights, 0.5, atol=0.1)
    q = found.apply(forecasts).quantiles
    # two humps: hardly anything between them
    assert float(q.sel(quantile=0.3).max()) < 30
    assert float(q.sel(quantile=0.7).min()) > 70
    forced = fit_combination(forecasts, target, method="averaging").apply(forecasts).quantiles
    assert ((forced.sel(quantile=0.3) > 30) & (forced.sel(quantile=0.7) < 70)).all()


def test_averaging_is_chosen_where_members_err_apart(make_cases, make_target, normal):
    cases = make_cases(400, places=3)
    rng = np.random.default_rng(8)
    truth = 100 + 20 * rng.standard_normal((400, 1, 3))
    forecasts = {
        n: normal(cases, truth + 10 * rng.standard_normal(truth.shape), 10.0) for n in "ab"
    }
    assert fit_combination(forecasts, make_target(cases, truth)).method == "averaging"


def test_linear_pool_reweights_what_is_missing(make_cases, make_target, normal):
    forecasts, target = regimes(make_cases, make_target, normal)
    found = fit_combination(forecasts, target, seasonal=False)
    holed = Distribution(forecasts["heavy"].quantiles.copy())
    holed.quantiles[5] = np.nan
    mixed = found.apply({"clean": forecasts["clean"], "heavy": holed}).quantiles
    np.testing.assert_allclose(mixed[5], forecasts["clean"].quantiles[5], rtol=1e-5)
    np.testing.assert_allclose(mixed[6], found.apply(forecasts).quantiles[6])
    alone = found.apply({"heavy": forecasts["heavy"]}).quantiles
    np.testing.assert_allclose(alone, forecasts["heavy"].quantiles, rtol=1e-5)


def seasonal_world(make_cases, make_target, normal):
    """`a` knows the summer, `b` the rest of the year; two years."""
    cases = make_cases(730, places=2)
    rng = np.random.default_rng(9)
    y = 100 + 20 * rng.standard_normal((730, 1, 2))
    days = cases["issue"] + np.timedelta64(1, "D")
    summer = (days.dt.season == "JJA").values[:, None, None]
    forecasts = {
        "a": normal(cases, np.where(summer, y, 100.0), np.where(summer, 2.0, 20.0)),
        "b": normal(cases, np.where(summer, 100.0, y), np.where(summer, 20.0, 2.0)),
    }
    return forecasts, make_target(cases, y)


def test_weights_by_season_are_drawn_to_those_of_all(make_cases, make_target, normal):
    forecasts, target = seasonal_world(make_cases, make_target, normal)
    found = fit_combination(forecasts, target, method="averaging")
    assert found.seasonal is not None
    everything = fit_combination(forecasts, target, method="averaging", seasonal=False)
    np.testing.assert_allclose(found.weights, everything.weights)
    share = found.seasonal.sel(member="a")[:, 0]
    # 184 summer days are 36.8 episodes: (36.8 · 1 + 60 · of all)/96.8; 180 or 182 days elsewhere
    of_all = float(found.weights.sel(member="a")[0])
    assert float(share.sel(season="JJA")) == pytest.approx((36.8 + 60 * of_all) / 96.8, abs=0.005)
    assert float(share.sel(season="MAM")) == pytest.approx(60 * of_all / 96.8, abs=0.005)
    np.testing.assert_allclose(found.seasonal.sum("member"), 1)


def test_weights_of_an_issue_follow_the_valid_day(make_cases, make_target, normal):
    forecasts, target = seasonal_world(make_cases, make_target, normal)
    found = fit_combination(forecasts, target, seasonal=True)
    for day, season in [("2015-07-01", "JJA"), ("2015-01-20", "DJF")]:
        weights = found.weights_at(np.array([day], dtype="datetime64[D]"))
        assert weights.dims == ("lead", "member")
        np.testing.assert_array_equal(weights, found.seasonal.sel(season=season))
        np.testing.assert_array_equal(weights["member"], ["a", "b"])
    picked = found.apply(forecasts).quantiles[30, 0]  # valid 1 February
    winter = Combination(found.weights_at(np.array(["2014-02-01"])), None, found.method)
    np.testing.assert_allclose(picked, winter.apply(forecasts).quantiles[30, 0])
    with pytest.raises(ValueError, match="one valid day for each of 1 leads"):
        found.weights_at(np.array(["2014-02-01", "2014-02-02"]))


def test_no_seasons_where_they_do_not_matter(make_cases, make_target, normal):
    cases = make_cases(400, places=3)
    rng = np.random.default_rng(10)
    y = 100 + 20 * rng.standard_normal((400, 1, 3))
    forecasts = {n: normal(cases, y + 10 * rng.standard_normal(y.shape), 10.0) for n in "ab"}
    assert fit_combination(forecasts, make_target(cases, y)).seasonal is None


def test_member_of_a_short_record_earns_its_way(make_cases, make_target, normal):
    cases = make_cases(400, places=2)
    rng = np.random.default_rng(11)
    y = 100 + 20 * rng.standard_normal((400, 1, 2))
    target = make_target(cases, y)
    old = {"a": normal(cases, y + 5, 5.0), "b": normal(cases, y - 8, 5.0)}
    before = fit_combination(old, target, method="averaging", seasonal=False).weights
    late = Distribution(normal(cases, y, 1e-3).quantiles.copy())
    late.quantiles[:340] = np.nan
    found = fit_combination({**old, "c": late}, target, method="averaging", seasonal=False).weights
    # 60 days are 12 episodes in which it is perfect, against 10 for the weights without it
    assert float(found.sel(member="c")[0]) == pytest.approx(12 / 22, abs=0.01)
    np.testing.assert_allclose(found[0, :2], before[0] * 10 / 22, atol=0.01)
    late.quantiles[:] = np.nan
    found = fit_combination({**old, "c": late}, target, method="averaging", seasonal=False).weights
    np.testing.assert_allclose(found[0], [*before[0].values, 0], atol=1e-6)


@pytest.mark.parametrize("method", ["averaging", "linear pool"])
@pytest.mark.parametrize("seasonal", [False, True])
def test_a_short_record_leaves_the_others_alone(make_cases, make_target, normal, method, seasonal):
    cases = make_cases(400, leads=3, places=2)
    rng = np.random.default_rng(12)
    y = 100 + 20 * rng.standard_normal((400, 3, 2))
    target = make_target(cases, y)
    noise = rng.standard_normal((2, *y.shape)) * [
        [[[5.0], [9.0], [14.0]]],
        [[[12.0], [9.0], [6.0]]],
    ]
    old = {"a": normal(cases, y + noise[0], 9.0), "b": normal(cases, y + noise[1], 9.0)}
    late = Distribution(normal(cases, y + 2, 3.0).quantiles.copy())
    late.quantiles[:330] = np.nan
    how = {"method": method, "seasonal": seasonal}
    without = fit_combination(old, target, **how)
    found = fit_combination({"a": old["a"], "late": late, "b": old["b"]}, target, **how)
    assert found.weights["member"].values.tolist() == ["a", "late", "b"]
    for before, after in ((without.weights, found.weights), (without.seasonal, found.seasonal)):
        if before is not None:
            np.testing.assert_allclose(after.sum("member"), 1, atol=1e-6)
            assert (after.sel(member="late") > 0.3).all()
            rest = after.sel(member=["a", "b"])
            np.testing.assert_allclose(rest / rest.sum("member"), before, atol=1e-6)
    # where it is missing, the combination is the one without it, but for a gap between two atoms
    forecasts = {**old, "late": late}
    without_it = without.apply(old).quantiles.values
    for absent in (found.apply(forecasts).quantiles[:330], found.apply(old).quantiles):
        close = np.isclose(absent, without_it[: len(absent)], rtol=1e-5)
        assert close.all() if method == "averaging" else close.mean() > 0.9999
    # and where it is there, it counts
    assert np.abs(found.apply(forecasts).mean()[330:] - y[330:]).mean() < 0.8 * (
        np.abs(without.apply(old).mean()[330:] - y[330:]).mean()
    )


def test_missing_members_are_named_and_reweighted(make_cases, normal):
    cases = make_cases(4)
    a, b = normal(cases, 10.0), Distribution(normal(cases, 20.0).quantiles.copy())
    b.quantiles[1] = np.nan
    table = weighted([0.5, 0.3, 0.2], members=("a", "b", "c"))
    assert table.missing({"a": a, "b": b}) == {"b": 0.25, "c": 1.0}
    assert table.missing({"a": a, "b": a, "c": a}) == {}
    day = np.array(["2014-01-02"], dtype="datetime64[D]")
    np.testing.assert_allclose(table.weights_at(day)[0], [0.5, 0.3, 0.2])
    np.testing.assert_allclose(table.weights_at(day, ["a", "b"])[0], [0.625, 0.375, 0])
    with pytest.raises(ValueError, match=r"none of .* has a weight"):
        table.weights_at(day, ["x"])


def test_everything_is_kept_on_the_way_through_json(make_cases, make_target, normal):
    forecasts, target = seasonal_world(make_cases, make_target, normal)
    found = fit_combination(forecasts, target, method="linear pool", seasonal=True)
    back = Combination.from_dict(json.loads(json.dumps(found.to_dict())))
    assert back.method == "linear pool"
    xr.testing.assert_allclose(back.seasonal, found.seasonal)
    np.testing.assert_array_equal(
        back.apply(forecasts).quantiles[::50], found.apply(forecasts).quantiles[::50]
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weight": [[0.5, 0.6]]}, "sum to 1"),
        ({"weight": [[-0.5, 1.5]]}, "at least 0"),
        ({"weight": [[float("nan"), 1.0]]}, "sum to 1"),
        ({"method": "median"}, "expected a method of"),
        ({"seasonal": [[[0.5, 0.6]]] * 4}, "sum to 1"),
    ],
)
def test_damaged_state_is_refused(change, message):
    state = weighted([0.5, 0.5]).to_dict()
    Combination.from_dict(state)
    with pytest.raises(ValueError, match=message):
        Combination.from_dict({**state, **change})
