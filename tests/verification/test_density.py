"""Density weights: worked by hand on a line of stations."""

import numpy as np
import pytest
import xarray as xr

from verification import continuous_sums, density_weights, mae


def places(lat, lon):
    return (xr.DataArray(x, dims="place") for x in (lat, lon))


def test_a_cluster_weighs_as_much_as_one_station():
    # four stations within 50 km of each other and one 2,000 km away: 1/4 each and 1, mean 2/5
    weights = density_weights(*places([40.0, 40.01, 40.02, 40.03, 22.0], [116.0] * 5))
    np.testing.assert_allclose(weights, np.array([1 / 4] * 4 + [1.0]) / (2 / 5))
    assert float(weights.mean()) == pytest.approx(1.0)
    error = xr.DataArray([1.0, 1.0, 1.0, 1.0, 5.0], dims="place")
    sums = continuous_sums(error, error * 0, weights=weights)
    assert float(mae(sums)) == pytest.approx((1 + 5) / 2)


def test_distance_is_on_the_great_circle():
    # one degree of longitude is 111.2 km at the equator, 55.6 km at 60° north, and 180° is -180°
    near, far = {"radius": 56.0}, {"radius": 55.0}
    at_60 = ([60.0, 60.0], [10.0, 11.0])
    np.testing.assert_allclose(density_weights(*places(*at_60), **near), [1, 1])
    alone = density_weights(*places([60.0, 60.0, 60.0], [10.0, 11.0, 11.1]), **far)
    np.testing.assert_allclose(alone, np.array([1, 1 / 2, 1 / 2]) / (2 / 3))
    across = density_weights(*places([0.0, 0.0, 5.0], [179.9, -179.9, 0.0]), radius=30.0)
    np.testing.assert_allclose(across, np.array([1 / 2, 1 / 2, 1]) / (2 / 3))


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="must be positive, found 0 km"):
        density_weights(*places([1.0], [1.0]), radius=0)
    with pytest.raises(ValueError, match="needs a latitude and a longitude, 1 lack one"):
        density_weights(*places([np.nan], [1.0]))
    with pytest.raises(ValueError, match="one common dimension"):
        density_weights(xr.DataArray([1.0], dims="a"), xr.DataArray([1.0], dims="b"))
