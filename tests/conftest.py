"""Fixtures of all tests: a small simulated workspace, and the folder of the real data."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import pytest
import xarray as xr
import yaml
from made_once import made_once

from forecast.chain import train_until
from forecast.config import load_config
from forecast.ingest import ingest
from forecast.native import before_eccodes
from forecast.simulate import simulate
from forecast.workspace import Workspace

before_eccodes()  # many tests load ecCodes themselves

SMALL = {"seed": 3, "cities": 2, "stations_per_city": [2, 1], "days": 430, "members": 3, "leads": 4}
"""430 days, so that the normals of the second spring have a first spring to draw on."""

WINTER = "2013-11-15"
"""First forecast of the winter's worlds: 87 issue days to train on at `TRAINED`."""
TRAINED = "2014-02-10"
"""Issue day the ensemble of `small_trained` was trained at."""

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


def pytest_collection_modifyitems(items):
    """Files that hold slow tests come first, so that all processes end at about the same time."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@dataclass(frozen=True)
class SmallWorld:
    """Folder of the sources; the truth behind them is made again where a test asks for it."""

    folder: Path
    settings: dict = field(default_factory=lambda: SETTINGS)

    @property
    def config_file(self) -> Path:
        """The configuration beside the sources."""
        return self.folder / "small.yaml"

    @cached_property
    def world(self):
        """The world."""
        return simulate(**SMALL)


@pytest.fixture(scope="session")
def small_world(tmp_path_factory):
    """Sources of a small world and a configuration beside them; read only.

    Attributes: ``folder``, ``world`` (the truth behind the files), ``config_file``, ``settings``
    (what the configuration file says).
    """

    def fill(folder):
        simulate(**SMALL).write(folder / "data")
        text = yaml.safe_dump(SETTINGS, allow_unicode=True)
        (folder / "small.yaml").write_text(text, encoding="utf-8")

    folder = made_once(tmp_path_factory, "small", fill)
    return SmallWorld(folder)


@pytest.fixture(scope="session")
def small_workspace(small_world, tmp_path_factory):
    """The small world ingested; read only. Attributes: ``config``, ``workspace``."""

    def fill(folder):
        config = load_config(small_world.config_file, workspace=folder / "workspace")
        ingest(config, Workspace(config.workspace_folder))

    folder = made_once(tmp_path_factory, "small-ingested", fill) / "workspace"
    config = load_config(small_world.config_file, workspace=folder)
    return SimpleNamespace(config=config, workspace=Workspace(folder))


@pytest.fixture(scope="session")
def small_trained(small_world, small_workspace, tmp_path_factory):
    """Workspace folder of the small world with an ensemble trained at `TRAINED`; to be copied."""

    def fill(folder):
        shutil.copytree(small_workspace.workspace.folder, folder / "workspace")
        config = load_config(small_world.config_file, workspace=folder / "workspace")
        train_until(config, Workspace(config.workspace_folder), TRAINED)

    return made_once(tmp_path_factory, "small-trained", fill) / "workspace"


@pytest.fixture(scope="session")
def winter_sources(small_world, tmp_path_factory):
    """The small world with forecasts of one winter only: quicker to ingest and to train on.

    Attributes: ``folder``, ``config_file``, ``settings``.
    """

    def fill(folder):
        shutil.copytree(small_world.folder / "data", folder / "data")
        shutil.copy(small_world.config_file, folder)
        path = folder / "data" / "weather" / "forecasts.nc"
        with xr.open_dataset(path, decode_timedelta=False) as file:
            winter = file.sel(time=slice(WINTER, None)).load()
        winter.to_netcdf(path)

    folder = made_once(tmp_path_factory, "winter", fill)
    return SimpleNamespace(folder=folder, config_file=folder / "small.yaml", settings=SETTINGS)


@pytest.fixture(scope="session")
def winter_workspace(small_workspace, tmp_path_factory):
    """Folder of the small workspace without forecasts before `WINTER`; to be copied."""

    def fill(folder):
        shutil.copytree(small_workspace.workspace.folder, folder / "workspace")
        for cycle in (folder / "workspace" / "weather" / "ensemble").glob("*.nc"):
            if cycle.stem < WINTER:
                cycle.unlink()

    return made_once(tmp_path_factory, "winter-ingested", fill) / "workspace"


@pytest.fixture(scope="session")
def trained_workspace(small_world, small_trained):
    """The small world ingested and trained at `TRAINED`; read only. As `small_workspace`."""
    config = load_config(small_world.config_file, workspace=small_trained)
    return SimpleNamespace(config=config, workspace=Workspace(small_trained))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real data; the test is skipped where there is none."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("WUBU_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no real data: set WUBU_TEST_DATA or provide {folder}")
    return folder
