"""The NetCDF reader: the project's own store, CF files in other dress, and malformed files."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pydantic import ValidationError

from forecast.errors import InputError
from forecast.observations.cf import Cf
from forecast.observations.store import ObservationStore
from forecast.pollutants import POLLUTANTS, UNITS

HOURS = pd.date_range("2020-01-01 00:00", periods=3, freq="h")


def own(stations=("A", "B")) -> xr.Dataset:
    values = np.arange(6, dtype=np.float32).reshape(2, 3) + 0.5
    values[1, 1] = np.nan
    return xr.Dataset(
        {
            p: (("station", "time"), values * (i + 1), {"units": UNITS[p]})
            for i, p in enumerate(POLLUTANTS)
        },
        coords={"station": np.array(stations, dtype=object), "time": HOURS},
    )


def foreign() -> xr.Dataset:
    """CF: other names, time first, mixing ratios, a name variable, packed values."""
    data = xr.Dataset(
        {
            "ozone": (("t", "site"), [[30.0, np.nan], [40.0, 50.0]], {"units": "1e-9"}),
            "CO": (("site", "t"), [[0.1, 0.2], [0.3, np.nan]], {"units": "ppm"}),
            "site_id": ("site", ["S 1", "站"], {"cf_role": "timeseries_id"}),
            "t": ("t", HOURS[[0, 2]], {"standard_name": "time"}),
        }
    )
    data["ozone"].attrs["units"] = "ppb"
    return data


MAP = {"variables": {"o3": "ozone", "co": "CO"}, "time": "t"}


def read(folder, data: xr.Dataset | bytes, encoding: dict | None = None, **options):
    path = folder / "air.nc"
    if isinstance(data, bytes):
        path.write_bytes(data)
    else:
        data.to_netcdf(path, engine="netcdf4", encoding=encoding or {})
    return Cf(files="*.nc", **options).read(path, 8)


def test_the_projects_own_store_reads_back(tmp_path):
    ObservationStore(tmp_path).write(own())
    reading = Cf(files="*.nc").read(tmp_path / "2020-01.nc", 8)
    assert reading.hourly["station"].values.tolist() == ["A", "B"] and not reading.rejected
    assert (reading.hourly["time"].to_index() == HOURS).all()
    for p in POLLUTANTS:
        np.testing.assert_array_equal(reading.hourly[p].values, own()[p].values)
        assert reading.hourly[p].attrs["units"] == UNITS[p]
        assert reading.hourly[p].dtype == np.float32


@pytest.mark.parametrize(
    "encoding",
    [
        {},
        {"t": {"units": "days since 1990-01-01", "dtype": "float64"}},
        {"CO": {"dtype": "int16", "scale_factor": 0.001, "_FillValue": -32767}},
        {"site_id": {"dtype": "S1"}},
    ],
    ids=["plain", "days as floats", "packed", "characters"],
)
def test_a_foreign_file(tmp_path, encoding):
    data = read(tmp_path, foreign(), encoding, hour_label="ending", **MAP).hourly
    assert data["station"].values.tolist() == ["S 1", "站"]
    # labels 00:00 and 02:00 end their hours; the hour between is filled in as missing
    assert data["time"].values.astype("M8[m]").astype(str).tolist() == [
        "2019-12-31T23:00", "2020-01-01T00:00", "2020-01-01T01:00"
    ]  # fmt: skip
    nan = np.nan
    ozone = np.array([[30, nan, 40], [nan, nan, 50]]) * 1.962
    np.testing.assert_allclose(data["o3"].values, ozone, rtol=1e-6)
    carbon = np.array([[0.1, nan, 0.2], [0.3, nan, nan]]) * 1.145
    np.testing.assert_allclose(data["co"].values, carbon, rtol=1e-5)
    assert np.isnan(data["pm25"].values).all()


def with_bounds(lower: pd.DatetimeIndex, length: str = "1h") -> xr.Dataset:
    data = own()
    data["time"].attrs["bounds"] = "edges"
    both = np.stack([lower, lower + pd.Timedelta(length)], axis=1)
    return data.assign(edges=(("time", "two"), both))


def test_bounds_say_which_hour_a_time_names(tmp_path):
    middle = with_bounds(HOURS - pd.Timedelta(minutes=60))
    data = read(tmp_path, middle).hourly
    assert data["time"].to_index()[0] == HOURS[0] - pd.Timedelta(hours=1)
    with pytest.raises(InputError, match="edges are not one hour apart"):
        read(tmp_path, with_bounds(HOURS, "8h"))


def test_the_hour_convention_is_not_guessed(tmp_path):
    with pytest.raises(InputError, match=r"t has no bounds; declare hour_label \(beginning or"):
        read(tmp_path, foreign(), **MAP)
    assert read(tmp_path, own(), hour_label="beginning").hourly["time"].to_index()[0] == HOURS[0]


def test_infinite_values_are_counted(tmp_path):
    data = own()
    data["pm25"][0, 0] = np.inf
    reading = read(tmp_path, data, hour_label="beginning")
    assert dict(reading.rejected) == {"pm25: infinite value": 1}
    assert np.isnan(reading.hourly["pm25"].values[0, 0])


def changed(**attributes) -> xr.Dataset:
    data = own()
    data["pm25"].attrs = attributes
    return data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", ": not a readable NetCDF file: "),
        (b"CDF\x01 and then nothing", ": not a readable NetCDF file: "),
        (changed(), ": pm25 has no attribute units"),
        (changed(units="ppb"), ": pm25: pm25: unit 'ppb' is a mixing ratio"),
        (changed(units="1"), ": pm25: pm25: unit '1' is unknown"),
        (own(("A", "A")), ": station A stands twice"),
        (own(("A", "")), ": station 1 has no name"),
        (own().assign_coords(time=HOURS[[0, 1, 1]]), ": 2020-01-01 01:00:00 UTC stands twice"),
        (own().assign_coords(time=[0, 1, 2]), ": time holds int64; expected CF times"),
        (
            own().assign_coords(time=HOURS + pd.Timedelta("20min")),
            ", time 0: 2020-01-01 00:20:00 UTC; expected a whole hour",
        ),
        (own().drop_vars("time"), ": variable time missing; found pm25"),
        (own().drop_vars("station"), ": variable station missing; found pm25"),
        (own().rename({p: p.upper() for p in POLLUTANTS}), ": no variable named pm25, pm10"),
        (own().expand_dims(height=[2.0]), ": pm25 is on ('height', 'station', 'time'); expected"),
        (own().isel(time=slice(0, 0)), ": no station or no time"),
        (own().assign(co=own()["co"].astype(str)), ": co holds "),
    ],
)
def test_malformed_files(tmp_path, data, message):
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read(tmp_path, data, hour_label="beginning")
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_truncated_file(tmp_path):
    ObservationStore(tmp_path).write(own())
    path = tmp_path / "2020-01.nc"
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError, match=r"2020-01\.nc: not a readable NetCDF file"):
        Cf(files="*.nc").read(path, 8)


def test_options_are_checked(tmp_path):
    with pytest.raises(ValidationError, match="ozone: expected pm25, pm10"):
        Cf(files="*.nc", variables={"ozone": "o3"})
    with pytest.raises(InputError, match="variable OZ missing; found"):
        read(tmp_path, own(), variables={"o3": "OZ"})
    with pytest.raises(InputError, match="variable place missing; found"):
        read(tmp_path, own(), station="place", hour_label="beginning")
    with pytest.raises(InputError, match=r"none\.nc: no such file$"):
        Cf(files="*.nc").read(tmp_path / "none.nc", 8)
