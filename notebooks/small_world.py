"""The small SIMULATED world the notebooks share, made once and found again by the next one.

It lies in the folder for temporary files, under the version of the package; delete it whenever you
like. The first notebook makes it step by step in the open; `small_world` makes what is missing.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from forecast import Config, Workspace, backtest, load_config
from forecast.ingest import ingest
from forecast.simulate import simulate
from forecast.version import version

FOLDER = Path(tempfile.gettempdir()) / f"wubu-notebooks-{version()}"
WORLD = {
    "seed": 5,
    "cities": 2,
    "stations_per_city": [2, 1],
    "start": "2015-09-01",
    "days": 192,
    "members": 2,
    "leads": 5,
}
"""Two cities with two stations and one, 192 days, weather forecasts of 2 members and 5 leads."""
CONFIG = """
name: world
title_en: Small simulated area
title_zh: 模拟地区
simulated: true                  # every product will say so
data: sources
workspace: .
utc_offset: 8                    # clock of the network, hours ahead of UTC
issue_hour: 24                   # a forecast knows the whole of its issue day
leads: 5
stations: {file: observations/stations.csv}
observations:                    # one source or several, the most trusted first
  - {format: prsa, files: observations/PRSA_Data_*.csv}
weather:
  - {product: ensemble, kind: forecast, format: daily, files: weather/forecasts.nc}
  - {product: analysis, kind: analysis, format: daily, files: weather/analysis.nc}
training:                        # small, to be fast
  folds: 2
  min_days: 120
  members: [boosting]            # beside climatology and persistence; more by default
  boosting: {trees: 20, learning_rate: 0.25, leaves: 8, min_leaf: 40}
evaluation:
  block_days: 5
  replicates: 100
"""
SPAN = ("2016-02-11", "2016-02-28")
"""Issues of the back-test; the ensemble is trained on what was known the day before."""


def small_world() -> tuple[Config, Workspace, Path]:
    """Configuration, filled workspace, and folder of the back-test over `SPAN`."""
    if not (FOLDER / "world.yaml").exists():
        simulate(**WORLD).write(FOLDER / "sources")
        (FOLDER / "world.yaml").write_text(CONFIG, encoding="utf-8")
    config = load_config(FOLDER / "world.yaml")
    workspace = Workspace(config.workspace_folder)
    if not workspace.daily_file.exists():
        ingest(config, workspace)
    run = workspace.backtests / "_".join(SPAN)
    if not run.exists():
        run = backtest(config, workspace, *SPAN)
    return config, workspace, run
