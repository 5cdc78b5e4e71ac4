"""Quality control of single values: sentinels, caps, constants, PM2.5 above PM10, dust."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from forecast.errors import InputError
from forecast.pollutants import POLLUTANTS
from forecast.quality import (
    BITS,
    RULES,
    QualitySettings,
    check_quality,
    flag_daily,
    flag_observations,
    usable,
)
from forecast.quality.consistency import pm_reversed
from forecast.quality.dust import dust_hours
from forecast.quality.flags import mask_of
from forecast.quality.sentinels import value_flags
from forecast.quality.settings import ConstantSettings, DustSettings, SentinelSettings
from forecast.quality.stuck import constant, run_lengths

TABLE = pd.DataFrame(
    {"lat": [40.0], "lon": [116.0], "city": ["X"], "province": ["Y"]},
    index=pd.Index(["A"], name="station"),
)


def hourly(hours: int = 48, **columns) -> xr.Dataset:
    """One station whose values all differ, with some replaced."""
    rng = np.random.default_rng(4)
    start = pd.Timestamp("2015-01-01")
    data = {}
    for p in POLLUTANTS:
        values = rng.uniform(20, 30, hours) * (2 if p == "pm10" else 0.03 if p == "co" else 1)
        for hour, value in columns.get(p, {}).items():
            values[hour] = value
        data[p] = (("station", "time"), values[None].astype(np.float32))
    time = pd.date_range(start, periods=hours, freq="h")
    return xr.Dataset(data, coords={"station": np.array(["A"], object), "time": time})


def rules(flag: int) -> set[str]:
    return {rule for rule, bit in BITS.items() if flag & bit}


@pytest.mark.parametrize(
    ("pollutant", "value", "expected"),
    [
        ("pm25", -1, {"negative"}),
        ("pm25", 0, {"zero"}),
        ("pm25", -999, {"negative", "sentinel"}),
        ("pm25", 999, {"sentinel", "capped"}),  # 25 µg/m³ beside it: nothing measured 999
        ("so2", 999, {"sentinel"}),
        ("no2", 9999, {"sentinel", "out_of_range"}),
        ("o3", 999990, {"sentinel", "out_of_range"}),
        ("o3", 1071, {"out_of_range"}),
        ("o3", 800, set()),
        ("co", 10, {"capped"}),
        ("co", 0.999, set()),
        ("co", -0.999, {"negative", "sentinel"}),
        ("co", 9.999, {"sentinel"}),  # 9999 in a file of µg/m³
        ("co", 999.99, {"sentinel", "out_of_range"}),
        ("pm10", 998, set()),
        ("pm10", np.nan, set()),
    ],
)
def test_single_values(pollutant, value, expected):
    values = np.full((1, 9), 0.5 if pollutant == "co" else 25, np.float32)
    values[0, 4] = value
    flags = value_flags(values, pollutant, SentinelSettings())
    assert rules(flags[0, 4]) == expected
    assert not np.delete(flags, 4).any()


def test_the_cap_in_very_dirty_air_is_a_measurement():
    fireworks = np.array([[171, 238, 826, 999, 857, 748]], np.float32)
    assert rules(value_flags(fireworks, "pm25", SentinelSettings())[0, 3]) == {"capped"}
    # a run at the cap: what comes before it holds for all of it, and not for the lone one after
    storm = np.array([[90, 500] + [999] * 7 + [60, 40, 30, 999, 30]], np.float32)
    flags = value_flags(storm, "pm10", SentinelSettings())[0]
    assert [rules(f) for f in flags[2:9]] == [{"capped"}] * 7
    assert rules(flags[12]) == {"capped", "sentinel"}
    lone = np.array([[20, 30, 999, 999, 999, 30, 20]], np.float32)
    assert rules(value_flags(lone, "pm10", SentinelSettings())[0, 3]) == {"capped", "sentinel"}


def test_pm_reversed_and_its_tolerance():
    pm25, pm10 = np.array([50.0, 51, 56, np.nan]), np.array([50.0, 50, 50, 10])
    assert pm_reversed(pm25, pm10, 0).tolist() == [False, True, True, False]
    assert pm_reversed(pm25, pm10, 5).tolist() == [False, False, True, False]


@given(st.lists(st.sampled_from([1.0, 2.0, np.nan]), min_size=1, max_size=30))
def test_run_lengths_against_a_loop(values):
    expected = []
    for i, value in enumerate(values):
        first = last = i
        while first > 0 and values[first - 1] == value:
            first -= 1
        while last < len(values) - 1 and values[last + 1] == value:
            last += 1
        expected.append(0 if np.isnan(value) else last - first + 1)
    assert run_lengths(np.array([values, values]))[1].tolist() == expected


def test_constant_four_hours_and_not_three():
    values = np.arange(1000.0, 1600.0)[None]  # few repeat: 5 of 599 pairs, 0.0083**3 < 1e-4
    values[0, 10:13], values[0, 20:24] = 200, 201
    expected = np.zeros((1, 600), bool)
    expected[0, 20:24] = True
    np.testing.assert_array_equal(constant(values, "pm25", ConstantSettings()), expected)
    values[0, 22] = np.nan  # a gap breaks a run
    assert not constant(values, "pm25", ConstantSettings()).any()
    values[0, 20:40] = 3.0  # at the floor: the detection limit
    assert not constant(values, "pm25", ConstantSettings()).any()


def test_coarse_values_need_a_longer_run():
    # half of all hours repeat the one before: 0.5**(n - 1) <= 1e-4 needs n = 15
    values = np.repeat(np.arange(1.0, 201.0), 2)[None]
    values[0, 100:114] = 500
    assert not constant(values, "co", ConstantSettings()).any()
    values[0, 200:216] = 501
    assert constant(values, "co", ConstantSettings()).sum() == 16


def test_dust_starts_by_jump_and_ratio_and_ends_near_the_start():
    pm10 = np.array([[100] * 6 + [199, 300, 400, 200, 111, 110, 100, 400]], np.float64)
    pm25 = np.array([[50] * 6 + [50, 50, 50, 50, 50, 50, 50, 300]], np.float64)
    # 300 against the mean (5 × 100 + 199) / 6 = 116.5: 2.58 ×; ratio 50 / 300 <= (50 / 116.5) / 2;
    # 116.5 × 1.1 = 128.2 ends it at 111. The last jump brings its PM2.5 along and is smoke.
    found = dust_hours(pm25, pm10, DustSettings())[0]
    assert np.flatnonzero(found).tolist() == [7, 8, 9]
    assert not dust_hours(pm25, np.minimum(pm10, 150), DustSettings()).any()
    never_back = np.where(np.arange(80) < 6, 50.0, 400.0)[None]
    assert dust_hours(np.full((1, 80), 20.0), never_back, DustSettings()).sum() == 48


def test_flags_are_cf_and_values_stay():
    data = hourly(pm25={5: -999.0, 9: 70.0}, o3={7: 1071.0})
    before = data.copy(deep=True)
    flags = flag_observations(data, TABLE)
    xr.testing.assert_identical(data, before)
    assert flags["pm25"].dtype == np.uint16 and flags["pm25"].dims == ("station", "time")
    assert flags["o3"].attrs["flag_meanings"] == " ".join(RULES)
    assert flags["o3"].attrs["flag_masks"].tolist() == [1 << i for i in range(len(RULES))]
    assert rules(flags["pm25"].values[0, 5]) == {"negative", "sentinel"}
    assert "pm_reversed" in rules(flags["pm25"].values[0, 9])
    assert "pm_reversed" in rules(flags["pm10"].values[0, 9])
    assert rules(flags["o3"].values[0, 7]) == {"out_of_range"}
    sound = usable(data, flags)
    assert np.isnan(sound["pm25"].values[0, 5]) and np.isnan(sound["o3"].values[0, 7])
    assert sound["pm25"].values[0, 9] == 70  # doubtful, not certainly wrong
    assert sum(int(np.isnan(sound[p]).sum()) for p in POLLUTANTS) == 2
    kept = usable(data, flags, QualitySettings(exclude={"negative"}))
    assert np.isnan(kept["pm25"].values[0, 5]) and kept["o3"].values[0, 7] == 1071
    # a rule that looks at later hours must not decide what reaches a mean
    with pytest.raises(ValueError, match="exclude"):
        QualitySettings(exclude={"pm_reversed"})


def test_a_sentinel_never_reaches_a_mean():
    data = hourly(**{p: {3: 999990.0, 30: -999.0} for p in POLLUTANTS})
    sound = usable(data, flag_observations(data, TABLE))
    for p in POLLUTANTS:
        assert 0 < float(sound[p].mean()) < 60 and int(np.isnan(sound[p]).sum()) == 2


def test_daily_values_are_flagged_without_the_rules_of_hours():
    data = hourly(pm25={5: -999.0}, so2=dict.fromkeys(range(20, 40), 12.0))
    daily = data.rename(station="place", time="day")
    daily["day"] = pd.date_range("2015-01-01", periods=48, freq="D")
    flags = flag_daily(daily, TABLE)
    assert flags["pm25"].dims == ("place", "day")
    assert rules(flags["pm25"].values[0, 5]) == {"negative", "sentinel"}
    assert not (flags["so2"].values & mask_of(["constant", "spike", "dust"])).any()


def test_report_counts_worst_cases_and_files(tmp_path):
    data = hourly(o3={7: 1071.0, 8: 1071.0, 20: 900.0}, pm25={30: 80.0})
    report = check_quality(data, TABLE, utc_offset=5.5)
    assert report.by_station.loc["A", "out_of_range"] == 3
    assert report.by_rule.loc["out_of_range", "o3"] == 3
    assert report.by_rule.loc["out_of_range", "stations"] == 1
    assert report.values == 48 * 6
    worst = report.worst[report.worst["rule"] == "out_of_range"].iloc[0]
    # 07:00 UTC is 12:30 at UTC+5:30
    assert (worst["value"], worst["detail"]) == (1071, "2 hours")
    assert worst["time"].isoformat() == "2015-01-01T12:30:00+05:30"
    pm = report.worst[report.worst["rule"] == "pm_reversed"].iloc[0]
    assert pm["value"] == 80 and pm["detail"] == f"PM10 {data['pm10'].values[0, 30]:g}"
    paths = report.write(tmp_path)
    assert [p.name for p in paths] == ["flags.csv", "alarms.csv"]
    runs = pd.read_csv(paths[0])
    first = runs[(runs["pollutant"] == "O3") & (runs["rule"] == "out_of_range")].iloc[0]
    assert first["first"] == "2015-01-01T12:30+05:30" and first["last"] == "2015-01-01T13:30+05:30"
    assert (first["steps"], first["highest"], first["unit"]) == (2, 1071, "ug m-3")
    assert runs["steps"].sum() == report.by_rule[list(POLLUTANTS)].to_numpy().sum()


def test_nothing_to_report(tmp_path):
    report = check_quality(hourly(), TABLE)
    assert not report.by_rule[list(POLLUTANTS)].to_numpy().any()
    assert report.worst.empty and report.runs.empty and report.alarms.empty
    assert all(len(p.read_text().splitlines()) == 1 for p in report.write(tmp_path))


def test_what_is_refused():
    data = hourly()
    with pytest.raises(InputError, match="all six pollutants; o3 missing"):
        flag_observations(data.drop_vars("o3"), TABLE)
    with pytest.raises(InputError, match="every time step; found 2015-01-01 03:00:00 followed by"):
        flag_observations(data.isel(time=[0, 1, 2, 3, 6, 7]), TABLE)
    with pytest.raises(ValidationError):
        QualitySettings(exclude={"ugly"})
    with pytest.raises(ValidationError, match=r"spikes\.rise needs every pollutant; co missing"):
        QualitySettings(spikes={"rise": dict.fromkeys(POLLUTANTS[:5], 1)})
