"""Forecast processes matched to observed ones, and their scores."""

from itertools import permutations
from math import sqrt

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import verification as v
from verification import find_processes, match_processes, merge, process_sums
from verification.processes import attributes, detection

EDGES = (50, 100, 150, 200, 300)


def draw(*rows):
    """Values from a map, a row for each place a, b, ...: # 250, . 90, ? missing, digits n00."""
    value = {"#": 250.0, ".": 90.0, "?": np.nan} | {str(n): 100.0 * n for n in range(2, 6)}
    values = np.array([[value[c] for c in row] for row in rows])
    return xr.DataArray(values, {"place": list("abcdefghij")[: len(rows)]}, ["place", "day"])


def find(values, **options):
    at = np.arange(values.sizes["place"])
    labels = values["place"].values
    near = xr.DataArray(
        np.abs(at[:, None] - at) == 1,
        {"place": labels, "neighbour": labels},
        ["place", "neighbour"],
    )
    return find_processes(values, near, **options)


def match(fcst, obs, **options):
    return match_processes(find(draw(*fcst)), find(draw(*obs)), **options)


def sums(fcst, obs, **options):
    return process_sums(find(draw(*fcst)), find(draw(*obs)), **options)


def outcomes(table):
    return table["outcome"].tolist()


def test_a_hit_with_all_its_errors():
    obs = ("..354....", "...3#....", ".........")
    fcst = (".........", "...33##..", ".....4...")
    [row] = match(fcst, obs, level_edges=EDGES).to_dict("records")
    assert (row["outcome"], row["day"], row["process_fcst"], row["process_obs"]) == ("hit", 2, 1, 1)
    # Days 3-6 against 2-4: days 3 and 4, one more by a shift.
    assert row["overlap"] == 2 + 1
    assert row["share"] == 1 / 2  # b of a and b
    assert row["start_error"] == 3 - 2
    assert row["end_error"] == 6 - 4
    assert row["duration_error"] == 4 - 3
    assert row["peak_error"] == 400 - 500
    assert row["peak_day_error"] == 5 - 3
    assert row["peak_level_error"] == 5 - 5
    assert row["extent_error"] == 2 - 2
    assert row["place_jaccard"] == 1 / 3  # b of a, b, c
    assert row["place_day_jaccard"] == 2 / (5 + 5 - 2)


def test_levels_are_closed_on_the_right():
    [row] = match(["..3.."], ["..4.."], level_edges=EDGES).to_dict("records")
    assert row["peak_level_error"] == 4 - 5  # 300 is still the fifth level, number 4
    assert np.isnan(match(["..3.."], ["..4.."])["peak_level_error"]).all()


def test_tolerance_of_one_day():
    obs = ["..##......"]
    assert outcomes(match(["....##...."], obs)) == ["hit"]
    assert outcomes(match(["....##...."], obs, tolerance=0)) == ["miss", "false_alarm"]
    assert outcomes(match([".....##..."], obs)) == ["miss", "false_alarm"]
    assert outcomes(match(["##........"], obs)) == ["hit"]
    assert outcomes(match([".....##..."], obs, tolerance=2)) == ["hit"]


def test_overlap_of_more_days():
    obs = ["..####...."]
    assert outcomes(match(["....####.."], obs, overlap=3)) == ["hit"]  # 2 days, 3 by a shift
    assert outcomes(match(["....####.."], obs, overlap=4)) == ["miss", "false_alarm"]
    # A shift adds no day to a process that lies inside already.
    assert outcomes(match(["...#......"], obs, overlap=2)) == ["miss", "false_alarm"]


def test_share_of_the_observed_places():
    obs = [".#."] * 10
    three, two = [".#."] * 3 + ["..."] * 7, [".#."] * 2 + ["..."] * 8
    assert outcomes(match(three, obs)) == ["hit"]  # 3 of 10 is 30 %
    assert outcomes(match(two, obs)) == ["miss", "false_alarm"]
    assert outcomes(match(two, obs, share=0.2)) == ["hit"]
    assert outcomes(match(obs, two)) == ["hit"]  # all observed places, however many more


def test_a_forecast_that_merges_two_hits_the_greater():
    table = match(["..########.."], ["..##...####."])
    assert outcomes(table) == ["miss", "hit"]
    assert table["day"].tolist() == [2, 7]
    assert table["part"].tolist() == [True, False]
    assert table["process_fcst"].tolist() == [0, 1]


def test_a_forecast_that_splits_one_hits_once():
    table = match(["..##...####."], ["..########.."])
    assert outcomes(table) == ["hit", "false_alarm"]
    assert table["day"].tolist() == [2, 2]
    assert table["process_fcst"].tolist() == [2, 1]
    assert table["part"].tolist() == [False, True]


