"""The archive: what is stored at ingest reads back, gaps stay gaps, older cycles serve on."""

from __future__ import annotations

import os

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.errors import InputError
from forecast.weather.archive import gathering
from forecast.weather.archive.analyses import read_analyses
from forecast.weather.archive.cycles import Clock, WeatherArchive
from forecast.weather.archive.intake import take_in_cycles
from forecast.weather.archive.intake_analyses import take_in_analyses
from forecast.weather.archive.places import BEARINGS, DISTANCES_KM, Places
from forecast.weather.opening import open_weather
from forecast.weather.sampling.ring import ring

STATIONS = pd.DataFrame({"lat": [40.2, 38.6], "lon": [116.3, 117.2]}, index=["a", "b"])
NAMES = STATIONS.index.to_numpy()


def source(start="2015-01-01", issues=3, leads=3, members=3, seed=0) -> xr.Dataset:
    rng = np.random.default_rng(seed)
    axes = {
        "time": pd.date_range(start, periods=issues),
        "step": pd.to_timedelta(np.arange(1, leads + 1), "D"),
        "number": np.arange(members),
        "latitude": np.arange(44.0, 34.0, -1.0),
        "longitude": np.arange(112.0, 122.0),
    }
    shape = [len(v) for v in axes.values()]
    return xr.Dataset(
        {
            "t2m": (tuple(axes), rng.normal(280, 9, shape).astype(np.float32), {"units": "K"}),
            "sp": (tuple(axes), rng.normal(1000, 9, shape).astype(np.float32), {"units": "hPa"}),
        },
        coords=axes,
    )


def stored(tmp_path, data: xr.Dataset, leads=3, stations=STATIONS, name="source.nc", oldest=0):
    """Take a file in; other files of the folder are taken in too."""
    folder = tmp_path / "sources"
    folder.mkdir(exist_ok=True)
    data.to_netcdf(folder / name)
    archive = WeatherArchive(tmp_path / "weather" / "ens", Clock(oldest_days=oldest))
    take_in_cycles(
        archive,
        sorted(folder.glob("*.nc")),
        lambda path: open_weather(path, "daily"),
        Places.of(stations, tmp_path / "weights"),
        leads=leads,
        settings="",
        told=lambda done, total: None,
    )
    return archive


def analysed(tmp_path, data: xr.Dataset, name="analysis_source.nc"):
    folder = tmp_path / "analyses"
    folder.mkdir(exist_ok=True)
    data.to_netcdf(folder / name)
    take_in_analyses(
        tmp_path / "weather" / "ana",
        sorted(folder.glob("*.nc")),
        lambda path: open_weather(path, "daily"),
        Places.of(STATIONS, tmp_path / "weights"),
        utc_offset=8,
        settings="",
        told=lambda done, total: None,
    )
    return tmp_path / "weather" / "ana"


def at_stations(field: xr.DataArray) -> np.ndarray:
    places = {k: xr.DataArray(STATIONS[k].to_numpy(), dims="place") for k in ("lat", "lon")}
    return field.interp(latitude=places["lat"], longitude=places["lon"]).values


def test_a_cycle_reads_back_as_interpolated_by_xarray(tmp_path):
    data = source()
    archive = stored(tmp_path, data)
    issues = pd.DatetimeIndex(data["time"].values)
    assert archive.issues().equals(issues.as_unit("ns"))
    found = archive.read(issues, NAMES, 3)
    assert found["t2m"].dims == ("issue", "lead", "member", "place")
    assert found["lead"].values.tolist() == [1, 2, 3] and found["t2m"].dtype == np.float32
    np.testing.assert_allclose(found["t2m"].values, at_stations(data["t2m"]), rtol=1e-6)
    np.testing.assert_allclose(found["sp"].values, at_stations(data["sp"]) * 100, rtol=1e-6)
    assert found["cycle"].values.tolist() == ["2015-01-01", "2015-01-02", "2015-01-03"]
    assert found["cycle_age"].values.tolist() == [0, 0, 0] and not found["dressed"].any()
    # stations in another order, one unknown
    turned = archive.read(issues[1:2], np.array(["b", "x", "a"]), 2)
    np.testing.assert_array_equal(turned["t2m"][..., 0], found["t2m"][1:2, :2, :, 1])
    np.testing.assert_array_equal(turned["t2m"][..., 2], found["t2m"][1:2, :2, :, 0])
    assert np.isnan(turned["t2m"][..., 1].values).all() and turned.sizes["lead"] == 2


