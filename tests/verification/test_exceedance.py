"""Events at many thresholds: the same tables as one at a time, and levels from edges."""

import numpy as np
import pytest
import xarray as xr

from verification import (
    contingency_sums,
    exceedance_sums,
    exceeds,
    group_sums,
    level_of,
    merge,
    pod,
)
from verification.categorical.exceedance import tables_above

THRESHOLDS = (100, 150, 200, 300)
CELLS = ("hits", "misses", "false_alarms", "correct_negatives")


def sample(seed=4, shape=(40, 3, 5)):
    rng = np.random.default_rng(seed)
    dims = ("issue", "lead", "place")
    fcst = xr.DataArray(np.round(rng.gamma(2.0, 80.0, shape), -1), dims=dims)
    obs = xr.DataArray(np.round(rng.gamma(2.0, 80.0, shape), -1), dims=dims)
    holes = [xr.DataArray(rng.random(shape) < 0.1, dims=dims) for _ in range(2)]
    return fcst.where(~holes[0]).astype(np.float32), obs.where(~holes[1]).astype(np.float32)


def test_by_hand():
    fcst = xr.DataArray([90.0, 100.0, 101.0, 160.0, 210.0, np.nan], dims="x")
    obs = xr.DataArray([95.0, 120.0, 100.0, 150.0, 201.0, 400.0], dims="x")
    sums = exceedance_sums(fcst, obs, THRESHOLDS)
    assert float(sums["pairs"]) == float(sums["weight"]) == 5
    assert sums["threshold"].values.tolist() == [100, 150, 200, 300]
    # above 100: hits 160 and 210; 100 does not exceed 100, so 120 is missed and 101 false
    assert sums["hits"].values.tolist() == [2, 1, 1, 0]
    assert sums["misses"].values.tolist() == [1, 0, 0, 0]
    assert sums["false_alarms"].values.tolist() == [1, 1, 0, 0]
    assert sums["correct_negatives"].values.tolist() == [1, 3, 4, 5]
    np.testing.assert_array_equal(pod(sums), [2 / 3, 1, 1, np.nan])


@pytest.mark.parametrize("keep", [(), "lead", ("place", "issue")])
@pytest.mark.parametrize("weighted", [False, True])
def test_same_tables_as_one_threshold_at_a_time(keep, weighted):
    fcst, obs = sample()
    weights = xr.DataArray(np.arange(1.0, 6.0) / 7, dims="place") if weighted else None
    together = exceedance_sums(fcst, obs, THRESHOLDS, keep=keep, weights=weights)
    for threshold in THRESHOLDS:
        events = exceeds(fcst, threshold), exceeds(obs, threshold)
        alone = contingency_sums(*events, keep=keep, weights=weights)
        found = together.sel(threshold=threshold, drop=True)
        xr.testing.assert_allclose(found[list(alone)], alone, rtol=1e-12)
        empty = alone["hits"] == 0
        assert (found["hits"].where(empty, 0.0) == 0).all()
    assert together.attrs == alone.attrs


def test_chunks_parts_and_groups_add_up():
    fcst, obs = sample()
    whole = exceedance_sums(fcst, obs, THRESHOLDS, keep=("lead", "place"))
    chunks = {"issue": 7, "place": 2}
    chunked = exceedance_sums(
        fcst.chunk(chunks), obs.chunk(chunks), THRESHOLDS, keep=("lead", "place")
    )
    xr.testing.assert_identical(chunked, whole)
    parts = [
        exceedance_sums(fcst[cut], obs[cut], THRESHOLDS, keep=("lead", "place"))
        for cut in (slice(0, 9), slice(9, None))
    ]
    xr.testing.assert_identical(merge(*parts), whole)
    by_lead = exceedance_sums(fcst, obs, THRESHOLDS, keep="lead")
    xr.testing.assert_allclose(group_sums(whole, by="lead")[list(CELLS)], by_lead[list(CELLS)])


def test_a_value_written_like_a_threshold_does_not_exceed_it():
    # 0.1 in float32 is 0.100000001...
    stored = xr.DataArray(np.array([0.1, 0.3], np.float32), dims="x")
    sums = exceedance_sums(stored, stored.astype(np.float64) * 10, [0.1])
    assert sums["misses"].values.tolist() == [1]  # 0.1 against an observed 1
    assert sums["hits"].values.tolist() == [1]  # 0.3 against 3
    assert level_of(stored, [0.1]).values.tolist() == [1, 2]


def test_whole_numbers_are_compared_with_fractions():
    aqi = xr.DataArray(np.array([2, 3, 4]), dims="x")
    assert exceedance_sums(aqi, aqi, [2.5, 3.5])["hits"].values.tolist() == [2, 1]


def test_sums_of_other_thresholds_do_not_merge():
    fcst, obs = sample()
    with pytest.raises(ValueError, match="'threshold' differs at position 1: 150"):
        merge(exceedance_sums(fcst, obs, [100, 150]), exceedance_sums(fcst, obs, [100, 200]))


@pytest.mark.parametrize("odd", [(), (100, 100), (200, 100), (100, np.nan), ((1, 2), (3, 4))])
def test_thresholds_increase(odd):
    fcst, obs = sample()
    with pytest.raises(ValueError, match="thresholds must be one or more finite, increasing"):
        exceedance_sums(fcst, obs, odd)
    with pytest.raises(ValueError, match="edges must be one or more finite, increasing"):
        level_of(fcst, odd)


def test_tables_above_add_up_to_all_pairs():
    count = np.random.default_rng(3).integers(0, 9, (2, 5, 5)).astype(float)
    found = tables_above(count)
    assert found["hits"].shape == (2, 4)
    np.testing.assert_array_equal(sum(found.values()), np.tile(count.sum((1, 2))[:, None], 4))


def test_level_of_is_right_closed_and_keeps_missing():
    edges = (50, 100, 150, 200, 300)
    aqi = xr.DataArray([0.0, 50, 50.5, 100, 150, 200, 300, 301, 500, np.nan], dims="x")
    levels = level_of(aqi, edges)
    np.testing.assert_array_equal(levels, [1, 1, 2, 2, 3, 4, 5, 6, 6, np.nan])
    assert levels.dtype == np.float32
    lazy = level_of(aqi.chunk(x=4), edges)
    assert lazy.chunks is not None
    np.testing.assert_array_equal(lazy, levels)
