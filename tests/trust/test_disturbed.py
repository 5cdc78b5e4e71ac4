"""The chain disturbed: killed, on a full or read-only disk, by clock, zone, locale and path."""

from __future__ import annotations

import functools
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from kill_at_random import kill_all
from kills.commands import ISSUED, commands_in
from kills.states import differences, lost, state_of
from kills.trial import Runner

from forecast.chain import LATEST, backtest_folder, issue_day
from forecast.cli.main import run
from forecast.config import load_config
from forecast.export import write_products
from forecast.issued import read_issued
from forecast.workspace import Workspace

ISSUE = ["issue", "world.yaml", "--date", ISSUED]
FUTURE = pd.Timestamp("2100-01-01").timestamp()


@pytest.fixture(scope="module")
def runner():
    return Runner()


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    """Commands on the small world by name, each with the folder it begins from; read only."""

    def whole(arguments):
        assert run(arguments) == 0

    return {c.name: c for c in commands_in(tmp_path_factory.mktemp("world"), whole)}


@pytest.fixture
def world(commands, tmp_path):
    """A folder with configuration, data, an ensemble and an issued forecast, to be changed."""
    return Path(shutil.copytree(commands["import"].start, tmp_path / "world"))


def opened(folder):
    config = load_config(folder / "world.yaml")
    return config, Workspace(config.workspace_folder)


@pytest.mark.slow
def test_kills_at_random_moments(commands, runner, tmp_path):
    found = kill_all(list(commands.values()), 5, 1, tmp_path, runner)
    assert {name: c.defects for name, c in found.items()} == {name: [] for name in commands}
    assert sum(c.kills for c in found.values()) == 5 and sum(c.late for c in found.values()) < 5


@contextmanager
def disk(folder: Path, source: Path, spare: int | None):
    """A disk of its own with a copy of `source`: `spare` bytes free, or None for read-only.

    Where this process may not mount, the limit of a file's size or the folders' permissions stand
    in for it. Yields the copy and what to call in the process that works on it.
    """
    size = sum(f.stat().st_size + 8192 for f in source.rglob("*")) + (spare or 0)
    options = f"size={-(-size // 4096) * 4096}"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    copy, before = folder / "world", None
    shutil.copytree(source, copy)
    try:
        if mounted and spare is None:
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        elif mounted:
            free = shutil.disk_usage(folder).free - spare
            (folder / "filler").write_bytes(bytes(max(free, 0)))
        elif spare is None:
            for each in [copy, *copy.rglob("*")]:
                each.chmod(0o555 if each.is_dir() else 0o444)
        else:
            before = functools.partial(
                resource.setrlimit, resource.RLIMIT_FSIZE, (spare, resource.RLIM_INFINITY)
            )
        yield copy, before
    finally:
        if mounted:
            subprocess.run(["umount", str(folder)], check=True)
        else:
            for each in [copy, *copy.rglob("*")]:
                each.chmod(0o755)


@pytest.mark.parametrize(
    ("spare", "message"),
    [
        (8192, r"is the disk full|No space left on device|File too large"),
        (None, r"Read-only file system|Permission denied"),
    ],
    ids=["full", "read-only"],
)
@pytest.mark.parametrize("name", ["issue", "import", "train"])
def test_a_disk_that_takes_nothing(commands, runner, tmp_path, name, spare, message):
    command, said = commands[name], tmp_path / "said"
    with disk(tmp_path / "disk", command.start, spare) as (copy, before):
        old, _ = state_of(copy)
        code = runner.whole(list(command.arguments), copy, said, before)
        new, hidden = state_of(copy)
    text = said.read_text(encoding="utf-8").splitlines()[-1]
    assert code == 1 and re.fullmatch(rf"wubu: .*/workspace/.*({message}).*", text), text
    # of products, those before the one that did not fit may be whole
    assert not lost(new, old) and not hidden
    assert all(n.startswith(("workspace/products", "workspace/issued")) for n in new.keys() - old)
    assert not differences({n: new[n] for n in old}, old)


