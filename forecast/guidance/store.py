"""Guidance in the workspace: ``guidance/<name>.nc``, written whole.

The file holds a variable a pollutant on (day, place) or (issue, lead, place); ``place`` are the
stations. The same data change nothing, new values win, and a missing one never erases an old one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from forecast.atomic import whole_file
from forecast.errors import InputError
from forecast.observations.store import WriteReport
from forecast.pollutants import LONG_NAMES, POLLUTANTS, UNITS
from forecast.stored import read_stored

BY_DAY, BY_CYCLE = ("day", "place"), ("issue", "lead", "place")


class GuidanceStore:
    """Daily values of one guidance at the stations.

    Parameters
    ----------
    path : Path
        ``guidance/<name>.nc`` of a workspace.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> xr.Dataset | None:
        """Stored values on (day, place) or (issue, lead, place), None where nothing is stored.

        Raises
        ------
        InputError
            The file cannot be read, or is no guidance.
        """
        data = read_stored(self.path, "guidance")
        if data is None:
            return None
        found = [p for p in POLLUTANTS if p in data]
        if not found or any(data[p].dims not in (BY_DAY, BY_CYCLE) for p in found):
            raise InputError(f"{self.path}: not a file of guidance of this store")
        return data

    def write(self, data: xr.Dataset) -> WriteReport:
        """Merge `data` into the file; report what was added and changed.

        Parameters
        ----------
        data : xarray.Dataset
            As `read` gives it.

        Raises
        ------
        InputError
            The file holds values by day and `data` are by cycle, or the reverse.
        """
        names = [p for p in POLLUTANTS if p in data]
        dims = data[names[0]].dims
        old = self.read()
        if old is None:
            added = sum(int(np.isfinite(data[p].values).sum()) for p in names)
            self._save(data, 1)
            return WriteReport(1, 0, added, 0)
        by, was_by = dims[0], old[next(iter(old.data_vars))].dims[0]
        if by != was_by:
            raise InputError(
                f"{self.path}: holds guidance by {was_by}, the files are by {by}; give it another "
                "name, or remove the file"
            )
        merged = data.combine_first(old)
        before = old.reindex_like(merged)
        added = changed = 0
        for p in merged.data_vars:
            now = merged[p].transpose(*dims).values
            was = before[p].transpose(*dims).values if p in before else np.full_like(now, np.nan)
            added += int((np.isnan(was) & np.isfinite(now)).sum())
            changed += int((np.isfinite(was) & (was != now)).sum())
        if not added and not changed and data.attrs == _told(old):
            return WriteReport(0, 1, 0, 0)
        self._save(merged.assign_attrs(data.attrs), int(old.attrs.get("revision", 1)) + 1)
        return WriteReport(1, 0, added, changed)

    def _save(self, data: xr.Dataset, revision: int) -> None:
        dims = BY_CYCLE if "issue" in data.dims else BY_DAY
        out = data.transpose(*dims).astype(np.float32)
        for p in out.data_vars:
            out[p].attrs = {"units": UNITS[str(p)], "long_name": LONG_NAMES[str(p)]}
        if "lead" in out:
            out["lead"].attrs = {"long_name": "lead time in days"}
        out.attrs = {**data.attrs, "Conventions": "CF-1.10", "revision": revision}
        encoding = {p: {"zlib": True, "complevel": 1} for p in out.data_vars}
        with whole_file(self.path) as part:
            out.to_netcdf(part, engine="netcdf4", encoding=encoding)


def _told(data: xr.Dataset) -> dict[str, object]:
    """Attributes that came with the data, without those of the store."""
    return {k: v for k, v in data.attrs.items() if k not in ("Conventions", "revision")}
