"""NetCDF files of points, as weather centres and users write them."""

import numpy as np
import pytest
import xarray as xr

from forecast.errors import InputError
from forecast.foreign.netcdf import read_netcdf

DAYS = np.array(["2015-01-01", "2015-01-02"], "datetime64[ns]")


def read(tmp_path, data, side="forecast"):
    path = tmp_path / "a.nc"
    data.to_netcdf(path)
    [found] = read_netcdf(path, side)
    return found


def test_time_and_step_in_hours(tmp_path):
    values = np.arange(8.0).reshape(2, 2, 2)
    data = xr.Dataset(
        {"pm25": (("time", "step", "station"), values, {"units": "ug m-3"})},
        {"time": DAYS, "step": ("step", [24, 48], {"units": "hours"}), "station": ["A", "B"]},
    )
    found = read(tmp_path, data).data
    np.testing.assert_array_equal(found["issue"].values, DAYS)
    assert found["lead"].values.tolist() == [1, 2]
    np.testing.assert_array_equal(found["pm25"].transpose("issue", "lead", "place"), values)


def test_members_beside_named_stations(tmp_path):
    values = np.arange(6.0).reshape(2, 1, 3)
    data = xr.Dataset(
        {"pm25": (("time", "x", "number"), values)},
        {"time": DAYS, "station_name": ("x", ["A"])},
    )
    found = read(tmp_path, data).data
    assert found["place"].values.tolist() == ["A"]
    assert found["pm25_members"].transpose("day", "place", "member").values.tolist() == [
        [[0, 1, 2]],
        [[3, 4, 5]],
    ]


def test_mg_become_ug(tmp_path):
    data = xr.Dataset({"pm25": ("time", [0.01, 0.02], {"units": "mg m-3"})}, {"time": DAYS})
    assert read(tmp_path, data).data["pm25"].values.ravel() == pytest.approx([10, 20])


def test_hours_become_days(tmp_path):
    time = np.datetime64("2015-01-01", "ns") + np.arange(1, 25) * np.timedelta64(1, "h")
    data = xr.Dataset({"pm25": ("time", np.arange(1.0, 25.0))}, {"time": time})
    found = read(tmp_path, data, "observed").data
    assert found["pm25"].values.tolist() == [[12.5]]  # 300 / 24


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (xr.Dataset({"pm25": (("time", "lat"), np.ones((2, 3)))}, {"time": DAYS}),
         "dimension lat (3) is none of issue, lead, time"),
        (xr.Dataset({"pm25": ("time", [1.0, 2.0])}, {"time": [1, 2]}), "time holds no times"),
        (xr.Dataset({"pm25": (("time", "station"), np.ones((2, 2)))}, {"time": DAYS}),
         "dimension station has no coordinate that names each place"),
        (xr.Dataset({"pm25": ("time", [1.0, 2.0], {"units": "lb"})}, {"time": DAYS}),
         "unit 'lb' is unknown"),
        (xr.Dataset({"remark": ("time", ["a", "b"])}, {"time": DAYS}), "no variable of values"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(tmp_path, data, message):
    with pytest.raises(InputError) as error:
        read(tmp_path, data)
    assert message in str(error.value)


def test_a_damaged_file(tmp_path):
    path = tmp_path / "a.nc"
    path.write_bytes(b"\x89HDF\r\n\x1a\nbroken")
    with pytest.raises(InputError, match=r"a\.nc: not a readable NetCDF file"):
        read_netcdf(path, "forecast")
