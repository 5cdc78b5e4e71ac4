"""Training in other processes: the same files as in threads, a killed worker included."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import dask
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from distributed import Client, LocalCluster
from engine_tasks import checked, end_process

from ensembles import Climatology, Persistence, make_folds
from forecast.cases import build_cases, targets
from forecast.chain import backtest
from forecast.engines.choosing import choose_engine
from forecast.engines.cluster import Cluster
from forecast.engines.learning_store import Learning, read_learning, stored_learning
from forecast.engines.processes import Processes
from forecast.errors import ConfigError, InputError, MissingExtraError
from forecast.fitting import fit_members
from forecast.known import known_at
from forecast.workspace import Workspace

FIRST, LAST = "2013-07-10", "2013-07-11"
"""Two issues after 130 days: quick to train."""


@pytest.fixture(scope="module")
def world(small_workspace, tmp_path_factory):
    """A function that runs the back-test in a new copy, and what threads made of it."""
    root = tmp_path_factory.mktemp("engines")
    boosting = small_workspace.config.training.boosting.model_copy(update={"trees": 10})
    training = small_workspace.config.training.model_copy(
        update={"boosting": boosting, "members": ["boosting"]}
    )
    config = small_workspace.config.model_copy(update={"training": training})

    def run(name, engine=None, progress=lambda *_: None):
        folder = root / name
        shutil.copytree(small_workspace.workspace.folder, folder)
        backtest(config, Workspace(folder), FIRST, LAST, progress, engine)
        assert not list(folder.glob(".learning*"))
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for room in ("backtests", "models")
            for path in sorted((folder / room).rglob("*"))
            if path.is_file()
        }

    return SimpleNamespace(root=root, run=run, threads=run("threads"))


def test_threads_are_what_is_compared_with(world):
    assert sum(name.endswith(".nc") and "issued" in name for name in world.threads) == 2
    assert sum("boosting" in name for name in world.threads) > 12


@pytest.mark.slow
def test_a_killed_worker_changes_nothing(world):
    """A worker is killed between two tasks of training: other workers do again what it held."""
    killed = []
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, local_directory=str(world.root)
    ) as cluster:

        def progress(what, done, total):
            if what.startswith("training") and done == 5 and not killed:
                victim = next(iter(cluster.workers.values()))
                killed.append(victim.pid)
                os.kill(victim.pid, signal.SIGKILL)

        engine = Cluster(2, world.root, cluster.scheduler_address)
        assert world.run("killed", engine, progress) == world.threads
    assert len(killed) == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Processes, Cluster])
def test_other_processes_fit_the_same(small_workspace, tmp_path, kind):
    known = known_at(small_workspace.workspace, small_workspace.config, pd.Timestamp("2013-06-10"))
    cases = build_cases(known, pd.date_range("2013-04-01", "2013-05-31"))
    wanted = {p: targets(known.daily, cases, p) for p in ("pm25", "o3")}
    members = {p: [Climatology(), Persistence(f"latest_{p}")] for p in wanted}
    learning = Learning(cases, wanted, make_folds(cases, 2))
    here = fit_members(members, learning, checked)
    steps = []
    there = fit_members(
        members,
        learning,
        checked,
        engine=kind(2, tmp_path),
        progress=lambda done, total: steps.append((done, total)),
    )
    # 2 pollutants × 2 members × (a fit and 2 folds), and 2 finishes
    assert steps == [(k, 14) for k in range(1, 15)]
    for pollutant in wanted:
        for name in ("climatology", "persistence"):
            one, other = (found[pollutant].unseen[name].quantiles for found in (here, there))
            xr.testing.assert_equal(one, other)
            saved = []
            for folder, found in (("here", here), ("there", there)):
                found[pollutant].fitted[name].save(tmp_path / folder / pollutant)
                files = sorted((tmp_path / folder / pollutant).iterdir())
                saved.append([f.read_bytes() for f in files])
            assert saved[0] == saved[1] != []


def test_what_is_learned_from_comes_back_as_it_was(tmp_path):
    issue = pd.date_range("2014-01-01", periods=6).to_numpy()
    coords = {"issue": issue, "lead": [1, 2], "place": np.array(["a", "北京"])}
    values = np.arange(24, dtype=np.float32).reshape(6, 2, 2)
    values[0, 0, 0] = np.nan
    cases = xr.Dataset(
        {"wind": (("issue", "lead", "place"), values), "height": ("place", [1.5, 2.5])},
        coords={**coords, "cycle": ("issue", np.array(list("abcdef"), dtype=object))},
    )
    light = cases.drop_vars(["wind", "height", "cycle"])
    target = xr.DataArray(values[::-1].copy(), coords, ("issue", "lead", "place"))
    learning = Learning(cases, {"pm25": target}, make_folds(cases, 2), {"pm25": (light, target)})
    with stored_learning(learning, tmp_path) as store:
        found = read_learning(store)
        xr.testing.assert_equal(found.cases, cases)
        xr.testing.assert_equal(found.targets["pm25"], target)
        xr.testing.assert_equal(found.past["pm25"][0], light)
        xr.testing.assert_equal(found.past["pm25"][1], target)
        for one, other in zip(found.folds, learning.folds, strict=True):
            np.testing.assert_array_equal(one.held_out, other.held_out)
            np.testing.assert_array_equal(one.training, other.training)
        assert not list(store.glob("*.pkl")) and len(list(store.iterdir())) > 10
    assert not list(tmp_path.iterdir())


def test_which_engine_options_ask_for(tmp_path, monkeypatch):
    assert choose_engine(None, None, tmp_path) is None
    assert choose_engine("threads", None, tmp_path) is None
    assert choose_engine("processes", 3, tmp_path) == Processes(3, tmp_path)
    address = "tcp://10.0.0.5:8786"
    assert choose_engine(address, None, tmp_path) == Cluster(2, tmp_path, address)
    for scheduler, workers, message in (
        ("spark", None, "'spark': expected threads, processes, cluster, or an address"),
        (address, 3, "--workers 3: --scheduler tcp://10.0.0.5:8786 starts its own workers"),
        ("threads", 3, "are as many as `workers` of the config"),
        ("processes", 0, "--workers 0: expected at least 1"),
    ):
        with pytest.raises(ConfigError, match=message):
            choose_engine(scheduler, workers, tmp_path)
    monkeypatch.setattr("forecast.engines.choosing.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'wubu\[dask\]'"):
        choose_engine("cluster", None, tmp_path)


def test_nothing_answers_at_an_address(tmp_path, monkeypatch):
    monkeypatch.setattr("forecast.engines.cluster.WAIT_SECONDS", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(InputError, match=f"--scheduler {address}: no scheduler answers"):
            Cluster(1, tmp_path, address).get({}, [], lambda *_: None)


def test_machines_that_cannot_take_part_are_named(tmp_path, monkeypatch):
    """They would die of their first task, or write where nobody looks."""
    missing = tmp_path / "missing"
    with LocalCluster(n_workers=1, dashboard_address=None, local_directory=str(tmp_path)) as here:
        address = here.scheduler_address
        given = {}, [], lambda *_: None
        with pytest.raises(InputError, match=f"worker tcp://.* does not see {missing}"):
            Cluster(1, missing, address).get(*given)
        monkeypatch.setattr("forecast.engines.cluster.version", lambda: "9.9")
        with pytest.raises(InputError, match=r"worker tcp://.* has wubu .*, expected 9\.9"):
            Cluster(1, tmp_path, address).get(*given)


NO_WUBU = "import sys; sys.modules['forecast'] = None; "


@pytest.fixture
def machines(tmp_path):
    """A function that starts a scheduler and a worker in processes of their own."""
    started = []
    file = tmp_path / "scheduler.json"
    tests = str(Path(__file__).parents[1])
    paths = os.pathsep.join(filter(None, [tests, os.environ.get("PYTHONPATH")]))

    def start(what, before, *options):
        program = f"{before}from distributed.cli.dask_{what} import main; main()"
        own = ["--scheduler-file", str(file), "--no-dashboard", *options]
        process = subprocess.Popen(
            [sys.executable, "-c", program, *own],
            cwd=tmp_path,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": paths},
        )
        started.append(process)
        return process.pid

    def machines(before_scheduler="", before_worker=""):
        scheduler = start("scheduler", before_scheduler, "--port", "0")
        worker = start("worker", before_worker, "--no-nanny")  # it waits for the file
        for _ in range(600):
            if file.exists():
                break
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=60)
        return SimpleNamespace(address=address, scheduler=scheduler, worker=worker)

    yield machines
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("programs", "message"),
    [
        ((NO_WUBU, ""), "the scheduler cannot load wubu .*forecast"),
        (("", NO_WUBU), "worker tcp://.* cannot load wubu .*forecast"),
    ],
)
def test_a_machine_without_wubu_is_named(machines, tmp_path, programs, message):
    with pytest.raises(InputError, match=message):
        Cluster(1, tmp_path, machines(*programs).address).get({}, [], lambda *_: None)


@pytest.mark.parametrize(
    ("victim", "message"), [("worker", "no worker is left"), ("scheduler", "the scheduler is gone")]
)
def test_a_cluster_that_dies_does_not_keep_the_run_waiting(
    machines, tmp_path, monkeypatch, victim, message
):
    here = machines()
    monkeypatch.setattr("forecast.engines.cluster.WAIT_SECONDS", 2)
    graph = {("a",): (end_process, getattr(here, victim), [])}
    with pytest.raises(InputError, match=f"--scheduler {here.address}: {message}"):
        Cluster(1, tmp_path, here.address).get(graph, [("a",)], lambda *_: None)
    assert dask.config.get("scheduler", None) is None  # other work does not wait for it either