def test_the_zone_of_the_machine_changes_no_byte(world, monkeypatch, tmp_path):
    config, workspace = opened(world)
    issued = {}
    for zone in ("America/New_York", "Asia/Shanghai"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        path = issue_day(config, workspace, ISSUED)
        products = write_products(read_issued(path), tmp_path / zone.replace("/", "-"))
        issued[zone] = [p.read_bytes() for p in (path, *products)]
        path.unlink()
    monkeypatch.undo()
    time.tzset()
    first, second = issued.values()
    assert len(first) == 5 and first == second


def test_a_clock_that_was_set_back_changes_nothing(world, monkeypatch):
    """Files from a future that has not come yet, and a clock that is behind them."""
    config, workspace = opened(world)
    expected = issue_day(config, workspace, ISSUED)
    content = expected.read_bytes()
    expected.unlink()
    for path in world.rglob("*"):
        os.utime(path, (FUTURE, FUTURE))
    past = pd.Timestamp("2001-01-01")
    for module in ("forecast.clock", "forecast.consultation.products.package"):
        monkeypatch.setattr(f"{module}.utc_now", lambda: past)
    assert run(["ingest", str(world / "world.yaml")]) == 0
    assert issue_day(config, workspace, ISSUED).read_bytes() == content
    consult = ["consult", str(world / "world.yaml"), "--date", ISSUED, "--format", "zip,txt"]
    assert run(consult) == 0


def test_the_newest_backtest_is_told_by_no_clock(tmp_path):
    workspace = Workspace(tmp_path)
    for k, name in enumerate(("2015-01-01_2015-01-02", "2015-01-01_2015-01-02.r2")):
        (workspace.backtests / name).mkdir(parents=True)
        os.utime(workspace.backtests / name, (FUTURE - k, FUTURE - k))
    assert backtest_folder(workspace, "latest").name == "2015-01-01_2015-01-02"  # by age alone
    (workspace.backtests / LATEST).write_text("2015-01-01_2015-01-02.r2", encoding="utf-8")
    assert backtest_folder(workspace, "latest").name == "2015-01-01_2015-01-02.r2"
    (workspace.backtests / LATEST).write_text("gone", encoding="utf-8")
    assert backtest_folder(workspace, "latest").name == "2015-01-01_2015-01-02"


def test_blanks_and_chinese_in_the_path(commands, tmp_path, capsys):
    folder = Path(shutil.copytree(commands["import"].start, tmp_path / "空 气 质量 (1)"))
    arguments = [str(folder / a) if a.endswith((".yaml", ".json")) else a
                 for a in commands["import"].arguments]  # fmt: skip
    assert run(["ingest", str(folder / "world.yaml")]) == 0
    assert run([*arguments, "--lang", "zh"]) == 0
    assert "空 气 质量 (1)" in capsys.readouterr().out.replace("\n", "")
    names = {p.name for p in (folder / "workspace" / "products" / f"{ISSUED}.r2").iterdir()}
    assert {"nation-nation.html", "nation-nation.xlsx", "nation-nation.zh.txt"} <= names


ALONE = """
import importlib, pkgutil, socket, sys
called = []
def refuse(*arguments, **_):
    called.append(arguments)
    raise OSError("no network here")
for name in ("connect", "connect_ex", "sendto", "bind"):
    setattr(socket.socket, name, refuse)
for name in ("getaddrinfo", "gethostbyname", "create_connection"):
    setattr(socket, name, refuse)
import forecast, ensembles, verification
for package in (forecast, ensembles, verification):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
from forecast.cli.main import run
code = run(["consult", sys.argv[1], "--date", sys.argv[2], "--lang", "zh"])
code = code or run(["issue", sys.argv[1], "--date", sys.argv[2], "--lang", "zh"])
print("calls", len(called), "encoding", sys.stdout.encoding)
sys.exit(code)
"""


def test_no_network_and_a_console_that_knows_no_chinese(world):
    """Every module loaded and the chain run where sockets raise, under an ASCII locale."""
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment = {**os.environ, **plain, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(world / "world.yaml"), ISSUED],
        capture_output=True,
        env=environment,
    )
    said = done.stdout.decode("ascii")
    assert done.returncode == 0, done.stderr
    assert said.splitlines()[-1] == "calls 0 encoding ascii"
    text = (world / "workspace" / "products" / ISSUED / "bulletin.zh.txt").read_text("utf-8")
    assert "预报" in text