def test_the_ring_holds_the_ensemble_mean_around(tmp_path):
    data = source()
    found = stored(tmp_path, data).read(pd.DatetimeIndex(data["time"].values), NAMES, 3)
    lat, lon = ring(*(STATIONS[k].to_numpy() for k in ("lat", "lon")), BEARINGS, DISTANCES_KM)
    points = {
        "latitude": xr.DataArray(lat, dims=("ring", "place")),
        "longitude": xr.DataArray(lon, dims=("ring", "place")),
    }
    expected = data["sp"].mean("number").interp(points).values * 100
    assert found["ring_sp"].dims == ("issue", "lead", "ring", "place")
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(found["ring_sp"].values, expected, rtol=1e-6)


def test_one_missing_member_does_not_empty_the_ring(tmp_path):
    data = source(issues=1)
    data["sp"][0, 1, 2] = np.nan
    found = stored(tmp_path, data).read(pd.DatetimeIndex(["2015-01-01"]), NAMES, 3)
    assert np.isnan(found["sp"].values[0, 1]).all(axis=-1).tolist() == [False, False, True]
    lat, lon = ring(*(STATIONS[k].to_numpy() for k in ("lat", "lon")), BEARINGS, DISTANCES_KM)
    points = {
        "latitude": xr.DataArray(lat, dims=("ring", "place")),
        "longitude": xr.DataArray(lon, dims=("ring", "place")),
    }
    expected = data["sp"].isel(number=[0, 1]).mean("number").interp(points).values * 100
    np.testing.assert_allclose(found["ring_sp"].values[0, 1], expected[0, 1], rtol=1e-6)


def test_analyses_read_back_and_later_files_join(tmp_path):
    first = source(issues=3).isel(step=0, number=0, drop=True)
    analysed(tmp_path, first, "1.nc")
    second = source("2015-01-03", issues=2, seed=5).isel(step=0, number=0, drop=True)
    found = read_analyses(analysed(tmp_path, second, "2.nc"), np.array(["b", "a"]))
    assert found["day"].values.astype("M8[D]").astype(str).tolist() == [
        "2015-01-01",
        "2015-01-02",
        "2015-01-03",
        "2015-01-04",
    ]
    old, new = at_stations(first["t2m"]), at_stations(second["t2m"])
    # the 3rd stands in both: the later file wins
    expected = np.concatenate([old[:2], new])[:, ::-1]
    np.testing.assert_allclose(found["t2m"].transpose("day", "place").values, expected, rtol=1e-6)
    assert found["ring_sp"].dims == ("day", "ring", "place")


def test_blocks_do_not_matter(tmp_path, monkeypatch):
    data = source(issues=5)
    issues = pd.DatetimeIndex(data["time"].values)
    for name in ("one", "many"):
        (tmp_path / name).mkdir()
    whole = stored(tmp_path / "one", data).read(issues, NAMES, 3)
    monkeypatch.setattr(gathering, "BLOCK_BYTES", 1.0)
    blocks = stored(tmp_path / "many", data).read(issues, NAMES, 3)
    xr.testing.assert_identical(whole, blocks)


def test_a_cycle_that_is_not_stored(tmp_path):
    archive = stored(tmp_path, source())
    with pytest.raises(InputError, match=r"^no weather of 2015-01-04 in .*weather/ens, nor of the"):
        archive.read(pd.date_range("2015-01-03", "2015-01-04"), NAMES, 3)
    with pytest.raises(InputError, match=r"analysis\.nc: no analyses stored; run `wubu ingest`"):
        read_analyses(tmp_path / "weather" / "ana", NAMES)


def test_an_older_cycle_serves_on_with_its_lead_shifted(tmp_path):
    archive = stored(tmp_path, source(leads=4), leads=3, oldest=2)
    issues = pd.date_range("2015-01-03", "2015-01-05")
    found = archive.read(issues, NAMES, 3)
    assert found["cycle"].values.tolist() == ["2015-01-03"] * 3
    assert found["cycle_age"].values.tolist() == [0, 1, 2]
    own = found["t2m"].values
    # lead 1 of the 4th is lead 2 of the 3rd: the same valid day
    np.testing.assert_array_equal(own[1, :2], own[0, 1:])
    expected = at_stations(source(leads=4)["t2m"])[2]
    np.testing.assert_allclose(own[1], expected[1:4], rtol=1e-6)  # day 4 was kept for this
    np.testing.assert_allclose(own[2, :2], expected[2:4], rtol=1e-6)
    assert np.isnan(own[2, 2]).all()
    assert archive.served(pd.date_range("2014-12-30", "2015-01-06")).equals(
        pd.date_range("2015-01-01", "2015-01-05")
    )
    with pytest.raises(InputError, match=r"no weather of 2015-01-06 .* nor of the 2 days before$"):
        archive.read(issues + pd.Timedelta(days=1), NAMES, 3)


