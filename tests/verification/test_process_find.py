"""Processes: found in maps drawn by hand, and by the plain definition."""

import numpy as np
import pytest
import scipy.ndimage
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from verification import by_issue, cut_processes, find_processes, great_circle_km, neighbour_matrix

DAYS = np.datetime64("2026-01-01", "ns") + np.arange(60) * np.timedelta64(1, "D")


def draw(*rows):
    """Values from a map, a row for each place a, b, ...: # 250, . 90, ? missing, digits n00."""
    value = {"#": 250.0, ".": 90.0, "?": np.nan} | {str(n): 100.0 * n for n in range(2, 6)}
    values = np.array([[value[c] for c in row] for row in rows], np.float32)
    coords = {"place": list("abcdefgh")[: len(rows)], "day": DAYS[: values.shape[1]]}
    return xr.DataArray(values, coords, ["place", "day"])


def chain(values):
    """Each place is the neighbour of the one above and below it in the map."""
    at = np.arange(values.sizes["place"])
    near = np.abs(at[:, None] - at) == 1
    labels = {} if "place" not in values.indexes else {"place": values["place"].values}
    coords = labels | ({"neighbour": labels["place"]} if labels else {})
    return xr.DataArray(near, coords, ["place", "neighbour"])


def numbers(processes):
    return ["".join(str(n) if n else "." for n in row) for row in processes.ids.values]


def found(*rows, **options):
    values = draw(*rows)
    return find_processes(values, chain(values), **options)


def test_one_process_and_its_attributes():
    processes = found(
        "..33...",
        "...45..",
        "....5..",
        ".......",
    )
    assert numbers(processes) == ["..11...", "...11..", "....1..", "......."]
    row = processes.table.loc[0]
    assert (row["process"], row["start"], row["end"]) == (1, DAYS[2], DAYS[4])
    # 500 is reached in b and c on one day: the first by name.
    assert (row["peak"], row["peak_day"], row["peak_place"]) == (500.0, DAYS[4], "b")
    assert (row["places"], row["extent"]) == (("a", "b", "c"), 3)
    assert (row["days"], row["place_days"]) == (4 - 2 + 1, 2 + 2 + 1)
    assert (row["cluster"], row["regional"], row["missing"]) == (2, False, 0)
    assert not row["open_start"]
    assert not row["open_end"]


def test_the_threshold_itself_is_not_above():
    processes = found("2.3", "...")
    assert numbers(processes) == ["..1", "..."]
    assert found("2.3", "...", threshold=199).table["place_days"].tolist() == [2]


def test_gap_of_one_day_is_bridged_and_of_two_days_not():
    assert numbers(found("##.##", ".....")) == ["11.11", "....."]
    assert numbers(found("##..##", "......")) == ["11..22", "......"]
    assert numbers(found("##..##", "......", gap=2)) == ["11..11", "......"]
    assert numbers(found("##.##", ".....", gap=0)) == ["11.22", "....."]
    assert found("##.##", ".....").table.loc[0, ["days", "place_days"]].tolist() == [5, 4]


def test_gap_is_bridged_between_neighbours_only():
    assert numbers(found("##...", "...##")) == ["11...", "...11"]
    assert numbers(found("##....", "....##")) == ["11....", "....22"]
    assert numbers(found("##...", ".....", "...##")) == ["11...", ".....", "...22"]


def test_two_processes_join_through_a_third_place():
    assert numbers(found("#..", "...", "..#", gap=0)) == ["1..", "...", "..2"]
    assert numbers(found("#..", ".#.", "..#", gap=0)) == ["1..", ".1.", "..1"]


def test_missing_days_are_bridged_as_quiet_ones_and_counted():
    assert numbers(found("#?#", "...")) == ["1.1", "..."]
    assert numbers(found("#?.#", "....")) == ["1..2", "...."]
    assert numbers(found("#??#", "....")) == ["1..2", "...."]
    processes = found("#?#?", "?#..", "????")
    assert numbers(processes) == ["1.1.", ".1..", "...."]
    # From day 0 to day 2: one in a, one in b; c has no part in the process.
    assert processes.table["missing"].tolist() == [1 + 1]


