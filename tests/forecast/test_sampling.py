"""Sampling of regular grids, the sampler of several matrices, and the ring of points."""

from __future__ import annotations

from functools import partial

import netCDF4
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import RegularGridInterpolator

from forecast.errors import ConfigError, InputError
from forecast.weather.grids import EARTH_RADIUS_KM, Grid
from forecast.weather.sampling.ring import ring
from forecast.weather.sampling.weights import Sampler, grid_weights, sample

LAT, LON = np.arange(30.0, 46.0, 1.5), np.arange(100.0, 121.0, 2.0)
regular = partial(Grid, "regular")


def at(latitude, longitude, field, lat, lon, **options) -> np.ndarray:
    grid = regular(np.asarray(latitude, float), np.asarray(longitude, float))
    return sample(grid_weights(grid, np.array(lat), np.array(lon), **options), np.asarray(field))


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
    found = at(LAT, LON, np.ones((len(LAT), len(LON))), [40.0, 40.0], [99.0, 121.0])
    assert np.isnan(found).all()


def test_weights_sum_to_one_and_keep_leading_axes():
    rng = np.random.default_rng(1)
    lat, lon = rng.uniform(30, 45, 50), rng.uniform(100, 120, 50)
    weights = grid_weights(regular(LAT, LON), lat, lon)
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


def test_a_place_at_a_grid_point_has_its_value_however_its_longitude_is_written():
    longitude = np.arange(0.0, 360.0, 0.1)  # tenths are rounded, and a turn rounds them again
    field = np.full((2, len(longitude)), np.nan)
    field[0, 2000:] = np.arange(2000, len(longitude))
    lon = longitude[2000:]
    for turn in (-720, -360, 0, 360):
        found = at([0.0, 1.0], longitude, field, np.zeros(len(lon)), lon + turn)
        np.testing.assert_array_equal(found, field[0, 2000:])


def test_outside_places_are_named_or_missing():
    lat, lon = np.array([40.0, 29.0, 40.0]), np.array([110.0, 110.0, 121.0])
    message = r"^2 of 3 places lie outside the weather grid \(30…45°N, 100…120°E\): south, east$"
    with pytest.raises(InputError, match=message):
        grid_weights(regular(LAT, LON), lat, lon, names=np.array(["in", "south", "east"]))
    found = at(LAT, LON, np.full((len(LAT), len(LON)), 7.0), lat, lon)
    np.testing.assert_allclose(found, [7, np.nan, np.nan], rtol=1e-6)


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
    found = at([0.0, 1.0, 2.0], longitude, field, np.ones(3), [0.5, 359.5, -90.25])
    # between 359 and 0 the value is the mean of both: 359/2
    np.testing.assert_allclose(found, [0.5, 179.5, 269.75], atol=1e-3)


def test_edges_and_poles_belong_to_the_grid():
    latitude, longitude = np.linspace(90, -90, 19), np.arange(-180.0, 180.0, 10.0)
    field = np.broadcast_to(latitude[:, None], (19, 36))
    found = at(latitude, longitude, field, [90, -90, 89.5, 0], [12.3, 179.9, -180, 180])
    np.testing.assert_allclose(found, [90, -90, 89.5, 0], atol=1e-5)
    # rows of a Gaussian grid end before the pole: no value there
    assert np.isnan(at(latitude[1:], longitude, field[1:], [85.0], [0.0]))[0]
    # an axis rounded to float32 ends a hair before the place at its edge
    edge = np.float32(100.1) + np.arange(3)
    assert at([0, 1], edge, np.ones((2, 3)), [0.5], [100.1 - 5e-6])[0] == 1


def test_a_field_linear_across_the_date_line():
    longitude = np.array([170.0, 175.0, 180.0, 185.0, 190.0])
    field = np.tile(longitude, (3, 1))
    lon = np.array([179.0, -179.0, 181.0, -170.0])
    for turn in (0, -360):
        found = at([-5, 0, 5], longitude + turn, field, [1.0] * 4, lon)
        np.testing.assert_allclose(found, [179, 181, 181, 190], rtol=1e-6)


def test_agrees_with_scipy_on_a_real_field(real_data):
    with netCDF4.Dataset(real_data / "formats" / "ecmwf_regular_ll.nc") as file:
        latitude, longitude = file["latitude"][:].data, file["longitude"][:].data
        field = file["t"][0, 0].data.astype(np.float32)
    rng = np.random.default_rng(5)
    lat, lon = rng.uniform(-89, 89, 500), rng.uniform(longitude.min(), longitude.max(), 500)
    step = 1 if latitude[0] < latitude[-1] else -1
    expected = RegularGridInterpolator(
        (latitude[::step].astype(float), longitude.astype(float)), field[::step].astype(float)
    )(np.stack([lat, lon], axis=1))
    np.testing.assert_allclose(at(latitude, longitude, field, lat, lon), expected, rtol=1e-6)
    turned = np.where(lon > 180, lon - 360, lon)
    np.testing.assert_array_equal(
        at(latitude, longitude, field, lat, turned), at(latitude, longitude, field, lat, lon)
    )


