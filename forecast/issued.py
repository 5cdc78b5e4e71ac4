"""The issued forecast: one immutable NetCDF an issue, revisions beside it.

``issued/2015-12-01.nc`` is the first issue of that day, ``2015-12-01.r2.nc`` the second. A file is
written under another name and linked into place: it is there whole or not at all, and none is ever
overwritten. It holds no clock time of its making, so the same inputs give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import xarray as xr

from forecast.atomic import new_file
from forecast.errors import InputError
from forecast.unreadable import UNREADABLE

NAME = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:\.r(\d+))?\.nc$")
DECISION = ("aqi_low", "aqi_high", "level", "primary")
"""What is issued of each day and place, and what an adjustment changes."""
GUIDANCE = "guidance_"
"""What the names of variables begin with that hold a decision as it was before an adjustment."""
ADJUSTED_BY = "adjusted_by"
"""Variable that tells at which level of the consultation a decision was adjusted, 0 for none."""
REQUIRED = (
    *("concentration", "concentration_mean", "aqi", "level", "aqi_low", "aqi_high", "primary"),
    *("heavy_probability", "scenario_aqi", "issue", "lead", "place", "kind", "valid_day"),
)


def write_issued(forecast: xr.Dataset, folder: Path, after: int | None = None) -> Path:
    """Write a forecast as the next revision of its issue day.

    Parameters
    ----------
    forecast : xarray.Dataset
        From `forecast.issue.issue_forecast`; its attribute ``revision`` is set here.
    folder : Path
        Folder of issued forecasts.
    after : int, optional
        Revision it was made of; the new one is the next, or none is written.

    Returns
    -------
    Path
        The new file.

    Raises
    ------
    InputError
        Another revision was issued since that it was made of.
    """
    day = f"{pd.Timestamp(forecast['issue'].values):%Y-%m-%d}"
    while True:
        last = _last_revision(folder, day)
        if after is not None and last != after:
            raise InputError(
                f"{folder}: revision {last} of {day} was issued meanwhile, this one is made of "
                f"revision {after}; nothing is issued"
            )
        revision = last + 1
        path = folder / (f"{day}.nc" if revision == 1 else f"{day}.r{revision}.nc")
        out = forecast.assign_attrs(revision=revision)
        try:
            with new_file(path) as part:
                out.to_netcdf(part, engine="netcdf4", encoding=_encoding(out))
        except FileExistsError:
            continue  # another run took this revision meanwhile
        return path


def revisions(folder: Path, day: str) -> list[Path]:
    """Issued files of one day, first revision first."""
    found = []
    for path in folder.glob(f"{day}*.nc"):
        name = NAME.match(path.name)
        if name:
            found.append((int(name.group(2) or 1), path))
    return [path for _, path in sorted(found)]


def _last_revision(folder: Path, day: str) -> int:
    names = (NAME.match(path.name) for path in folder.glob(f"{day}*.nc"))
    return max((int(name.group(2) or 1) for name in names if name), default=0)


def latest_files(folder: Path) -> dict[pd.Timestamp, Path]:
    """Latest revision of every issue day, by day."""
    best: dict[pd.Timestamp, tuple[int, Path]] = {}
    for path in folder.glob("*.nc"):
        name = NAME.match(path.name)
        if name and _is_date(name.group(1)):
            day, revision = pd.Timestamp(name.group(1)), int(name.group(2) or 1)
            best[day] = max(best.get(day, (0, path)), (revision, path))
    return {day: best[day][1] for day in sorted(best)}


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def read_issued(path: Path, only: Sequence[str] = (), optional: Sequence[str] = ()) -> xr.Dataset:
    """Read an issued forecast.

    Parameters
    ----------
    path : Path
        The file.
    only : sequence of str
        Variables to read, with their coordinates; every one by default.
    optional : sequence of str
        Those among them that a file may lack.

    Raises
    ------
    InputError
        The file is missing, is not NetCDF or lacks a variable of an issued forecast.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such issued forecast")
    try:
        with xr.open_dataset(path, engine="netcdf4", decode_timedelta=False) as file:
            data = file.load() if not only else _part(file, only)
    except UNREADABLE as error:
        raise InputError(f"{path}: not a readable issued forecast: {error}") from None
    needed = [name for name in only or REQUIRED if name not in optional]
    missing = [name for name in needed if name not in data.variables]
    if missing:
        raise InputError(f"{path}: not an issued forecast: variable {missing[0]} is missing")
    made = data.variables.get("issue")
    if made is None or made.ndim or made.dtype.kind != "M" or pd.isna(made.values):
        raise InputError(f"{path}: not an issued forecast: expected a single date in issue")
    issue, name = f"{pd.Timestamp(made.values):%Y-%m-%d}", NAME.match(path.name)
    if name and name.group(1) != issue:
        raise InputError(f"{path}: holds the forecast issued {issue}; was the file renamed?")
    return data


def _part(file: xr.Dataset, only: Sequence[str]) -> xr.Dataset:
    return file[[name for name in only if name in file.variables]].load()


def _encoding(forecast: xr.Dataset) -> dict[str, dict]:
    encoding: dict[str, dict] = {}
    for name, values in forecast.data_vars.items():
        if values.dtype.kind in "fiu" and values.ndim > 1:
            encoding[str(name)] = {"zlib": True, "complevel": 1, "shuffle": True}
    encoding.setdefault("scenario_aqi", {}).update(dtype="int16", _FillValue=-1)
    return encoding
