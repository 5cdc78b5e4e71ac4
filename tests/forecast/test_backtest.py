"""Back-tests that are broken off: they go on where they stopped, with the same bytes."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import forecast.chain
from forecast.chain import backtest
from forecast.config import load_config
from forecast.errors import BusyError, InputError
from forecast.fingerprint import fingerprint
from forecast.issued import latest_files, read_issued
from forecast.modelstore import load_ensemble, save_ensemble
from forecast.unfinished import unfinished_run
from forecast.workspace import Workspace

FIRST, LAST = "2014-02-10", "2014-02-14"
REFIT = 3
"""Five days and two refits: 02-10 … 02-12 and 02-13 … 02-14."""


class Stopped(Exception):
    """What breaks a run off."""


class Log:
    """A progress that keeps what it is told, and may break the run off after so many days."""

    def __init__(self, stop_after=None):
        self.lines, self.stop_after = [], stop_after

    def __call__(self, what, done, total):
        self.lines.append((what, done, total))
        if what == "issuing" and done == self.stop_after:
            raise Stopped

    def of(self, start):
        return [line for line in self.lines if line[0].startswith(start)]


def settings(config, **update):
    """The same configuration with refits of three days and ten trees."""
    boosting = config.training.boosting.model_copy(update={"trees": 10})
    training = config.training.model_copy(update={"refit_days": REFIT, "boosting": boosting})
    return config.model_copy(update={"training": training, **update})


def copy_of(winter_workspace, small_world, folder):
    """Configuration and workspace, a copy of the small world's with three months of weather."""
    shutil.copytree(winter_workspace, folder)
    return settings(load_config(small_world.config_file, workspace=folder)), Workspace(folder)


@pytest.fixture
def fresh(small_world, winter_workspace, tmp_path):
    """Configuration and a workspace of its own."""
    return copy_of(winter_workspace, small_world, tmp_path / "w")


@pytest.fixture(scope="module")
def whole(small_world, winter_workspace, tmp_path_factory):
    """Bytes of a run that was not broken off, by file, and its workspace."""
    folder = tmp_path_factory.mktemp("whole") / "w"
    config, _ = copy_of(winter_workspace, small_world, folder)
    log = Log()
    backtest(config, Workspace(folder), FIRST, LAST, log)
    assert not log.of("resuming") and not log.of("unfinished")
    return made_by(folder), folder


def runs_in(workspace):
    """Folders of back-tests, unfinished ones included."""
    return [f for f in workspace.backtests.iterdir() if f.is_dir()]


def made_by(folder):
    """Bytes of all a back-test leaves in a workspace."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for room in ("backtests", "models")
        for path in sorted((folder / room).rglob("*"))
        if path.is_file()
    }


def break_off(config, workspace, days):
    with pytest.raises(Stopped):
        backtest(config, workspace, FIRST, LAST, Log(stop_after=days))
    (part,) = runs_in(workspace)
    assert part.name.startswith(f".{FIRST}_{LAST}.") and part.name.endswith(".part")
    assert len(latest_files(part / "issued")) == days
    return part


def counted(monkeypatch, models=None):
    """List of the days an ensemble is trained for from now on.

    With `models` that takes no time: the members are those saved there.
    """
    days, train = [], forecast.chain.train

    def spy(cases, daily, config, until, progress, **options):
        days.append(f"{until:%Y-%m-%d}")
        if models is None:
            return train(cases, daily, config, until, progress, **options)
        trained = load_ensemble(models / days[-1])
        inputs = fingerprint(config, cases, daily)
        return replace(trained, config_digest=config.digest, inputs=inputs)

    monkeypatch.setattr(forecast.chain, "train", spy)
    return days


@pytest.mark.slow
def test_a_run_broken_off_twice_gives_the_same_bytes(fresh, whole, monkeypatch):
    config, workspace = fresh
    break_off(config, workspace, 2)
    trained = counted(monkeypatch)
    log = Log(stop_after=4)
    with pytest.raises(Stopped):
        backtest(config, workspace, FIRST, LAST, log)
    assert log.of("resuming") == [("resuming the back-test after 2014-02-11", 2, 5)]
    assert log.of("training at 2014-02-09") == [
        ("training at 2014-02-09: done before, loaded", 1, 1)
    ]
    assert trained == ["2014-02-12"]  # the ensemble of 02-09 was loaded
    log = Log()
    folder = backtest(config, workspace, FIRST, LAST, log)
    assert [done for _, done, _ in log.of("issuing")] == [5]
    assert trained == ["2014-02-12"]
    assert folder.name == f"{FIRST}_{LAST}"
    assert made_by(workspace.folder) == whole[0]
    assert runs_in(workspace) == [folder]


def test_a_lost_day_is_issued_again(fresh, whole):
    config, workspace = fresh
    shutil.copytree(whole[1] / "models", workspace.models)
    part = break_off(config, workspace, 3)
    (part / "issued" / "2014-02-11.nc").unlink()
    log = Log()
    backtest(config, workspace, FIRST, LAST, log)
    assert [done for _, done, _ in log.of("issuing")] == [3, 4, 5]
    assert made_by(workspace.folder) == whole[0]


KILLED = """
import os, signal, sys
import xarray as xr
from forecast.chain import backtest
from forecast.config import load_config
from forecast.workspace import Workspace
sys.path.insert(0, {tests!r})
from test_backtest import FIRST, LAST, settings

