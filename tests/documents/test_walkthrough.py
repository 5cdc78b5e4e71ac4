"""The walk-through of the README, followed word for word on the files it is about."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest
import yaml
from document_sections import ROOT, blocks, section

from forecast import Workspace, read_issued
from forecast.config import load_config

ENGLISH = section("README.md", "Your own files")
CHINESE = section("README.zh-CN.md", "自己的文件")
SETTING_UP = (
    "cd wubu",
    "python3 -m venv .venv && .venv/bin/pip install .",
    ". .venv/bin/activate",
)
"""What the environment of the tests has done already (and `.ci/run` in a fresh one)."""
WORD = re.compile(r"[A-Za-z.]{2,}|[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""Cities, dates and words of a table; its numbers may differ by a machine's arithmetic."""


def commands(text: str) -> list[str]:
    """Lines of the one shell block, without comments and doubled blanks."""
    (block,) = blocks(text, "sh")
    lines = [line.split("#")[0] for line in block.splitlines()]
    return [" ".join(line.split()) for line in lines if line.strip()]


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """Folder in which the commands ran, and what each printed."""
    folder = tmp_path_factory.mktemp("walk")
    (folder / "tests").symlink_to(ROOT / "tests")
    programs = folder / "programs"
    programs.mkdir()
    for name, arguments in {"python": "", "wubu": "-m forecast.cli"}.items():
        file = programs / name
        file.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {arguments} "$@"\n')
        file.chmod(0o755)
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    run = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": path}
    said = {}
    for command in commands(ENGLISH)[len(SETTING_UP) :]:
        done = subprocess.run(command, shell=True, cwd=folder, env=run, capture_output=True)
        assert done.returncode == 0, f"{command}: {done.stderr.decode()}"
        said[command] = done.stdout.decode()
        if "walkthrough_files" in command:
            (own,) = blocks(ENGLISH, "yaml")
            (folder / "own" / "own.yaml").write_text(own, encoding="utf-8")
    return folder, said


def test_ten_commands_or_fewer_and_the_same_in_both_languages():
    assert tuple(commands(ENGLISH)[: len(SETTING_UP)]) == SETTING_UP
    assert len(commands(ENGLISH)) <= 10
    assert commands(CHINESE) == commands(ENGLISH)
    english, chinese = (yaml.safe_load(blocks(t, "yaml")[0]) for t in (ENGLISH, CHINESE))
    assert chinese == english


@pytest.mark.slow
def test_it_ends_with_the_forecast_that_the_readme_shows(walked):
    folder, said = walked
    issue = next(text for command, text in said.items() if command.startswith("wubu issue"))
    (shown,) = blocks(ENGLISH, "")
    assert WORD.findall(shown)
    assert [word for word in WORD.findall(shown) if word not in WORD.findall(issue)] == []
    with read_issued(folder / "own" / "work" / "issued" / "2024-02-14.nc") as issued:
        assert issued.sizes["lead"] == 3
        assert "SIMULATED" in issued.attrs["title"]
        cities = issued.sel(place=(issued["kind"] == "city").values)
        assert cities.sizes["place"] == 2
        assert np.isfinite(cities["aqi_low"].values).all()


@pytest.mark.slow
def test_every_value_of_the_files_arrives_at_its_hour(walked):
    folder, said = walked
    config = load_config(folder / "own" / "own.yaml")
    first = sorted(config.data_folder.glob("监测/*.csv"))[0]
    lines = first.read_text(encoding="gb18030").splitlines()[1:]
    station, stamp, _, value = next(li.split(";") for li in lines if ";PM2.5;" in li)
    hourly = Workspace(config.workspace_folder).observations("table").read()
    # hour-ending 01:00 of 1 July in Beijing is the hour from 16:00 UTC of 30 June
    assert stamp == "2023/07/01 01:00"
    stored = hourly["pm25"].sel(station=station, time=np.datetime64("2023-06-30T16:00"))
    assert float(stored) == float(value)
    check = next(text for command, text in said.items() if command.startswith("wubu check"))
    assert "parameter 气温 is not used" in check
    assert (folder / "own/work/products/2024-02-14/nation-nation.html").exists()
