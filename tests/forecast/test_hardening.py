"""Doors that were found open: hostile or damaged state gives one sentence, and nothing hangs."""

from __future__ import annotations

import json
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from ensembles import design_matrix
from forecast.atomic import whole_file
from forecast.chain import issue_day, train_until
from forecast.cli.main import run
from forecast.config import load_config, parse_date
from forecast.daily import daily_values
from forecast.errors import ConfigError, InputError
from forecast.issued import read_issued, revisions, write_issued
from forecast.modelstore import load_ensemble, newest_ensemble
from forecast.observations.prsa import read_prsa
from forecast.pollutants import POLLUTANTS
from forecast.workspace import Workspace

ISSUE = pd.Timestamp("2014-02-20")


@pytest.fixture(scope="module")
def ready(small_world, small_trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hard") / "workspace"
    shutil.copytree(small_trained, folder)
    return load_config(small_world.config_file, workspace=folder), Workspace(folder)


@pytest.fixture(scope="module")
def issued(ready):
    return issue_day(*ready, ISSUE)


def test_a_missing_first_revision_does_not_stop_the_next(issued, tmp_path):
    data = read_issued(issued)
    write_issued(data, tmp_path).unlink()
    shutil.copy(issued, tmp_path / "2014-02-20.r5.nc")
    assert write_issued(data, tmp_path).name == "2014-02-20.r6.nc"
    assert len(revisions(tmp_path, "2014-02-20")) == 2


def test_a_renamed_forecast_is_refused(issued, tmp_path):
    shutil.copy(issued, tmp_path / "2014-02-21.nc")
    with pytest.raises(InputError, match="holds the forecast issued 2014-02-20"):
        read_issued(tmp_path / "2014-02-21.nc")


def test_a_model_from_the_future_is_refused(ready, tmp_path):
    _, workspace = ready
    models = tmp_path / "models"
    shutil.copytree(workspace.models / "2014-02-10", models / "2014-01-01")
    with pytest.raises(InputError, match="trained until 2014-02-10; was the folder renamed"):
        load_ensemble(newest_ensemble(models, pd.Timestamp("2014-01-05")))


def test_files_the_manifest_does_not_list_are_refused(ready, tmp_path):
    _, workspace = ready
    folder = tmp_path / "2014-02-10"
    shutil.copytree(workspace.models / "2014-02-10", folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"] = {}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="not listed in the manifest"):
        load_ensemble(folder)
    (folder / "manifest.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match="not a usable trained ensemble"):
        load_ensemble(folder)


def test_training_beyond_the_observations_is_refused(ready):
    with pytest.raises(InputError, match="training at 2031-01-01: the observations end 2014-05"):
        train_until(*ready, "2031-01-01")


def test_a_cycle_with_one_member_still_issues(ready, tmp_path):
    config, workspace = ready
    shutil.copytree(workspace.folder, tmp_path / "w", ignore=shutil.ignore_patterns("issued"))
    copy = Workspace(tmp_path / "w")
    cycle = copy.folder / "weather" / "ensemble" / f"{ISSUE:%Y-%m-%d}.nc"
    with xr.open_dataset(cycle, decode_timedelta=False) as file:
        poorer = file.load().isel(member=[0]).drop_vars(["sp", "ring_sp"])
    poorer.to_netcdf(cycle)
    found = read_issued(issue_day(config, copy, ISSUE))
    assert np.isfinite(found["aqi_low"]).all()


def test_predictors_the_cases_lack_are_missing_values():
    cases = xr.Dataset(
        {"a": ("lead", [1.0, 2.0])}, coords={"issue": [0], "lead": [1, 2], "place": ["p"]}
    )
    found = design_matrix(cases, ["a", "b"], allow_missing=True)
    np.testing.assert_array_equal(found, [[1, np.nan], [2, np.nan]])
    with pytest.raises(KeyError, match="not among the cases: b, c"):
        design_matrix(cases, ["b", "c"], allow_missing=True)


def test_a_negative_value_never_reaches_a_mean():
    time = pd.date_range("2015-01-01", periods=24, freq="h")
    values = np.full((1, 24), 50.0, np.float32)
    values[0, 3:5] = -999
    hourly = xr.Dataset(
        dict.fromkeys(POLLUTANTS, (("station", "time"), values)),
        coords={"station": ["s"], "time": time},
    )
    assert float(daily_values(hourly, utc_offset=0)["pm25"][0, 0]) == 50.0


HEADER = "No,year,month,day,hour,PM2.5,PM10,SO2,NO2,CO,O3,station\n"


def prsa(tmp_path, *rows):
    path = tmp_path / "x.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    return path


def test_absurd_numbers_and_years_are_named(tmp_path):
    good = "1,2015,1,1,{},5,6,7,8,900,10,A"
    with pytest.raises(InputError, match=r"line 3: PM2\.5 is 1e\+24"):
        read_prsa(prsa(tmp_path, good.format(0), good.format(1).replace(",5,", ",1e24,")))
    with pytest.raises(InputError, match=r"line 3: PM2\.5 is inf"):
        read_prsa(prsa(tmp_path, good.format(0), good.format(1).replace(",5,", ",inf,")))
    slip = good.format(2).replace("2015", "2105")
    with pytest.raises(InputError, match=r"line 4: 2105-01-01 lies 90 years from the other rows"):
        read_prsa(prsa(tmp_path, good.format(0), good.format(1), slip))


@pytest.mark.parametrize(
    "text",
    ["seed: 2001-99-99", "seed: !!int x", "seed: !!bool x", "name: " + "[" * 5000, 'data: "a\\0b"'],
)
def test_hostile_configuration_is_one_sentence(small_world, tmp_path, capsys, text):
    path = tmp_path / "hostile.yaml"
    settings = {k: v for k, v in small_world.settings.items() if k != text.split(":")[0]}
    path.write_text(yaml.safe_dump(settings) + text + "\n")
    assert run(["check", str(path)]) == 2
    said = capsys.readouterr().err
    assert "hostile.yaml" in said and "Traceback" not in said


def test_a_workspace_that_would_replace_the_station_table(small_world, tmp_path):
    settings = {**small_world.settings, "workspace": "data/observations"}
    path = tmp_path / "same.yaml"
    path.write_text(yaml.safe_dump(settings))
    with pytest.raises(ConfigError, match="is the folder of the station table"):
        load_config(path)


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "20130522", "2013-W21-3"])
def test_dates_no_forecast_has(text):
    with pytest.raises(ConfigError, match="is not a date of the form YYYY-MM-DD"):
        parse_date(text, "--date")


def test_a_failed_write_names_the_file(tmp_path):
    with pytest.raises(OSError, match="is the disk full") as caught, whole_file(tmp_path / "a.nc"):
        raise RuntimeError("NetCDF: HDF error")
    assert caught.value.filename == str(tmp_path / "a.nc")
    assert not list(tmp_path.iterdir())


def test_the_unforeseen_is_still_one_sentence(monkeypatch, capsys):
    def broken(*_, **__):
        raise ZeroDivisionError("nobody thought of it")

    monkeypatch.delenv("WUBU_TRACEBACK", raising=False)
    monkeypatch.setattr(sys.modules["forecast.cli.main"], "app", broken)
    assert run(["check", "x"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("wubu: internal error at test_hardening.py:")
    assert "ZeroDivisionError: nobody thought of it" in said
