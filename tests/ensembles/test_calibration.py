"""Calibration: offsets by hand, and coverage on days it has not seen."""

import json

import numpy as np
import pytest
import scipy.stats
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from ensembles import LEVELS, Calibration, Distribution, fit_calibration


def on_days(days, leads=(1,), places=1):
    """Cases issued on these days."""
    issue = np.array(days, dtype="datetime64[ns]")
    names = [f"p{i}" for i in range(places)]
    return xr.Dataset(coords={"issue": issue, "lead": list(leads), "place": names})


def roots(cases, values):
    """Distribution whose fourth roots are `values`, broadcast to (issue, lead, place, quantile)."""
    shape = tuple(cases.sizes[d] for d in ("issue", "lead", "place"))
    values = np.broadcast_to(values, (*shape, 99))
    return Distribution.from_values((np.maximum(values, 0) ** 4).astype(np.float32), cases)


def uniform(cases):
    """Fourth root uniform between 2 and 3: quantile 2 + τ, interquartile range ½."""
    return roots(cases, 2 + LEVELS)


def bell(cases, centre, spread):
    """Fourth root normal."""
    return roots(cases, centre + spread * scipy.stats.norm.ppf(LEVELS))


def at_or_below(forecast, target):
    """Share of targets at or below each quantile."""
    return (target.values[..., None] <= forecast.quantiles.values).mean(axis=(0, 1, 2))


def test_constant_error_by_hand(make_cases, make_target):
    cases = make_cases(400)
    # what comes is always 3⁴; from the quantile 2 + τ that is (1 − τ)/½ ranges away
    fitted = fit_calibration(uniform(cases), make_target(cases, 81.0))
    np.testing.assert_allclose(fitted.offsets, np.tile(2 * (1 - LEVELS), (4, 1, 1)), atol=1e-5)
    np.testing.assert_allclose(fitted.apply(uniform(cases)).quantiles, 81, rtol=1e-4)


def test_offsets_count_in_interquartile_ranges(make_cases, make_target):
    cases = make_cases(400)
    fitted = fit_calibration(uniform(cases), make_target(cases, 81.0))
    # a forecast twice as wide, 2 + 2τ, is moved twice as far: to 2 + 2τ + 1 · 2(1 − τ) = 4
    found = fitted.apply(roots(cases, 2 + 2 * LEVELS)).quantiles
    np.testing.assert_allclose(found, 256, rtol=1e-4)


def test_few_episodes_change_nothing(make_cases, make_target):
    # 4 episodes of 5 days are needed, 19 days are fewer
    for days, moved in [(19, False), (20, True)]:
        cases = make_cases(days)
        offsets = fit_calibration(uniform(cases), make_target(cases, 81.0)).offsets
        assert (np.abs(offsets[..., :80]) > 0).all() == moved


def test_levels_are_not_widened(make_target):
    """The offset of level τ is the τ-quantile of its errors, each block of time alike."""
    cases = on_days(np.datetime64("2014-01-01") + np.arange(800))
    errors = np.tile(np.linspace(0.505, 1.495, 100), 8)
    fitted = fit_calibration(
        roots(cases, 2 + LEVELS), make_target(cases, ((2 + errors) ** 4)[:, None, None])
    )
    # the τ-quantile of errors spread over .5 … 1.5 is .5 + τ, of (y − 2 − τ)/½ therefore 1
    # (errors lie .01 apart, which is .02 ranges; the seasons cut the row of them unevenly)
    np.testing.assert_allclose(fitted.offsets[..., 10:90].mean("season")[0], 1, atol=0.06)


