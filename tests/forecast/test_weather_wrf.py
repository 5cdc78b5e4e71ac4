"""WRF output: names, times, grid, winds turned to earth, rain, levels, chemistry, and damage."""

from __future__ import annotations

import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.weather import open_weather
from forecast.weather.containers.projections import Cone, Mercator
from forecast.weather.containers.raw_netcdf import RawNetcdf
from forecast.weather.containers.wind_rotation import WindRotation, angle_of_grid
from forecast.weather.containers.wrf_grid import WrfGrid
from forecast.weather.containers.wrf_levels import to_pressure

LAMBERT = {"MAP_PROJ": 1, "TRUELAT1": 25.0, "TRUELAT2": 40.0, "STAND_LON": 110.0}
SURFACE = ("Time", "south_north", "west_east")
VOLUME = ("Time", "bottom_top", "south_north", "west_east")
FACES = ("Time", "bottom_top_stag", "south_north", "west_east")
START = "2015-12-01_00:00:00"


def projected(projection, *, size=(6, 7), cell=9000.0, corner=(36.0, 114.0)):
    """Latitude and longitude of a grid of cells from a corner."""
    x, y = projection.forward(*map(np.array, corner))
    row, column = np.mgrid[: size[0], : size[1]]
    return projection.inverse(x + cell * column, y + cell * row)


def write(path: Path, fields=None, *, hours=(0, 6, 12), places=None, form="NETCDF4", **attributes):
    """A wrfout file with fields {name: (dims, values or number, units)} on 4 levels."""
    places = places or projected(Cone.lambert(25.0, 40.0, 110.0))
    rows, columns = places[0].shape[-2:]
    sizes = {"south_north": rows, "west_east": columns, "bottom_top": 4}
    path.unlink(missing_ok=True)  # a file still open keeps its lock
    with netCDF4.Dataset(path, "w", format=form) as file:
        file.createDimension("Time", None)
        file.createDimension("DateStrLen", 19)
        for name, size in sizes.items():
            file.createDimension(name, size)
            file.createDimension(f"{name}_stag", size + 1)
        file.setncatts({"TITLE": " OUTPUT FROM WRF V4.1 MODEL", "SIMULATION_START_DATE": START})
        file.setncatts({"START_DATE": START, "DX": 9000.0, "DY": 9000.0, **LAMBERT, **attributes})
        times = file.createVariable("Times", "S1", ("Time", "DateStrLen"))
        for k, hour in enumerate(hours):
            text = f"2015-12-{1 + hour // 24:02d}_{hour % 24:02d}:00:00"
            times[k] = np.array(list(text), "S1")
        for name, values in zip(("XLAT", "XLONG"), places, strict=True):
            add(file, name, SURFACE, values, "degree", len(hours))
        for name, (dims, values, units) in (fields or {}).items():
            add(file, name, dims, values, units, len(hours))
    return path


def add(file, name, dims, values, units, times):
    variable = file.createVariable(name, "f4", dims)
    if units is not None:
        variable.units = units
    shape = tuple(times if d == "Time" else len(file.dimensions[d]) for d in dims)
    variable[:] = np.broadcast_to(values, shape)


def column(values):
    """Values of the levels, the same everywhere."""
    return np.asarray(values, float)[:, None, None]


LEVELS = {
    "P": (VOLUME, 100.0, "Pa"),
    "PB": (VOLUME, column([89900.0, 79900.0, 69900.0, 39900.0]), "Pa"),
    "T": (VOLUME, column([0.0, 5.0, 10.0, 30.0]), "K"),
    "QVAPOR": (VOLUME, 0.25, "kg kg-1"),
    "PH": (FACES, 0.0, "m2 s-2"),
    "PHB": (FACES, column([0.0, 19613.3, 39226.6, 58839.9, 98066.5]), "m2 s-2"),
}
T2 = {"T2": (SURFACE, 280.0, "K")}


# --- the real files -----------------------------------------------------------------------------


