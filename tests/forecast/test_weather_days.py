"""Means of local days in NetCDF: forecasts by issue day and step, analyses by day."""

from __future__ import annotations

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.errors import InputError
from forecast.weather import open_weather

DAYS = pd.date_range("2015-01-01", periods=2)


def forecast(**changes) -> xr.Dataset:
    """t2m = 270 + 100·issue + 10·lead + member on 2 issues, 3 leads, 2 members, 3 × 4 points."""
    issue, lead, member = np.arange(2), np.arange(1, 4), np.arange(2)
    values = (
        270.0 + 100 * issue[:, None, None] + 10 * lead[None, :, None] + member[None, None, :]
    )[..., None, None] * np.ones((3, 4))
    axes = {
        "time": DAYS,
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


def opened(folder, data: xr.Dataset, **options) -> xr.Dataset:
    path = folder / "weather.nc"
    data.to_netcdf(path)
    return open_weather(path, options.pop("product", None), **options)


def test_axes_and_values_of_a_forecast(tmp_path):
    with opened(tmp_path, forecast()) as file:
        assert file.attrs["product"] == "daily" and file.attrs["cell"] == "local day"
        assert list(file.data_vars) == ["t2m"]
        assert (file["issue"].values == DAYS.values).all()
        assert file["lead"].values.astype("m8[D]").astype(int).tolist() == [1, 2, 3]
        assert file["member"].values.tolist() == [0, 1]
        assert file["latitude"].values.tolist() == [41, 40, 39]
        values = file["t2m"][1:2].values
        assert values.shape == (1, 3, 2, 3, 4) and values.dtype == np.float32
        assert values[0, :, :, 0, 0].tolist() == [[380, 381], [390, 391], [400, 401]]
        assert str(file["valid_time"].values[1, 2])[:10] == "2015-01-05"


def test_an_analysis(tmp_path):
    with opened(tmp_path, analysis()) as file:
        assert file["t2m"].shape == (2, 1, 1, 3, 4)
        assert file["lead"].values.astype(int).tolist() == [0]
        assert file["t2m"].values[:, 0, 0, 0, 0].tolist() == [280, 380]


def test_axes_in_another_order_and_one_member(tmp_path):
    data = forecast().isel(number=1, drop=True).transpose("latitude", "step", "longitude", "time")
    with opened(tmp_path, data) as file:
        assert file["member"].values.tolist() == [0]
        assert file["t2m"].values[:, :, :, 0, 0].tolist() == [
            [[281], [291], [301]],
            [[381], [391], [401]],
        ]


def test_names_of_the_file_can_be_mapped(tmp_path):
    data = forecast().rename(t2m="temp", latitude="phi", longitude="lambda", time="init")
    data["init"].attrs["standard_name"] = "time"  # wrong, and overruled by the name given
    names = {"temp": "t2m", "phi": "latitude", "lambda": "longitude", "init": "issue"}
    with opened(tmp_path, data, product="daily", rename=names) as file:
        assert file["t2m"].values[0, 0, 0, 0, 0] == 280
        assert list(file["t2m"].dims) == ["issue", "lead", "member", "latitude", "longitude"]


@pytest.mark.parametrize("units", ["hours", "h", "days", None])
def test_steps_in_hours_are_days_and_without_units_count_days(tmp_path, units):
    each = 24 if units in ("hours", "h") else 1
    attributes = {} if units is None else {"units": units}
    data = forecast(step=("step", [1 * each, 2 * each, 3 * each], attributes))
    with opened(tmp_path, data, product="daily") as file:
        assert file["lead"].values.astype("m8[D]").astype(int).tolist() == [1, 2, 3]


def test_an_issue_and_a_lead_by_their_own_names(tmp_path):
    data = forecast().rename(time="issue", step="lead", number="member")
    with opened(tmp_path, data) as file:
        assert file.attrs["product"] == "daily"
        assert file["t2m"].values[1, 2, 1, 0, 0] == 401


def test_units_convert_and_a_rate_of_a_day_becomes_its_sum(tmp_path):
    data = forecast(units="degC").assign(
        tp=analysis()["t2m"].expand_dims(step=3, number=2).copy(), pr=forecast()["t2m"]
    )
    data["t2m"][:], data["tp"] = -10.0, data["t2m"].copy()
    data["tp"][:] = 0.001
    data["tp"].attrs["units"] = "m"
    data = data.drop_vars("pr")
    with opened(tmp_path, data) as file:
        np.testing.assert_allclose(file["t2m"].values, 263.15, rtol=1e-6)
        np.testing.assert_allclose(file["tp"].values, 1.0, rtol=1e-6)
    data["tp"].attrs["units"] = "kg m-2 s-1"
    with opened(tmp_path, data) as file:
        np.testing.assert_allclose(file["tp"].values, 86.4, rtol=1e-6)  # 0.001 x 86400


def test_pollutants_and_what_is_ignored(tmp_path):
    data = forecast(units="ug m-3").rename(t2m="pm25").assign(cape=forecast()["t2m"])
    with opened(tmp_path, data) as file:
        assert list(file.data_vars) == ["pm25"]
        assert file.attrs["ignored"] == "cape"
        assert file["pm25"].attrs["units"] == "ug m-3"


def test_rows_are_read_alone(tmp_path):
    path = tmp_path / "weather.nc"
    data = forecast()
    data["t2m"][:] = np.random.default_rng(0).normal(280, 9, data["t2m"].shape)
    chunks = {"zlib": True, "chunksizes": (1, 3, 2, 3, 4)}
    data.to_netcdf(path, encoding={"t2m": chunks})
    whole = bytearray(path.read_bytes())
    starts = [i for i in range(len(whole)) if whole[i : i + 2] == b"\x78\x5e"]
    assert len(starts) == 2  # a zlib stream of level 4 for each issue
    whole[starts[1] : starts[1] + 60] = b"\xff" * 60
    path.write_bytes(whole)
    with open_weather(path) as file:
        np.testing.assert_allclose(file["t2m"][0].values, data["t2m"][0].values)
        with pytest.raises(InputError, match=r"weather\.nc: field t2m cannot be read: "):
            file["t2m"][1].values


def without_values(data: xr.Dataset, axis: str) -> xr.Dataset:
    return data.drop_vars(axis)


HALF_DAYS = pd.date_range("2015-01-01", periods=2, freq="12h")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (forecast(units=None), "field t2m states no units; expected K"),
        (forecast(units="furlong"), "field t2m is in 'furlong'; expected K or what converts"),
        (forecast(units=7), "field t2m is in '7'; expected K or what converts"),
        (forecast().rename(t2m="temp"), "no known weather field as daily; found temp"),
        (forecast().isel(step=0, drop=True), "a forecast by members needs an axis step; found"),
        (forecast().rename(latitude="breadth"), "no latitude; found "),
        (
            forecast(time=HALF_DAYS),
            "axis issue must hold each local day once, at 00:00 .*sub-daily",
        ),
        (
            forecast(time=pd.DatetimeIndex(["2015-01-01"] * 2)),
            "axis issue must hold each local day once",
        ),
        (forecast(time=[1, 2]), "axis time is not a date: its units are ''"),
        (
            forecast(step=pd.to_timedelta([6, 12, 18], "h")),
            "steps must be whole days; found 0 days 06",
        ),
        (
            forecast(step=[-1, 0, 1]),
            "axis step holds leads from -1 to 1 days; expected none below 0",
        ),
        (forecast(step=[1, 1, 2]), "a step stands twice"),
        (forecast(step=[1.0, 1.5, 2.0]), "steps must be whole days"),
        (forecast(latitude=[41.0, 39.0, 40.0]), "axis latitude is not monotonic"),
        (forecast(latitude=[41.0, np.nan, 40.0]), "latitude holds a value that is not within ±90"),
        (forecast(longitude=[179.0, 180.0, -179.0, -178.0]), "axis longitude is not monotonic"),
        (forecast(latitude=["a", "b", "c"]), "axis latitude holds no numbers"),
        (without_values(forecast(), "step"), "axis step has no values"),
        (without_values(forecast(), "time"), "axis time has no values"),
        (without_values(forecast(), "longitude"), "axis longitude has no values"),
        (
            forecast().assign(sp=("latitude", np.ones(3, np.float32), {"units": "Pa"})),
            r"field sp lies on \(latitude\); expected \(time, step, number, latitude, longitude\)",
        ),
        (
            forecast().expand_dims(depth=[2.0, 10.0]),
            r"field t2m lies on \(depth, time, .*\); expected \(time, step",
        ),
        (
            forecast().assign(
                t2m=forecast()["t2m"].astype(str).assign_attrs(units="K").astype("S4")
            ),
            "field t2m is of type .*; expected numbers",
        ),
    ],
)
def test_refused(tmp_path, data, message):
    with pytest.raises(InputError, match=message) as caught:
        opened(tmp_path, data, product="daily")
    assert str(caught.value).startswith(str(tmp_path / "weather.nc: ").rstrip())
    assert "\n" not in str(caught.value)


