"""The table of the perfect-prognosis benchmark: values by hand, and nothing of the future."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from benchmarks.perfect_prognosis.ours import Days, rolling
from benchmarks.perfect_prognosis.table import (
    daily_weather,
    filled,
    hourly_weather,
    read_table,
    window_columns,
)

from ensembles import LEVELS, Boosting, Distribution

FIRST = pd.Timestamp("2014-01-01")
LEADS = 3


@pytest.fixture
def table():
    """Two stations, 60 days: PM2.5 of day d is 10 + d and 110 + d, temperature 270 + d K."""
    days = pd.date_range(FIRST, periods=60)
    number = np.arange(60, dtype=np.float32)
    both = np.stack([number, number])
    fields = {"t2m": 270 + both, "ws": 2 + 0 * both, "u10": 0 * both, "v10": 2 + 0 * both}
    fields |= {"tp": 0 * both, "sp": 1e5 + both, "pm25": both + np.array([[10], [110]], np.float32)}
    coords = {"place": ["a", "b"], "day": days}
    table = xr.Dataset({n: (("place", "day"), v) for n, v in fields.items()}, coords)
    return table.assign_coords(lat=("place", [39.0, 40.0]), lon=("place", [116.0, 117.0]))


def day(number):
    return FIRST + pd.Timedelta(days=number)


def test_hours_come_in_the_units_of_the_data_model():
    local = pd.date_range("2014-01-01", periods=24, freq="h")
    rows = pd.DataFrame({"year": 2014, "month": 1, "day": 1, "hour": range(24)})
    rows = rows.assign(TEMP=10.0, PRES=1020.0, DEWP=10.0, RAIN=0.5)
    rows["wd"] = ["N", "E", "SW", None, None, *["S"] * 19]
    rows["WSPM"] = [2.0, 3.0, 1.0, 0.0, 4.0, *[1.0] * 19]
    hours = hourly_weather(rows.drop(index=10), local)
    assert hours["u10"][0, :4] == pytest.approx([0, -3, 0.5**0.5, 0], abs=1e-6)
    assert hours["v10"][0, :4] == pytest.approx([-2, 0, 0.5**0.5, 0], abs=1e-6)
    assert np.isnan(hours["u10"][0, [4, 10]]).all()  # no direction; no row
    assert hours["t2m"][0, 0] == pytest.approx(283.15)
    assert hours["r2"][0, 0] == pytest.approx(100)  # as warm as its dew point
    assert hours["sp"][0, 0] == 102_000


def test_a_day_needs_twenty_hours():
    hours = np.arange(48, dtype=np.float32).reshape(2, 24)
    hours[0, :5] = np.nan
    hours[1, :4] = np.nan
    daily = daily_weather(dict.fromkeys(("t2m", "ws", "r2", "tp"), hours))
    assert daily["ws"].tolist() == pytest.approx([np.nan, 37.5], nan_ok=True)  # of 28 … 47
    assert daily["tp"][1] == 24 * 37.5
    assert daily["t2m_max"].tolist() == pytest.approx([np.nan, 47], nan_ok=True)
    assert daily["ws_min"][1] == 28
    assert daily["r2_afternoon"].tolist() == [14.5, 38.5]  # hours 12 … 17
    assert np.isnan(daily["t2m_night"]).all()  # one and two of six hours


def test_the_windows_of_a_day_follow_the_weather_and_hold_no_concentration(table):
    at = window_columns(table).sel(place="a", day=day(30))
    assert {n: float(at[f"t2m_{n}"]) for n in ("before2", "before1", "target", "after1")} == {
        "before2": 298,
        "before1": 299,
        "target": 300,
        "after1": 301,
    }
    assert float(at["t2m_run4"]) == 298.5  # of days 27 … 30
    assert float(at["sp_change"]) == 1
    assert float(at["dry_days"]) == 10
    assert float(at["weekday"]) == 4  # 2014-01-31 is a Friday
    columns = window_columns(table)
    assert np.isnan(columns["t2m_after1"].sel(day=day(59))).all()
    assert not [n for n in columns if "pm25" in n or n.endswith(("_path", "_sum"))]
    xr.testing.assert_identical(columns, window_columns(table.assign(pm25=0 * table["pm25"])))


def test_a_case_holds_the_past_air_and_the_weather_of_the_next_day(table):
    case = Days(table).observed(pd.DatetimeIndex([day(40)])).isel(issue=0, lead=0)
    assert case["latest_pm25"].values.tolist() == [50, 150]
    assert case["lag3_pm25"].values.tolist() == [47, 147]
    assert case["city_pm25"].values.tolist() == [100, 100]
    assert case["run7_pm25"].values.tolist() == [47, 147]  # of days 34 … 40
    assert case["t2m_target"].values.tolist() == [311, 311]
    assert case["place_lat"].values.tolist() == [39, 40]
    target = Days(table).targets(pd.DatetimeIndex([day(40)]))
    assert target.values.tolist() == [[[51, 151]]]


def test_a_carried_state_is_that_of_an_observed_one(table):
    days, origins = Days(table), pd.date_range(day(40), day(42))
    past = np.stack([table["pm25"].values[:, k - 39 : k + 1] for k in (40, 41, 42)])
    carried = days.carried(past, origins + pd.Timedelta(days=1))
    observed = days.observed(origins)
    assert carried.sizes == {"issue": 1, "lead": 1, "place": 6}
    latest = observed["latest_pm25"]
    for name in days.predictors:
        wanted = observed[name].broadcast_like(latest).transpose("issue", ..., "place")
        values = carried[name].values.reshape(3, 2)
        assert np.array_equal(values, wanted.values.reshape(3, 2), equal_nan=True), name


class Tomorrow:
    """Forecasts the latest value plus one; remembers the targets it was fitted on."""

    def __init__(self):
        self.known = []

    def fit(self, cases, target):
        assert list(cases["issue"].values) == list(target["issue"].values)
        self.known.append(target)
        return self

    def predict(self, cases):
        values = (cases["latest_pm25"] + 1).expand_dims(lead=cases["lead"], axis=1)
        return Distribution.from_values(np.repeat(values.values[..., None], len(LEVELS), -1), cases)


def test_a_forecast_day_is_where_the_next_one_starts(table):
    origins, member = pd.date_range(day(40), day(43)), Tomorrow()
    found = rolling(member, table, origins, LEADS, 2)
    assert found["median"].sel(place="a", issue=day(41)).values.tolist() == [52, 53, 54]
    assert found["median"].sel(place="b", issue=day(43)).values.tolist() == [154, 155, 156]
    np.testing.assert_allclose(found["mean"], found["median"], rtol=1e-5)
    assert [float(t.max()) for t in member.known] == [150, 152]  # fits of days 40 and 42


def test_nothing_after_an_origin_but_the_weather_reaches_its_forecast(table):
    origins = pd.date_range(day(40), day(43))
    member = Boosting(Days(table).predictors, trees=3, min_leaf=5, folds=2)
    poisoned = table.copy(deep=True)
    poisoned["pm25"].loc[{"day": slice(day(41), None)}] = 9999
    for name in poisoned:  # the weather beyond the day after the last lead
        poisoned[name].loc[{"day": slice(day(42 + LEADS), None)}] = 9999
    clean, other = (rolling(member, t, origins, LEADS, 4) for t in (table, poisoned))
    for kind in ("mean", "median"):
        xr.testing.assert_identical(clean[kind].sel(issue=day(40)), other[kind].sel(issue=day(40)))
    assert not clean["mean"].equals(other["mean"])  # of day 41, which has seen its own 9999


def test_holes_are_filled_by_what_was_known(table):
    table["pm25"].loc[{"day": day(5), "place": "a"}] = np.nan
    table["pm25"].loc[{"day": day(6)}] = np.nan
    assert filled(table).loc[day(5) : day(7), "a"].tolist() == [115, 115, 17]
    assert filled(table).loc[day(6), "b"] == 115


@pytest.mark.real
def test_the_table_is_that_of_the_files(real_data):
    table = read_table(real_data / "beijing")
    assert dict(table.sizes) == {"place": 12, "day": 1096}
    raw = pd.read_csv(real_data / "beijing/PRSA_Data_Dongsi_20130301-20160229.csv")
    rows = raw.query("year == 2015 and month == 12 and day == 1")
    at = table.sel(place="Dongsi", day="2015-12-01")
    assert float(at["pm25"]) == pytest.approx(rows["PM2.5"].mean(), rel=1e-6)
    assert float(at["t2m"]) == pytest.approx(rows["TEMP"].mean() + 273.15, rel=1e-6)
    assert float(at["ws_max"]) == pytest.approx(rows["WSPM"].max())
    rain = raw.query("year == 2015 and month == 8 and day == 7")["RAIN"].sum()
    assert float(table["tp"].sel(place="Dongsi", day="2015-08-07")) == pytest.approx(rain, rel=1e-5)


@pytest.mark.real
def test_the_benchmark_runs(real_data):
    script = Path(__file__).with_name("bench_perfect_prognosis.py")
    path = os.pathsep.join([str(script.parents[2]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, str(script), "--quick", "--leads", "2", "--peers"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": path, "WUBU_TEST_DATA": str(real_data)},
    )
    assert done.stdout.startswith("20 origins from 2015-03-01, a fit every 10")
    table = done.stdout.split("RMSE\n")[1].split("\n\n")[0]
    assert table.count("*") == 3  # leads 1 and 2 and their mean have one best each
    assert "ours" in done.stdout and "(limit 120)" in done.stdout
