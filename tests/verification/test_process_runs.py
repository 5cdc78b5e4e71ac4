"""Forecasts from run to run, and how long ahead a process was forecast."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from verification import (
    by_issue,
    by_valid_day,
    convergence,
    exceeds,
    find_processes,
    flip_flop_index,
    forecast_leads,
    mean_jump,
    merge,
    revision_sums,
    where_both,
)
from verification.processes.runs import SCORES

DAY = np.timedelta64(1, "D")
FIRST = np.datetime64("2026-01-01", "ns")


def runs(*rows):
    """Forecasts by valid day; a row for each lead, the shortest first."""
    leads = {"lead": np.arange(1, len(rows) + 1)}
    return xr.DataArray(np.array(rows, float), leads, ["lead", "day"])


def test_flip_flop_index_by_hand():
    # From old to new: 60 50 60 50; 80 70 75 40; 10 20 30 40; 10 20 nan 10.
    values = runs([50, 40, 40, 10], [60, 75, 30, np.nan], [50, 70, 20, 20], [60, 80, 10, 10])
    expected = [
        (10 + 10 + 10 - (60 - 50)) / (4 - 2),
        (10 + 5 + 35 - (80 - 40)) / (4 - 2),
        0,
        (10 + 10 - (20 - 10)) / (3 - 2),
    ]
    assert flip_flop_index(values).values.tolist() == expected


def test_flip_flop_index_needs_three_runs():
    values = runs([50, np.nan], [60, 7], [np.nan, np.nan])
    assert np.isnan(flip_flop_index(values)).all()


def test_flips_of_events():
    events = exceeds(runs([210, 210], [190, 205], [220, 90], [90, 90]), 200)
    # No, yes, no, yes has 3 flips, 1 of them needed; no, no, yes, yes has one.
    assert flip_flop_index(events).values.tolist() == [(3 - 1) / (4 - 2), 0]
    assert float(mean_jump(revision_sums(events, events.isel(lead=0, drop=True)))) == (3 + 1) / 6


@settings(max_examples=30, deadline=None)
@given(arrays(np.float64, (5, 3), elements=st.floats(-500, 500)))
def test_flip_flop_index_agrees_with_scores(values):
    flip_flop = pytest.importorskip("scores.continuous").flip_flop_index
    values = runs(*values)
    found = flip_flop_index(values)
    np.testing.assert_allclose(found, flip_flop(values, "lead"), atol=1e-9)
    assert (found >= 0).all()


def test_changes_towards_and_away_by_hand():
    # Old to new: 160 120 100 110 against 115; 50 50 90 20 against 60.
    total = revision_sums(
        runs([110, 20], [100, 90], [120, 50], [160, 50]),
        xr.DataArray([115.0, 60.0], dims="day"),
        keep="lead",
    )
    # Errors by lead 4, 3, 2, 1: 45 5 15 5 and 10 10 30 40.
    assert total["lead"].values.tolist() == [1, 2, 3]
    assert total["towards"].values.tolist() == [1, 0, 1]
    assert total["away"].values.tolist() == [1, 2, 0]
    assert total["changed"].values.tolist() == [2, 2, 1]
    assert total["change"].values.tolist() == [10 - 70, -20 + 40, -40]
    assert mean_jump(total).values.tolist() == [(10 + 70) / 2, (20 + 40) / 2, (40 + 0) / 2]
    assert convergence(total).values.tolist() == [1 / 2, 0, 1]


def test_a_change_across_the_observed_by_the_same_distance_is_no_nearer():
    total = revision_sums(runs([110], [90]), xr.DataArray([100.0], dims="day"))
    assert (float(total["changed"]), float(total["towards"]), float(total["away"])) == (1, 0, 0)


def test_missing_runs_are_dropped_and_counted():
    fcst = runs([1, 5], [np.nan, 3], [2, 2])
    total = revision_sums(fcst, xr.DataArray([1.0, 9.0], dims="day"))
    assert float(total["pairs"]) == 2  # day 1 only
    assert float(mean_jump(total)) == (2 + 1) / 2
    nothing = revision_sums(fcst * np.nan, xr.DataArray([1.0, 9.0], dims="day"))
    for score in SCORES:
        assert np.isnan(score(nothing))


def test_sums_of_days_merge_and_dask_equals_numpy():
    rng = np.random.default_rng(1)
    fcst, obs = runs(*rng.normal(size=(6, 20))), xr.DataArray(rng.normal(size=20), dims="day")
    whole = revision_sums(fcst, obs, keep="lead")
    parts = [
        revision_sums(fcst.isel(day=cut), obs.isel(day=cut), keep="lead")
        for cut in (slice(0, 7), slice(7, None))
    ]
    xr.testing.assert_allclose(merge(*parts), whole)
    pytest.importorskip("dask")
    xr.testing.assert_allclose(revision_sums(fcst.chunk(day=6), obs, keep="lead"), whole)


def test_forecasts_that_gain_skill_converge():
    rng = np.random.default_rng(2)
    obs = xr.DataArray(rng.normal(size=500), dims="day")
    noise = rng.normal(size=(6, 500))
    fading = xr.DataArray(np.array([0.1, 0.5, 1, 2, 3, 4])[:, None] * noise, dims=("lead", "day"))
    better, same = (revision_sums(obs + e, obs) for e in (fading, fading * 0 + noise))
    assert float(convergence(better)) > 0.6
    assert float(convergence(same)) == pytest.approx(0.5, abs=0.03)
    for score in SCORES:
        assert score.range[0] <= float(score(better)) <= score.range[1]
        assert "Range" in score.function.__doc__


def test_leads_must_ascend():
    values = runs([1], [2], [3])
    with pytest.raises(ValueError, match="must ascend"):
        flip_flop_index(values[::-1])
    with pytest.raises(ValueError, match="need a dimension 'lead'"):
        revision_sums(values.rename(lead="k"), xr.DataArray(0.0))
    with pytest.raises(ValueError, match="needs sums of the family 'revision'"):
        convergence(xr.Dataset(attrs={"family": "continuous"}))


def test_by_valid_day_lays_issue_plus_lead():
    issues = FIRST + np.array([0, 1, 3]) * DAY  # day 2 has no issue
    values = np.arange(3 * 2 * 2, dtype=np.float32).reshape(3, 2, 2)
    fcst = xr.DataArray(
        values, {"issue": issues, "lead": [1, 2], "place": ["a", "b"]}, ["issue", "lead", "place"]
    )
    found = by_valid_day(fcst)
    assert found.dims == ("lead", "place", "day")
    assert found.dtype == np.float32
    assert found["day"].values.tolist() == (FIRST + np.arange(1, 6) * DAY).tolist()
    nan = np.nan
    np.testing.assert_array_equal(found.sel(place="a")[0], [0, 4, nan, 8, nan])
    np.testing.assert_array_equal(found.sel(place="a")[1], [nan, 2, 6, nan, 10])
    # And back.
    xr.testing.assert_equal(
        by_issue(found.sel(lead=1, drop=True), fcst["issue"], fcst["lead"][:1]).transpose(
            *fcst.dims
        ),
        fcst[:, :1],
    )
    with pytest.raises(ValueError, match="one label"):
        by_valid_day(fcst.isel(issue=[0, 0]))
    with pytest.raises(ValueError, match="need labels of"):
        by_valid_day(fcst.drop_vars("lead"))
    with pytest.raises(ValueError, match="needs labels of 'day'"):
        by_issue(found.drop_vars("day"), fcst["issue"], fcst["lead"])


def test_by_issue_is_missing_outside_the_series():
    obs = xr.DataArray([5.0, 6.0], {"day": FIRST + np.arange(2) * DAY}, ["day"])
    issue = xr.DataArray(FIRST + np.array([-1, 0]) * DAY, dims="issue", name="issue")
    lead = xr.DataArray([1, 2], dims="lead", name="lead")
    np.testing.assert_array_equal(by_issue(obs, issue, lead), [[5, 6], [6, np.nan]])


def test_where_both_is_missing_in_both():
    fcst = xr.DataArray([[1.0, np.nan], [2.0, 3.0]], dims=("lead", "day"))
    one, two = where_both(fcst, xr.DataArray([np.nan, 8.0], dims="day"))
    np.testing.assert_array_equal(one, [[np.nan, np.nan], [np.nan, 3]])
    np.testing.assert_array_equal(two, [[np.nan, np.nan], [np.nan, 8]])


ALONE = xr.DataArray([[False]], dims=("place", "neighbour"))


def leads_of(observed, issues, **options):
    """Leads for a map of one place and forecasts by the day they are issued on."""
    value = {"#": 250.0, ".": 90.0, "?": np.nan}
    obs = xr.DataArray(
        [[value[c] for c in observed]],
        {"day": FIRST + np.arange(len(observed)) * DAY},
        ["place", "day"],
    )
    fcst = xr.DataArray(
        [[[value[c] for c in row]] for row in issues.values()],
        {"issue": [FIRST + day * DAY for day in issues], "lead": [1, 2, 3, 4]},
        ["issue", "place", "lead"],
    )
    return forecast_leads(find_processes(fcst, ALONE, day="lead"), find_processes(obs, ALONE))


def test_leads_of_a_process_by_hand():
    leads = leads_of(
        ".....##...",
        {
            0: "....",  # days 1-4: ends before the start
            1: "...#",  # days 2-5: 4 days ahead, forecast
            2: "....",  # days 3-6: 3 days ahead, not forecast
            3: ".###",  # days 4-7: 2 days ahead, forecast
            4: "##..",  # days 5-8: 1 day ahead, forecast
            5: "....",  # after the start: no matter
        },
    )
    assert leads["start"].values.tolist() == [(FIRST + 5 * DAY).astype(int)]
    assert leads["forecast"].values.tolist() == [[1, 1, 0, 1]]
    assert leads["first_lead"].values.tolist() == [4]
    assert leads["continuous_lead"].values.tolist() == [2]
    assert leads["last_lead"].values.tolist() == [1]
    assert leads["changes"].values.tolist() == [2]


def test_leads_with_missing_issues_are_passed_over():
    leads = leads_of(".....##...", {1: "...#", 3: ".???", 4: "#..."})
    np.testing.assert_array_equal(leads["forecast"], [[1, np.nan, np.nan, 1]])
    assert leads["continuous_lead"].values.tolist() == [4]
    assert leads["changes"].values.tolist() == [0]


def test_leads_of_a_process_never_forecast():
    leads = leads_of(".....##...", {1: "....", 4: "...."})
    assert np.isnan(leads["first_lead"]).all()
    assert np.isnan(leads["continuous_lead"]).all()
    assert leads["last_lead"].values.tolist() == [1]
    nothing = leads_of(".....##...", {7: "...."})
    assert np.isnan(nothing["last_lead"]).all()
    assert leads_of("..........", {1: "...#"}).sizes["process"] == 0


def test_leads_of_two_processes():
    leads = leads_of("...#....##", {0: "..#.", 2: "....", 5: "..##", 6: "....", 7: "##.."})
    # The first starts on day 3: 3 days ahead of the issue of day 0, 1 day of that of day 2.
    # The second on day 8: 3, 2 and 1 days ahead.
    np.testing.assert_array_equal(leads["forecast"], [[0, np.nan, 1, np.nan], [1, 0, 1, np.nan]])
    assert leads["first_lead"].values.tolist() == [3, 3]
    np.testing.assert_array_equal(leads["continuous_lead"], [np.nan, 1])
    assert leads["changes"].values.tolist() == [1, 2]


def test_leads_need_forecasts_by_issue():
    found = find_processes(xr.DataArray([[250.0]], dims=("place", "day")), ALONE)
    with pytest.raises(ValueError, match="need the dimensions issue, place and lead"):
        forecast_leads(found, found)