@pytest.mark.real
def test_cropped_real_file(real_data):
    path = real_data / "formats" / "wrfout_cropped.nc"
    data = open_weather(path)
    assert data.attrs["product"] == "wrf"
    assert data["issue"].values == np.datetime64("2008-10-26T12:00")
    assert (data["lead"].values == np.array([0, 3, 6, 9], "m8[h]")).all()
    assert data["member"].values.tolist() == [0]
    assert data["t2m"].dims == ("issue", "lead", "member", "y", "x")
    assert "u10" not in data and "u850" not in data and "tp" not in data
    with netCDF4.Dataset(path) as raw:
        np.testing.assert_array_equal(data["latitude"], raw["XLAT"][0])
        np.testing.assert_array_equal(data["longitude"], raw["XLONG"][0])
        np.testing.assert_allclose(data["t2m"][0, :, 0], raw["T2"][:], atol=1e-3)
        pressure = (raw["P"][2] + raw["PB"][2]).filled().astype(float)
        theta = (raw["T"][2] + 300).filled().astype(float)
        vapour = raw["QVAPOR"][2].filled().astype(float)
        faces = (raw["PH"][2] + raw["PHB"][2]).filled() / 9.80665
    temperature = theta * (pressure / 1e5) ** (2 / 7)
    profiles = {
        "t": temperature,
        "q": vapour / (1 + vapour),
        "gh": (faces[1:] + faces[:-1]) / 2,
    }
    missing = 0
    for name, profile in profiles.items():
        for level in (850, 500):
            ours = data[f"{name}{level}"][0, 2, 0].values
            for j, i in ((0, 0), (3, 20), (12, 5), (25, 25), (24, 2)):
                p = np.log(pressure[::-1, j, i])
                at = np.log(level * 100)
                alone = np.interp(at, p, profile[::-1, j, i], left=np.nan, right=np.nan)
                np.testing.assert_allclose(ours[j, i], alone, rtol=3e-5)
                missing += bool(np.isnan(alone))
    assert 0 < missing < 20, "both ground and air among the points"


@pytest.mark.real
def test_real_nest_that_moves(real_data):
    """The grid covers all places of the nest; each time lies where its own XLAT and XLONG say."""
    path = real_data / "formats" / "wrfout_d01_4times.nc"
    data = open_weather(path)
    assert data.attrs["product"] == "wrf"
    assert data["issue"].values == np.datetime64("2005-08-28T00:00")
    assert (data["lead"].values == np.array([12, 15, 18, 21], "m8[h]")).all()
    # 3 + 6 + 3 cells north, 6 + 3 + 6 cells west over the four times
    assert data.sizes["y"] == 48 + 12 and data.sizes["x"] == 48 + 15
    places = np.stack([data["latitude"].values, data["longitude"].values])
    with netCDF4.Dataset(path) as raw:
        for k in range(4):
            for j, i in ((0, 0), (47, 0), (20, 33), (47, 47)):
                there = np.array([raw["XLAT"][k, j, i], raw["XLONG"][k, j, i]])[:, None, None]
                off = np.abs(places - there).max(axis=0)
                y, x = np.unravel_index(off.argmin(), off.shape)
                assert off[y, x] < 1e-4
                at = data.isel(issue=0, lead=k, member=0, y=y, x=x)
                assert at["t2m"] == raw["T2"][k, j, i]
                assert at["sp"] == raw["PSFC"][k, j, i]
                # a Mercator map: east is along the rows
                assert at["u10"] == raw["U10"][k, j, i] and at["v10"] == raw["V10"][k, j, i]
                ratio = float(raw["Q2"][k, j, i])
                np.testing.assert_allclose(at["q2"], ratio / (1 + ratio), rtol=1e-6)
                rain = sum(float(raw[n][k, j, i]) for n in ("RAINC", "RAINNC", "RAINSH"))
                np.testing.assert_allclose(at["tp"], rain, rtol=1e-6)
            assert np.isfinite(data["t2m"][0, k, 0].values).sum() == 48 * 48
    assert (data["tp_start"].values == np.timedelta64(0)).all()
    assert data["t2m"].attrs["units"] == "K" and data["tp"].attrs["units"] == "mm"


@pytest.mark.real
def test_real_wind_aloft_is_unstaggered(real_data):
    path = real_data / "formats" / "wrfout_d01_4times.nc"
    data = open_weather(path)
    with netCDF4.Dataset(path) as raw:
        pressure = (raw["P"][0] + raw["PB"][0])[:, 10, 30].filled().astype(float)
        east = (raw["U"][0, :, 10, 30] + raw["U"][0, :, 10, 31]).astype(float) / 2
        there = [float(raw[n][0, 10, 30]) for n in ("XLAT", "XLONG")]
    off = np.hypot(data["latitude"] - there[0], data["longitude"] - there[1]).values
    y, x = np.unravel_index(off.argmin(), off.shape)
    alone = np.interp(np.log(85000), np.log(pressure[::-1]), east[::-1])
    np.testing.assert_allclose(data["u850"][0, 0, 0, y, x], alone, rtol=1e-4)


