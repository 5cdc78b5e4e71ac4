"""Doors of arrays: weather as NetCDF and GRIB, observations, issued and foreign files in NetCDF."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from consultation_inputs import forecast_of

from doors.door import Door
from forecast.issued import write_issued
from forecast.observations.cf import Cf
from forecast.observations.store import ObservationStore
from forecast.pollutants import POLLUTANTS, UNITS
from forecast.weather import open_weather
from forecast.weather.archive.cycle_file import read_cycle, write_cycle

SPACE = {
    "latitude": ("latitude", [41.0, 40.0], {"units": "degrees_north"}),
    "longitude": ("longitude", [115.0, 116.0, 117.0], {"units": "degrees_east"}),
}
DAYS = pd.date_range("2015-01-01", periods=3)


def _bytes(data: xr.Dataset, **options: object) -> bytes:
    with tempfile.TemporaryDirectory() as room:
        path = Path(room) / "a.nc"
        data.to_netcdf(path, **options)
        return path.read_bytes()


def _steps() -> xr.Dataset:
    dims = ("time", "step", "number", "latitude", "longitude")
    coords = {
        "time": ("time", [0, 12], {"units": "hours since 2024-01-01"}),
        "step": ("step", [6, 12], {"units": "hours", "standard_name": "forecast_period"}),
        "number": ("number", [0, 1], {"standard_name": "realization"}),
        **SPACE,
    }
    coords["time"][2]["standard_name"] = "forecast_reference_time"
    values = 270 + np.arange(48, dtype=np.float32).reshape(2, 2, 2, 2, 3)
    fields = {"t2m": (dims, values, {"units": "K"}), "sp": (dims, values * 300, {"units": "Pa"})}
    return xr.Dataset(fields, coords)


def _analyses() -> xr.Dataset:
    coords = {"time": ("time", [0, 3, 6], {"units": "hours since 2024-01-01"}), **SPACE}
    values = 270 + np.arange(18, dtype=np.float32).reshape(3, 2, 3)
    return xr.Dataset({"t2m": (("time", "latitude", "longitude"), values, {"units": "K"})}, coords)


def weather_netcdf() -> Door:
    packed = {"t2m": {"dtype": "i2", "scale_factor": 0.01, "add_offset": 280.0, "_FillValue": -1}}
    files = (
        ("steps.nc", _bytes(_steps())),
        ("classic.nc", _bytes(_analyses(), format="NETCDF3_CLASSIC")),
        ("packed.nc", _bytes(_analyses(), encoding=packed)),
    )
    return Door("netcdf", files, lambda path: open_weather(path).load())


def weather_days() -> Door:
    from forecast.simulate import simulate

    with tempfile.TemporaryDirectory() as room:
        simulate(seed=1, cities=1, stations_per_city=1, days=4, members=2, leads=2).write(room)
        files = tuple(
            (p.name, p.read_bytes()) for p in sorted((Path(room) / "weather").glob("*.nc"))
        )
    return Door("netcdf", files, lambda path: open_weather(path).load())


def weather_grib() -> Door:
    from grib_messages import amount, t2m

    two = t2m() + amount(3.0, 0, 6)
    files = (("a.grib2", two), ("b.grib", t2m(sample="regular_ll_sfc_grib1")))
    return Door("binary", files, lambda path: open_weather(path).load())


def observations_netcdf() -> Door:
    hours = pd.date_range("2020-01-01", periods=3, freq="h")
    values = np.arange(6, dtype=np.float32).reshape(2, 3) + 0.5
    data = xr.Dataset(
        {p: (("station", "time"), values, {"units": UNITS[p]}) for p in POLLUTANTS},
        coords={"station": ["A", "B"], "time": hours},
    )
    source = Cf(files="*", hour_label="beginning")
    files = (("air.nc", _bytes(data)), ("air3.nc", _bytes(data, format="NETCDF3_CLASSIC")))
    return Door("netcdf", files, lambda path: source.read(path, 8))


def store_observations() -> Door:
    hours = pd.date_range("2020-01-01", periods=3, freq="h")
    values = np.ones((2, 3), np.float32)
    data = xr.Dataset(
        {p: (("station", "time"), values, {"units": UNITS[p]}) for p in POLLUTANTS},
        coords={"station": np.array(["A", "B"], object), "time": hours},
    )
    with tempfile.TemporaryDirectory() as room:
        ObservationStore(Path(room)).write(data)
        content = (Path(room) / "2020-01.nc").read_bytes()
    read = lambda path: ObservationStore(path.parent).read()  # noqa: E731
    return Door("netcdf", (("2020-01.nc", content),), read)


def store_cycle() -> Door:
    data = xr.Dataset(
        {
            "t2m": (("day", "member", "place"), np.ones((3, 2, 2), np.float32)),
            "ring_t2m": (("day", "ring", "place"), np.ones((3, 8, 2), np.float32)),
            "coverage": ("day", np.ones(3, np.float32)),
        },
        coords={"day": DAYS, "place": np.array(["A", "B"], object)},
    )
    with tempfile.TemporaryDirectory() as room:
        path = Path(room) / "2015-01-01.nc"
        write_cycle(path, data, {"issue": path.stem, "known_since": path.stem})
        content = path.read_bytes()
    places = np.array(["A", "B"], object)
    return Door("netcdf", ((path.name, content),), lambda p: read_cycle(p, places, DAYS))


def issued() -> Door:
    from forecast.consultation.consulted import read_consulted

    return Door("netcdf", (("2015-12-18.nc", _issued()),), read_consulted)


def foreign_netcdf() -> Door:
    from forecast.foreign.reading import read_forecasts

    data = xr.Dataset(
        {"pm25": (("time", "step", "station"), np.ones((3, 2, 2)), {"units": "ug m-3"})},
        {"time": DAYS, "step": ("step", [24, 48], {"units": "hours"}), "station": ["A", "B"]},
    )
    files = (("theirs.nc", _bytes(data)), ("2015-12-18.nc", _issued()))
    return Door("netcdf", files, lambda path: read_forecasts([path]))


def _issued() -> bytes:
    data = forecast_of(["Beijing", "Tianjin"], leads=3)
    both = ("lead", "place", "pollutant")
    data["concentration_mean"] = (both, np.ones((3, 2, 6)))
    data["concentration"] = ((*both, "quantile"), np.ones((3, 2, 6, 19)))
    with tempfile.TemporaryDirectory() as room:
        return write_issued(data, Path(room)).read_bytes()


GRIDDED: dict[str, Callable[[], Door]] = {
    "weather_netcdf": weather_netcdf,
    "weather_days": weather_days,
    "weather_grib": weather_grib,
    "observations_netcdf": observations_netcdf,
    "store_observations": store_observations,
    "store_cycle": store_cycle,
    "issued": issued,
    "foreign_netcdf": foreign_netcdf,
}
