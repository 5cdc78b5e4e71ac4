"""Grids of GRIB: every order of values, every kind of grid, winds along the axes."""

from __future__ import annotations

import numpy as np
import pytest
from grib_messages import NI, NJ, ec, message, written

from forecast.errors import InputError
from forecast.weather.opening import open_weather


def linear(latitude, longitude):
    return 10 * latitude + longitude / 10


@pytest.mark.parametrize("edition", [1, 2])
@pytest.mark.parametrize("by_columns", [0, 1])
@pytest.mark.parametrize("westward", [0, 1])
@pytest.mark.parametrize("northward", [0, 1])
def test_every_scanning_order_puts_values_where_they_belong(
    tmp_path, edition, by_columns, westward, northward
):
    lat = np.array([40.0, 35.0, 30.0])[:: -1 if northward else 1]
    lon = np.array([100.0, 110.0, 120.0, 130.0])[:: -1 if westward else 1]
    values = linear(lat[:, None], lon[None, :])
    data = message(
        values.T if by_columns else values,
        f"regular_ll_sfc_grib{edition}",
        iScansNegatively=westward,
        jScansPositively=northward,
        jPointsAreConsecutive=by_columns,
        latitudeOfFirstGridPointInDegrees=lat[0],
        latitudeOfLastGridPointInDegrees=lat[-1],
        longitudeOfFirstGridPointInDegrees=lon[0],
        longitudeOfLastGridPointInDegrees=lon[-1],
        shortName="2t",
    )
    found = open_weather(written(tmp_path / "a.grib", data))["t2m"]
    assert found.dims == ("issue", "lead", "member", "latitude", "longitude")
    np.testing.assert_allclose(found["latitude"], lat, atol=1e-9)  # the order of the file
    np.testing.assert_allclose(found["longitude"], lon, atol=1e-9)
    assert found.dtype == np.float32
    for y in (30, 35, 40):
        for x in (100, 110, 120, 130):
            value = found.sel(latitude=y, longitude=x).item()
            assert value == pytest.approx(linear(y, x), abs=1e-3)


@pytest.mark.parametrize("by_columns", [0, 1])
def test_rows_that_run_to_and_fro(tmp_path, by_columns):
    values = np.arange(12.0).reshape(NJ, NI) + 280
    lines = (values.T if by_columns else values).copy()
    lines[1::2] = lines[1::2, ::-1]
    data = bytearray(message(lines, shortName="2t", jPointsAreConsecutive=by_columns))
    at = data.index(bytes([0, 0, 0, 72, 3]))  # section 3 has 72 octets, the last is the scanning
    data[at + 71] |= 0b00010000
    found = open_weather(written(tmp_path / "a.grib2", bytes(data)))["t2m"]
    np.testing.assert_allclose(found.values[0, 0, 0], values, atol=1e-4)
    np.testing.assert_allclose(found["longitude"], [100, 110, 120, 130])


def test_longitudes_run_on_across_the_jump(tmp_path):
    data = message(
        np.tile(np.arange(4.0), 3),
        shortName="2t",
        longitudeOfFirstGridPointInDegrees=340,
        longitudeOfLastGridPointInDegrees=10,
    )
    found = open_weather(written(tmp_path / "a.grib2", data))["t2m"]
    np.testing.assert_allclose(found["longitude"], [-20, -10, 0, 10], atol=1e-9)
    np.testing.assert_allclose(found.values[0, 0, 0, 1], [0, 1, 2, 3], atol=1e-5)


def test_world_that_starts_at_the_date_line(tmp_path):
    """ECMWF's open data run from 180 to 179.75."""
    keys = {"Ni": 36, "longitudeOfFirstGridPointInDegrees": 180}
    keys |= {"longitudeOfLastGridPointInDegrees": 170, "shortName": "2t"}
    data = message(np.tile(np.arange(36.0), 3), **keys)
    longitude = open_weather(written(tmp_path / "a.grib2", data))["longitude"]
    np.testing.assert_allclose(longitude, np.arange(-180, 180, 10), atol=1e-9)


def directly(data):
    """Latitude, longitude and value of every point, read by ecCodes alone."""
    handle = ec.codes_new_from_message(data)
    points = [(p["lat"], p["lon"], p["value"]) for p in ec.codes_grib_get_data(handle)]
    ec.codes_release(handle)
    return np.array(points).T


