"""Leftovers of dead processes are told from what somebody writes, and cleared by the next run."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys

import pytest

from forecast import leftovers
from forecast.atomic import whole_file, write_text
from forecast.leftovers import is_left, mark, sweep
from forecast.modelstore import saved_ensembles

CHILD = """
import sys, time
from pathlib import Path
from forecast.atomic import whole_file
with whole_file(Path(sys.argv[1])) as part:
    part.write_text("half")
    print(part.name, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def dead():
    """The mark of a process that was and is no more."""
    done = subprocess.run(
        [sys.executable, "-c", "from forecast.leftovers import mark; print(mark())"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_what_a_running_process_writes_stays_until_it_is_killed(tmp_path):
    target = tmp_path / "a.txt"
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(target)], stdout=subprocess.PIPE, text=True
    ) as running:
        part = tmp_path / running.stdout.readline().strip()
        assert not is_left(part.name) and sweep(tmp_path) == [] and part.exists()
        running.kill()
    assert is_left(part.name) and not target.exists()
    leftovers._SWEPT.clear()
    write_text(target, "whole")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"] and target.read_text() == "whole"


def test_names_of_ours_others_and_other_machines(dead):
    machine, process, token = dead.split("-")
    other = f"{int(machine, 16) ^ 1:08x}"
    assert is_left(f".a.nc.{dead}.x.part")
    assert not is_left(f"a.nc.{dead}.x.part")  # no hidden name: a result
    assert not is_left(f".a.nc.{other}-{process}-{token}.x.part")
    assert not is_left(f".a.nc.{mark()}.x.part")
    # a process of our own number before us, as in a container
    assert is_left(f".a.nc.{machine}-{os.getpid()}-{int(token, 16) ^ 1:08x}.x.part")
    assert not is_left(f".a.nc.{machine}-1-{token}.x.part")  # somebody else's, and alive


def test_a_forked_process_is_no_leftover_of_its_parent(tmp_path):
    with whole_file(tmp_path / "a") as part:
        part.write_text("half")
        child = multiprocessing.get_context("fork").Process(target=sweep, args=(tmp_path,))
        child.start()
        child.join()
    assert (tmp_path / "a").read_text() == "half"


def test_folders_go_and_links_are_not_followed(tmp_path, dead):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "a").write_text("1")
    folder = tmp_path / f".making.{dead}.x"
    folder.mkdir()
    (folder / "half").write_text("1")
    link = tmp_path / f".link.{dead}.part"
    link.symlink_to(kept)
    assert sorted(sweep(tmp_path)) == sorted([folder, link])
    assert [p.name for p in tmp_path.iterdir()] == ["kept"] and (kept / "a").exists()


def test_an_ensemble_put_aside_is_put_back(tmp_path, dead):
    old = tmp_path / f".2015-01-01.{dead}.x.old"
    old.mkdir()
    (old / "manifest.json").write_text("old")
    assert [f.name for f in saved_ensembles(tmp_path)] == ["2015-01-01"]
    assert (tmp_path / "2015-01-01" / "manifest.json").read_text() == "old"
    # where the new one is there, the old one stays aside for the next that writes to clear
    old.mkdir()
    assert [f.name for f in saved_ensembles(tmp_path)] == ["2015-01-01"] and old.exists()
