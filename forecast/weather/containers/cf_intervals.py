"""What an amount of a CF file covers: from the bounds of its times, or from the product."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.weather.containers.cf_axes import CfAxes
from forecast.weather.containers.cf_decoding import decoded_times
from forecast.weather.containers.cf_times import Cycles
from forecast.weather.product import Interval


def interval_starts(cycles: Cycles, interval: Interval) -> pd.TimedeltaIndex | None:
    """Start of the interval each lead's amount covers, as time from the reference.

    Parameters
    ----------
    cycles : Cycles
    interval : {"start", "previous", "hour", "rate"}
        See `forecast.weather.product.Product`; of analyses, what was before is the time before.

    Returns
    -------
    TimedeltaIndex or None
        None where it is not known: analyses have no start to gather from, and without even steps
        no length of the interval.
    """
    lead = cycles.lead
    if interval == "hour":
        return lead - pd.Timedelta(hours=1)
    if cycles.is_analysis:
        steps = np.unique(np.diff(cycles.issue))
        if interval == "start" or len(steps) != 1:
            return None
        return lead - pd.Timedelta(steps[0])
    if interval == "start":
        return pd.TimedeltaIndex(np.zeros(len(lead), "m8[ns]"))
    ends = lead.values.astype("m8[ns]")
    before = np.sort(np.concatenate([np.zeros(1, "m8[ns]"), ends]))
    return pd.TimedeltaIndex(before[np.maximum(np.searchsorted(before, ends) - 1, 0)])


def bounded_starts(
    path: Path, raw: xr.Dataset, axes: CfAxes, cycles: Cycles
) -> pd.TimedeltaIndex | None:
    """Starts by the bounds of the valid time (CF 7.1), as time from the reference.

    Returns
    -------
    TimedeltaIndex or None
        None without bounds, or where the issues differ.

    Raises
    ------
    InputError
        The bounds do not lie on the time and two edges, or are no times.
    """
    name = axes.names.get("valid")
    edges = None if name is None else raw.variables[name].attrs.get("bounds")
    if edges not in raw.variables or cycles.row is None:
        return None
    time, variable = raw.variables[name], raw.variables[edges]
    if variable.dims[:-1] != time.dims or variable.shape[-1] != 2:
        raise InputError(f"{path}: {edges} does not lie on {name} and two edges")
    stated = {k: time.attrs[k] for k in ("units", "calendar") if k in time.attrs}
    first = xr.Variable(time.dims, variable.values[:, 0], {**stated, **variable.attrs})
    starts = decoded_times(path, str(edges), first)
    ahead = starts[cycles.row] - cycles.issue.values[:, np.newaxis]
    ahead[cycles.row < 0] = np.timedelta64("NaT")
    found = pd.DataFrame(ahead)
    low, high = found.min().to_numpy(), found.max().to_numpy()
    return pd.TimedeltaIndex(low) if (low == high).all() else None