def test_regional_needs_neighbours_on_one_day():
    three = found("#", "#", "#", ".")
    assert three.table.loc[0, ["cluster", "regional"]].tolist() == [3, True]
    # Four places on day 1 in two clusters of two, joined on day 0 through c.
    apart = found(".#", ".#", "#.", ".#", ".#")
    assert numbers(apart) == [".1", ".1", "1.", ".1", ".1"]
    assert apart.table.loc[0, ["extent", "cluster", "regional"]].tolist() == [5, 2, False]
    assert found("#", "#", "#", regional=4).table["regional"].tolist() == [False]


def test_processes_at_the_edge_are_open():
    table = found("#...", "....", "...#", ".#..", gap=0).table
    assert table["open_start"].tolist() == [True, False, False]
    assert table["open_end"].tolist() == [False, False, True]


def test_primary_is_the_most_frequent_category():
    values = draw("###", "...", "..#")
    masks = xr.full_like(values, 8)
    masks[0] = [1, 3, np.nan]  # a: {0}, {0, 1}, none; 8 elsewhere is below the threshold
    masks[2] = [8, 8, 6]  # c: {1, 2}
    processes = find_processes(values, chain(values) & False, masks=masks)
    assert processes.table["primary"].tolist() == [1, 2 + 4]  # once each in c: both
    with pytest.raises(ValueError, match="whole numbers"):
        find_processes(values, chain(values), masks=masks + 0.5)


def test_series_share_no_process_and_have_columns():
    values = xr.concat([draw("##.", "..."), draw(".##", "#..")], "lead").assign_coords(lead=[1, 2])
    processes = find_processes(values, chain(values.isel(lead=0)))
    assert processes.ids.values.tolist() == [
        [[1, 1, 0], [0, 0, 0]],
        [[0, 2, 2], [2, 0, 0]],
    ]
    assert processes.table["lead"].tolist() == [1, 2]
    assert processes.series == ("lead",)
    alone = find_processes(values.sel(lead=2), chain(values.isel(lead=0)))
    columns = ["start", "end", "peak", "places", "place_days"]
    assert alone.table[columns].iloc[0].tolist() == processes.table[columns].iloc[1].tolist()


def test_nothing_above_and_empty_input():
    for values in (draw("...", "..?"), draw("###").isel(day=slice(0))):
        processes = find_processes(values, chain(values))
        assert len(processes.table) == 0
        assert not processes.ids.any()
        assert {"process", "start", "peak", "places", "regional"} <= set(processes.table)


def test_dask_equals_numpy():
    pytest.importorskip("dask")
    values = draw("##.#", ".#..", "...#")
    lazy = find_processes(values.chunk(place=2, day=3), chain(values))
    assert lazy.table.equals(find_processes(values, chain(values)).table)


def test_order_of_dimensions_changes_nothing():
    values = draw("##.#", ".#..", "...#")
    turned = find_processes(values.T, chain(values))
    assert turned.table.equals(find_processes(values, chain(values)).table)


def test_bad_input_raises():
    values = draw("##.#", ".#..")
    near = chain(values)
    with pytest.raises(ValueError, match="gap must be at least 0"):
        find_processes(values, near, gap=-1)
    with pytest.raises(ValueError, match="need a dimension 'valid'"):
        find_processes(values, near, day="valid")
    with pytest.raises(ValueError, match="consecutive days, found 2026-01-03"):
        find_processes(values.isel(day=[0, 2, 3]), near)
    with pytest.raises(ValueError, match="must be symmetric"):
        find_processes(values, near & xr.DataArray([True, False], dims="place"))
    with pytest.raises(ValueError, match="labels of neighbours on 'place' differ"):
        find_processes(values, near.assign_coords(place=["x", "y"]))
    with pytest.raises(ValueError, match="need the dimensions"):
        find_processes(values, near.rename(place="city"))
    with pytest.raises(ValueError, match="dimension 'place' differs"):
        find_processes(values, near, masks=values.assign_coords(place=["x", "y"]))
    with pytest.raises(ValueError, match="must be days or numbers"):
        find_processes(values.assign_coords(day=list("wxyz")), near)


