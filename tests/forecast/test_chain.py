"""The daily chain end to end on a small simulated world: train, issue, back-test, leakage."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time

import netCDF4
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.chain import backtest, backtest_folder, issue_day, train_until
from forecast.config import load_config
from forecast.errors import InputError
from forecast.ingest import store_daily
from forecast.issued import latest_files, read_issued, revisions, write_issued
from forecast.modelstore import load_ensemble, newest_ensemble
from forecast.pollutants import POLLUTANTS
from forecast.workspace import Workspace

UNTIL = pd.Timestamp("2014-02-10")
ISSUE = pd.Timestamp("2014-02-20")


@pytest.fixture(scope="module")
def ready(small_world, small_trained, tmp_path_factory):
    """The small world, ingested and trained, in a workspace of this module's own."""
    folder = tmp_path_factory.mktemp("chain") / "workspace"
    shutil.copytree(small_trained, folder)
    return load_config(small_world.config_file, workspace=folder), Workspace(folder)


@pytest.fixture
def winter(small_world, winter_workspace, tmp_path):
    """The small world of one winter, ingested."""
    shutil.copytree(winter_workspace, tmp_path / "winter")
    config = load_config(small_world.config_file, workspace=tmp_path / "winter")
    return config, Workspace(tmp_path / "winter")


@pytest.fixture(scope="module")
def issued(ready):
    config, workspace = ready
    return issue_day(config, workspace, ISSUE)


def test_issued_file_is_complete(issued):
    data = read_issued(issued)
    assert issued.name == "2014-02-20.nc"
    sizes = {"lead": 4, "place": 5, "pollutant": 6, "quantile": 19, "scenario": 50}
    assert {n: data.sizes[n] for n in sizes} == sizes
    dims = {
        "concentration": ("lead", "place", "pollutant", "quantile"),
        "concentration_mean": ("lead", "place", "pollutant"),
        "aqi": ("lead", "place", "quantile"),
        "aqi_low": ("lead", "place"),
        "aqi_high": ("lead", "place"),
        "level": ("lead", "place"),
        "primary": ("lead", "place"),
        "level_probability": ("lead", "place", "level_number"),
        "heavy_probability": ("lead", "place"),
        "primary_probability": ("lead", "place", "pollutant"),
        "scenario_aqi": ("scenario", "lead", "place"),
    }
    assert {n: data[n].dims for n in dims} == dims
    np.testing.assert_allclose(data["quantile"], np.arange(5, 100, 5) / 100)
    assert data["pollutant"].values.tolist() == list(POLLUTANTS)
    assert data["kind"].values.tolist() == ["station"] * 3 + ["city"] * 2
    assert data["lead"].values.tolist() == [1, 2, 3, 4]
    assert pd.Timestamp(data["valid_day"].values[0]) == ISSUE + pd.Timedelta(days=1)
    for name in ("name", "city", "province", "region", "lat", "lon"):
        assert data[name].dims == ("place",)
    expected = {"standard", "config", "code_version", "data_cut_off", "members", "revision"}
    assert expected <= set(data.attrs)
    assert data.attrs["data_cut_off"] == "2014-02-20T16:00Z"  # local hour 24 of the issue day
    assert data.attrs["latest_observation"] == "2014-02-20 24:00"
    assert "SIMULATED" in data.attrs["title"]


def test_issued_numbers_agree_with_each_other(issued):
    data = read_issued(issued)
    for name in ("concentration", "aqi"):
        assert (np.diff(data[name].values, axis=-1) >= 0).all()
    np.testing.assert_allclose(data["level_probability"].sum("level_number"), 1, atol=1e-6)
    scenarios = data["scenario_aqi"]
    np.testing.assert_allclose(
        data["heavy_probability"], (scenarios > 200).mean("scenario"), atol=1e-6
    )
    np.testing.assert_allclose(
        data["aqi"].sel(quantile=0.5).values,
        np.quantile(scenarios.values, 0.5, axis=0, method="hazen"),
    )
    level = 1 + sum((scenarios > edge).astype(int) for edge in (50, 100, 150, 200, 300))
    share = np.stack([(level == k).mean("scenario") for k in range(1, 7)], axis=-1)
    np.testing.assert_allclose(data["level_probability"], share, atol=1e-6)
    chosen = np.take_along_axis(share, data["level"].values[..., None].astype(int) - 1, axis=-1)
    np.testing.assert_allclose(chosen[..., 0], share.max(axis=-1))
    np.testing.assert_allclose(data["member_weight"].sum("member"), 1, atol=1e-5)


