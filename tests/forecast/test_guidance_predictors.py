"""Guidance on the cases: values by valid day and by cycle, and nothing from later cycles."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.guidance.predictors import guidance_predictors
from forecast.guidance.settings import Guidance

LEADS, PLACES = np.array([1, 2]), np.array(["a", "b"])
NAN = np.nan


def section(**options):
    return Guidance(name="ctm", files="x", columns={"pm25": "pm", "o3": "oz"}, **options)


def predictors(data, issues, **options):
    known = {} if data is None else {"ctm": data}
    return guidance_predictors([section(**options)], known, issues, LEADS, PLACES)


def cycles(issue, lead, values):
    """PM2.5 of place a, (issue, lead)."""
    return xr.Dataset(
        {"pm25": (("issue", "lead", "place"), np.float32(values)[..., None])},
        {"issue": pd.DatetimeIndex(issue), "lead": lead, "place": ["a"]},
    )


def test_by_valid_day():
    day = pd.DatetimeIndex(["2015-01-02", "2015-01-03", "2015-01-05"])
    values = np.float32([[1, 10], [2, 20], [3, 30]])
    data = xr.Dataset({"pm25": (("day", "place"), values)}, {"day": day, "place": ["b", "a"]})
    found = predictors(data, pd.date_range("2015-01-01", periods=4))
    at_a = found["guidance_ctm_pm25"].sel(place="a").values
    np.testing.assert_array_equal(at_a, [[10, 20], [20, NAN], [NAN, 30], [30, NAN]])
    at_b = found["guidance_ctm_pm25"].sel(place="b").values
    np.testing.assert_array_equal(at_b, at_a / 10)
    assert found["guidance_ctm_pm25"].dtype == np.float32
    assert np.isnan(found["guidance_ctm_o3"]).all()  # in the configuration, not in the store


def test_without_any_guidance_the_predictors_are_missing():
    found = predictors(None, pd.date_range("2015-01-01", periods=2))
    assert list(found) == ["guidance_ctm_pm25", "guidance_ctm_o3"]
    assert all(v.dims == ("issue", "lead", "place") and np.isnan(v).all() for v in found.values())


def test_by_cycle_the_newest_at_hand_serves():
    data = cycles(["2015-01-01", "2015-01-03"], [1, 2, 3], [[11, 12, 13], [31, 32, 33]])
    found = predictors(data, pd.date_range("2015-01-01", periods=6))["guidance_ctm_pm25"]
    at_a = found.sel(place="a").values
    # on 2 January the cycle of the 1st serves with leads 2 and 3, on 5 January that of the 3rd
    expected = [[11, 12], [12, 13], [31, 32], [32, 33], [33, NAN], [NAN, NAN]]
    np.testing.assert_array_equal(at_a, expected)
    assert np.isnan(found.sel(place="b")).all()


def test_a_cycle_two_days_late_serves_and_an_older_one_does_not():
    data = cycles(["2015-01-01"], [3, 4], [[3, 4]])
    found = predictors(data, pd.date_range("2015-01-03", periods=2))["guidance_ctm_pm25"]
    np.testing.assert_array_equal(found.sel(place="a").values, [[3, 4], [NAN, NAN]])


def test_a_delayed_cycle_serves_from_the_next_issue_on():
    data = cycles(["2015-01-01", "2015-01-02"], [1, 2, 3], [[11, 12, 13], [21, 22, 23]])
    found = predictors(data, pd.date_range("2015-01-01", periods=2), delay_days=1)
    at_a = found["guidance_ctm_pm25"].sel(place="a").values
    np.testing.assert_array_equal(at_a, [[NAN, NAN], [12, 13]])


@pytest.mark.parametrize("delay", [0, 1])
def test_later_cycles_change_nothing(delay):
    issues = pd.date_range("2015-01-01", periods=8)
    rng = np.random.default_rng(5)
    clean = cycles(issues, [1, 2, 3, 4], rng.uniform(1, 99, (8, 4)))
    spoilt = clean.copy(deep=True)
    spoilt["pm25"][5:] = 666.0  # of 6 January and later
    served = slice(0, 5 + delay)
    before, after = (
        predictors(d, issues, delay_days=delay)["guidance_ctm_pm25"].values for d in (clean, spoilt)
    )
    np.testing.assert_array_equal(before[served], after[served])
    assert np.isfinite(before[delay:5, :, 0]).all()
    assert (after[5 + delay, :, 0] == 666).all()
