"""What the run of a day has done so far: ``runs/<date>.json``, written whole after every change.

A step is begun before it is at work and done when its files are there, so a run that is killed at
any moment leaves a step that is begun and not done, and the next run does it again.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forecast.atomic import write_json
from forecast.errors import InputError
from forecast.operation.wording import STEPS

Instant = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
"""Time in UTC, to the second."""


class StepState(BaseModel):
    """What became of a step the last time it was begun.

    Attributes
    ----------
    state : str
        ``running`` (begun and neither done nor failed), ``done`` or ``failed``.
    started, ended : str
        Times in UTC; no end while it is running.
    inputs : str
        Fingerprint of all it was made from; empty where it cannot be told.
    outputs : list of str
        Files it made, relative to the workspace.
    error : str or None
        Why it failed, one sentence.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    state: Literal["running", "done", "failed"]
    started: Instant
    ended: Instant | None = None
    inputs: str = ""
    outputs: list[str] = Field(default_factory=list)
    error: str | None = None


class DayState(BaseModel):
    """What the run of a day has done, by step.

    Attributes
    ----------
    date : datetime.date
        Local issue date.
    steps : dict of str to StepState
        Those that were ever begun.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: date
    steps: dict[str, StepState] = Field(default_factory=dict)

    def after(self, step: str, state: StepState) -> DayState:
        """Return the same with one step's state replaced."""
        steps = {**self.steps, step: state}
        order = [name for name in STEPS if name in steps]
        return DayState(date=self.date, steps={name: steps[name] for name in order})


def state_file(runs: Path, day: date) -> Path:
    """File of a day's state."""
    return runs / f"{day:%Y-%m-%d}.json"


def read_state(runs: Path, day: date) -> DayState:
    """Read the state of a day; one of no steps where it was never run.

    Raises
    ------
    InputError
        The file is damaged; the message names it and the field.
    """
    path = state_file(runs, day)
    try:
        found = DayState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return DayState(date=day)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        what = f"'{where}': {first['msg']}" if where else first["msg"]
        raise InputError(f"{path}: not the state of a run: {' '.join(what.split())}") from None
    unknown = [name for name in found.steps if name not in STEPS]
    if found.date != day or unknown:
        what = f"unknown step {unknown[0]!r}" if unknown else f"holds the day {found.date}"
        raise InputError(f"{path}: not the state of a run: {what}")
    return found


def write_state(runs: Path, state: DayState) -> Path:
    """Write the state of a day and return its file."""
    return write_json(state_file(runs, state.date), state.model_dump(mode="json"))


def days_run(runs: Path) -> list[date]:
    """Days that were ever run, the oldest first."""
    found = []
    for path in runs.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].json"):
        try:
            found.append(date.fromisoformat(path.stem))
        except ValueError:  # a name of digits that is no date
            continue
    return sorted(found)
