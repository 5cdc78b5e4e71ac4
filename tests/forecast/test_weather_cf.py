"""CF NetCDF in every usual arrangement: times, members, levels, grids, packing, units."""

from __future__ import annotations

import itertools

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.weather import open_weather

LAT, LON = [41.0, 40.0, 39.0], [115.0, 116.0, 117.0, 118.0]
HOURS = np.array([6, 12, 18])
ISSUES = np.array(["2024-01-01T00", "2024-01-01T12"], "M8[ns]")
GROUND = {"units": "K"}


def coordinate(dims, values, units=None, **attributes):
    return (dims, values, {**({} if units is None else {"units": units}), **attributes})


def field(*sizes: int) -> np.ndarray:
    """270 + 100·i0 + 10·i1 + i2 … on the leading axes, + 0.1·row + 0.01·column on the grid."""
    steps = np.indices((*sizes, len(LAT), len(LON)), dtype=np.float64)
    weights = [*(100.0, 10.0, 1.0)[: len(sizes)], 0.1, 0.01]
    return 270 + sum(w * s for w, s in zip(weights, steps, strict=True))


def cfgrib_like(**changes) -> xr.Dataset:
    """(time, step, number, latitude, longitude) with attributes as cfgrib writes them."""
    since = "hours since 2024-01-01"
    coords = {
        "time": coordinate("time", [0, 12], since, standard_name="forecast_reference_time"),
        "step": coordinate("step", HOURS, "hours", standard_name="forecast_period"),
        "number": coordinate("number", [0, 1], "1", standard_name="realization"),
        "latitude": coordinate("latitude", LAT, "degrees_north", standard_name="latitude"),
        "longitude": coordinate("longitude", LON, "degrees_east", standard_name="longitude"),
        "valid_time": coordinate(
            ("time", "step"), [[6, 12, 18], [18, 24, 30]], since, standard_name="time"
        ),
        "heightAboveGround": coordinate((), 2.0, "m", positive="up", standard_name="height"),
    }
    dims = ("time", "step", "number", "latitude", "longitude")
    variables = {"t2m": (dims, field(2, 3, 2), {"units": "K", "standard_name": "air_temperature"})}
    return xr.Dataset(variables, {**coords, **changes}, {"GRIB_centre": "ecmf"})


def analyses(**changes) -> xr.Dataset:
    """(time, latitude, longitude), 3 hourly."""
    coords = {
        "time": coordinate("time", [0, 3, 6], "hours since 2024-01-01"),
        "latitude": coordinate("latitude", LAT, "degrees_north"),
        "longitude": coordinate("longitude", LON, "degrees_east"),
    }
    dims = ("time", "latitude", "longitude")
    return xr.Dataset({"t2m": (dims, field(3), GROUND)}, {**coords, **changes})


def opened(folder, data: xr.Dataset, product=None, **options) -> xr.Dataset:
    path = folder / "weather.nc"
    data.to_netcdf(path)
    return open_weather(path, product, **options)


def hours(index) -> list[float]:
    return (np.asarray(index.values) / np.timedelta64(1, "h")).tolist()


def test_cfgrib_layout(tmp_path):
    with opened(tmp_path, cfgrib_like()) as file:
        assert file.attrs["product"] == "cf" and file.attrs["cell"] == "instant"
        assert (file["issue"].values == ISSUES).all()
        assert hours(file["lead"]) == [6, 12, 18]
        assert file["t2m"].dims == ("issue", "lead", "member", "latitude", "longitude")
        assert file["t2m"].dtype == np.float32
        np.testing.assert_allclose(file["t2m"].values, field(2, 3, 2), rtol=1e-7)
        assert file["valid_time"].values[1, 2] == np.datetime64("2024-01-02T06")


