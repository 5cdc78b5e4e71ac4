"""Spoil valid files of every door of the project, and see what the doors make of them.

    python tests/benchmarks/fuzz_doors.py --examples 2000 --seed 1 [--door NAME …]

reads so many spoilt files at each door, in a child process, and prints by door how many were read,
how many refused with one line that names the file, and how many showed a defect: another exception,
a crash, more than 10 s or a gigabyte. Every different defect is printed with the mutations that
repeat it; the script exits 1 where there is one.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from doors.all_doors import DOORS
from doors.judge import DEFECT, READ, REFUSED, Judge
from doors.mutations import mutations


class Result(NamedTuple):
    """What came of one door.

    Attributes
    ----------
    door : str
    counts : Counter
        Files by verdict.
    defects : dict
        What was said of each different defect, and the mutations of its first file.
    """

    door: str
    counts: Counter[str]
    defects: dict[str, str]


def fuzz(doors: Sequence[str], examples: int, seed: int) -> Iterator[Result]:
    """Read spoilt files at some doors.

    Parameters
    ----------
    doors : sequence of str
        Of `DOORS`.
    examples, seed : int
        How many at each, and what they are drawn from: the same seed gives the same files.
    """
    with Judge() as judge:
        for door in doors:
            yield _at_one(judge, door, examples, seed)


def _at_one(judge: Judge, door: str, examples: int, seed: int) -> Result:
    counts: Counter[str] = Counter()
    defects: dict[str, str] = {}
    first: dict[str, str] = {}  # by what was said without its numbers
    files = judge.files(door)
    for file in range(files):
        found = judge.verdict(door, file, [])
        if found.kind != READ:
            defects[f"a valid file is not read: {found.text}"] = f"file {file}"

    @seeded(seed)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, files - 1), mutations)
    def one(file, steps):
        found = judge.verdict(door, file, steps)
        counts[found.kind] += 1
        if found.kind == DEFECT:
            alike = re.sub(r"0x[0-9a-f]+|[0-9]+", "#", found.text)
            first.setdefault(alike, found.text)
            defects.setdefault(first[alike], f"file {file}, {[tuple(s) for s in steps]}")

    one()
    return Result(door, counts, defects)


def main() -> int:
    """Parse, fuzz, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--examples", type=int, default=2000, help="at each door")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--door", action="append", choices=DOORS, help="one or several; else all")
    options = parser.parse_args()
    total: Counter[str] = Counter()
    print(f"{'door':<22}{'examples':>9}{'read':>8}{'refused':>9}{'defects':>9}", flush=True)
    for door, counts, defects in fuzz(options.door or DOORS, options.examples, options.seed):
        total += counts
        row = (counts.total(), counts[READ], counts[REFUSED], counts[DEFECT])
        print(f"{door:<22}{row[0]:>9}{row[1]:>8}{row[2]:>9}{row[3]:>9}", flush=True)
        total["different"] += len(defects)
        for text, how in defects.items():
            print(f"  {text}\n    {how}", flush=True)
    print(
        f"{total[READ] + total[REFUSED] + total[DEFECT]} examples: {total[READ]} read, "
        f"{total[REFUSED]} refused, {total[DEFECT]} with {total['different']} different defects"
    )
    return 1 if total["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
