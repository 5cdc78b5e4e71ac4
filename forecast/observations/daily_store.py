"""Daily values of sources that know only days: one NetCDF a source, written whole.

``observations/<source>/daily.nc`` holds the six pollutants on (place, day). As in the hourly store,
the same data change nothing, new values win, and a missing one never erases an old one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from forecast.atomic import whole_file
from forecast.daily import describe
from forecast.errors import InputError
from forecast.observations.store import WriteReport
from forecast.pollutants import POLLUTANTS
from forecast.unreadable import UNREADABLE


class DailyStore:
    """Daily values of one source.

    Parameters
    ----------
    folder : Path
        ``observations/<source>`` of a workspace.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "daily.nc"

    def read(self) -> xr.Dataset | None:
        """Stored values on (place, day), or None where nothing is stored."""
        if not self.path.exists():
            return None
        try:
            with xr.open_dataset(self.path, engine="netcdf4") as file:
                data = file.load()
        except UNREADABLE as error:
            raise InputError(f"{self.path}: not a readable file of daily values: {error}") from None
        if not {*POLLUTANTS, "place", "day"} <= set(data.variables):
            raise InputError(f"{self.path}: not a file of daily values of this store")
        return data

    def write(self, daily: xr.Dataset) -> WriteReport:
        """Merge `daily` (place, day) into the file; report what was added and changed."""
        old = self.read()
        new = daily.assign_coords(place=daily["place"].values.astype(str))
        if old is None:
            added = sum(int(np.isfinite(new[p].values).sum()) for p in POLLUTANTS)
            self._save(new, 1)
            return WriteReport(1, 0, added, 0)
        merged = new.combine_first(old)[[*POLLUTANTS]]
        before = old.reindex_like(merged)
        added = changed = 0
        for p in POLLUTANTS:
            was, now = (d[p].transpose("place", "day").values for d in (before, merged))
            added += int((np.isnan(was) & np.isfinite(now)).sum())
            changed += int((np.isfinite(was) & (was != now)).sum())
        if not added and not changed:
            return WriteReport(0, 1, 0, 0)
        self._save(merged, int(old.attrs.get("revision", 1)) + 1)
        return WriteReport(1, 0, added, changed)

    def _save(self, data: xr.Dataset, revision: int) -> None:
        out = describe(data.copy()).astype(np.float32)
        out.attrs = {"Conventions": "CF-1.10", "title": "Daily values", "revision": revision}
        encoding = {p: {"zlib": True, "complevel": 1} for p in POLLUTANTS}
        with whole_file(self.path) as part:
            out.to_netcdf(part, engine="netcdf4", encoding=encoding)