def test_the_greatest_overlap_in_all_wins():
    obs = [".###..#######.."]
    fcst = ["..#######..###."]
    # The pair of most days is the first forecast with the second process, 3 days and a shift:
    # it would leave the others alone. Two pairs of 2 days and a shift have more in all.
    table = match(fcst, obs)
    assert outcomes(table) == ["hit", "hit"]
    assert table["overlap"].tolist() == [2 + 1, 2 + 1]
    assert table["process_fcst"].tolist() == [1, 2]


def brute_force(overlap):
    """Greatest total overlap of all one-to-one pairings."""
    if overlap.shape[0] > overlap.shape[1]:
        overlap = overlap.T
    rows = range(len(overlap))
    return max(
        (sum(overlap[i, c] for i, c in zip(rows, chosen, strict=True)))
        for chosen in permutations(range(overlap.shape[1]), len(overlap))
    )


@settings(max_examples=80, deadline=None)
@given(
    arrays(np.int64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.integers(0, 9))
)
def test_assignment_is_the_best_of_all(overlap):
    from verification.processes.match import _assign

    f, o = np.nonzero(overlap)
    taken = _assign(f, o, overlap[f, o], *overlap.shape)
    assert len(set(f[taken])) == len(set(o[taken])) == len(taken)
    assert overlap[f[taken], o[taken]].sum() == brute_force(overlap)


def test_errors_of_open_processes_are_unknown():
    [row] = match(["##.."], [".##."]).to_dict("records")
    assert np.isnan(row["start_error"])
    assert np.isnan(row["duration_error"])
    assert row["end_error"] == 1 - 2
    [row] = match([".##."], ["..##"]).to_dict("records")
    assert row["start_error"] == 1 - 2
    assert np.isnan(row["end_error"])
    assert np.isnan(row["duration_error"])


def test_bad_input_raises():
    one, two = find(draw("..#..")), find(draw("..#.."))
    with pytest.raises(ValueError, match="tolerance must be at least 0"):
        match_processes(one, two, tolerance=-1)
    with pytest.raises(ValueError, match=r"share in \(0, 1\]"):
        match_processes(one, two, share=0)
    with pytest.raises(ValueError, match="level_edges must ascend"):
        match_processes(one, two, level_edges=(200, 100))
    with pytest.raises(ValueError, match="same dimensions"):
        match_processes(find(draw("..#..").expand_dims(lead=[1])), two)
    with pytest.raises(ValueError, match="dimension 'day' has length"):
        match_processes(one, find(draw("..#...")))


OBS = ("..33....4..........3..", "...3....44..##........", "......................")
FCST = ("..#4.......4...##.....", "...3.......44.........", "...#..................")


def test_sums_and_scores_by_hand():
    # Observed: O1 days 2-3 of a and b; O2 days 8-9; O3 days 12-13 of b; O4 day 19 of a.
    # Forecast: F1 days 2-3 of a, b, c; F2 days 11-12 of a and b; F3 days 15-16 of a.
    # F1 hits O1. F2 meets O3 (day 12, and one by a shift) but not O2 (9 - 11 + 1 + 1 = 0).
    # O2 and O4 are misses, F3 is a false alarm.
    total = sums(FCST, OBS, level_edges=EDGES)
    counts = {n: float(total[n]) for n in ("hits", "misses", "false_alarms", "merged", "split")}
    assert counts == {"hits": 2, "misses": 2, "false_alarms": 1, "merged": 0, "split": 0}
    assert float(total["pairs"]) == float(total["weight"]) == 5
    assert total["processes"].values.tolist() == [5]
    assert float(v.process_pod(total)) == 2 / (2 + 2)
    assert float(v.process_far(total)) == 1 / (2 + 1)
    assert float(v.process_ts(total)) == 2 / (2 + 2 + 1)
    # Starts 2 - 2 and 11 - 12, peaks 400 - 300 and 400 - 250, levels 5 - 4 and 5 - 4.
    assert float(v.process_bias(total, "start")) == (0 - 1) / 2
    assert float(v.process_mae(total, "end")) == (0 + 1) / 2
    assert float(v.process_bias(total, "peak")) == (100 + 150) / 2
    assert float(v.process_rmse(total, "peak")) == sqrt((100**2 + 150**2) / 2)
    assert float(v.process_bias(total, "peak_level")) == (1 + 1) / 2
    assert float(v.process_bias(total, "peak_day")) == ((3 - 2) + (11 - 12)) / 2
    assert float(v.process_mae(total, "duration")) == 0
    assert float(v.process_bias(total, "extent")) == ((3 - 2) + (2 - 1)) / 2
    assert float(v.process_place_jaccard(total)) == (2 / 3 + 1 / 2) / 2
    # F1 has 4 place-days, 3 of them the 3 of O1; F2 has 3 and O3 has 2, in common b on day 12.
    assert float(v.process_place_day_jaccard(total)) == pytest.approx((3 / 4 + 1 / 4) / 2)


