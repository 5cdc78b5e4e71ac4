"""The archive: what is stored at ingest reads back, and gaps stay gaps."""

from __future__ import annotations

import os

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.errors import InputError
from forecast.weather import archive as archive_module
from forecast.weather.archive import BEARINGS, DISTANCES_KM, WeatherArchive
from forecast.weather.netcdf import WeatherFile
from forecast.weather.sampling import ring

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


def stored(tmp_path, data: xr.Dataset, kind="forecast", leads=3, stations=STATIONS):
    path = tmp_path / "source.nc"
    data.to_netcdf(path)
    archive = WeatherArchive(tmp_path / "weather" / kind)
    with WeatherFile(path, kind, {}) as file:
        assert list(archive.ingest(file, stations, leads))[-1] == data.sizes["time"]
    return archive


def at_stations(field: xr.DataArray) -> np.ndarray:
    places = {k: xr.DataArray(STATIONS[k].to_numpy(), dims="place") for k in ("lat", "lon")}
    return field.interp(latitude=places["lat"], longitude=places["lon"]).values


def test_a_cycle_reads_back_as_interpolated_by_xarray(tmp_path):
    data = source()
    archive = stored(tmp_path, data)
    issues = pd.DatetimeIndex(data["time"].values)
    assert archive.cycles().equals(issues)
    found = archive.read(issues, NAMES, 3)
    assert found["t2m"].dims == ("issue", "lead", "member", "place")
    assert found["lead"].values.tolist() == [1, 2, 3] and found["t2m"].dtype == np.float32
    np.testing.assert_allclose(found["t2m"].values, at_stations(data["t2m"]), rtol=1e-6)
    np.testing.assert_allclose(found["sp"].values, at_stations(data["sp"]) * 100, rtol=1e-6)
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
    expected = data["t2m"].mean("number").interp(points).values
    assert found["ring_t2m"].dims == ("issue", "lead", "ring", "place")
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(found["ring_t2m"].values, expected, rtol=1e-6)


def test_analyses_read_back_and_later_files_join(tmp_path):
    first = source(issues=3).isel(step=0, number=0, drop=True)
    stored(tmp_path, first, "analysis")
    second = source("2015-01-03", issues=2, seed=5).isel(step=0, number=0, drop=True)
    found = stored(tmp_path, second, "analysis").read_analysis(np.array(["b", "a"]))
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


def test_blocks_do_not_matter(tmp_path, monkeypatch):
    data = source(issues=5)
    issues = pd.DatetimeIndex(data["time"].values)
    whole = stored(tmp_path / "one", data) if (tmp_path / "one").mkdir() is None else None
    monkeypatch.setattr(archive_module, "BLOCK_BYTES", 1.0)
    (tmp_path / "many").mkdir()
    blocks = stored(tmp_path / "many", data)
    xr.testing.assert_identical(whole.read(issues, NAMES, 3), blocks.read(issues, NAMES, 3))


def test_a_cycle_that_is_not_stored(tmp_path):
    archive = stored(tmp_path, source())
    with pytest.raises(InputError, match=r"^no weather of 2015-01-04 in .*weather/forecast$"):
        archive.read(pd.date_range("2015-01-03", "2015-01-04"), NAMES, 3)
    with pytest.raises(InputError, match=r"no weather of 2014-12-30 .*\(2 issue days without wea"):
        archive.read(pd.date_range("2014-12-30", "2015-01-01"), NAMES, 3)
    with pytest.raises(InputError, match=r"analysis\.nc: no analyses stored; run `wubu ingest`"):
        archive.read_analysis(NAMES)


