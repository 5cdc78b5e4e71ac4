"""Index of agreement against arithmetic by hand, and the centre that its sums record."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from verification import (
    agreement_sums,
    block_bootstrap,
    continuous_sums,
    fairmode_sums,
    group_sums,
    ioa_1981,
    ioa_2011,
    merge,
    mqi,
    observed_mean,
)

OBS = xr.DataArray([10.0, 20.0, 60.0], dims="x")
FCST = xr.DataArray([16.0, 18.0, 44.0], dims="x")


def world(seed=0):
    rng = np.random.default_rng(seed)
    coords = {"issue": range(12), "place": list("abcd")}
    obs = xr.DataArray(rng.gamma(2, 40, (12, 4)), coords, ["issue", "place"])
    return obs * rng.lognormal(0, 0.4, obs.shape), obs


def test_by_hand():
    centre = observed_mean(continuous_sums(FCST, OBS))
    assert float(centre) == (10 + 20 + 60) / 3
    sums = agreement_sums(FCST, OBS, centre=centre)
    # errors 6, -2, -16; |F - 30| 14, 12, 14; |O - 30| 20, 10, 30
    squares = (14 + 20) ** 2 + (12 + 10) ** 2 + (14 + 30) ** 2
    np.testing.assert_allclose(ioa_1981(sums), 1 - (36 + 4 + 256) / squares)
    np.testing.assert_allclose(ioa_2011(sums), 1 - (6 + 2 + 16) / (2 * (20 + 10 + 30)))


def test_refined_index_turns_where_the_error_exceeds_twice_the_departures():
    # errors 100 each, departures 20, 10, 30
    sums = agreement_sums(OBS + 100, OBS, centre=30.0)
    np.testing.assert_allclose(ioa_2011(sums), 2 * (20 + 10 + 30) / 300 - 1)
    even = agreement_sums(OBS + 40, OBS, centre=30.0)  # 120 = 2 · 60
    assert float(ioa_2011(even)) == 0.0


def test_centre_by_place_is_that_of_each_place():
    fcst, obs = world()
    fcst[3, 1] = np.nan
    centre = observed_mean(continuous_sums(fcst, obs, keep="place"))
    pooled = agreement_sums(fcst, obs, centre=centre, keep="place")
    for place in "abcd":
        f, o = (a.sel(place=place).values for a in (fcst, obs))
        o, f = o[~np.isnan(f)], f[~np.isnan(f)]
        mean = o.mean()
        expected = 1 - ((f - o) ** 2).sum() / ((abs(f - mean) + abs(o - mean)) ** 2).sum()
        np.testing.assert_allclose(ioa_1981(pooled).sel(place=place), expected, rtol=1e-12)
    total = group_sums(pooled)
    assert float(total["pairs"]) == 47.0
    f, o, c = (a.values for a in xr.broadcast(fcst, obs, centre))
    expected = 1 - np.nansum((f - o) ** 2) / np.nansum((abs(f - c) + abs(o - c)) ** 2)
    np.testing.assert_allclose(ioa_1981(total), expected, rtol=1e-12)


def test_merging_different_centres_raises():
    parts = [agreement_sums(FCST, OBS, centre=c) for c in (30.0, 31.0)]
    with pytest.raises(ValueError, match="dimension 'centre' differs at position 0"):
        merge(*parts)
    fcst, obs = world()
    centre = obs.mean("issue")
    moved = centre.copy()
    moved[2] += 1e-9
    by_place = [agreement_sums(fcst, obs, centre=c, keep="place") for c in (centre, moved)]
    with pytest.raises(ValueError, match="dimension 'centre' differs"):
        merge(*by_place)
    relabelled = centre.assign_coords(place=list("dcba"))
    turned = [
        agreement_sums(fcst, obs, centre=centre),
        agreement_sums(fcst, obs, centre=relabelled),
    ]
    with pytest.raises(ValueError, match="dimension 'centre' differs"):
        merge(*turned)


def test_parts_with_one_centre_merge_over_issues_and_places():
    fcst, obs = world()
    centre = observed_mean(continuous_sums(fcst, obs, keep="place"))
    whole = agreement_sums(fcst, obs, centre=centre, keep="place")
    cuts = [{"place": slice(0, 1)}, {"place": slice(1, 4)}]
    parts = [agreement_sums(fcst.isel(c), obs.isel(c), centre=centre, keep="place") for c in cuts]
    xr.testing.assert_allclose(merge(*parts), whole)
    turned = centre.isel(place=[2, 0, 3, 1])
    np.testing.assert_allclose(
        ioa_2011(agreement_sums(fcst, obs, centre=turned, keep="place")), ioa_2011(whole)
    )


def test_recorded_labels_pass_through_groups_and_bootstrap():
    rng = np.random.default_rng(4)
    region = ("place", ["north", "north", "south"])
    obs = xr.DataArray(
        rng.gamma(2, 40, (60, 3)), {"place": list("abc"), "region": region}, ["issue", "place"]
    )
    fcst = obs * rng.lognormal(0, 0.4, obs.shape)
    keep = ("issue", "place")
    for sums, score in (
        (agreement_sums(fcst, obs, centre=obs.mean("issue"), keep=keep), ioa_2011),
        (fairmode_sums(fcst, obs, uncertainty="pm25", keep=keep), mqi),
    ):
        grouped = group_sums(sums, by=["issue", "region"])
        found = block_bootstrap(grouped, score, replicates=200)
        assert found["value"].dims == ("region",)
        np.testing.assert_allclose(found["value"], score(group_sums(sums, by="region")))
        assert (found["low"] < found["value"]).all()
        assert (found["value"] < found["high"]).all()


def test_wrong_centre_raises():
    fcst, obs = world()
    with pytest.raises(ValueError, match=r"the centre has the dimensions \['month'\]"):
        agreement_sums(fcst, obs, centre=xr.DataArray([1.0, 2.0], dims="month"))
    with pytest.raises(ValueError, match="the centre has no value for 'place' = d"):
        agreement_sums(fcst, obs, centre=obs.mean("issue").isel(place=slice(3)))


def test_constants():
    flat = xr.DataArray([5.0, 5.0], dims="x")
    same = agreement_sums(flat, flat, centre=5.0)
    assert np.isnan(ioa_1981(same))
    assert np.isnan(ioa_2011(same))
    assert float(ioa_2011(agreement_sums(flat + 1, flat, centre=5.0))) == -1.0
    missing = agreement_sums(flat, flat, centre=float("nan"))
    assert float(missing["pairs"]) == 0.0


@given(
    arrays(np.float32, (2, 20), elements=st.floats(0, 1000, width=32)),
    st.floats(0, 1000),
)
@settings(max_examples=30, deadline=None)
def test_range_for_any_centre(values, centre):
    sums = agreement_sums(*(xr.DataArray(v, dims="x") for v in values), centre=centre)
    d, refined = float(ioa_1981(sums)), float(ioa_2011(sums))
    assert np.isnan(d) or -1e-9 <= d <= 1
    assert np.isnan(refined) or -1 <= refined <= 1
