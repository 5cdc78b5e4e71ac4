"""Status of a workspace: what is newest, what the last runs came to, who is at work."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from forecast.clock import utc_text
from forecast.config import Config
from forecast.errors import InputError
from forecast.issued import latest_files, revisions
from forecast.lock import Holder, holder_of
from forecast.modelstore import config_of, saved_ensembles
from forecast.observations.daily_store import DailyStore
from forecast.observations.store import ObservationStore
from forecast.operation.state import days_run, read_state
from forecast.operation.wording import STEPS
from forecast.pollutants import POLLUTANTS
from forecast.workspace import Workspace

LAST_ISSUES, LAST_DAYS = 5, 7
"""Issues and days that are told."""
LEFT_OVER = (".*.part", ".making-*", ".*.old")
"""Names of what a command that was killed leaves behind."""


@dataclass(frozen=True)
class DayStatus:
    """What the run of a day came to.

    Attributes
    ----------
    date : datetime.date
    steps : dict of str to str
        By step: ``done``, ``failed``, ``running``, ``broken`` (begun by a run that is gone),
        ``none`` (never begun) or ``damaged`` (the state cannot be read).
    errors : dict of str to str
        By step that failed, why; of a damaged state that of ``state``.
    ended : str or None
        When the last step ended, UTC.
    """

    date: date
    steps: dict[str, str]
    errors: dict[str, str]
    ended: str | None

    @property
    def state(self) -> Literal["done", "running", "failed"]:
        """All done, at work, or not done."""
        found = set(self.steps.values())
        if found == {"done"}:
            return "done"
        return "running" if "running" in found else "failed"


@dataclass(frozen=True)
class Status:
    """Status of a workspace.

    Attributes
    ----------
    workspace : Path
    observations : dict of str to str or None
        By source the end of the newest hour observed (UTC), or the newest day where the source
        knows only days.
    weather : dict of str to dict
        By product ``newest``, the newest cycle or analysed day, and ``first_issue``, the first
        issue the cycle can serve.
    ensemble : dict or None
        The newest: ``day``, and whether it ``fits`` the configuration.
    issues : list of dict
        The last, newest first: ``date``, ``revisions``, ``file``.
    days : list of DayStatus
        The last that were run, newest first; before them the day that was asked for.
    lock : str
        ``free``, ``held``, ``stale``, ``elsewhere`` (another machine) or ``damaged``.
    holder : Holder or None
        Who holds it, or left it.
    left_over : list of Path
        What killed commands left behind, and runs under way have not finished.
    free_bytes, total_bytes : int
        Of the disk the workspace lies on.
    """

    workspace: Path
    observations: dict[str, str | None]
    weather: dict[str, dict[str, str | None]]
    ensemble: dict[str, str | bool] | None
    issues: list[dict[str, str | int]]
    days: list[DayStatus]
    lock: str
    holder: Holder | None
    left_over: list[Path]
    free_bytes: int
    total_bytes: int

    @property
    def state(self) -> Literal["done", "running", "failed"]:
        """Of the newest day, or the one that was asked for; ``failed`` where there is none."""
        return self.days[0].state if self.days else "failed"


def status_of(config: Config, workspace: Workspace, day: date | None = None) -> Status:
    """Look at a workspace; nothing is changed, and damage is told rather than raised.

    Parameters
    ----------
    config, workspace
        As of a run.
    day : datetime.date, optional
        The day that has to be done; the newest that was run where not given.

    Raises
    ------
    InputError
        There is no workspace.
    """
    root = workspace.folder
    if not root.is_dir():
        raise InputError(f"{root}: no workspace here yet; run `wubu ingest` or `wubu run` first")
    lock, holder = _lock(workspace.lock)
    at_work = holder.work if holder is not None and lock in ("held", "elsewhere") else ""
    days = days_run(workspace.runs)[::-1]
    if day is not None:
        days = [day, *(d for d in days if d != day)]
    disk = shutil.disk_usage(root)
    return Status(
        root,
        {s.store_name: _newest_hour(workspace, s.store_name) for s in config.observations},
        {p.product: _newest_weather(config, workspace, p.product) for p in config.weather},
        _ensemble(config, workspace),
        _issues(workspace),
        [_day(workspace, d, at_work) for d in days[:LAST_DAYS]],
        lock,
        holder,
        sorted(_left_over(root)),
        disk.free,
        disk.total,
    )


def _lock(path: Path) -> tuple[str, Holder | None]:
    try:
        holder = holder_of(path)
    except InputError:
        return "damaged", None
    return ("free", None) if holder is None else (holder.standing(), holder)


def _day(workspace: Workspace, day: date, at_work: str) -> DayStatus:
    try:
        found = read_state(workspace.runs, day).steps
    except InputError as error:
        return DayStatus(day, dict.fromkeys(STEPS, "damaged"), {"state": str(error)}, None)
    steps = {name: found[name].state if name in found else "none" for name in STEPS}
    if at_work != f"wubu run {day}":
        steps = {n: "broken" if s == "running" else s for n, s in steps.items()}
    errors = {name: step.error for name, step in found.items() if step.error}
    ended = max((step.ended for step in found.values() if step.ended), default=None)
    return DayStatus(day, steps, errors, ended)


def _newest_hour(workspace: Workspace, source: str) -> str | None:
    """End of the newest hour with a value, UTC; the newest day of a source of days."""
    folder = workspace.observations(source).folder
    with suppress(InputError):
        daily = DailyStore(folder).read()
        if daily is not None:
            found = _last_with_value(daily, "day")
            return None if found is None else f"{found:%Y-%m-%d}"
    for path in reversed(ObservationStore(folder).files()):
        with suppress(OSError, ValueError, RuntimeError), xr.open_dataset(path) as file:
            found = _last_with_value(file, "time")
            if found is not None:
                return utc_text(found + pd.Timedelta(hours=1))
    return None


def _last_with_value(data: xr.Dataset, time: str) -> pd.Timestamp | None:
    there = np.zeros(data.sizes[time], dtype=bool)
    for name in POLLUTANTS:
        if name in data:
            values = data[name].transpose(time, ...).values.reshape(len(there), -1)
            there |= np.isfinite(values).any(axis=1)
    known = data[time].to_index()[there]
    return pd.Timestamp(known[-1]) if len(known) else None


def _newest_weather(config: Config, workspace: Workspace, product: str) -> dict[str, str | None]:
    archive = workspace.weather(config, product)
    cycles = archive.cycles()
    if len(cycles):
        return {"newest": cycles.iloc[-1], "first_issue": f"{cycles.index[-1]:%Y-%m-%d}"}
    newest = None
    with (
        suppress(OSError, ValueError, RuntimeError, KeyError),
        xr.open_dataset(archive.folder / "analysis.nc") as file,
    ):
        newest = f"{file['day'].to_index()[-1]:%Y-%m-%d}"
    return {"newest": newest, "first_issue": None}


def _ensemble(config: Config, workspace: Workspace) -> dict[str, str | bool] | None:
    saved = saved_ensembles(workspace.models)
    if not saved:
        return None
    fits = False
    with suppress(InputError):
        fits = config_of(saved[-1]) == config.digest
    return {"day": saved[-1].name, "fits": fits}


def _issues(workspace: Workspace) -> list[dict[str, str | int]]:
    files = latest_files(workspace.issued)
    last = list(files)[: -LAST_ISSUES - 1 : -1]
    return [
        {
            "date": f"{day:%Y-%m-%d}",
            "revisions": len(revisions(workspace.issued, f"{day:%Y-%m-%d}")),
            "file": files[day].name,
        }
        for day in last
    ]


def _left_over(folder: Path) -> Iterator[Path]:
    """Files and folders that bear the name of something unfinished; not what lies in them."""
    for path in folder.iterdir():
        if any(path.match(pattern) for pattern in LEFT_OVER):
            yield path
        elif path.is_dir() and not path.is_symlink():
            yield from _left_over(path)
