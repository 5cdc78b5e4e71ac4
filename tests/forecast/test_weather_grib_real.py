"""Real GRIB files against ecCodes read directly."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecast.weather.opening import open_weather

ec = pytest.importorskip("eccodes", reason="the extra wubu[grib] is not installed")


def hours(axis):
    return (pd.TimedeltaIndex(np.atleast_1d(axis)) / pd.Timedelta(hours=1)).tolist()


def stored(path, short, **keys):
    """Messages of a file as ecCodes itself walks through it."""
    ec.codes_grib_multi_support_on()
    try:
        with path.open("rb") as file:
            while (handle := ec.codes_grib_new_from_file(file)) is not None:
                wanted = {"shortName": short} | keys
                if all(ec.codes_get(handle, key) == value for key, value in wanted.items()):
                    yield handle
                ec.codes_release(handle)
            ec.codes_grib_multi_support_reset_file(file)
    finally:
        ec.codes_grib_multi_support_off()


PLACES = [(40.0, 115.0), (-32.5, 70.0), (0.0, 0.0), (87.5, 357.5), (22.5, 112.5)]


@pytest.mark.real
@pytest.mark.parametrize(
    ("field", "short", "keys", "factor"),
    [
        ("u10", "10u", {"level": 10}, 1),
        ("v10", "10v", {"level": 10}, 1),
        ("t2m", "2t", {"level": 2}, 1),
        ("r2", "2r", {"level": 2}, 1),
        ("sp", "sp", {}, 1),
        ("msl", "prmsl", {}, 1),
        ("tcc", "tcc", {"typeOfLevel": "atmosphereSingleLayer"}, 1),
        ("tp", "tp", {}, 1),
        ("ssrd", "sdswrf", {"typeOfLevel": "surface"}, 21600),  # a mean over 6 h, W m-2
        ("t850", "t", {"typeOfLevel": "isobaricInhPa", "level": 850}, 1),
        ("gh500", "gh", {"typeOfLevel": "isobaricInhPa", "level": 500}, 1),
        ("w700", "w", {"typeOfLevel": "isobaricInhPa", "level": 700}, 1),
        ("blh", "unknown", {"parameterNumber": 196, "parameterCategory": 3}, 1),
    ],
)
def test_gfs(real_data, field, short, keys, factor):
    path = real_data / "formats" / "gfs_2011-01-10T12_f120_2p5deg.grib2"
    found = open_weather(path)[field]
    handle = next(stored(path, short, **keys))
    for lat, lon in PLACES:
        (nearest,) = ec.codes_grib_find_nearest(handle, lat, lon)
        assert nearest["distance"] < 0.01
        value = found.sel(latitude=lat, longitude=lon).item()
        assert value == pytest.approx(nearest["value"] * factor, rel=1e-6)


@pytest.mark.real
def test_gfs_as_a_whole(real_data):
    found = open_weather(real_data / "formats" / "gfs_2011-01-10T12_f120_2p5deg.grib2")
    assert found.attrs["product"] == "gfs"
    assert found["issue"].values.tolist() == [pd.Timestamp("2011-01-10 12:00").value]
    assert hours(found["lead"]) == [120] and found["member"].values.tolist() == [0]
    assert hours(found["tp_start"]) == [114] and hours(found["ssrd_start"]) == [114]
    np.testing.assert_allclose(found["latitude"], np.arange(90, -91, -2.5))
    np.testing.assert_allclose(found["longitude"], np.arange(0, 360, 2.5))
    surface = {"u10", "v10", "t2m", "r2", "q2", "sp", "msl", "blh", "tcc", "tp", "ssrd"}
    aloft = {f"{n}{p}" for n in ("t", "u", "v", "r", "gh", "w") for p in (1000, 925, 850, 700, 500)}
    assert set(found.data_vars) == surface | aloft
    assert found["tp"].min() >= 0 and found["tp"].max() < 200


@pytest.mark.real
def test_tigge(real_data):
    path = real_data / "formats" / "ecmwf_tigge_f120_reduced_gaussian.grib"
    found = open_weather(path)
    assert found.attrs["product"] == "tigge"
    assert set(found.data_vars) == {"u10", "v10", "t2m", "d2m", "sp", "msl", "tcc", "tp"}
    assert dict(found.sizes) == {"issue": 1, "lead": 1, "member": 1, "point": 213988}
    assert found["issue"].values.tolist() == [pd.Timestamp("2007-05-05").value]
    assert (hours(found["lead"]), hours(found["tp_start"])) == ([120], [0])
    shorts = {"u10": "10u", "t2m": "2t", "msl": "msl", "tcc": "tcc", "tp": "tp"}
    for field, short in shorts.items():
        for handle in stored(path, short):
            values = ec.codes_get_values(handle)
            for at in (0, 17, 100_000, 213_987):
                assert found[field].isel(point=at).item() == pytest.approx(values[at], rel=1e-6)
            if field == "u10":
                latitude = ec.codes_get_array(handle, "latitudes")
                longitude = ec.codes_get_array(handle, "longitudes")
    np.testing.assert_allclose(found["latitude"], latitude)
    np.testing.assert_allclose(found["longitude"], longitude)


@pytest.mark.real
def test_era5_members(real_data):
    path = real_data / "formats" / "era5_levels_members.grib"
    found = open_weather(path)
    assert found.attrs["product"] == "era5-grib"
    assert set(found.data_vars) == {"t850", "t500", "gh850", "gh500"}
    assert found["member"].values.tolist() == list(range(10))
    days = pd.date_range("2017-01-01", periods=4, freq="12h")
    assert (found["issue"].to_index() == days).all() and hours(found["lead"]) == [0]
    case = {"dataDate": 20170102, "dataTime": 1200, "number": 7}
    for field, short, level in (("t850", "t", 850), ("gh500", "z", 500)):
        (nearest,) = [
            ec.codes_grib_find_nearest(handle, 39, 117)[0]
            for handle in stored(path, short, level=level, **case)
        ]
        expected = nearest["value"] / (9.80665 if short == "z" else 1)
        value = found[field].sel(issue="2017-01-02T12", member=7, latitude=39, longitude=117)
        assert value.item() == pytest.approx(expected, rel=1e-6)


@pytest.mark.real
def test_era5_hourly(real_data):
    path = real_data / "formats" / "era5_t2m_2019-03_uk_hourly.grib"
    found = open_weather(path)
    assert found.attrs["product"] == "era5-grib" and list(found.data_vars) == ["t2m"]
    hourly = pd.date_range("2019-03-01", "2019-03-31 23:00", freq="h")
    assert (found["issue"].to_index() == hourly).all() and hours(found["lead"]) == [0]
    for date, time, lat, lon in ((20190301, 0, 51.5, 0.0), (20190315, 1700, 57.25, -9.75)):
        (handle,) = [
            ec.codes_grib_find_nearest(h, lat, lon)[0]["value"]
            for h in stored(path, "2t", dataDate=date, dataTime=time)
        ]
        when = pd.Timestamp(f"{date}") + pd.Timedelta(hours=time // 100)
        value = found["t2m"].sel(issue=when, latitude=lat, longitude=lon).item()
        assert value == pytest.approx(handle, rel=1e-6)
    assert 260 < found["t2m"].min() < found["t2m"].max() < 300
