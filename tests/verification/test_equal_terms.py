"""Common valid days of leads, and common pairs of forecasts."""

import dask.array
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from verification import common_days, common_pairs


def along(values, dim):
    return xr.DataArray(values, dims=dim)


def test_common_days_of_consecutive_issues():
    mask = common_days(along([1, 2, 3, 4], "issue"), along([1, 3], "lead"))
    # Lead 1 is valid on days 2 3 4 5, lead 3 on 4 5 6 7: days 4 and 5 are common.
    np.testing.assert_array_equal(
        mask, [[False, True], [False, True], [True, False], [True, False]]
    )
    assert mask.dims == ("issue", "lead")


def test_a_missing_issue_takes_its_valid_days_from_all_leads():
    mask = common_days(along([1, 2, 4, 5, 6], "issue"), along([1, 2], "lead"))
    # Lead 1: days 2 3 5 6 7; lead 2: days 3 4 6 7 8; common 3 6 7.
    expected = [[False, True], [True, False], [False, True], [True, True], [True, False]]
    np.testing.assert_array_equal(mask, expected)
    # Each lead keeps the same days.
    np.testing.assert_array_equal(mask.sum("issue"), [3, 3])


@pytest.mark.parametrize("leads", [[1, 3], np.array([1, 3], "timedelta64[D]"), [1.0, 3.0]])
def test_dates_and_kinds_of_lead(leads):
    days = pd.date_range("2021-02-26", periods=4) + pd.Timedelta(hours=12)
    issue = xr.DataArray(days, {"issue": days}, ["issue"])
    mask = common_days(issue, along(leads, "lead"))
    np.testing.assert_array_equal(mask.sum("issue"), [2, 2])
    np.testing.assert_array_equal(mask[:, 0], [False, False, True, True])
    assert (mask.issue == issue).all()


def test_whole_days_of_issue_with_timedelta_leads():
    leads = np.array([24, 72], "timedelta64[h]")
    mask = common_days(along([1, 2, 3, 4], "issue"), along(leads, "lead"))
    np.testing.assert_array_equal(mask[:, 0], [False, False, True, True])


def test_common_days_errors():
    issue, lead = along([1, 2], "issue"), along([1, 2], "lead")
    with pytest.raises(ValueError, match="issue must have one dimension, found \\[\\]"):
        common_days(issue[0], lead)
    with pytest.raises(ValueError, match="lead must have one dimension, found \\['x', 'lead'\\]"):
        common_days(issue, lead.expand_dims("x"))
    with pytest.raises(ValueError, match=r"must be days that add, found .* and int64"):
        common_days(along(["a", "b"], "issue"), lead)
    dates = along(pd.date_range("2021-01-01", periods=2), "issue")
    with pytest.raises(ValueError, match=r"lead must be whole numbers of days, found \[1.0, 1.5\]"):
        common_days(dates, along([1.0, 1.5], "lead"))


NAN = np.nan


def test_pairs_that_all_forecasts_have():
    a = along([1.0, NAN, 3.0, 4.0], "place")
    b = along([NAN, 2.0, 30.0, 40.0], "place").astype("float32")
    c = along([100.0, 200.0, 300.0, NAN], "place")
    found = common_pairs(a, b, c)
    np.testing.assert_array_equal(found[0], [NAN, NAN, 3.0, NAN])
    np.testing.assert_array_equal(found[1], [NAN, NAN, 30.0, NAN])
    np.testing.assert_array_equal(found[2], [NAN, NAN, 300.0, NAN])
    assert found[1].dtype == np.float32


def test_members_may_be_missing_and_quantiles_may_not():
    plain = along([1.0, 2.0, 3.0, 4.0], "place")
    inner = [[1.0, 2.0], [1.0, NAN], [NAN, NAN], [1.0, 2.0]]
    of_members, _ = common_pairs(plain, xr.DataArray(inner, dims=("place", "member")))
    np.testing.assert_array_equal(of_members, [1.0, 2.0, NAN, 4.0])
    of_quantiles, _ = common_pairs(plain, xr.DataArray(inner, dims=("place", "quantile")))
    np.testing.assert_array_equal(of_quantiles, [1.0, NAN, NAN, 4.0])
    of_whole, masked = common_pairs(
        plain, xr.DataArray(inner, dims=("place", "member")), whole=["member"]
    )
    np.testing.assert_array_equal(of_whole, [1.0, NAN, NAN, 4.0])
    np.testing.assert_array_equal(masked, [[1, 2], [NAN, NAN], [NAN, NAN], [1, 2]])


def test_order_of_dimensions_stays_and_dask_stays_lazy():
    rng = np.random.default_rng(0)
    a = xr.DataArray(np.where(rng.random((4, 3)) < 0.3, NAN, 1.0), dims=("place", "lead"))
    b = xr.DataArray(np.where(rng.random((3, 4)) < 0.3, NAN, 2.0), dims=("lead", "place"))
    first, second = common_pairs(a, b)
    assert (first.dims, second.dims) == (a.dims, b.dims)
    expected = ~np.isnan(a.values) & ~np.isnan(b.values.T)
    assert 0 < expected.sum() < 12
    np.testing.assert_array_equal(~np.isnan(first), expected)
    np.testing.assert_array_equal(~np.isnan(second), expected.T)
    lazy = common_pairs(a.chunk({"place": 2}), b.chunk())
    assert all(isinstance(x.data, dask.array.Array) for x in lazy)
    xr.testing.assert_identical(lazy[0].compute(), first)


def test_common_pairs_errors():
    a = xr.DataArray([1.0, 2.0], {"lead": [1, 2]}, ["lead"])
    with pytest.raises(ValueError, match="two or more forecasts, found 1"):
        common_pairs(a)
    with pytest.raises(ValueError, match=r"'lead' differs at position 1: 2 in .*, 3 in "):
        common_pairs(a, a.assign_coords(lead=[1, 3]))
