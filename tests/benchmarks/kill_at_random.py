"""Kill ingest, train, issue and consult --import at random moments, and see what is left.

Each trial begins from the same small simulated workspace. The command runs in a process group of
its own that is killed (SIGKILL) after a random share of its usual duration. Then every visible file
must be, byte for byte, the one from before or the one an undisturbed run makes; nothing from before
may be gone; and a second run must end in what an undisturbed one ends in, without anything left
half-written. Of archives the entries are compared, but for the one that tells the clock.

    python tests/benchmarks/kill_at_random.py --kills 200 --seed 1

prints a line a command and every defect, and exits 1 where there is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from kills.commands import Command, commands_in
from kills.trial import Counts, Runner, Trials

BEYOND = 1.05
"""Kills fall within this share of the usual duration."""


def kill_all(
    commands: Sequence[Command], kills: int, seed: int, room: Path, runner: Runner
) -> dict[str, Counts]:
    """Share `kills` out over commands, in random order; counts by name of the command."""
    trials = {c.name: Trials(c, room / c.name, runner) for c in commands}
    rng = np.random.default_rng(seed)
    order = rng.permutation(np.arange(kills) % len(trials))
    for done, number in enumerate(order, start=1):
        one = list(trials.values())[number]
        one.kill(rng.uniform(0, BEYOND * one.counts.seconds))
        if sys.stderr.isatty() or done % 20 == 0:
            print(f"{done} of {kills} kills", file=sys.stderr, flush=True)
    return {name: one.counts for name, one in trials.items()}


def main() -> int:
    """Parse, kill, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    runner = Runner()

    def whole(arguments: list[str]) -> None:
        if code := runner.whole(arguments):
            raise RuntimeError(f"wubu {' '.join(arguments)}: exit code {code}")

    with tempfile.TemporaryDirectory(prefix="wubu-kills-") as folder:
        commands = commands_in(Path(folder) / "start", whole)
        found = kill_all(commands, options.kills, options.seed, Path(folder) / "rooms", runner)
    print("command  kills  ended before  seconds  states met  leftovers  cleared  defects")
    for name, c in found.items():
        print(
            f"{name:<7}{c.kills:>7}{c.late:>14}{c.seconds:>9.1f}{len(c.moments):>12}"
            f"{c.leftovers:>11}{c.cleared:>9}{len(c.defects):>9}"
        )
    defects = [text for c in found.values() for text in c.defects]
    print(f"{sum(c.kills for c in found.values())} kills, {len(defects)} defects")
    for text in defects:
        print(text)
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
