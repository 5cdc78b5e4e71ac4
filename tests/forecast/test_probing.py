"""Damage inside a NetCDF file that the library does not survive is met by another process first."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from forecast import probing
from forecast.errors import InputError
from forecast.foreign.netcdf import read_netcdf
from forecast.observations.cf import Cf
from forecast.probing import check_opens
from forecast.weather import open_weather


@pytest.fixture
def sound(tmp_path):
    path = tmp_path / "中 文.nc"
    xr.Dataset({"pm25": ("time", np.arange(3.0))}).to_netcdf(path)
    return path


@pytest.fixture
def probe(monkeypatch):
    """A process of the test's own."""
    fresh = probing._Probe()
    monkeypatch.setattr(probing, "_PROBE", fresh)
    yield fresh
    fresh.end()


@pytest.fixture
def child(monkeypatch, probe):
    """A function that makes the process run this once the name of a file is read."""

    def program(text):
        lines = (
            "import sys",
            "print('ready', flush=True)",
            "for line in sys.stdin:",
            f"    {text}",
        )
        monkeypatch.setattr(probing, "_PROGRAM", "\n".join(lines))

    return program


def test_files_that_pass(sound, tmp_path):
    (tmp_path / "no.nc").write_bytes(b"no NetCDF")
    for path in (sound, tmp_path / "no.nc", tmp_path / "missing.nc", sound):
        check_opens(path)  # what is wrong with them the reader says


@pytest.mark.parametrize(
    "text",
    ["import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "raise SystemExit(3)"],
)
def test_a_process_that_ends_refuses_the_file(sound, child, text):
    child(text)
    message = f"{sound}: damaged inside: the NetCDF library cannot open it"
    for _ in range(2):  # each file has a process that lives
        with pytest.raises(InputError, match=message):
            check_opens(sound)
    for door in (open_weather, read_netcdf_of, lambda path: Cf(files="x").read(path, 8)):
        with pytest.raises(InputError, match=message):
            door(sound)


def read_netcdf_of(path):
    return read_netcdf(path, "forecast")


def test_work_without_an_end_is_ended(sound, tmp_path, monkeypatch, probe):
    """The program as it is, with a library that goes round in circles."""
    (tmp_path / "netCDF4.py").write_text("def Dataset(path):\n    while True: pass\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(probing, "SECONDS", 1)
    with pytest.raises(InputError, match="damaged inside"):
        check_opens(sound)


def test_a_process_ended_from_outside_is_replaced(sound, probe):
    check_opens(sound)
    first = probe._child
    first.kill()
    first.wait()
    check_opens(sound)
    assert probe._child.pid != first.pid and probe._child.poll() is None


@pytest.mark.parametrize("how", ["the library is not there", "no interpreter"])
def test_where_no_process_can_be_started_files_pass(sound, monkeypatch, probe, how):
    if how == "no interpreter":
        monkeypatch.setattr(probing.sys, "executable", "")
    else:
        monkeypatch.setattr(probing, "_PROGRAM", "raise SystemExit(1)")
    for _ in range(2):
        check_opens(sound)
    assert probe._child is None


def test_nothing_is_imported_from_the_working_folder(tmp_path, sound):
    (tmp_path / "json.py").write_text("raise SystemExit(1)")
    program = "from pathlib import Path; from forecast.probing import check_opens; " \
        f"check_opens(Path({str(sound)!r})); print('read')"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-P", "-W", "error", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("read\n", "")
