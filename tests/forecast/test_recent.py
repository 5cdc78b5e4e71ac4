"""Recent concentrations: whole windows up to the issue hour, nothing after."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.daily import daily_values
from forecast.pollutants import POLLUTANTS
from forecast.recent import LAGS, recent_predictors, running_mean

CITY = xr.DataArray(["A", "A", "B"], coords={"station": ["a1", "a2", "b1"]}, dims="station")
FIRST = pd.Timestamp("2015-01-01")


def observations(values: np.ndarray) -> xr.Dataset:
    """(station, hour) from local midnight of 2015-01-01 at UTC+8, the same for every pollutant."""
    time = pd.date_range(FIRST - pd.Timedelta(hours=8), periods=values.shape[1], freq="h")
    return xr.Dataset(
        {p: (("station", "time"), values.astype(np.float32)) for p in POLLUTANTS},
        coords={"station": CITY["station"].values, "time": time},
    )


def at_issue(data: xr.Dataset, day: str, issue_hour: int = 24) -> dict[str, list]:
    issues = pd.DatetimeIndex([day])
    found = recent_predictors(data, CITY, issues, utc_offset=8, issue_hour=issue_hour)
    assert all(v.dims == ("issue", "place") and v.dtype == np.float32 for v in found.values())
    return {n: v.values[0].tolist() for n, v in found.items()}


def test_hand_worked_values_at_midnight():
    day = np.repeat(np.arange(1.0, 41.0), 24)  # 1 on the first day, 2 on the second …
    found = at_issue(observations(np.stack([day, day * 10, day * 100])), "2015-02-09")  # day 40
    assert found["latest_pm25"] == [40, 400, 4000]
    assert found["city_pm25"] == [220, 220, 4000]  # (40 + 400)/2
    assert found["last6_pm25"] == [40, 400, 4000]
    assert [found[f"lag{k}_pm25"][0] for k in LAGS] == [39, 38, 37, 34]
    assert found["run7_pm25"][0] == sum(range(34, 41)) / 7 == 37
    assert found["run30_pm25"][0] == sum(range(11, 41)) / 30 == 25.5
    assert found["latest_o3"] == [40, 400, 4000]
    assert len(found) == 6 * (3 + len(LAGS) + 2)


def test_windows_end_at_the_issue_hour():
    hours = np.arange(24.0 * 5)
    data = observations(np.stack([hours, hours, hours]))
    found = at_issue(data, "2015-01-03", issue_hour=15)
    # the 24 hours before 15:00 on day 3 are hours 39 … 62, mean 50.5; the last 6: 57 … 62
    assert found["latest_pm25"][0] == sum(range(39, 63)) / 24 == 50.5
    assert found["last6_pm25"][0] == 59.5
    assert found["lag1_pm25"][0] == 26.5
    assert found["latest_o3"][0] == sum(range(55, 63)) / 8  # the last 8 hours are the highest
    # 14 hours and no more are known of the first window: fewer than 20
    assert np.isnan(at_issue(data, "2015-01-01", issue_hour=15)["latest_pm25"][0])


def test_a_station_without_a_day_takes_its_citys_mean():
    values = np.stack([np.full(48, 10.0), np.full(48, 30.0), np.full(48, 50.0)])
    values[0, 24:30] = np.nan  # 18 valid hours on day 2
    values[2, :] = np.nan
    found = at_issue(observations(values), "2015-01-02")
    assert found["latest_pm25"][:2] == [30, 30] and np.isnan(found["latest_pm25"][2])
    assert found["city_pm25"][:2] == [30, 30] and np.isnan(found["city_pm25"][2])
    assert found["lag1_pm25"][:2] == [10, 30]
    assert found["last6_pm25"][0] == 10  # the last six hours themselves are known


def test_last_six_hours_need_three():
    values = np.stack([np.arange(24.0)] * 3)
    values[0, [18, 20, 22]] = np.nan
    values[1, [18, 20, 22, 23]] = np.nan
    found = at_issue(observations(values), "2015-01-01")
    assert found["last6_pm25"][0] == (19 + 21 + 23) / 3 and np.isnan(found["last6_pm25"][1])


def test_before_and_after_the_data_everything_is_missing():
    data = observations(np.ones((3, 48)))
    for day in ("2014-12-31", "2015-01-03"):
        assert all(np.isnan(v).all() for v in at_issue(data, day).values())
    early = at_issue(data, "2015-01-01")
    assert early["latest_pm25"] == [1, 1, 1] and np.isnan(early["lag1_pm25"]).all()


@pytest.mark.parametrize("issue_hour", [24, 20, 8])
def test_nothing_after_the_issue_hour_enters(issue_hour):
    rng = np.random.default_rng(issue_hour)
    clean = observations(rng.integers(1, 200, (3, 24 * 45)).astype(float))
    issues = pd.date_range("2015-02-01", periods=5)
    spoilt = clean.copy(deep=True)
    end = issues[-1] + pd.Timedelta(hours=issue_hour - 8)
    for p in POLLUTANTS:
        spoilt[p][:, clean["time"].values >= end.to_datetime64()] = 1e6
    options = {"utc_offset": 8, "issue_hour": issue_hour}
    before = recent_predictors(clean, CITY, issues, **options)
    after = recent_predictors(spoilt, CITY, issues, **options)
    for name, values in before.items():
        np.testing.assert_array_equal(values, after[name], err_msg=name)
    # one hour earlier is inside, so the gate is at the issue hour and not before it
    for p in POLLUTANTS:
        spoilt[p][:, clean["time"].values == (end - pd.Timedelta(hours=1)).to_datetime64()] = 1e6
    inside = recent_predictors(spoilt, CITY, issues, **options)
    assert float(inside["last6_pm25"][-1, 0]) > 1e5


def test_at_midnight_the_start_is_the_value_scored():
    rng = np.random.default_rng(1)
    values = rng.integers(1, 200, (3, 24 * 12)).astype(float)
    values[rng.random(values.shape) < 0.05] = np.nan
    data = observations(values)
    days = daily_values(data)
    issues = pd.DatetimeIndex(days["day"].values)
    found = recent_predictors(data, CITY, issues, utc_offset=8, issue_hour=24)
    for p in POLLUTANTS:
        known = np.isfinite(days[p].values.T)
        np.testing.assert_array_equal(found[f"latest_{p}"].values[known], days[p].values.T[known])


@settings(max_examples=60)
@given(
    st.lists(st.one_of(st.just(np.nan), st.floats(0, 1000)), min_size=1, max_size=60),
    st.sampled_from([(7, 3), (30, 10), (1, 1), (5, 5)]),
)
def test_running_mean_as_pandas_does_it(series, window):
    length, least = window
    expected = pd.Series(series, dtype=float).rolling(length, min_periods=least).mean()
    found = running_mean(np.array([series, series]), length, least)
    for row in found:
        np.testing.assert_allclose(row, expected, rtol=1e-5, atol=1e-3)
