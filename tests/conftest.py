"""Fixtures of all tests: a small simulated workspace, and the folder of the real data."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from forecast.chain import train_until
from forecast.config import load_config
from forecast.ingest import ingest
from forecast.native import before_eccodes
from forecast.simulate import simulate
from forecast.workspace import Workspace

before_eccodes()  # many tests load ecCodes themselves

SMALL = {"seed": 3, "cities": 2, "stations_per_city": [2, 1], "days": 430, "members": 3, "leads": 4}
"""430 days, so that the normals of the second spring have a first spring to draw on."""

SETTINGS = {
    "name": "small",
    "title_zh": "模拟",
    "title_en": "Small simulated world",
    "simulated": True,
    "data": "data",
    "workspace": "workspace",
    "utc_offset": 8,
    "issue_hour": 24,
    "leads": 4,
    "workers": 1,
    "stations": {"file": "observations/stations.csv"},
    "observations": [
        {
            "format": "prsa",
            "files": "observations/PRSA_Data_*.csv",
            "hour_label": "beginning",
        }
    ],
    "weather": [
        {
            "product": "ensemble",
            "kind": "forecast",
            "files": "weather/forecasts.nc",
            "lagged_days": 10,
        },
        {"product": "analysis", "kind": "analysis", "files": "weather/analysis.nc"},
    ],
    "training": {
        "folds": 2,
        "refit_days": 90,
        "min_days": 60,
        "boosting": {"trees": 20},
        "members": ["boosting"],
    },
    "evaluation": {"replicates": 100},
}


@pytest.fixture(scope="session")
def small_world(tmp_path_factory):
    """Sources of a small world and a configuration beside them; read only.

    Attributes: ``folder``, ``world`` (the truth behind the files), ``config_file``, ``settings``
    (what the configuration file says).
    """
    folder = tmp_path_factory.mktemp("small")
    world = simulate(**SMALL)
    world.write(folder / "data")
    file = folder / "small.yaml"
    file.write_text(yaml.safe_dump(SETTINGS, allow_unicode=True), encoding="utf-8")
    return SimpleNamespace(folder=folder, world=world, config_file=file, settings=SETTINGS)


@pytest.fixture(scope="session")
def small_workspace(small_world):
    """The small world ingested; read only. Attributes: ``config``, ``workspace``, ``report``."""
    config = load_config(small_world.config_file)
    workspace = Workspace(config.workspace_folder)
    report = ingest(config, workspace)
    return SimpleNamespace(config=config, workspace=workspace, report=report)


@pytest.fixture(scope="session")
def trained_workspace(small_world, small_workspace, tmp_path_factory):
    """The small world ingested, and trained on 2014-02-10; read only. As `small_workspace`."""
    folder = tmp_path_factory.mktemp("trained") / "workspace"
    shutil.copytree(small_workspace.workspace.folder, folder)
    config = load_config(small_world.config_file, workspace=folder)
    train_until(config, Workspace(folder), "2014-02-10")
    return SimpleNamespace(config=config, workspace=Workspace(folder))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real data; the test is skipped where there is none."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("WUBU_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no real data: set WUBU_TEST_DATA or provide {folder}")
    return folder