def test_city_mean_is_the_mean_of_its_stations(issued):
    data = read_issued(issued)
    stations = data.sel(place=(data["kind"] == "station"))
    for city in data["place"].values[data["kind"].values == "city"]:
        own = stations.isel(place=np.flatnonzero(stations["city"].values == city))
        np.testing.assert_allclose(
            data["concentration_mean"].sel(place=city),
            own["concentration_mean"].mean("place"),
            rtol=1e-5,
        )


def test_issuing_again_is_a_new_revision_and_leaves_the_first(ready, issued):
    config, workspace = ready
    before = issued.read_bytes()
    second = issue_day(config, workspace, ISSUE)
    assert second.name == "2014-02-20.r2.nc"
    assert issued.read_bytes() == before
    assert read_issued(second).attrs["revision"] == 2
    assert revisions(workspace.issued, "2014-02-20")[:2] == [issued, second]
    assert latest_files(workspace.issued)[ISSUE] == revisions(workspace.issued, "2014-02-20")[-1]
    same = read_issued(issued).drop_attrs().equals(read_issued(second).drop_attrs())
    assert same


def poison(workspace: Workspace, config) -> None:
    """Overwrite everything that was not known at the issue of `ISSUE` with garbage."""
    cut_off = ISSUE + pd.Timedelta(hours=24 - config.utc_offset)
    for path in workspace.observations("prsa").files():
        with netCDF4.Dataset(path, "a") as file:
            hours = netCDF4.num2date(file["time"][:], file["time"].units, calendar="standard")
            later = np.flatnonzero([pd.Timestamp(str(hour)) >= cut_off for hour in hours])
            for name in POLLUTANTS:
                if len(later):
                    file[name][:, later] = 777.0
    store_daily(config, workspace)
    for path in (workspace.folder / "weather" / "ensemble").glob("*.nc"):
        if path.stem > f"{ISSUE:%Y-%m-%d}":
            path.write_bytes(b"garbage")
    analysis = workspace.folder / "weather" / "analysis" / "analysis.nc"
    with xr.open_dataset(analysis) as file:
        data = file.load()
    for name in data.data_vars:
        data[name].loc[{"day": slice(ISSUE + pd.Timedelta(days=1), None)}] = -1e6
    data.to_netcdf(analysis)


def test_the_future_changes_nothing(winter, tmp_path):
    """Train and issue with and without a poisoned future: the files agree bit for bit."""
    config, workspace = winter
    digests = {}
    for name in ("clean", "poisoned"):
        folder = tmp_path / name
        shutil.copytree(workspace.folder, folder)
        copy = Workspace(folder)
        if name == "poisoned":
            poison(copy, config)
            changed = copy.observed_daily()["pm25"].sel(day=slice("2014-02-22", None))
            assert float(changed.max()) == 777.0  # the poison is there
        train_until(config, copy, ISSUE)
        path = issue_day(config, copy, ISSUE)
        digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    assert digests["clean"] == digests["poisoned"]


def test_backtest_issues_what_issue_would_have(ready, tmp_path):
    """A day issued after the days before it is that of the back-test, bit for bit."""
    config, workspace = ready
    first, last = UNTIL + pd.Timedelta(days=1), UNTIL + pd.Timedelta(days=12)
    folder = backtest(config, workspace, first, last)
    assert folder.name == "2014-02-11_2014-02-22"
    files = latest_files(folder / "issued")
    assert list(files) == list(pd.date_range(first, last))
    daily = Workspace(tmp_path / "w")
    shutil.copytree(workspace.folder, daily.folder, ignore=shutil.ignore_patterns("issued"))
    daily.issued.mkdir()
    for day in pd.date_range(first, ISSUE - pd.Timedelta(days=1)):
        shutil.copy(files[day], daily.issued)
    alone = read_issued(issue_day(config, daily, ISSUE))
    together = read_issued(files[ISSUE])
    assert together["level_shift"].values.any()
    assert alone.attrs["trained_until"] == together.attrs["trained_until"] == "2014-02-10"
    assert alone.drop_attrs().identical(together.drop_attrs())
    again = backtest(config, workspace, first, first)
    assert backtest_folder(workspace, "latest") == again
    with pytest.raises(InputError, match=r"no back-test 'x'.*2014-02-11_2014-02-22"):
        backtest_folder(workspace, "x")


def test_backtest_of_the_same_span_keeps_the_first(winter):
    config, workspace = winter
    day = UNTIL + pd.Timedelta(days=3)
    first = backtest(config, workspace, day, day)
    second = backtest(config, workspace, day, day)
    assert second.name == f"{first.name}.r2"
    assert first.is_dir()
    assert not list(workspace.backtests.glob(".*.part"))


