"""Intake of an analysis product: source files into daily analyses at the places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import ConfigError, InputError
from forecast.weather.archive.analyses import NAME, write_analyses
from forecast.weather.archive.gathering import gather
from forecast.weather.archive.intake import Intake, Opener, Told, open_all
from forecast.weather.archive.places import Places
from forecast.weather.archive.sources import Sources
from forecast.weather.days.daily_fields import daily_fields

WINDOW_BYTES = 64e6
"""Memory of one field of the local days that are brought together at a time."""
MARGIN = pd.Timedelta(hours=12)
"""Steps so long before and after a window enter, for the days at its ends."""


def take_in_analyses(
    folder: Path,
    paths: Sequence[Path],
    opener: Opener,
    places: Places,
    *,
    utc_offset: float,
    settings: str,
    told: Told,
) -> Intake:
    """Store the days that new and changed files touch.

    Parameters
    ----------
    folder : Path
        ``weather/<product>`` of a workspace.
    paths, opener, places, settings, told
        As in `take_in_cycles`.
    utc_offset : float
        Hours, local time minus UTC.

    Raises
    ------
    InputError
        No file can be used.
    """
    report = Intake()
    stored = {NAME} if (folder / NAME).exists() else set()
    sources = Sources.load(folder, f"{settings} {places.digest}")
    sources.keep(paths)
    new = sources.changed(paths, stored)
    report.unchanged = len(paths) - len(new)
    if not new:
        return report
    opened = open_all(paths, opener, report.problems, told)
    if not any(path in opened for path in new):  # what is new is damaged: the old serves on
        if not report.unchanged:
            raise InputError(report.problems[0])
        return report
    cells = {str(data.attrs["cell"]) for data in opened.values()}
    if len(cells) > 1:
        raise ConfigError(
            f"{folder.name}: files of daily means and of steps are mixed; make two products"
        )
    parts: list[xr.Dataset] = []
    while opened and not parts:
        try:
            windows = list(_windows([opened[p] for p in new if p in opened], utc_offset))
            for i, (start, end) in enumerate(windows):
                found = _days(list(opened.values()), start, end, places, utc_offset)
                if found is not None:
                    parts.append(found)
                told(i + 1, len(windows))
        except InputError as error:  # what was gathered with the damaged file is made anew
            guilty = [p for p in opened if str(error).startswith(f"{p}:")]
            if not guilty:
                raise
            parts = []
            report.problems.append(str(error))
            for path in guilty:
                opened.pop(path).close()
    if not parts:
        if report.unchanged and report.problems:
            return report
        raise InputError((report.problems or [f"{paths[0]}: no whole local day"])[0])
    whole = xr.concat(parts, "day", data_vars="all", coords="minimal", compat="override")
    whole.attrs = {"reach_hours": _reach(list(opened.values()), utc_offset)}
    write_analyses(folder, whole, anew=sources.other_settings)
    report.stored = sum(part.sizes["day"] for part in parts)
    for path in (p for p in new if p in opened):
        sources.record(path, [NAME])
    sources.save(folder)
    for data in opened.values():
        data.close()
    return report


def _windows(
    files: Sequence[xr.Dataset], utc_offset: float
) -> Iterator[tuple[pd.Timestamp, pd.Timestamp]]:
    """Spans of local days touched by the files, in order."""
    touched = pd.DatetimeIndex([])
    for file in files:
        times = pd.DatetimeIndex(np.unique(file["valid_time"].values))
        if file.attrs["cell"] != "local day":
            local = times + pd.Timedelta(hours=utc_offset)
            times = (local - MARGIN).floor("D").union((local + MARGIN).floor("D"))
        touched = touched.union(times)
    length = _window(files, len(touched))
    start = None
    for day in touched:
        if start is None or day >= start + length:
            start = day
            days = touched[(touched >= start) & (touched < start + length)]
            yield start, days[-1] + pd.Timedelta(days=1)


def _reach(files: Sequence[xr.Dataset], utc_offset: float) -> float:
    """Hours from local midnight to the step after it that a day needs, at the usual steps."""
    if files[0].attrs["cell"] == "local day":
        return 0.0
    times = pd.DatetimeIndex(
        np.unique(np.concatenate([f["valid_time"].values.ravel() for f in files]))
    )
    local = times + pd.Timedelta(hours=utc_offset)
    after = (local - local.floor("D")) / pd.Timedelta(hours=1)
    return float(after.min())


def _window(files: Sequence[xr.Dataset], days: int) -> pd.Timedelta:
    """Days that fit in the memory of a window, a year at most."""
    values = sum(int(np.prod(next(iter(f.data_vars.values())).shape)) for f in files)
    fit = int(WINDOW_BYTES / (4 * max(values / max(days, 1), 1)))
    return pd.Timedelta(days=min(max(fit, 1), 366))


def _days(
    files: Sequence[xr.Dataset],
    start: pd.Timestamp,
    end: pd.Timestamp,
    places: Places,
    utc_offset: float,
) -> xr.Dataset | None:
    """Daily analyses of the local days in [start, end), or None where the files have none."""
    whole_days = files[0].attrs["cell"] == "local day"
    shift = pd.Timedelta(0) if whole_days else pd.Timedelta(hours=utc_offset)
    margin = pd.Timedelta(0) if whole_days else MARGIN
    first, last = start - shift - margin, end - shift + margin
    parts = []
    for file in files:
        valid = file["valid_time"].values
        rows = ((valid >= first.to_datetime64()) & (valid <= last.to_datetime64())).any(axis=1)
        if rows.any():
            parts.append(file.isel(issue=np.flatnonzero(rows)))
    if not parts:
        return None
    issues = parts[0]["issue"].to_index()
    for part in parts[1:]:
        issues = issues.union(part["issue"].to_index())
    at, around = (_series(data) for data in gather(parts, pd.DatetimeIndex(issues), places))
    days = next(daily_fields(at, around, whole_days, utc_offset)).mean("member", keep_attrs=True)
    inside = (days["day"] >= start) & (days["day"] < end)
    days = days.isel(day=np.flatnonzero(inside.values))
    return days if days.sizes["day"] else None


def _series(data: xr.Dataset) -> xr.Dataset:
    """Fields by valid time: of several issues and leads that give one time, the shortest lead."""
    valid = data["valid_time"].values
    times = np.unique(valid)
    at = np.searchsorted(times, valid)
    fields, starts = {}, {}
    for name, field in data.data_vars.items():
        values = np.full((1, len(times), *field.shape[2:]), np.nan, np.float32)
        start = np.full(len(times), np.timedelta64("NaT"), "m8[ns]")
        for k in range(field.sizes["lead"]):
            found = field.values[:, k]
            free = ~np.isfinite(values[0, at[:, k]])
            values[0, at[:, k]] = np.where(free, found, values[0, at[:, k]])
            if f"{name}_start" in data.coords:
                given = np.isfinite(found).any(axis=tuple(range(1, found.ndim)))
                new = given & np.isnat(start[at[:, k]])
                length = data["lead"].values[k] - data[f"{name}_start"].values[k]
                start[at[new, k]] = times[at[new, k]] - times[0] - length
        fields[name] = (field.dims, values, field.attrs)
        if f"{name}_start" in data.coords:
            starts[f"{name}_start"] = ("lead", start)
    return xr.Dataset(
        fields,
        coords={
            "issue": times[:1],
            "lead": times - times[0],
            "valid_time": (("issue", "lead"), times[None, :]),
            "place": data["place"],
            **starts,
        },
    )