def test_classic_grib_to_netcdf(tmp_path):
    path = tmp_path / "weather.nc"
    with netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_OFFSET") as file:
        sizes = {"longitude": 4, "latitude": 3, "level": 3, "time": 2}
        for name, size in sizes.items():
            file.createDimension(name, size)
        for name, kind, values, units in (
            ("longitude", "f4", [0, 90, 180, 270], "degrees_east"),
            ("latitude", "f4", [-1, 0, 1], "degrees_north"),
            ("level", "i4", [300, 500, 850], "millibars"),
            ("time", "i4", [1087800, 1087806], "hours since 1900-01-01 00:00:00.0"),
        ):
            variable = file.createVariable(name, kind, (name,))
            variable[:], variable.units = values, units
        z = file.createVariable(
            "z", "i2", ("time", "level", "latitude", "longitude"), fill_value=-32767
        )
        z.setncatts({"units": "m**2 s**-2", "missing_value": np.int16(-32767)})
        z.setncatts({"scale_factor": 2.0, "add_offset": 50000.0})
        z.set_auto_maskandscale(False)
        packed = np.arange(72, dtype=np.int16).reshape(2, 3, 3, 4)
        packed[1, 2, 1, 3] = -32767
        z[:] = packed
    with open_weather(path) as file:
        assert set(file.data_vars) == {"gh500", "gh850"}
        assert file.attrs["ignored"] == "gh300"
        assert file["latitude"].values.tolist() == [-1, 0, 1]
        assert file["longitude"].values.tolist() == [0, 90, 180, 270]
        # 1087800 h = 45325 d after 1900-01-01: 2024-02-05
        assert str(file["issue"].values[1])[:13] == "2024-02-05T06" and hours(file["lead"]) == [0]
        # row 1, level 850 (2), latitude 1, longitude 2: 1*36 + 2*12 + 1*4 + 2 = 66
        found = file["gh850"].values[1, 0, 0, 1]
        assert found[2] == pytest.approx((66 * 2 + 50000) / 9.80665, rel=1e-6)
        assert np.isnan(found[3]) and np.isnan(file["gh850"].values).sum() == 1


def test_new_store_layout_with_expver_as_text(tmp_path):
    coords = {
        "valid_time": coordinate(
            "valid_time", [0, 3600], "seconds since 2024-01-01", standard_name="time"
        ),
        "pressure_level": coordinate(
            "pressure_level", [850.0, 600.0], "hPa", standard_name="air_pressure", positive="down"
        ),
        "latitude": coordinate("latitude", LAT, "degrees_north"),
        "longitude": coordinate("longitude", LON, "degrees_east"),
        "number": ((), 0, {"standard_name": "realization"}),
        "expver": ("valid_time", np.array(["0001", "0005"])),
    }
    dims = ("valid_time", "pressure_level", "latitude", "longitude")
    data = xr.Dataset({"t": (dims, field(2, 2), GROUND)}, coords)
    with opened(tmp_path, data) as file:
        assert file.attrs["product"] == "era5" and file.attrs["ignored"] == "t600"
        assert list(file.data_vars) == ["t850"] and file["member"].values.tolist() == [0]
        np.testing.assert_allclose(file["t850"].values[:, 0, 0], field(2, 2)[:, 0], rtol=1e-7)


@pytest.mark.parametrize("order", [[1, 5], [5, 1]])
def test_expver_takes_the_final_value_where_there_is_one(tmp_path, order):
    data = analyses().drop_vars("t2m")
    final, preliminary = field(3).astype(np.float32), field(3).astype(np.float32) + 50
    final[2], preliminary[0] = np.nan, np.nan
    both = {1: final, 5: preliminary}
    data["t2m"] = (
        ("time", "expver", "latitude", "longitude"),
        np.stack([both[o] for o in order], axis=1),
        GROUND,
    )
    data = data.assign_coords(expver=("expver", order))
    with opened(tmp_path, data) as file:
        assert file.attrs["product"] == "era5"
        found = file["t2m"].values[:, 0, 0, 0, 0]
        assert found.tolist() == [270, 370, 520]  # final, final, 470 + 50 preliminary