def test_distances_of_known_cities():
    latitude = xr.DataArray([39.904, 31.230, 39.904], dims="place")
    longitude = xr.DataArray([116.407, 121.474, 116.407], dims="place")
    distance = great_circle_km(latitude, longitude).values
    assert distance[0, 1] == pytest.approx(1067, abs=2)  # Beijing to Shanghai
    assert distance[0, 2] == 0
    # A degree of latitude, and half the way round through the pole.
    poles = great_circle_km(
        xr.DataArray([0.0, 1.0, 89.0, 89.0], dims="place"),
        xr.DataArray([0.0, 0.0, 10.0, 190.0], dims="place"),
    ).values
    assert poles[0, 1] == pytest.approx(2 * np.pi * 6371.0088 / 360)
    assert poles[2, 3] == pytest.approx(2 * poles[0, 1])


def test_neighbours_within_the_radius_inclusive():
    latitude = xr.DataArray([0.0, 1.0, 3.0], {"place": list("abc")}, ["place"])
    degree = float(great_circle_km(latitude, latitude * 0).values[0, 1])
    near = neighbour_matrix(latitude, latitude * 0, degree)
    assert near.values.astype(int).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    assert near["neighbour"].values.tolist() == list("abc")
    assert neighbour_matrix(latitude, latitude * 0, 2.001 * degree).values[1].tolist() == [
        True,
        False,
        True,
    ]
    with pytest.raises(ValueError, match="must not be negative"):
        neighbour_matrix(latitude, latitude, -1)
    with pytest.raises(ValueError, match="1 lack one"):
        neighbour_matrix(latitude.where(latitude < 3), latitude, 1)
    with pytest.raises(ValueError, match="one common dimension"):
        neighbour_matrix(latitude, latitude.rename(place="city"), 1)


def by_definition(above, near, gap):
    """Sets of (place, day), grown from each by the definition."""
    left, sets = {(int(p), int(d)) for p, d in np.argwhere(above)}, set()
    while left:
        grown, front = set(), {min(left)}
        while front:
            grown |= front
            front = {
                (q, e)
                for q, e in left - grown
                for p, d in front
                if (p == q or near[p, q]) and abs(d - e) <= 1 + gap
            }
        left -= grown
        sets.add(frozenset(grown))
    return sets


def as_sets(processes):
    ids = processes.ids.values
    return {
        frozenset((int(p), int(d)) for p, d in np.argwhere(ids == n))
        for n in processes.table["process"]
    }


worlds = st.integers(1, 6).flatmap(
    lambda places: st.tuples(
        arrays(np.float64, (places, 12), elements=st.sampled_from([90.0, 90.0, 210.0, np.nan])),
        arrays(bool, (places, places)),
        st.integers(0, 2),
    )
)


def prepared(world):
    values, near, gap = world
    labels = list("fedcba")[: len(values)]
    near = (near | near.T) & ~np.eye(len(near), dtype=bool)
    return (
        xr.DataArray(values, {"place": labels}, ["place", "day"]),
        xr.DataArray(near, {"place": labels, "neighbour": labels}, ["place", "neighbour"]),
        gap,
    )


@settings(max_examples=100, deadline=None)
@given(worlds)
def test_agrees_with_the_definition(world):
    values, near, gap = prepared(world)
    processes = find_processes(values, near, gap=gap)
    assert as_sets(processes) == by_definition(values.values > 200, near.values, gap)
    assert processes.table["process"].tolist() == list(range(1, len(processes.table) + 1))
    assert processes.table["start"].is_monotonic_increasing


@settings(max_examples=30, deadline=None)
@given(worlds)
def test_a_chain_without_gap_is_an_image(world):
    values, _, _ = prepared(world)
    labels, count = scipy.ndimage.label(values.values > 200, np.ones((3, 3)))
    processes = find_processes(values, chain(values), gap=0)
    assert len(processes.table) == count
    assert as_sets(processes) == {
        frozenset((int(p), int(d)) for p, d in np.argwhere(labels == n))
        for n in range(1, count + 1)
    }


@settings(max_examples=30, deadline=None)
@given(worlds, st.randoms(use_true_random=False))
def test_order_of_places_changes_nothing(world, random):
    values, near, gap = prepared(world)
    order = list(range(values.sizes["place"]))
    random.shuffle(order)
    turned = find_processes(
        values.isel(place=order), near.isel(place=order, neighbour=order), gap=gap
    )
    straight = find_processes(values, near, gap=gap)
    assert turned.table.equals(straight.table)
    assert turned.ids.sel(place=values["place"]).equals(straight.ids)


