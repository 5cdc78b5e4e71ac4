"""Time and memory of the scores of a national ensemble, beside bare ``numpy.sort``.

Run with ``python tests/benchmarks/bench_scores.py [--issues 414] [--members 50] [--repeats 3]``. A
made-up year of forecasts for 1,498 stations and 10 leads, float32, about 6.2 million of 50 members
by default. Each job is a process of its own, which sorts the members too, in blocks of half a
megabyte, in turns with the job: the smallest of some times counts, and their ratio. Extra memory is
the peak of the process above what it takes after making its input, results included.

Then the same work by other libraries, where installed, on as many forecasts as they hold
(``--subset``), beside this one on the same; only the ratio carries over to the whole. They take the
first threshold alone, and of both CRPS estimators one at a time.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import xarray as xr
from benchmark_row import Row

import verification as v

STATIONS, LEADS = 1498, 10
DIMS = ("issue", "lead", "place")
THRESHOLDS = (75.0, 115.0)
LEVELS = np.round(np.arange(1, 20) * 0.05, 2)
LIMITS = {"crps": 2.2, "rank": 1.0, "table": 1.0}
LIMIT_GB = 0.3
BLOCK = 1 << 17

Job = Callable[[], object]
Rivals = dict[str, Job]


def made_up(issues: int, members: int, places: int = STATIONS) -> tuple[xr.DataArray, xr.DataArray]:
    """Members and observed, about log-normal; one observation in twenty is missing."""
    rng = np.random.default_rng(50)
    fcst = np.empty((issues, LEADS, places, members), dtype=np.float32)
    obs = np.empty(fcst.shape[:-1], dtype=np.float32)
    for issue in range(issues):
        rng.standard_normal(out=fcst[issue], dtype=np.float32)
        rng.standard_normal(out=obs[issue], dtype=np.float32)
        for values in (fcst[issue], obs[issue]):
            np.multiply(values, 0.6, out=values)
            np.exp(values, out=values)
            np.multiply(values, 50.0, out=values)
        obs[issue][rng.random(obs[issue].shape) < 0.05] = np.nan
    return xr.DataArray(fcst, dims=(*DIMS, "member")), xr.DataArray(obs, dims=DIMS)


def sort_members(fcst: xr.DataArray) -> None:
    """Sort the members of every forecast and forget them."""
    rows = fcst.values.reshape(-1, fcst.sizes["member"])
    step = max(1, BLOCK // rows.shape[1])
    for start in range(0, len(rows), step):
        np.sort(rows[start : start + step], axis=-1)


def levels_of(x: xr.DataArray) -> xr.DataArray:
    """Levels 1 to 6 by a bound every 30 units, NaN where missing."""
    return np.ceil(x / 30).clip(1, 6)


def prepared(job: str, fcst: xr.DataArray, obs: xr.DataArray) -> Job:
    """The job as a call without arguments, its further input made."""
    if job == "table":
        first = levels_of(fcst.isel(member=0)).copy()
        levels = levels_of(obs)
        return lambda: v.level_table_sums(first, levels, keep=("place", "lead"))
    if job == "continuous":
        single = fcst.isel(member=0).copy()
        return lambda: v.continuous_sums(single, obs, keep=("issue", "lead"))
    if job == "quantiles":
        values = np.sort(fcst.values[..., : len(LEVELS)], axis=-1)
        coords = {"quantile": LEVELS}
        quantiles = xr.DataArray(values, coords, (*DIMS, "quantile"))
        return lambda: v.quantile_sums(quantiles, obs, keep=("issue", "lead"))
    by_day, by_place = ("issue", "lead"), ("place", "lead")
    return {
        "crps": lambda: v.crps_ensemble(fcst, obs),
        "crps fair": lambda: v.crps_ensemble(fcst, obs, estimator="fair"),
        "ensemble": lambda: v.ensemble_sums(fcst, obs, keep=by_day),
        "rank": lambda: v.rank_sums(fcst, obs, keep=by_place),
        "rank, ties": lambda: v.rank_sums(fcst, np.round(obs), keep=by_place),
        "spread": lambda: v.spread_sums(fcst, obs, keep=by_day),
        "twcrps": lambda: v.twcrps_sums(fcst, obs, thresholds=THRESHOLDS, keep=by_day),
        "joint": lambda: v.multivariate_sums(fcst, obs, dims="lead", keep="issue"),
    }[job]


JOBS = {
    "crps": "crps_ensemble, every pair",
    "crps fair": "crps_ensemble, fair, every pair",
    "ensemble": "ensemble_sums (both estimators) by issue and lead",
    "rank": "rank_sums by station and lead",
    "rank, ties": "the same, members and observed in whole numbers",
    "table": "level_table_sums by station and lead, 6 x 6",
    "spread": "spread_sums by issue and lead",
    "twcrps": f"twcrps_sums at {len(THRESHOLDS)} thresholds by issue and lead",
    "continuous": "continuous_sums by issue and lead",
    "quantiles": "quantile_sums of 19 levels by issue and lead",
    "joint": "multivariate_sums of courses of 10 leads, a tenth of the issues, scaled to all",
}


def measured(job: str, issues: int, members: int, repeats: int) -> dict[str, float]:
    """Seconds of sorting and of the job, and extra memory of the job in GB."""
    part = max(1, issues // 10) if job == "joint" else issues
    fcst, obs = made_up(part, members)
    if job == "rank, ties":
        np.round(fcst.values, out=fcst.values)
    call = prepared(job, fcst, obs)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    turns = []
    for _ in range(repeats):
        started = time.perf_counter()
        sort_members(fcst)
        sorted_at = time.perf_counter()
        call()
        turns.append((sorted_at - started, time.perf_counter() - sorted_at))
    extra = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    sort, work = (min(column) * issues / part for column in zip(*turns, strict=True))
    return {"sort": sort, "work": work, "extra": extra * 1024 / 1e9}


def scores_rivals(scores: ModuleType, fcst: xr.DataArray, obs: xr.DataArray) -> Rivals:
    """Calls of ``scores``, with what each does."""
    crps = partial(scores.crps_for_ensemble, fcst, obs, "member", preserve_dims="all")
    thresholded = partial(scores.tail_tw_crps_for_ensemble, fcst, obs, "member", THRESHOLDS[0])
    return {
        "crps": partial(crps, method="ecdf"),
        "crps fair": partial(crps, method="fair"),
        "twcrps": partial(thresholded, tail="upper", preserve_dims=["issue", "lead"]),
        "rank": partial(
            scores.rank_histogram, fcst, obs, "member", preserve_dims=["place", "lead"]
        ),
    }


def scoringrules_rivals(sr: ModuleType, fcst: xr.DataArray, obs: xr.DataArray) -> Rivals:
    """Calls of ``scoringrules`` on plain arrays; for the CRPS its quickest estimator."""
    x, y = fcst.values, obs.values
    courses, truth = np.moveaxis(x, 1, -1), np.moveaxis(y, 1, -1)

    def joint() -> None:
        sr.es_ensemble(truth, courses)
        sr.vs_ensemble(truth, courses)

    return {
        "crps": partial(sr.crps_ensemble, y, x, estimator="qd"),
        "crps fair": partial(sr.crps_ensemble, y, x, estimator="fair"),
        "twcrps": partial(sr.twcrps_ensemble, y, x, a=THRESHOLDS[0]),
        "joint": joint,
    }


def properscoring_rivals(ps: ModuleType, fcst: xr.DataArray, obs: xr.DataArray) -> Rivals:
    """Calls of ``properscoring`` on plain arrays."""
    return {"crps": partial(ps.crps_ensemble, obs.values, fcst.values)}


def xskillscore_rivals(xs: ModuleType, fcst: xr.DataArray, obs: xr.DataArray) -> Rivals:
    """Calls of ``xskillscore``."""
    return {
        "crps": partial(xs.crps_ensemble, obs, fcst, dim=[]),
        "rank": partial(xs.rank_histogram, obs, fcst, dim=["issue"]),
    }


LIBRARIES = {
    "scores.probability": scores_rivals,
    "scoringrules": scoringrules_rivals,
    "properscoring": properscoring_rivals,
    "xskillscore": xskillscore_rivals,
}


def quickest(call: Job, repeats: int) -> float:
    """Smallest of some times, in seconds."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times)


