"""Bilinear sampling and the ring of points: exact cases and an independent interpolator."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator

from forecast.errors import InputError
from forecast.weather.sampling import EARTH_RADIUS_KM, bilinear_weights, ring, sample

LAT, LON = np.arange(30.0, 46.0, 1.5), np.arange(100.0, 121.0, 2.0)


def at(latitude, longitude, field, lat, lon, **options) -> np.ndarray:
    weights = bilinear_weights(latitude, longitude, np.array(lat), np.array(lon), **options)
    return sample(weights, np.asarray(field))


def test_hand_worked_cell():
    field = np.array([[1.0, 2.0], [3.0, 8.0]])
    # ¼ north and ½ east of the south-west corner: ¾·(1+2)/2 + ¼·(3+8)/2 = 1.125 + 1.375
    assert at([40, 41], [116, 117], field, [40.25], [116.5]).tolist() == [2.5]
    assert at([40, 41], [116, 117], field, [40, 40, 41, 41], [116, 117, 116, 117]).tolist() == [
        1,
        2,
        3,
        8,
    ]


@pytest.mark.parametrize("flip_lat", [False, True])
@pytest.mark.parametrize("flip_lon", [False, True])
def test_exact_for_linear_fields_whichever_way_the_axes_run(flip_lat, flip_lon):
    latitude, longitude = LAT[:: -1 if flip_lat else 1], LON[:: -1 if flip_lon else 1]
    field = 3 + 2 * latitude[:, None] - 0.5 * longitude[None, :]
    rng = np.random.default_rng(0)
    lat, lon = rng.uniform(30, 45, 200), rng.uniform(100, 120, 200)
    found = at(latitude, longitude, field, lat, lon)
    np.testing.assert_allclose(found, 3 + 2 * lat - 0.5 * lon, rtol=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.booleans(), st.sampled_from([0.0, -360.0, 360.0]))
def test_agrees_with_scipy(seed, descending, turn):
    rng = np.random.default_rng(seed)
    latitude = np.cumsum(rng.uniform(0.2, 3, 7)) + 20  # uneven steps
    longitude = np.cumsum(rng.uniform(0.2, 3, 9)) + 90
    field = rng.uniform(1, 100, (7, 9)).astype(np.float32)
    lat = rng.uniform(latitude[0], latitude[-1], 30)
    lon = rng.uniform(longitude[0], longitude[-1], 30)
    expected = RegularGridInterpolator((latitude, longitude), field.astype(float))(
        np.stack([lat, lon], axis=1)
    )
    if descending:
        latitude, field = latitude[::-1], field[::-1]
    # the same places named by longitudes one turn away
    np.testing.assert_allclose(at(latitude, longitude, field, lat, lon + turn), expected, rtol=1e-6)


def test_longitudes_0_to_360_and_180_either_way_are_one():
    field = np.tile(np.arange(36.0), (3, 1))  # the value is the longitude in tens
    east = np.arange(0.0, 360.0, 10.0)
    lon = [0.0, 5.0, 175.0, -175.0, -90.0, -5.0, 355.0]
    found = at([-10, 0, 10], east, field, [3.0] * 7, lon)
    # between 350° and 0° the field goes from 35 back to 0: half-way 17.5
    np.testing.assert_allclose(found, [0, 0.5, 17.5, 18.5, 27, 17.5, 17.5], rtol=1e-6)
    west = np.arange(-180.0, 180.0, 10.0)
    turned = np.roll(field, 18, axis=1)
    np.testing.assert_allclose(at([-10, 0, 10], west, turned, [3.0] * 7, lon), found, rtol=1e-6)


def test_a_regional_grid_does_not_wrap():
    weights = bilinear_weights(LAT, LON, np.array([40.0, 40.0]), np.array([99.0, 121.0]))
    assert np.isnan(sample(weights, np.ones((len(LAT), len(LON))))).all()


def test_weights_sum_to_one_and_keep_leading_axes():
    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(30, 45, 50), rng.uniform(100, 120, 50)
    weights = bilinear_weights(LAT, LON, lat, lon)
    assert weights.shape == (50, len(LAT) * len(LON)) and weights.nnz <= 200
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-6)
    fields = rng.normal(size=(4, 2, 3, len(LAT), len(LON))).astype(np.float32)
    found = sample(weights, fields)
    assert found.shape == (4, 2, 3, 50) and found.dtype == np.float32
    np.testing.assert_array_equal(found[3, 1, 2], sample(weights, fields[3, 1, 2]))


def test_a_missing_corner_spreads_only_where_it_weighs():
    field = np.array([[1.0, np.nan], [3.0, 5.0]])
    found = at([40, 41], [116, 117], field, [40.0, 41.0, 40.5, 40.0], [116.0, 116.5, 116.0, 116.5])
    np.testing.assert_array_equal(found, [1, 4, 2, np.nan])


def test_outside_places_are_named_or_missing():
    lat, lon = np.array([40.0, 29.0, 40.0]), np.array([110.0, 110.0, 121.0])
    message = r"^2 of 3 places lie outside the weather grid \(30…45°N, 100…120°E\): south, east$"
    with pytest.raises(InputError, match=message):
        bilinear_weights(LAT, LON, lat, lon, names=np.array(["in", "south", "east"]))
    found = at(LAT, LON, np.full((len(LAT), len(LON)), 7.0), lat, lon)
    np.testing.assert_array_equal(found, [7, np.nan, np.nan])


def haversine(lat1, lon1, lat2, lon2):
    p1, p2 = np.radians(lat1), np.radians(lat2)
    a = np.sin((p2 - p1) / 2) ** 2 + np.cos(p1) * np.cos(p2) * (
        np.sin(np.radians(lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(a))


@given(st.floats(-80, 80), st.floats(-180, 180))
def test_ring_points_lie_at_their_distance(lat, lon):
    bearings, distances = np.arange(0.0, 360.0, 45.0), np.array([150.0, 300.0])
    there_lat, there_lon = ring(np.array([lat]), np.array([lon]), bearings, distances)
    assert there_lat.shape == there_lon.shape == (16, 1)
    found = haversine(lat, lon, there_lat[:, 0], there_lon[:, 0])
    np.testing.assert_allclose(found, np.repeat(distances, 8), rtol=1e-6)
    assert ((there_lon >= -180) & (there_lon < 180)).all()


def test_ring_bearings():
    lat, lon = ring(np.array([0.0, 40.0]), np.array([0.0, 116.0]), np.arange(0.0, 360, 90), [111.0])
    degree = np.degrees(111.0 / EARTH_RADIUS_KM)
    np.testing.assert_allclose(lat[:, 0], [degree, 0, -degree, 0], atol=1e-9)
    np.testing.assert_allclose(lon[:, 0], [0, degree, 0, -degree], atol=1e-9)
    # at 40°N a degree of longitude is shorter by cos 40°; due east bends a little south
    np.testing.assert_allclose(lat[[0, 2], 1], [40 + degree, 40 - degree])
    assert lon[1, 1] == pytest.approx(116 + degree / np.cos(np.radians(40)), abs=1e-3)
    assert lat[1, 1] < 40 and lon[0, 1] == pytest.approx(116)


def test_descending_longitudes_go_around_too():
    longitude = np.arange(359.0, -1.0, -1.0)
    field = np.tile(np.arange(360.0)[::-1], (3, 1))  # equals the longitude
    weights = bilinear_weights(
        np.array([0.0, 1.0, 2.0]), longitude, np.ones(3), [0.5, 359.5, -90.25]
    )
    # between 359 and 0 the value is the mean of both: 359/2
    np.testing.assert_allclose(sample(weights, field), [0.5, 179.5, 269.75], atol=1e-3)
