"""Half-levels by hand."""

import numpy as np
import pytest
import xarray as xr

from verification import (
    half_level_accuracy,
    half_level_hit_sums,
    half_level_over_rate,
    half_level_under_rate,
    level_of,
    level_table_sums,
    merge,
    within_one_level,
)
from verification.consultation.half_levels import HALF_LEVEL_EDGES


def test_twelve_half_levels():
    aqi = xr.DataArray([0.0, 25, 26, 50, 51, 100, 175, 176, 200, 250, 300, 400, 401, 500], dims="x")
    expected = [1, 1, 2, 2, 3, 4, 7, 8, 8, 9, 10, 11, 12, 12]
    assert level_of(aqi, HALF_LEVEL_EDGES).values.tolist() == expected


def test_by_hand():
    fcst = xr.DataArray([60.0, 60.0, 60.0, 210.0, 480.0, np.nan, 30.0], dims="x")
    obs = xr.DataArray([75.0, 100.0, 101.0, 300.0, 260.0, 50.0, np.nan], dims="x")
    # half-levels 3-3, 3-4, 3-5 (too low), 9-10, 12-10 (too high)
    sums = half_level_hit_sums(fcst, obs)
    assert float(sums["pairs"]) == 5
    assert float(half_level_accuracy(sums)) == 3 / 5
    assert float(half_level_over_rate(sums)) == 1 / 5
    assert float(half_level_under_rate(sums)) == 1 / 5


@pytest.mark.parametrize(("tolerance", "hits"), [(0, 1), (1, 3), (2, 5)])
def test_tolerance(tolerance, hits):
    fcst = xr.DataArray([60.0, 60.0, 60.0, 210.0, 480.0], dims="x")
    obs = xr.DataArray([75.0, 100.0, 101.0, 300.0, 260.0], dims="x")
    assert (
        float(half_level_accuracy(half_level_hit_sums(fcst, obs, tolerance=tolerance))) == hits / 5
    )


def test_other_edges_are_whole_levels():
    rng = np.random.default_rng(2)
    fcst, obs = (xr.DataArray(rng.gamma(2, 70, (50, 3)), dims=("issue", "lead")) for _ in range(2))
    edges = (50, 100, 150, 200, 300)
    sums = half_level_hit_sums(fcst, obs, edges=edges, keep="lead")
    table = level_table_sums(level_of(fcst, edges), level_of(obs, edges), keep="lead")
    np.testing.assert_allclose(half_level_accuracy(sums), within_one_level(table), rtol=1e-12)


def test_sums_by_other_rules_do_not_merge():
    aqi = xr.DataArray([60.0], dims="x")
    one = half_level_hit_sums(aqi, aqi)
    assert float(merge(one, one)["pairs"]) == 2
    for other in ({"tolerance": 0}, {"edges": (50, 100)}):
        with pytest.raises(ValueError, match="dimension 'rules' differs"):
            merge(one, half_level_hit_sums(aqi, aqi, **other))


def test_bad_rules():
    aqi = xr.DataArray([60.0], dims="x")
    for odd in (-1, 0.5):
        with pytest.raises(ValueError, match="tolerance must be a whole number from 0, found"):
            half_level_hit_sums(aqi, aqi, tolerance=odd)
    with pytest.raises(ValueError, match="edges must be one or more finite, increasing"):
        half_level_hit_sums(aqi, aqi, edges=(50, 25))
