"""Climatology: which days count, their quantiles, and what an unknown place gets."""

import numpy as np
import pytest
import scoringrules
import xarray as xr

from ensembles import LEVELS, Climatology, FittedClimatology, make_folds


def hazen(values):
    return np.quantile(values, LEVELS, method="hazen")


def day_number(cases):
    """Days since 1 January of the first year, of each (issue, lead, 1)."""
    valid = cases["issue"] + cases["lead"].astype("timedelta64[D]")
    first = cases["issue"].values[0].astype("datetime64[Y]").astype("datetime64[D]")
    days = (valid.values.astype("datetime64[D]") - first).astype(float)
    return days.reshape(cases.sizes["issue"], cases.sizes["lead"], 1)


def test_quantiles_by_hand(make_cases, make_target):
    # one year; the target is the day of the year. A forecast for 20 July (day 200) takes the days
    # 180 … 220: 41 values. Level .50 is the middle one; level .01 stands at .01·41 − ½ < 0, the
    # smallest; level .30 at .30·41 − ½ = 11.8, that is 180 + 11.8.
    cases = make_cases(364)
    fitted = Climatology().fit(cases, make_target(cases, day_number(cases)))
    found = fitted.predict(make_cases(1, start="2014-07-19")).quantiles[0, 0, 0]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sel(quantile=[0.5, 0.01, 0.3, 0.99]), [200, 180, 191.8, 220])
    np.testing.assert_allclose(found, hazen(np.arange(180, 221)), rtol=1e-6)


def test_half_window(make_cases, make_target):
    cases = make_cases(364)
    fitted = Climatology(half_window=15).fit(cases, make_target(cases, day_number(cases)))
    found = fitted.predict(make_cases(1, start="2014-07-19")).quantiles[0, 0, 0]
    np.testing.assert_allclose(found, hazen(np.arange(185, 216)), rtol=1e-6)


def test_between_knots_the_quantiles_are_interpolated(make_cases, make_target):
    cases = make_cases(364)
    fitted = Climatology().fit(cases, make_target(cases, day_number(cases)))
    # day 203 lies three fifths of the way from knot 200 to knot 205: the window follows linearly
    found = fitted.predict(make_cases(1, start="2014-07-22")).mean().item()
    assert found == pytest.approx(203.0, rel=1e-5)


def test_window_reaches_across_new_year(make_cases, make_target):
    # from July to July; the target is 1 in December, 0 in January, missing else
    cases = make_cases(364, start="2014-07-01")
    month = (cases["issue"] + np.timedelta64(1, "D")).dt.month.values[:, None, None]
    value = np.where(month == 12, 1.0, np.where(month == 1, 0.0, np.nan))
    fitted = Climatology().fit(cases, make_target(cases, value))
    # 1 January, day 0: 21 days 0 … 20 of January; of December the days 346 … 364 (365.25 − 346 is
    # 19.25, 365.25 − 345 is 20.25): 19. The share of zeros is 21/40 = .525.
    found = fitted.predict(make_cases(1, start="2016-12-31")).quantiles[0, 0, 0]
    np.testing.assert_allclose(found, hazen(np.repeat([0.0, 1.0], [21, 19])), atol=1e-6)
    assert float(found.sel(quantile=0.51)) == 0
    assert float(found.sel(quantile=0.54)) == 1


def test_last_days_of_the_year_approach_the_first_knot(make_cases, make_target):
    cases = make_cases(730)
    fitted = Climatology().fit(
        cases, make_target(cases, np.cos(2 * np.pi * day_number(cases) / 365))
    )
    end = fitted.predict(make_cases(6, start="2015-12-28")).quantiles[:, 0, 0].sel(quantile=0.5)
    # 29, 30 and 31 December lie between knot 360 and knot 0 (1 January), then towards knot 5
    assert np.abs(np.diff(end.values)).max() < 0.005


def test_all_years_count(make_cases, make_target):
    cases = make_cases(3 * 365)
    value = (cases["issue"].dt.year.values - 2013.0)[:, None, None]
    fitted = Climatology().fit(cases, make_target(cases, value))
    found = fitted.predict(make_cases(1, start="2017-06-29")).quantiles[0, 0, 0]
    # a third of the days each: 1, 2, 3
    np.testing.assert_allclose(found.sel(quantile=[0.2, 0.5, 0.8]), [1, 2, 3])


def test_repeated_leads_count_once(make_cases, make_target):
    """Days seen at all ten leads and days seen at one only weigh the same."""
    cases = make_cases(100, leads=10, start="2014-05-01")
    target = make_target(cases, day_number(cases))
    once = make_cases(109, start="2014-05-01")
    expected = Climatology().fit(once, make_target(once, day_number(once)))
    found = Climatology().fit(cases, target)
    xr.testing.assert_identical(found.state, expected.state)


def test_a_day_known_at_one_lead_only_is_used(make_cases, make_target):
    cases = make_cases(100, leads=3, start="2014-05-01")
    values = np.broadcast_to(day_number(cases), (100, 3, 1)).copy()
    keep = np.random.default_rng(1).integers(0, 3, (100, 1, 1)) == np.arange(3)[None, :, None]
    keep[50:53] = True
    few, days = np.where(keep, values, np.nan), np.unique(values[keep])
    fitted = Climatology(half_window=400).fit(cases, make_target(cases, few))
    found = fitted.predict(make_cases(1)).quantiles[0, 0, 0]
    np.testing.assert_allclose(found, hazen(days), rtol=1e-6)


