"""The day's issue when weather is late, missing or damaged, and when there are several products."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from forecast.bulletin import bulletin
from forecast.cases import build_cases
from forecast.chain import backtest, issue_day, train_until
from forecast.config import load_config
from forecast.errors import InputError
from forecast.export import city_records
from forecast.ingest import ingest
from forecast.issued import latest_files, read_issued
from forecast.known import known_at
from forecast.served import weather_remarks, weather_served
from forecast.workspace import Workspace

UNTIL = pd.Timestamp("2014-02-10")
ISSUE = pd.Timestamp("2014-02-20")


@pytest.fixture
def ready(small_world, small_trained, tmp_path):
    shutil.copytree(small_trained, tmp_path / "w")
    return load_config(small_world.config_file, workspace=tmp_path / "w"), Workspace(tmp_path / "w")


def cycle(workspace, day: pd.Timestamp):
    return workspace.folder / "weather" / "ensemble" / f"{day:%Y-%m-%d}.nc"


def test_a_usual_issue_names_its_cycle_and_remarks_nothing(ready):
    found = read_issued(issue_day(*ready, ISSUE))
    (served,) = weather_served(found)
    assert (served.product, served.cycle, served.older_days) == ("ensemble", "2014-02-20", 0)
    assert weather_remarks(found, "zh") == [] and not served.dressed
    assert "t2m_target" in found.attrs["predictors"].split()


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_an_older_cycle_serves_and_the_forecast_says_so(ready, how):
    config, workspace = ready
    path = cycle(workspace, ISSUE)
    whole = path.read_bytes()
    path.unlink() if how == "missing" else path.write_bytes(whole[:2000])
    issued = issue_day(config, workspace, ISSUE)
    found = read_issued(issued)
    (served,) = weather_served(found)
    assert (served.cycle, served.older_days) == ("2014-02-19", 1)
    assert ("2014-02-20.nc: not a readable" in served.damage) == (how == "damaged")
    remark = weather_remarks(found, "en")[0]
    assert remark.startswith("weather ensemble is of cycle 2014-02-19, 1 day older")
    assert remark in bulletin(found, "en")
    assert "气象产品ensemble采用2014-02-19起报，比常规早1天" in bulletin(found, "zh")
    assert city_records(found)["weather"][0]["older_days"] == 1
    # lead 1 is lead 2 of the older cycle: the same as issuing from a copy of it, shifted
    products = [p.model_copy(update={"lagged_days": 1}) for p in config.weather]
    newest = config.model_copy(update={"weather": products})
    cases = build_cases(known_at(workspace, newest, ISSUE), pd.DatetimeIndex([ISSUE]))
    older = workspace.weather(config, "ensemble").read(
        pd.DatetimeIndex([ISSUE - pd.Timedelta(days=1)]), cases["place"].values, 4
    )
    np.testing.assert_allclose(
        cases["t2m_target"].values[0, :3], older["t2m"].mean("member").values[0, 1:], rtol=1e-6
    )
    path.write_bytes(whole)
    again = read_issued(issue_day(config, workspace, ISSUE))
    assert again.attrs["revision"] == 2 and weather_remarks(again, "en") == []


def test_too_old_a_cycle_does_not_serve(ready):
    config, workspace = ready
    for back in range(3):
        cycle(workspace, ISSUE - pd.Timedelta(days=back)).unlink()
    with pytest.raises(InputError, match=r"no weather of 2014-02-20 .* nor of the 2 days before$"):
        issue_day(config, workspace, ISSUE)


def test_a_back_test_bridges_a_missing_cycle(ready):
    config, workspace = ready
    cycle(workspace, ISSUE).unlink()
    folder = backtest(config, workspace, ISSUE - pd.Timedelta(days=1), ISSUE)
    ages = {
        f"{day:%d}": weather_served(read_issued(path))[0].older_days
        for day, path in latest_files(folder / "issued").items()
    }
    assert ages == {"19": 0, "20": 1}


@pytest.fixture(scope="module")
def two_ingested(winter_sources, tmp_path_factory):
    """A winter with a second product: the same forecasts, one field, some days missing."""
    folder = tmp_path_factory.mktemp("two")
    data = folder / "data"
    shutil.copytree(winter_sources.folder / "data", data)
    with xr.open_dataset(data / "weather" / "forecasts.nc", decode_timedelta=False) as file:
        second = file[["t2m"]].isel(number=[0]).load()
    late = second["time"] > (ISSUE + pd.Timedelta(days=1)).to_datetime64()
    second.isel(time=np.flatnonzero(~late.values)).to_netcdf(data / "weather" / "second.nc")
    settings = {**winter_sources.settings, "data": str(data), "workspace": str(folder / "w")}
    settings["weather"] = [
        *settings["weather"],
        {"product": "second", "kind": "forecast", "files": "weather/second.nc"},
    ]
    file = folder / "two.yaml"
    file.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    config = load_config(file)
    ingest(config, Workspace(config.workspace_folder))
    return file, folder / "w"


@pytest.fixture
def two_products(two_ingested, tmp_path):
    file, folder = two_ingested
    shutil.copytree(folder, tmp_path / "w")
    return load_config(file, workspace=tmp_path / "w"), Workspace(tmp_path / "w")


@pytest.mark.slow
def test_several_products_side_by_side(two_products):
    config, workspace = two_products
    train_until(config, workspace, UNTIL)
    issues = pd.DatetimeIndex([ISSUE, ISSUE + pd.Timedelta(days=9)])
    cases = build_cases(known_at(workspace, config, issues[-1]), issues)
    assert {"t2m_target", "second_t2m_target", "ws_path"} <= set(cases.data_vars)
    assert "second_u10_target" not in cases
    assert np.isfinite(cases["second_t2m_target"].values[0]).all()
    assert np.isnan(cases["second_t2m_target"].values[1]).all()  # its cycles have ended
    served = weather_served(read_issued(issue_day(config, workspace, issues[0])))
    assert [(s.product, s.cycle) for s in served] == [
        ("ensemble", "2014-02-20"),
        ("second", "2014-02-20"),
    ]
    found = read_issued(issue_day(config, workspace, issues[1]))
    assert weather_remarks(found, "en") == ["weather second was missing"]
    assert np.isfinite(found["aqi_low"].values).all()


def test_a_second_product_that_cannot_be_read_is_missing(two_products):
    config, workspace = two_products
    for path in (workspace.folder / "weather" / "second").glob("2014-02-*.nc"):
        path.write_bytes(b"rubbish")
    known = known_at(workspace, config, ISSUE)
    cases = build_cases(known, pd.DatetimeIndex([ISSUE]))
    assert "second_t2m_target" not in cases and np.isfinite(cases["t2m_target"].values).all()


def test_one_old_damaged_cycle_does_not_stop_training(small_world, winter_workspace, tmp_path):
    shutil.copytree(winter_workspace, tmp_path / "w")
    config = load_config(small_world.config_file, workspace=tmp_path / "w")
    workspace = Workspace(tmp_path / "w")
    first = min((workspace.folder / "weather" / "ensemble").glob("*.nc"))
    first.write_bytes(b"rubbish")
    assert train_until(config, workspace, UNTIL).exists()


def test_two_cycles_a_day_and_the_newer_damaged(ready):
    config, workspace = ready
    path = cycle(workspace, ISSUE)
    newer = path.with_name(f"{ISSUE - pd.Timedelta(days=1):%Y-%m-%d}T16.nc")
    newer.write_bytes(b"rubbish")  # at UTC+8 and hour 24 it serves from the same issue on
    found = read_issued(issue_day(config, workspace, ISSUE))
    remark = weather_remarks(found, "en")
    assert (remark == []) == (weather_served(found)[0].damage == "")
