"""Time and memory of a year of national verification, as one process on issued files.

Run with ``python tests/benchmarks/bench_national_verification.py [--issues 365] [--by province]``.
Issued files of 1,498 stations, 10 leads and 50 scenarios are made up and written to a temporary
folder (``--folder`` keeps them for another run). A process of its own then scores them: all scores
by lead, and by lead and province, each with its bootstrap interval. Its seconds and its peak of
memory are printed, with those of its workers. ``--cities 367 --members 3`` adds all that an issued
file of the chain may hold beside, about five times as much (13 GB of files for a year). The files
are laid out and packed as `forecast.issued` does; they repeat a few made-up days, which changes
nothing of the work.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd
import xarray as xr
from benchmark_row import Row

from forecast.aqi import level
from forecast.evaluation import evaluate
from forecast.evaluation.settings import Evaluation
from forecast.issued import latest_files, write_issued
from forecast.pollutants import POLLUTANTS, UNITS
from forecast.standard import standard_for

STATIONS, CITIES, PROVINCES, LEADS, SCENARIOS = 1498, 367, 31, 10, 50
"""The stations lie in so many cities, whether these are scored or not."""
QUANTILES = np.round(np.arange(1, 20) * 0.05, 2)
FIRST = pd.Timestamp("2024-01-01")
STANDARD = standard_for(FIRST.date())
DRAWN = 6
"""Different made-up days; the others repeat them under another date."""
LIMIT_MINUTES, LIMIT_GB = 5, 2


def places(stations: int, cities: int) -> dict[str, tuple[str, np.ndarray]]:
    """Coordinates of the places; provinces are of different sizes, as in the network."""
    rng = np.random.default_rng(0)
    share = np.sort(rng.dirichlet(np.full(PROVINCES, 4.0)))[::-1]
    province = np.sort(rng.choice(PROVINCES, CITIES, p=share))
    city = np.concatenate([np.sort(np.arange(stations) % CITIES), np.arange(cities)])
    kind = np.array(["station"] * stations + ["city"] * cities)
    names = [f"S{i:04d}" for i in range(stations)] + [f"City {i:03d}" for i in range(cities)]
    return {
        "place": ("place", np.array(names)),
        "kind": ("place", kind),
        "name": ("place", np.array(names)),
        "city": ("place", np.array([f"City {i:03d}" for i in city])),
        "province": ("place", np.array([f"Province {i:02d}" for i in province[city]])),
        "region": ("place", np.array([f"Region {i % 6}" for i in province[city]])),
        "lat": ("place", rng.uniform(20, 50, len(kind))),
        "lon": ("place", rng.uniform(80, 130, len(kind))),
    }


def variables(rng: np.random.Generator, shape: tuple[int, ...]) -> dict[str, tuple]:
    """What a model issues on (lead, place): log-normal quantiles, and an index beside them."""
    by_place = ("lead", "place")
    middle = rng.lognormal(3.9, 0.6, (*shape, len(POLLUTANTS), 1))
    spread = np.exp(0.4 * np.log(QUANTILES / (1 - QUANTILES)) * rng.uniform(0.5, 1, middle.shape))
    concentration = (middle * spread).astype("f4")
    aqi = np.clip(np.round(concentration.max(axis=2) * 1.2), 1, 500)
    low = np.clip(aqi[..., 9] - 15, 0, 470)
    return {
        "concentration": ((*by_place, "pollutant", "quantile"), concentration),
        "concentration_mean": ((*by_place, "pollutant"), concentration.mean(-1)),
        "aqi": ((*by_place, "quantile"), aqi),
        "aqi_low": (by_place, low),
        "aqi_high": (by_place, low + 30),
        "level": (by_place, level(aqi[..., 9], STANDARD).astype("i1")),
        "primary": (by_place, (1 << rng.integers(0, 6, shape)).astype("i2")),
        "heavy_probability": (by_place, (rng.integers(0, 51, shape) / 50).astype("f4")),
    }


def made_up(seed: int, coordinates: dict[str, tuple[str, np.ndarray]], members: int) -> xr.Dataset:
    """One issued forecast with every variable of the chain."""
    rng = np.random.default_rng(seed)
    shape = (LEADS, len(coordinates["place"][1]))
    own = variables(rng, shape)
    made = [variables(rng, shape) for _ in range(members)]
    stacked = {
        f"member_{name}": (
            ("member", *dims),
            np.array([m[name][1] for m in made], values.dtype).reshape(members, *values.shape),
        )
        for name, (dims, values) in own.items()
    }
    levels = rng.dirichlet(np.ones(6), shape).astype("f4")
    primary = rng.random((*shape, len(POLLUTANTS)), dtype="f4")
    scenarios = np.clip(np.round(rng.lognormal(4.4, 0.5, (SCENARIOS, *shape))), 1, 500)
    weight = np.full((len(POLLUTANTS), LEADS, members), 1 / max(1, members), "f4")
    return xr.Dataset(
        {
            **own,
            "level_probability": (("lead", "place", "level_number"), levels),
            "primary_probability": (("lead", "place", "pollutant"), primary),
            "scenario_aqi": (("scenario", "lead", "place"), scenarios.astype("f4")),
            **stacked,
            "member_weight": (("pollutant", "lead", "member"), weight),
        },
        {
            **coordinates,
            "lead": np.arange(1, LEADS + 1),
            "pollutant": list(POLLUTANTS),
            "pollutant_units": ("pollutant", [UNITS[p] for p in POLLUTANTS]),
            "quantile": QUANTILES,
            "level_number": np.arange(1, 7, dtype="i1"),
            "member": np.array([f"member {i}" for i in range(members)], dtype=str),
            "issue": FIRST,
            "valid_day": ("lead", FIRST + pd.to_timedelta(np.arange(1, LEADS + 1), "D")),
        },
        {"standard": STANDARD.name, "simulated": "data"},
    )


def write_files(folder: Path, issues: int, stations: int, cities: int, members: int) -> None:
    """Write an issued file for each day, and what was observed."""
    coordinates = places(stations, cities)
    drawn = []
    for seed in range(min(DRAWN, issues)):
        path = write_issued(made_up(seed, coordinates, members), folder / "drawn" / str(seed))
        drawn.append(path)
    (folder / "issued").mkdir(parents=True)
    for i, day in enumerate(pd.date_range(FIRST, periods=issues)):
        path = folder / "issued" / f"{day:%Y-%m-%d}.nc"
        shutil.copyfile(drawn[i % len(drawn)], path)
        with netCDF4.Dataset(path, "a") as file:
            for name in ("issue", "valid_day"):
                file[name][...] = file[name][...] + i
    shutil.rmtree(folder / "drawn")
    observed(issues, coordinates["place"][1]).to_netcdf(folder / "observed.nc")


def observed(issues: int, names: np.ndarray) -> xr.Dataset:
    """Daily values, index, level and primary pollutants; one day in twenty is missing."""
    rng = np.random.default_rng(99)
    days = pd.date_range(FIRST, periods=issues + LEADS)
    shape = (len(names), len(days))
    values = {p: rng.lognormal(3.9, 0.7, shape).astype("f4") for p in POLLUTANTS}
    aqi = np.clip(np.round(np.maximum(*[values[p] for p in ("pm25", "o3")]) * 1.2), 1, 500)
    missing = rng.random(shape) < 0.05
    for array in (*values.values(), aqi):
        array[missing] = np.nan
    levels = np.where(missing, 0, level(np.where(missing, 1, aqi), STANDARD)).astype("i1")
    primary = np.where(missing | (aqi <= 50), -1, 1 << rng.integers(0, 6, shape)).astype("i2")
    arrays = {**values, "aqi": aqi, "level": levels, "primary": primary}
    return xr.Dataset(
        {name: (("place", "day"), array) for name, array in arrays.items()},
        {"place": names, "day": days},
    )


def score(folder: Path, by: list[str], workers: int) -> dict[str, float]:
    """Score the files in this process and tell its seconds and peak memory."""
    start = time.perf_counter()
    seen = xr.load_dataset(folder / "observed.nc")
    table = evaluate(latest_files(folder / "issued"), seen, Evaluation(), by=by, workers=workers)
    used = [resource.getrusage(who) for who in WHO]
    peaks = [u.ru_maxrss for u in used]
    return {
        "seconds": time.perf_counter() - start,
        "processor": sum(u.ru_utime + u.ru_stime for u in used),
        # Of the workers the largest is told: all of them together take at most this.
        "gigabytes": (peaks[0] + (workers if workers > 1 else 0) * peaks[1]) / 2**20,
        "rows": len(table),
        "with_interval": int(table["low"].notna().sum()),
    }


WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def in_process(folder: Path, by: list[str], workers: int) -> dict[str, float]:
    """Score the files in a process of its own."""
    options = ["--folder", str(folder), "--workers", str(workers), "--by", *by]
    command = [sys.executable, __file__, "--score", *options]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def rows(quick: bool, data: Path | None) -> Iterator[Row]:
    """The year for the table of benchmarks; no data are needed."""
    issues, stations = (12, 60) if quick else (365, STATIONS)
    with tempfile.TemporaryDirectory() as folder:
        write_files(Path(folder), issues, stations, 0, 0)
        found = in_process(Path(folder), ["province"], 2)
        issued = sorted((Path(folder) / "issued").glob("*.nc"))
        start = time.perf_counter()
        for path in issued:
            with netCDF4.Dataset(path) as file:
                for variable in file.variables.values():
                    variable[...]
        read = time.perf_counter() - start
    size = f"{issues} issues of {stations} stations, {found['rows']:,} scores"
    took, ratio = found["seconds"], found["seconds"] / read
    yield Row(
        "verification with intervals", size, took, found["gigabytes"], "netCDF4 read alone", ratio
    )


def main() -> None:
    """Make the files, score them in a process of its own and print what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--issues", type=int, default=365)
    parser.add_argument("--stations", type=int, default=STATIONS)
    parser.add_argument("--cities", type=int, default=0)
    parser.add_argument("--members", type=int, default=0)
    parser.add_argument("--by", nargs="*", default=["province"])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="kept, and used again where it exists")
    parser.add_argument("--score", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.score:
        print(json.dumps(score(given.folder, given.by, given.workers)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        if not (folder / "observed.nc").exists():
            start = time.perf_counter()
            write_files(folder, given.issues, given.stations, given.cities, given.members)
            print(f"{given.issues} issued files written in {time.perf_counter() - start:.0f} s")
        found = in_process(folder, given.by, given.workers)
    print(
        f"{found['rows']:,} scores, {found['with_interval']:,} with an interval: "
        f"{found['seconds'] / 60:.1f} min (limit {LIMIT_MINUTES}), "
        f"{found['processor'] / 60:.1f} min of processor time, "
        f"{found['gigabytes']:.2f} GB (limit {LIMIT_GB})"
    )


if __name__ == "__main__":
    main()