@pytest.mark.real
def test_angle_is_that_of_the_real_grid(real_data):
    """By the staggered points left and right of a place, which the angle is not made from."""
    path = real_data / "formats" / "wrfout_cropped.nc"
    file = RawNetcdf(path)
    angle = WindRotation(file, WrfGrid(file)).angle
    with netCDF4.Dataset(path) as raw:
        lat, lon = raw["XLAT_U"][0].filled().astype(float), raw["XLONG_U"][0].filled().astype(float)
        middle = raw["XLAT"][0].filled().astype(float)
    north = lat[:, 1:] - lat[:, :-1]
    east = (lon[:, 1:] - lon[:, :-1]) * np.cos(np.deg2rad(middle))
    np.testing.assert_allclose(angle, np.arctan2(north, east), atol=2e-4)
    assert np.rad2deg(np.abs(angle)).max() > 1.5, "a grid that is turned"


# --- winds --------------------------------------------------------------------------------------

PROJECTIONS = {
    "lambert": (Cone.lambert(25.0, 40.0, 110.0), (36.0, 114.0), LAMBERT),
    "southern lambert": (
        Cone.lambert(-30.0, -30.0, 140.0),
        (-36.0, 150.0),
        {"MAP_PROJ": 1, "TRUELAT1": -30.0, "TRUELAT2": -30.0, "STAND_LON": 140.0},
    ),
    "polar": (
        Cone.polar(1, 60.0, -98.0),
        (70.0, -60.0),
        {"MAP_PROJ": 2, "TRUELAT1": 60.0, "TRUELAT2": 60.0, "STAND_LON": -98.0},
    ),
    "southern polar": (
        Cone.polar(-1, -71.0, 170.0),
        (-75.0, -178.0),
        {"MAP_PROJ": 2, "TRUELAT1": -71.0, "TRUELAT2": -71.0, "STAND_LON": 170.0},
    ),
    "mercator": (
        Mercator(20.0, 110.0),
        (20.0, 179.9),
        {"MAP_PROJ": 3, "TRUELAT1": 20.0, "TRUELAT2": 0.0, "STAND_LON": 110.0},
    ),
}


@pytest.mark.parametrize("kind", PROJECTIONS)
def test_stated_and_geometric_angle_agree(kind, tmp_path):
    projection, corner, attributes = PROJECTIONS[kind]
    places = projected(projection, corner=corner)
    path = write(tmp_path / "wrfout", T2, places=places, **attributes)
    stated = WindRotation(RawNetcdf(path), WrfGrid(RawNetcdf(path))).angle
    # the file keeps the coordinates in single precision, a metre or so of 9 km
    np.testing.assert_allclose(stated, angle_of_grid(*places), atol=1e-3)
    assert ("mercator" in kind) == (np.abs(stated).max() < 1e-6)


def test_eastward_wind_comes_back_eastward(tmp_path):
    """Winds are made to blow east by the bearing between neighbours, then turned back."""
    lat, lon = projected(Cone.lambert(25.0, 40.0, 110.0), size=(5, 40), cell=50_000.0)
    north = np.gradient(lat, axis=1)
    east = np.gradient(lon, axis=1) * np.cos(np.deg2rad(lat))
    bearing = np.arctan2(north, east)[:, 1:-1]
    blow = np.zeros((2, *lat.shape))
    blow[0, :, 1:-1], blow[1, :, 1:-1] = 10 * np.cos(bearing), -10 * np.sin(bearing)
    fields = {"U10": (SURFACE, blow[0], "m s-1"), "V10": (SURFACE, blow[1], "m s-1")}
    data = open_weather(write(tmp_path / "wrfout", fields, places=(lat, lon)))
    np.testing.assert_allclose(data["u10"][0, 0, 0, :, 1:-1], 10.0, atol=1e-2)
    np.testing.assert_allclose(data["v10"][0, 0, 0, :, 1:-1], 0.0, atol=1e-2)
    assert np.rad2deg(np.abs(bearing)).max() > 5


