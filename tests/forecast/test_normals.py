"""Normals: which earlier days enter, and that no recent one ever does."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.normals import normals
from forecast.pollutants import POLLUTANTS


def daily(values: np.ndarray, start: str = "2013-03-01") -> xr.Dataset:
    """(place, day) values, pollutant k being k times them."""
    return xr.Dataset(
        {
            p: (("place", "day"), (values * k).astype(np.float32))
            for k, p in enumerate(POLLUTANTS, 1)
        },
        coords={
            "place": [f"s{i}" for i in range(len(values))],
            "day": pd.date_range(start, periods=values.shape[1]),
        },
    )


def test_mean_of_the_days_a_year_before():
    values = np.arange(400.0)[None]
    found = normals(daily(values), pd.DatetimeIndex(["2014-04-01"]))
    # 2014-04-01 is day 396; 365.25 ± 15 days before it are days 16 … 45, whose mean is 30.5
    assert found["pm25"].values.tolist() == [[sum(range(16, 46)) / 30]] == [[30.5]]
    assert found["co"].values.tolist() == [[6 * 30.5]]
    assert found["pm25"].dims == ("valid_day", "place") and found["pm25"].dtype == np.float32


def test_two_earlier_years_and_both_places():
    days = 800
    values = np.stack([np.full(days, 10.0), np.full(days, 20.0)])
    values[:, 365:] += 6
    found = normals(daily(values), pd.DatetimeIndex(["2015-05-01"]))
    # 30 days of 2013 and 30 of 2014 with 6 more: the mean is 3 more
    np.testing.assert_allclose(found["pm25"].values, [[13, 23]])


def test_ten_values_are_needed():
    values = np.full((1, 400), np.nan)
    values[0, 20:29] = 5
    wanted = pd.DatetimeIndex(["2014-04-01"])
    assert np.isnan(normals(daily(values), wanted)["pm25"].values).all()
    values[0, 29] = 15
    assert normals(daily(values), wanted)["pm25"].values.tolist() == [[6]]  # (9·5 + 15)/10


def test_nothing_before_the_first_year_is_over():
    found = normals(daily(np.ones((1, 400))), pd.date_range("2013-03-01", periods=300))
    assert np.isnan(found["pm25"].values).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1100), st.integers(0, 2**31))
def test_against_a_plain_loop(offset, seed):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 300, (1, 1096)).astype(float)
    values[rng.random(values.shape) < 0.5] = np.nan
    valid = date(2013, 3, 1) + timedelta(days=offset)
    used = []
    for i, value in enumerate(values[0]):
        age = offset - i
        away = min(abs(age - 365.25 * years) for years in range(5))
        if age >= 180 and away <= 15 and not np.isnan(value):
            used.append(value)
    found = normals(daily(values), pd.DatetimeIndex([pd.Timestamp(valid)]))["pm25"].item()
    expected = sum(used) / len(used) if len(used) >= 10 else np.nan
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(200, 1090))
def test_values_younger_than_180_days_never_count(position):
    clean = np.random.default_rng(0).integers(0, 300, (2, 1096)).astype(float)
    wanted = pd.DatetimeIndex([pd.Timestamp("2013-03-01") + pd.Timedelta(days=position)])
    spoilt = clean.copy()
    spoilt[:, position - 179 :] = 1e9
    xr.testing.assert_identical(normals(daily(clean), wanted), normals(daily(spoilt), wanted))


def test_the_180th_day_is_where_the_gate_opens():
    # with a cycle of one year no day between 16 and 349 days old enters at all
    clean = np.zeros((1, 800))
    wanted = pd.DatetimeIndex([pd.Timestamp("2013-03-01") + pd.Timedelta(days=799)])
    for age, enters in (
        (349, False),
        (351, True),
        (365, True),
        (380, True),
        (381, False),
        (7, False),
    ):
        values = clean.copy()
        values[0, 799 - age] = 1
        assert (normals(daily(values), wanted)["pm25"].item() > 0) == enters, age
