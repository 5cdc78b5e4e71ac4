"""Hourly observations of several sources as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.observations.store import ObservationStore
from forecast.pollutants import POLLUTANTS, UNITS


def read_merged(
    stores: Sequence[ObservationStore],
    *,
    until: np.datetime64 | None = None,
    since: np.datetime64 | None = None,
) -> xr.Dataset:
    """Read the stores of several sources; where they overlap the first one's value counts.

    Parameters
    ----------
    stores : sequence of ObservationStore
        The most trusted first; one without data is passed over.
    until : datetime64, optional
        Only hours that end no later (UTC).
    since : datetime64, optional
        Months before its month are left out; a store that has none from then on is passed over.

    Returns
    -------
    xarray.Dataset
        The six pollutants on (station, time), without holes in time.

    Raises
    ------
    InputError
        None of the stores holds anything (by `until`).
    """
    filled = [store for store in stores if store.files()]
    if not filled:
        raise InputError("no hourly observations stored")
    begun = [store for store in filled if until is None or store.first_hour() < until]
    if not begun:
        raise InputError(f"{filled[0].folder}: no observation before {pd.Timestamp(until)} UTC")
    if since is not None:
        first = f"{pd.Timestamp(since):%Y-%m}"
        begun = [store for store in begun if store.files()[-1].stem >= first]
        if not begun:
            raise InputError(f"{filled[0].folder}: no observation since {first}")
    parts = [store.read(until=until, since=since) for store in begun]
    if len(parts) == 1:
        return parts[0]
    stations = list(dict.fromkeys(s for part in parts for s in part["station"].values))
    hours = pd.date_range(
        min(p["time"].values[0] for p in parts), max(p["time"].values[-1] for p in parts), freq="h"
    )
    grids = {p: np.full((len(stations), len(hours)), np.nan, np.float32) for p in POLLUTANTS}
    for part in parts:
        at = np.ix_(
            pd.Index(stations).get_indexer(part["station"].values),
            hours.get_indexer(part["time"].to_index()),
        )
        for name, grid in grids.items():
            own = grid[at]
            grid[at] = np.where(np.isfinite(own), own, part[name].values)
    return xr.Dataset(
        {p: (("station", "time"), g, {"units": UNITS[p]}) for p, g in grids.items()},
        coords={"station": np.array(stations, dtype=object), "time": hours},
    )


def no_hours(stations: np.ndarray) -> xr.Dataset:
    """Observations of stations without a single hour, in the form of `read_merged`."""
    empty = np.empty((len(stations), 0), np.float32)
    return xr.Dataset(
        {p: (("station", "time"), empty, {"units": UNITS[p]}) for p in POLLUTANTS},
        coords={"station": stations, "time": pd.DatetimeIndex([])},
    )
