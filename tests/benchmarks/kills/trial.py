"""One trial: a command killed at a moment, what is left, and what a second run makes of it."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

from kills.commands import Command
from kills.states import State, differences, lost, state_of

LOADED = (
    *(
        "forecast.cli.main",
        "forecast.cli.show",
        "forecast.cli.show_ingest",
        "forecast.cli.progress",
    ),
    *("forecast.chain", "forecast.check", "forecast.duty", "forecast.ingest"),
    *("forecast.consultation.consult", "distributed", "holidays", "lightgbm", "openpyxl"),
    *("rich.progress", "scipy.stats", "scipy.optimize", "xarray.backends.api"),
)
"""Loaded once in the server that forks the commands, so that kills meet their work."""


@dataclass
class Counts:
    """What came of the trials of one command.

    Attributes
    ----------
    seconds : float
        How long its last whole run took.
    kills, late : int
        Trials, and those of them in which the command had ended before the kill.
    moments : set
        Numbers of files that were new at the kill.
    leftovers, cleared : int
        Hidden names found after kills, and those gone after the second run.
    defects : list of str
    """

    seconds: float = 0.0
    kills: int = 0
    late: int = 0
    moments: set[int] = field(default_factory=set)
    leftovers: int = 0
    cleared: int = 0
    defects: list[str] = field(default_factory=list)


class Runner:
    """Runs commands in processes of their own."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(LOADED))

    def whole(
        self,
        arguments: list[str],
        folder: Path | None = None,
        errors: Path | None = None,
        before: Callable[[], object] | None = None,
    ) -> int:
        """Run a command to its end and return its exit code.

        What it says of errors goes to the file `errors`; `before` is called in its process first.
        """
        process = self._start(arguments, folder, errors, before)
        process.join()
        return int(process.exitcode or 0)

    def killed(self, arguments: list[str], folder: Path, delay: float) -> bool:
        """Run a command, kill its process group after `delay` seconds; tell if it still ran."""
        process = self._start(arguments, folder)
        process.join(delay)
        running = process.is_alive()
        if running:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:  # killed before it had a group of its own
                process.kill()
        process.join()
        return running

    def _start(
        self,
        arguments: list[str],
        folder: Path | None,
        errors: Path | None = None,
        before: Callable[[], object] | None = None,
    ) -> BaseProcess:
        process = self._context.Process(target=_command, args=(arguments, folder, errors, before))
        process.start()
        return process


def _command(
    arguments: list[str],
    folder: Path | None,
    errors: Path | None,
    before: Callable[[], object] | None,
) -> None:
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(errors or os.devnull, os.O_WRONLY | os.O_CREAT), 2)
    if folder is not None:
        os.chdir(folder)
    from forecast.cli.main import run

    if before is not None:
        before()
    sys.exit(run(arguments))


class Trials:
    """All trials of one command.

    The states an undisturbed run leaves are made first, and how long it takes. Of a command that
    makes a revision each time, a second undisturbed run tells what the second revision holds.
    """

    def __init__(self, command: Command, room: Path, runner: Runner) -> None:
        self.command, self.room, self.runner = command, room, runner
        self.counts = Counts()
        self.old, _ = self._fresh()
        self._done("undisturbed")
        self.new, hidden = state_of(self._workspace)
        self.twice = self.new
        if command.again_is_new:
            self._done("undisturbed, again")
            self.twice, hidden = state_of(self._workspace)
        self._report("undisturbed", "left", hidden)

    def kill(self, delay: float) -> None:
        """Kill the command after `delay` seconds, look, run it again, and look again."""
        counts, when = self.counts, f"killed after {delay:.2f} s"
        self._fresh()
        arguments = list(self.command.arguments)
        ran = self.runner.killed(arguments, self.room, delay)
        counts.kills += 1
        counts.late += not ran
        found, hidden = state_of(self._workspace)
        found = self._after_a_look(found)
        counts.moments.add(sum(self.old.get(n) != sha for n, sha in found.items()))
        counts.leftovers += len(hidden)
        self._report(when, "neither old nor new", differences(found, self.old, self.new))
        self._report(when, "lost", lost(found, self.old))
        issued_before = {n for n in found if n.startswith("workspace/issued/")} - self.old.keys()
        self._done(f"{when}, run again")
        final, remaining = state_of(self._workspace)
        counts.cleared += len(hidden) - len(set(hidden) & set(remaining))
        self._report(when, "left after the second run", remaining)
        self._report(when, "lost by the second run", lost(final, found))
        further = self.command.again_is_new and any(n in self.new for n in issued_before)
        expected = self.twice if further else self.new
        self._report(when, "differs from an undisturbed run", differences(final, expected))
        missing = sorted(expected.keys() - final.keys())
        if further:  # products of the revision that was cut off belong to no run
            missing = [n for n in missing if n not in self.new.keys() - self.old.keys()]
        self._report(when, "missing after the second run", missing)

    @property
    def _workspace(self) -> Path:
        return self.room

    def _fresh(self) -> tuple[State, list[str]]:
        shutil.rmtree(self.room, ignore_errors=True)
        shutil.copytree(self.command.start, self.room)
        return state_of(self._workspace)

    def _after_a_look(self, found: State) -> State:
        """The state once a reader has looked for ensembles: it puts back one that was put aside."""
        from forecast.modelstore import load_ensemble, saved_ensembles

        for ensemble in saved_ensembles(self.room / "workspace" / "models"):
            load_ensemble(ensemble)
        return found if self.command.name != "train" else state_of(self._workspace)[0]

    def _done(self, what: str) -> None:
        """Run the command to its end; how long that takes now is what the next kills go by."""
        began = time.perf_counter()
        code = self.runner.whole(list(self.command.arguments), self.room)
        self.counts.seconds = time.perf_counter() - began
        if code:
            self.counts.defects.append(f"{self.command.name} {what}: exit code {code}")

    def _report(self, when: str, what: str, names: list[str]) -> None:
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            listed = ", ".join(names[:3])
            self.counts.defects.append(f"{self.command.name} {when}: {what}: {listed}{more}")
