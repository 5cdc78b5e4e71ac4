"""A day that was run once, on copies of the small world's sources and its trained workspace."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pandas as pd
import pytest
import yaml

from forecast.config import load_config
from forecast.operation import Task, run_day
from forecast.workspace import Workspace

DAY = pd.Timestamp("2014-02-20")


def project_in(folder):
    """Configuration and workspace of a project folder."""
    config = load_config(folder / "small.yaml")
    return config, Workspace(config.workspace_folder)


@pytest.fixture(scope="session")
def first_run(small_world, trained_workspace, tmp_path_factory):
    """Run a day for the first time: ``folder``, ``outcome`` and ``events``; not to be changed."""
    folder = tmp_path_factory.mktemp("daily")
    shutil.copytree(small_world.folder / "data", folder / "data")
    shutil.copytree(trained_workspace.workspace.folder, folder / "workspace")
    (folder / "small.yaml").write_text(yaml.safe_dump(small_world.settings), encoding="utf-8")
    events = []
    config, workspace = project_in(folder)
    outcome = run_day(Task(config, workspace, DAY, log=events.append))
    return SimpleNamespace(folder=folder, outcome=outcome, events=events)


@pytest.fixture
def project(first_run, tmp_path):
    """The folder of a project whose day was run once, free to be changed.

    The sources are the same files, so the copy of the state still fits them.
    """
    settings = yaml.safe_load((first_run.folder / "small.yaml").read_text())
    settings["data"] = str(first_run.folder / "data")
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    shutil.copytree(first_run.folder / "workspace", tmp_path / "workspace")
    return tmp_path
