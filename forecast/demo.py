"""The demonstration: the whole chain on a small simulated world, from files to scores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

import pandas as pd

from forecast.atomic import write_text
from forecast.chain import backtest, issue_day
from forecast.config import Config, load_config
from forecast.evaluation import evaluate, write_scorecard
from forecast.export import write_products
from forecast.ingest import Progress, ingest, no_progress
from forecast.issued import latest_files, read_issued
from forecast.simulate import simulate
from forecast.workspace import Workspace

WORLD = {"seed": 5, "cities": 4, "stations_per_city": 2, "members": 5, "leads": 10}
FIRST_DAY, LAST_DAY = date(2014, 10, 1), date(2016, 2, 29)
BACKTEST = (pd.Timestamp("2015-12-01"), pd.Timestamp("2016-01-31"))
ISSUE = pd.Timestamp("2016-02-12")


@dataclass(frozen=True)
class DemoResult:
    """What the demonstration wrote.

    Attributes
    ----------
    scores : pandas.DataFrame
        Scorecard of the back-test.
    issued : Path
        The issued forecast.
    written : list of Path
        Everything of interest, in order of making.
    """

    config: Config
    scores: pd.DataFrame
    issued: Path
    written: list[Path]


def run_demo(folder: Path, progress: Progress = no_progress) -> DemoResult:
    """Simulate a world, ingest it, back-test a winter, issue a forecast and write its products.

    Parameters
    ----------
    folder : Path
        Workspace to make; a demo already there is made again beside its earlier revisions.
    progress : callable, optional
        Told about each step.

    Returns
    -------
    DemoResult
        Scores and paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sources = folder / "sources"
    if not (sources / "SIMULATED.txt").exists():
        progress("simulating", 0, 1)
        days = (LAST_DAY - FIRST_DAY).days + 1
        simulate(start=FIRST_DAY.isoformat(), days=days, **WORLD).write(sources)
        progress("simulating", 1, 1)
    path = folder / "demo.yaml"
    if not path.exists():  # one that was edited stays
        write_text(path, demo_config_text())
    config = load_config(path)
    workspace = Workspace(config.workspace_folder)
    ingest(config, workspace, progress)
    run = backtest(config, workspace, *BACKTEST, progress)
    scores = evaluate(
        latest_files(run / "issued"), workspace.observed_daily(), config.evaluation, progress
    )
    table = write_scorecard(scores, run / "scores" / "scorecard.csv")
    issued = issue_day(config, workspace, ISSUE)
    products = write_products(read_issued(issued), workspace.products / issued.stem)
    return DemoResult(config, scores, issued, [path, sources, table, issued, *products])


def demo_config_text() -> str:
    """Text of the embedded configuration: ``configs/demo.yaml``."""
    packaged = files("forecast") / "configs" / "demo.yaml"
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    return (Path(__file__).parent.parent / "configs" / "demo.yaml").read_text(encoding="utf-8")
