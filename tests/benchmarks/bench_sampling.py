"""Time and memory of sampling an ensemble archive at the stations, beside just reading it.

Run with ``python tests/benchmarks/bench_sampling.py [--packing int16|float32] [--repeats 3]``. A
synthetic archive like that of the IFS ensemble (8 variables, 281 × 361 points, one compressed chunk
a field) is written for two sizes of members and steps. Each job is a process of its own, start to
end, imports included; the smallest of some times counts, taken in turns, by the clock and of the
processor (which other work on the machine disturbs less):

read
    every block through netCDF4 as it comes, unpacked by the library, and nothing else
open
    every block through ``open_weather``: unpacked, in the data model's units, float32
sample
    the same at 1,498 stations for every member, and the ensemble mean at 8 ring points around each,
    by the function of the ingest; the weights are computed anew
ingest
    the whole ingest of the cycle: sampled, derived fields added, brought to local days, stored
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
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd
from benchmark_row import Row
from scipy import ndimage

from forecast.weather.archive.cycles import Clock, WeatherArchive
from forecast.weather.archive.gathering import gather
from forecast.weather.archive.intake import take_in_cycles
from forecast.weather.archive.places import Places
from forecast.weather.opening import open_weather
from forecast.weather.product import Product

FIELDS = {  # name: units, middle, spread
    "u10": ("m s**-1", 0.0, 5.0),
    "v10": ("m s**-1", 0.0, 5.0),
    "t2m": ("K", 285.0, 12.0),
    "d2m": ("K", 276.0, 12.0),
    "sp": ("Pa", 95e3, 4e3),
    "msl": ("Pa", 101e3, 1e3),
    "blh": ("m", 700.0, 300.0),
    "tcc": ("(0 - 1)", 0.5, 0.2),
}
LATITUDE, LONGITUDE = np.linspace(60, -10, 281), np.linspace(60, 150, 361)
SIZES = ((5, 20), (10, 41))
BLOCK_BYTES = 16e6
LIMIT_RATIO, LIMIT_GB = 1.5, 1.0
STATIONS = Path(__file__).parents[3] / "shared" / "data" / "national" / "cnemc_station_list.csv"
PRODUCT = Product("ifs-ens-like", "Synthetic ensemble", container="netcdf")


def stations() -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of the national stations, or as many at random where the list is not at hand."""
    if STATIONS.is_file():
        table = pd.read_csv(STATIONS)
        return table["lat"].to_numpy(float), table["lon"].to_numpy(float)
    rng = np.random.default_rng(1498)
    return rng.uniform(18, 52, 1498), rng.uniform(75, 134, 1498)


def write_archive(path: Path, members: int, steps: int, packing: str) -> None:
    """One cycle: smooth fields with a little noise, packed in 16 bits, compressed by zlib."""
    rng = np.random.default_rng(281)
    shape = (len(LATITUDE), len(LONGITUDE))
    smooth = [ndimage.gaussian_filter(rng.standard_normal(shape), 25) for _ in range(8)]
    patterns = np.stack([p / p.std() for p in smooth]).astype(np.float32)
    with netCDF4.Dataset(path, "w") as out:
        axes = {
            "time": ([0], "hours since 2016-01-01 00:00:00"),
            "step": (6 * np.arange(steps), "hours"),
            "number": (np.arange(members), "1"),
            "latitude": (LATITUDE, "degrees_north"),
            "longitude": (LONGITUDE, "degrees_east"),
        }
        for name, (values, units) in axes.items():
            out.createDimension(name, len(values))
            out.createVariable(name, "f8", (name,))[:] = values
            out[name].units = units
        for name, (units, middle, spread) in FIELDS.items():
            field = out.createVariable(
                name,
                "i2" if packing == "int16" else "f4",
                tuple(axes),
                zlib=True,
                complevel=1,
                shuffle=True,
                chunksizes=(1, 1, 1, *shape),
                fill_value=-32767 if packing == "int16" else False,
            )
            field.units = units
            scale = spread / 4000
            if packing == "int16":
                field.scale_factor, field.add_offset = scale, middle
            field.set_auto_maskandscale(False)
            for step in range(steps):
                share = rng.standard_normal((members, len(patterns)), dtype=np.float32) / 3
                values = np.tensordot(share, patterns, axes=1)
                values += 0.01 * rng.standard_normal(values.shape, dtype=np.float32)
                packed = np.clip(np.round(values * 4000), -32000, 32000)
                field[0, step] = packed if packing == "int16" else packed * scale + middle