def test_season_takes_its_own_where_it_is_sure(make_target):
    # 100 days in summer bring 3.5⁴, 100 in winter 2.5⁴
    day = np.arange(50)
    parts = ["2014-06-02", "2014-12-05", "2015-06-02", "2015-12-05"]
    cases = on_days(np.concatenate([np.datetime64(p) + day for p in parts]))
    came = np.tile(np.repeat([3.5, 2.5], 50), 2) ** 4
    offsets = fit_calibration(uniform(cases), make_target(cases, came[:, None, None])).offsets[:, 0]
    # at level .2 summer is (3.5 − 2.2)/½ = 2.6 away, winter .6; at level .8 1.4 and −.6
    for season, low, high in [("JJA", 2.6, 1.4), ("DJF", 0.6, -0.6)]:
        np.testing.assert_allclose(offsets.sel(season=season)[[19, 79]], [low, high], atol=1e-4)
    # a season never seen takes what is sure of all: the errors at .8 are 1.4 or −.6, too unlike
    unseen = offsets.sel(season="MAM")
    assert 0 <= float(unseen[19]) <= 0.6
    assert 0 <= float(unseen[79]) < 1.4


def test_the_season_is_that_of_the_valid_day(make_target):
    cases = on_days(["2014-02-27"], leads=(1, 2))
    offsets = np.zeros((4, 2, 99), np.float32)
    offsets[1] = 2.0  # spring only
    table = xr.DataArray(
        offsets,
        coords={"season": ["DJF", "MAM", "JJA", "SON"], "lead": [1, 2], "quantile": LEVELS},
        dims=("season", "lead", "quantile"),
    )
    found = Calibration(table).apply(uniform(cases)).quantiles.values[0, :, 0, 49] ** 0.25
    # valid 28 February and 1 March; 2 ranges of ½ are 1
    np.testing.assert_allclose(found, [2.5, 3.5], rtol=1e-5)


def test_leads_are_taken_by_name_and_smoothed(make_cases, make_target):
    cases = make_cases(400, leads=3)
    came = np.broadcast_to((np.array([3, 2, 2.0]) ** 4)[None, :, None], (400, 3, 1))
    fitted = fit_calibration(uniform(cases), make_target(cases, came))
    # alone the leads move to 3, 2, 2; weighed 1-2-1 to (3 + 6 + 2)/4, (3 + 4 + 2)/4, 2
    moved = Distribution(uniform(cases).quantiles.isel(lead=[2, 0]))
    found = fitted.apply(moved).quantiles.values[0, :, 0, 49] ** 0.25
    np.testing.assert_allclose(found, [2, 11 / 4], rtol=1e-4)
    second = fitted.apply(uniform(cases)).quantiles.values[0, 1, 0, 49] ** 0.25
    assert second == pytest.approx(9 / 4, rel=1e-4)


def test_biased_and_narrow_forecast_becomes_calibrated(make_cases, make_target):
    """Spread halved and biased by two thirds of a σ: repaired on an independent sample."""
    rng = np.random.default_rng(2)
    cases = make_cases(1500, places=3)
    samples = []
    for _ in range(2):
        centre = 3 + 0.5 * rng.standard_normal((1500, 1, 3))
        forecast = bell(cases, (centre - 0.2)[..., None], 0.15)
        samples.append(
            (forecast, make_target(cases, (centre + 0.3 * rng.standard_normal(centre.shape)) ** 4))
        )
    raw = at_or_below(*samples[1])
    assert raw[94] - raw[4] < 0.6
    forecast = fit_calibration(*samples[0]).apply(samples[1][0])
    found = at_or_below(forecast, samples[1][1])
    np.testing.assert_allclose(found, LEVELS, atol=0.025)
    assert found[94] - found[4] == pytest.approx(0.9, abs=0.02)


def test_calibrated_forecast_stays_nearly_as_it_was(make_cases, make_target):
    rng = np.random.default_rng(3)
    cases = make_cases(1500, places=3)
    centre = 3 + 0.5 * rng.standard_normal((1500, 1, 3))
    forecast = bell(cases, centre[..., None], 0.3)
    target = make_target(cases, (centre + 0.3 * rng.standard_normal(centre.shape)) ** 4)
    fitted = fit_calibration(forecast, target)
    # in interquartile ranges; the noise of the outermost levels alone is a tenth
    assert np.abs(fitted.offsets[..., 9:90]).max() < 0.05
    assert float((fitted.offsets == 0).mean()) > 0.5