@pytest.mark.parametrize("small_cycle_is_last", [True, False])
def test_fewer_members_and_leads_stay_missing(tmp_path, small_cycle_is_last):
    days = ["2015-01-01", "2015-01-02"]
    small, large = days[::-1] if small_cycle_is_last else days
    full = source(large, issues=1)
    stored(tmp_path, full, name="full.nc")
    poor = source(small, issues=1, leads=2, members=2, seed=7)
    archive = stored(tmp_path, poor, name="poor.nc")
    found = archive.read(pd.DatetimeIndex(days), NAMES, 3)
    assert dict(found.sizes) == {"issue": 2, "lead": 3, "member": 3, "place": 2, "ring": 8}
    known = np.isfinite(found["t2m"].sel(issue=small).values).all(axis=-1)
    assert known.tolist() == [[True, True, False], [True, True, False], [False] * 3]
    # the full cycle loses nothing to its neighbour
    np.testing.assert_allclose(
        found["t2m"].sel(issue=large), at_stations(full["t2m"])[0], rtol=1e-6
    )
    assert np.isnan(found["ring_sp"].sel(issue=small, lead=3).values).all()


def test_leads_beyond_those_wanted_and_lead_zero_are_left_out(tmp_path):
    data = source(leads=3).assign_coords(step=pd.to_timedelta([0, 1, 5], "D"))
    archive = stored(tmp_path, data, leads=3)
    found = archive.read(pd.DatetimeIndex(["2015-01-01"]), NAMES, 3)
    expected = at_stations(data["t2m"])[0, 1]
    np.testing.assert_allclose(found["t2m"].values[0, 0], expected, rtol=1e-6)
    assert np.isnan(found["t2m"].values[0, 1:]).all()
    with netCDF4.Dataset(archive.path("2015-01-01")) as file:
        assert file.dimensions["day"].size == 1


def test_a_station_outside_the_grid_is_named_with_the_file(tmp_path):
    far = pd.concat([STATIONS, pd.DataFrame({"lat": [20.0], "lon": [110.0]}, index=["far"])])
    message = r"source\.nc: 1 of 3 places lie outside the weather grid \(35…44°N, 112…121°E\): far$"
    with pytest.raises(InputError, match=message):
        stored(tmp_path, source(), stations=far)


def test_a_ring_beyond_the_edge_is_missing_and_the_place_is_not(tmp_path):
    edge = pd.DataFrame({"lat": [43.9], "lon": [116.0]}, index=["edge"])
    archive = stored(tmp_path, source(), stations=edge)
    found = archive.read(pd.DatetimeIndex(["2015-01-01"]), np.array(["edge"]), 3)
    assert np.isfinite(found["t2m"].values).all()
    north_of = np.isnan(found["ring_sp"].values[0, 0, :, 0])
    assert north_of.tolist() == [True, False, False, False] * 2


def test_a_new_run_of_a_cycle_replaces_it_and_an_old_one_is_not_read_again(tmp_path):
    archive = stored(tmp_path, source(issues=1))
    path = archive.path("2015-01-01")
    before = path.stat().st_mtime_ns
    os.utime(path, ns=(before - 10**9, before - 10**9))
    stored(tmp_path, source("2015-01-02", issues=1), name="other.nc")
    assert path.stat().st_mtime_ns == before - 10**9  # its source did not change
    newer = source(issues=1, seed=9)
    stored(tmp_path, newer)
    found = archive.read(pd.DatetimeIndex(["2015-01-01"]), NAMES, 3)
    np.testing.assert_allclose(found["t2m"].values, at_stations(newer["t2m"]), rtol=1e-6)
    path.unlink()  # a lost cycle is made again from its unchanged source
    stored(tmp_path, source("2015-01-02", issues=1), name="other.nc")
    assert path.exists()


