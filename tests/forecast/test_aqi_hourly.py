"""Hourly reports, containers, lazy evaluation, inverse."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import dask
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from forecast.aqi import (
    concentration_at,
    daily_index,
    evaluate,
    hourly_index,
    index_and_primary,
    level_attributes,
    sub_index,
)
from forecast.categories import level_table, level_text
from forecast.errors import InputError
from forecast.index_table import index_table
from forecast.pollutants import POLLUTANTS
from forecast.standard import standard_named, standards

OLD, NEW = standard_named("HJ 633-2012"), standard_named("HJ 633-2026")
CLEAN = {"pm25": 7.0, "pm10": 10.0, "so2": 15.0, "no2": 10.0, "o3": 32.0, "co": 0.5}
"""1 h sub-indices under 2012: 10, 10, 5, 5, 10, 5."""


def hours(start: str, count: int, **values) -> xr.Dataset:
    """Hours of one station, clean unless given."""
    data = {p: np.full((1, count), v, np.float32) for p, v in CLEAN.items()}
    for name, row in values.items():
        data[name][0] = row
    return xr.Dataset(
        {n: (("station", "time"), v) for n, v in data.items()},
        coords={"station": ["s"], "time": pd.date_range(start, periods=count, freq="h")},
    )


def random_hours(count: int = 60) -> xr.Dataset:
    """Three stations with gaps, across the change of the standard, SO2 partly above 800."""
    rng = np.random.default_rng(8)
    found = hours("2026-02-27T00", count)
    found = xr.concat([found.assign_coords(station=[n]) for n in "abc"], "station")
    for name, scale in zip(POLLUTANTS, (60, 100, 500, 80, 120, 3), strict=True):
        values = rng.gamma(2, scale / 2, (3, count)).astype(np.float32)
        values[rng.random((3, count)) < 0.1] = np.nan
        found[name] = (("station", "time"), values)
    return found


def test_hourly_as_published_since_2014():
    # PM 1 h on the 24 h breakpoints: 75 → 100; O3 1 h: 250 → 125; NO2 1 h 200, CO 1 h 10 → 100
    data = hours("2020-01-01", 3, pm25=[75, 7, 7], o3=[32, 250, 32], no2=[10, 10, 200])
    data["co"][0, 2] = 10
    found = hourly_index(data, sub_indices=True)
    assert found["aqi"].values.tolist() == [[100, 125, 100]]
    assert found["primary"].values.tolist() == [[1, 16, 8 + 32]]
    assert found["level"].values.tolist() == [[2, 3, 2]]
    assert [float(found[f"iaqi_{p}"][0, 0]) for p in POLLUTANTS] == [100, 10, 5, 5, 10, 5]
    assert found["iaqi_pm25"].attrs["long_name"] == "individual index of PM2.5"


def test_so2_above_800_in_one_hour():
    so2 = np.full(24, 100.0)
    so2[23] = 900
    # 2012: the 24 h mean (23·100 + 900)/24 = 133.3 → 50 + 83.3/2 = 91.7; 100 µg/m³ in 1 h → 33.3
    found = hourly_index(hours("2020-01-01", 24, so2=so2), sub_indices=True)
    assert found["iaqi_so2"].values[0, [0, 22, 23]].tolist() == [34, 34, 92]
    assert found["primary"].values[0, 23] == 4
    # without the hours for a mean SO2 has no index
    short = hourly_index(hours("2020-01-01", 2, so2=[900, 100]), sub_indices=True)
    assert np.isnan(short["iaqi_so2"][0, 0]) and short["iaqi_so2"][0, 1] == 34
    # 2026: 200
    found = hourly_index(hours("2026-04-01", 24, so2=so2), sub_indices=True)
    assert found["iaqi_so2"].values[0, 23] == found["aqi"].values[0, 23] == 200


def test_hourly_rule_of_the_text():
    pm = np.r_[np.zeros(12), np.full(12, 150.0)]
    o3 = np.r_[np.full(16, 32.0), np.full(8, 160.0)]
    data = hours("2020-01-01", 24, pm25=pm, o3=o3)
    found = hourly_index(data, report="hourly_text", sub_indices=True)
    # 24 h mean 75 → 100, not before hour 20; O3 8 h 160 → 100 while 1 h 160 → 50; 8 h 32 → 16
    assert found["iaqi_pm25"].values[0, 23] == 100
    assert np.isnan(found["iaqi_pm25"].values[0, :19]).all()
    assert found["iaqi_o3"].values[0, [15, 16, 23]].tolist() == [16, 50, 100]
    assert found["primary"].values[0, 23] == 1 + 16


def test_each_hour_by_the_standard_of_its_local_day():
    data = hours("2026-02-28T15", 2, pm25=75.0)  # 23:00 and 00:00 in Beijing
    found = hourly_index(data)
    assert found["aqi"].values.tolist() == [[100, 114]]  # 100 + 50·15/55 = 113.6
    assert hourly_index(data, utc_offset=0)["aqi"].values.tolist() == [[100, 100]]
    assert hourly_index(data, NEW)["aqi"].values.tolist() == [[114, 114]]
    turned = hourly_index(data.transpose("time", "station"))
    xr.testing.assert_equal(turned.transpose("station", "time"), found)


def test_2026_hours_need_all_or_above_100():
    data = hours("2026-04-01", 2, pm25=[60, 61], no2=np.nan)
    found = hourly_index(data)
    assert np.isnan(found["aqi"][0, 0]) and found["aqi"][0, 1] == 101
    assert found["primary"].values.tolist() == [[-1, 1]]
    assert found["level"].values.tolist() == [[0, 3]]


def test_us_hours_use_the_nowcast():
    pm = [20.0, 20.0, 80.0]  # w = 1/2: (80 + 10 + 5)/1.75 = 54.2857 → 54.2
    data = hours("2025-01-01", 3, pm25=pm)
    found = hourly_index(data, "US EPA", sub_indices=True)
    # 49/19.9·(54.2 − 35.5) + 101 = 147.05
    assert found["iaqi_pm25"].values[0, 2] == 147
    assert np.isnan(found["iaqi_pm25"].values[0, 0])
    assert found["level"].attrs["flag_meanings"].split()[3] == "unhealthy_for_sensitive_groups"
    # before 2024-05-06 the same
    assert hourly_index(hours("2024-01-01", 3, pm25=pm), "US EPA")["aqi"].values[0, 2] == 147


def test_lazy_on_dask_equals_eager():
    data = random_hours()
    chunked = data.chunk(station=2, time=25)
    cases = [("HJ 633", "hourly"), (OLD, "hourly_text"), ("US EPA", "hourly")]
    cases += [("India", "hourly"), ("Europe", "hourly")]
    for standard, report in cases:

        def no_work(*_, **__):
            raise AssertionError("computed while building")

        with dask.config.set(scheduler=no_work):
            lazy = hourly_index(chunked, standard, report=report, sub_indices=True)
        assert all(v.chunks is not None for v in lazy.values())
        eager = hourly_index(data, standard, report=report, sub_indices=True)
        xr.testing.assert_identical(lazy.compute(scheduler="synchronous"), eager)
        assert {n: v.dtype for n, v in lazy.items()} == {n: v.dtype for n, v in eager.items()}
    daily = data.rename(time="day", station="place")
    daily = daily.assign_coords(day=pd.date_range("2026-02-01", periods=60))
    xr.testing.assert_identical(daily_index(daily.chunk(day=7)).compute(), daily_index(daily))
    lazy = sub_index(chunked["pm25"], "pm25_24h", OLD)
    assert lazy.chunks is not None and lazy.dtype == np.float32
    xr.testing.assert_equal(lazy.compute(), sub_index(data["pm25"], "pm25_24h", OLD))


def test_blocks_do_not_show():
    rng = np.random.default_rng(5)
    values = {p: rng.gamma(1, 90, (7, 11_003)).astype(np.float32) for p in POLLUTANTS}
    for standard in (OLD, NEW):
        whole = evaluate(values, standard)
        turned = evaluate({p: v.T for p, v in values.items()}, standard)
        np.testing.assert_array_equal(turned.aqi.T, whole.aqi)
        for i in range(7):
            row = evaluate({p: v[i] for p, v in values.items()}, standard)
            np.testing.assert_array_equal(row.aqi, whole.aqi[i])
            np.testing.assert_array_equal(row.primary, whole.primary[i])
            np.testing.assert_array_equal(row.sub, whole.sub[:, i])
        aqi, primary = index_and_primary(values, standard)
        np.testing.assert_array_equal(aqi, whole.aqi)
        np.testing.assert_array_equal(primary, whole.primary)
        for i, p in enumerate(POLLUTANTS[:5]):
            table = "o3_8h" if p == "o3" else f"{p}_24h"
            np.testing.assert_array_equal(whole.sub[i], sub_index(values[p], table, standard))


def test_no_rows_one_value_and_wrong_input():
    empty = evaluate({"pm25": np.zeros((0, 3))}, OLD)
    assert empty.aqi.shape == (0, 3) and empty.sub.shape == (6, 0, 3)
    assert float(evaluate({"pm25": np.float32(75)}, OLD).aqi) == 100
    with pytest.raises(InputError, match="found dust, expected some of pm25, pm10"):
        evaluate({"dust": np.zeros(2)}, OLD)
    with pytest.raises(InputError, match="differ in shape"):
        evaluate({"pm25": np.zeros(2), "o3": np.zeros(3)}, OLD)
    with pytest.raises(InputError, match="no monthly report; expected daily, hourly"):
        evaluate({"pm25": np.zeros(2)}, OLD, "monthly")
    with pytest.raises(InputError, match="no breakpoints 'pm25_8h'"):
        sub_index(1.0, "pm25_8h", OLD)
    with pytest.raises(InputError, match="no breakpoints 'pm25_8h'"):
        concentration_at(1.0, "pm25_8h", OLD)
    gap = random_hours(30).drop_isel(time=4)
    with pytest.raises(InputError, match="after 2026-02-27 03:00:00 found 2026-02-27 05:00:00"):
        hourly_index(gap, OLD)


def test_inverse_by_hand():
    assert concentration_at([0, 50, 100, 500], "pm25_24h", NEW).tolist() == [0, 35, 60, 500]
    assert np.isnan(concentration_at([301, -1, np.nan, 501], "o3_8h", OLD)).all()
    # 0.070 ppm is 137.34 µg/m³; 9.4 ppm CO is 10.763 mg/m³
    us = standard_named("US EPA 2024")
    assert concentration_at(100, "o3_8h", us) == pytest.approx(0.070 * 1962)
    assert concentration_at(100, "co_8h", us) == pytest.approx(9.4 * 1.145)
    assert np.isnan(concentration_at(100, "o3_1h", us))
    assert concentration_at(2, "pm25_1h", standard_named("Europe revised")) == 15
    # severe in India goes on with the slope below: 250 + 130·50/100
    assert concentration_at(450, "pm25_24h", standard_named("India 2014")) == pytest.approx(315)
    series = concentration_at(pd.Series([50.0], index=["x"]), "pm10_24h", OLD)
    assert series.to_dict() == {"x": 50.0}


@given(st.sampled_from([(s, t) for s in standards() for t in s.breakpoints]), st.integers(1, 500))
def test_inverse_returns(which, index):
    standard, table = which
    value = concentration_at(index, table, standard)
    if np.isnan(value):
        return
    found = float(sub_index(value, table, standard))
    if standard is NEW or standard.separate:  # a rounded or cut-off concentration moves the index
        step = 10.0 ** -standard.decimals[table.split("_")[0]]
        slope = 50 / min(np.diff([c for c in standard.breakpoints[table] if c is not None]))
        steep = 2.5 * slope if standard.separate else slope
        assert abs(found - index) <= np.ceil(steep * step) + 1 or np.isnan(found)
    else:
        assert found == index


def test_a_pandas_table():
    table = pd.DataFrame(
        {
            "pm25": [75.0, 75.0, np.nan],
            "pm10": [150.0, 40.0, np.nan],
            "city": ["x", "y", "z"],
            "day": ["2026-02-28", "2026-03-01", "2026-02-28"],
        },
        index=[3, 1, 2],
    )
    found = index_table(table)
    assert found.index.tolist() == [3, 1, 2]
    assert found["aqi"].iloc[:2].tolist() == [100, 114] and np.isnan(found["aqi"].iloc[2])
    assert found["primary"].tolist() == ["PM2.5, PM10", "PM2.5", ""]
    assert found["zh"].tolist() == ["良", "轻度污染", ""]
    assert found["color"].tolist() == ["#ffff00", "#ff7e00", ""]
    assert found["level"].tolist() == [2, 3, 0]
    assert found["iaqi_pm10"].iloc[:2].tolist() == [100, 40]
    assert found["advice_en"].iloc[1].startswith("Children, older people")
    by_time = table.drop(columns="day").set_index(pd.to_datetime(table["day"]))
    assert index_table(by_time[["pm25"]])["aqi"].iloc[1] == 114
    level = by_time.rename_axis("day").set_index("city", append=True)
    assert index_table(level)["aqi"].iloc[0] == 100
    given_days = index_table(table.drop(columns="day"), days=table["day"])
    pd.testing.assert_frame_equal(given_days, found)
    assert index_table(table, OLD)["aqi"].iloc[1] == 100
    with pytest.raises(InputError, match="depends on the day"):
        index_table(table.drop(columns="day"))
    with pytest.raises(InputError, match="found 2 days for 3 rows"):
        index_table(table, days=["2020-01-01", "2020-01-02"])
    with pytest.raises(InputError, match="no rows"):
        index_table(table.iloc[:0])
    integers = pd.DataFrame({"pm25": pd.array([35, None], dtype="Int64")})
    assert index_table(integers, OLD)["aqi"].iloc[0] == 50


def test_texts_of_levels():
    assert level_text(np.array([[1, 6], [0, 5]]), OLD, "zh").tolist() == [
        ["优", "严重污染"],
        ["", "重度污染"],
    ]
    assert level_text(pd.Series([2]), OLD, "en").tolist() == ["good"]
    lazy = level_text(xr.DataArray([3, 0], dims="x").chunk(x=1), NEW, "advice_zh")
    assert lazy.chunks is not None
    assert lazy.values[0].startswith("儿童、老年人") and lazy.values[1] == ""
    table = level_table(standard_named("US EPA 2024"))
    assert table.loc[5, "color"] == "#8f3f97" and table.loc[6, "upper"] == 500
    assert level_table(OLD).loc[5, "en"] == "heavy pollution"
    with pytest.raises(InputError, match="no 'fr'; expected one of zh, en, color"):
        level_text([1], OLD, "fr")
    assert level_attributes(OLD)["flag_meanings"] == level_attributes()["flag_meanings"]


def test_the_benchmark_runs():
    script = Path(__file__).parents[1] / "benchmarks" / "bench_index.py"
    done = subprocess.run(
        [sys.executable, str(script), "--stations", "3", "--hours", "48"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(script.parents[2])},
    )
    assert "highest ratio" in done.stdout and done.stdout.count("ratio") == 8
