"""What a run tells while it is at work: events, as plain lines or as JSON lines."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from forecast.clock import utc_text
from forecast.ingest import Progress
from forecast.operation.wording import EVENTS, LEVELS, step_name

Level = Literal["info", "warning", "error"]
OFTEN = 10.0
"""An unfinished piece of work tells how far it is at most so often, in seconds."""


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Attributes
    ----------
    event : str
        A key of `forecast.operation.wording.EVENTS`.
    level : str
        ``info``, ``warning`` (the work goes on) or ``error`` (something is not done).
    step : str or None
        Step of the day it belongs to.
    seconds : float or None
        How long it took.
    fields : mapping
        Numbers and names that belong to it.
    """

    event: str
    level: Level = "info"
    step: str | None = None
    seconds: float | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


Log = Callable[[Event], None]
"""Takes each event as it happens."""


def no_log(event: Event) -> None:
    """Tell nothing."""


def plain_line(event: Event, now: pd.Timestamp, lang: str) -> str:
    """Line of a log for people: time in UTC, level, step and text.

    Examples
    --------
    >>> import pandas as pd
    >>> from forecast.operation.log import Event, plain_line
    >>> done = Event("step-done", step="ingest", seconds=3.25, fields={"outputs": 2})
    >>> plain_line(done, pd.Timestamp("2026-11-24 09:30"), "en")
    '2026-11-24T09:30:00Z info    ingest: done in 3.2 s, files: 2'
    """
    text = EVENTS[event.event][0 if lang == "zh" else 1]
    seconds = 0.0 if event.seconds is None else event.seconds
    said = text.format(seconds=seconds, **event.fields)
    step = (
        "" if event.step is None else step_name(event.step, lang) + ("：" if lang == "zh" else ": ")
    )
    level = LEVELS[event.level] if lang == "zh" else f"{event.level:<7}"
    return f"{utc_text(now)} {level} {step}{' '.join(said.split())}"


def json_line(event: Event, now: pd.Timestamp) -> str:
    """Line of a log for machines: one JSON object, the fields of the event beside the rest.

    Examples
    --------
    >>> import pandas as pd
    >>> from forecast.operation.log import Event, json_line
    >>> begun = Event("step-begun", step="ingest")
    >>> json_line(begun, pd.Timestamp("2026-11-24 09:30"))
    '{"time": "2026-11-24T09:30:00Z", "level": "info", "step": "ingest", "event": "step-begun"}'
    """
    content: dict[str, Any] = {"time": utc_text(now), "level": event.level}
    if event.step is not None:
        content["step"] = event.step
    content["event"] = event.event
    if event.seconds is not None:
        content["seconds"] = round(event.seconds, 3)
    return json.dumps({**content, **event.fields}, ensure_ascii=False)


def progress_of(step: str, log: Log) -> Progress:
    """Progress of the work of a step as events, not more often than `OFTEN`."""
    last: dict[str, float] = {}

    def tell(what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - last.get(what, -OFTEN) < OFTEN:
            return
        last[what] = now
        log(Event("progress", step=step, fields={"what": what, "done": done, "total": total}))

    return tell
