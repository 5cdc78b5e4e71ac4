"""Ingest: sources to stores, twice the same, and every bad source refused in one sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from forecast.aqi import daily_index
from forecast.config import load_config
from forecast.daily import city_values, daily_values
from forecast.errors import InputError
from forecast.ingest import ingest, store_daily
from forecast.observations.airnow import Airnow
from forecast.observations.cities_daily import CitiesDaily
from forecast.observations.daily_store import DailyStore
from forecast.observations.merged import read_merged
from forecast.pollutants import POLLUTANTS
from forecast.simulate import simulate
from forecast.workspace import Workspace


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    world = simulate(seed=2, cities=2, stations_per_city=[2, 1], days=40, members=2, leads=3)
    world.write(folder / "data")
    return world, folder


@pytest.fixture
def sources(tiny, tmp_path, small_world):
    """A copy to spoil; returns the configuration file."""
    shutil.copytree(tiny[1] / "data", tmp_path / "data")
    settings = {**small_world.settings, "leads": 3}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(settings))
    return tmp_path / "c.yaml"


def run(file: Path, progress=None):
    config = load_config(file)
    workspace = Workspace(config.workspace_folder)
    report = ingest(config, workspace, progress) if progress else ingest(config, workspace)
    return config, workspace, report


def contents(folder: Path) -> dict[str, bytes]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def first_prsa(file: Path) -> Path:
    return sorted((file.parent / "data" / "observations").glob("PRSA_*.csv"))[0]


def test_report_and_layout(sources, tiny):
    told = []
    _, workspace, report = run(sources, lambda *what: told.append(what))
    observed, source = tiny[0].observed, report.sources["prsa"]
    values = sum(int(np.isfinite(observed[p].values).sum()) for p in POLLUTANTS)
    assert (report.stations, source.values_added, source.values_changed) == (3, values, 0)
    # 40 days from 2013-03-01 00:00 at UTC+8: UTC months February, March and April
    assert source.first == pd.Timestamp("2013-02-28 16:00")
    assert source.last == pd.Timestamp("2013-04-09 15:00")
    assert (source.files, source.files_written) == (3, 3)
    assert {name: intake.stored for name, intake in report.weather.items()} == {
        "ensemble": 40,
        "analysis": 40,
    }
    names = set(contents(workspace.folder))
    assert {"stations.csv", "observed/daily.nc", "weather/analysis/analysis.nc"} <= names
    assert {f"observations/prsa/2013-0{m}.nc" for m in (2, 3, 4)} <= names
    assert sum(n.startswith("weather/ensemble/2013-") for n in names) == 40
    assert (
        len(names) == 3 + 3 + 40 + 2 + 2
    )  # records of the sources, weights of the places and their rings
    assert ("observations prsa", 3, 3) in told and ("weather ensemble", 40, 40) in told


def test_stored_observations_are_the_worlds(sources, tiny):
    _, workspace, _ = run(sources)
    stored = workspace.observations("prsa").read()
    observed = tiny[0].observed
    for p in POLLUTANTS:
        expected = observed[p].sel(station=stored["station"].values)
        np.testing.assert_allclose(stored[p], expected.sel(time=stored["time"]), rtol=1e-6)


def test_daily_values_of_stations_and_cities(sources, tiny):
    _, workspace, _ = run(sources)
    daily = workspace.observed_daily()
    stations = tiny[0].stations
    cities = list(dict.fromkeys(stations["city"]))
    assert daily["place"].values.tolist() == [*stations["station"], *cities]
    assert daily["kind"].values.tolist() == ["station"] * 3 + ["city"] * 2
    hourly = workspace.observations("prsa").read().sel(station=stations["station"].tolist())
    expected = daily_values(hourly)
    city = xr.DataArray(
        stations["city"].to_numpy(), coords={"place": expected["place"]}, dims="place"
    )
    both = xr.concat([expected, city_values(expected, city)], "place")
    index = daily_index(both)
    for name, table in [*((p, both) for p in POLLUTANTS), *((n, index) for n in index)]:
        np.testing.assert_array_equal(daily[name].values, table[name].values, err_msg=name)
    # two stations and a share of 0.75: a city day needs both
    one_missing = np.isnan(expected["pm25"].values[:2]).any(axis=0)
    np.testing.assert_array_equal(np.isnan(daily["pm25"].values[3]), one_missing)
    assert daily["level"].attrs["flag_values"].tolist() == list(range(7))
    assert daily["co"].attrs["units"] == "mg m-3"


def test_the_same_sources_again_change_nothing(sources):
    _, workspace, first = run(sources)
    before = contents(workspace.folder)
    _, _, second = run(sources)
    assert first.sources["prsa"].values_added > 0
    again = second.sources["prsa"]
    assert (again.values_added, again.values_changed, again.files_written) == (0, 0, 0)
    after = contents(workspace.folder)
    assert after.keys() == before.keys()
    same = [n for n in before if n.startswith("observations/") or n == "stations.csv"]
    assert all(after[n] == before[n] for n in same)


def test_a_corrected_source_is_a_revision(sources):
    config, workspace, _ = run(sources)
    path = first_prsa(sources)
    lines = path.read_text(encoding="utf-8").splitlines()
    fields = lines[1 + 24 * 5].split(",")  # 2013-03-06 00:00
    fields[5] = "777"
    lines[1 + 24 * 5] = ",".join(fields)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    _, _, report = run(sources)
    source = report.sources["prsa"]
    assert (source.values_added + source.values_changed, source.files_written) == (1, 1)
    station = fields[-1].strip('"')
    hour = workspace.observations("prsa").read().sel(station=station, time="2013-03-05T16:00")
    assert hour["pm25"].item() == 777
    xr.testing.assert_identical(
        store_daily(config, workspace)["pm25"], workspace.observed_daily()["pm25"]
    )


@pytest.mark.parametrize(
    ("clock", "first_hour"),
    [
        ({"observations": {"hour_label": "ending"}}, "2013-02-28 15:00"),
        ({"utc_offset": 5.5}, "2013-02-28 18:30"),
        ({"utc_offset": -5}, "2013-03-01 05:00"),
    ],
)
def test_clock_and_hour_label_of_the_configuration_are_used(sources, clock, first_hour):
    settings = yaml.safe_load(sources.read_text())
    settings["observations"][0].update(clock.pop("observations", {}))
    sources.write_text(yaml.safe_dump({**settings, **clock}))
    _, workspace, report = run(sources)
    assert report.sources["prsa"].first == pd.Timestamp(first_hour)
    assert workspace.observations("prsa").read()["time"].to_index()[0] == pd.Timestamp(first_hour)
    # 40 days of the network's own clock; read as hour-ending, the first hour is of the day before
    days = workspace.observed_daily()["day"].to_index()
    ending = first_hour == "2013-02-28 15:00"
    assert days[0] == pd.Timestamp("2013-02-28" if ending else "2013-03-01")
    assert days[-1] == pd.Timestamp("2013-04-09")


def test_works_from_any_folder(sources, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    run(Path("../c.yaml"))
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (tmp_path / "workspace" / "stations.csv").exists()


def no_observations(file: Path) -> None:
    shutil.rmtree(file.parent / "data" / "observations")
    (file.parent / "data" / "observations").mkdir()


def no_prsa(file: Path) -> None:
    for path in (file.parent / "data" / "observations").glob("PRSA_*.csv"):
        path.unlink()


def no_forecast(file: Path) -> None:
    (file.parent / "data" / "weather" / "forecasts.nc").unlink()


def unknown_station(file: Path) -> None:
    path = file.parent / "data" / "observations" / "stations.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([lines[0], *lines[2:]]), encoding="utf-8")


def no_known_station(file: Path) -> None:
    path = file.parent / "data" / "observations" / "stations.csv"
    table = pd.read_csv(path)
    table["station"] += "X"
    table.to_csv(path, index=False)


def station_twice(file: Path) -> None:
    path = first_prsa(file)
    shutil.copy(path, path.with_name("PRSA_Data_zz_again.csv"))


def truncated_prsa(file: Path) -> None:
    path = first_prsa(file)
    path.write_text(path.read_text(encoding="utf-8")[:-60], encoding="utf-8")


def truncated_weather(file: Path) -> None:
    path = file.parent / "data" / "weather" / "forecasts.nc"
    path.write_bytes(path.read_bytes()[:5000])


def far_station(file: Path) -> None:
    path = file.parent / "data" / "observations" / "stations.csv"
    table = pd.read_csv(path)
    table.loc[1, "lat"] = -40.0
    table.to_csv(path, index=False)


def kelvin_lost(file: Path) -> None:
    path = file.parent / "data" / "weather" / "analysis.nc"
    data = xr.load_dataset(path)
    del data["t2m"].attrs["units"]
    path.unlink()
    data.to_netcdf(path)


BAD = {
    no_observations: r"observations/stations\.csv: no such station table$",
    no_prsa: r"no file matches .*/data/observations/PRSA_Data_\*\.csv$",
    no_forecast: r"no file matches .*/data/weather/forecasts\.nc$",
    no_known_station: r"PRSA_Data_.*\.csv: none of the stations of source prsa is in the station ",
    station_twice: r"PRSA_Data_zz_again\.csv: pm25 of \w+ at .* stands in another file too$",
    truncated_prsa: r"PRSA_Data_.*\.csv(, line 961)?: ",
    truncated_weather: r"forecasts\.nc: not a readable NetCDF file",
    far_station: r"(analysis|forecasts)\.nc: 1 of 3 places lie outside the weather grid \(",
    kelvin_lost: r"analysis\.nc: field t2m states no units; expected K$",
}


@pytest.mark.parametrize("spoil", BAD, ids=lambda f: f.__name__)
def test_bad_sources_are_refused_and_what_was_stored_stays(sources, spoil):
    _, workspace, _ = run(sources)
    before = contents(workspace.folder)
    spoil(sources)
    with pytest.raises(InputError, match=BAD[spoil]) as caught:
        run(sources)
    assert "\n" not in str(caught.value)
    after = contents(workspace.folder)
    new = after.keys() - before.keys()
    assert all(n.startswith("weather/weights/") for n in new) and before.keys() <= after.keys()
    kept = [n for n in before if n.startswith(("observ", "weather/analysis"))]
    assert all(after[n] == before[n] for n in kept)


def test_bad_first_observations_leave_no_workspace(sources):
    truncated_prsa(sources)
    with pytest.raises(InputError):
        run(sources)
    assert not (sources.parent / "workspace").exists()


def test_a_station_without_a_file_is_missing_everywhere(sources, tiny):
    path = first_prsa(sources)
    station = path.name.split("_")[2]
    path.unlink()
    _, workspace, report = run(sources)
    assert report.sources["prsa"].files == 2
    daily = workspace.observed_daily()
    row = daily.sel(place=station)
    assert np.isnan(row["pm25"].values).all() and (row["level"].values == 0).all()
    assert (row["primary"].values == -1).all()
    assert station in workspace.stations().index


def test_a_station_not_in_the_table_is_counted_not_stored(sources, tiny):
    unknown_station(sources)
    _, workspace, report = run(sources)
    station = tiny[0].stations["station"].iloc[0]
    observed = tiny[0].observed.sel(station=station)
    lost = sum(int(np.isfinite(observed[p].values).sum()) for p in POLLUTANTS)
    assert report.sources["prsa"].rejected == {"station not in the station table": lost}
    assert station not in workspace.observations("prsa").read()["station"].values


def test_where_sources_overlap_the_first_counts(sources):
    """A second source with other values fills gaps only; the order of the configuration decides."""
    second = sources.parent / "data" / "second"
    second.mkdir()
    path = first_prsa(sources)
    lines = path.read_text(encoding="utf-8").splitlines()
    fields = lines[1].split(",")
    fields[5], lines[1] = "NA", ",".join([*fields[:5], "NA", *fields[6:]])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    other = [line.split(",") for line in lines[1:3]]
    for row in other:
        row[5] = "123"
    text = "\n".join([lines[0], *(",".join(row) for row in other)]) + "\n"
    (second / path.name).write_text(text, encoding="utf-8")
    settings = yaml.safe_load(sources.read_text())
    own = settings["observations"][0]
    backup = {**own, "name": "backup", "files": "second/*.csv"}
    for order, expected in (((own, backup), False), ((backup, own), True)):
        sources.write_text(yaml.safe_dump({**settings, "observations": list(order)}))
        config, workspace, _ = run(sources)
        hourly = read_merged(workspace.hourly_stores(config))
        first_two = hourly["pm25"].sel(station=fields[-1].strip('"')).values[:2]
        assert first_two[0] == 123  # the gap of the first is filled either way
        assert (first_two[1] == 123) == expected


def test_sentinels_never_reach_a_mean(sources):
    _, workspace, _ = run(sources)
    path = first_prsa(sources)
    lines = path.read_text(encoding="utf-8").splitlines()
    for hour in range(24):
        fields = lines[1 + 24 * 5 + hour].split(",")
        fields[5] = "-999" if hour < 2 else "50"
        lines[1 + 24 * 5 + hour] = ",".join(fields)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    run(sources)
    station = fields[-1].strip('"')
    day = workspace.observed_daily()["pm25"].sel(place=station, day="2013-03-06")
    assert float(day) == 50.0
    hour = (
        workspace.observations("prsa").read()["pm25"].sel(station=station, time="2013-03-05T16:00")
    )
    assert float(hour) == -999  # kept as it came: a flag, never a deletion


def test_the_same_hour_in_two_batches_is_refused(sources, monkeypatch):
    """However many files a source has, an hour may stand in one of them only."""
    station_twice(sources)
    monkeypatch.setattr("forecast.ingest.BATCH", 1)
    with pytest.raises(
        InputError, match=r"PRSA_Data_zz_again\.csv: \w+ at 2013-02-28 16:00 stands"
    ):
        run(sources)


def test_a_quiet_file_does_not_stop_a_source(tmp_path):
    """An AirNow hour without a single value among others is counted, alone it is an error."""
    row = "03/01/13|{}:00|840010010001|A|-6|PM2.5|UG/M3|{}|x\n"
    (tmp_path / "a.dat").write_text(row.format("01", "12.0"))
    (tmp_path / "b.dat").write_text(row.format("02", "-999"))
    source = Airnow(files="*.dat")
    reading = source.read_many([tmp_path / "a.dat", tmp_path / "b.dat"], 8)
    assert reading.rejected["file without a usable row"] == 1
    assert float(reading.hourly["pm25"].max()) == 12.0
    with pytest.raises(InputError, match=r"b\.dat: no row that can be used"):
        source.read(tmp_path / "b.dat", 8)


def test_daily_and_hourly_sources_keep_the_declared_order(sources, tiny):
    """A daily source named first wins over the hours of the second."""
    config, workspace, _ = run(sources)
    station = str(tiny[0].stations["station"].iloc[0])
    day = pd.Timestamp("2013-03-10")
    value = xr.Dataset(
        {
            p: (("place", "day"), np.full((1, 1), 444.0 if p == "pm25" else np.nan))
            for p in POLLUTANTS
        },
        coords={"place": [station], "day": [day]},
    )
    DailyStore(workspace.observations("days").folder).write(value)
    days = CitiesDaily(name="days", files="x", gas_units="ppb")
    for order, expected in (
        ([days, *config.observations], True),
        ([*config.observations, days], False),
    ):
        changed = config.model_copy(update={"observations": order})
        found = float(store_daily(changed, workspace)["pm25"].sel(place=station, day=day))
        assert (found == 444.0) == expected
