"""Pace of building cases: rows a second and core, and where the time goes.

Run with ``python tests/benchmarks/bench_cases.py [--cities 300] [--issues 60]``. A world of five
stations a city is simulated and ingested into a temporary workspace; then the cases of the last
issues are built in one thread. A row is a case of one issue, lead and station with all its
predictors. The processor seconds of reading the cycles are counted apart, and so are those of the
functions that make the predictors of each kind. The bare work beside it is one copy of the matrix
that a learner reads.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import yaml
from benchmark_row import Row

from ensembles import design_matrix
from forecast import cases as building
from forecast.cases import build_cases
from forecast.config import load_config
from forecast.ingest import ingest
from forecast.known import Known, known_at
from forecast.simulate import simulate
from forecast.workspace import Workspace

TARGET_ROWS = 200_000
"""Rows a second and core that are aimed at."""
DAYS = 150
PARTS: dict[str, tuple[Any, str]] = {
    "reading cycles": (Known, "weather"),
    "earlier cycles": (Known, "with_earlier_cycles"),
    "weather along the path": (building, "path_predictors"),
    "recent concentrations": (building, "recent_predictors"),
    "normals": (building, "_normals"),
    "calendar": (building, "calendar_predictors"),
}
"""What is counted apart, and where its function is found."""
SETTINGS = {
    "name": "cases",
    "simulated": True,
    "data": "sources",
    "workspace": "workspace",
    "workers": 1,
    "stations": {"file": "observations/stations.csv"},
    "observations": [{"format": "prsa", "files": "observations/PRSA_Data_*.csv"}],
    "weather": [
        {"product": "ensemble", "kind": "forecast", "files": "weather/forecasts.nc"},
        {"product": "analysis", "kind": "analysis", "files": "weather/analysis.nc"},
    ],
}


def simulated(folder: Path, cities: int) -> tuple[Any, Workspace]:
    """Configuration and workspace of a simulated world, ingested."""
    world = simulate(cities=cities, stations_per_city=5, days=DAYS, members=5, leads=10)
    world.write(folder / "sources")
    (folder / "cases.yaml").write_text(yaml.safe_dump(SETTINGS), encoding="utf-8")
    config = load_config(folder / "cases.yaml")
    workspace = Workspace(config.workspace_folder)
    ingest(config, workspace)
    return config, workspace


def measured(cities: int, issues: int) -> tuple[int, float, float, dict[str, float]]:
    """Rows, processor seconds of all and of a copy of the outcome, and those of the parts."""
    parts = dict.fromkeys(PARTS, 0.0)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as replaced:
        config, workspace = simulated(Path(folder), cities)
        days = workspace.weather(config, "ensemble").issues()[-issues:]
        known = known_at(workspace, config, days[-1])
        build_cases(known, days[:1])  # the first call pays for imports
        for label, (owner, name) in PARTS.items():
            function = getattr(owner, name)
            counted = _counted(function, label, parts)
            replaced.enter_context(mock.patch.object(owner, name, counted))
        started = time.process_time()
        made = build_cases(known, days)
        whole = time.process_time() - started
    matrix = design_matrix(made, list(map(str, made.data_vars)))
    started = time.process_time()
    matrix.copy()
    copied = time.process_time() - started
    return made["t2m_target"].size, whole, copied, parts


def _counted(function: Callable[..., Any], label: str, parts: dict[str, float]) -> Any:
    def timed(*given: Any, **named: Any) -> Any:
        started = time.process_time()
        found = function(*given, **named)
        parts[label] += time.process_time() - started
        return found

    return timed


def rows(quick: bool, data: Path | None) -> Iterator[Row]:
    """All and its parts for the table of benchmarks; no data are needed."""
    count, whole, copied, parts = measured(*((4, 5) if quick else (300, 60)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    size = f"{count:,} rows, {count / whole:,.0f} a second and core; processor seconds"
    yield Row("cases", size, whole, peak, "one copy of the matrix", whole / copied)
    for label, seconds in parts.items():
        yield Row(f"cases: {label}", f"{count:,} rows; processor seconds", seconds,
                  limit="cases", ratio=seconds / whole)  # fmt: skip


def main() -> None:
    """Print the pace and the parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cities", type=int, default=300)
    parser.add_argument("--issues", type=int, default=60)
    given = parser.parse_args()
    count, whole, copied, parts = measured(given.cities, given.issues)
    print(
        f"{count:,} rows in {whole:.2f} s of the processor: {count / whole:,.0f} rows a second "
        f"(aim {TARGET_ROWS:,}); a copy of them {copied:.2f} s"
    )
    for label, seconds in parts.items():
        print(f"  {label:24s} {seconds:6.2f} s, {100 * seconds / whole:3.0f} %")


if __name__ == "__main__":
    main()