def test_angle_by_hand(tmp_path):
    """One parallel of 30: the cone is 1/2; 20 degrees east of the meridian, x points 10 south."""
    kind = {"MAP_PROJ": 1, "TRUELAT1": 30.0, "TRUELAT2": 30.0, "STAND_LON": 90.0}
    places = projected(Cone.lambert(30.0, 30.0, 90.0), corner=(35.0, 110.0))
    fields = {"U10": (SURFACE, 1.0, "m s-1"), "V10": (SURFACE, 0.0, "m s-1")}
    data = open_weather(write(tmp_path / "wrfout", fields, places=places, **kind))
    at = data.isel(issue=0, lead=0, member=0, y=0, x=0)
    np.testing.assert_allclose([at["u10"], at["v10"]], [0.98480775, -0.17364818], atol=1e-6)


def test_cosalpha_comes_first_and_rotated_pole_by_the_grid(tmp_path):
    """Without a usable map projection, COSALPHA and the grid itself give the same winds."""
    places = projected(Cone.lambert(25.0, 40.0, 110.0), corner=(36.0, 125.0))
    angle = angle_of_grid(*places)
    wind = {"U10": (SURFACE, 3.0, "m s-1"), "V10": (SURFACE, 4.0, "m s-1")}
    turned = {
        "COSALPHA": (SURFACE, np.cos(angle), ""),
        "SINALPHA": (SURFACE, np.sin(angle), ""),
    }
    pole = {"MAP_PROJ": 6, "POLE_LAT": 40.0, "POLE_LON": 180.0}
    stated = open_weather(write(tmp_path / "a", {**wind, **turned}, places=places, **pole))
    lying = open_weather(write(tmp_path / "b", wind, places=places, **pole))
    for name in ("u10", "v10"):
        np.testing.assert_allclose(stated[name], lying[name], atol=2e-3)
    # cone 0.5365 · 15 degrees = 8.05 degrees
    expected = 3 * np.cos(np.deg2rad(8.05)) + 4 * np.sin(np.deg2rad(8.05))
    np.testing.assert_allclose(lying["u10"][0, 0, 0, 0, 0], expected, atol=1e-2)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"STAND_LON": 90.0}, "MAP_PROJ 1"),
        ({"MAP_PROJ": 3}, "MAP_PROJ 3"),
    ],
)
def test_wrong_projection_does_not_turn_the_wind(change, says, tmp_path):
    wind = {"U10": (SURFACE, 3.0, "m s-1"), "V10": (SURFACE, 4.0, "m s-1")}
    places = projected(Cone.lambert(25.0, 40.0, 110.0), corner=(36.0, 125.0))
    data = open_weather(write(tmp_path / "wrfout", wind, places=places, **change))
    with pytest.raises(InputError, match=f"wrfout: by {says}.*expected the same"):
        data["u10"].load()


def test_wrong_cosalpha_is_refused(tmp_path):
    places = projected(Cone.lambert(25.0, 40.0, 110.0), corner=(36.0, 125.0))
    angle = angle_of_grid(*places)
    wind = {"U10": (SURFACE, 3.0, "m s-1"), "V10": (SURFACE, 4.0, "m s-1")}
    cosine = (SURFACE, np.cos(angle), "")
    mirrored = {**wind, "COSALPHA": cosine, "SINALPHA": (SURFACE, -np.sin(angle), "")}
    with pytest.raises(InputError, match="wrfout: by COSALPHA and SINALPHA"):
        open_weather(write(tmp_path / "wrfout", mirrored, places=places))["u10"].load()
    nought = {**wind, "COSALPHA": cosine, "SINALPHA": (SURFACE, 0.0, "")}
    with pytest.raises(InputError, match="not cosine and sine of one angle"):
        open_weather(write(tmp_path / "wrfout", nought, places=places))["v10"].load()


@given(u=st.floats(-90, 90), v=st.floats(-90, 90), east=st.floats(-170, 170))
def test_turning_keeps_the_speed(u, v, east):
    class Turned(WindRotation):
        angle = Cone.lambert(25.0, 40.0, 0.0).angle(np.array([[east]]))

    turn = Turned(None, None)
    wind = np.array([[u]]), np.array([[v]])
    speed = np.hypot(turn.east(*wind), turn.north(*wind))
    np.testing.assert_allclose(speed, np.hypot(u, v), rtol=1e-12, atol=1e-12)


def test_one_component_gives_no_wind(tmp_path):
    data = open_weather(write(tmp_path / "wrfout", {**T2, "U10": (SURFACE, 3.0, "m s-1")}))
    assert set(data) == {"t2m"}


# --- levels -------------------------------------------------------------------------------------


