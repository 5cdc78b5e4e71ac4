"""Cost of a network against its number of stations, weather members and years.

Run with ``python tests/benchmarks/bench_network_size.py [--folder F] [--largest 1498]``. Simulates
networks of five sizes, and at the third of them more members and more years; ingests each,
trains with a sample of 40,000 cases and issues a day, each as a process of its own, and prints wall
and CPU seconds and the peak of memory, the growth between the sizes as the exponent of a power
law, and what a straight line through the sizes says of 100,000 stations. SIMULATED data.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from benchmark_row import Row

from forecast.simulate import simulate

STEPS = ("ingest", "train", "issue")
FIRST, ISSUE_BEFORE_END = "2013-01-01", 12
SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)
FAR = 100_000


@dataclass(frozen=True)
class Size:
    """One simulated network."""

    stations: int
    members: int = 3
    days: int = 260

    def configuration(self) -> dict:
        """What its configuration file says."""
        return {
            "name": "network",
            "simulated": True,
            "data": "sources",
            "workspace": "workspace",
            "utc_offset": 8,
            "stations": {"file": "observations/stations.csv"},
            "observations": [{"format": "netcdf", "files": "observations/20??-??.nc"}],
            "weather": [
                {"product": "ensemble", "kind": "forecast", "files": "weather/forecasts.nc"},
                {"product": "analysis", "kind": "analysis", "files": "weather/analysis.nc"},
            ],
            "training": {
                "folds": 2,
                "min_days": 100,
                "sample_rows": 40_000,
                "members": ["linear_mos", "boosting"],
                "boosting": {"trees": 50},
            },
        }


def prepare(size: Size, folder: Path) -> Path:
    """Write sources and configuration of a network; return the configuration's path."""
    cities = max(1, size.stations // 4)
    counts = np.full(cities, 4)
    counts[: size.stations - counts.sum()] += 1
    world = simulate(
        seed=1,
        cities=cities,
        stations_per_city=counts.tolist(),
        start=FIRST,
        days=size.days,
        members=size.members,
    )
    world.write(folder / "sources", "netcdf")
    path = folder / "network.yaml"
    path.write_text(yaml.safe_dump(size.configuration()), encoding="utf-8")
    return path


def measured(arguments: list[str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak GB of a command as a process of its own."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "forecast.cli", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"wubu {' '.join(arguments)} failed with {process.returncode}")
    wall = time.perf_counter() - began
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


def costs(size: Size, root: Path) -> list[dict]:
    """Rows of the table for one network."""
    with tempfile.TemporaryDirectory(dir=root) as name:
        config = prepare(size, Path(name))
        last = pd.Timestamp(FIRST) + pd.Timedelta(days=size.days - ISSUE_BEFORE_END)
        day = f"{last:%Y-%m-%d}"
        rows = []
        for step in STEPS:
            dated = [] if step == "ingest" else ["--date", day]
            wall, cpu, memory = measured([step, str(config), *dated])
            rows.append(
                {
                    "stations": size.stations,
                    "members": size.members,
                    "years": round(size.days / 365.25, 2),
                    "step": step,
                    "wall_s": round(wall, 1),
                    "cpu_s": round(cpu, 1),
                    "peak_gb": round(memory, 2),
                }
            )
            print(rows[-1], file=sys.stderr, flush=True)
    return rows


def rows(quick: bool, data: Path | None) -> list[Row]:
    """Rows of the table of benchmarks: each step at the largest of the sizes."""
    size = Size(16 if quick else 1498)
    with tempfile.TemporaryDirectory() as folder:
        found = costs(size, Path(folder))
    of = f"{size.stations} stations, {size.days} days, {size.members} members, SIMULATED"
    return [Row(f"wubu {c['step']}", of, c["wall_s"], c["peak_gb"]) for c in found]


def growth(table: pd.DataFrame) -> pd.DataFrame:
    """Exponents of a power law between the two largest networks, and lines drawn to `FAR`."""
    rows = []
    for step in STEPS:
        part = table[table["step"] == step].sort_values("stations")
        two = part.iloc[-2:]
        log = np.log(two[["stations", "cpu_s", "peak_gb"]].to_numpy(float))
        rise = np.diff(log, axis=0)[0]
        row = {
            "step": step,
            "cpu power": rise[1] / rise[0],
            "memory power": rise[2] / rise[0],
        }
        for name in ("cpu_s", "peak_gb"):
            slope, base = np.polyfit(part["stations"], part[name], 1)
            row[f"{name} at {FAR:,}"] = base + slope * FAR
        rows.append(row)
    return pd.DataFrame(rows).round(2)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--largest", type=int, default=1498)
    given = parser.parse_args()
    sizes = [Size(round(given.largest * share)) for share in SHARES]
    middle = sizes[2].stations
    others = [Size(middle, members=10), Size(middle, days=780)]
    rows = [row for size in (*sizes, *others) for row in costs(size, given.folder)]
    table = pd.DataFrame(rows)
    print(table.to_string(index=False))
    print(growth(table[: len(sizes) * len(STEPS)]).to_string(index=False))


if __name__ == "__main__":
    main()
