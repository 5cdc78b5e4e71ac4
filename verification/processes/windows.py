"""Forecasts as series by lead, and observations as windows by issue.

The same forecasts (issue, lead, place) can be read in two ways. By lead: all forecasts k days
ahead make one series over the valid days, in which processes have their full length. By issue:
each forecast of some days is a window on the days to come, in which processes may begin before
or end after.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr

from verification.processes.process import Processes, describe
from verification.sums import check_aligned


def by_valid_day(
    fcst: xr.DataArray, *, issue: str = "issue", lead: str = "lead", day: str = "day"
) -> xr.DataArray:
    """Turn forecasts by issue into one series over the valid days for each lead.

    Valid day = issue + lead.

    Parameters
    ----------
    fcst : xarray.DataArray, (issue, lead, ...)
        With labels of `issue` (datetimes, or whole numbers of days) and of `lead` (whole days).
    issue, lead, day : str
        Names of the two dimensions, and of the new one.

    Returns
    -------
    xarray.DataArray, (lead, ..., day)
        All days from the first valid day to the last; NaN where there is no issue. A new array
        of the type of the input (float32 stays float32).

    Raises
    ------
    ValueError
        If a dimension or its labels are missing, or two issues have one label.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import by_valid_day
    >>> days = np.array(["2026-01-01", "2026-01-02"], "datetime64[ns]")
    >>> fcst = xr.DataArray([[11.0, 12.0], [21.0, 22.0]], {"issue": days, "lead": [1, 2]},
    ...                     ["issue", "lead"])
    >>> by_valid_day(fcst).values
    array([[11., 21., nan],
           [nan, 12., 22.]])
    """
    valid = _valid_days(fcst, issue, lead)
    if len(np.unique(fcst[issue].values)) < fcst.sizes[issue]:
        raise ValueError(f"two forecasts have one label of {issue!r}")
    step = _one_day(valid)
    begin = valid.min() if valid.size else fcst[issue].values.dtype.type(0)
    number = int((valid.max() - begin) / step) + 1 if valid.size else 0
    labels = begin + np.arange(number) * step
    moved = fcst.transpose(issue, lead, ...)
    rest = moved.dims[2:]
    kind = np.result_type(fcst.dtype, np.float32)
    out = np.full((fcst.sizes[lead], number, *moved.shape[2:]), np.nan, kind)
    rows = ((valid - begin) / step).astype(int)
    out[np.arange(fcst.sizes[lead]), rows] = moved.values
    coords = {n: c for n, c in moved.coords.items() if issue not in c.dims and n != issue}
    found = xr.DataArray(out, {**coords, day: labels}, [lead, day, *rest], fcst.name)
    return found.transpose(lead, *rest, day)


def by_issue(
    series: xr.DataArray, issue: xr.DataArray, lead: xr.DataArray, *, day: str = "day"
) -> xr.DataArray:
    """Lay a series over days on the windows of forecasts: the value at issue + lead.

    Parameters
    ----------
    series : xarray.DataArray, (..., day)
        E.g. observed values with consecutive or other days.
    issue, lead : xarray.DataArray
        The labels of the forecasts, `fcst["issue"]` and `fcst["lead"]`.
    day : str
        Name of the dimension of days.

    Returns
    -------
    xarray.DataArray, (issue, ..., lead)
        NaN on days that the series lacks. A new array of the type of the series.

    Raises
    ------
    ValueError
        If the series has no labelled days.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import by_issue
    >>> obs = xr.DataArray([5.0, 6.0, 7.0], {"day": [1, 2, 3]}, ["day"])
    >>> issue = xr.DataArray([0, 1], dims="issue", name="issue")
    >>> lead = xr.DataArray([1, 2, 3], dims="lead", name="lead")
    >>> by_issue(obs, issue, lead).values
    array([[ 5.,  6.,  7.],
           [ 6.,  7., nan]])
    """
    if day not in series.indexes:
        raise ValueError(f"the series needs labels of {day!r}, found {list(series.indexes)}")
    at, known = _window_rows(series, issue, lead, day)
    kind = np.result_type(series.dtype, np.float32)
    rest = [d for d in series.dims if d != day]
    values = series.transpose(*rest, day).values.astype(kind, copy=False)
    out = np.where(known, values[..., at], kind.type(np.nan))
    coords = {n: c for n, c in series.coords.items() if day not in c.dims}
    coords |= {issue.name: issue.values, lead.name: lead.values}
    found = xr.DataArray(out, coords, [*rest, issue.name, lead.name], series.name)
    return found.transpose(issue.name, *rest, lead.name)


def where_both(fcst: xr.DataArray, obs: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """Make each missing where the other is, so that neither has a process the other cannot have.

    Parameters
    ----------
    fcst, obs : xarray.DataArray
        Forecast and observed values; a dimension that one lacks broadcasts.

    Returns
    -------
    tuple of xarray.DataArray
        Forecast and observed with all dimensions of both.

    Raises
    ------
    ValueError
        If labels differ (see `check_aligned`).

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import where_both
    >>> fcst = xr.DataArray([[1.0, np.nan], [2.0, 3.0]], dims=("lead", "day"))
    >>> where_both(fcst, xr.DataArray([7.0, 8.0], dims="day"))[1].values
    array([[ 7., nan],
           [ 7.,  8.]])
    """
    check_aligned(fcst, obs)
    both = fcst.notnull() & obs.notnull()
    return fcst.where(both).transpose(*both.dims), obs.where(both).transpose(*both.dims)


def cut_processes(processes: Processes, fcst: xr.DataArray) -> Processes:
    """Cut processes found in a whole series to the windows of forecasts.

    A process keeps its identity: it is not split where its connection lies outside the window.
    Where the forecast is missing, it is left out; make the forecast missing where nothing was
    observed (`by_issue`, `where_both`) before its processes are found.

    Parameters
    ----------
    processes : Processes
        Found in (place, day) with labelled days, without further dimensions.
    fcst : xarray.DataArray, (issue, place, lead) in any order
        The forecasts, with labels; places as those of the processes. Valid day = issue + lead.

    Returns
    -------
    Processes
        On (issue, place, lead). The table describes the part inside the window, with three
        columns more: `whole`, the number of the process in the series, and `open_start`,
        `open_end` tell whether it truly has days before or after the window.

    Raises
    ------
    ValueError
        If the processes have further dimensions, or labels are missing or differ.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import cut_processes, find_processes
    >>> obs = xr.DataArray([[90.0, 210, 220, 90]], {"day": [0, 1, 2, 3]}, ["place", "day"])
    >>> whole = find_processes(obs, xr.DataArray([[False]], dims=("place", "neighbour")))
    >>> fcst = xr.DataArray([[[9.0, 9.0]]] * 2, {"issue": [0, 1], "lead": [1, 2]},
    ...                     ["issue", "place", "lead"])
    >>> cut_processes(whole, fcst).table[["whole", "issue", "start", "end", "open_start"]]
       whole  issue  start  end  open_start
    0      1      0      1    2       False
    1      1      1      1    1        True
    """
    if processes.series:
        raise ValueError(
            f"only processes on (place, day) can be cut, found the dimensions {processes.ids.dims}"
        )
    place, day = str(processes.place), str(processes.day)
    missing = {"issue", "lead", place} - set(fcst.dims)
    if missing or fcst.ndim != 3:
        raise ValueError(
            f"the forecasts need the dimensions issue, lead and {place}, found {list(fcst.dims)}"
        )
    check_aligned(fcst, processes.ids)
    fcst = fcst.transpose("issue", place, "lead").compute()
    at, known = _window_rows(processes.ids, fcst["issue"], fcst["lead"], day)

    def lay(array: xr.DataArray, nothing: float) -> np.ndarray:
        return np.where(known[:, None], array.values[:, at].swapaxes(0, 1), nothing)

    old = np.where(fcst.notnull().values, lay(processes.ids, 0), 0)
    window = np.arange(len(at))[:, None, None]
    key = np.where(old > 0, window * (len(processes.table) + 1) + old, 0)
    keys, number = np.unique(key, return_inverse=True)
    # Where no (place, day) lies outside all processes, the first key is a process and not none.
    number = number.reshape(old.shape) + bool((keys[:1] > 0).any())
    masks = processes.masks
    cut = describe(
        xr.DataArray(number.astype(np.int32), fcst.coords, fcst.dims, name="process"),
        fcst.copy(data=lay(processes.values, np.nan)),
        processes.near,
        None if masks is None else fcst.copy(data=lay(masks, np.nan)),
        processes.rule,
    )
    return _true_ends(cut, processes, keys[keys > 0] % (len(processes.table) + 1))


def _true_ends(cut: Processes, processes: Processes, whole: np.ndarray) -> Processes:
    table = cut.table
    full = processes.table.set_index("process").loc[whole]
    issue = table["issue"].to_numpy()
    valid = _valid_days(cut.ids, "issue", "lead")
    row = cut.ids["issue"].to_index().get_indexer(issue)
    first, last = valid.min(axis=1)[row], valid.max(axis=1)[row]
    table = table.assign(
        open_start=full["open_start"].to_numpy() | (full["start"].to_numpy() < first),
        open_end=full["open_end"].to_numpy() | (full["end"].to_numpy() > last),
        whole=whole,
    )
    return replace(cut, table=table)


def _valid_days(array: xr.DataArray, issue: str, lead: str) -> np.ndarray:
    """Valid day of each (issue, lead)."""
    missing = [d for d in (issue, lead) if d not in array.indexes]
    if missing:
        raise ValueError(f"the forecasts need labels of {missing}, found {list(array.indexes)}")
    return _add(array[issue].values, array[lead].values)


def _add(issue: np.ndarray, lead: np.ndarray) -> np.ndarray:
    step = _one_day(issue)
    days = lead if lead.dtype.kind == "m" else lead.astype(np.int64) * step
    return issue[:, None] + days[None, :]


def _one_day(labels: np.ndarray) -> np.timedelta64 | int:
    return np.timedelta64(1, "D") if labels.dtype.kind == "M" else 1


def _window_rows(
    series: xr.DataArray, issue: xr.DataArray, lead: xr.DataArray, day: str
) -> tuple[np.ndarray, np.ndarray]:
    """Position of the valid day of each (issue, lead) in the series, and whether it is there."""
    valid = _add(issue.values, lead.values)
    at = series[day].to_index().get_indexer(valid.ravel()).reshape(valid.shape)
    return at, at >= 0
