"""The reader of gridded weather: units, axes, and files that are not what they should be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.errors import InputError
from forecast.weather.fields import STANDARD_NAMES, UNITS, conversion
from forecast.weather.netcdf import WeatherFile


def forecast(**changes) -> xr.Dataset:
    """t2m = 270 + 100·issue + 10·lead + member on 2 issues, 3 leads, 2 members, 3 × 4 points."""
    issue, lead, member = np.arange(2), np.arange(1, 4), np.arange(2)
    values = (
        270.0 + 100 * issue[:, None, None] + 10 * lead[None, :, None] + member[None, None, :]
    )[..., None, None] * np.ones((3, 4))
    axes = {
        "time": pd.date_range("2015-01-01", periods=2),
        "step": pd.to_timedelta(lead, "D"),
        "number": member,
        "latitude": [41.0, 40.0, 39.0],
        "longitude": [115.0, 116.0, 117.0, 118.0],
    }
    units = changes.pop("units", "K")
    return xr.Dataset(
        {
            "t2m": (
                tuple(axes),
                values.astype(np.float32),
                {} if units is None else {"units": units},
            )
        },
        coords={**axes, **changes},
    )


def analysis() -> xr.Dataset:
    return forecast().isel(step=0, number=0, drop=True)


def opened(folder, data: xr.Dataset, kind="forecast", **rename) -> WeatherFile:
    path = folder / "weather.nc"
    data.to_netcdf(path)
    return WeatherFile(path, kind, rename)


def test_axes_and_values_of_a_forecast(tmp_path):
    with opened(tmp_path, forecast()) as file:
        assert file.fields == ["t2m"]
        assert file.days.tolist() == [pd.Timestamp("2015-01-01"), pd.Timestamp("2015-01-02")]
        assert file.leads.tolist() == [1, 2, 3] and file.members.tolist() == [0, 1]
        assert file.latitude.tolist() == [41, 40, 39]
        values = file.read("t2m", slice(1, 2))
        assert values.shape == (1, 3, 2, 3, 4) and values.dtype == np.float32
        assert values[0, :, :, 0, 0].tolist() == [[380, 381], [390, 391], [400, 401]]


def test_an_analysis(tmp_path):
    with opened(tmp_path, analysis(), "analysis") as file:
        assert file.read("t2m", slice(0, 2))[:, 0, 0].tolist() == [280, 380]


def test_axes_in_another_order_and_one_member(tmp_path):
    data = forecast().isel(number=1, drop=True).transpose("latitude", "step", "longitude", "time")
    with opened(tmp_path, data) as file:
        assert file.members.tolist() == [0]
        assert file.read("t2m", slice(None))[:, :, :, 0, 0].tolist() == [
            [[281], [291], [301]],
            [[381], [391], [401]],
        ]


def test_names_of_the_file_can_be_mapped(tmp_path):
    data = forecast().rename(t2m="2t", latitude="lat", longitude="lon", time="init")
    names = {"2t": "t2m", "lat": "latitude", "lon": "longitude", "init": "time"}
    with opened(tmp_path, data, **names) as file:
        assert file.read("t2m", slice(0, 1))[0, 0, 0, 0, 0] == 280


def test_steps_in_hours_are_days(tmp_path):
    data = forecast(step=("step", [24, 48, 72], {"units": "hours"}))
    with opened(tmp_path, data) as file:
        assert file.leads.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("name", "units", "raw", "expected"),
    [
        ("t2m", "degC", 0.0, 273.15),
        ("d2m", "Celsius", -10.0, 263.15),
        ("u10", "km h-1", 36.0, 10.0),
        ("v10", "m/s", 3.0, 3.0),
        ("r2", "1", 0.5, 50.0),
        ("sp", "hPa", 1013.25, 101325.0),
        ("tp", "m", 0.002, 2.0),
        ("tp", "kg m-2", 2.0, 2.0),
        ("blh", "metre", 800.0, 800.0),
    ],
)
def test_units_convert(tmp_path, name, units, raw, expected):
    data = forecast(units=units).rename(t2m=name)
    data[name][:] = raw
    with opened(tmp_path, data) as file:
        found = file.read(name, slice(0, 2))
        assert found.dtype == np.float32 and found.shape == (2, 3, 2, 3, 4)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_every_field_takes_its_own_units_unchanged():
    assert UNITS.keys() == STANDARD_NAMES.keys()
    for name, units in UNITS.items():
        assert conversion(name, units, "f") == (1.0, 0.0)
    with pytest.raises(
        InputError, match=r"^f\.nc: field sp is in 'K'; expected Pa or what converts$"
    ):
        conversion("sp", "K", "f.nc")


def without_values(data: xr.Dataset, axis: str) -> xr.Dataset:
    return data.drop_vars(axis)


HALF_DAYS = pd.date_range("2015-01-01", periods=2, freq="12h")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (forecast(units=None), "field t2m states no units; expected K"),
        (forecast(units="furlong"), "field t2m is in 'furlong'; expected K or what converts"),
        (forecast(units=7), "field t2m is in '7'; expected K or what converts"),
        (forecast().rename(t2m="temp"), r"no known weather field \(u10, .*\); found temp"),
        (forecast().isel(step=0, drop=True), "a forecast needs the axes .*; lead missing, found "),
        (forecast().rename(latitude="lat"), "; latitude missing, found "),
        (
            forecast(time=HALF_DAYS),
            "axis issue must hold each local day once, at 00:00 .*sub-daily",
        ),
        (
            forecast(time=pd.DatetimeIndex(["2015-01-01"] * 2)),
            "axis issue must hold each local day once",
        ),
        (forecast(time=[1, 2]), "axis issue is not a date"),
        (
            forecast(step=pd.to_timedelta([6, 12, 18], "h")),
            "steps must be whole days; found .*21600",
        ),
        (forecast(step=[-1, 0, 1]), "steps must be whole days"),
        (forecast(latitude=[41.0, 39.0, 40.0]), "axis latitude is not monotonic"),
        (forecast(latitude=[41.0, np.nan, 40.0]), "axis latitude is not monotonic"),
        (forecast(longitude=[179.0, 180.0, -179.0, -178.0]), "axis longitude is not monotonic"),
        (without_values(forecast(), "step"), "axis lead has no values"),
        (without_values(forecast(), "longitude"), "axis longitude has no values"),
        (
            forecast().assign(sp=("latitude", np.ones(3, np.float32), {"units": "Pa"})),
            r"field sp lies on \(latitude\); expected \(issue, lead, member, latitude, longitude\)",
        ),
        (
            forecast().expand_dims(height=[2.0, 10.0]),
            r"field t2m lies on \(height, issue, .*\); expected \(issue, lead",
        ),
    ],
)
def test_refused_forecasts(tmp_path, data, message):
    with pytest.raises(InputError, match=message) as caught:
        opened(tmp_path, data)
    assert str(caught.value).startswith(str(tmp_path / "weather.nc: ").rstrip())
    assert "\n" not in str(caught.value)


def test_refused_analyses_and_names(tmp_path):
    with pytest.raises(InputError, match=r"a analysis needs the axes day, latitude"):
        opened(tmp_path, analysis().rename(longitude="x"), "analysis")
    with pytest.raises(InputError, match=r"field t2m lies on \(day, step, number"):
        opened(tmp_path, forecast(), "analysis")
    with pytest.raises(InputError, match="rename names 'tas', which is not in the file"):
        opened(tmp_path, forecast(), tas="t2m")
    twice = forecast().assign(tas=forecast()["t2m"])
    with pytest.raises(InputError, match="rename gives two things one name"):
        opened(tmp_path, twice, tas="t2m")


def test_files_that_are_not_netcdf(tmp_path):
    path = tmp_path / "weather.nc"
    with pytest.raises(InputError, match=r"weather\.nc: no such file$"):
        WeatherFile(path, "forecast", {})
    forecast().to_netcdf(path)
    whole = path.read_bytes()
    for spoilt in (b"", b"GRIB" * 200, whole[: len(whole) // 2], b"\0" * 2000 + whole[2000:]):
        path.write_bytes(spoilt)
        with pytest.raises(InputError, match=r"weather\.nc: not a readable NetCDF file"):
            WeatherFile(path, "forecast", {})


def test_damage_inside_a_field_is_named(tmp_path):
    path = tmp_path / "weather.nc"
    data = forecast()
    data["t2m"][:] = np.random.default_rng(0).normal(280, 9, data["t2m"].shape)
    data.to_netcdf(path, encoding={"t2m": {"zlib": True}})
    whole = bytearray(path.read_bytes())
    start = whole.find(b"\x78\x5e", len(whole) // 4)  # a zlib stream of level 4
    assert start > 0
    whole[start : start + 200] = b"\xff" * 200
    path.write_bytes(whole)
    with (
        WeatherFile(path, "forecast", {}) as file,
        pytest.raises(InputError, match=r"weather\.nc: field t2m cannot be read: "),
    ):
        file.read("t2m", slice(0, 2))


@pytest.mark.real
@pytest.mark.parametrize(
    ("kind", "pattern", "first", "last"),
    [
        ("forecast", "forecast_northchina_*.nc", "2013-03-01", "2016-02-19"),
        ("analysis", "analysis_northchina_*.nc", "2013-01-01", "2016-02-29"),
    ],
)
def test_the_real_files(real_data, kind, pattern, first, last):
    path = next((real_data / "weather").glob(pattern))
    with WeatherFile(path, kind, {}) as file, xr.open_dataset(path) as raw:
        assert set(file.fields) == {"u10", "v10", "t2m", "r2", "sp"}
        assert file.days[0] == pd.Timestamp(first) and file.days[-1] == pd.Timestamp(last)
        np.testing.assert_allclose(file.read("t2m", slice(0, 1)), raw["t2m"][:1].values, rtol=1e-6)
        if kind == "forecast":
            assert file.leads.tolist() == list(range(1, 11)) and len(file.members) == 5
