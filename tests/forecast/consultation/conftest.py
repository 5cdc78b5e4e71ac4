"""Issued forecasts of the small world, and a briefing of the last."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
import yaml
from made_once import made_once

from forecast.chain import issue_day, train_until
from forecast.config import load_config
from forecast.consultation.areas import areas_of
from forecast.consultation.briefing import make_briefing
from forecast.consultation.change import issue_before
from forecast.consultation.dispersion import dispersion
from forecast.consultation.evaluation import recent_pairs
from forecast.consultation.insight import insight
from forecast.issued import latest_files, read_issued
from forecast.known import known_at
from forecast.workspace import Workspace

UNTIL, ISSUE = pd.Timestamp("2014-02-10"), pd.Timestamp("2014-02-20")


@pytest.fixture(scope="session")
def ready(small_world, small_workspace, tmp_path_factory):
    """The small world with three issues in a workspace of this process's own."""
    training = {**small_world.settings["training"], "members": ["boosting", "analog"]}

    def given(folder):
        config = load_config(
            folder / "small.yaml", data=small_world.folder / "data", workspace=folder / "workspace"
        )
        return config, Workspace(folder / "workspace")

    def fill(folder):
        shutil.copytree(small_workspace.workspace.folder, folder / "workspace")
        text = yaml.safe_dump({**small_world.settings, "training": training})
        (folder / "small.yaml").write_text(text)
        config, workspace = given(folder)
        train_until(config, workspace, UNTIL)
        for back in (2, 1, 0):
            issue_day(config, workspace, ISSUE - pd.Timedelta(days=back))

    own = tmp_path_factory.mktemp("consult") / "own"
    shutil.copytree(made_once(tmp_path_factory, "small-consulted", fill), own)
    return given(own)


@pytest.fixture(scope="session")
def issued(ready):
    return read_issued(latest_files(ready[1].issued)[ISSUE])


@pytest.fixture(scope="session")
def briefing(ready, issued):
    config, workspace = ready
    known = known_at(workspace, config, ISSUE)
    cities = areas_of(issued)[0].cities
    return make_briefing(
        issued,
        areas_of(issued)[0],
        config.consultation,
        observed=known.daily,
        pairs=recent_pairs(latest_files(workspace.issued), known.daily, cities, ISSUE),
        before=issue_before(ISSUE, latest_files(workspace.issued)),
        weather=dispersion(known, ISSUE),
        told=insight(issued, known, workspace),
    )