def test_refit_learns_only_from_before(winter):
    """The second block of a back-test is trained the day before it begins."""
    config, workspace = winter
    short = config.model_copy(
        update={"training": config.training.model_copy(update={"refit_days": 3})}
    )
    folder = backtest(short, workspace, UNTIL, UNTIL + pd.Timedelta(days=4))
    trained = [
        read_issued(p).attrs["trained_until"] for p in latest_files(folder / "issued").values()
    ]
    assert trained == ["2014-02-09"] * 3 + ["2014-02-12"] * 2


def test_model_folder_is_harmless_and_checked(ready, tmp_path):
    _, workspace = ready
    folder = newest_ensemble(workspace.models, UNTIL)
    assert {p.suffix for p in folder.rglob("*") if p.is_file()} == {".nc", ".json", ".txt"}
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    (copy / "pm25" / "ensemble.json").write_text("{}")
    with pytest.raises(InputError, match=r"pm25/ensemble\.json: differs from what the manifest"):
        load_ensemble(copy)
    # what is not wanted is not read either
    assert list(load_ensemble(copy, ("o3",)).pollutants) == ["o3"]
    (copy / "manifest.json").write_text("{")
    with pytest.raises(InputError, match="not a usable trained ensemble"):
        load_ensemble(copy)
    with pytest.raises(InputError, match="no ensemble trained by 2013-03-01"):
        newest_ensemble(workspace.models, pd.Timestamp("2013-03-01"))


def test_ensemble_of_another_configuration_is_refused(ready):
    config, workspace = ready
    other = config.model_copy(update={"seed": 99})
    with pytest.raises(InputError, match="trained with another configuration"):
        issue_day(other, workspace, ISSUE)


def test_missing_weather_is_one_sentence(ready):
    config, workspace = ready
    with pytest.raises(InputError, match="no weather of 2019-01-01"):
        issue_day(config, workspace, pd.Timestamp("2019-01-01"))
    with pytest.raises(InputError, match=r"no weather of 2013-02-28: 1 of 2 days"):
        backtest(config, workspace, pd.Timestamp("2013-02-28"), pd.Timestamp("2013-03-01"))


def test_too_little_history_is_refused(ready):
    config, workspace = ready
    with pytest.raises(InputError, match=r"training at 2013-04-01: 31 issue days known.*60"):
        train_until(config, workspace, pd.Timestamp("2013-04-01"))


WRITERS = """
import os, pathlib, sys
from forecast.issued import read_issued, write_issued
data, folder = read_issued(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2])
for _ in sys.stdin:  # a process for every line
    writer = os.fork()
    if not writer:
        print(os.getpid(), flush=True)
        while True:
            write_issued(data, folder)
            print("written", flush=True)
    os.waitpid(writer, 0)
"""


@pytest.mark.slow
def test_a_kill_leaves_whole_files_or_none(issued, tmp_path):
    """Kill the writer at ten moments: every file under its own name opens and is complete."""
    whole = read_issued(issued)
    rng = np.random.default_rng(0)
    command = [sys.executable, "-c", WRITERS, str(issued), str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as writers:
        for _ in range(10):
            print(file=writers.stdin, flush=True)
            said = iter(writers.stdout.readline, "")
            writer = next(int(line) for line in said if line.strip().isdigit())
            for _ in range(rng.integers(0, 3)):  # up to two files
                assert next(said) == "written\n"
            time.sleep(rng.uniform(0, 0.1))
            os.kill(writer, signal.SIGKILL)
    files = sorted(tmp_path.glob("*.nc"))
    assert len(files) >= 5
    assert len(files) == len(revisions(tmp_path, "2014-02-20"))
    for number, path in enumerate(revisions(tmp_path, "2014-02-20"), start=1):
        found = read_issued(path)
        assert found.attrs["revision"] == number
        assert found.drop_attrs().identical(whole.drop_attrs())


def test_writing_the_same_forecast_gives_the_same_bytes(issued, tmp_path):
    data = read_issued(issued)
    first = write_issued(data, tmp_path / "a")
    second = write_issued(data, tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()


def test_damaged_issued_file_is_named(issued, tmp_path):
    broken = tmp_path / "2014-02-20.nc"
    broken.write_bytes(issued.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"2014-02-20\.nc: not a readable issued forecast"):
        read_issued(broken)
    xr.Dataset({"x": 1.0}).to_netcdf(tmp_path / "other.nc")
    with pytest.raises(InputError, match="variable concentration is missing"):
        read_issued(tmp_path / "other.nc")
