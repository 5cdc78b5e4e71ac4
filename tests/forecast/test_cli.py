"""The command line: each command end to end, and one clear sentence for each bad input."""

from __future__ import annotations

import shutil

import netCDF4
import pandas as pd
import pytest
import yaml

from forecast.cli.main import run


@pytest.fixture(scope="module")
def project(winter_sources, tmp_path_factory):
    """A copy of the small world's sources with a configuration beside them."""
    folder = tmp_path_factory.mktemp("cli")
    shutil.copytree(winter_sources.folder / "data", folder / "data")
    (folder / "small.yaml").write_text(yaml.safe_dump(winter_sources.settings), encoding="utf-8")
    return folder


@pytest.fixture
def spoiled(project, tmp_path):
    """A function that changes the settings or the sources and returns the configuration's path."""

    def spoil(change=None, sources=None):
        shutil.copytree(project / "data", tmp_path / "data")
        settings = yaml.safe_load((project / "small.yaml").read_text())
        if change:
            change(settings)
        if sources:
            sources(tmp_path / "data")
        path = tmp_path / "spoiled.yaml"
        path.write_text(yaml.safe_dump(settings))
        return str(path)

    return spoil


def fails(capsys, arguments, code, *parts):
    """Run; expect the exit code and one line that holds all parts, without traceback."""
    assert run(arguments) == code
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("wubu: ")
    for part in parts:
        assert part in said


@pytest.mark.slow
def test_whole_day_in_both_languages(project, capsys):
    config = str(project / "small.yaml")
    assert run(["check", config]) == 0
    out = capsys.readouterr().out
    assert "Every source can be read" in out and "u10 v10 t2m r2 sp" in out
    assert run(["ingest", config]) == 0
    assert "values added, 0 changed" in capsys.readouterr().out
    assert run(["ingest", config, "--lang", "zh"]) == 0
    assert "新增0个值，更正0个值" in capsys.readouterr().out
    assert run(["train", config, "--date", "2014-02-10"]) == 0
    assert "workspace/models/2014-02-10" in capsys.readouterr().out
    assert run(["issue", config, "--date", "2014-02-11", "--lang", "zh"]) == 0
    out = capsys.readouterr().out
    assert "重污染概率" in out and "issued/2014-02-11.nc" in out
    assert (project / "workspace/products/2014-02-11/bulletin.en.txt").is_file()
    assert run(["verify", config]) == 0
    out = capsys.readouterr().out
    assert "SIMULATED data. Daily PM2.5 at stations" in out
    table = pd.read_csv(project / "workspace/scores/scorecard.csv")
    members = {"climatology", "persistence", "boosting"}
    assert set(table["model"]) == {"ensemble", "index_of_mean", *members}
    assert "Gain of the decision" in out


@pytest.mark.slow
def test_backtest_and_verify_of_it(project, capsys):
    config = str(project / "small.yaml")
    assert run(["backtest", config, "--from", "2014-02-11", "--to", "2014-02-16"]) == 0
    assert "backtests/2014-02-11_2014-02-16/scores/scorecard.csv" in capsys.readouterr().out
    assert run(["verify", config, "--backtest", "latest", "--lang", "zh"]) == 0
    assert "【模拟数据】城市AQI" in capsys.readouterr().out
    # one score without thresholds, compared with the ensemble
    chosen = ["--score", "crps_quantiles", "--against", "ensemble"]
    assert run(["verify", config, "--backtest", "latest", *chosen]) == 0
    assert "climat." in capsys.readouterr().out


def test_unknown_key(spoiled, capsys):
    config = spoiled(lambda s: s.update(colour="red"))
    fails(capsys, ["check", config], 2, "spoiled.yaml", "unknown key 'colour'")


def test_unknown_nested_key(spoiled, capsys):
    config = spoiled(lambda s: s["training"]["boosting"].update(tree=5))
    fails(capsys, ["check", config], 2, "unknown key 'training.boosting.tree'")


def test_missing_configuration(capsys):
    fails(capsys, ["ingest", "nowhere.yaml"], 2, "nowhere.yaml", "no such configuration file")


def test_missing_source(spoiled, capsys):
    config = spoiled(lambda s: s["observations"][0].update(files="none/*.csv"))
    fails(capsys, ["ingest", config], 1, "no file matches", "none/*.csv")


def test_wrong_unit(spoiled, capsys):
    def wrong_unit(data):
        with netCDF4.Dataset(data / "weather/forecasts.nc", "a") as file:
            file["t2m"].units = "furlong"

    config = spoiled(sources=wrong_unit)
    fails(capsys, ["ingest", config], 1, "forecasts.nc", "t2m", "'furlong'", "expected K")


def test_station_without_coordinates(spoiled, capsys):
    def no_coordinates(data):
        path = data / "observations/stations.csv"
        table = pd.read_csv(path, dtype=str)
        table.loc[1, "lat"] = ""
        table.to_csv(path, index=False)

    config = spoiled(sources=no_coordinates)
    fails(capsys, ["ingest", config], 1, "stations.csv, line 3", "has lat nothing")


def test_date_without_weather(project, capsys):
    config = str(project / "small.yaml")
    if not (project / "workspace/models/2014-02-10").is_dir():
        assert run(["train", config, "--date", "2014-02-10"]) == 0
    capsys.readouterr()
    fails(capsys, ["issue", config, "--date", "2031-01-01"], 1, "no weather of 2031-01-01")


def test_bad_dates(project, capsys):
    config = str(project / "small.yaml")
    fails(capsys, ["issue", config, "--date", "yesterday"], 2, "--date: 'yesterday' is not a date")
    arguments = ["backtest", config, "--from", "2014-02-06", "--to", "2014-02-01"]
    fails(capsys, arguments, 2, "--to 2014-02-01 is before --from 2014-02-06")


def test_issue_without_model(spoiled, capsys):
    fails(capsys, ["issue", spoiled(), "--date", "2014-02-11"], 1, "run `wubu train` first")


def test_data_folder_from_the_command_line(project, tmp_path, capsys):
    settings = yaml.safe_load((project / "small.yaml").read_text())
    (tmp_path / "moved.yaml").write_text(yaml.safe_dump({**settings, "data": "elsewhere"}))
    config = str(tmp_path / "moved.yaml")
    fails(capsys, ["check", config], 1, "elsewhere")
    assert run(["check", config, "--data", str(project / "data")]) == 0


def test_wrong_usage_exits_with_2(capsys):
    assert run(["issue"]) == 2
    assert run(["nonsense"]) == 2


def test_help_names_every_command(capsys):
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    for command in (
        "demo",
        "check",
        "ingest",
        "train",
        "issue",
        "backtest",
        "consult",
        "case",
        "verify",
        "report",
    ):
        assert command in out
