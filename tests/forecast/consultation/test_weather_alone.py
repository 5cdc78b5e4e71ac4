"""The estimate of the weather alone beside earlier ones, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.consultation.cases.weather_alone import compare_with_past, separate, weather_alone

PAIR = xr.Dataset(
    {"observed": ("lead", [100.0, 200.0]), "estimate": ("lead", [80.0, 120.0])},
    {"lead": [1, 2], "issue": pd.Timestamp("2015-12-05")},
)


def past_of(percent, aqi=90.0, first="2015-03-01"):
    """Earlier issues, a day apart, whose two days were so many percent above an estimate of 100."""
    percent = np.asarray(percent, float)
    observed = np.repeat(100 + percent[:, None], 2, axis=1)
    data = {"observed": observed, "estimate": observed * 0 + 100, "aqi": observed * 0 + aqi}
    return xr.Dataset(
        {n: (("issue", "lead"), v) for n, v in data.items()},
        {"issue": pd.date_range(first, periods=len(percent)), "lead": [1, 2]},
    )


def test_the_difference_and_what_earlier_ones_leave_of_it():
    found = compare_with_past(PAIR, past_of(range(20)))
    assert [f"{d['day']:%m-%d}" for d in found["days"]] == ["12-06", "12-07"]
    assert [d["difference"] for d in found["days"]] == [20, 80]
    assert [d["percent"] for d in found["days"]] == pytest.approx([25, 100 * 80 / 120])
    assert found["whole"] == {"observed": 150, "estimate": 100, "difference": 50, "percent": 50}
    past = found["past_all"]
    # 0 … 19 %: the 5 % quantile lies midway between the first two of twenty, and so on
    assert (past["low"], past["median"], past["high"]) == pytest.approx((0.5, 9.5, 18.5))
    assert (past["issues"], past["stretches"], past["below"]) == (20, 10, 1.0)
    assert past["highest"] == 119
    assert found["compared"] == "past_all" and found["past_heavy"]["issues"] == 0
    assert found["days"][0]["past"]["median"] == pytest.approx(9.5)
    left = found["unexplained"]
    assert (left["low"], left["median"], left["high"]) == pytest.approx((31.5, 40.5, 49.5))
    assert left["percent"]["median"] == pytest.approx(100 * (150 / 109.5 - 1))
    assert left["percent"]["low"] == pytest.approx(100 * (150 / 118.5 - 1))


def test_stretches_with_a_heavy_day_are_compared_with_where_there_are_enough():
    calm, heavy = past_of([0.0] * 40), past_of([60.0] * 20, aqi=201.0, first="2015-06-01")
    found = compare_with_past(PAIR, xr.concat([calm, heavy], "issue"))
    assert found["compared"] == "past_heavy"
    assert found["past_heavy"]["median"] == pytest.approx(60)
    assert found["past_all"]["issues"] == 60 and found["past_all"]["below"] == pytest.approx(2 / 3)
    assert found["unexplained"]["median"] == pytest.approx(150 - 160)


def test_too_few_tell_nothing_and_a_missing_day_leaves_an_issue_out():
    past = past_of(range(20))
    past["observed"][3, 1] = np.nan
    found = compare_with_past(PAIR, past)
    assert found["past_all"]["issues"] == 19
    assert found["compared"] is None and found["unexplained"] is None
    assert found["days"][0]["past"] is None


def test_stretches_that_do_not_overlap():
    days = pd.date_range("2015-12-01", periods=7)
    assert [separate(days, n) for n in (1, 3, 7, 8)] == [7, 3, 1, 1]
    assert separate(days[:0], 3) == 0


def test_without_an_analysis_there_is_no_estimate():
    none = xr.Dataset()
    assert weather_alone(None, None, ["A"], none, FIRST) == {"missing": "no_analysis"}


FIRST = pd.Timestamp("2015-12-06")
