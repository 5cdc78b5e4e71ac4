"""`wubu run`: the whole day, once."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from forecast.cli.commands import (
    ConfigPath,
    DataFolder,
    Lang,
    Language,
    WorkFolder,
    open_config,
    timestamp_of,
)
from forecast.cli.consult import AreaLevel, LevelOfArea

if TYPE_CHECKING:
    from forecast.operation import Log, Outcome


class LogFormat(StrEnum):
    """How a run tells what it does."""

    plain = "plain"
    json = "json"


def run(
    config: ConfigPath,
    date: Annotated[
        str | None,
        typer.Option(
            "--date",
            metavar="YYYY-MM-DD",
            help="local issue date; else the newest whose issue hour has passed",
        ),
    ] = None,
    train: Annotated[
        bool,
        typer.Option(
            "--train", help="train where no ensemble serves, or after training.refit_days"
        ),
    ] = False,
    level: LevelOfArea = AreaLevel.nation,
    form: Annotated[
        LogFormat, typer.Option("--log", help="log lines on standard error")
    ] = LogFormat.plain,
    break_lock: Annotated[
        bool,
        typer.Option("--break-lock", help="take over a lock of another machine, or a damaged one"),
    ] = False,
    data: DataFolder = None,
    workspace: WorkFolder = None,
    lang: Language = Lang.en,
) -> None:
    """Do the whole day: ingest, quality, train, issue, verify, consult.

    Made for a scheduler. A second run of a day does again only the steps whose inputs have
    changed, and issues a new revision only where the forecast differs; a run that was killed goes
    on at the step it was in. A step that fails keeps back those that need it. Without an ensemble
    of this configuration the day fails, unless `--train` is given; `train` then also trains anew
    where the newest is `training.refit_days` old. What each step did is kept in `runs/` of the
    workspace, and the command `status` shows it.

    Exit codes: 0 all is done; 1 a step failed; 2 usage or configuration; 75 another run is at work
    on the workspace, try later.

    Examples
    --------
    `wubu run configs/beijing.yaml --date 2015-12-05 --lang zh`

    `wubu run configs/beijing.yaml --train --log json`
    """
    from forecast.operation import Task, due_day, run_day

    with _telling(form, lang.value) as log:
        settings, space = open_config(config, data, workspace)
        day = due_day(settings) if date is None else timestamp_of(date, "--date")
        task = Task(settings, space, day, train, level.value, lang.value, log)
        outcome = run_day(task, break_lock=break_lock)
    _show(outcome, lang.value)
    if not outcome.complete:
        raise typer.Exit(1)


@contextmanager
def _telling(form: LogFormat, lang: str) -> Iterator[Log]:
    """Yield a log on standard error; as JSON, errors and warnings of libraries go there too."""
    from forecast.clock import utc_now
    from forecast.errors import sentence, unforeseen
    from forecast.operation.log import Event, json_line, plain_line

    def log(event: Event) -> None:
        now = utc_now()
        line = json_line(event, now) if form is LogFormat.json else plain_line(event, now, lang)
        print(line, file=sys.stderr, flush=True)

    if form is LogFormat.plain:
        yield log
        return
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_, **__: log(
            Event("library-warning", "warning", fields={"text": " ".join(str(message).split())})
        )
        try:
            yield log
        except (Exception, KeyboardInterrupt) as error:
            from forecast.cli.codes import exit_code

            if unforeseen(error) and os.environ.get("WUBU_TRACEBACK"):
                raise
            log(Event("failed", "error", fields={"error": sentence(error)}))
            raise typer.Exit(exit_code(error)) from None


def _show(outcome: Outcome, lang: str) -> None:
    """Print how each step ended, and what was written."""
    from forecast.cli.show import show_paths
    from forecast.operation.wording import state_name, step_name

    for step, ending in outcome.steps.items():
        print(f"{step_name(step, lang)}{'：' if lang == 'zh' else ': '}{state_name(ending, lang)}")
    if outcome.written:
        show_paths(outcome.written, lang)
