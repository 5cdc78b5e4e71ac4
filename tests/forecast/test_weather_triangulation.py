"""Sampling of curvilinear and unstructured grids, and by nearest points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from netCDF4 import Dataset
from scipy.interpolate import LinearNDInterpolator

from forecast.errors import InputError
from forecast.weather.grids import Grid
from forecast.weather.sampling.weights import Sampler, grid_weights, sample


def linear(lat, lon):
    """A linear field of some hundred, as of a temperature in K."""
    return 250 + 0.7 * np.asarray(lat) - 0.4 * np.asarray(lon)


def turned_grid(rows=20, columns=25, angle=30.0, lat=35.0, lon=110.0, step=0.5) -> Grid:
    """A plane grid of squares turned about its first point."""
    y, x = np.mgrid[0:rows, 0:columns] * step
    a = np.radians(angle)
    return Grid(
        "curvilinear", lat + y * np.cos(a) + x * np.sin(a), lon + x * np.cos(a) - y * np.sin(a)
    )


def at(grid, field, lat, lon, **options) -> np.ndarray:
    weights = grid_weights(grid, np.asarray(lat, float), np.asarray(lon, float), **options)
    return sample(weights, np.asarray(field), axes=len(grid.shape))


# -- curvilinear -----------------------------------------------------------------------------------


def test_a_half_cell_worked_by_hand():
    grid = Grid("curvilinear", np.array([[0.0, 0], [1, 1]]), np.array([[0.0, 1], [0, 1]]))
    field = [[1.0, 2.0], [4.0, 16.0]]
    # the diagonal runs from the first corner to the opposite one; (lat ¼, lon ¾) lies in the half
    # of corners (0,0), (0,1), (1,1) with shares ¼, ½, ¼; (lat ¾, lon ¼) in the other one
    assert at(grid, field, [0.25], [0.75])[0] == pytest.approx(1 / 4 + 2 / 2 + 16 / 4)
    assert at(grid, field, [0.75], [0.25])[0] == pytest.approx(1 / 4 + 4 / 2 + 16 / 4)
    np.testing.assert_allclose(at(grid, field, [0, 0, 1, 1], [0, 1, 0, 1]), [1, 2, 4, 16])


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**31),
    st.floats(-180, 180),
    st.floats(-180, 180),
    st.sampled_from([-360.0, 0.0, 360.0]),
)
def test_linear_fields_come_back_wherever_the_grid_lies(seed, angle, lon, turn):
    grid = turned_grid(angle=angle, lon=lon, lat=20.0)
    rng = np.random.default_rng(seed)
    row, column = rng.uniform(0, 19, 50) * 0.5, rng.uniform(0, 24, 50) * 0.5
    a = np.radians(angle)
    lat = 20 + row * np.cos(a) + column * np.sin(a)
    east = lon + column * np.cos(a) - row * np.sin(a)
    field = linear(grid.latitude, grid.longitude)  # longitudes run on across the date line
    wrapped = Grid("curvilinear", grid.latitude, (grid.longitude + 180) % 360 - 180)
    for known_as in (grid, wrapped):
        found = at(known_as, field, lat, east + turn)
        np.testing.assert_allclose(found, linear(lat, east), rtol=1e-5)


def test_outside_of_a_turned_grid_though_within_its_box():
    grid = turned_grid(angle=45.0)
    lat, lon = grid.latitude.ravel(), grid.longitude.ravel()
    corner = [lat.min() + 0.3, lon.min() + 0.3]
    field = np.ones(grid.shape)
    assert np.isnan(at(grid, field, [corner[0]], [corner[1]]))[0]
    with pytest.raises(InputError, match=r"^1 of 2 places lie outside .*°N, .*°E\): far$"):
        at(grid, field, [corner[0], lat[0]], [corner[1], lon[0]], names=np.array(["far", "on"]))


def test_a_bay_of_a_concave_outline_is_outside():
    # a band of cells along three quarters of a circle: nothing in its middle and between its ends
    angle, radius = np.meshgrid(np.radians(np.linspace(0, 270, 60)), [3.0, 4.0, 5.0], indexing="ij")
    grid = Grid("curvilinear", 30 + radius * np.sin(angle), 110 + radius * np.cos(angle))
    lat, lon = [30.0, 27.2, 30 + 4 * np.sin(2.0)], [110.0, 112.8, 110 + 4 * np.cos(2.0)]
    found = at(grid, linear(grid.latitude, grid.longitude), lat, lon)
    assert np.isnan(found[:2]).all()
    assert found[2] == pytest.approx(linear(lat[2], lon[2]), rel=1e-5)


def test_cells_that_are_not_convex_are_cut_along_the_inner_diagonal():
    # the third corner is drawn in, so that the outer diagonal leaves the cell
    grid = Grid("curvilinear", np.array([[0.0, 0], [1, 0.2]]), np.array([[0.0, 1], [0, 0.2]]))
    lat, lon = np.array([0.1, 0.5, 0.05, 0.45]), np.array([0.05, 0.02, 0.7, 0.45])
    found = at(grid, linear(grid.latitude, grid.longitude), lat, lon)
    np.testing.assert_allclose(found[:3], linear(lat, lon)[:3], rtol=1e-5)
    assert np.isnan(found[3])  # within the outline's hull, not in the cell


def test_a_missing_corner_spreads_only_where_it_weighs_in_cells():
    grid = turned_grid(4, 4, angle=0.0, lat=0.0, lon=0.0, step=1.0)
    field = np.ones(grid.shape)
    field[1, 1] = np.nan
    found = at(grid, field, [1.0, 1.0, 2.0, 2.5, 0.9], [1.0, 2.0, 1.0, 2.5, 0.9])
    assert np.isnan(found).tolist() == [True, False, False, False, True]


def test_the_real_wrf_grid(real_data):
    with Dataset(real_data / "formats" / "wrfout_d01_4times.nc") as file:
        latitude, longitude = (file[n][0].data.astype(float) for n in ("XLAT", "XLONG"))
        temperature = file["T2"][0].data.astype(float)
    grid = Grid("curvilinear", latitude, longitude)
    rng = np.random.default_rng(1)
    lat = rng.uniform(latitude.min() - 0.2, latitude.max() + 0.2, 2000)
    lon = rng.uniform(longitude.min() - 0.2, longitude.max() + 0.2, 2000)
    found = at(grid, linear(latitude, longitude), lat, lon)
    inside = ~np.isnan(found)
    np.testing.assert_allclose(found[inside], linear(lat, lon)[inside], rtol=1e-5)
    # a triangulation of another library agrees on who is inside, and nearly on the values: its
    # diagonals need not be ours
    points = np.stack([latitude.ravel(), longitude.ravel()], axis=1)
    other = LinearNDInterpolator(points, temperature.ravel())(np.stack([lat, lon], axis=1))
    assert (np.isnan(other) == ~inside).mean() > 0.995
    both = inside & ~np.isnan(other)
    difference = np.abs(at(grid, temperature, lat, lon) - other)[both]
    assert np.median(difference) < 0.02 and both.sum() > 1000


def test_few_places_in_a_large_grid_use_few_of_its_points():
    grid = turned_grid(400, 500, step=0.03)
    weights = grid_weights(grid, np.array([40.0, 41.0]), np.array([111.0, 112.0]))
    assert weights.nnz == 6 and np.isfinite(weights.data).all()
    window = Sampler(grid, {"places": weights}).window
    assert all(w.stop - w.start < 100 for w in window.values())


# -- unstructured ----------------------------------------------------------------------------------


def cloud(seed, lon=110.0):
    """A lattice of 1.25 degrees, each point moved by up to 0.5 degrees: no holes."""
    rng = np.random.default_rng(seed)
    y, x = (v.ravel() for v in np.meshgrid(np.arange(20, 41, 1.25), np.arange(0, 26, 1.25)))
    y, x = y + rng.uniform(-0.5, 0.5, y.size), x + rng.uniform(-0.5, 0.5, x.size)
    return Grid("unstructured", y, lon + x)


def scattered(seed, lon=110.0, count=400):
    """Points thrown at random, which leaves a hole here and there."""
    rng = np.random.default_rng(seed)
    return Grid("unstructured", rng.uniform(20, 40, count), lon + rng.uniform(0, 25, count))


def found_in(grid, west, seed):
    """Values of a linear field at 60 random places, with what they should be, by three names."""
    rng = np.random.default_rng(seed + 1)
    lat, lon = rng.uniform(24, 36, 60), west + rng.uniform(5, 20, 60)
    field = linear(grid.latitude, grid.longitude)
    for name in (lambda v: v, lambda v: v % 360, lambda v: (v + 180) % 360 - 180):
        known_as = Grid("unstructured", grid.latitude, name(grid.longitude))
        yield at(known_as, field, lat, lon), linear(lat, lon)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([-10.0, 110.0, 170.0, 350.0]))
def test_linear_fields_come_back_from_clouds_of_points(seed, west):
    for found, expected in found_in(cloud(seed, west), west, seed):
        np.testing.assert_allclose(found, expected, rtol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([-10.0, 110.0, 170.0, 350.0]))
@example(39916799, -10.0)  # one place lies in a hole of the cloud
def test_a_scattered_cloud_gives_right_values_outside_its_holes(seed, west):
    for found, expected in found_in(scattered(seed, west), west, seed):
        inside = ~np.isnan(found)
        assert inside.sum() >= 48
        np.testing.assert_allclose(found[inside], expected[inside], rtol=1e-5)


def test_three_points_of_a_table():
    grid = Grid("unstructured", np.array([0.0, 0.0, 3.0]), np.array([0.0, 3.0, 0.0]))
    # the middle of the triangle is the mean, the middle of an edge the mean of its ends
    found = at(grid, [3.0, 6.0, 18.0], [1.0, 0.0, 2.0], [1.0, 1.5, 2.0])
    np.testing.assert_allclose(found, [9, 4.5, np.nan])


@pytest.mark.parametrize("count", [1, 2])
def test_two_points_have_no_triangle(count):
    grid = Grid("unstructured", np.arange(1.0 * count), np.arange(1.0 * count))
    with pytest.raises(InputError, match=f'a grid of {count} point.*use the method "nearest"'):
        at(grid, np.ones(count), [0.0], [0.0])
    assert at(grid, np.ones(count), [0.1], [0.0], method="nearest")[0] == 1


def test_points_on_one_line_hold_no_place():
    grid = Grid("unstructured", np.arange(5.0), np.arange(5.0))
    assert np.isnan(at(grid, np.ones(5), [2.5], [2.5]))[0]


def test_long_triangles_across_a_gap_are_refused():
    lat, lon = (v.ravel() for v in np.meshgrid(np.arange(30, 36, 0.5), np.arange(100, 106, 0.5)))
    grid = Grid("unstructured", np.tile(lat, 2), np.concatenate([lon, lon + 12]))
    places = np.full(3, 32.6), np.array([103.3, 108.7, 114.2])
    found = at(grid, linear(grid.latitude, grid.longitude), *places)
    assert np.isnan(found).tolist() == [False, True, False]  # the clouds lie 6.5° apart
    np.testing.assert_allclose(found[[0, 2]], linear(*places)[[0, 2]], rtol=1e-5)
    # a missing point is no gap
    whole = (lat != 33) | (lon != 103)
    few = Grid("unstructured", lat[whole], lon[whole])
    assert at(few, linear(few.latitude, few.longitude), [33.0], [103.0])[0] == pytest.approx(
        linear(33, 103), rel=1e-5
    )


def test_companions_do_not_change_a_place():
    grid = scattered(3, count=3000)
    rng = np.random.default_rng(4)
    lat, lon = rng.uniform(22, 38, 80), rng.uniform(112, 133, 80)
    field = rng.normal(size=grid.size)
    together = at(grid, field, lat, lon)
    alone = [at(grid, field, lat[i : i + 1], lon[i : i + 1])[0] for i in range(0, 80, 8)]
    np.testing.assert_allclose(together[::8], alone, rtol=1e-6)


def reduced_gaussian(path):
    eccodes = pytest.importorskip("eccodes")
    with path.open("rb") as file:
        message = eccodes.codes_grib_new_from_file(file)
        found = [eccodes.codes_get_array(message, n) for n in ("latitudes", "longitudes", "values")]
        eccodes.codes_release(message)
    return found


def test_the_real_reduced_gaussian_grid(real_data):
    path = real_data / "formats" / "ecmwf_tigge_f120_reduced_gaussian.grib"
    latitude, longitude, values = reduced_gaussian(path)
    grid = Grid("unstructured", latitude, longitude)
    assert grid.size == 213988
    rng = np.random.default_rng(6)
    # seven regions: China, both sides of Greenwich and of the date line, both polar caps
    south = np.repeat([18.0, 45.0, -30.0, 10.0, 84.0, -89.4, 30.0], 20)
    west = np.repeat([75.0, -8.0, 172.0, 352.0, 0.0, 90.0, -180.0], 20)
    lat, lon = south + rng.uniform(0, 5, 140), west + rng.uniform(0, 16, 140)
    found = at(grid, 250 + 0.7 * latitude, lat, lon)
    np.testing.assert_allclose(found, 250 + 0.7 * lat, rtol=1e-5)
    # linear in longitude where it runs on
    east = (longitude + 180) % 360 - 180
    chosen = np.abs((lon + 180) % 360 - 180) < 170
    expected = linear(lat, (lon + 180) % 360 - 180)[chosen]
    np.testing.assert_allclose(
        at(grid, linear(latitude, east), lat, lon)[chosen], expected, rtol=1e-5
    )
    # no grid point reaches the pole
    assert np.isnan(at(grid, values, [89.9], [0.0]))[0]
    # a real field lies between its corners, near the nearest value
    nearest = at(grid, values, lat, lon, method="nearest")
    assert np.abs(at(grid, values, lat, lon) - nearest).max() < 0.2 * np.ptp(values)


# -- nearest ---------------------------------------------------------------------------------------


def test_nearest_goes_by_great_circle():
    # at 80°N a degree of longitude is 0.17 of one of latitude
    grid = Grid("regular", np.array([80.0, 81.0, 82.0]), np.array([0.0, 4.0, 8.0]))
    field = np.arange(9.0).reshape(3, 3)
    # from (80.6, 1.9): to (81, 0) 0.4° and 1.9·cos 80.6 = 0.31°; to (80, 0) 0.6° north
    assert at(grid, field, [80.6], [1.9], method="nearest").tolist() == [3]
    assert at(grid, field, [80.6], [361.9], method="nearest").tolist() == [3]


def test_k_nearest_weighs_by_inverse_distance():
    grid = Grid("unstructured", np.zeros(4), np.array([0.0, 1.0, 3.0, 9.0]))
    # distances 1, 2 and (a third) 2.5 … on the equator: from 0.25, 0.25 0.75 2.75 8.75
    weights = np.array([1 / 0.25, 1 / 0.75])
    options = {"method": "k-nearest", "neighbours": 2}
    found = at(grid, [10.0, 20.0, 40.0, 80.0], [0.0], [0.25], max_distance_km=400.0, **options)
    assert found[0] == pytest.approx((weights @ [10, 20]) / weights.sum(), rel=1e-4)
    # what lies beyond the greatest distance does not count: 0.75° are 83 km
    found = at(grid, [10.0, 20.0, 40.0, 80.0], [0.0], [0.25], max_distance_km=80.0, **options)
    assert found.tolist() == [10]
    # at a grid point, its value
    assert at(grid, [10.0, np.nan, 40.0, 80.0], [0.0], [0.0], **options).tolist() == [10]
    many = at(grid, [10.0, 20, 40, 80], [0.0], [0.5], method="k-nearest", neighbours=99)
    assert 10 < many[0] < 80


@pytest.mark.parametrize("method", ["nearest", "k-nearest"])
def test_too_far_from_any_point_is_outside(method):
    grid = Grid("regular", np.arange(30.0, 40.0), np.arange(100.0, 110.0))
    field = np.ones(grid.shape)
    # rows are 111 km apart: 1.4° off is within one and a half rows, 1.6° is not
    found = at(grid, field, [40.4, 40.6, 35.5], [105.0, 105.0, 105.5], method=method)
    np.testing.assert_array_equal(found, [1, np.nan, 1])
    with pytest.raises(InputError, match=r"1 of 1 places .*30…39°N, 100…109°E\): x$"):
        at(grid, field, [41.0], [105.0], method=method, names=np.array(["x"]))
    assert at(grid, field, [41.0], [105.0], method=method, max_distance_km=250)[0] == 1


def test_within_a_grid_nothing_is_too_far_even_near_the_pole():
    grid = Grid("regular", np.linspace(90, -90, 91), np.arange(0.0, 360.0, 2.0))
    rng = np.random.default_rng(7)
    lat, lon = rng.uniform(-90, 90, 3000), rng.uniform(-180, 180, 3000)
    found = at(
        grid, np.broadcast_to(grid.latitude[:, None], grid.shape), lat, lon, method="nearest"
    )
    assert np.abs(found - lat).max() <= 1.0001
    wrf = turned_grid()
    found = at(wrf, linear(wrf.latitude, wrf.longitude), [38.0], [112.0], method="nearest")
    assert found[0] == pytest.approx(linear(38, 112), abs=0.4)


# -- extents in messages ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("longitude", "expected"),
    [
        (np.arange(0.0, 360.0, 5.0), "all longitudes"),
        (np.arange(-180.0, 181.0, 5.0), "all longitudes"),
        (np.array([170.0, 175.0, 180.0, -175.0]), "170…-175°E"),
        (np.array([350.0, 355.0, 0.0, 5.0]), "-10…5°E"),
        (np.array([116.4]), "116.4…116.4°E"),
    ],
)
def test_extent_runs_eastward(longitude, expected):
    assert Grid("regular", np.array([10.0, 12.0]), longitude).extent == f"10…12°N, {expected}"
