"""Time of ingesting a national month of CNEMC files against bare ``pandas.read_csv``.

Run ``python tests/benchmarks/bench_cnemc.py``: it writes the month (1,498 stations, 744 hours,
15 types, 31 files), reads it with ``pandas.read_csv`` and, in a process of its own, ingests it as
``wubu ingest`` does (reader, store, daily values and index of stations and cities) and prints
both times, their ratio and the peak memory. It exits with code 1
when the ratio is above 3 or the memory above 2 GB.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from benchmark_row import Row
from scipy.signal import lfilter

from forecast.config import load_config
from forecast.ingest import ingest_observations, read_station_table, store_daily
from forecast.pollutants import POLLUTANTS
from forecast.simulate.cnemc_files import write_cnemc
from forecast.workspace import Workspace

MEDIAN = {"pm25": 60, "pm10": 95, "so2": 25, "no2": 40, "o3": 50, "co": 1.1}
MAX_RATIO, MAX_BYTES = 3.0, 2e9


def national_month(stations: int, days: int) -> xr.Dataset:
    """Hourly observations with a day's memory, log-normal, 2 % missing."""
    rng = np.random.default_rng(20150101)
    shape = (stations, days * 24)
    fields = {}
    for name in POLLUTANTS:
        noise = lfilter([np.sqrt(1 - 0.95**2)], [1, -0.95], rng.standard_normal(shape), axis=1)
        values = MEDIAN[name] * np.exp(0.6 * noise)
        values[rng.random(shape) < 0.02] = np.nan
        fields[name] = (("station", "time"), np.maximum(values, 0.1).astype(np.float32))
    start = pd.Timestamp("2014-12-31 15:00")  # the label 0 of 2015-01-01 at UTC+8, hour-ending
    return xr.Dataset(
        fields,
        {
            "station": [f"{1001 + i}A" for i in range(stations)],
            "time": pd.date_range(start, periods=shape[1], freq="h"),
        },
    )


def station_table(stations: np.ndarray) -> pd.DataFrame:
    """Stations scattered over China, five a city."""
    rng = np.random.default_rng(1)
    city = [f"C{i // 5}" for i in range(len(stations))]
    return pd.DataFrame(
        {
            "lat": rng.uniform(20, 45, len(stations)),
            "lon": rng.uniform(85, 125, len(stations)),
            "city": city,
            "province": "P",
        },
        index=pd.Index(stations, name="station"),
    )


def bare(files: list[Path]) -> float:
    """Seconds that ``pandas.read_csv`` takes for the files."""
    began = time.perf_counter()
    for path in files:
        pd.read_csv(path)
    return time.perf_counter() - began


CONFIG = """
name: month
data: {data}
workspace: workspace
stations: {file: stations.csv}
observations: [{format: cnemc, files: "china_sites_*.csv"}]
weather: [{product: none, kind: forecast, files: none.nc}]
"""


def ingest(files: Path, folder: Path) -> dict[str, float]:
    """Seconds of reading and storing, of the daily values, and the peak memory of this process."""
    path = folder / "month.yaml"
    path.write_text(CONFIG.replace("{data}", json.dumps(str(files.resolve()))), encoding="utf-8")
    config = load_config(path)
    workspace = Workspace(config.workspace_folder)
    stations = read_station_table(config)
    began = time.perf_counter()
    report = ingest_observations(config, workspace, stations)["cnemc"]
    stored = time.perf_counter()
    store_daily(config, workspace)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "store": stored - began,
        "daily": done - stored,
        "values": report.values_added,
        "peak": peak,
    }


def measured(stations: int, days: int, folder: Path, repeats: int = 3) -> dict[str, float]:
    """Seconds of ``pandas.read_csv`` and of the ingest, best of some, size and peak memory."""
    folder.mkdir(parents=True, exist_ok=True)
    files = sorted(folder.glob("china_sites_*.csv"))
    if not files:
        month = national_month(stations, days)
        files = write_cnemc(month, folder)
        station_table(month["station"].values).to_csv(folder / "stations.csv")
    bare(files[:1])  # the first call pays for imports
    command = [sys.executable, __file__, "--ingest", str(folder)]
    runs = []
    for _ in range(repeats):
        plain = bare(files)
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        runs.append((plain, found))
    best = min((f for _, f in runs), key=lambda f: f["store"] + f["daily"])
    return {
        **best,
        "files": len(files),
        "bytes": sum(f.stat().st_size for f in files),
        "plain": min(p for p, _ in runs),
        "took": best["store"] + best["daily"],
        "peak": max(f["peak"] for _, f in runs),
    }


def rows(quick: bool, data: Path | None) -> Iterator[Row]:
    """The month for the table of benchmarks; no data are needed."""
    with tempfile.TemporaryDirectory() as folder:
        size = (200, 3, Path(folder), 1) if quick else (1498, 31, Path(folder), 3)
        found = measured(*size)
    yield Row(
        "ingest of hourly CNEMC files",
        f"{size[0]} stations, {size[1]} days, {found['bytes'] / 1e6:.0f} MB",
        found["took"],
        found["peak"] / 1e9,
        "pandas.read_csv",
        found["took"] / found["plain"],
    )


def main() -> int:
    """Print the benchmark; see the module."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--stations", type=int, default=1498)
    options.add_argument("--days", type=int, default=31)
    options.add_argument("--folder", type=Path, help="files of a run before, or where to keep them")
    options.add_argument("--ingest", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.ingest:
        with tempfile.TemporaryDirectory() as store:
            print(json.dumps(ingest(given.ingest, Path(store))))
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        found = measured(given.stations, given.days, given.folder or Path(temporary))
    ratio = found["took"] / found["plain"]
    print(f"{found['files']} files, {found['bytes'] / 1e6:.0f} MB")
    print(f"pandas.read_csv {found['plain']:.2f} s (best of 3)")
    print(
        f"ingest          {found['took']:.2f} s "
        f"(read and store {found['store']:.2f}, daily values {found['daily']:.2f})"
    )
    print(f"values stored   {found['values']:,.0f}; peak memory {found['peak'] / 1e6:.0f} MB")
    print(f"ratio           {ratio:.2f} (limit {MAX_RATIO:g})")
    return int(ratio > MAX_RATIO or found["peak"] > MAX_BYTES)


if __name__ == "__main__":
    sys.exit(main())