def test_levels_by_hand(tmp_path):
    """Pressures 900, 800, 700, 400 hPa; heights of the layers 1000, 3000, 5000, 8000 m."""
    data = open_weather(write(tmp_path / "wrfout", LEVELS)).isel(
        issue=0, lead=1, member=0, y=2, x=3
    )
    share = np.log(900 / 850) / np.log(900 / 800)
    np.testing.assert_allclose(data["gh850"], 1000 + 2000 * share, rtol=1e-5)
    low, high = 300 * 0.9 ** (2 / 7), 305 * 0.8 ** (2 / 7)
    np.testing.assert_allclose(data["t850"], low + share * (high - low), rtol=1e-6)
    np.testing.assert_allclose(data["q850"], 0.2, rtol=1e-6)  # 0.25 / 1.25
    np.testing.assert_allclose(data["gh700"], 5000.0, rtol=1e-5)
    assert np.isnan(data["gh925"]) and np.isnan(data["t1000"]), "below the lowest level"
    assert np.isfinite(data["t500"])


def test_each_time_has_its_own_pressure(tmp_path):
    """The layer at 3000 m lies at 800, 820 and 840 hPa."""
    rising = np.array([100.0, 2100.0, 4100.0])[:, None, None, None]
    path = write(tmp_path / "wrfout", {**LEVELS, "P": (VOLUME, rising, "Pa")})
    heights = open_weather(path)["gh850"][0, :, 0, 2, 3].values
    for height, more in zip(heights, (0, 20, 40), strict=True):
        share = np.log((900 + more) / 850) / np.log((900 + more) / (800 + more))
        np.testing.assert_allclose(height, 1000 + 2000 * share, rtol=1e-5)


def test_moist_potential_temperature(tmp_path):
    """Theta 300 K with 0.25 of vapour is kept as 300 · (1 + 461.6 / 287 · 0.25) = 420.6 K."""
    moist = {**LEVELS, "T": (VOLUME, 300 * (1 + 461.6 / 287 / 4) - 300, "K")}
    path = write(tmp_path / "wrfout", moist, USE_THETA_M=1)
    with netCDF4.Dataset(path, "a") as file:
        file["T"].description = "either 1) pert moist pot temp=(1+Rv/Rd Qv)*(theta)-T0"
    data = open_weather(path)
    np.testing.assert_allclose(data["t700"], 300 * 0.7 ** (2 / 7), rtol=1e-6)


def test_wind_on_levels_is_unstaggered_and_turned(tmp_path):
    wind = {
        "U": (("Time", "bottom_top", "south_north", "west_east_stag"), np.arange(8.0), "m s-1"),
        "V": (
            ("Time", "bottom_top", "south_north_stag", "west_east"),
            np.arange(7.0)[:, None] * 10,
            "m s-1",
        ),
    }
    path = write(tmp_path / "wrfout", {**LEVELS, **wind})
    data = open_weather(path).isel(issue=0, lead=0, member=0, y=2, x=3)
    file = RawNetcdf(path)
    angle = float(WindRotation(file, WrfGrid(file)).angle[2, 3])
    u, v = 3.5, 25.0
    np.testing.assert_allclose(data["u700"], u * np.cos(angle) - v * np.sin(angle), rtol=1e-5)
    np.testing.assert_allclose(data["v700"], v * np.cos(angle) + u * np.sin(angle), rtol=1e-5)


@given(st.lists(st.floats(100.0, 100_000.0), min_size=3, max_size=6, unique=True), st.data())
def test_interpolation_is_exact_on_a_log_linear_profile(pressures, data):
    pressure = np.sort(np.array(pressures))[::-1].reshape(-1, 1, 1)
    wanted = data.draw(st.floats(50.0, 120_000.0))
    found = to_pressure(7.0 - 2.0 * np.log(pressure), pressure, wanted).item()
    if pressure.min() <= wanted <= pressure.max():
        assert found == pytest.approx(7.0 - 2.0 * np.log(wanted), rel=1e-4, abs=1e-4)
    else:
        assert np.isnan(found)


# --- rain, times, chemistry, laziness -------------------------------------------------------------


