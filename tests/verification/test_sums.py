"""Alignment, merging and grouping of sums."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from verification import (
    bias,
    check_aligned,
    continuous_sums,
    crps_ensemble,
    group_sums,
    level_hit_sums,
    mae,
    merge,
    quantile_sums,
)
from verification.sums import check_family, ratio, weighted_mean


def line(values, labels, name, dim="lead"):
    return xr.DataArray(values, {dim: labels}, [dim], name=name)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1, 2, 4], "dimension 'lead' differs at position 2: 3 in 'fcst', 4 in 'obs'"),
        ([2, 1, 3], "dimension 'lead' differs at position 0: 1 in 'fcst', 2 in 'obs'"),
        (
            [1, 2],
            "dimension 'lead' differs at position 2: 3 in 'fcst', no label in 'obs' "
            r"\(lengths 3 and 2\)",
        ),
    ],
)
def test_differing_labels_raise(labels, message):
    fcst = line([1.0, 2.0, 3.0], [1, 2, 3], "fcst")
    obs = line(np.ones(len(labels)), labels, "obs")
    with pytest.raises(ValueError, match=f"^{message}$"):
        check_aligned(fcst, obs)
    with pytest.raises(ValueError, match="dimension 'lead' differs"):
        continuous_sums(fcst, obs)
    with pytest.raises(ValueError, match="dimension 'lead' differs"):
        crps_ensemble(fcst.expand_dims(member=2), obs)


def test_differing_dates_are_named():
    days = pd.date_range("2024-01-01", periods=3)
    fcst, obs = line(np.ones(3), days, "fcst", "issue"), line(np.ones(3), days, None, "issue")
    check_aligned(fcst, obs)
    obs = obs.assign_coords(issue=days + pd.Timedelta(days=1))
    with pytest.raises(ValueError, match=r"'issue' differs at position 0: 2024-01-01.*in array 2"):
        check_aligned(fcst, obs)


def test_labels_on_one_side_only_raise():
    fcst, obs = line([1.0, 2.0], [1, 2], "fcst"), xr.DataArray([1.0, 2.0], dims="lead", name="obs")
    with pytest.raises(ValueError, match="has labels in 'fcst' and none in 'obs'"):
        check_aligned(fcst, obs)
    with pytest.raises(ValueError, match="has labels in 'fcst' and none in 'obs'"):
        check_aligned(obs, fcst)


def test_unlabelled_lengths_must_agree():
    with pytest.raises(ValueError, match="'x' has length 2 in array 1, 3 in array 2"):
        check_aligned(xr.DataArray([1, 2], dims="x"), xr.DataArray([1, 2, 3], dims="x"))


def test_merge_outer_joins_groups_with_zero():
    a = continuous_sums(line([3.0, 5.0], ["n", "s"], "f", "g"), xr.DataArray(1.0), keep="g")
    b = continuous_sums(line([4.0, 9.0], ["s", "w"], "f", "g"), xr.DataArray(1.0), keep="g")
    both = merge(a, b)
    assert both["g"].values.tolist() == ["n", "s", "w"]
    # n: 3 - 1; s: (5 - 1) + (4 - 1); w: 9 - 1
    assert both["error"].values.tolist() == [2.0, 7.0, 8.0]
    assert both["pairs"].values.tolist() == [1.0, 2.0, 1.0]
    assert bias(both).values.tolist() == [2.0, 3.5, 8.0]


def test_merge_keeps_agreeing_and_drops_contradicting_coordinates():
    def part(labels, regions, issue):
        coords = {"place": labels, "region": ("place", regions), "issue": issue}
        fcst = xr.DataArray([2.0, 3.0], coords, ["place"])
        return continuous_sums(fcst, xr.DataArray(1.0), keep="place")

    both = merge(part(["a", "b"], ["n", "s"], 1), part(["b", "c"], ["s", "w"], 2))
    assert both["region"].values.tolist() == ["n", "s", "w"]
    assert "issue" not in both.coords
    codes = part(["a", "b"], [101, 102], 1)
    both = merge(codes, part(["b", "c"], [102, 103], 1))
    assert both["region"].values.tolist() == [101, 102, 103]
    assert both["region"].dtype == codes["region"].dtype
    assert int(both["issue"]) == 1
    lacking = merge(codes, part(["b", "c"], [102, 103], 1).drop_vars("region"))
    np.testing.assert_array_equal(lacking["region"], [101, 102, np.nan])
    assert "region" not in merge(part(["a", "b"], ["n", "s"], 1), part(["a", "b"], ["n", "w"], 1))


def test_merge_refuses_what_does_not_add():
    one = xr.DataArray([1.0], dims="x")
    with pytest.raises(ValueError, match="found none"):
        merge()
    with pytest.raises(ValueError, match="family 'continuous' with sums of 'level'"):
        merge(continuous_sums(one, one), level_hit_sums(one, one))
    with pytest.raises(ValueError, match=r"kept by \['x'\] with sums kept by \[\]"):
        merge(continuous_sums(one, one, keep="x"), continuous_sums(one, one))
    q = xr.DataArray([[1.0, 2.0]], dims=("x", "quantile"))
    parts = [quantile_sums(q.assign_coords(quantile=c), one) for c in ([0.1, 0.9], [0.2, 0.8])]
    with pytest.raises(ValueError, match=r"dimension 'quantile' differs at position 0: 0\.1"):
        merge(*parts)


@given(
    arrays(np.float32, (2, 7, 3), elements=st.integers(0, 500)),
    st.lists(st.integers(0, 7), min_size=1, max_size=3),
)
@settings(max_examples=20, deadline=None)
def test_merge_of_parts_in_any_order_is_the_whole(values, cuts):
    coords = {"issue": np.arange(7), "lead": [1, 2, 3]}
    fcst, obs = (xr.DataArray(v, coords, ["issue", "lead"]) for v in values)
    edges = [0, *sorted(cuts), 7]
    parts = [continuous_sums(fcst[a:b], obs[a:b], keep="lead") for a, b in pairwise(edges)]
    whole = continuous_sums(fcst, obs, keep="lead")
    # Whole numbers add without rounding: equal, not merely close.
    xr.testing.assert_equal(merge(*parts), whole)
    xr.testing.assert_equal(merge(*parts[::-1]), whole)
    kept = [
        continuous_sums(fcst[a:b], obs[a:b], keep=("issue", "lead")) for a, b in pairwise(edges)
    ]
    xr.testing.assert_equal(group_sums(merge(*kept), by="lead"), whole)


@pytest.fixture
def by_place():
    coords = {
        "lead": [1, 2],
        "place": ["a", "b", "c"],
        "region": ("place", np.array(["north", "south", "north"])),
    }
    error = xr.DataArray([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]], coords, ["lead", "place"])
    return continuous_sums(error, error * 0, keep=("lead", "place"))


def test_group_by_nothing_dimension_and_coordinate(by_place):
    assert float(group_sums(by_place)["error"]) == 1 + 2 + 4 + 8 + 16 + 32
    assert group_sums(by_place, by="lead")["error"].values.tolist() == [7.0, 56.0]
    region = group_sums(by_place, by="region")
    assert region["region"].values.tolist() == ["north", "south"]
    assert region["error"].values.tolist() == [1 + 4 + 8 + 32, 2 + 16]
    both = group_sums(by_place, by=("region", "lead"))
    assert both["error"].dims == ("region", "lead")
    assert both["error"].values.tolist() == [[5.0, 40.0], [2.0, 16.0]]
    assert mae(both).values.tolist() == [[2.5, 20.0], [2.0, 16.0]]


def test_group_by_array_leaves_out_missing_groups(by_place):
    half = xr.DataArray([1.0, np.nan, 2.0], {"place": ["a", "b", "c"]}, ["place"], name="half")
    grouped = group_sums(by_place, by=["lead", half])
    assert grouped["error"].values.tolist() == [[1.0, 4.0], [8.0, 32.0]]
    assert grouped.attrs["family"] == "continuous"


def test_group_keeps_dimensions_within_a_pair():
    fcst = xr.DataArray(
        [[1.0, 3.0], [2.0, 4.0]],
        {"place": ["a", "b"], "quantile": [0.25, 0.75]},
        ["place", "quantile"],
    )
    sums = quantile_sums(fcst, xr.DataArray(2.0), keep="place")
    total = group_sums(sums)
    assert total["pinball"].dims == ("quantile",)
    # level .25: .25 (2 - 1) + .25 (2 - 2); level .75: .25 (3 - 2) + .25 (4 - 2)
    assert total["pinball"].values.tolist() == [0.25, 0.75]


def test_group_errors(by_place):
    with pytest.raises(ValueError, match="cannot group by 'city'"):
        group_sums(by_place, by="city")
    with pytest.raises(ValueError, match="groups need a name"):
        group_sums(by_place, by=xr.DataArray([1, 2], {"lead": [1, 2]}, ["lead"]))
    with pytest.raises(ValueError, match="twice"):
        group_sums(by_place, by=("place", "region"))
    with pytest.raises(ValueError, match="dimension 'lead' differs at position 0"):
        group_sums(by_place, by=xr.DataArray([1, 2], {"lead": [2, 1]}, ["lead"], name="k"))


def test_ratio_and_family():
    zero, two = xr.DataArray([0.0, 3.0]), xr.DataArray([0.0, 2.0])
    np.testing.assert_array_equal(ratio(zero, two).values, [np.nan, 1.5])
    sums = xr.Dataset({"t": 6.0, "weight": 4.0}, attrs={"family": "own"})
    assert float(weighted_mean(sums, "own", "t")) == 1.5
    with pytest.raises(ValueError, match="needs sums of the family 'other', found 'own'"):
        check_family(sums, "other")


def test_season_of_the_valid_day_while_leads_stay():
    # valid day = issue + lead: issue 0 lead 1 is still in "a", everything later in "b"
    error = xr.DataArray(
        [[1.0, 2.0], [4.0, 8.0]], {"issue": [0, 1], "lead": [1, 2]}, ["issue", "lead"]
    )
    sums = continuous_sums(error, error * 0, keep=("issue", "lead"))
    season = xr.DataArray(
        [["a", "b"], ["b", "b"]], {"issue": [0, 1], "lead": [1, 2]}, ["issue", "lead"], "season"
    )
    both = group_sums(sums, by=["lead", season])
    assert both["error"].dims == ("lead", "season")
    np.testing.assert_array_equal(both["error"], [[1, 4], [0, 2 + 8]])
    assert both["lead"].values.tolist() == [1, 2]
    alone = group_sums(sums, by=season)
    np.testing.assert_array_equal(alone["error"], [1, 2 + 4 + 8])
    gone = season.where(season != "a", None)
    np.testing.assert_array_equal(group_sums(sums, by=gone)["error"], [2 + 4 + 8])


def test_ratio_by_hand():
    above = xr.DataArray([[1.0, 2.0], [3.0, 0.0]], {"lead": [1, 2]}, ["lead", "threshold"])
    below = xr.DataArray([4.0, 0.0], {"lead": [1, 2]}, ["lead"])
    expected = xr.DataArray([[0.25, 0.5], [np.nan, np.nan]], above.coords, above.dims)
    xr.testing.assert_identical(ratio(above, below), expected)
    xr.testing.assert_identical(ratio(above.T, below), expected.T)
    # the denominator alone has a dimension, and labels that differ are joined as xarray does
    np.testing.assert_array_equal(ratio(below[0], below), [1.0, np.nan])
    other = below.assign_coords(lead=[2, 3])
    xr.testing.assert_identical(ratio(below, other), xr.DataArray([0.0], {"lead": [2]}, ["lead"]))
