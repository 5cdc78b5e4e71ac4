"""Leading categories by hand."""

import numpy as np
import pytest
import xarray as xr

from verification import category_accuracy, common_category_sums

FCST = xr.DataArray([0b001, 0b110, 0b010, 0b000, 0b001, np.nan], dims="x")
OBS = xr.DataArray([0b001, 0b010, 0b101, 0b100, 0b000, 0b001], dims="x")


def test_by_hand():
    sums = common_category_sums(FCST, OBS)
    # hits: equal, one of two; misses: disjoint, none forecast; not counted: none observed, NaN
    assert float(sums["pairs"]) == 4
    assert float(category_accuracy(sums)) == 2 / 4


def test_valid_leaves_out_more():
    valid = xr.DataArray([True, True, True, False, True, True], dims="x")
    assert float(category_accuracy(common_category_sums(FCST, OBS, valid=valid))) == 2 / 3
    assert np.isnan(category_accuracy(common_category_sums(FCST, OBS, valid=valid & False)))


def test_integer_masks_up_to_many_bits():
    fcst = xr.DataArray(np.array([1 << 40, 1 << 40]), dims="x")
    obs = xr.DataArray(np.array([(1 << 40) | 1, 1]), dims="x")
    assert float(category_accuracy(common_category_sums(fcst, obs))) == 0.5


@pytest.mark.parametrize("odd", [-1.0, 1.5])
def test_masks_are_whole_numbers(odd):
    with pytest.raises(ValueError, match=f"masks must be whole numbers from 0, found {odd:g}"):
        common_category_sums(FCST * 0 + odd, OBS)