def test_store_forecasts_by_period_and_reference_time(tmp_path):
    since = "seconds since 2024-01-01"
    coords = {
        "forecast_period": coordinate(
            "forecast_period", [0.0, 3.0, 6.0], "hours", standard_name="forecast_period"
        ),
        "forecast_reference_time": coordinate(
            "forecast_reference_time", [0, 43200], since, standard_name="forecast_reference_time"
        ),
        "latitude": coordinate("latitude", LAT, "degrees_north"),
        "longitude": coordinate("longitude", LON, "degrees_east"),
        "valid_time": coordinate(
            ("forecast_reference_time", "forecast_period"),
            np.add.outer([0, 43200], [0, 10800, 21600]),
            since,
            standard_name="time",
        ),
    }
    dims = ("forecast_period", "forecast_reference_time", "latitude", "longitude")
    data = xr.Dataset(
        {"pm2p5": (dims, field(3, 2) * 1e-9, {"units": "kg m**-3"}), "aod550": (dims, field(3, 2))},
        coords,
    )
    with opened(tmp_path, data) as file:
        assert file.attrs["product"] == "cams" and file.attrs["ignored"] == "aod550"
        assert (file["issue"].values == ISSUES).all() and hours(file["lead"]) == [0, 3, 6]
        expected = field(3, 2).swapaxes(0, 1)[:, :, None]
        np.testing.assert_allclose(file["pm25"].values, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("kind", "issues", "leads"),
    [
        ("FORECAST", ["2024-01-02T00"], [0, 1, 2]),
        ("ANALYSIS", ["2024-01-02T00", "2024-01-02T01", "2024-01-02T02"], [0]),
    ],
)
def test_european_cams(tmp_path, kind, issues, leads):
    coords = {
        "longitude": coordinate("longitude", LON, "degrees_east"),
        "latitude": coordinate("latitude", LAT, "degrees_north"),
        "level": coordinate("level", [0.0, 50.0], "m", long_name="level"),
        "time": coordinate(
            "time", [0.0, 1.0, 2.0], "hours", long_name=f"{kind} time from 20240102"
        ),
    }
    dims = ("time", "level", "latitude", "longitude")
    data = xr.Dataset(
        {name: (dims, field(3, 2), {"units": "µg/m3"}) for name in ("o3_conc", "co_conc")}, coords
    )
    with opened(tmp_path, data) as file:
        assert file.attrs["product"] == "cams"
        assert (file["issue"].values == np.array(issues, "M8[ns]")).all()
        assert hours(file["lead"]) == leads
        expected = field(3, 2)[:, 0]
        np.testing.assert_allclose(file["o3"].values.reshape(3, 3, 4), expected, rtol=1e-6)
        np.testing.assert_allclose(file["co"].values.reshape(3, 3, 4), expected / 1000, rtol=1e-6)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.permutations(["time", "step", "number", "latitude", "longitude"]),
    flipped=st.sampled_from(["none", "latitude", "longitude"]),
)
def test_any_order_of_dimensions_is_the_same(tmp_path_factory, order, flipped):
    data = cfgrib_like()
    if flipped != "none":
        data = data.isel({flipped: slice(None, None, -1)})
    with opened(tmp_path_factory.mktemp("order"), data.transpose(*order)) as file:
        expected = xr.DataArray(
            field(2, 3, 2), dims=("issue", "lead", "member", "latitude", "longitude")
        ).assign_coords(latitude=LAT, longitude=LON)
        found = file["t2m"].sel(latitude=LAT, longitude=LON).values
        np.testing.assert_allclose(found, expected.values, rtol=1e-7)
        assert file["latitude"].values.tolist() == data["latitude"].values.tolist()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(picks=st.tuples(*(st.lists(st.integers(0, n - 1), max_size=4) for n in (2, 3, 2, 3, 4))))
def test_any_rows_are_those_rows(one_file, picks):
    dims = ("issue", "lead", "member", "latitude", "longitude")
    found = one_file["t2m"].isel(dict(zip(dims, picks, strict=True))).values
    np.testing.assert_allclose(found, field(2, 3, 2)[np.ix_(*map(_rows, picks))], rtol=1e-7)


def _rows(pick: list[int]) -> np.ndarray:
    return np.asarray(pick, int)


@pytest.fixture(scope="module")
def one_file(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("one"), cfgrib_like()) as file:
        yield file


SINCE = "hours since 2024-01-01"


@pytest.mark.parametrize(
    ("coords", "issues", "leads"),
    [
        # one reference time, valid times
        (
            {
                "time": coordinate("time", [6, 12, 18], SINCE),
                "forecast_reference_time": coordinate((), 0, SINCE),
            },
            ISSUES[:1],
            [6, 12, 18],
        ),
        # one reference time, leads
        (
            {
                "time": coordinate("time", HOURS, "hours", standard_name="forecast_period"),
                "reftime": coordinate((), 0, SINCE),
            },
            ISSUES[:1],
            [6, 12, 18],
        ),
        # leads, and the reference time only named time (hand-made)
        (
            {
                "leadtime": coordinate("leadtime", HOURS, "h"),
                "time": coordinate((), 12, SINCE),
            },
            ISSUES[1:],
            [6, 12, 18],
        ),
        # forecast_hour needs no units
        (
            {"forecast_hour": coordinate("forecast_hour", HOURS), "time": coordinate((), 0, SINCE)},
            ISSUES[:1],
            [6, 12, 18],
        ),
        # valid times with their leads: a cycle each
        (
            {
                "valid_time": coordinate("valid_time", [6, 12, 18], SINCE),
                "step": coordinate("valid_time", [6, 6, 6], "hours"),
            },
            np.array(["2024-01-01T00", "2024-01-01T06", "2024-01-01T12"], "M8[ns]"),
            [6],
        ),
        # offset of a clock, minutes, and the scalar step of an analysis
        (
            {
                "time": coordinate("time", [0, 60, 120], "minutes since 2024-01-01 08:00 +08:00"),
                "step": coordinate((), 0, "hours"),
            },
            np.array(["2024-01-01T00", "2024-01-01T01", "2024-01-01T02"], "M8[ns]"),
            [0],
        ),
        # fractions of days are rounded to the second
        (
            {"time": coordinate("time", np.arange(3) / 24, "days since 2024-01-01")},
            np.array(["2024-01-01T00", "2024-01-01T01", "2024-01-01T02"], "M8[ns]"),
            [0],
        ),
    ],
)
def test_times_along_one_dimension(tmp_path, coords, issues, leads):
    along = next(c[0] for c in coords.values() if c[0] != ())
    grid = {
        "latitude": coordinate("latitude", LAT, "degrees_north"),
        "longitude": coordinate("longitude", LON, "degrees_east"),
    }
    data = xr.Dataset(
        {"t2m": ((along, "latitude", "longitude"), field(3), GROUND)}, {**coords, **grid}
    )
    with opened(tmp_path, data) as file:
        assert (file["issue"].values == issues).all() and hours(file["lead"]) == leads
        np.testing.assert_allclose(file["t2m"].values.reshape(3, 3, 4), field(3), rtol=1e-7)