def test_other_places_make_the_archive_anew(tmp_path):
    archive = stored(tmp_path, source(issues=1))
    moved = STATIONS.assign(lat=[39.0, 38.6])
    stored(tmp_path, source(issues=1), stations=moved)
    found = archive.read(pd.DatetimeIndex(["2015-01-01"]), NAMES, 3)
    expected = source(issues=1)["t2m"].interp(latitude=39.0, longitude=116.3).values
    np.testing.assert_allclose(found["t2m"].values[..., 0], expected, rtol=1e-6)


def test_a_death_before_the_rename_leaves_the_old_cycle(tmp_path, monkeypatch):
    archive = stored(tmp_path, source(issues=1))
    before = archive.path("2015-01-01").read_bytes()
    with monkeypatch.context() as patch:

        def die(*_):
            raise KeyboardInterrupt

        patch.setattr(os, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            stored(tmp_path, source(issues=1, seed=9))
    assert sorted(p.name for p in archive.folder.iterdir()) == ["2015-01-01.nc", "sources.json"]
    assert archive.path("2015-01-01").read_bytes() == before


def test_a_damaged_source_gives_nothing_and_the_others_all(tmp_path):
    stored(tmp_path, source("2015-01-01", issues=1), name="1.nc")
    (tmp_path / "sources" / "2.nc").write_bytes(b"\x89HDF\r\n\x1a\nrubbish")
    archive = stored(tmp_path, source("2015-01-03", issues=1), name="3.nc")
    assert archive.cycles().tolist() == ["2015-01-01", "2015-01-03"]


def test_a_damaged_cycle_is_passed_over_or_named(tmp_path):
    archive = stored(tmp_path, source(leads=4), oldest=1)
    path = archive.path("2015-01-02")
    whole = path.read_bytes()
    other = tmp_path / "empty.nc"
    netCDF4.Dataset(other, "w").close()
    for spoilt in (b"", b"x" * 500, whole[: len(whole) // 2], other.read_bytes()):
        path.write_bytes(spoilt)
        found = archive.read(archive.issues(), NAMES, 3)
        assert found["cycle"].values.tolist() == ["2015-01-01", "2015-01-01", "2015-01-03"]
        assert found["cycle_age"].values.tolist() == [0, 1, 0]
        damage = found["cycle_damage"].values
        assert damage[0] == "" and "2015-01-02.nc: not a readable weather cycle" in damage[1]
        np.testing.assert_array_equal(found["t2m"].values[1, :2], found["t2m"].values[0, 1:])
        strict = WeatherArchive(archive.folder, Clock(oldest_days=0))
        with pytest.raises(InputError, match=r"no weather of 2015-01-02 .*2015-01-02\.nc: not a r"):
            strict.read(archive.issues(), NAMES, 3)


def test_damaged_analyses_are_named(tmp_path):
    one = source().isel(step=0, number=0, drop=True)
    folder = analysed(tmp_path, one)
    (folder / "analysis.nc").write_bytes(b"x" * 500)
    (tmp_path / "analyses" / "analysis_source.nc").touch()
    for act in (lambda: read_analyses(folder, NAMES), lambda: analysed(tmp_path, one + 1)):
        with pytest.raises(InputError, match=r"analysis\.nc: not a readable file of analyses"):
            act()


def test_stored_files_name_their_units(tmp_path):
    archive = stored(tmp_path, source())
    with netCDF4.Dataset(archive.folder / "2015-01-01.nc") as file:
        assert file.Conventions == "CF-1.10" and file.issue == "2015-01-01"
        assert (file["t2m"].units, file["t2m"].standard_name) == ("K", "air_temperature")
        assert file["sp"].units == file["ring_sp"].units == "Pa"
        assert file["day"].units == "days since 1970-01-01"


@pytest.mark.parametrize(
    ("name", "delay", "hour", "first"),
    [
        ("2015-01-01", 0, 24, "2015-01-01"),
        ("2015-01-01T00", 7, 24, "2015-01-01"),  # at hand 15:00 local, issued 24:00
        ("2015-01-01T12", 7, 24, "2015-01-02"),  # at hand 03:00 local of the 2nd
        ("2015-01-01T00", 7, 15, "2015-01-01"),  # at hand exactly at the issue
        ("2015-01-01T00", 8, 15, "2015-01-02"),
        ("2014-12-31T18", 7, 15, "2015-01-01"),  # at hand 09:00 local of the 1st
    ],
)
def test_the_first_issue_a_cycle_can_serve(name, delay, hour, first):
    clock = Clock(utc_offset=8, issue_hour=hour, delay_hours=delay)
    assert clock.first_issue(name) == pd.Timestamp(first)
