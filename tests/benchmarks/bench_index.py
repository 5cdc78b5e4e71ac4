"""Time and memory of the index over a national year, beside bare ``numpy.interp``.

Run with ``python tests/benchmarks/bench_index.py [--stations 1498] [--hours 8760]``. Both sides
read the same float32 arrays in the same run; the smallest of three times counts, taken in turns.
Extra memory is the peak of the process above what the inputs take, results included.
"""

from __future__ import annotations

import argparse
import gc
import resource
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from benchmark_row import Row

from forecast.aqi import evaluate, hourly_index
from forecast.pollutants import POLLUTANTS
from forecast.standard import standard_named

TYPICAL = {"pm25": 35.0, "pm10": 65.0, "so2": 9.0, "no2": 28.0, "o3": 60.0, "co": 0.7}
"""Medians of hourly values, µg/m³ (CO mg/m³)."""
LIMIT_RATIO, LIMIT_GB = 3.0, 1.5
REPEATS = 3


def simulated_hours(stations: int, hours: int) -> xr.Dataset:
    """Log-normal hourly values as published (whole µg/m³; CO 0.1 mg/m³), 2 % missing."""
    rng = np.random.default_rng(633)
    data = {}
    for name in POLLUTANTS:
        values = rng.standard_normal((stations, hours), dtype=np.float32)
        np.exp(values * np.float32(0.8), out=values)
        values *= np.float32(TYPICAL[name])
        np.round(values, 1 if name == "co" else 0, out=values)
        values[rng.random((stations, hours), dtype=np.float32) < 0.02] = np.nan
        data[name] = (("station", "time"), values)
    time_axis = pd.date_range("2025-01-01", periods=hours, freq="h") - pd.Timedelta(hours=8)
    return xr.Dataset(data, coords={"station": np.arange(stations), "time": time_axis})


def resident() -> int:
    """Bytes of memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def measured(work: Callable[[], object]) -> tuple[float, float]:
    """Time in seconds and extra memory in GB of `work`, once."""
    gc.collect()
    before, peak, done = resident(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            peak[0] = max(peak[0], resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - started
    done.set()
    watcher.join()
    extra = max(peak[0], resident()) - before
    del result
    return seconds, extra / 1e9


def compared(
    stations: int, hours: int, repeats: int = REPEATS
) -> Iterator[tuple[str, float, float, float]]:
    """What is done, seconds of six `numpy.interp`, its own, and extra memory in GB."""
    hourly = simulated_hours(stations, hours)
    arrays = {name: hourly[name].values for name in POLLUTANTS}
    old = standard_named("HJ 633-2012")
    index = np.array(old.index, dtype=np.float64)
    edges = {t.pollutant: old.breakpoints[t.breakpoints] for t in old.report("daily")[:5]}
    edges["co"] = old.breakpoints["co_24h"]
    edges = {n: np.array(e, dtype=np.float64) for n, e in edges.items()}

    def bare() -> None:
        for name, values in arrays.items():
            np.interp(values, edges[name], index[: len(edges[name])])

    # the same values under the names that other standards read
    named = {**arrays, **{n: arrays[n[:-3]] for n in ("so2_1h", "no2_1h", "co_8h")}}
    works: dict[str, Callable[[], object]] = {
        f"{name} daily report, arrays": partial(evaluate, named, standard_named(name))
        for name in ("HJ 633-2012", "HJ 633-2026", "US EPA 2024", "India 2014")
    }
    for name in ("HJ 633-2012", "HJ 633-2026", "Europe revised"):
        works[f"{name} hourly report, xarray"] = partial(
            hourly_index, hourly, standard_named(name), sub_indices=True
        )
    for label, work in works.items():
        # in turns, so that what else the machine does falls on both
        turns = [(measured(bare)[0], *measured(work)) for _ in range(repeats)]
        base, seconds = min(t[0] for t in turns), min(t[1] for t in turns)
        yield label, base, seconds, max(t[2] for t in turns)


def rows(quick: bool, data: Path | None) -> Iterator[Row]:
    """The reports for the table of benchmarks; no data are needed."""
    size = (100, 240, 1) if quick else (1498, 8760, REPEATS)
    for label, base, seconds, memory in compared(*size):
        shown = f"{size[0]} stations, {size[1]} h; memory beside the input"
        yield Row(f"index: {label}", shown, seconds, memory, "six numpy.interp", seconds / base)


def main() -> None:
    """Print times, ratios and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stations", type=int, default=1498)
    parser.add_argument("--hours", type=int, default=8760)
    options = parser.parse_args()
    print(
        f"{options.stations} stations x {options.hours} h x {len(POLLUTANTS)} pollutants, float32"
    )
    worst_ratio = worst_memory = 0.0
    for label, base, seconds, memory in compared(options.stations, options.hours):
        worst_ratio, worst_memory = max(worst_ratio, seconds / base), max(worst_memory, memory)
        print(
            f"{label:36s} {seconds:6.2f} s, six numpy.interp {base:6.2f} s, "
            f"ratio {seconds / base:4.2f}, extra {memory:4.2f} GB"
        )
    print(
        f"highest ratio {worst_ratio:.2f} (limit {LIMIT_RATIO:g}), "
        f"highest extra memory {worst_memory:.2f} GB (limit {LIMIT_GB:g})"
    )


if __name__ == "__main__":
    main()