def test_times_out_of_order_and_a_table_with_gaps(tmp_path):
    data = analyses(
        time=coordinate("time", [12, 18, 6], SINCE),
        forecast_reference_time=coordinate("time", [0, 12, 0], SINCE),
    )
    with opened(tmp_path, data) as file:
        assert (file["issue"].values == ISSUES).all() and hours(file["lead"]) == [6, 12]
        # rows: (0 h, +12 h), (12 h, +6 h), (0 h, +6 h)
        found = file["t2m"].values[:, :, 0, 0, 0]
        np.testing.assert_array_equal(found, [[470, 270], [370, np.nan]])
        assert np.isnan(file["t2m"].isel(issue=1, lead=1).values).all()
        assert file["t2m"].isel(issue=0, lead=[1, 0]).values[:, 0, 0, 0].tolist() == [270, 470]


def test_curvilinear_and_unstructured_grids(tmp_path):
    lat2, lon2 = np.meshgrid(LAT, LON, indexing="ij")
    lat2, lon2 = lat2 + 0.01 * lon2, lon2 - 0.01 * lat2
    data = analyses().drop_vars(["latitude", "longitude"])
    data = data.rename(latitude="south_north", longitude="west_east")
    data = data.assign_coords(
        lat=(("south_north", "west_east"), lat2, {"units": "degrees_north"}),
        lon=(("west_east", "south_north"), lon2.T, {"units": "degrees_east"}),
    )
    with opened(tmp_path, data.assign(t2m=data["t2m"].transpose("west_east", "time", ...))) as file:
        assert file["t2m"].dims == ("issue", "lead", "member", "y", "x")
        np.testing.assert_array_equal(file["longitude"].values, lon2)
        np.testing.assert_allclose(file["t2m"].values[:, 0, 0], field(3), rtol=1e-7)
    places = {"latitude": ("values", [40.0, 41.0]), "longitude": ("values", [118.0, 117.0])}
    flat = analyses().sel({n: xr.DataArray(v, dims=d) for n, (d, v) in places.items()})
    with opened(tmp_path, flat) as file:
        assert file["t2m"].dims == ("issue", "lead", "member", "point")
        assert file["latitude"].values.tolist() == [40, 41]
        assert file["longitude"].values.tolist() == [118, 117]
        np.testing.assert_allclose(file["t2m"].values[0, 0, 0], [270.13, 270.02], rtol=1e-7)
    with opened(tmp_path, analyses().isel(latitude=1, longitude=2)) as file:
        assert file["t2m"].dims[3:] == ("point",) and file["latitude"].values.tolist() == [40]
        np.testing.assert_allclose(file["t2m"].values[2, 0, 0], [470.12], rtol=1e-7)
    with opened(tmp_path, analyses().isel(longitude=2)) as file:  # a section along a meridian
        assert file["t2m"].dims[3:] == ("latitude", "longitude")
        np.testing.assert_allclose(file["t2m"].values[2, 0, 0, :, 0], [470.02, 470.12, 470.22])


