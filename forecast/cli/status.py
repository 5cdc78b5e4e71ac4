"""`wubu status`: what is newest, what the last runs came to, who is at work."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecast.cli.codes import BUSY, DONE, FAILED
from forecast.cli.commands import (
    ConfigPath,
    DataFolder,
    Lang,
    Language,
    WorkFolder,
    open_config,
    timestamp_of,
)

if TYPE_CHECKING:
    from forecast.operation import Status

CODES = {"done": DONE, "running": BUSY, "failed": FAILED}


def status(
    config: ConfigPath,
    date: Annotated[
        str | None,
        typer.Option(
            "--date", metavar="YYYY-MM-DD", help="day that must be done; else the newest run"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, for machines")] = False,
    data: DataFolder = None,
    workspace: WorkFolder = None,
    lang: Language = Lang.en,
) -> None:
    """Show the state of the daily operation; nothing is changed.

    Newest observations, weather, ensemble and issues, the steps of the last days' runs, the lock,
    what killed commands left unfinished, and the room on the disk.

    Exit codes: 0 every step of the newest day run is done (of `--date`, where it is given);
    1 not so, or nothing was run; 2 usage or configuration; 75 that day is being run.

    Examples
    --------
    `wubu status configs/beijing.yaml --lang zh`

    `wubu status configs/beijing.yaml --date 2015-12-05 --json`
    """
    from forecast.cli.show_status import show_status
    from forecast.operation import status_of

    settings, space = open_config(config, data, workspace)
    day = None if date is None else timestamp_of(date, "--date").date()
    found = status_of(settings, space, day)
    if as_json:
        print(json.dumps(_plain(found), ensure_ascii=False, indent=1))
    else:
        show_status(found, settings, lang.value)
    raise typer.Exit(CODES[found.state])


def _plain(found: Status) -> dict[str, Any]:
    """Status as JSON has it: paths and dates as text, the lock with its holder."""
    content = asdict(found)
    holder = content.pop("holder")
    content["workspace"] = str(found.workspace)
    content["lock"] = {"state": found.lock, "holder": holder}
    content["days"] = [
        {"date": str(day.date), "state": day.state, "steps": day.steps, "errors": day.errors,
         "ended": day.ended}
        for day in found.days
    ]  # fmt: skip
    content["left_over"] = [str(path.relative_to(found.workspace)) for path in found.left_over]
    return {"state": found.state, **content}
