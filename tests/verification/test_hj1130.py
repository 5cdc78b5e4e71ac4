"""The HJ 1130 form by hand."""

import numpy as np
import pytest
import xarray as xr

from verification import (
    category_accuracy,
    common_category_sums,
    exceedance_sums,
    hj1130_heavy_accuracy,
    hj1130_level_accuracy,
    hj1130_level_accuracy_by_level,
    hj1130_primary_accuracy,
    hj1130_range_accuracy,
    hj1130_sums,
    level_accuracy,
    level_hit_sums,
    level_of,
    merge,
    pod,
)

FCST = xr.DataArray([80.0, 80.0, 80.0, 80.0, 220.0, 160.0, 40.0, np.nan, 60.0], dims="x")
OBS = xr.DataArray([100.0, 101.0, 60.0, 59.0, 230.0, 210.0, 30.0, 90.0, np.nan], dims="x")
PRIMARY_FCST = xr.DataArray([0b01, 0b01, 0b00, 0b10, 0b11, 0b01, 0b01, 0b01, 0b01], dims="x")
PRIMARY_OBS = xr.DataArray([0b01, 0b10, 0b01, 0b10, 0b01, 0b10, 0b00, 0b01, 0b01], dims="x")


def test_by_hand():
    sums = hj1130_sums(FCST, OBS, PRIMARY_FCST, PRIMARY_OBS)
    assert float(sums["pairs"]) == 7
    # 0.75 x 80 = 60 and 1.25 x 80 = 100 count; 230 in 165-275, 210 not in 120-200, 30 in 30-50
    assert float(hj1130_range_accuracy(sums)) == 4 / 7
    # levels 2-2, 2-3, 2-2, 2-2, 5-5, 4-5, 1-1
    assert float(hj1130_level_accuracy(sums)) == 5 / 7
    by_level = hj1130_level_accuracy_by_level(sums)
    assert by_level["level_obs"].values.tolist() == [1, 2, 3, 4, 5, 6]
    np.testing.assert_array_equal(by_level, [1, 1, 0, np.nan, 1 / 2, np.nan])
    # of six days above 50: equal, none in common, none forecast, equal, one of two, none in common
    assert float(hj1130_primary_accuracy(sums)) == 3 / 6
    # 230 was forecast above 200, 210 was not
    assert float(hj1130_heavy_accuracy(sums)) == 1 / 2


def test_without_primary_pollutants():
    sums, whole = hj1130_sums(FCST, OBS), hj1130_sums(FCST, OBS, PRIMARY_FCST, PRIMARY_OBS)
    assert np.isnan(hj1130_primary_accuracy(sums))
    for score in (hj1130_range_accuracy, hj1130_level_accuracy, hj1130_heavy_accuracy):
        assert float(score(sums)) == float(score(whole))


def test_parameters():
    sums = hj1130_sums(
        *(FCST, OBS, PRIMARY_FCST, PRIMARY_OBS),
        share=0.5,
        level_edges=(100, 200),
        primary_above=100,
        heavy_above=150,
    )
    # 40-120 holds 100, 101, 60 and 59; 110-330, 80-240 and 20-60 hold the others
    assert float(hj1130_range_accuracy(sums)) == 7 / 7
    # levels 1-1, 1-2, 1-1, 1-1, 3-3, 2-3, 1-1
    np.testing.assert_array_equal(hj1130_level_accuracy_by_level(sums), [1, 0, 1 / 2])
    # days above 100: 101 (none in common), 230 (one of two), 210 (none in common)
    assert float(hj1130_primary_accuracy(sums)) == 1 / 3
    assert float(hj1130_heavy_accuracy(sums)) == 2 / 2  # 220 and 160 were forecast


def test_agrees_with_the_other_families():
    rng = np.random.default_rng(3)
    dims = ("issue", "lead", "place")
    fcst, obs = (xr.DataArray(rng.gamma(3, 50, (40, 2, 3)), dims=dims) for _ in range(2))
    masks = [xr.DataArray(rng.integers(0, 8, fcst.shape), dims=dims) for _ in range(2)]
    weights = xr.DataArray([0.3, 1.0, 2.5], dims="place")
    options = {"keep": "lead", "weights": weights}
    sums = hj1130_sums(fcst, obs, *masks, **options)
    levels = [level_of(x, (50, 100, 150, 200, 300)) for x in (fcst, obs)]
    for ours, theirs in [
        (hj1130_level_accuracy(sums), level_accuracy(level_hit_sums(*levels, **options))),
        (
            hj1130_primary_accuracy(sums),
            category_accuracy(common_category_sums(*masks, valid=obs > 50, **options)),
        ),
        (
            hj1130_heavy_accuracy(sums),
            pod(exceedance_sums(fcst, obs, [200], **options)).squeeze("threshold", drop=True),
        ),
    ]:
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_sums_by_other_rules_do_not_merge():
    one = hj1130_sums(FCST, OBS)
    assert float(merge(one, one)["pairs"]) == 14
    for other in ({"share": 0.3}, {"heavy_above": 150}, {"primary_above": 100}):
        with pytest.raises(ValueError, match="dimension 'rules' differs"):
            merge(one, hj1130_sums(FCST, OBS, **other))


def test_bad_input():
    with pytest.raises(ValueError, match="forecast and observed, or for none"):
        hj1130_sums(FCST, OBS, PRIMARY_FCST)
    with pytest.raises(ValueError, match="between 0 and 1, found 25"):
        hj1130_sums(FCST, OBS, share=25)
    with pytest.raises(ValueError, match="level edges must be one or more finite, increasing"):
        hj1130_sums(FCST, OBS, level_edges=(100, 50))
    with pytest.raises(ValueError, match=r"masks must be whole numbers from 0, found 1\.5"):
        hj1130_sums(FCST, OBS, PRIMARY_FCST + 0.5, PRIMARY_OBS)
