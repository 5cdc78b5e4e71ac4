"""The run of a day: every step once, again only where what it is made from has changed."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from forecast.clock import utc_now, utc_text
from forecast.errors import InputError, sentence, unforeseen
from forecast.lock import held
from forecast.operation.log import Event, Level
from forecast.operation.state import DayState, StepState, read_state, write_state
from forecast.operation.steps import DAY, Step
from forecast.operation.task import Task
from forecast.operation.wording import STEPS

Ending = Literal["done", "unchanged", "failed", "skipped"]


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Attributes
    ----------
    state : DayState
        As it is kept in the workspace now.
    steps : dict of str to str
        ``done``, ``unchanged``, ``failed`` or ``skipped`` (a step it needs failed), by step.
    written : list of Path
        Files of the steps that were done.
    """

    state: DayState
    steps: dict[str, Ending]
    written: list[Path]

    @property
    def complete(self) -> bool:
        """Whether every step is done."""
        return set(self.steps.values()) <= {"done", "unchanged"}


def run_day(task: Task, *, break_lock: bool = False) -> Outcome:
    """Run the steps of a day: ingest, quality, train, issue, verify, consult.

    A step whose inputs are those it was last done with, and whose files are there, is left alone;
    so a second run does nothing, and one that was killed goes on where it was. A step that fails
    keeps back those that need it; the others are done.

    Parameters
    ----------
    task : Task
        Configuration, workspace, day and what is asked for.
    break_lock : bool
        As in `forecast.lock.held`.

    Raises
    ------
    BusyError
        Another command that writes is at work on the workspace.
    """
    begun = time.monotonic()
    space, day = task.workspace, task.day.date()
    with held(space.lock, f"wubu run {day}", break_lock=break_lock) as left:
        task.log(Event("run-begun", fields={"date": str(day), "pid": os.getpid()}))
        if left is not None:
            said = {lang: left.text(lang) for lang in ("zh", "en")}
            task.log(Event("lock-taken-over", "warning", fields=said))
        try:
            state = read_state(space.runs, day)
        except InputError as error:
            task.log(Event("state-damaged", "warning", fields={"error": str(error)}))
            state = DayState(date=day)
        steps: dict[str, Ending] = {}
        written: list[Path] = []
        for name, step in DAY.items():
            lacking = [n for n in step.needs if steps[n] in ("failed", "skipped")]
            if lacking:
                steps[name] = "skipped"
                _tell_skipped(task, name, lacking)
                continue
            steps[name], state = _run_step(task, name, step, state)
            if steps[name] == "done":
                written += [space.folder / output for output in state.steps[name].outputs]
        count = Counter(steps.values())
        counts = {ending: count[ending] for ending in ("done", "unchanged", "failed", "skipped")}
        fields = {"date": str(day), **counts}
        level: Level = "error" if count["failed"] else "info"
        task.log(Event("run-ended", level, seconds=time.monotonic() - begun, fields=fields))
    return Outcome(state, steps, written)


def _run_step(task: Task, name: str, step: Step, state: DayState) -> tuple[Ending, DayState]:
    """Do a step unless it is done; return how it ended, and the state that is kept."""
    begun, started = time.monotonic(), utc_text(utc_now())
    before = state.steps.get(name)
    runs, inputs = task.workspace.runs, ""
    try:
        inputs = step.inputs(task)
        if before is not None and _stands(before, inputs, task.workspace.folder):
            task.log(Event("step-unchanged", step=name, fields={"ended": before.ended}))
            return "unchanged", state
        if before is not None and before.state == "running":
            task.log(Event("resumed", "warning", name, fields={"started": before.started}))
        task.log(Event("step-begun", step=name))
        state = state.after(name, StepState(state="running", started=started, inputs=inputs))
        write_state(runs, state)
        outputs = _relative(step.work(task), task.workspace.folder)
        inputs = inputs or step.inputs(task)
    except Exception as error:
        if unforeseen(error) and os.environ.get("WUBU_TRACEBACK"):
            raise
        said, seconds = sentence(error), time.monotonic() - begun
        task.log(Event("step-failed", "error", name, seconds, {"error": said}))
        failed = StepState(
            state="failed", started=started, ended=utc_text(utc_now()), inputs=inputs, error=said
        )
        state = state.after(name, failed)
        write_state(runs, state)
        return "failed", state
    done = StepState(
        state="done", started=started, ended=utc_text(utc_now()), inputs=inputs, outputs=outputs
    )
    state = state.after(name, done)
    write_state(runs, state)
    fields = {"outputs": len(outputs)}
    task.log(Event("step-done", step=name, seconds=time.monotonic() - begun, fields=fields))
    return "done", state


def _stands(before: StepState, inputs: str, folder: Path) -> bool:
    """Whether a step was done from the same inputs and its files are still there."""
    if before.state != "done" or not inputs or before.inputs != inputs:
        return False
    return all((folder / output).is_file() for output in before.outputs)


def _relative(paths: list[Path], folder: Path) -> list[str]:
    return sorted({path.relative_to(folder).as_posix() for path in paths})


def _tell_skipped(task: Task, name: str, lacking: list[str]) -> None:
    fields = {"needs": ", ".join(lacking), "needs_zh": "、".join(STEPS[n] for n in lacking)}
    task.log(Event("step-skipped", "error", name, fields=fields))
