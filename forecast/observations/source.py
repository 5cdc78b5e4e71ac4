"""What every observation source is: a validated section of the configuration that reads its files.

A reader is one small file with one class. It names its options as fields, says in its docstring
which layout and hour convention it reads, and returns a `Reading` in the data model. Nothing is
changed in silence: what cannot be used is an error, or is left out and counted with its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import BaseModel, ConfigDict, Field

from forecast.errors import InputError
from forecast.pollutants import POLLUTANTS, UNITS


@dataclass(frozen=True)
class Reading:
    """What one file holds.

    Attributes
    ----------
    hourly : xarray.Dataset or None
        ``pm25 pm10 so2 no2 o3`` (µg m-3) and ``co`` (mg m-3) on (station, time), float32, `time`
        the UTC start of the hour, increasing, without holes; missing is NaN.
    daily : xarray.Dataset or None
        The same names as daily values on (place, day), for sources that know only days.
    rejected : Counter
        Values or rows left out, by reason.
    """

    hourly: xr.Dataset | None = None
    daily: xr.Dataset | None = None
    rejected: Counter[str] = field(default_factory=Counter)


class Source(BaseModel):
    """Base of all sources.

    Attributes
    ----------
    format : str
        Which reader.
    name : str or None
        Name of the source where two have the same format.
    files : str
        Glob of the files, relative to the configuration's `data`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: str
    name: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$")] = None
    files: Annotated[str, Field(min_length=1, description="glob, relative to `data`")]

    @property
    def store_name(self) -> str:
        """Name of the source in the workspace: `name`, or the format's."""
        return self.name or self.format

    def read(self, path: Path, utc_offset: float) -> Reading:
        """Read one file; `utc_offset` is the network clock minus UTC in hours.

        Raises
        ------
        InputError
            The file cannot be used; one sentence with file, line or field, found and expected.
        """
        raise TypeError(f"{type(self).__name__} does not say how it is read")

    def _read_or_nothing(self, path: Path, utc_offset: float) -> Reading:
        try:
            return self.read(path, utc_offset)
        except NothingUsable:
            return Reading(rejected=Counter({"file without a usable row": 1}))

    def read_many(self, paths: Sequence[Path], utc_offset: float) -> Reading:
        """Read files into one reading; a station's hour may stand in one of them only."""
        readings = [self._read_or_nothing(path, utc_offset) for path in paths]
        return Reading(
            hourly=_joined(paths, [r.hourly for r in readings], "station", "time"),
            daily=_joined(paths, [r.daily for r in readings], "place", "day"),
            rejected=sum((r.rejected for r in readings), Counter()),
        )


class NothingUsable(InputError):
    """A file without a single usable row: an error alone, a quiet hour among other files."""


def refuse_overlap(seen: list[xr.DataArray], new: xr.Dataset, files: str) -> xr.DataArray:
    """Refuse a station's hour that an earlier batch of the same source held.

    Parameters
    ----------
    seen : list of DataArray
        What earlier calls returned; this one's result is added to it.
    new : xarray.Dataset
        Observations on (station, time) or (place, day).
    files : str
        The files they come from, for the message.

    Returns
    -------
    DataArray
        Where `new` holds any value.
    """
    place, time = new[POLLUTANTS[0]].dims
    held = np.zeros(new[POLLUTANTS[0]].shape, dtype=bool)
    for p in POLLUTANTS:
        held |= np.isfinite(new[p].transpose(place, time).values)
    here = xr.DataArray(held, coords={place: new[place], time: new[time]}, dims=(place, time))
    for before in seen:
        if before.dims != here.dims:
            continue
        first, second = xr.align(before, here, join="inner")
        both = np.argwhere(first.values & second.values)
        if len(both):
            row, column = both[0]
            raise InputError(
                f"{files}: {first[place].values[row]} at "
                f"{pd.Timestamp(first[time].values[column]):%Y-%m-%d %H:%M} stands in an earlier "
                "file too"
            )
    seen.append(here)
    return here


def _joined(
    paths: Sequence[Path], parts: Sequence[xr.Dataset | None], place: str, time: str
) -> xr.Dataset | None:
    """One dataset from the files' parts, on all their places and times."""
    known = [(path, p) for path, p in zip(paths, parts, strict=True) if p is not None]
    if len(known) < 2:
        return known[0][1] if known else None
    places = list(dict.fromkeys(s for _, p in known for s in p[place].values.tolist()))
    first = min(p[time].values[0] for _, p in known)
    last = max(p[time].values[-1] for _, p in known)
    times = pd.date_range(first, last, freq="h" if time == "time" else "D")
    filled = np.full((len(POLLUTANTS), len(places), len(times)), np.nan, np.float32)
    for path, part in known:
        at = np.ix_(pd.Index(places).get_indexer(part[place]), times.get_indexer(part[time]))
        for grid, name in zip(filled, POLLUTANTS, strict=True):
            new = part[name].transpose(place, time).values
            twice = np.argwhere(np.isfinite(grid[at]) & np.isfinite(new))
            if len(twice):
                row, column = twice[0]
                raise InputError(
                    f"{path}: {name} of {part[place].values[row]} at {part[time].values[column]} "
                    "stands in another file too"
                )
            grid[at] = np.where(np.isfinite(new), new, grid[at])
    return xr.Dataset(
        {
            name: ((place, time), grid, {"units": UNITS[name]})
            for grid, name in zip(filled, POLLUTANTS, strict=True)
        },
        coords={place: np.array(places, dtype=object), time: times},
    )


def _single(path: Path, name: str, values: np.ndarray) -> np.ndarray:
    """Values in single precision; one that does not fit is an error, not an infinity."""
    with np.errstate(over="ignore"):
        out = np.asarray(values, dtype=np.float64).astype(np.float32)
    if np.isinf(out).any():
        raise InputError(f"{path}: {name} of {np.asarray(values)[np.isinf(out)][0]:g} is no value")
    return out


def hourly_grid(
    path: Path,
    station: np.ndarray,
    start: pd.DatetimeIndex,
    values: dict[str, np.ndarray],
) -> xr.Dataset:
    """Lay rows of (station, hour) out on the data model's grid.

    Parameters
    ----------
    path : Path
        File, for messages.
    station : ndarray of str, (row,)
        Station of each row.
    start : pandas.DatetimeIndex, (row,)
        UTC start of each row's hour.
    values : dict of str to ndarray, (row,)
        Pollutants the file has, in the data model's units; those it lacks become NaN.

    Returns
    -------
    xarray.Dataset
        As `Reading.hourly`, stations in order of first appearance.

    Raises
    ------
    InputError
        A station has an hour twice (with the first such station and hour), or there is no row.
    """
    if not len(start):
        raise NothingUsable(f"{path}: no row that can be used")
    codes, names = pd.factorize(station)
    hours = pd.date_range(start.min(), start.max(), freq="h")
    column = hours.get_indexer(start)
    cell = codes.astype(np.int64) * len(hours) + column
    order = np.argsort(cell, kind="stable")
    twice = np.flatnonzero(np.diff(cell[order]) == 0)
    if len(twice):
        row = order[twice[0] + 1]
        raise InputError(f"{path}: station {station[row]} has {start[row]} UTC twice")
    out = {}
    for name in POLLUTANTS:
        grid = np.full(len(names) * len(hours), np.nan, np.float32)
        if name in values:
            grid[cell] = _single(path, name, values[name])
        out[name] = (("station", "time"), grid.reshape(len(names), -1), {"units": UNITS[name]})
    return xr.Dataset(out, coords={"station": np.asarray(names, dtype=object), "time": hours})