@pytest.mark.parametrize("edition", [1, 2])
def test_reduced_gaussian_is_unstructured(tmp_path, edition):
    sample = f"reduced_gg_sfc_grib{edition}"
    size = ec.codes_get_size(ec.codes_grib_new_from_samples(sample), "values")
    data = message(np.linspace(250, 300, size), sample, shortName="2t")
    found = open_weather(written(tmp_path / "a.grib", data))["t2m"]
    assert found.dims == ("issue", "lead", "member", "point")
    lat, lon, value = directly(data)
    np.testing.assert_allclose(found["latitude"], lat)
    np.testing.assert_allclose(found["longitude"], lon)
    np.testing.assert_allclose(found.values[0, 0, 0], value, rtol=1e-6)
    assert np.ptp(found.values) > 49


def test_regular_gaussian_is_regular(tmp_path):
    data = message(np.arange(128 * 64.0), "regular_gg_sfc_grib2", shortName="2t")
    found = open_weather(written(tmp_path / "a.grib2", data))["t2m"]
    assert found.dims[3:] == ("latitude", "longitude") and found.shape[3:] == (64, 128)
    lat, lon, value = directly(data)
    picked = found.sel(latitude=found["latitude"][10], longitude=found["longitude"][20]).item()
    at = 10 * 128 + 20
    assert picked == pytest.approx(value[at])
    assert found["latitude"][10] == pytest.approx(lat[at])
    assert found["longitude"][20] == pytest.approx(lon[at])


LAMBERT = {
    "gridType": "lambert",
    "Nx": 5,
    "Ny": 4,
    "latitudeOfFirstGridPointInDegrees": 25,
    "longitudeOfFirstGridPointInDegrees": 100,
    "LaDInDegrees": 40,
    "LoVInDegrees": 110,
    "DxInMetres": 300_000,
    "DyInMetres": 300_000,
    "Latin1InDegrees": 40,
    "Latin2InDegrees": 40,
    "jScansPositively": 1,
}


def lambert(values, short, along_axes):
    handle = ec.codes_grib_new_from_samples("regular_ll_sfc_grib2")
    for key, value in (LAMBERT | {"bitsPerValue": 24, "shortName": short}).items():
        ec.codes_set(handle, key, value)
    ec.codes_set(handle, "uvRelativeToGrid", along_axes)
    ec.codes_set_values(handle, np.asarray(values, float).ravel())
    return ec.codes_get_message(handle)


def test_lambert_is_curvilinear(tmp_path):
    data = lambert(np.arange(20.0), "2t", 0)
    found = open_weather(written(tmp_path / "a.grib2", data))["t2m"]
    assert found.dims[3:] == ("y", "x") and found.shape[3:] == (4, 5)
    lat, lon, value = directly(data)
    np.testing.assert_allclose(found["latitude"], lat.reshape(4, 5))
    np.testing.assert_allclose(found["longitude"], lon.reshape(4, 5))
    np.testing.assert_allclose(found.values[0, 0, 0], value.reshape(4, 5), rtol=1e-6)


def test_winds_along_the_axes_are_turned_to_east_and_north(tmp_path):
    """Formula of NCEP for Lambert grids: the angle is sin(Latin) times (longitude − LoV)."""
    u, v = np.full(20, 8.0), np.full(20, -3.0)
    file = written(tmp_path / "a.grib2", lambert(u, "10u", 1), lambert(v, "10v", 1))
    found = open_weather(file)
    turn = np.deg2rad(np.sin(np.deg2rad(40)) * (found["longitude"].values - 110))
    east = np.cos(turn) * 8.0 + np.sin(turn) * -3.0
    north = -np.sin(turn) * 8.0 + np.cos(turn) * -3.0
    # the angle is taken from the points: 300 km apart, it is off by up to 0.002 rad
    np.testing.assert_allclose(found["u10"].values[0, 0, 0], east, atol=0.02)
    np.testing.assert_allclose(found["v10"].values[0, 0, 0], north, atol=0.02)
    speed = np.hypot(found["u10"].values, found["v10"].values)
    np.testing.assert_allclose(speed, np.hypot(8, 3), rtol=1e-6)
    assert np.abs(found["u10"].values - 8).max() > 0.2


def test_winds_already_to_east_and_north_stay(tmp_path):
    file = written(tmp_path / "a.grib2", lambert(np.full(20, 8.0), "10u", 0))
    assert (open_weather(file)["u10"].values == 8).all()


def test_a_wind_that_cannot_be_turned_is_refused(tmp_path):
    file = written(tmp_path / "a.grib2", lambert(np.full(20, 8.0), "10u", 1))
    with pytest.raises(InputError, match=r"a\.grib2: u10 is along the axes .* v10 is not there"):
        open_weather(file)