def test_standard_names_count_at_their_height(tmp_path):
    data = analyses().rename(t2m="tair").assign_coords(height=coordinate((), 2.0, "m"))
    data["tair"].attrs["standard_name"] = "air_temperature"
    for name, standard, units in (
        ("press", "surface_air_pressure", "Pa"),
        ("psea", "air_pressure_at_sea_level", "Pa"),
        ("ozone", "mole_fraction_of_ozone_in_air", "1e-9"),
        ("warmest", "air_temperature", "K"),
    ):
        data[name] = data["tair"].copy()
        data[name].attrs = {"units": units, "standard_name": standard}
    data["warmest"].attrs["cell_methods"] = "time: maximum"
    with opened(tmp_path, data) as file:
        assert set(file.data_vars) == {"t2m", "sp", "msl", "o3"}
        assert file.attrs["ignored"] == "warmest"
        assert file["o3"].values[0, 0, 0, 0, 0] == pytest.approx(270 * 1.962, rel=1e-6)
    data["warmest"].attrs.pop("cell_methods")  # which of the two it is, is not clear
    with opened(tmp_path, data) as file:
        assert "t2m" not in file and file.attrs["ignored"] == "tair, warmest"
    high = data.drop_vars("warmest").assign_coords(height=coordinate((), 80.0, "m"))
    with opened(tmp_path, high) as file:
        assert "t2m" not in file and file.attrs["ignored"] == "tair"


def test_heights_on_a_dimension_and_one_scalar_level(tmp_path):
    data = analyses().drop_vars("t2m").assign_coords(height=coordinate("height", [2.0, 10.0], "m"))
    for name, units in (("t2m", "K"), ("u10", "m s-1"), ("t", "K")):
        data[name] = (("time", "height", "latitude", "longitude"), field(3, 2), {"units": units})
    with opened(tmp_path, data) as file:
        assert file["t2m"].values[1, 0, 0, 0, 0] == 370
        assert file["u10"].values[1, 0, 0, 0, 0] == 380
        assert file.attrs["ignored"] == "t"
    one = analyses().rename(t2m="t").assign_coords(isobaricInhPa=coordinate((), 850.0))
    with opened(tmp_path, one) as file:
        assert list(file.data_vars) == ["t850"]
    pascal = analyses().rename(t2m="ta").assign_coords(plev=coordinate((), 50000.0, "Pa"))
    with opened(tmp_path, pascal) as file:
        assert list(file.data_vars) == ["t500"]


def rain(units: str) -> xr.Dataset:
    data = cfgrib_like(step=coordinate("step", [0, 6, 12], "hours"))
    data = data.drop_vars("valid_time").rename(t2m="tp")
    data["tp"].attrs = {"units": units, "standard_name": "precipitation_amount"}
    return data


def test_amounts_of_forecasts(tmp_path):
    with opened(tmp_path, rain("m")) as file:
        assert hours(file["tp_start"]) == [0, 0, 0]
        assert file["tp"].values[0, 0, 0, 0, 0] == 270_000
    with opened(tmp_path, rain("mm"), "era5") as file:
        assert hours(file["tp_start"]) == [-1, 5, 11]
    with opened(tmp_path, rain("kg m-2 s-1")) as file:
        assert hours(file["tp_start"]) == [0, 0, 6]
        seconds = np.array([0, 6, 6])[:, None] * 3600.0
        expected = field(2, 3, 2)[..., 0, 0] * seconds
        np.testing.assert_allclose(file["tp"].values[..., 0, 0], expected, rtol=1e-6)
        part = file["tp"].isel(lead=[2, 1], latitude=0, longitude=0).values
        np.testing.assert_allclose(part, expected[:, [2, 1]], rtol=1e-6)


def test_amounts_of_analyses(tmp_path):
    data = analyses().rename(t2m="tp")
    data["tp"].attrs["units"] = "mm"
    data["t2m"] = analyses()["t2m"]
    with opened(tmp_path, data) as file:  # nothing tells what it covers
        assert "tp" not in file and file.attrs["ignored"] == "tp (its interval is not known)"
    with opened(tmp_path, data, "era5") as file:
        assert hours(file["tp_start"]) == [-1]
    flux = data.copy()
    flux["tp"] = data["tp"].assign_attrs(units="kg m-2 s-1")
    with opened(tmp_path, flux) as file:  # a mean since the time before
        assert hours(file["tp_start"]) == [-3]
        assert file["tp"].values[1, 0, 0, 0, 0] == 370 * 10800
    data["time_edges"] = (("time", "edge"), [[-24, 0], [-21, 3], [-18, 6]])
    data["time"].attrs["bounds"] = "time_edges"
    with opened(tmp_path, data) as file:
        assert hours(file["tp_start"]) == [-24] and file.attrs["ignored"] == ""


