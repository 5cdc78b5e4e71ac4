"""All benchmarks in one command, in one table.

Run with ``python tests/benchmarks/run_all.py [--quick] [--data FOLDER] [--only NAME …] [--output
FILE]``. Every script runs in a process of its own, one after the other, so that the peak of memory
is its own; those that need data run with ``--data``. The table has a row a measurement: its
seconds, its peak, and how many times as long it took as the bare work underneath or as another
library, and the commit and machine above it. It is printed as Markdown; ``--output`` writes it to
FILE as Markdown and beside it as CSV. ``--quick`` shows that everything runs, in sizes that say
nothing of the pace.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from importlib import import_module, metadata
from pathlib import Path

from benchmark_row import Row

HERE = Path(__file__).resolve().parent
SCRIPTS = (
    "bench_cnemc",
    "bench_index",
    "bench_sampling",
    "bench_cases",
    "bench_training_overhead",
    "bench_scores",
    "bench_national_verification",
    "bench_network_size",
    "bench_perfect_prognosis",
)
ELSEWHERE = {"bench_plain_lightgbm": "needs a back-test: run it with its configuration"}
"""Scripts that are not run here, and why."""
VERSIONS = ("numpy", "pandas", "xarray", "lightgbm", "netCDF4")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the scripts and print the table; 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes: does it run")
    parser.add_argument("--data", type=Path, help="folder of the real data")
    parser.add_argument("--only", nargs="+", choices=SCRIPTS, default=SCRIPTS, metavar="NAME")
    parser.add_argument("--output", type=Path, help="Markdown; a table of the name .csv beside it")
    parser.add_argument("--one", choices=SCRIPTS, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.one:
        for row in import_module(given.one).rows(given.quick, given.data):
            print(json.dumps(asdict(row)), flush=True)
        return 0
    rows, failed = [], False
    for script in given.only:
        print(f"{script} …", file=sys.stderr, flush=True)
        found, wrong = in_process(script, given.quick, given.data)
        rows += found
        failed |= wrong
    rows += [Row(name.removeprefix("bench_"), "", limit=why) for name, why in ELSEWHERE.items()]
    text = f"{machine()}\n\n{markdown(rows)}\n"
    print(text, end="")
    if given.output:
        given.output.write_text(text, encoding="utf-8")
        write_csv(rows, given.output.with_suffix(".csv"))
    return int(failed)


def in_process(script: str, quick: bool, data: Path | None) -> tuple[list[Row], bool]:
    """Rows of a script, run in a process of its own, and whether it failed."""
    command = [sys.executable, __file__, "--one", script]
    command += ["--quick"] if quick else []
    command += ["--data", str(data)] if data else []
    path = os.pathsep.join([str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"name"')]
    rows = [Row(**json.loads(line)) for line in lines]
    if done.returncode:
        rows.append(Row(script, "", limit=f"FAILED with code {done.returncode}"))
    return rows, done.returncode != 0


def machine() -> str:
    """Commit, processor, cores, system and versions, in one line."""
    command = ["git", "-C", str(HERE), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        commit = done.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        commit = "unknown"
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in VERSIONS)
    return (
        f"Commit {commit}; {os.cpu_count()} cores, {platform.machine()}, {platform.system()}; "
        f"Python {platform.python_version()}, {versions}"
    )


def markdown(rows: Sequence[Row]) -> str:
    """The table; what was not measured is a dash."""
    lines = ["| what | size | s | peak GB | times | of |", "|--|--|--:|--:|--:|--|"]
    for row in rows:
        numbers = [f"{row.seconds:.2f}", f"{row.peak:.2f}", f"{row.ratio:.2f}"]
        cells = ["–" if text == "nan" else text for text in numbers]
        lines.append(f"| {row.name} | {row.size} | {' | '.join(cells)} | {row.limit} |")
    return "\n".join(lines)


def write_csv(rows: Sequence[Row], path: Path) -> None:
    """The same rows in full digits; what was not measured is empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, [f.name for f in fields(Row)])
        table.writeheader()
        for row in rows:
            cells = asdict(row).items()
            table.writerow({k: "" if v != v else v for k, v in cells})  # NaN is not itself


if __name__ == "__main__":
    sys.exit(main())