def test_one_row_or_one_point():
    assert at([40.0], [116, 118], [[1.0, 3.0]], [40.0], [117.0]).tolist() == [2]
    found = at([40.0], [116.0], [[7.0]], [40.0, 40.1], [116.0, 116.0])
    np.testing.assert_array_equal(found, [7, np.nan])
    nearest = at([40.0], [116.0], [[7.0]], [40.8, 41.0], [116.0, 116.0], method="nearest")
    np.testing.assert_array_equal(nearest, [7, np.nan])  # 0.9° are 100 km


def test_a_place_without_coordinates_is_outside():
    found = at([40, 41], [116, 117], np.ones((2, 2)), [np.nan, 40.5], [116.5, 116.5])
    np.testing.assert_array_equal(found, [np.nan, 1])


@pytest.mark.parametrize(
    "options", [{"method": "cubic"}, {"neighbours": 0}, {"max_distance_km": -5.0}]
)
def test_options_that_mean_nothing(options):
    with pytest.raises(ConfigError):
        at([40, 41], [116, 117], np.ones((2, 2)), [40.5], [116.5], **options)


# -- several matrices at once ----------------------------------------------------------------------


def small_sampler():
    rng = np.random.default_rng(2)
    grid = regular(LAT[::-1], LON)
    inside = grid_weights(grid, rng.uniform(33, 38, 20), rng.uniform(104, 109, 20))
    partly = grid_weights(grid, np.array([36.0, 36.0, 12.0]), np.array([107.0, 99.0, 107.0]))
    return grid, {"stations": inside, "ring": partly}


def test_sampler_equals_sampling_one_by_one_and_keeps_leading_axes():
    grid, weights = small_sampler()
    block = np.random.default_rng(3).normal(280, 10, (3, 2, *grid.shape)).astype(np.float32)
    found = Sampler(grid, weights)(block)
    assert set(found) == {"stations", "ring"}
    assert found["stations"].shape == (3, 2, 20) and found["ring"].shape == (3, 2, 3)
    for name, matrix in weights.items():
        assert found[name].dtype == np.float32
        np.testing.assert_allclose(found[name], sample(matrix, block), rtol=1e-6)
    assert np.isnan(found["ring"]).all(axis=(0, 1)).tolist() == [False, True, True]


def test_sampler_uses_only_the_grid_points_that_weigh():
    grid, weights = small_sampler()
    sampler = Sampler(grid, weights)
    weighing = {
        i
        for m in weights.values()
        for i, w in zip(m.indices, m.data, strict=True)
        if np.isfinite(w)
    }
    assert sampler.used.tolist() == sorted(weighing)
    block = np.full(grid.shape, np.nan, np.float32)
    block.ravel()[sampler.used] = 5  # everything else is missing and must not matter
    found = sampler(block)
    np.testing.assert_allclose(found["stations"], 5, rtol=1e-6)
    block.ravel()[sampler.used[0]] = np.nan
    touched = weights["stations"][:, [sampler.used[0]]].toarray().ravel() != 0
    np.testing.assert_array_equal(np.isnan(sampler(block)["stations"]), touched)
    assert 0 < touched.sum() < 20


def test_sampler_reads_a_window_of_the_grid():
    grid, weights = small_sampler()
    sampler = Sampler(grid, weights)
    # latitudes 33 … 38 of 30, 31.5 … 45 from north to south; longitudes 104 … 109 of 100, 102 …
    assert sampler.window == {"latitude": slice(4, 9), "longitude": slice(2, 6)}
    block = np.random.default_rng(4).normal(size=(2, *grid.shape)).astype(np.float32)
    part = block[:, 4:9, 2:6]
    for name, found in sampler(part).items():
        np.testing.assert_array_equal(found, sampler(block)[name])
    with pytest.raises(ValueError, match=r"\(2, 5\) is neither of the grid"):
        sampler(block[:, :2, :5])


def test_what_is_linear_may_be_taken_between_gathering_and_weighing():
    grid, weights = small_sampler()
    sampler = Sampler(grid, weights)
    block = np.random.default_rng(5).normal(size=(4, *grid.shape)).astype(np.float32)
    mean = sampler.apply("ring", sampler.gather(block).mean(axis=0))
    np.testing.assert_allclose(mean, sampler(block)["ring"].mean(axis=0), atol=1e-6)


def test_sampler_with_every_place_outside():
    grid = regular(LAT, LON)
    sampler = Sampler(grid, {"a": grid_weights(grid, np.zeros(2), np.zeros(2))})
    assert sampler.window == {"latitude": slice(0, 0), "longitude": slice(0, 0)}
    assert np.isnan(sampler(np.ones((3, *grid.shape)))["a"]).all()
    assert sampler(np.ones((3, 0, 0)))["a"].shape == (3, 2)