def test_mixing_ratios_need_the_density_of_the_air(tmp_path):
    data = analyses().rename(t2m="go3")
    data["go3"].attrs["units"] = "kg kg**-1"
    data["go3"][:] = 50e-9
    data["pm2p5"] = data["go3"].copy()
    data["pm2p5"].attrs["units"] = "kg m**-3"
    with opened(tmp_path, data) as file:
        assert list(file.data_vars) == ["pm25"] and file.attrs["product"] == "cams"
        assert file.attrs["ignored"] == "o3 (a mixing ratio without sp and t2m)"
        np.testing.assert_allclose(file["pm25"].values, 50, rtol=1e-6)
    for name, value, units in (("t2m", 7.0, "degC"), ("sp", 1000.0, "hPa")):
        data[name] = data["go3"].copy()
        data[name][:] = value
        data[name].attrs = {"units": units}
    with opened(tmp_path, data) as file:
        density = 100_000 / (287.05 * 280.15)
        np.testing.assert_allclose(file["o3"].values, 50 * density, rtol=1e-6)


def test_gases_of_global_cams_stand_at_the_lowest_model_level(tmp_path):
    data = analyses().drop_vars("t2m").assign_coords(level=("level", [100, 137]))
    data["no2"] = (("time", "level", "latitude", "longitude"), field(3, 2), {"units": "ug m-3"})
    data["t"] = data["no2"].assign_attrs(units="K")
    with opened(tmp_path, data) as file:
        assert file["no2"].values[0, 0, 0, 0, 0] == 280 and file.attrs["ignored"] == "t"


def test_values_never_written_are_missing(tmp_path):
    path = tmp_path / "weather.nc"
    with netCDF4.Dataset(path, "w") as file:
        for name, values in (("time", [0]), ("latitude", LAT), ("longitude", LON)):
            file.createDimension(name, len(values))
            variable = file.createVariable(name, "f8", (name,))
            variable[:] = values
        file["time"].units = SINCE
        for name, kind in (("t2m", "f4"), ("d2m", "i2")):
            variable = file.createVariable(name, kind, ("time", "latitude", "longitude"))
            variable.units = "K"
            variable[0, 0] = [280] * 4
    with open_weather(path) as file:
        for name in ("t2m", "d2m"):
            found = file[name].values[0, 0, 0]
            assert (found[0] == 280).all() and np.isnan(found[1:]).all()


@pytest.mark.parametrize("limits", [{"valid_min": -3, "valid_max": 1}, {"valid_range": [-3, 1]}])
def test_values_out_of_the_valid_range_are_missing(tmp_path, limits):
    path = tmp_path / "weather.nc"
    data = analyses().isel(time=[0])
    packing = {"dtype": "i2", "scale_factor": 0.5, "add_offset": 280.0, "_FillValue": -99}
    data["t2m"][:] = np.array([278, 278.5, 280.5, 281])  # packed -4, -3, 1, 2
    data.to_netcdf(path, encoding={"t2m": packing})
    with netCDF4.Dataset(path, "a") as file:
        file["t2m"].setncatts({k: np.asarray(v, "i2") for k, v in limits.items()})
        expected = file["t2m"][:].filled(np.nan)
    with open_weather(path) as file:
        np.testing.assert_array_equal(file["t2m"].values[0, 0, 0], expected[0])
        assert np.isnan(file["t2m"].values[0, 0, 0, 0]).tolist() == [True, False, False, True]


def test_an_attribute_that_should_be_text_and_is_numbers(tmp_path):
    path = tmp_path / "weather.nc"
    analyses().to_netcdf(path)
    with netCDF4.Dataset(path, "a") as file:
        file["time"].bounds = np.array([1, 2])
    with open_weather(path) as file:
        np.testing.assert_allclose(file["t2m"].values.ravel(), field(3).ravel(), rtol=1e-7)


def test_blocks_through_dask_are_the_same(tmp_path):
    pytest.importorskip("dask")
    with opened(tmp_path, cfgrib_like()) as file:
        chunked = file["t2m"].chunk({"issue": 1, "lead": 2})
        np.testing.assert_allclose(chunked.values, field(2, 3, 2), rtol=1e-7)


def test_a_variable_mapped_by_name_and_units_given(tmp_path):
    data = analyses().rename(t2m="temp", time="when", latitude="phi")
    data["phi"].attrs.clear()
    data["temp"].attrs.clear()
    names = {"temp": "t2m", "when": "valid_time", "phi": "latitude"}
    with opened(tmp_path, data, "cf", rename=names, units={"t2m": "degC"}) as file:
        np.testing.assert_allclose(
            file["t2m"].values[:, 0, 0, 0, 0], [543.15, 643.15, 743.15], rtol=1e-6
        )


def analyses_in(units: str | None) -> xr.Dataset:
    data = analyses()
    data["t2m"].attrs = {} if units is None else {"units": units}
    return data


