"""Sharpness of probabilities by hand, and what it says of over- and underconfidence."""

import numpy as np
import pytest
import xarray as xr

from verification import (
    probability_distribution,
    relative_resolution,
    relative_sharpness,
    reliability_sums,
)


def series(values):
    return xr.DataArray(values, dims="x")


def test_by_hand():
    sums = reliability_sums(series([0.1, 0.1, 0.4, 0.8]), series([0, 0, 1, 1]), bins=[0, 0.3, 1])
    assert probability_distribution(sums).values.tolist() == [2 / 4, 2 / 4]
    mean = (0.1 + 0.1 + 0.4 + 0.8) / 4
    square = (0.01 + 0.01 + 0.16 + 0.64) / 4
    np.testing.assert_allclose(relative_sharpness(sums), (square - mean**2) / (1 / 2 * 1 / 2))


def test_variance_does_not_depend_on_bins():
    rng = np.random.default_rng(1)
    p = series(rng.random(100))
    for bins in ([0, 1], [0, 0.2, 1], np.linspace(0, 1, 51)):
        sums = reliability_sums(p, p > 0.5, bins=bins)
        np.testing.assert_allclose(
            relative_sharpness(sums), p.values.var() / (p > 0.5).values.var()
        )


def test_constant_forecast_is_not_sharp_and_one_outcome_is_undefined():
    p = xr.full_like(series(np.zeros(7)), 0.1)
    assert float(relative_sharpness(reliability_sums(p, series([0] * 6 + [1])))) == 0.0
    assert np.isnan(relative_sharpness(reliability_sums(p, series([0] * 7))))


@pytest.mark.parametrize(("power", "sign"), [(1.0, 0), (3.0, 1), (1 / 3, -1)])
def test_sharper_than_resolution_is_overconfident(power, sign):
    rng = np.random.default_rng(2)
    true = series(rng.random(40000))
    event = series(rng.random(40000)) < true
    said = true**power / (true**power + (1 - true) ** power)
    sums = reliability_sums(said, event)
    gap = float(relative_sharpness(sums) - relative_resolution(sums))
    assert abs(gap) < 0.02 if sign == 0 else gap * sign > 0.1
