"""Area means: grid points within a radius, by the area of their cells."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.errors import ConfigError, InputError
from forecast.weather.grids import EARTH_RADIUS_KM, Grid
from forecast.weather.sampling.area_mean import area_weights, cell_areas
from forecast.weather.sampling.weights import sample

DEGREE = np.pi * EARTH_RADIUS_KM / 180


def one(value):
    return np.array([float(value)])


def test_five_points_worked_by_hand():
    grid = Grid("regular", np.array([62.0, 61.0, 60.0, 59.0, 58.0]), np.arange(4.0, 9.0))
    field = np.arange(25.0).reshape(5, 5)
    # within 0.6° of (60, 6) lie 5, 6 and 7°E of the row (half a degree apart each), no other row
    assert sample(area_weights(grid, one(60), one(6), 0.6 * DEGREE), field)[0] == 12
    # within 1.05° also the rows 61 and 59 above and below; 8°E and 4°E are 1.0° off as well
    weights = area_weights(grid, one(60), one(6), 1.05 * DEGREE)
    assert weights.indices.tolist() == [7, 10, 11, 12, 13, 14, 17]
    north, middle, south = (np.cos(np.radians(v)) for v in (61, 60, 59))
    expected = (7 * north + 60 * middle + 17 * south) / (north + 5 * middle + south)
    assert sample(weights, field)[0] == pytest.approx(expected, rel=1e-6)


def test_all_points_of_the_globe_give_its_mean():
    # the mean of sin² of the latitude over the sphere is 1/3
    for latitude in (np.linspace(-90, 90, 181), np.linspace(89.5, -89.5, 180)):
        for longitude in (np.arange(0.0, 360.0, 2.0), np.linspace(-180, 180, 181)):
            grid = Grid("regular", latitude, longitude)
            field = np.broadcast_to(np.sin(np.radians(latitude))[:, None] ** 2, grid.shape)
            found = sample(area_weights(grid, one(0), one(0), 20100.0), field)
            assert found[0] == pytest.approx(1 / 3, abs=2e-4)


def test_the_meridian_that_is_there_twice_counts_once():
    grid = Grid("regular", np.array([0.0, 1.0]), np.linspace(0, 360, 361))
    area = cell_areas(grid).reshape(grid.shape)
    np.testing.assert_allclose(area[:, 0] + area[:, -1], area[:, 1], rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([0.0, 180.0, -180.0]))
def test_exactly_the_points_within_the_radius(seed, lon):
    rng = np.random.default_rng(seed)
    grid = Grid("unstructured", rng.uniform(-60, 60, 200), lon + rng.uniform(-20, 20, 200))
    weights = area_weights(grid, one(5), one(lon), 900.0)
    p1, p2 = np.radians(5), np.radians(grid.latitude)
    haversine = np.sin((p2 - p1) / 2) ** 2 + np.cos(p1) * np.cos(p2) * (
        np.sin(np.radians(grid.longitude - lon) / 2) ** 2
    )
    within = np.flatnonzero(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(haversine)) <= 900)
    assert weights.indices.tolist() == (within.tolist() or [0])
    if len(within):
        np.testing.assert_allclose(weights.data, 1 / len(within), rtol=1e-6)
    else:
        assert np.isnan(weights.data).all()


def test_cells_of_a_curvilinear_grid_count_by_their_area():
    # a regular grid written with two axes: the same areas as with one, away from the edge
    latitude, longitude = np.arange(30.0, 60.0, 1.0), np.arange(100.0, 130.0, 1.0)
    y, x = np.meshgrid(latitude, longitude, indexing="ij")
    one_way = cell_areas(Grid("regular", latitude, longitude)).reshape(y.shape)
    other = cell_areas(Grid("curvilinear", y, x)).reshape(y.shape)
    ratio = (other / one_way)[1:-1, 1:-1]
    np.testing.assert_allclose(ratio / ratio.mean(), 1, atol=2e-4)
    # columns that lie twice as dense count half
    dense = np.concatenate([np.arange(100.0, 110.0, 0.5), np.arange(110.0, 120.0)])
    y, x = np.meshgrid(latitude, dense, indexing="ij")
    area = cell_areas(Grid("curvilinear", y, x)).reshape(y.shape)
    np.testing.assert_allclose(area[10, 25] / area[10, 5], 2, rtol=1e-3)


def test_no_grid_point_within_the_radius():
    grid = Grid("regular", np.arange(30.0, 40.0), np.arange(100.0, 110.0))
    lat, lon = np.array([35.0, 35.5, np.nan]), np.array([105.0, 105.5, 105.0])
    found = sample(area_weights(grid, lat, lon, 20.0), np.full(grid.shape, 4.0))
    np.testing.assert_array_equal(found, [4, np.nan, np.nan])
    message = r"^1 of 2 places lie without a grid point within 20 km \(30…39°N, 100…109°E\): b$"
    with pytest.raises(InputError, match=message):
        area_weights(grid, lat[:2], lon[:2], 20.0, names=np.array(["a", "b"]))
    with pytest.raises(ConfigError, match=r"radius .* must be positive; found 0 km"):
        area_weights(grid, lat, lon, 0)


def test_a_missing_value_within_the_radius_makes_the_mean_missing():
    grid = Grid("regular", np.arange(30.0, 40.0), np.arange(100.0, 110.0))
    field = np.ones(grid.shape)
    field[0, 0] = np.nan
    found = sample(area_weights(grid, np.array([30.5, 35.0]), np.array([100.5, 105.0]), 150), field)
    np.testing.assert_array_equal(found, [np.nan, 1])