def member_axis(values) -> xr.Dataset:
    return cfgrib_like(number=("number", values, {"standard_name": "realization"}))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (analyses().drop_vars("time"), "axis time has no values"),
        (analyses().isel(time=0, drop=True), "no time axis; found "),
        (analyses().drop_vars("longitude"), "axis longitude has no values"),
        (analyses().rename(latitude="breadth").drop_vars("breadth"), "no latitude; found "),
        (analyses(time=coordinate("time", [0, 3, 3], SINCE)), "time 2024-01-01 03:00:00 stands tw"),
        (analyses(time=coordinate("time", [0, np.nan, 3], SINCE)), "axis time holds a missing val"),
        (analyses(time=coordinate("time", [0, 3, 6], "hours")), "axis time is not a date: its uni"),
        (analyses(time=coordinate("time", [0, 3, 6], "hours since then")), "axis time is not a da"),
        (analyses(time=coordinate("time", [0, 3, 1e30], SINCE)), "axis time is not a date"),
        (analyses(time=coordinate("time", [0, 1, 2], SINCE, calendar="360_day")), "calendar '360"),
        (analyses(time=coordinate("time", [0, 1, 2], SINCE, calendar="noleap")), "calendar 'no"),
        (analyses(latitude=coordinate("latitude", [41, np.nan, 39])), "latitude holds a value"),
        (analyses(latitude=coordinate("latitude", [95.0, 40, 39])), "latitude holds a value"),
        (analyses(latitude=coordinate("latitude", [1, 2, 3], "m")), "axis latitude is in 'm'"),
        (analyses(latitude=coordinate("latitude", ["a", "b", "c"])), "axis latitude holds no num"),
        (cfgrib_like(step=coordinate("step", [6, 12, 18])), "axis step states no units"),
        (cfgrib_like(step=coordinate("step", [6, 12, 18], "fortnights")), "axis step is in 'fortn"),
        (cfgrib_like(step=coordinate("step", [0, 12, 18], "hours")), "valid_time is not time plus"),
        (cfgrib_like(step=coordinate("step", [-6, 0, 6], "hours")), "step holds leads from -6"),
        (member_axis([0, 0]), "axis member holds 0 twice"),
        (member_axis([0.5, 1.0]), "axis number must hold whole numbers"),
        (member_axis([np.nan, 1.0]), "axis number must hold whole numbers"),
        (analyses_in("Pa"), "field t2m is in 'Pa'"),
        (analyses_in(None), "field t2m states no units; expected K"),
        (analyses().assign(t2m=("time", [1.0, 2, 3], GROUND)), r"field t2m lies on \(time\)"),
        (analyses().expand_dims(shelf=2), r"field t2m lies on \(shelf, time"),
        (analyses().rename(t2m="t"), "no known weather field as cf; found t"),
        (
            analyses().assign(t2m=(analyses()["t2m"].dims, np.full((3, 3, 4), b"x"), GROUND)),
            "field t2m is of type .*; expected numbers",
        ),
        (
            cfgrib_like(time=coordinate("time", [0, 12], SINCE, standard_name="time")).drop_vars(
                "valid_time"
            ),
            "time holds valid times, by its standard name, beside step",
        ),
        (
            analyses().expand_dims("plev").assign_coords(plev=coordinate("plev", [850.0])),
            "axis plev states no units; expected hPa or Pa",
        ),
        (
            analyses().assign_coords(
                phi=coordinate("latitude", LAT, "degrees_north"),
                psi=coordinate("latitude", LAT, "degrees_north"),
            ).drop_vars("latitude"),
            "latitude could be phi or psi; name one by `rename`",
        ),
    ],
)  # fmt: skip
def test_refused(tmp_path, data, message):
    with pytest.raises(InputError, match=message) as caught:
        opened(tmp_path, data, "cf")
    assert str(caught.value).startswith(str(tmp_path / "weather.nc: ").rstrip())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("form", ["NETCDF3_CLASSIC", "NETCDF3_64BIT", "NETCDF4"])