def test_lenient_scores_beside_the_strict():
    merged = sums(["..########.."], ["..##...####."])
    assert (float(v.process_pod(merged)), float(v.process_pod_lenient(merged))) == (1 / 2, 1)
    split = sums(["..##...####."], ["..########.."])
    assert (float(v.process_far(split)), float(v.process_far_lenient(split))) == (1 / 2, 0)


def test_unknown_attributes_are_left_out_of_the_mean():
    total = sums(["##.......#.."], ["##......##.."])
    assert total["compared"].sel(attribute=["start", "end", "peak"]).values.tolist() == [1, 2, 2]
    assert float(v.process_bias(total, "start")) == 9 - 8
    assert np.isnan(v.process_bias(total, "peak_level"))


def test_sums_by_day_count_on_the_start():
    total = sums(FCST, OBS, keep="day")
    assert total["pairs"].dims == ("day",)
    assert np.flatnonzero(total["hits"]).tolist() == [2, 12]
    assert np.flatnonzero(total["misses"]).tolist() == [8, 19]
    assert np.flatnonzero(total["false_alarms"]).tolist() == [15]
    half = xr.DataArray(np.arange(22) // 11, dims="day", name="half")
    assert v.process_pod(v.group_sums(total, half)).values.tolist() == [1 / 2, 1 / 2]


def test_sums_of_disjoint_periods_merge():
    whole = sums(FCST, OBS, level_edges=EDGES)
    parts = [
        sums([r[cut] for r in FCST], [r[cut] for r in OBS], level_edges=EDGES)
        for cut in (slice(0, 7), slice(7, 18), slice(18, None))
    ]
    xr.testing.assert_allclose(merge(*parts), whole)


def test_sums_of_different_rules_do_not_merge():
    one = sums(FCST, OBS)
    for option in ({"tolerance": 0}, {"share": 0.5}, {"overlap": 2}, {"level_edges": EDGES}):
        with pytest.raises(ValueError, match="dimension 'rule' differs"):
            merge(one, sums(FCST, OBS, **option))
    low = process_sums(find(draw(*FCST), threshold=150), find(draw(*OBS)))
    with pytest.raises(ValueError, match="dimension 'rule' differs"):
        merge(one, low)


def test_by_lead_and_by_issue():
    truth = draw(".....###........", ".....##.........").assign_coords(day=np.arange(16))
    shift = truth.shift(day=1, fill_value=90.0)
    fcst = xr.concat([truth, shift], "lead").assign_coords(lead=[1, 2])
    fcst, obs = v.where_both(fcst, truth)
    total = process_sums(find(fcst), find(obs), keep="lead")
    assert total["hits"].values.tolist() == [1, 1]
    assert v.process_bias(total, "start").values.tolist() == [0, 1]
    # By issue: windows of days 1-4, 2-5, ..., each forecast of which is the truth.
    issue = xr.DataArray(np.arange(11), dims="issue", name="issue")
    lead = xr.DataArray([1, 2, 3, 4], dims="lead", name="lead")
    windows = v.by_issue(truth, issue, lead)
    cut = v.cut_processes(find(truth), windows)
    total = process_sums(find(windows, day="lead"), cut, keep="issue")
    # The process of days 5-7 lies in the windows of the issues 1 (days 2-5) to 6 (days 7-10).
    assert total["hits"].values.tolist() == [0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]
    assert float(total["misses"].sum() + total["false_alarms"].sum()) == 0
    # The start is seen by the issues 1 to 4, but in the last of them on the first day.
    started = total["compared"].sel(attribute="start").values
    assert started.tolist() == [0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]


def test_bootstrap_and_scorecard_read_the_sums():
    obs = [r * 4 for r in OBS]
    total = sums([r * 4 for r in FCST], obs, keep="day").expand_dims(lead=[1])
    total = total.transpose("lead", "day", ...)
    score = next(s for s in detection.SCORES if s.name == "process_pod")
    labels = {"model": "m", "place_kind": "city", "group": "all", "pollutant": "aqi"}
    table = v.scorecard([(labels, total)], [score], dim="day", replicates=200)
    assert table["value"].tolist() == [8 / 16]
    assert 0 <= table["low"][0] < 0.5 < table["high"][0] <= 1


ROOM = {s.name: s for file in (attributes, detection) for s in file.SCORES}


def world(seed, error):
    """600 days of six places that rise together, and a forecast with errors."""
    rng = np.random.default_rng(seed)
    waves = rng.normal(size=(1, 600)) + 0.3 * rng.normal(size=(6, 600))
    truth = xr.DataArray(110 + 70 * waves, {"place": list("abcdef")}, ["place", "day"])
    return truth + error * rng.normal(size=truth.shape), truth


def worldly(seed, error, **options):
    return process_sums(*map(find, world(seed, error)), level_edges=EDGES, **options)


@pytest.fixture(params=sorted(ROOM))
def score(request):
    return ROOM[request.param]


@pytest.mark.parametrize("error", [0.0, 20.0, 200.0])
def test_scores_within_range(score, error):
    value = score(worldly(1, error))
    assert value.name == score.name
    assert score.range[0] <= float(value) <= score.range[1]
    assert score.long_name
    for part in ("Range", "perfect", "Returns", ">>>"):
        assert part in score.function.__doc__


def test_a_perfect_forecast_scores_perfect(score):
    assert float(score(worldly(2, 0.0))) == pytest.approx(score.perfect, abs=1e-12)


def test_better_forecasts_score_better(score):
    good, poor = (float(score(worldly(3, error))) for error in (3.0, 60.0))
    if score.orientation == "larger":
        assert good > poor
    elif score.orientation == "smaller":
        assert good < poor
    else:
        assert abs(good - score.perfect) < abs(poor - score.perfect)


def test_undefined_without_processes(score):
    quiet = sums(["...."], ["...."])
    assert float(quiet["pairs"]) == 0
    assert np.isnan(score(quiet))
    with pytest.raises(ValueError, match="needs sums of the family 'process'"):
        score(quiet.assign_attrs(family="other"))


def test_unknown_attribute_raises():
    with pytest.raises(ValueError, match="unknown attribute 'colour'"):
        v.process_mae(sums(FCST, OBS), "colour")
    with pytest.raises(ValueError, match=r"cannot keep \['place'\]"):
        sums(FCST, OBS, keep="place")


maps = arrays(np.float64, (4, 14), elements=st.sampled_from([90.0, 90.0, 210.0, 310.0, np.nan]))


def as_found(values, order=(0, 1, 2, 3)):
    labels = list("dcba")
    near = np.abs(np.subtract.outer(np.arange(4), np.arange(4))) == 1
    at = xr.DataArray(near, {"place": labels, "neighbour": labels}, ["place", "neighbour"])
    values = xr.DataArray(values, {"place": labels}, ["place", "day"])
    order = list(order)
    return find_processes(values.isel(place=order), at.isel(place=order, neighbour=order))


@settings(max_examples=30, deadline=None)
@given(maps, maps, st.permutations(range(4)))
def test_every_process_counts_once_and_order_of_places_changes_nothing(one, two, order):
    fcst, obs = as_found(one), as_found(two)
    table = match_processes(fcst, obs, level_edges=EDGES)
    for column, found in (("process_fcst", fcst), ("process_obs", obs)):
        used = table.loc[table[column] > 0, column]
        assert sorted(used) == found.table["process"].tolist()
    total = process_sums(fcst, obs)
    assert float(total["hits"] + total["misses"]) == len(obs.table)
    assert float(total["hits"] + total["false_alarms"]) == len(fcst.table)
    turned = match_processes(as_found(one, order), as_found(two, order), level_edges=EDGES)
    assert turned.equals(table)


@settings(max_examples=30, deadline=None)
@given(maps)
def test_a_process_matches_itself(one):
    found = as_found(one)
    table = match_processes(found, found, level_edges=EDGES)
    assert (table["outcome"] == "hit").all()
    assert (table["process_fcst"] == table["process_obs"]).all()
    errors = table.filter(like="_error")
    assert ((errors == 0) | errors.isna()).all(axis=None)
    assert (table[["share", "place_jaccard", "place_day_jaccard"]] == 1).all(axis=None)


def test_wider_tolerance_hits_no_less():
    fcst, obs = map(find, world(5, 60.0))
    found = [process_sums(fcst, obs, tolerance=days) for days in (0, 1, 2)]
    met = [float(total["hits"] + total["merged"]) for total in found]
    assert met[0] < met[1] <= met[2]
    assert process_sums(fcst, obs, share=1.0)["hits"] < found[1]["hits"]