def test_seasons_differ(make_cases, make_target):
    rng = np.random.default_rng(4)
    cases = make_cases(1460, places=2)
    month = (cases["issue"] + np.timedelta64(1, "D")).dt.month.values[:, None, None]
    bias = np.where(np.isin(month, [12, 1, 2]), 0.4, np.where(np.isin(month, [6, 7, 8]), -0.4, 0))
    root = 3 + bias + 0.3 * rng.standard_normal((1460, 1, 2))
    target = make_target(cases, root**4)
    forecast = bell(cases, 3.0, 0.3)
    median = fit_calibration(forecast, target).offsets[:, 0, 49]
    expected = 0.4 / (1.349 * 0.3)
    np.testing.assert_allclose(median, [expected, 0, -expected, 0], atol=0.12)


def test_missing_values(make_cases, make_target):
    cases = make_cases(400, places=2)
    forecast = uniform(cases)
    holed = Distribution(forecast.quantiles.copy())
    holed.quantiles[100:150, :, 0] = np.nan
    target = make_target(cases, 81.0)
    target[100:150, :, 0] = 1e5
    target[200:250] = np.nan
    fitted = fit_calibration(holed, target)
    np.testing.assert_allclose(fitted.offsets[..., 49], 1, atol=1e-5)
    moved = fitted.apply(holed).quantiles
    np.testing.assert_array_equal(np.isnan(moved), np.isnan(holed.quantiles))


def test_nothing_known_changes_nothing(make_cases, make_target):
    cases = make_cases(50, leads=2)
    fitted = fit_calibration(uniform(cases), make_target(cases, np.nan))
    assert (fitted.offsets == 0).all()
    same = fitted.apply(uniform(cases)).quantiles
    np.testing.assert_allclose(same, uniform(cases).quantiles, rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_quantiles_stay_in_order(make_cases, seed):
    rng = np.random.default_rng(seed)
    table = xr.DataArray(
        rng.normal(0, 2, (4, 2, 99)).astype(np.float32),
        coords={"season": ["DJF", "MAM", "JJA", "SON"], "lead": [1, 2], "quantile": LEVELS},
        dims=("season", "lead", "quantile"),
    )
    cases = make_cases(3, leads=2, places=2)
    found = Calibration(table).apply(bell(cases, 3.0, 0.5)).quantiles
    assert (found >= 0).all()
    assert (found.diff("quantile") >= 0).all()
    assert found.dtype == np.float32


def test_other_cases_raise(make_cases, make_target):
    cases = make_cases(20, places=2)
    target = make_target(cases.assign_coords(place=["p1", "p0"]), 81.0)
    with pytest.raises(ValueError, match="forecast differ from those of the target in place"):
        fit_calibration(uniform(cases), target)


def test_round_trip_through_json(make_cases, make_target):
    cases = make_cases(400, leads=2)
    came = np.random.default_rng(5).gamma(3, 20, (400, 2, 1))
    fitted = fit_calibration(uniform(cases), make_target(cases, came))
    back = Calibration.from_dict(json.loads(json.dumps(fitted.to_dict())))
    np.testing.assert_allclose(back.offsets, fitted.offsets, atol=1e-6)
    assert back.offsets["season"].values.tolist() == ["DJF", "MAM", "JJA", "SON"]
    np.testing.assert_allclose(
        back.apply(uniform(cases)).quantiles, fitted.apply(uniform(cases)).quantiles, rtol=1e-4
    )


def test_damaged_state_is_refused():
    state = {"season": ["DJF", "MAM", "JJA", "SON"], "lead": [1], "offset": np.zeros((4, 1, 99))}
    Calibration.from_dict(state)
    state["offset"][2, 0, 50] = np.nan
    with pytest.raises(ValueError, match="expected finite offsets"):
        Calibration.from_dict(state)