@settings(max_examples=30, deadline=None)
@given(worlds, worlds)
def test_a_long_quiet_gap_splits(one, two):
    places = min(len(one[0]), len(two[0]))
    gap = one[2]
    values, near, _ = prepared((one[0][:places], one[1][:places, :places], gap))
    later = values.copy(data=two[0][:places])
    quiet = xr.full_like(values.isel(day=slice(0, gap + 1)), 90.0)
    both = find_processes(xr.concat([values, quiet, later], "day"), near, gap=gap)
    first, second = (find_processes(v, near, gap=gap) for v in (values, later))
    shift = values.sizes["day"] + gap + 1
    moved = {frozenset((p, d + shift) for p, d in s) for s in as_sets(second)}
    assert as_sets(both) == as_sets(first) | moved


@settings(max_examples=30, deadline=None)
@given(worlds)
def test_radius_zero_keeps_places_apart(world):
    values, _, gap = prepared(world)
    latitude = xr.DataArray(30.0 + np.arange(values.sizes["place"]), values["place"].coords)
    alone = find_processes(values, neighbour_matrix(latitude, latitude * 0 + 110, 0), gap=gap)
    assert (alone.table["extent"] == 1).all()
    everywhere = neighbour_matrix(latitude, latitude * 0 + 110, 21000)
    assert len(find_processes(values, everywhere, gap=gap).table) <= len(alone.table)


@settings(max_examples=30, deadline=None)
@given(worlds, st.integers(0, 99))
def test_higher_thresholds_find_parts_of_lower_ones(world, seed):
    values, near, gap = prepared(world)
    values = values + np.random.default_rng(seed).integers(0, 50, values.shape)
    low, high = (find_processes(values, near, gap=gap, threshold=t) for t in (150, 230))
    wide = as_sets(low)
    assert all(sum(part <= whole for whole in wide) == 1 for part in as_sets(high))


def test_cut_to_windows_keeps_identity_and_knows_true_ends():
    values = draw("..####..", "........", "......##")
    whole = find_processes(values, chain(values), gap=0)
    assert numbers(whole) == ["..1111..", "........", "......22"]
    issue = xr.DataArray(DAYS[[0, 2]], dims="issue", name="issue")
    lead = xr.DataArray([1, 2, 3], dims="lead", name="lead")
    fcst = by_issue(values, issue, lead) * 0
    cut = cut_processes(whole, fcst)
    # Issue of day 0: days 1 to 3 (.##); issue of day 2: days 3 to 5 (###).
    assert cut.ids.values[:, 0].tolist() == [[0, 1, 1], [2, 2, 2]]
    assert cut.table["whole"].tolist() == [1, 1]
    assert cut.table["start"].tolist() == [2, 1]
    assert cut.table["open_start"].tolist() == [False, True]
    assert cut.table["open_end"].tolist() == [True, False]
    assert cut.table["place_days"].tolist() == [2, 3]
    # Where the forecast is missing, the process is left out.
    holed = cut_processes(whole, fcst.where(fcst["lead"] > 2))
    assert holed.ids.values[:, 0].tolist() == [[0, 0, 1], [0, 0, 2]]


def test_cutting_does_not_split_a_process():
    # a and c are joined through b on day 1, which the window does not see.
    values = draw("###", ".#.", "..#")
    whole = find_processes(values, chain(values))
    assert numbers(whole) == ["111", ".1.", "..1"]
    issue = xr.DataArray(DAYS[[1]], dims="issue", name="issue")
    lead = xr.DataArray([1], dims="lead", name="lead")
    cut = cut_processes(whole, by_issue(values, issue, lead))
    assert cut.ids.values[0].tolist() == [[1], [0], [1]]
    assert cut.table.loc[0, ["places", "open_start"]].tolist() == [("a", "c"), True]


def test_cutting_needs_a_series_and_windows():
    values = draw("##.", "...")
    whole = find_processes(values, chain(values))
    with pytest.raises(ValueError, match="dimensions issue, lead and place"):
        cut_processes(whole, values)
    several = find_processes(values.expand_dims(lead=[1]), chain(values))
    with pytest.raises(ValueError, match=r"only processes on \(place, day\)"):
        cut_processes(several, values)