def test_rain_with_emptied_buckets(tmp_path):
    parts = {
        "RAINC": (SURFACE, 1.0, "mm"),
        "RAINNC": (SURFACE, 2.5, "mm"),
        "I_RAINC": (SURFACE, 1.0, ""),
        "I_RAINNC": (SURFACE, 3.0, ""),
        "RAINSH": (SURFACE, 0.5, "mm"),
    }
    data = open_weather(write(tmp_path / "wrfout", parts, BUCKET_MM=100.0))
    np.testing.assert_allclose(data["tp"], 1.0 + 2.5 + 0.5 + 100 * (1 + 3))
    without = open_weather(write(tmp_path / "wrfout", parts, BUCKET_MM=-1.0))
    np.testing.assert_allclose(without["tp"], 4.0)
    del parts["I_RAINNC"]
    with pytest.raises(InputError, match="wrfout: variable I_RAINNC is missing"):
        open_weather(write(tmp_path / "wrfout", parts, BUCKET_MM=100.0))


@pytest.mark.parametrize(
    ("parts", "schemes", "expected"),
    [
        (("RAINNC",), {"CU_PHYSICS": 0}, 2.0),
        (("RAINNC",), {"CU_PHYSICS": 1}, None),
        (("RAINNC",), {}, None),
        (("RAINC",), {"CU_PHYSICS": 1}, None),
        (("RAINNC", "RAINC"), {"CU_PHYSICS": 1, "SHCU_PHYSICS": 2}, None),
        (("RAINNC", "RAINC"), {"CU_PHYSICS": 1, "SHCU_PHYSICS": 0}, 4.0),
    ],
)
def test_rain_only_where_all_of_it_is_there(parts, schemes, expected, tmp_path):
    rain = dict.fromkeys(parts, (SURFACE, 2.0, "mm"))
    data = open_weather(write(tmp_path / "wrfout", {**T2, **rain}, **schemes))
    assert ("tp" in data) == (expected is not None)
    if expected is not None:
        np.testing.assert_allclose(data["tp"], expected)


def test_sunshine_with_buckets(tmp_path):
    sun = {"ACSWDNB": (SURFACE, 5e5, "J m-2"), "I_ACSWDNB": (SURFACE, 2.0, "")}
    data = open_weather(write(tmp_path / "wrfout", sun, BUCKET_J=1e9))
    np.testing.assert_allclose(data["ssrd"], 2e9 + 5e5, rtol=1e-6)
    assert (data["ssrd_start"].values == np.timedelta64(0)).all()


def test_restart_keeps_the_start_of_the_simulation(tmp_path):
    path = write(tmp_path / "wrfout", T2, hours=(24, 30), START_DATE="2015-12-02_00:00:00")
    data = open_weather(path)
    assert data["issue"].values == np.datetime64("2015-12-01")
    assert (data["lead"].values == np.array([24, 30], "m8[h]")).all()
    assert (data["valid_time"].values == np.array([["2015-12-02T00", "2015-12-02T06"]], "M8")).all()


CHEMISTRY = {
    "PM2_5_DRY": (VOLUME, column([80.0, 1.0, 1.0, 1.0]), "ug m^-3"),
    "PM10": (VOLUME, column([120.0, 1.0, 1.0, 1.0]), "ug m^-3"),
    "o3": (VOLUME, column([0.05, 9.0, 9.0, 9.0]), "ppmv"),
    "no2": (VOLUME, 0.02, "ppmv"),
    "so2": (VOLUME, 0.01, "ppmv"),
    "co": (VOLUME, 2.0, "ppmv"),
}


def test_wrf_chem(tmp_path):
    title = " OUTPUT FROM WRF/CHEM V3.9.1.1 MODEL"
    data = open_weather(write(tmp_path / "wrfout", {**T2, **CHEMISTRY}, TITLE=title))
    assert data.attrs["product"] == "wrfchem"
    expected = {
        "pm25": 80.0,
        "pm10": 120.0,
        "o3": 50 * 1.962,  # ppb at 298.15 K and 1013.25 hPa
        "no2": 20 * 1.88,
        "so2": 10 * 2.62,
        "co": 2 * 1.145,  # mg m-3
        "t2m": 280.0,
    }
    for name, value in expected.items():
        np.testing.assert_allclose(data[name], value, rtol=1e-6)
    assert data["co"].attrs["units"] == "mg m-3" and data["o3"].attrs["units"] == "ug m-3"


def test_wrf_chem_in_wrong_units(tmp_path):
    aerosol = {**CHEMISTRY, "PM2_5_DRY": (VOLUME, 1.0, "ug/kg-dryair")}
    with pytest.raises(InputError, match="PM2_5_DRY: field pm25: unit 'ug/kg-dryair' is unknown"):
        open_weather(write(tmp_path / "wrfout", aerosol))


