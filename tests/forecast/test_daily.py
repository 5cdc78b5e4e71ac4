"""Daily values: validity, boundaries of the day, cities."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecast.aqi import daily_index
from forecast.daily import by_day, city_values, daily_values, max_1h, mda8, mean_24h
from forecast.errors import InputError
from forecast.pollutants import POLLUTANTS


def hourly(values, start: str, station: str = "s") -> xr.Dataset:
    """The same series for all pollutants from `start` (UTC)."""
    time = pd.date_range(start, periods=len(values), freq="h")
    row = np.asarray(values, np.float32)[None]
    return xr.Dataset(
        {p: (("station", "time"), row.copy()) for p in POLLUTANTS},
        coords={"station": [station], "time": time},
    )


def brute_mda8(day: list[float]) -> float:
    """The rule, hour by hour: means of hours i … i+7, at least 6 valid, 14 means or above 160."""
    means = []
    for first in range(17):
        valid = [v for v in day[first : first + 8] if not math.isnan(v)]
        if len(valid) >= 6:
            means.append(sum(valid) / len(valid))
    if not means or (len(means) < 14 and max(means) <= 160):
        return math.nan
    return max(means)


whole_hours = st.one_of(st.integers(0, 400).map(float), st.just(math.nan))


@settings(max_examples=300)
@given(arrays(np.float64, 24, elements=whole_hours))
def test_mda8_by_brute_force(day):
    assert float(mda8(day)) == pytest.approx(brute_mda8(day.tolist()), rel=1e-6, nan_ok=True)


@given(arrays(np.float64, 24, elements=whole_hours))
def test_mean_and_maximum_by_brute_force(day):
    valid = [v for v in day.tolist() if not math.isnan(v)]
    expected = sum(valid) / len(valid) if len(valid) >= 20 else math.nan
    assert float(mean_24h(day)) == pytest.approx(expected, rel=1e-6, nan_ok=True)
    highest = max(valid) if len(valid) >= 20 else math.nan
    assert float(max_1h(day)) == pytest.approx(highest, nan_ok=True)


def test_twenty_valid_hours_make_a_day_and_nineteen_do_not():
    day = np.arange(24.0)
    day[:4] = np.nan
    assert mean_24h(day) == sum(range(4, 24)) / 20 == 13.5
    assert max_1h(day) == 23
    day[4] = np.nan
    assert np.isnan(mean_24h(day)) and np.isnan(max_1h(day))


def test_mda8_counts_when_few_means_are_valid_but_it_exceeds_the_limit():
    day = np.full(24, np.nan)
    day[0:8] = 161.0  # windows 0–7, 1–8, 2–9 hold 8, 7, 6 valid hours: three means
    assert mda8(day) == 161
    day[0:8] = 160.0
    assert np.isnan(mda8(day))
    day[:] = np.nan
    day[0:19] = 100.0  # windows starting at 0 … 13 hold at least 6 valid hours: 14 means
    assert mda8(day) == 100
    day[18] = np.nan
    assert np.isnan(mda8(day))


def test_an_exact_mean_stays_exact():
    # 12 hours of 34.9 and 12 of 35.1; neither is exact in float32, the mean is
    day = np.tile(np.array([34.9, 35.1], np.float32), 12)
    assert mean_24h(day) == np.float32(35.0)
    data = daily_values(hourly(day, "2015-12-01T16:00"))
    # IAQI of PM2.5 35.0 is 50, not 51; keep the other pollutants low
    for p in POLLUTANTS[1:]:
        data[p] = xr.zeros_like(data[p])
    data["o3_1h"] = xr.zeros_like(data["o3_1h"])
    assert daily_index(data)["aqi"].item() == 50


@pytest.mark.parametrize(
    ("utc_offset", "first_utc"),
    [(8, "2015-11-30T16:00"), (0, "2015-12-01T00:00"), (-5, "2015-12-01T05:00")],
)
def test_the_natural_day_starts_at_local_midnight(utc_offset, first_utc):
    data = hourly(np.r_[np.full(24, 10.0), np.full(24, 20.0)], first_utc)
    found = daily_values(data, utc_offset=utc_offset)
    assert found["day"].values.astype("M8[D]").astype(str).tolist() == ["2015-12-01", "2015-12-02"]
    for name in (*POLLUTANTS, "o3_1h"):
        assert found[name].values.tolist() == [[10, 20]], name
    # an hour later, the first day lacks its hour and the last hour opens a third day
    late = daily_values(data.assign_coords(time=data["time"] + np.timedelta64(1, "h")),
                        utc_offset=utc_offset)  # fmt: skip
    assert late["pm25"].values[0, 0] == 10
    assert late["pm25"].values[0, 1] == np.float32((10 + 23 * 20) / 24)
    assert np.isnan(late["pm25"].values[0, 2])


def test_a_clock_at_half_past():
    data = hourly(np.arange(24.0), "2015-11-30T18:30")  # 00:00 on 1 December at UTC+5:30
    found = daily_values(data, utc_offset=5.5)
    assert found["day"].values.astype("M8[D]").astype(str).tolist() == ["2015-12-01"]
    assert found["pm25"].item() == 11.5
    message = (
        r"observations start at 02:30 local time; expected whole hours \(is utc_offset 8 right"
    )
    with pytest.raises(InputError, match=message):
        daily_values(data, utc_offset=8)


def test_a_row_that_ends_at_15():
    # 00:00 on 1 December local, 48 hours: rows end at 15:00 on 1, 2 and 3 December
    rows, days = by_day(hourly(np.arange(48.0), "2015-11-30T16:00"), day_end=15)
    assert days.strftime("%d").tolist() == ["01", "02", "03"]
    row = rows["pm25"][0]
    assert np.isnan(row[0, :9]).all() and row[0, 9:].tolist() == list(range(15))
    assert row[1].tolist() == list(range(15, 39))  # 15:00 on the 1st to 15:00 on the 2nd
    assert row[2, :9].tolist() == list(range(39, 48)) and np.isnan(row[2, 9:]).all()


@given(st.integers(1, 24), st.sampled_from([8, 0, -5, 5.5]))
def test_every_hour_lands_in_one_row(day_end, utc_offset):
    start = "2015-11-30T16:30" if utc_offset == 5.5 else "2015-11-30T16:00"
    rows, days = by_day(hourly(np.arange(70.0), start), utc_offset=utc_offset, day_end=day_end)
    flat = rows["o3"][0].ravel()
    assert flat[np.isfinite(flat)].tolist() == list(range(70))
    where = np.flatnonzero(flat == 0)[0]
    local = pd.Timestamp(start) + pd.Timedelta(hours=utc_offset)
    row_start = days[0] + pd.Timedelta(hours=day_end - 24)
    assert row_start + pd.Timedelta(hours=int(where)) == local


def test_city_value_needs_three_quarters_of_the_stations():
    place = ["a1", "b1", "a2", "a3", "a4"]
    values = np.array(
        [[10, 10, 10], [7, 7, np.nan], [20, 20, np.nan], [30, 30, 30], [40, np.nan, np.nan]]
    )
    data = xr.Dataset(
        {"pm25": (("place", "day"), values.astype(np.float32), {"units": "ug m-3"})},
        coords={"place": place, "day": pd.date_range("2015-01-01", periods=3)},
    )
    city = xr.DataArray(["A", "B", "A", "A", "A"], coords={"place": place}, dims="place")
    found = city_values(data, city)
    assert found["place"].values.tolist() == ["A", "B"]
    # 4 of 4: (10+20+30+40)/4; 3 of 4: (10+20+30)/3; 2 of 4: none
    np.testing.assert_array_equal(found["pm25"].values, [[25, 20, np.nan], [7, 7, np.nan]])
    assert city_values(data, city, share=0.5)["pm25"].values[0, 2] == 20
    assert found["pm25"].attrs == {"units": "ug m-3"}
    xr.testing.assert_equal(found["day"], data["day"])


def test_city_index_is_the_index_of_the_mean():
    # stations 35 and 115 have indices 50 and 150, mean 100; their mean 75 has index 100 too,
    # but 15 and 95: 22 and 125, mean 74, against index of 55 = 75
    place = ["x", "y"]
    data = xr.Dataset(
        {p: (("place", "day"), np.zeros((2, 1), np.float32)) for p in POLLUTANTS},
        coords={"place": place, "day": pd.date_range("2015-01-01", periods=1)},
    )
    data["pm25"] = (("place", "day"), np.float32([[15], [95]]))
    city = xr.DataArray(["A", "A"], coords={"place": place}, dims="place")
    assert daily_index(data)["aqi"].values.ravel().tolist() == [22, 125]
    assert daily_index(city_values(data, city))["aqi"].item() == 50 + 50 * (55 - 35) / 40 == 75


def test_units_and_names():
    found = daily_values(hourly(np.ones(24), "2015-11-30T16:00"))
    assert found["co"].attrs["units"] == "mg m-3" and found["pm25"].attrs["units"] == "ug m-3"
    assert found["o3"].attrs["long_name"].endswith("maximum 8 h mean")
    assert found["place"].values.tolist() == ["s"] and found["pm25"].dtype == np.float32
