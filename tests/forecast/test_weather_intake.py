"""Intake: whatever way the files cut a cycle, the archive holds the same local days."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from forecast.config import load_config
from forecast.errors import InputError
from forecast.ingest_weather import ingest_weather
from forecast.stations import read_stations
from forecast.weather.archive import gathering
from forecast.weather.archive.analyses import read_analyses
from forecast.weather.archive.cycles import Clock, WeatherArchive
from forecast.weather.archive.intake import take_in_cycles
from forecast.weather.archive.intake_analyses import take_in_analyses
from forecast.weather.archive.places import Places
from forecast.weather.opening import open_weather
from forecast.workspace import Workspace

STATIONS = pd.DataFrame({"lat": [40.2, 38.6], "lon": [116.3, 117.2]}, index=["a", "b"])
NAMES = STATIONS.index.to_numpy()
LAT, LON = np.arange(44.0, 34.0, -1.0), np.arange(112.0, 122.0)
REFERENCE = "2015-01-01T00"


def steps(hours=range(0, 97, 3), members=3, start=REFERENCE) -> xr.Dataset:
    """t2m = 280 + h/24 + member at every point; rain of 1 mm an hour since the reference time."""
    hours = np.array(list(hours))
    shape = (len(hours), members, len(LAT), len(LON))
    t2m = 280.0 + hours[:, None] / 24 + np.arange(members)[None, :]
    rain = hours[:, None] * np.ones(members) / 1000
    dims = ("step", "number", "latitude", "longitude")
    return xr.Dataset(
        {
            "t2m": (dims, np.broadcast_to(t2m[..., None, None], shape), {"units": "K"}),
            "tp": (dims, np.broadcast_to(rain[..., None, None], shape), {"units": "m"}),
        },
        coords={
            "time": pd.Timestamp(start),
            "step": pd.to_timedelta(hours, "h"),
            "number": np.arange(members),
            "latitude": LAT,
            "longitude": LON,
        },
    )


def write(folder, **files: xr.Dataset):
    folder.mkdir(exist_ok=True, parents=True)
    for name, data in files.items():
        data.to_netcdf(folder / f"{name}.nc")
    return sorted(folder.glob("*.nc"))


def taken_in(tmp_path, paths, stations=STATIONS):
    archive = WeatherArchive(tmp_path / "archive", Clock(delay_hours=7))
    report = take_in_cycles(
        archive,
        paths,
        lambda path: open_weather(path, "cf"),
        Places.of(stations, tmp_path / "weights"),
        leads=3,
        settings="",
        told=lambda done, total: None,
    )
    return archive, report


def read(archive, leads=3):
    return archive.read(pd.DatetimeIndex(["2015-01-01"]), NAMES, leads)


def test_steps_become_local_days(tmp_path):
    archive, report = taken_in(tmp_path, write(tmp_path / "s", cycle=steps()))
    assert archive.cycles().tolist() == ["2015-01-01T00"] and report.stored == 1
    found = read(archive)
    # local day 2 January at UTC+8 is hours 16…40 of the cycle: mean of a straight line is its
    # middle, hour 28; 24 mm of rain fall
    for member in range(3):
        expected = 280 + np.array([28, 52, 76]) / 24 + member
        np.testing.assert_allclose(found["t2m"].values[0, :, member, 0], expected, rtol=1e-6)
    np.testing.assert_allclose(found["tp"].values, 24.0, rtol=1e-4)
    np.testing.assert_allclose(found["t2m_max"].values[0, 0, 0], 280 + 40 / 24, rtol=1e-6)
    # afternoon 12–18 local of 2 January: hours 28…34, middle 31
    np.testing.assert_allclose(found["t2m_afternoon"].values[0, 0, 0], 280 + 31 / 24, rtol=1e-6)


def test_however_the_files_are_cut(tmp_path, monkeypatch):
    whole = steps()
    one, _ = taken_in(tmp_path / "one", write(tmp_path / "s1", cycle=whole))
    by_step = {f"f{i:03d}": whole.isel(step=[i]) for i in range(whole.sizes["step"])}
    stepwise, report = taken_in(tmp_path / "steps", write(tmp_path / "s2", **by_step))
    assert report.stored == 1 and not report.problems
    by_member = {f"m{i}": whole.isel(number=[i]) for i in range(3)}
    members, _ = taken_in(tmp_path / "members", write(tmp_path / "s3", **by_member))
    by_field = {"t": whole[["t2m"]], "p": whole[["tp"]]}
    monkeypatch.setattr(gathering, "BLOCK_BYTES", 1.0)
    fields, _ = taken_in(tmp_path / "fields", write(tmp_path / "s4", **by_field))
    for other in (stepwise, members, fields):
        xr.testing.assert_allclose(read(one), read(other), rtol=1e-6)


def test_a_damaged_step_leaves_its_day_missing_and_is_read_once_mended(tmp_path):
    whole = steps()
    files = {f"f{i:03d}": whole.isel(step=[i]) for i in range(whole.sizes["step"])}
    paths = write(tmp_path / "s", **files)
    good = paths[16].read_bytes()  # hour 48, 2 January + 1: local 3 January 08:00
    paths[16].write_bytes(good[: len(good) // 2])
    archive, report = taken_in(tmp_path, paths)
    assert len(report.problems) == 1 and str(paths[16]) in report.problems[0]
    found = read(archive)
    known = np.isfinite(found["t2m"].values[0, :, 0, 0])
    assert known.tolist() == [True, False, True]
    # the rain of the day is known all the same: it gathers since the reference time
    np.testing.assert_allclose(found["tp"].values[0, :, 0, 0], 24.0, rtol=1e-4)
    paths[16].write_bytes(good)
    archive, report = taken_in(tmp_path, paths)
    assert report.stored == 1 and report.unchanged == len(paths) - 1 and not report.problems
    assert np.isfinite(read(archive)["t2m"].values).all()


def test_missing_members_and_fields_are_survived(tmp_path):
    whole = steps()
    poor = steps(members=2, start="2015-01-02T00")[["t2m"]]
    archive, _ = taken_in(tmp_path, write(tmp_path / "s", a=whole, b=poor))
    found = archive.read(pd.date_range("2015-01-01", "2015-01-02"), NAMES, 3)
    assert np.isnan(found["tp"].values[1]).all() and np.isfinite(found["tp"].values[0]).all()
    assert np.isfinite(found["t2m"].values[1, :, :2]).all()
    assert np.isnan(found["t2m"].values[1, :, 2]).all()


def test_nothing_usable_is_an_error(tmp_path):
    paths = write(tmp_path / "s", cycle=steps())
    paths[0].write_bytes(paths[0].read_bytes()[:3000])
    with pytest.raises(InputError, match=r"cycle\.nc: not a readable NetCDF file"):
        taken_in(tmp_path, paths)
    assert not list((tmp_path / "archive").glob("*.nc"))
    past = write(tmp_path / "past", cycle=steps(range(0, 13, 3)))
    with pytest.raises(InputError, match=r"no day of the cycle 2015-01-01T00 lies 1 to 3 days"):
        taken_in(tmp_path, past)


def test_reference_times_of_half_hours_are_refused(tmp_path):
    paths = write(tmp_path / "s", cycle=steps(start="2015-01-01T00:30"))
    with pytest.raises(
        InputError, match=r"cycle\.nc: reference time .*00:30:00 is not a whole hou"
    ):
        taken_in(tmp_path, paths)


def hourly_analyses(first: str, hours: int) -> xr.Dataset:
    times = pd.date_range(first, periods=hours, freq="h")
    value = 270 + (times - pd.Timestamp("2015-01-01")) / pd.Timedelta(days=1)
    shape = (hours, len(LAT), len(LON))
    return xr.Dataset(
        {
            "t2m": (
                ("time", "latitude", "longitude"),
                np.broadcast_to(value.to_numpy()[:, None, None], shape),
                {"units": "K"},
            )
        },
        coords={"time": times, "latitude": LAT, "longitude": LON},
    )


def analysed(tmp_path, paths):
    report = take_in_analyses(
        tmp_path / "analysis",
        paths,
        lambda path: open_weather(path, "cf"),
        Places.of(STATIONS, tmp_path / "weights"),
        utc_offset=8,
        settings="",
        told=lambda done, total: None,
    )
    return read_analyses(tmp_path / "analysis", NAMES), report


def test_hourly_analyses_become_local_days_across_files(tmp_path):
    one = hourly_analyses("2014-12-30", 48)  # to 31 December 23 UTC: a local day lies in two files
    two = hourly_analyses("2015-01-01", 72)
    found, report = analysed(tmp_path, write(tmp_path / "s", a=one, b=two))
    # whole local days at UTC+8: 31 December … 3 January (1 Jan is 16 UTC on the 31st … 16 UTC)
    days = found["day"].values[np.isfinite(found["t2m"].values).all(axis=1)]
    assert days.astype("M8[D]").astype(str).tolist() == [
        "2014-12-31",
        "2015-01-01",
        "2015-01-02",
        "2015-01-03",
    ]
    # the mean of a straight line over 1 January local is its value at 04 UTC
    value = found["t2m"].sel(day="2015-01-01").values
    np.testing.assert_allclose(value, 270 + 4 / 24, rtol=1e-6)
    # a later file completes the last day
    three = hourly_analyses("2015-01-04", 24)
    again, report = analysed(tmp_path, write(tmp_path / "s", c=three))
    assert report.unchanged == 2
    assert np.isfinite(again["t2m"].sel(day=["2015-01-03", "2015-01-04"]).values).all()
    xr.testing.assert_identical(
        again.sel(day=days), found.sel(day=days).assign_coords(place=again["place"])
    )


def test_a_damaged_file_of_analyses_is_left_out(tmp_path):
    paths = write(
        tmp_path / "s", a=hourly_analyses("2014-12-30", 48), b=hourly_analyses("2015-01-01", 72)
    )
    paths[1].write_bytes(paths[1].read_bytes()[:2000])
    found, report = analysed(tmp_path, paths)
    assert "b.nc: not a readable NetCDF file" in report.problems[0]
    known = found["day"].values[np.isfinite(found["t2m"].values).all(axis=1)]
    assert known.astype("M8[D]").astype(str).tolist() == ["2014-12-31"]


def test_cycles_of_utc_times_need_a_word_on_when_they_are_at_hand(small_world, tmp_path):
    write(tmp_path / "data" / "w", cycle=steps())
    settings = {
        **small_world.settings,
        "data": str(tmp_path / "data"),
        "weather": [{"product": "ens", "kind": "forecast", "files": "w/*.nc"}],
    }
    table = read_stations(small_world.folder / "data" / "observations" / "stations.csv")
    table = table.assign(lat=[40.0, 39.0, 38.0], lon=[116.0, 117.0, 118.0])
    file = tmp_path / "c.yaml"
    for changes, message in (
        ({}, r"weather ens: .*cycle\.nc holds cycles by UTC time; give `delay_hours`.* before$"),
        ({"format": "cf"}, "give `delay_hours`"),
        ({"delay_hours": 7, "fields": ["tp", "blh"]}, None),
        ({"fields": ["blh"]}, r"cycle\.nc: none of the fields blh; found t2m, tp"),
    ):
        settings["weather"] = [{**settings["weather"][0], **changes}]
        file.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
        config = load_config(file)
        run = (config.weather[0], config, Workspace(tmp_path / "ws"), table, lambda *_: None)
        if message:
            with pytest.raises(InputError, match=message):
                ingest_weather(*run)
        else:
            assert ingest_weather(*run).stored == 1
            stored = (
                run[2]
                .weather(config, "ens")
                .read(pd.DatetimeIndex(["2015-01-01"]), table.index.to_numpy(), 4)
            )
            assert list(stored.data_vars) == ["tp"]


def test_an_old_damaged_file_does_not_stop_a_later_run(tmp_path):
    paths = write(tmp_path / "s", a=steps(), b=steps(start="2015-01-02T00"))
    paths[1].write_bytes(paths[1].read_bytes()[:3000])
    for _ in range(2):
        _, report = taken_in(tmp_path, paths)
        assert len(report.problems) == 1 and "b.nc" in report.problems[0]


def test_a_file_that_went_and_came_back_is_read_again(tmp_path):
    whole = steps()
    first, second = whole.isel(step=slice(0, 17)), whole.isel(step=slice(17, None))
    paths = write(tmp_path / "s", a=first, b=second)
    archive, _ = taken_in(tmp_path, paths)
    full = read(archive)
    kept = paths[1].rename(tmp_path / "away.nc")
    os.utime(paths[0])
    taken_in(tmp_path, paths[:1])
    assert np.isnan(read(archive)["t2m"].values[0, 2]).all()
    kept.rename(paths[1])  # with its old time of change
    taken_in(tmp_path, paths)
    xr.testing.assert_identical(read(archive), full)


def test_a_half_published_cycle_is_filled_from_the_one_before(tmp_path):
    early = steps(range(0, 121, 3), start="2014-12-31T00")
    half = steps(range(0, 49, 3))  # to hour 48: the 2nd is whole, the 3rd and the 4th are not
    archive, _ = taken_in(tmp_path, write(tmp_path / "s", a=early, b=half))
    found = read(archive)
    assert found["cycle"].values.tolist() == ["2015-01-01T00"]
    assert found["cycle_filled"].values.tolist() == ["2, 3: 2014-12-31T00"]
    # of the older cycle the 3rd is hours 64…88, the 4th 88…112
    expected = 280 + np.array([28, 76, 100]) / 24
    np.testing.assert_allclose(found["t2m"].values[0, :, 0, 0], expected, rtol=1e-6)
    full = steps(range(0, 121, 3), start="2015-01-01T00")
    archive, _ = taken_in(tmp_path, write(tmp_path / "s", b=full))
    found = read(archive)
    assert found["cycle_filled"].values.tolist() == [""]
    np.testing.assert_allclose(
        found["t2m"].values[0, :, 0, 0], 280 + np.array([28, 52, 76]) / 24, rtol=1e-6
    )


def test_a_grid_elsewhere_is_told(tmp_path):
    paths = write(tmp_path / "s", cycle=steps())
    away = STATIONS.assign(lon=[20.0, 21.0])
    archive = WeatherArchive(tmp_path / "archive", Clock(delay_hours=7))
    report = take_in_cycles(
        archive,
        paths,
        lambda path: open_weather(path, "cf"),
        Places.of(away, tmp_path / "weights", outside="missing"),
        leads=3,
        settings="",
        told=lambda done, total: None,
    )
    assert report.empty and "has no whole local day with a value at any place" in report.problems[0]


def test_steps_that_come_one_by_one_give_what_a_fresh_run_gives(tmp_path):
    whole = hourly_analyses("2015-01-01", 72).isel(time=slice(None, None, 6))
    files = {f"{i:03d}": whole.isel(time=[i]) for i in range(whole.sizes["time"])}
    fresh, _ = analysed(tmp_path / "fresh", write(tmp_path / "s1", **files))
    for name, data in files.items():
        later, _ = analysed(tmp_path / "later", write(tmp_path / "s2", **{name: data}))
    xr.testing.assert_identical(later.dropna("day"), fresh.dropna("day"))
    assert later.dropna("day").sizes["day"] == 2
    # at UTC+8 midnight is 16 UTC: a day needs the step of 18 UTC, two hours later
    assert fresh.attrs["reach_hours"] == 2.0


def test_a_revised_file_replaces_place_and_ring_alike(tmp_path):
    def pressure(value):
        data = steps().drop_vars("tp").rename(t2m="sp")
        return (data * 0 + value).assign(sp=lambda d: d["sp"].assign_attrs(units="Pa"))

    archive, _ = taken_in(tmp_path, write(tmp_path / "s", a=pressure(9e4), b=pressure(1e5)))
    found = read(archive)
    np.testing.assert_allclose(found["sp"].values, 1e5, rtol=1e-6)
    np.testing.assert_allclose(found["ring_sp"].values, 1e5, rtol=1e-6)


def test_amounts_that_cannot_be_right_leave_the_rest(tmp_path):
    data = steps().copy(deep=True)
    falls = data["tp"].where(data["step"] < data["step"][10], 0.0)
    data["tp"] = falls.assign_attrs(units="m")
    archive, report = taken_in(tmp_path, write(tmp_path / "s", cycle=data))
    assert "amounts of the cycle left out" in report.problems[0]
    found = read(archive)
    assert "tp" not in found and np.isfinite(found["t2m"].values).all()


def test_stray_and_hostile_files_of_the_archive(tmp_path):
    archive, _ = taken_in(tmp_path, write(tmp_path / "s", cycle=steps()))
    for name in ("2014-02-20T25", "2014-02-30", "1600-01-01", "notes"):
        (archive.folder / f"{name}.nc").write_bytes(b"x")
    for text in ('{"settings": "", "files": {"a": {"size": Infinity}}}', "[" * 100_000, "null"):
        (archive.folder / "sources.json").write_text(text)
        again, report = taken_in(tmp_path, sorted((tmp_path / "s").glob("*.nc")))
        assert report.stored == 1 and again.cycles().tolist() == ["2015-01-01T00"]
