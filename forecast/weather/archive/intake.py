"""Intake of a forecast product: source files into the archive, cycle by cycle.

A damaged file is reported and gives nothing; the cycles it would have given keep what other files
hold, and the rest of the product is taken in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import ConfigError, InputError
from forecast.weather.archive.cycle_file import write_cycle
from forecast.weather.archive.cycles import WeatherArchive
from forecast.weather.archive.gathering import BLOCK_BYTES, gather
from forecast.weather.archive.places import Places
from forecast.weather.archive.sources import Sources
from forecast.weather.days.daily_fields import daily_fields

Opener = Callable[[Path], xr.Dataset]
Told = Callable[[int, int], None]


@dataclass
class Intake:
    """What was taken in.

    Attributes
    ----------
    stored : int
        Cycles, or days of analyses, stored now.
    unchanged : int
        Files read before and not changed since.
    problems : list of str
        Files that could not be used, one sentence each.
    empty : bool
        Whether a cycle was stored that has no value.
    """

    stored: int = 0
    unchanged: int = 0
    problems: list[str] = field(default_factory=list)
    empty: bool = False


OFTEN = 200
"""Files opened between two words of progress."""


def open_all(
    paths: Sequence[Path], opener: Opener, problems: list[str], told: Told
) -> dict[Path, xr.Dataset]:
    """Open files; one that cannot be opened joins the problems.

    Raises
    ------
    ConfigError
        The configuration is at fault, not the file.
    """
    opened = {}
    for i, path in enumerate(paths):
        try:
            opened[path] = opener(path)
        except ConfigError:
            raise
        except InputError as error:
            problems.append(str(error))
        if i % OFTEN == OFTEN - 1:
            told(i + 1, len(paths))
    return opened


def take_in_cycles(
    archive: WeatherArchive,
    paths: Sequence[Path],
    opener: Opener,
    places: Places,
    *,
    leads: int,
    settings: str,
    told: Told,
) -> Intake:
    """Store the cycles of new and changed files.

    Parameters
    ----------
    archive : WeatherArchive
        Where to; its clock gives the network's time.
    paths : sequence of Path
        All files of the product.
    opener : callable
        Opens one, see `open_weather`.
    places : Places
    leads : int
        Leads the network issues; a cycle keeps the days an issue may want, later ones included as
        long as it may have to serve.
    settings : str
        Digest of the product's settings.
    told : callable
        Called with cycles done and cycles to do.

    Raises
    ------
    InputError
        No file can be used.
    """
    report = Intake()
    stored = set(archive.cycles())
    sources = Sources.load(archive.folder, f"{settings} {places.digest}")
    sources.keep(paths)
    new = sources.changed(paths, stored)
    report.unchanged = len(paths) - len(new)

    def checked(path: Path) -> xr.Dataset:
        data = opener(path)
        cycle_names(data)
        return data

    opened = open_all(new, checked, report.problems, told)
    touched = {n for data in opened.values() for n in cycle_names(data)}
    beside = [p for p in sources.giving(touched) if p not in opened]
    opened.update(open_all(beside, checked, report.problems, told))
    failed: set[Path] = set()
    for names, files in _groups(opened, touched):
        for done in _store_group(archive, names, files, opened, places, leads, report, failed):
            report.stored += done
            told(report.stored, len(touched))
    if report.problems and not report.stored and not report.unchanged:
        raise InputError(report.problems[0])
    for path in new:
        if path in opened and path not in failed:
            sources.record(path, cycle_names(opened[path]))
    sources.save(archive.folder)
    for data in opened.values():
        data.close()
    return report


def cycle_names(data: xr.Dataset) -> list[str]:
    """Names of the cycles a file gives.

    Raises
    ------
    InputError
        A reference time is not a whole hour.
    """
    issues = data["issue"].to_index()
    if data.attrs["cell"] == "local day":
        return [f"{t:%Y-%m-%d}" for t in issues]
    odd = issues[issues != issues.floor("h")]
    if len(odd):
        raise InputError(f"{data.attrs['source']}: reference time {odd[0]} is not a whole hour")
    return [f"{t:%Y-%m-%dT%H}" for t in issues]


def _groups(
    opened: dict[Path, xr.Dataset], touched: set[str]
) -> Iterator[tuple[list[str], list[Path]]]:
    """Cycles that come from the same files, with these files."""
    files: dict[str, list[Path]] = {}
    for path in sorted(opened):
        for name in touched.intersection(cycle_names(opened[path])):
            files.setdefault(name, []).append(path)
    groups: dict[tuple[Path, ...], list[str]] = {}
    for name in sorted(files):
        groups.setdefault(tuple(files[name]), []).append(name)
    for paths, names in groups.items():
        yield names, list(paths)


def _store_group(
    archive: WeatherArchive,
    names: list[str],
    paths: list[Path],
    opened: dict[Path, xr.Dataset],
    places: Places,
    leads: int,
    report: Intake,
    failed: set[Path],
) -> Iterator[int]:
    """Store the cycles of one group block by block; a file found damaged is left out."""
    start = 0
    while start < len(names):
        files = [opened[p] for p in paths if p not in failed]
        if not files:
            return
        block = names[start : start + _block(files)]
        try:
            for name, data in _daily(files, block, places, archive.clock.utc_offset):
                source = files[0].attrs["source"]
                report.problems += data.attrs.get("problems", ())
                if _store(archive, name, data, leads):
                    _judge(name, data, source, report)
                else:
                    report.problems.append(
                        f"{source}: no day of the cycle {name} lies 1 to {leads} days after its "
                        "issue"
                    )
        except InputError as error:
            guilty = [p for p in paths if p not in failed and str(error).startswith(f"{p}:")]
            if not guilty:
                raise
            failed.update(guilty)
            report.problems.append(str(error))
            continue
        start += len(block)
        yield sum(archive.path(name).exists() for name in block)


def _judge(name: str, data: xr.Dataset, source: str, report: Intake) -> None:
    """Tell once if a cycle has no value on any day at any place."""
    if report.empty or any(np.isfinite(v.values).any() for v in data.variables.values()
                           if v.dims[:1] == ("day",) and v.ndim == 3):  # fmt: skip
        return
    report.empty = True
    report.problems.append(
        f"{source}: cycle {name} has no whole local day with a value at any "
        "place; do grid and steps cover them?"
    )


def _block(files: list[xr.Dataset]) -> int:
    """Cycles in one block of memory."""
    per_cycle = max(4 * int(np.prod(next(iter(f.data_vars.values())).shape[1:])) for f in files)
    return max(1, int(BLOCK_BYTES // per_cycle))


def _daily(
    files: list[xr.Dataset], names: list[str], places: Places, utc_offset: float
) -> Iterator[tuple[str, xr.Dataset]]:
    """Cycles by name, each on its valid local days."""
    issues = pd.DatetimeIndex([pd.Timestamp(n) for n in names]).as_unit("ns")
    at, around = gather(files, issues, places)
    whole_days = files[0].attrs["cell"] == "local day"
    yield from zip(names, daily_fields(at, around, whole_days, utc_offset), strict=True)


def _store(archive: WeatherArchive, name: str, data: xr.Dataset, leads: int) -> bool:
    """Write the days of a cycle that an issue may want; tell whether there are any."""
    first = archive.clock.first_issue(name)
    lead = (data["day"].to_index() - first).days
    kept = np.flatnonzero((lead >= 1) & (lead <= leads + archive.clock.oldest_days))
    if len(kept):
        attributes = {"issue": name, "known_since": f"{first:%Y-%m-%d}"}
        write_cycle(archive.path(name), data, attributes, slice(int(kept[0]), int(kept[-1]) + 1))
    return bool(len(kept))