def blocks(steps: int, members: int) -> Iterator[tuple[slice, slice]]:
    """Rows of step and member, so that a block of a field takes about 16 MB."""
    fits = max(1, int(BLOCK_BYTES // (4 * len(LATITUDE) * len(LONGITUDE))))
    depth = min(members, fits)
    for start in range(0, steps, fits // depth):
        for first in range(0, members, depth):
            yield slice(start, min(start + fits // depth, steps)), slice(first, first + depth)


def read(path: Path) -> None:
    """Every block, through netCDF4."""
    with netCDF4.Dataset(path) as file:
        for name in FIELDS:
            for step, member in blocks(file[name].shape[1], file[name].shape[2]):
                file[name][0, step, member]


def open_only(path: Path) -> None:
    """Every block, through the reader of the project."""
    with open_weather(path, PRODUCT) as data:
        for name in FIELDS:
            for lead, member in blocks(data.sizes["lead"], data.sizes["member"]):
                data[name].isel(lead=lead, member=member).values


def places(folder: Path) -> Places:
    """The stations, with weights computed anew."""
    lat, lon = stations()
    names = np.array([f"s{i}" for i in range(len(lat))])
    return Places(names, lat, lon, folder)


def sample_file(path: Path) -> None:
    """Every block at the stations and on their rings, as the ingest does it."""
    with tempfile.TemporaryDirectory() as folder, open_weather(path, PRODUCT) as data:
        gather([data], data["issue"].to_index(), places(Path(folder)))


def ingest_file(path: Path) -> None:
    """The whole ingest: sampled, derived fields added, brought to local days, stored."""
    with tempfile.TemporaryDirectory() as folder:
        take_in_cycles(
            WeatherArchive(Path(folder) / "archive", Clock(delay_hours=9)),
            [path],
            lambda file: open_weather(file, PRODUCT),
            places(Path(folder)),
            leads=9,
            settings="",
            told=lambda done, total: None,
        )


JOBS = {"read": read, "open": open_only, "sample": sample_file, "ingest": ingest_file}


def measured(job: str, path: Path, *options: object) -> tuple[float, float, float]:
    """Seconds by the clock, of the processor, and peak memory in GB, of a job as a process.

    A process starts with the peak of the one that made it, so this one does nothing large.
    """
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--job", job, "--file", str(path), *map(str, options)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return time.perf_counter() - started, *json.loads(done.stdout)


@dataclass(frozen=True)
class Timed:
    """Seconds by the clock and of the processor, least of some, and peak memory in GB, of a job."""

    seconds: float
    work: float
    memory: float


def compared(members: int, steps: int, packing: str, repeats: int) -> tuple[str, dict[str, Timed]]:
    """Size of an archive in words, and every job on it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "archive.nc"
        measured("write", path, "--packing", packing, "--size", members, steps)
        values = members * steps * len(FIELDS) * len(LATITUDE) * len(LONGITUDE)
        plain, stored = values * (2 if packing == "int16" else 4), path.stat().st_size
        size = (
            f"{members} members x {steps} steps x {len(FIELDS)} variables x {len(LATITUDE)} x "
            f"{len(LONGITUDE)}, {packing}, {stored / 1e6:.0f} MB, "
            f"compressed {plain / stored:.1f} times"
        )
        turns = [{job: measured(job, path) for job in JOBS} for _ in range(repeats)]
    return size, {
        job: Timed(
            min(t[job][0] for t in turns), min(t[job][1] for t in turns),
            max(t[job][2] for t in turns),
        )
        for job in JOBS
    }  # fmt: skip


def rows(quick: bool, data: Path | None) -> Iterator[Row]:
    """The jobs for the table of benchmarks; no data are needed."""
    for members, steps in ((1, 4),) if quick else SIZES:
        _, found = compared(members, steps, "int16", 1 if quick else 3)
        size = f"{members} members, {steps} steps, {len(FIELDS)} fields"
        for job, timed in found.items():
            ratio = timed.seconds / found["read"].seconds
            yield Row(
                f"weather: {job}", size, timed.seconds, timed.memory, "netCDF4 read alone", ratio
            )


def main() -> None:
    """Print times, ratios and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packing", choices=["int16", "float32"], default="int16")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--job", choices=["write", *JOBS], help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        if options.job == "write":
            write_archive(options.file, *options.size, options.packing)
        else:
            JOBS[options.job](options.file)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9]))
        return
    for members, steps in SIZES:
        size, found = compared(members, steps, options.packing, options.repeats)
        print(size, flush=True)
        base = found["read"]
        for job, timed in found.items():
            limits = f" (limits {LIMIT_RATIO:g}, {LIMIT_GB:g} GB)" if job == "sample" else ""
            print(
                f"  {job:8s} {timed.seconds:6.2f} s, {timed.seconds / base.seconds:4.2f} times "
                f"read (processor {timed.work:6.2f} s, {timed.work / base.work:4.2f} times), "
                f"peak {timed.memory:4.2f} GB{limits}",
                flush=True,
            )


if __name__ == "__main__":
    main()