@pytest.mark.parametrize("small_cycle_is_last", [True, False])
def test_fewer_members_and_leads_stay_missing(tmp_path, small_cycle_is_last):
    days = ["2015-01-01", "2015-01-02"]
    small, large = days[::-1] if small_cycle_is_last else days
    full = source(large, issues=1)
    stored(tmp_path, full)
    archive = stored(tmp_path, source(small, issues=1, leads=2, members=2, seed=7))
    found = archive.read(pd.DatetimeIndex(days), NAMES, 3)
    assert dict(found.sizes) == {"issue": 2, "lead": 3, "member": 3, "place": 2, "ring": 8}
    known = np.isfinite(found["t2m"].sel(issue=small).values).all(axis=-1)
    assert known.tolist() == [[True, True, False], [True, True, False], [False] * 3]
    # the full cycle loses nothing to its neighbour
    np.testing.assert_allclose(
        found["t2m"].sel(issue=large), at_stations(full["t2m"])[0], rtol=1e-6
    )
    assert np.isnan(found["ring_t2m"].sel(issue=small, lead=3).values).all()


def test_leads_beyond_those_wanted_and_lead_zero_are_left_out(tmp_path):
    data = source(leads=3).assign_coords(step=pd.to_timedelta([0, 1, 5], "D"))
    found = stored(tmp_path, data, leads=3).read(pd.DatetimeIndex(["2015-01-01"]), NAMES, 3)
    expected = at_stations(data["t2m"])[0, 1]
    np.testing.assert_allclose(found["t2m"].values[0, 0], expected, rtol=1e-6)
    assert np.isnan(found["t2m"].values[0, 1:]).all()


def test_steps_that_are_hours_without_units_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"source\.nc: no step of 1 to 3 days; found \[24 48 72\]"):
        stored(tmp_path, source().assign_coords(step=[24, 48, 72]))
    assert not (tmp_path / "weather").exists()


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
    north_of = np.isnan(found["ring_t2m"].values[0, 0, :, 0])
    assert north_of.tolist() == [True, False, False, False] * 2


def test_a_new_run_of_a_cycle_replaces_it(tmp_path):
    stored(tmp_path, source(issues=1))
    newer = source(issues=1, seed=9)
    archive = stored(tmp_path, newer)
    found = archive.read(pd.DatetimeIndex(["2015-01-01"]), NAMES, 3)
    np.testing.assert_allclose(found["t2m"].values, at_stations(newer["t2m"]), rtol=1e-6)


def test_a_death_before_the_rename_leaves_the_old_cycle(tmp_path, monkeypatch):
    archive = stored(tmp_path, source(issues=1))
    before = (archive.folder / "2015-01-01.nc").read_bytes()
    with monkeypatch.context() as patch:

        def die(*_):
            raise KeyboardInterrupt

        patch.setattr(os, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            stored(tmp_path, source(issues=1, seed=9))
    assert [p.name for p in archive.folder.iterdir()] == ["2015-01-01.nc"]
    assert (archive.folder / "2015-01-01.nc").read_bytes() == before


def test_damaged_files_are_named(tmp_path):
    cycles = stored(tmp_path, source())
    path = cycles.folder / "2015-01-02.nc"
    whole = path.read_bytes()
    for spoilt in (b"", b"x" * 500, whole[: len(whole) // 2]):
        path.write_bytes(spoilt)
        with pytest.raises(InputError, match=r"2015-01-02\.nc: not a readable weather cycle"):
            cycles.read(cycles.cycles(), NAMES, 3)
    path.unlink()
    netCDF4.Dataset(path, "w").close()
    with pytest.raises(InputError, match=r"2015-01-02\.nc: not a readable weather cycle"):
        cycles.read(cycles.cycles(), NAMES, 3)
    one = source().isel(step=0, number=0, drop=True)
    analyses = stored(tmp_path, one, "analysis")
    (analyses.folder / "analysis.nc").write_bytes(b"x" * 500)
    for act in (lambda: analyses.read_analysis(NAMES), lambda: stored(tmp_path, one, "analysis")):
        with pytest.raises(InputError, match=r"analysis\.nc: not a readable file of analyses"):
            act()


def test_stored_files_name_their_units(tmp_path):
    archive = stored(tmp_path, source())
    with netCDF4.Dataset(archive.folder / "2015-01-01.nc") as file:
        assert file.Conventions == "CF-1.10" and file.issue == "2015-01-01"
        assert (file["t2m"].units, file["t2m"].standard_name) == ("K", "air_temperature")
        assert file["sp"].units == file["ring_sp"].units == "Pa" and file["lead"].units == "days"