def test_places_have_their_own_and_unknown_ones_the_pooled(make_cases, make_target):
    cases = make_cases(364, places=2)
    value = np.array([10.0, 20.0]) + 0 * day_number(cases)
    fitted = Climatology().fit(cases, make_target(cases, value))
    today = xr.Dataset(
        coords={"issue": cases["issue"][100:102], "lead": [1], "place": ["p1", "new", "p0"]}
    )
    found = fitted.predict(today).quantiles
    np.testing.assert_allclose(found.sel(place="p0"), 10, rtol=1e-6)
    np.testing.assert_allclose(found.sel(place="p1"), 20, rtol=1e-6)
    pooled = hazen(np.repeat([10.0, 20.0], 41))
    np.testing.assert_allclose(found.sel(place="new")[0, 0], pooled, atol=1e-5)
    np.testing.assert_allclose(
        fitted.predict(cases.isel(issue=[5])).quantiles.sel(place="p0"), 10, rtol=1e-6
    )


def test_place_with_too_few_values_takes_the_pooled(make_cases, make_target):
    cases = make_cases(364, places=2)
    value = np.array([10.0, 20.0]) + 0 * day_number(cases)
    # of the window around day 200 place p1 knows 29 days (one too few), later 30
    for known, expected in [(29, hazen(np.repeat([10.0, 20.0], [41, 29]))), (30, np.full(99, 20))]:
        target = make_target(cases, value)
        target[:, 0, 1] = np.where(
            (day_number(cases)[:, 0, 0] >= 180) & (day_number(cases)[:, 0, 0] < 180 + known),
            20.0,
            np.nan,
        )
        fitted = Climatology().fit(cases, target)
        found = fitted.predict(make_cases(1, places=2, start="2014-07-19")).quantiles
        np.testing.assert_allclose(found.sel(place="p1")[0, 0], expected, atol=1e-5)
        np.testing.assert_allclose(found.sel(place="p0"), 10, rtol=1e-6)


def test_season_never_seen_takes_the_whole_record(make_cases, make_target):
    cases = make_cases(60, start="2014-06-01")
    fitted = Climatology().fit(cases, make_target(cases, day_number(cases)))
    found = fitted.predict(make_cases(1, start="2015-01-10")).quantiles[0, 0, 0]
    np.testing.assert_allclose(found, hazen(day_number(cases).ravel()), rtol=1e-6)


def test_nothing_known_forecasts_nothing(make_cases, make_target):
    cases = make_cases(50)
    fitted = Climatology().fit(cases, make_target(cases, np.nan))
    assert np.isnan(fitted.predict(cases).quantiles).all()


def test_the_future_is_not_looked_at(make_cases, make_target):
    """Out of fold, the days of the held-out block do not matter."""
    cases = make_cases(200, leads=2, places=2)
    rng = np.random.default_rng(2)
    series = rng.gamma(3, 20, (300, 2))
    at = np.arange(200)[:, None] + np.array([1, 2])
    folds = make_folds(cases, 4)
    block = folds[1].held_out
    first, last = block[0], block[-1] + 2
    poisoned = series.copy()
    poisoned[first : last + 1] = 1e6
    before = Climatology().cross_fit(cases, make_target(cases, series[at]), folds)[1].quantiles
    after = Climatology().cross_fit(cases, make_target(cases, poisoned[at]), folds)[1].quantiles
    np.testing.assert_array_equal(before[block], after[block])
    assert (before[folds[2].held_out] != after[folds[2].held_out]).any()


def test_values_of_masked_cases_do_not_matter(make_cases, make_target):
    cases = make_cases(200, places=2)
    values = np.random.default_rng(3).gamma(3, 20, (200, 1, 2))
    mask = np.random.default_rng(4).random((200, 1, 2)) < 0.7
    target = make_target(cases, values)
    poisoned = make_target(cases, np.where(mask, values, 1e6))
    one = Climatology().fit(cases, target.where(mask)).state
    xr.testing.assert_identical(one, Climatology().fit(cases, poisoned.where(mask)).state)
    assert float(one["quantiles"].max()) < 1e3


def test_is_the_best_forecast_without_information(make_cases, make_target):
    """CRPS on new days of the same process equals that of the true distribution within 3 %."""
    rng = np.random.default_rng(5)
    cases = make_cases(1000, places=4)
    fitted = Climatology().fit(cases, make_target(cases, rng.gamma(3, 20, (1000, 1, 4))))
    new = rng.gamma(3, 20, (1000, 1, 4))
    found = fitted.predict(cases).quantiles.values
    truth = np.quantile(rng.gamma(3, 20, 200_000), LEVELS)
    score = [
        scoringrules.crps_quantile(new, q, LEVELS).mean()
        for q in (found, np.broadcast_to(truth, found.shape))
    ]
    assert score[1] < score[0] < 1.03 * score[1]


def test_round_trip(make_cases, make_target, tmp_path):
    cases = make_cases(300, leads=2, places=3)
    values = np.random.default_rng(6).gamma(3, 20, (300, 1, 3))
    fitted = Climatology().fit(cases, make_target(cases, values))
    fitted.save(tmp_path / "deep" / "climatology")
    assert [f.name for f in (tmp_path / "deep" / "climatology").iterdir()] == ["climatology.nc"]
    loaded = FittedClimatology.load(tmp_path / "deep" / "climatology")
    xr.testing.assert_identical(loaded.state, fitted.state)
    today = make_cases(3, leads=2, places=5, start="2016-02-28")
    xr.testing.assert_identical(loaded.predict(today).quantiles, fitted.predict(today).quantiles)
