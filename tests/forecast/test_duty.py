"""The publishing duty: three days ahead, complete, from fresh data, before 20:00."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from consultation_inputs import forecast_of

from forecast.duty import duty_remarks
from forecast.known import known_at
from forecast.provenance import silent_stations


def at(clock):
    """A Beijing clock time as UTC."""
    return pd.Timestamp(clock) - pd.Timedelta(hours=8)


@pytest.fixture
def issued():
    """Issued 2015-12-18 of data up to its midnight: 19 to 28 December, two cities."""
    data = forecast_of(["A", "B"])
    data["primary"][:] = 1
    return data


def english(issued, made):
    return [r.en for r in duty_remarks(issued, made)]


def test_nothing_is_said_of_a_forecast_as_it_should_be(issued):
    assert duty_remarks(issued, at("2015-12-19 19:59")) == []


@pytest.mark.parametrize(
    ("made", "late"),
    [("2015-12-19 20:00", True), ("2015-12-19 00:10", False), ("2015-12-20 07:00", False)],
)
def test_late_is_twenty_oclock(issued, made, late):
    found = english(issued, at(made))
    assert found == ([f"late: made {made}, to be published before 20:00"] if late else [])


def test_three_days_after_that_of_publication(issued):
    # on the 25th these are the 26th to 28th; on the 26th the 29th is beyond the forecast
    assert english(issued, at("2015-12-25 10:00")) == []
    assert english(issued, at("2015-12-26 10:00")) == ["incomplete: no forecast of 2015-12-29"]


def test_a_past_forecast_is_not_late(issued):
    assert english(issued, at("2016-11-26 23:00")) == []


@pytest.mark.parametrize(("name", "value"), [("aqi_low", np.nan), ("level", 0), ("primary", -1)])
def test_cities_that_lack_a_day(issued, name, value):
    issued[name][3, 1] = value  # the 22nd: third day from the 19th on
    found = duty_remarks(issued, at("2015-12-19 10:00"))
    assert [r.en for r in found] == ["incomplete: 1 of 2 cities lack a day: B"]
    assert found[0].zh == "2个城市中1个预报不全：B"
    assert english(issued, at("2015-12-22 10:00")) == []  # no longer ahead


def test_old_weather_and_observations(issued):
    issued.attrs["weather"] = json.dumps(
        [{"product": "gfs", "cycle": "2015-12-16", "older_days": 2, "dressed": "", "damage": ""}]
    )
    issued.attrs["latest_observation"] = "2015-12-17 23:00"
    assert english(issued, at("2015-12-19 10:00")) == [
        "weather gfs is of cycle 2015-12-16, 2 days older",
        "stale: the latest observation is of 2015-12-17 23:00, 25 h before the cut-off",
    ]
    issued.attrs["latest_observation"] = "2015-12-18 01:00"
    assert len(english(issued, at("2015-12-19 10:00"))) == 1
    issued.attrs["latest_observation"] = "none"
    assert english(issued, at("2015-12-19 10:00"))[1] == "stale: no observation is known"


def test_silent_stations(issued):
    issued.attrs["stations_silent"] = " ".join(f"s{k}" for k in range(7))
    (found,) = duty_remarks(issued, at("2015-12-19 10:00"))
    assert found.en.endswith("have no value of the last day: s0, s1, s2, s3, s4 …")
    assert found.zh.endswith("最近一日无观测：s0、s1、s2、s3、s4等")


def test_a_station_without_a_value_of_the_last_day_is_silent(small_workspace):
    known = known_at(small_workspace.workspace, small_workspace.config, pd.Timestamp("2014-02-20"))
    assert silent_stations(known, pd.Timestamp("2014-02-20")) == []
    hours = known.hourly.copy(deep=True)
    local = hours["time"].to_index() + pd.Timedelta(hours=8)
    first, second = hours["station"].values[:2].astype(str)
    for name in ("pm25", "pm10", "so2", "no2", "o3", "co"):
        hours[name].loc[{"station": first, "time": hours["time"][local >= "2014-02-20"]}] = np.nan
        # the second still has the last hour of the day
        gone = (local >= "2014-02-20") & (local < "2014-02-20 23:00")
        hours[name].loc[{"station": second, "time": hours["time"][gone]}] = np.nan
    changed = replace(known, hourly=hours)
    assert silent_stations(changed, pd.Timestamp("2014-02-20")) == [first]