def test_reads_only_what_is_asked_for(tmp_path, monkeypatch):
    path = write(tmp_path / "wrfout", {**T2, **LEVELS})
    asked = []
    read = RawNetcdf.read

    def noted(self, name, rows=None):
        asked.append((name, rows))
        return read(self, name, rows)

    monkeypatch.setattr(RawNetcdf, "read", noted)
    data = open_weather(path)
    assert not {name for name, _ in asked} - {"Times", "XLAT", "XLONG"}
    asked.clear()
    values = data["t2m"].isel(lead=1).values
    assert values.shape == (1, 1, 6, 7) and (values == 280).all()
    assert [name for name, _ in asked] == ["T2"]
    assert list(asked[0][1]["Time"]) == [1]
    asked.clear()
    data["gh850"].isel(lead=2).values
    assert sorted(name for name, _ in asked) == ["P", "PB", "PH", "PHB"]


def test_names_and_units_given_by_the_user(tmp_path):
    path = write(tmp_path / "wrfout", {"T2MEAN": (SURFACE, 7.0, None)})
    data = open_weather(path, rename={"T2MEAN": "t2m"}, units={"t2m": "degC"})
    np.testing.assert_allclose(data["t2m"], 280.15)


def test_ignored_variables_are_named(tmp_path):
    data = open_weather(write(tmp_path / "wrfout", {**T2, "HGT": (SURFACE, 5.0, "m")}))
    assert data.attrs["ignored"] == "HGT"


def test_smoothed_coordinates_are_one_grid(tmp_path):
    """Feedback of a nest smooths the coordinates of its parent after the first time."""
    lat, lon = projected(Cone.lambert(25.0, 40.0, 110.0))
    moved = np.stack([lat, lat + 0.015, lat + 0.015])
    data = open_weather(write(tmp_path / "wrfout", T2, places=(moved, np.stack([lon] * 3))))
    np.testing.assert_allclose(data["latitude"], lat, atol=1e-5)


def test_moving_nest_on_a_cone(tmp_path):
    """Two cells east and one south, then five more south; the value is the time's number."""
    projection = Cone.lambert(25.0, 40.0, 110.0)
    x, y = projection.forward(np.array(36.0), np.array(114.0))
    row, col = np.mgrid[:6, :7]
    shifts = [(0, 0), (-1, 2), (-6, 2)]
    places = [projection.inverse(x + 9e3 * (col + i), y + 9e3 * (row + j)) for j, i in shifts]
    lat, lon = (np.stack(p) for p in zip(*places, strict=True))
    number = np.arange(3.0)[:, None, None]
    data = open_weather(
        write(tmp_path / "wrfout", {"T2": (SURFACE, number, "K")}, places=(lat, lon))
    )
    assert (data.sizes["y"], data.sizes["x"]) == (12, 9)
    for k, (j, i) in enumerate(shifts):
        window = data.isel(y=slice(6 + j, 12 + j), x=slice(i, i + 7))
        np.testing.assert_allclose(window["latitude"], lat[k], atol=1e-4)
        np.testing.assert_allclose(window["longitude"], lon[k], atol=1e-4)
        assert (window["t2m"][0, k, 0] == k).all()
        assert np.isfinite(data["t2m"][0, k, 0]).sum() == 42


# --- damage ---------------------------------------------------------------------------------------


def test_nest_that_moves_off_its_map(tmp_path):
    lat, lon = projected(Cone.lambert(25.0, 40.0, 110.0))
    moved = np.stack([lat, lat + 0.045, lat + 0.3])
    path = write(tmp_path / "wrfout", T2, places=(moved, np.stack([lon] * 3)))
    with pytest.raises(InputError, match="wrfout: XLAT and XLONG change with time, but not by"):
        open_weather(path)
    path = write(tmp_path / "wrfout", T2, places=(moved, np.stack([lon] * 3)), MAP_PROJ=203)
    with pytest.raises(InputError, match=r"wrfout: XLAT changes with time.*203"):
        open_weather(path)