def test_truncated_at_any_place(tmp_path, form):
    path = tmp_path / "weather.nc"
    analyses().to_netcdf(path, format=form)
    whole = path.read_bytes()
    for part in (3, 50, len(whole) // 3, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:part])
        with pytest.raises(InputError, match=r"weather\.nc: ") as caught:
            open_weather(path, "cf")["t2m"].values
        assert "\n" not in str(caught.value)


@settings(max_examples=20, deadline=None)
@given(start=st.integers(0, 20_000), junk=st.binary(min_size=1, max_size=60))
def test_garbage_anywhere_is_an_input_error_or_harmless(spoilt, start, junk):
    whole, path = spoilt
    start %= len(whole)
    path.write_bytes(whole[:start] + junk + whole[start + len(junk) :])
    try:
        with open_weather(path) as file:
            file.load()
    except InputError as error:
        assert str(error).startswith(str(path)) and "\n" not in str(error)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    path = tmp_path_factory.mktemp("spoilt") / "weather.nc"
    cfgrib_like().to_netcdf(path, format="NETCDF3_CLASSIC")
    return path.read_bytes(), path


daily_steps = cfgrib_like(
    step=coordinate("step", [1, 2, 3], "days"),
    time=coordinate("time", [0, 1], "days since 2024-01-01"),
)
daily_steps.attrs = {}


@pytest.mark.parametrize(
    ("data", "product"),
    [
        (cfgrib_like(), "cf"),
        (analyses(), "cf"),
        (analyses().assign_attrs(title="ERA5 hourly"), "era5"),
        (analyses().assign_attrs(title="ERA5-Land hourly"), "cf"),
        (analyses(latitude=("latitude", [40.2, 40.1, 40.0])).assign_coords(expver=1), "cf"),
        (analyses().assign_attrs(institution="CAMS"), "cams"),
        (analyses(time=coordinate("time", [0, 1, 2], "days since 2024-01-01")), "daily"),
        (analyses(time=coordinate("time", [0, 0.5, 1], "days since 2024-01-01")), "cf"),
        (analyses(time=coordinate("time", [0, 1, 2], "days since 2024-01-01 12:00")), "cf"),
        (cfgrib_like(step=coordinate("step", [1, 2, 3], "days")), "cf"),
        (daily_steps, "daily"),
    ],
)
def test_products_are_recognised(tmp_path, data, product):
    if "valid_time" in data and product in ("cf", "daily"):
        data = data.drop_vars("valid_time")
    with opened(tmp_path, data) as file:
        assert file.attrs["product"] == product


@pytest.mark.parametrize(
    "own", [{"TITLE": " OUTPUT FROM WRF V4.1 MODEL"}, {"IOAPI_VERSION": "3.2"}, {"CAMx_NAME": "a"}]
)
def test_the_formats_of_models_are_none_of_these(tmp_path, own):
    with pytest.raises(InputError, match="of no known weather product"):
        opened(tmp_path, analyses().assign_attrs(own))


@pytest.mark.real
def test_the_real_ecmwf_file(real_data):
    path = real_data / "formats" / "ecmwf_regular_ll.nc"
    with open_weather(path) as file, netCDF4.Dataset(path) as raw:
        assert file.attrs["product"] == "cf" and file.attrs["ignored"] == ""
        assert set(file.data_vars) == {"t500", "t850", "gh500", "gh850"}
        assert pd.DatetimeIndex(file["issue"].values) == pd.Timestamp("2007-01-01T12:00")
        assert file["latitude"].values.tolist() == raw["latitude"][:].tolist()
        assert file["longitude"].values.tolist() == raw["longitude"][:].tolist()
        for (name, own, factor), (row, level) in itertools.product(
            [("t", "t", 1.0), ("gh", "z", 9.80665)], enumerate((500, 850))
        ):
            found = file[f"{name}{level}"].values[0, 0, 0]
            np.testing.assert_allclose(found, raw[own][0, row] / factor, rtol=1e-6)


@pytest.mark.real
def test_a_file_cfgrib_wrote_against_eccodes(real_data, tmp_path):
    cfgrib, eccodes = pytest.importorskip("cfgrib"), pytest.importorskip("eccodes")
    grib = real_data / "formats" / "era5_levels_members.grib"
    with cfgrib.open_dataset(grib, backend_kwargs={"indexpath": ""}) as data:
        data.to_netcdf(tmp_path / "era5.nc")
    with open_weather(tmp_path / "era5.nc") as file, grib.open("rb") as messages:
        checked = 0
        while (message := eccodes.codes_grib_new_from_file(messages)) is not None:
            keys = ("shortName", "level", "number", "dataDate", "dataTime")
            short, level, number, date, time = (eccodes.codes_get(message, k) for k in keys)
            name = {"z": "gh"}.get(short, short) + str(level)
            if name in file:
                issue = pd.to_datetime(f"{date}{time:04d}", format="%Y%m%d%H%M")
                found = file[name].sel(issue=issue, member=number).values.ravel()
                values = eccodes.codes_get_values(message) / (9.80665 if short == "z" else 1)
                np.testing.assert_allclose(found, values, rtol=1e-5)
                checked += 1
            eccodes.codes_release(message)
        assert checked == len(file.data_vars) * file.sizes["issue"] * file.sizes["member"] > 0