def compared(
    subset: int, members: int, repeats: int
) -> Iterator[tuple[str, str, float, float, int]]:
    """Library and job, its seconds and ours, and how many forecasts; NaN where not installed."""
    fcst, obs = made_up(10, members, max(1, subset // (10 * LEADS)))
    for name, made in LIBRARIES.items():
        try:
            library = import_module(name)
        except ImportError:
            yield name, "", np.nan, np.nan, obs.size
            continue
        for job, call in made(library, fcst, obs).items():
            seconds = quickest(call, repeats)
            yield name, job, seconds, quickest(prepared(job, fcst, obs), repeats), obs.size


def in_process(job: str, issues: int, members: int, repeats: int) -> dict[str, float]:
    """A job measured in a process of its own."""
    size = {"--issues": issues, "--members": members, "--repeats": repeats}
    flags = [str(part) for pair in size.items() for part in pair]
    command = [sys.executable, __file__, "--job", job, *flags]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def rows(quick: bool, data: Path | None) -> Iterator[Row]:
    """The jobs and the other libraries for the table of benchmarks; no data are needed."""
    issues, members, repeats = (4, 20, 1) if quick else (414, 50, 3)
    size = f"{issues * LEADS * STATIONS:,} forecasts of {members} members"
    for job, what in JOBS.items():
        found = in_process(job, issues, members, repeats)
        ratio = found["work"] / found["sort"]
        shown = f"{size}; memory beside the input"
        yield Row(f"scores: {what}", shown, found["work"], found["extra"], "numpy.sort", ratio)
    for name, job, seconds, ours, count in compared(1000 if quick else 20_000, members, repeats):
        size = f"{count:,} forecasts of {members} members"
        if not job:
            yield Row(f"scores: as {name}", size, limit=f"{name} is not installed")
        else:
            yield Row(f"scores: {job}", size, ours, limit=name, ratio=ours / seconds)


def main() -> None:
    """Print times, ratios and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=414)
    parser.add_argument("--members", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--subset", type=int, default=20_000)
    parser.add_argument("--jobs", nargs="+", choices=list(JOBS), default=list(JOBS))
    parser.add_argument("--job", choices=list(JOBS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    size = (options.issues, options.members, options.repeats)
    if options.job:
        print(json.dumps(measured(options.job, *size)))
        return
    pairs = options.issues * LEADS * STATIONS
    print(f"{pairs} forecasts x {options.members} members, float32")
    for job in options.jobs:
        found = in_process(job, *size)
        limit = f", limits {LIMITS[job]:g} and {LIMIT_GB:g} GB" if job in LIMITS else ""
        print(
            f"  {job:10s} {found['work']:6.2f} s, {found['work'] / found['sort']:5.2f} times the "
            f"sort of {found['sort']:4.2f} s, extra {found['extra']:4.2f} GB ({JOBS[job]}{limit})",
            flush=True,
        )
    print(f"other libraries, on about {options.subset} forecasts of {options.members} members")
    for name, job, seconds, ours, count in compared(
        options.subset, options.members, options.repeats
    ):
        if not job:
            print(f"  {name:18s} not installed")
            continue
        print(
            f"  {name:18s} {job:10s} {1e6 * seconds / count:8.3f} µs a forecast, here "
            f"{1e6 * ours / count:6.3f}: {seconds / ours:6.1f} times",
            flush=True,
        )


if __name__ == "__main__":
    main()