DAMAGE = {
    "no times": (lambda f: f.renameVariable("Times", "Clock"), "variable Times is missing"),
    "times that are none": (
        lambda f: f["Times"].__setitem__(1, np.array(list("2015-13-01_00:00:00"), "S1")),
        "Times holds '2015-13-01_00:00:00' at 1",
    ),
    "a time twice": (
        lambda f: f["Times"].__setitem__(1, np.array(list(START), "S1")),
        "axis lead holds 0 days 00:00:00 twice",
    ),
    "a time before the start": (
        lambda f: f.setncattr("SIMULATION_START_DATE", "2015-12-01_03:00:00"),
        "before the simulation start 2015-12-01 03:00:00",
    ),
    "no start": (
        lambda f: f.setncattr("SIMULATION_START_DATE", "0000-00-00_00:00:00"),
        "attribute SIMULATION_START_DATE is '0000-00-00_00:00:00'",
    ),
    "no latitude": (lambda f: f.renameVariable("XLAT", "YLAT"), "variable XLAT is missing"),
    "a hole in the latitude": (
        lambda f: f["XLAT"].__setitem__((slice(None), 2, 2), np.nan),
        "latitude holds a value that is not within",
    ),
    "latitude in radians of nowhere": (
        lambda f: f["XLAT"].__setitem__(slice(None), 400.0),
        "latitude holds a value that is not within",
    ),
    "an idealised run": (
        lambda f: [f[n].__setitem__(slice(None), 0.0) for n in ("XLAT", "XLONG")],
        "XLAT and XLONG are the same everywhere",
    ),
    "no units": (lambda f: f["T2"].delncattr("units"), "T2: field t2m states no units; expected K"),
    "unknown units": (
        lambda f: f["T2"].setncattr("units", "furlong"),
        "T2: field t2m is in 'furlong'; expected K",
    ),
    "wrong axes": (
        lambda f: add(f, "PSFC", ("south_north", "west_east"), 1e5, "Pa", 3),
        r"variable PSFC lies on \(south_north, west_east\); expected \(Time,",
    ),
    "text instead of numbers": (
        lambda f: f.createVariable("PSFC", "S1", SURFACE),
        "variable PSFC is of type",
    ),
    "no field": (lambda f: f.renameVariable("T2", "T3"), "no known weather field as wrf"),
    "a cone that is none": (
        lambda f: [
            f.setncatts({"TRUELAT1": 90.0}),
            add(f, "U10", SURFACE, 1.0, "m s-1", 3),
            add(f, "V10", SURFACE, 1.0, "m s-1", 3),
        ],
        "standard parallels 90 and 40 make no cone",
    ),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_variants(kind, tmp_path):
    change, says = DAMAGE[kind]
    path = write(tmp_path / "wrfout", T2)
    with netCDF4.Dataset(path, "a") as file:
        change(file)
    with pytest.raises(InputError, match=f"wrfout.*{says}"):
        open_weather(path, "wrf").load()


def test_staggered_by_the_wrong_number(tmp_path):
    path = write(tmp_path / "wrfout", LEVELS)
    with netCDF4.Dataset(path, "a") as file:
        file.renameDimension("bottom_top_stag", "old")
        file.createDimension("bottom_top_stag", 9)
        for name in ("PH", "PHB"):
            file.renameVariable(name, f"{name}_old")
            add(file, name, FACES, 0.0, "m2 s-2", 3)
    with pytest.raises(InputError, match=r"PH has 9 points along bottom_top_stag.* the 4 of"):
        open_weather(path, "wrf")


@pytest.mark.parametrize("form", ["NETCDF4", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA"])
@pytest.mark.parametrize("share", [0.0, 0.05, 0.3, 0.6, 0.99])
def test_cut_off(form, share, tmp_path):
    path = write(tmp_path / "wrfout", {**T2, **LEVELS}, form=form)
    whole = open_weather(path)["t2m"].values
    assert (whole == 280).all()
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(InputError, match="wrfout"):
        open_weather(path)


def test_garbage(tmp_path):
    path = tmp_path / "wrfout"
    rng = np.random.default_rng(1)
    for start in (b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"CDF\x05", b""):
        path.write_bytes(start + rng.bytes(4000))
        with pytest.raises(InputError, match="wrfout"):
            open_weather(path, "wrf")


@pytest.mark.real
def test_damage_within_a_real_file(real_data, tmp_path):
    """A compressed block that cannot be unpacked names the file and the variable."""
    path = tmp_path / "wrfout.nc"
    shutil.copyfile(real_data / "formats" / "wrfout_cropped.nc", path)
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : 2 * third] = bytes(third)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"wrfout\.nc: .*(cannot be read|not a readable)"):
        open_weather(path, "wrf").load()
