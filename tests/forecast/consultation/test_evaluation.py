"""What the last issues were worth, what changed since, and what the ensemble tells, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from consultation_inputs import forecast_of

from forecast.consultation.areas import Area
from forecast.consultation.change import change_since, issue_before
from forecast.consultation.evaluation import by_city, by_lead, of_day, recent_pairs, share_intervals
from forecast.consultation.insight import Insight, contributions_of, similar_days
from forecast.issued import write_issued

CITIES = ("A", "B")
AREA = Area("nation", "nation", "全国", "China", CITIES)
ISSUE = pd.Timestamp("2015-12-18")


def issue_of(day, low=85.0, high=115.0, level=3, heavy=False):
    """A forecast of two cities and three days that says the same everywhere."""
    data = forecast_of(list(CITIES), leads=3)
    day = pd.Timestamp(day)
    data = data.assign_coords(
        issue=day, valid_day=("lead", pd.date_range(day + pd.Timedelta(days=1), periods=3))
    )
    data["aqi_low"][:], data["aqi_high"][:], data["level"][:] = low, high, level
    data["primary"][:] = 1
    data["scenario_aqi"][:] = 250.0 if heavy else 100.0
    return data


def observed(first, aqi):
    """Observed values of the two cities, (day, place)."""
    aqi = np.asarray(aqi, float)
    level = np.where(np.isnan(aqi), np.nan, 1 + np.searchsorted([50, 100, 150, 200, 300], aqi))
    return xr.Dataset(
        {
            "aqi": (("day", "place"), aqi),
            "level": (("day", "place"), level),
            "primary": (("day", "place"), np.ones_like(aqi)),
        },
        {"day": pd.date_range(first, periods=len(aqi)), "place": list(CITIES)},
    )


@pytest.fixture
def files(tmp_path):
    days = ("2015-12-15", "2015-12-16", "2015-12-17", "2015-12-18")
    return {pd.Timestamp(d): write_issued(issue_of(d), tmp_path) for d in days}


def test_the_last_issues_against_what_came(files):
    # A: 90, 120, 130 on the 16th … 18th, 110 on the 15th; B: 60, 100, missing, 100 on the 15th
    seen = observed("2015-12-15", [[110, 100], [90, 60], [120, 100], [130, np.nan]])
    pairs = recent_pairs(files, seen, CITIES, ISSUE)
    # 15th at leads 1–3, 16th at 1–2, 17th at 1; without B on the 18th
    assert len(pairs) == 2 * 6 - 3
    lead1, lead2, lead3 = by_lead(pairs)
    assert (lead1["pairs"], lead2["pairs"], lead3["pairs"]) == (5, 3, 1)
    # issued is level 3, 85–115, middle 100; seen A 90, 120, 130 and B 60, 100 at lead 1
    assert lead1["level"] == pytest.approx(2 / 5) and lead1["range"] == pytest.approx(2 / 5)
    assert lead1["error"] == pytest.approx((10 - 20 - 30 + 40 + 0) / 5)
    assert lead1["width"] == 30 and lead1["guidance"] == lead1["level"]
    # persistence, the level of the issue day: A 3 2 3, B 2 2; came A 2 3 3, B 2 2
    assert lead1["persistence"] == pytest.approx(3 / 5)
    assert lead3["level"] == 1.0 and lead3["level_interval"] is None
    of_a, of_b = by_city(pairs)
    assert (of_a["city"], of_a["pairs"], of_b["pairs"]) == ("A", 6, 3)
    first, second, third = of_day(pairs, ISSUE)
    assert (first["lead"], third["lead"], second["aqi"]) == (1, 3, 130.0)
    assert second["range"] == 0.0 and second["level"] == 1.0 and second["low"] == 85.0


def test_what_comes_later_does_not_count(files):
    seen = observed("2015-12-15", np.full((8, 2), 100.0))
    later = seen.copy(deep=True)
    later["aqi"][4:] = 499.0
    same = recent_pairs(files, seen, CITIES, ISSUE)
    pd.testing.assert_frame_equal(same, recent_pairs(files, later, CITIES, ISSUE))
    assert same["issue"].max() < ISSUE and same["day"].max() <= ISSUE
    assert len(recent_pairs({}, seen, CITIES, ISSUE)) == 0
    assert by_lead(recent_pairs({}, seen, CITIES, ISSUE)) == []


def test_an_interval_of_enough_issues(tmp_path):
    days = pd.date_range("2015-12-08", periods=10)
    files = {d: write_issued(issue_of(d), tmp_path) for d in days}
    rng = np.random.default_rng(0)
    seen = observed("2015-12-08", rng.choice([80.0, 110.0], (11, 2)))
    (found, *_) = by_lead(recent_pairs(files, seen, CITIES, ISSUE))
    assert found["pairs"] == 20
    low, high = found["level_interval"]
    assert 0 <= low < found["level"] < high <= 1


def test_alternating_issues_in_blocks():
    issues = pd.date_range("2015-12-01", periods=10).repeat(4)
    right = pd.Series([1, 1, 0, 1, 0, 1, 0, 0] * 5, dtype=bool)
    (low, high), always = share_intervals([right, right | ~right], pd.Series(issues))
    # issues of 3/4 and 1/4 in turn: two in a row are always worth a half
    assert low == high == 0.5 and always == [1.0, 1.0]
    three = pd.Series(issues[:12])
    assert share_intervals([right[:12]], three) == [None]  # under two blocks of two


def test_an_adjusted_issue_is_beside_guidance(tmp_path):
    data = issue_of("2015-12-17", 160.0, 190.0, 4)
    data["guidance_level"] = xr.full_like(data["level"], 3)
    files = {pd.Timestamp("2015-12-17"): write_issued(data, tmp_path)}
    seen = observed("2015-12-17", [[100, 100], [170, 120]])
    (found,) = by_lead(recent_pairs(files, seen, CITIES, ISSUE))
    assert (found["level"], found["guidance"]) == (0.5, 0.5)
    assert by_city(recent_pairs(files, seen, CITIES, ISSUE))[0]["guidance"] == 0.0


def test_change_since_the_issue_before(tmp_path):
    before = issue_of("2015-12-17")
    before["level"][1, 1] = 0  # B has no forecast of the 19th in it: it did not move
    files = {pd.Timestamp("2015-12-17"): write_issued(before, tmp_path)}
    now = issue_of("2015-12-18", 235, 285, 5, heavy=True)
    now["level"][1, 1] = 2
    found = change_since(now, AREA, issue_before(ISSUE, files))
    assert found["issue"] == pd.Timestamp("2015-12-17")
    first, second = found["days"]  # the 19th and the 20th are in both
    assert [f"{d['day']:%d}" for d in found["days"]] == ["19", "20"]
    assert (first["aqi_mean_before"], first["aqi_mean"]) == (100.0, 250.0)
    assert (first["heavy_probability_before"], first["heavy_probability"]) == (0.0, 1.0)
    assert first["up"] == [{"city": "A", "before": 3, "now": 5}]
    assert first["ups"] == 1 and first["downs"] == 0
    assert second["up"] == [{"city": "A", "before": 3, "now": 5}]
    assert second["down"] == [{"city": "B", "before": 3, "now": 2}]


@pytest.mark.parametrize("days", [[], ["2015-12-14"], ["2015-12-18"], ["2015-12-19"]])
def test_nothing_to_compare_with(tmp_path, days):
    files = {pd.Timestamp(d): write_issued(issue_of(d), tmp_path) for d in days}
    assert issue_before(ISSUE, files) is None
    assert change_since(issue_of("2015-12-18"), AREA, None) is None


def test_contributions_add_up_to_the_issued_mean(briefing, issued):
    parts = briefing["guidance"]["contributions"]
    area = [c["city"] for c in briefing["cities"]]
    mean = issued["concentration_mean"].sel(place=area, pollutant="pm25").mean("place")
    np.testing.assert_allclose(parts["total"], mean.values, atol=1e-3)
    total = np.sum([g["values"] for g in parts["groups"]], axis=0)
    np.testing.assert_allclose(total, mean.values, atol=2e-3)
    assert {"weather", "recent concentrations"} <= {g["en"] for g in parts["groups"]}


def test_similar_days_by_hand():
    days = np.array(["2014-01-05", "2014-02-01", "NaT"], "datetime64[ns]")
    # station s1: the 5th of January first, then the 1st of February; s2: only the latter
    date = np.array([[[days[0], days[1]], [days[1], days[2]]]])
    analogs = xr.Dataset(
        {"date": (("lead", "place", "rank"), date)},
        {"lead": [2], "place": ["s1", "s2"], "rank": [1, 2]},
    )
    daily = xr.Dataset(
        {"aqi": (("day", "place"), [[100.0, 200.0], [300.0, np.nan]])},
        {"day": pd.date_range("2014-01-05", periods=2), "place": ["A", "B"]},
    )
    issued = xr.Dataset(
        coords={
            "place": ["s1", "s2", "A", "B"],
            "kind": ("place", ["station", "station", "city", "city"]),
            "city": ("place", ["A", "B", "A", "B"]),
        }
    )
    (found,) = similar_days(Insight(None, analogs, daily), issued, AREA, [2])
    first, second = found["days"]
    # weights: February 1/2 + 1, January 1, of at most 2
    assert (f"{first['day']:%m-%d}", first["weight"]) == ("02-01", 0.75)
    assert (f"{second['day']:%m-%d}", second["weight"]) == ("01-05", 0.5)
    assert second["aqi"][:2] == [150.0, 300.0] and np.isnan(second["aqi"][2:]).all()
    assert np.isnan(first["aqi"]).all()
    assert similar_days(Insight(None, None, daily), issued, AREA, [2]) == []
    assert contributions_of(Insight(None, None, daily), AREA) is None


def test_similar_days_are_known_at_the_issue(briefing):
    (found,) = briefing["consultation"]["similar"][:1]
    assert 0 < len(found["days"]) <= 5
    assert all(d["day"] <= briefing["head"]["issue"] for d in found["days"])
    assert all(0 < d["weight"] <= 1 for d in found["days"])