config = settings(load_config(sys.argv[1], workspace=sys.argv[2]))
write = xr.Dataset.to_netcdf

def half(self, path, **options):
    write(self, path, **options)
    if "issue" in self.coords and str(self["issue"].values).startswith("2014-02-12"):
        with open(path, "r+b") as file:
            file.truncate(5000)
        os.kill(os.getpid(), signal.SIGKILL)

xr.Dataset.to_netcdf = half
backtest(config, Workspace(config.workspace_folder), FIRST, LAST)
"""


@pytest.mark.slow
def test_a_kill_in_the_middle_of_a_file(small_world, fresh, whole):
    """The process dies with the third day half-written: it is not taken for whole."""
    config, workspace = fresh
    shutil.copytree(whole[1] / "models", workspace.models)
    script = KILLED.format(tests=str(Path(__file__).parent))
    command = [sys.executable, "-c", script, small_world.config_file, workspace.folder]
    # In a folder of its own: a checkout in the working folder would be imported before the package.
    done = subprocess.run(command, check=False, cwd=workspace.folder)
    assert done.returncode == -signal.SIGKILL
    (part,) = runs_in(workspace)
    assert len(list((part / "issued").glob(".2014-02-12.nc.*.part"))) == 1
    assert len(latest_files(part / "issued")) == 2
    log = Log()
    backtest(config, workspace, FIRST, LAST, log)
    assert log.of("resuming") == [("resuming the back-test after 2014-02-11", 2, 5)]
    assert made_by(workspace.folder) == whole[0]


def test_other_inputs_start_anew_and_leave_the_old_run_alone(fresh, whole, monkeypatch):
    config, workspace = fresh
    trained = counted(monkeypatch, whole[1] / "models")
    part = break_off(config, workspace, 1)
    before = {path: path.read_bytes() for path in part.rglob("*.nc")}
    log = Log(stop_after=1)
    other = config.model_copy(update={"seed": 99})
    with pytest.raises(Stopped):
        backtest(other, workspace, FIRST, LAST, log)
    assert not log.of("resuming")
    assert log.of("unfinished") == [
        (f"unfinished back-tests of another span or inputs, left alone: {part.name}", 1, 1)
    ]
    assert {path: path.read_bytes() for path in part.rglob("*.nc")} == before
    (second,) = (f for f in runs_in(workspace) if f != part)
    (made,) = latest_files(second / "issued").values()
    assert read_issued(made).attrs["config"] == other.digest
    assert trained == ["2014-02-09"] * 2


def test_changed_observations_start_anew(fresh, whole, monkeypatch):
    config, workspace = fresh
    trained = counted(monkeypatch, whole[1] / "models")
    break_off(config, workspace, 1)
    with xr.open_dataset(workspace.daily_file) as file:
        daily = file.load()
    daily["pm25"].loc[{"day": "2013-12-01"}] += 1
    daily.to_netcdf(workspace.daily_file)
    log = Log(stop_after=1)
    with pytest.raises(Stopped):
        backtest(config, workspace, FIRST, LAST, log)
    assert not log.of("resuming") and len(log.of("unfinished")) == 1
    assert trained == ["2014-02-09"] * 2  # the ensemble there was trained on other data


def test_a_damaged_ensemble_is_trained_again(fresh, whole, monkeypatch):
    config, workspace = fresh
    shutil.copytree(whole[1] / "models", workspace.models)
    tree = workspace.models / "2014-02-09" / "no2" / "boosting" / "location-0.txt"
    tree.write_bytes(tree.read_bytes()[:1000])
    trained = counted(monkeypatch, whole[1] / "models")
    backtest(config, workspace, FIRST, LAST)
    assert trained == ["2014-02-09"]
    assert made_by(workspace.folder) == whole[0]


def test_nothing_is_left_of_a_run_that_issued_nothing(fresh, monkeypatch):
    config, workspace = fresh

    def fail(*_, **__):
        raise InputError("no")

    monkeypatch.setattr(forecast.chain, "train", fail)
    with pytest.raises(InputError, match="no"):
        backtest(config, workspace, FIRST, LAST)
    assert runs_in(workspace) == []


def test_a_second_process_is_kept_out(tmp_path):
    with unfinished_run(tmp_path, "a_b", "1") as part:
        with (
            pytest.raises(
                BusyError, match=r"\.a_b\.1\.lock: another run is at work: wubu backtest a_b"
            ),
            unfinished_run(tmp_path, "a_b", "1"),
        ):
            pass
        with unfinished_run(tmp_path, "a_b", "2"):
            pass  # other inputs may run beside it
        assert part.is_dir()
    assert not part.exists()
    with unfinished_run(tmp_path, "a_b", "1"):
        pass  # free again


def test_an_ensemble_is_taken_for_the_same_inputs_only(fresh, whole, monkeypatch):
    """One of the same day and data, but another configuration, is not taken."""
    config, workspace = fresh
    shutil.copytree(whole[1] / "models", workspace.models)
    saved, trained = [], counted(monkeypatch, whole[1] / "models")
    config = config.model_copy(update={"seed": 7})

    def spy(ensemble, models):
        saved.append(ensemble.config_digest)
        return save_ensemble(ensemble, models)

    monkeypatch.setattr(forecast.chain, "save_ensemble", spy)
    backtest(config, workspace, FIRST, FIRST)
    assert trained == ["2014-02-09"] and saved == [config.digest]
    backtest(config, workspace, FIRST, FIRST)
    assert trained == ["2014-02-09"] and len(saved) == 1  # what it saved itself is taken


def test_fingerprint_sees_every_change(small_workspace):
    config = small_workspace.config
    data = xr.Dataset(
        {"a": ("x", np.array([1.0, np.nan], np.float32)), "name": ("x", np.array(["u", "v"], "O"))},
        coords={"x": pd.date_range("2014-01-01", periods=2)},
    )
    others = [
        data.assign(a=data["a"].fillna(0)),
        data.assign(a=data["a"].astype(np.float64)),
        data.assign(name=("x", np.array(["u", "w"], "O"))),
        data.assign_coords(x=data["x"] + np.timedelta64(1, "D")),
        data.rename(a="b"),
        data.isel(x=slice(0, 0)),
        data.isel(x=[1, 0]),
    ]
    found = [fingerprint(config, d) for d in [data, *others]]
    found += [fingerprint(config.model_copy(update={"seed": 99}), data), fingerprint(config)]
    found += [fingerprint(config, data, others[0]), fingerprint(config, others[0], data)]
    assert len(set(found)) == len(found) == 12
    assert all(len(f) == 16 for f in found)
    same = config.model_copy(update={"workers": 5, "workspace": "elsewhere"})
    assert fingerprint(same, data.copy(deep=True)) == found[0]


def test_fingerprint_sees_the_code(small_workspace, monkeypatch):
    before = fingerprint(small_workspace.config)
    monkeypatch.setattr("forecast.fingerprint.code_digest", lambda: "other")
    assert fingerprint(small_workspace.config) != before
