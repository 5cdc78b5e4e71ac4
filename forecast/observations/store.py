"""The observation store: monthly NetCDF files, written whole.

``observations/2013-03.nc`` holds the hours that start in that UTC month, on (station, time).
Writing the same data again changes nothing; a month whose data changed is replaced as a whole and
its attribute ``revision`` grows by one. New values win over old ones; a missing new value never
erases an old one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.atomic import whole_file
from forecast.errors import InputError
from forecast.pollutants import LONG_NAMES, POLLUTANTS, STANDARD_NAMES, UNITS
from forecast.unreadable import UNREADABLE

LONGEST = 31 * 24
"""Hours of a month."""


@dataclass(frozen=True)
class WriteReport:
    """What one write did, counted in station-hours with at least one value."""

    months_written: int
    months_unchanged: int
    values_added: int
    values_changed: int


class ObservationStore:
    """Hourly observations of a workspace.

    Parameters
    ----------
    folder : Path
        Folder of the monthly files; made at the first write.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def files(self) -> list[Path]:
        """Monthly files, oldest first."""
        return sorted(self.folder.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9].nc"))

    def first_hour(self) -> np.datetime64:
        """Start of the first hour stored (UTC); the store must not be empty."""
        return _load(self.files()[0])["time"].values[0]

    def write(self, observations: xr.Dataset) -> WriteReport:
        """Merge hourly `observations` (station, time) into the monthly files.

        Returns
        -------
        WriteReport
            Months written and left alone, values added and changed.
        """
        written = unchanged = added = changed = 0
        months = observations["time"].to_index().to_period("M")
        for month in months.unique():
            new = observations.isel(time=np.flatnonzero(months == month))
            path = self.folder / f"{month}.nc"
            old = _load(path) if path.exists() else None
            merged, more, other = _merge(old, new)
            added, changed = added + more, changed + other
            if old is not None and not more and not other and merged.sizes == old.sizes:
                unchanged += 1
                continue
            revision = 1 if old is None else int(old.attrs["revision"]) + 1
            _save(merged, path, revision)
            written += 1
        return WriteReport(written, unchanged, added, changed)

    def read(
        self, *, until: np.datetime64 | None = None, since: np.datetime64 | None = None
    ) -> xr.Dataset:
        """Read all hours that **end** no later than `until` (UTC), in time order without holes.

        With `since`, months before its month are left out.

        Raises
        ------
        InputError
            The store is empty or holds nothing before `until`.
        """
        files = self.files()
        if not files:
            raise InputError(f"{self.folder}: no observations stored; run `wubu ingest` first")
        if until is not None:
            last = f"{pd.Timestamp(until):%Y-%m}"
            files = [f for f in files if f.stem <= last]
        if since is not None:
            files = [f for f in files if f.stem >= f"{pd.Timestamp(since):%Y-%m}"]
        if not files:
            raise InputError(f"{self.folder}: no observation before {pd.Timestamp(until)} UTC")
        parts = [_load(f) for f in files]
        stations = list(dict.fromkeys(s for part in parts for s in part["station"].values))
        first, last_hour = parts[0]["time"].values[0], parts[-1]["time"].values[-1]
        hours = pd.date_range(first, last_hour, freq="h")
        grids = {p: np.full((len(stations), len(hours)), np.nan, np.float32) for p in POLLUTANTS}
        for part in parts:
            rows = pd.Index(stations).get_indexer(part["station"].values)
            columns = hours.get_indexer(part["time"].to_index())
            for name, grid in grids.items():
                grid[np.ix_(rows, columns)] = part[name].values
        data = xr.Dataset(
            {p: (("station", "time"), g, {"units": UNITS[p]}) for p, g in grids.items()},
            coords={"station": np.array(stations, dtype=object), "time": hours},
        )
        if until is not None:
            data = data.sel(time=hours[hours + pd.Timedelta(hours=1) <= pd.Timestamp(until)])
            if not data.sizes["time"]:
                raise InputError(f"{self.folder}: no observation before {pd.Timestamp(until)} UTC")
        return data


def _merge(old: xr.Dataset | None, new: xr.Dataset) -> tuple[xr.Dataset, int, int]:
    if old is None:
        return new, sum(int(np.isfinite(new[p].values).sum()) for p in POLLUTANTS), 0
    stations = list(dict.fromkeys([*old["station"].values, *new["station"].values]))
    hours = old["time"].to_index().union(new["time"].to_index())
    index = {"station": np.array(stations, dtype=object), "time": hours}
    before, after = old.reindex(index), new.reindex(index)
    added = changed = 0
    merged = after.copy()
    for name in POLLUTANTS:
        was, now = before[name].values, after[name].values
        added += int((np.isnan(was) & np.isfinite(now)).sum())
        changed += int((np.isfinite(was) & np.isfinite(now) & (was != now)).sum())
        merged[name] = (("station", "time"), np.where(np.isfinite(now), now, was))
    return merged, added, changed


def _load(path: Path) -> xr.Dataset:
    try:
        with xr.open_dataset(path, engine="netcdf4") as file:
            data = file.load()
    except UNREADABLE as error:
        raise InputError(f"{path}: not a readable observation file: {error}") from None
    if not _is_month(data, path.stem):
        raise InputError(f"{path}: not an observation file of this store")
    return data


def _is_month(data: xr.Dataset, month: str) -> bool:
    """Whether a file holds what `_save` writes: names, kinds, axes, increasing hours."""
    if not {*POLLUTANTS, "station", "time"} <= set(data.variables):
        return False
    time, station = data["time"], data["station"]
    if time.dtype.kind != "M" or (time.dims, station.dims) != (("time",), ("station",)):
        return False
    hours = time.to_index()
    return (
        all(data[p].dims == ("station", "time") and data[p].dtype.kind == "f" for p in POLLUTANTS)
        and 0 < len(hours) <= LONGEST
        and not hours.hasnans
        and hours.is_monotonic_increasing
        and hours.is_unique
        and f"{hours[0]:%Y-%m}" == month == f"{hours[-1]:%Y-%m}"
        and station.to_index().is_unique
        and isinstance(data.attrs.get("revision"), int | np.integer)
    )


def _save(data: xr.Dataset, path: Path, revision: int) -> None:
    out = data.assign_coords(station=data["station"].values.astype(str))
    for name in POLLUTANTS:
        out[name].attrs = {
            "units": UNITS[name],
            "long_name": LONG_NAMES[name],
            "standard_name": STANDARD_NAMES[name],
            "cell_methods": "time: mean (interval: 1 hour)",
        }
    out["time"].attrs = {"long_name": "start of the hour, UTC", "standard_name": "time"}
    out.attrs = {"Conventions": "CF-1.10", "title": "Hourly observations", "revision": revision}
    compress = {"zlib": True, "complevel": 1, "dtype": "float32"}
    encoding: dict[str, dict] = {p: dict(compress) for p in POLLUTANTS}
    # Minutes, because hours of a clock at UTC+5:30 start at half past.
    encoding["time"] = {"units": "minutes since 1970-01-01 00:00:00", "dtype": "int64"}
    with whole_file(path) as part:
        out.to_netcdf(part, engine="netcdf4", encoding=encoding)