def test_two_things_with_one_name(tmp_path):
    twice = forecast().assign_coords(init=("time", [3, 4]))
    with pytest.raises(InputError, match="rename gives two things one name"):
        opened(tmp_path, twice, product="daily", rename={"init": "time"})


def test_files_that_are_not_netcdf(tmp_path):
    path = tmp_path / "weather.nc"
    with pytest.raises(InputError, match=r"weather\.nc: no such file$"):
        open_weather(path, "daily")
    forecast().to_netcdf(path)
    whole = path.read_bytes()
    for spoilt in (b"", b"GRIB" * 200, whole[: len(whole) // 2], b"\0" * 2000 + whole[2000:]):
        path.write_bytes(spoilt)
        with pytest.raises(InputError, match=r"weather\.nc: not a readable NetCDF file"):
            open_weather(path, "daily")


@pytest.mark.real
@pytest.mark.parametrize(
    ("pattern", "shape", "first", "last"),
    [
        ("forecast_northchina_*.nc", (1086, 10, 5, 8, 9), "2013-03-01", "2016-02-19"),
        ("analysis_northchina_*.nc", (1155, 1, 1, 19, 25), "2013-01-01", "2016-02-29"),
        ("analysis_china_*.nc", (1155, 1, 1, 32, 47), "2013-01-01", "2016-02-29"),
    ],
)
def test_the_real_files(real_data, pattern, shape, first, last):
    path = next((real_data / "weather").glob(pattern))
    with open_weather(path) as file, netCDF4.Dataset(path) as raw:
        assert file.attrs["product"] == "daily" and file.attrs["cell"] == "local day"
        assert set(file.data_vars) == {"u10", "v10", "t2m", "r2", "sp"}
        days = pd.DatetimeIndex(file["issue"].values)
        assert days[0] == pd.Timestamp(first) and days[-1] == pd.Timestamp(last)
        assert file["latitude"].values.tolist() == raw["latitude"][:].tolist()
        assert file["longitude"].values.tolist() == raw["longitude"][:].tolist()
        for name in file.data_vars:
            assert file[name].shape == shape
            for rows in (slice(0, 2), slice(-3, None)):
                expected = np.ma.filled(raw[str(name)][:][rows].astype(float), np.nan)
                found = file[name][rows].values.reshape(expected.shape)
                np.testing.assert_allclose(found, expected, rtol=1e-6)
