"""Levels by hand: strict and lenient."""

import numpy as np
import pytest
import xarray as xr

from verification import (
    group_sums,
    level_accuracy,
    level_hit_sums,
    level_over_rate,
    level_range_accuracy,
    level_range_hit_sums,
    level_range_over_rate,
    level_range_under_rate,
    level_under_rate,
    mean_level_span,
)

OBS = xr.DataArray([1.0, 2.0, 3.0, 5.0, np.nan], dims="x")


def test_strict_by_hand():
    sums = level_hit_sums(xr.DataArray([1, 3, 3, 4, 1], dims="x"), OBS)
    assert float(sums["pairs"]) == 4
    assert float(level_accuracy(sums)) == 2 / 4
    assert float(level_over_rate(sums)) == 1 / 4  # 3 for 2
    assert float(level_under_rate(sums)) == 1 / 4  # 4 for 5


def test_lenient_by_hand():
    low = xr.DataArray([1, 2, 1, 3, 1], dims="x")
    high = xr.DataArray([1, 3, 2, 4, 2], dims="x")
    sums = level_range_hit_sums(low, high, OBS)
    # 1 in 1-1, 2 in 2-3, 3 not in 1-2, 5 not in 3-4
    assert float(level_range_accuracy(sums)) == 2 / 4
    assert float(level_range_over_rate(sums)) == 0 / 4
    assert float(level_range_under_rate(sums)) == 2 / 4
    assert float(mean_level_span(sums)) == (1 + 2 + 2 + 2) / 4
    lower = level_range_hit_sums(low, high, OBS - 1)
    # 0 below 1-1, 1 below 2-3, 2 in 1-2, 4 in 3-4
    assert float(level_range_over_rate(lower)) == 2 / 4
    assert float(level_range_under_rate(lower)) == 0 / 4


def test_a_span_of_one_level_is_strict():
    fcst = xr.DataArray([1, 3, 3, 4, 1], dims="x")
    strict, lenient = level_hit_sums(fcst, OBS), level_range_hit_sums(fcst, fcst, OBS)
    assert float(level_accuracy(strict)) == float(level_range_accuracy(lenient))
    assert float(mean_level_span(lenient)) == 1.0
    assert float(level_over_rate(strict)) == float(level_range_over_rate(lenient)) == 1 / 4
    assert float(level_under_rate(strict)) == float(level_range_under_rate(lenient)) == 1 / 4


def test_by_observed_level():
    fcst = xr.DataArray([1, 3, 3, 4, 1], dims="x")
    sums = level_hit_sums(fcst, OBS, keep="x")
    grouped = level_accuracy(group_sums(sums, by=OBS.rename("observed")))
    assert grouped["observed"].values.tolist() == [1, 2, 3, 5]
    assert grouped.values.tolist() == [1, 0, 1, 0]


def test_turned_span_raises():
    with pytest.raises(ValueError, match="found 3 > 2"):
        level_range_hit_sums(
            xr.DataArray([3], dims="x"), xr.DataArray([2], dims="x"), xr.DataArray([2], dims="x")
        )
