"""From steps to local days: against minute-by-minute integration and numbers worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import trapezoid

from forecast.errors import InputError
from forecast.weather.days.step_weights import missing_between
from forecast.weather.days.steps import local_days

HOUR = np.timedelta64(3600 * 10**9, "ns")
MIDNIGHT = np.datetime64("2015-01-10", "ns")
NAN = np.nan


def cycle(leads, values, name="t2m", issue=MIDNIGHT) -> xr.Dataset:
    """One cycle of one place; leads in hours from the issue, UTC."""
    leads = np.asarray(leads) * HOUR
    values = np.asarray(values, dtype=np.float32)
    return xr.Dataset(
        {name: (("lead", "place"), values.reshape(len(leads), -1), {"units": "K"})},
        coords={"lead": leads, "valid_time": ("lead", issue + leads)},
        attrs={"source": "gfs.grib2"},
    )


def rain(leads, starts, values) -> xr.Dataset:
    data = cycle(leads, values, "tp")
    return data.assign_coords(tp_start=("lead", np.asarray(starts) * HOUR))


def column(data: xr.Dataset, name: str) -> list[float]:
    assert data[name].dtype == np.float32
    return data[name].values[:, 0].tolist()


def same(found, expected, **kwargs):
    np.testing.assert_allclose(found, expected, **{"rtol": 1e-5, **kwargs})


def dates(data: xr.Dataset) -> list[str]:
    return data["day"].values.astype("datetime64[D]").astype(str).tolist()


def test_a_straight_rise_by_hand():
    # the value is the hour of the path: day 1 runs from 0 to 24, day 2 from 24 to 48
    hours = np.arange(0, 49, 3)
    days = local_days(cycle(hours, hours), 0.0)
    assert dates(days) == ["2015-01-10", "2015-01-11"]
    same(column(days, "t2m"), [12, 36])
    same(column(days, "t2m_min"), [0, 24])
    same(column(days, "t2m_max"), [24, 48])
    same(column(days, "t2m_afternoon"), [15, 39])
    assert days["coverage"].values.tolist() == [1, 1]
    assert "t2m_night" not in days
    assert days["t2m_afternoon"].attrs == {
        "units": "K",
        "cell_methods": "time: mean over 12–18 h (local day)",
    }
    assert days["t2m"].attrs["cell_methods"] == "time: mean (local day)"
    assert days["t2m_max"].attrs["cell_methods"] == "time: maximum (local day)"


def test_the_clock_is_local_and_may_have_half_hours():
    # UTC+5:30: the local day of 11 January runs from 18.5 to 42.5 h of the cycle
    hours = np.arange(0, 49, 3)
    days = local_days(cycle(hours, hours), 5.5)
    assert dates(days) == ["2015-01-10", "2015-01-11", "2015-01-12"]
    same(column(days, "t2m"), [NAN, 30.5, NAN])
    same(column(days, "t2m_min"), [NAN, 18.5, NAN])
    same(column(days, "t2m_max"), [NAN, 42.5, NAN])
    same(column(days, "t2m_afternoon"), [NAN, 18.5 + 15, NAN])
    same(days["coverage"], [18.5 / 24, 1, 5.5 / 24])


def test_step_lengths_that_change_inside_a_day_by_hand():
    # trapezoids: 0–1, 1–2, 2–3 hourly, 3–6, 6–9, 9–12 three-hourly, 12–18, 18–24 six-hourly
    hours = [0, 1, 2, 3, 6, 9, 12, 18, 24]
    values = [0, 2, 4, 2, 8, 2, 0, 6, 0]
    area = 1 + 3 + 3 + 3 * 5 + 3 * 5 + 3 * 1 + 6 * 3 + 6 * 3
    days = local_days(cycle(hours, values, "blh"), 0.0)
    same(column(days, "blh"), [area / 24])
    same(column(days, "blh_afternoon"), [3])
    same(column(days, "blh_night"), [(1 + 3 + 3 + 15) / 6])
    same(column(days, "blh_max"), [8])


def test_extremes_include_what_the_path_reaches_at_midnight():
    # local midnight (UTC+8 is 16 h) lies between the steps at 12 and 18 h
    hours = np.arange(0, 49, 6)
    values = [0, 0, 0, 30, 9, 9, 9, 9, 9]
    days = local_days(cycle(hours, values), 8.0)
    same(column(days, "t2m_max")[1], 30)
    values = [0, 0, 30, 0, 9, 9, 9, 9, 9]
    days = local_days(cycle(hours, values), 8.0)
    same(column(days, "t2m_max")[1], 10)  # from 30 at 12 h to 0 at 18 h, 10 at 16 h
    same(column(days, "t2m_min")[1], 0)


def test_a_missing_step_empties_its_days_alone():
    hours = [h for h in range(0, 97, 3) if h != 30]
    days = local_days(cycle(hours, hours), 0.0)
    same(column(days, "t2m"), [12, NAN, 60, 84])
    same(days["coverage"], [1, 18 / 24, 1, 1])
    at_midnight = [h for h in range(0, 97, 3) if h not in (48, 51)]
    days = local_days(cycle(at_midnight, at_midnight), 0.0)
    same(column(days, "t2m"), [12, NAN, NAN, 84])
    same(days["coverage"], [1, 21 / 24, 18 / 24, 1])


def test_which_spacings_hold_a_missing_step():
    def gaps(*hours):
        return missing_between(np.array(hours) * 3600.0).tolist()

    assert gaps(0, 1, 2, 5, 8, 14, 20) == [False] * 6
    assert gaps(0, 3, 9, 12, 18, 21, 24) == [False, True, False, True, False, False]
    assert gaps(0, 89, 90, 93) == [True, False, False]
    assert gaps(0, 1, 3, 6) == [False, False, False]  # hourly, then 2 and 3: only ever longer
    assert gaps(0, 12, 24, 37) == [False, False, True]
    assert gaps(0, 13) == [True] and gaps(0) == []


def test_a_missing_value_empties_the_day_of_its_place_alone():
    hours = np.arange(0, 49, 3)
    values = np.stack([hours, hours], axis=1).astype(float)
    values[2, 0] = NAN
    data = cycle(hours, values)
    data["r2"] = data["t2m"] * 0 + hours[:, None]
    data["r2"][:] = np.stack([hours, hours], axis=1)
    days = local_days(data, 0.0)
    for name, expected in {"t2m": 12, "t2m_min": 0, "t2m_max": 24, "t2m_afternoon": 15}.items():
        same(days[name][0], [NAN, expected])
    same(days["t2m"][1], [36, 36])
    same(days["r2"], [[12, 12], [36, 36]])
    values[2, 0], values[9, 0] = 6, NAN  # the first step of a day is not yet of the day before
    found = local_days(cycle(hours, values), 0.0)
    same(found["t2m"][:, 0], [12, NAN])
    same(found["t2m_max"][:, 0], [24, NAN])
    values[9, 0], values[8, 0] = 27, NAN  # the step at midnight belongs to both days
    same(local_days(cycle(hours, values), 0.0)["t2m"][:, 0], [NAN, NAN])


def test_fields_may_be_given_at_different_steps():
    hours = np.arange(0, 49, 3)
    data = cycle(hours, hours)
    sparse = np.where(hours % 6 == 0, hours, NAN)[:, None]
    lacking = np.where(hours == 6, NAN, hours)[:, None]
    data["t850"] = (("lead", "place"), sparse)
    data["sp"] = (("lead", "place"), lacking)
    days = local_days(data, 0.0)
    same(column(days, "t850"), [12, 36])  # every six hours is its way
    same(column(days, "sp"), [NAN, 36])  # one step less than its others is not
    assert days["coverage"].values.tolist() == [1, 1]
    days = local_days(data[["sp"]], 0.0)  # a step on the axis at which nothing is given
    same(days["coverage"], [18 / 24, 1])


def test_members_rings_and_order_of_dimensions():
    hours = np.arange(0, 25, 6)
    values = hours[:, None, None] + 100 * np.arange(2)[:, None] + 1000 * np.arange(3)
    data = cycle(hours, hours).drop_vars("t2m").assign_coords(place=["a", "b", "c"])
    data["ws"] = (("lead", "member", "place"), values)
    data["u10"] = (("place", "member", "lead"), values.T)
    data["ring_u10"] = (("lead", "ring", "place"), values)
    data["orography"] = ("place", [1.0, 2, 3])
    days = local_days(data, 0.0)
    expected = 12 + 100 * np.arange(2)[:, None] + 1000 * np.arange(3)
    assert days["ws"].dims == ("day", "member", "place")
    same(days["ws"][0], expected)
    same(days["ws_max"][0], expected + 12)
    same(days["u10"].transpose("day", "member", "place")[0], expected)
    same(days["ring_u10"][0], expected)
    assert days["place"].values.tolist() == ["a", "b", "c"]
    assert "orography" not in days and "valid_time" not in days.coords
    assert {n for n in days if n.startswith("ring_")} == {"ring_u10"}


def test_statistics_and_windows_are_the_callers():
    hours = np.arange(0, 25, 3)
    days = local_days(
        cycle(hours, hours), 0.0, statistics={"t2m": ("rush",)}, windows={"rush": (7, 9)}
    )
    same(column(days, "t2m_rush"), [8])
    assert set(days.data_vars) == {"coverage", "t2m", "t2m_rush"}


def test_rain_across_midnight_is_split_in_proportion_to_time():
    # UTC+8: midnight is 16 h, in (12, 18]; 6 mm there are 4 before and 2 after
    hours = np.arange(6, 49, 6)
    fell = np.array([1, 1, 6, 3, 2, 1, 12, 5])
    days = local_days(rain(hours, [0] * 8, np.cumsum(fell)), 8.0)
    # the day of 11 January ends at 40 h: 12 mm in (36, 42] are 8 before and 4 after
    same(column(days, "tp"), [NAN, 2 + 3 + 2 + 1 + 8, NAN])
    assert days["tp"].attrs["cell_methods"] == "time: sum (local day)"


def test_rain_with_a_missing_part_is_missing():
    hours = np.arange(6, 49, 6)
    by_step = np.arange(0, 48, 6)
    values = np.ones((8, 2))
    values[2, 0] = NAN
    days = local_days(rain(hours, by_step, values), 0.0)
    same(days["tp"], [[NAN, 4], [4, 4]])
    # since the reference, a step missing inside a day leaves its total known, one at midnight not
    for lost, expected in ((12, [4, 4]), (24, [NAN, NAN])):
        kept = hours[hours != lost]
        days = local_days(rain(kept, np.zeros(len(kept), int), kept / 6), 0.0)
        same(column(days, "tp"), expected)


def test_daily_amounts_need_no_steps_inside_the_day():
    # totals of whole days, ending at local midnight
    days = local_days(rain([16, 40, 64], [-8, 16, 40], [1, 2, 3]), 8.0)
    assert dates(days)[-2:] == ["2015-01-11", "2015-01-12"]
    same(days["tp"].sel(day=["2015-01-11", "2015-01-12"])[:, 0], [2, 3])
    shifted = local_days(rain([15, 39, 63], [-9, 15, 39], [1, 2, 3]), 8.0)
    assert np.isnan(shifted["tp"]).all()  # 24 h across midnight are not split


def test_a_total_since_the_reference_begins_no_days_long_before_the_steps():
    days = local_days(rain([126, 132, 138], [0, 0, 0], [50, 51, 53]), 0.0)
    assert dates(days) == ["2015-01-14", "2015-01-15"]  # from 12 h before the first step
    assert np.isnan(days["tp"]).all()


def test_an_amount_without_its_intervals_is_an_error():
    with pytest.raises(InputError, match=r"gfs.grib2: field tp: no tp_start"):
        local_days(cycle([0, 6], [0, 1], "tp"), 8.0)
    with pytest.raises(InputError, match="valid_time does not increase"):
        local_days(cycle([6, 0], [0, 1]), 8.0)


def test_a_single_step_covers_nothing():
    days = local_days(cycle([3], [280.0]), 8.0)
    assert dates(days) == ["2015-01-10"] and days["coverage"].values.tolist() == [0]
    assert np.isnan(days["t2m"]).all() and np.isnan(days["t2m_max"]).all()


@pytest.mark.real
def test_real_hours_against_the_trapezoidal_rule(real_data):
    eccodes = pytest.importorskip("eccodes")
    times, values = [], []
    with (real_data / "formats" / "era5_t2m_2019-03_uk_hourly.grib").open("rb") as file:
        while (message := eccodes.codes_grib_new_from_file(file)) is not None:
            date, clock = (eccodes.codes_get(message, f"validity{k}") for k in ("Date", "Time"))
            times.append(pd.to_datetime(f"{date:08d}{clock:04d}", format="%Y%m%d%H%M"))
            values.append(eccodes.codes_get_values(message)[:3])
            eccodes.codes_release(message)
    values = np.array(values)
    leads = ((pd.DatetimeIndex(times) - times[0]) / pd.Timedelta(hours=1)).to_numpy().astype(int)
    days = local_days(cycle(leads, values, issue=times[0].to_datetime64()), 1.0)
    assert days.sizes["day"] == 31
    same(days["coverage"], [23 / 24] + [1] * 30)
    for k in range(1, 31):
        inside = values[24 * k - 1 : 24 * k + 24]  # 25 hours from 23 UTC to 23 UTC
        same(days["t2m"][k], trapezoid(inside, axis=0) / 24, rtol=1e-6)
        same(days["t2m_max"][k], inside.max(axis=0), rtol=1e-6)


@st.composite
def paths(draw):
    """Steps of growing length, values, and an offset of the clock."""
    leads = [draw(st.integers(0, 20))]
    for spacing in (1, 3, 6, 12):
        leads += [leads[-1] + spacing * (i + 1) for i in range(draw(st.integers(0, 9)))]
    values = draw(st.lists(st.floats(-30, 30, width=32), min_size=len(leads), max_size=len(leads)))
    offset = draw(st.sampled_from([-3.5, 0.0, 1.0, 5.75, 8.0]))
    return np.array(leads), np.array(values), offset


@settings(max_examples=60, deadline=None)
@given(paths())
def test_statistics_equal_minute_by_minute_integration(case):
    leads, values, offset = case
    days = local_days(cycle(leads, values, "blh"), offset)
    minutes = (leads + offset) * 60
    edges = np.arange(-24 * 60, 24 * 60 * 20 + 1)
    middle = np.interp(edges[:-1] + 0.5, minutes, values)  # the path is straight over a minute
    at_edge = np.interp(edges, minutes, values)
    for day, row in zip(days["day"].values, range(days.sizes["day"]), strict=True):
        begin = int((day - MIDNIGHT) / HOUR * 60)
        first = begin + 24 * 60
        if begin < minutes[0] or begin + 24 * 60 > minutes[-1]:
            share = min(begin + 1440, minutes[-1]) - max(begin, minutes[0])
            assert days["coverage"].values[row] == pytest.approx(share / 1440, abs=1e-6)
            assert np.isnan(days["blh"].values[row, 0])
            continue
        whole = slice(first, first + 1440)
        expected = {
            "blh": middle[whole].mean(),
            "blh_afternoon": middle[first + 720 : first + 1080].mean(),
            "blh_night": middle[first : first + 360].mean(),
            "blh_max": at_edge[first : first + 1441].max(),
        }
        for name, value in expected.items():
            assert days[name].values[row, 0] == pytest.approx(value, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(paths(), st.sampled_from(["reference", "previous", "6", "12"]))
def test_daily_rain_equals_minute_by_minute_integration(case, convention):
    leads, values, offset = case
    leads = leads - leads[0]
    rate = np.abs(values)[1:] / 10  # mm an hour between steps
    total = np.r_[0, np.cumsum(rate * np.diff(leads))]
    if convention == "reference":
        starts = np.zeros_like(leads)
    elif convention == "previous":
        starts = np.r_[0, leads[:-1]]
    else:  # buckets emptied at the last step that has filled one
        starts, emptied = np.zeros_like(leads), 0
        for k, lead in enumerate(leads):
            starts[k] = emptied
            emptied = lead if lead - emptied >= int(convention) else emptied
    given_values = total - np.interp(starts, leads, total)
    days = local_days(rain(leads, starts, given_values), offset)
    running = np.interp(np.arange(-24 * 60, 24 * 60 * 20 + 1), (leads + offset) * 60, total)
    for row, day in enumerate(days["day"].values):
        first = int((day - MIDNIGHT) / HOUR * 60) + 24 * 60
        minutes = (leads + offset) * 60 + 24 * 60
        if first >= minutes[0] and first + 1440 <= minutes[-1]:
            expected = running[first + 1440] - running[first]
            assert days["tp"].values[row, 0] == pytest.approx(expected, abs=2e-3)
        else:
            assert np.isnan(days["tp"].values[row, 0])
