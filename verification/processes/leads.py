"""How long before its start a process was forecast, and how steadily."""

from __future__ import annotations

import numpy as np
import xarray as xr

from verification.processes.match import FALSE_ALARM, match_processes
from verification.processes.process import Processes
from verification.processes.windows import cut_processes


def forecast_leads(
    fcst: Processes,
    obs: Processes,
    *,
    tolerance: int = 1,
    overlap: int = 1,
    share: float = 0.3,
) -> xr.Dataset:
    """How many days ahead of its start each observed process was forecast.

    The forecast issued k days before the start holds the process when one of its own processes
    meets the observed one (see `match_processes`; merged ones count), cut to the window of that
    forecast. Forecasts far ahead see only the first days of a long process.

    Parameters
    ----------
    fcst : Processes, (issue, place, lead)
        Found in forecasts by issue with ``day="lead"``; leads in whole days.
    obs : Processes, (place, day)
        Found in the whole observed series.
    tolerance, overlap, share
        As in `match_processes`.

    Returns
    -------
    xarray.Dataset
        On the dimension `process` (numbers of `obs`), with the coordinates `start` and `end`, and
        `lead`, days from issue to start: `forecast` (process, lead), 1 where forecast, 0 where
        not, NaN without a forecast; `first_lead`, the largest lead at which it was forecast;
        `continuous_lead`, the largest from which on every forecast up to the last one before the
        start held it (forecasts that lack are passed over); `last_lead`, the shortest with a
        forecast; all NaN where there is none; and `changes`, how often consecutive forecasts
        changed between yes and no.

    Raises
    ------
    ValueError
        If the dimensions or labels do not fit, or a parameter is out of range.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import find_processes, forecast_leads
    >>> alone = xr.DataArray([[False]], dims=("place", "neighbour"))
    >>> obs = xr.DataArray([[90.0, 90, 90, 210, 90]], {"day": [1, 2, 3, 4, 5]}, ["place", "day"])
    >>> fcst = xr.DataArray(
    ...     [[[90.0, 90, 90, 220]], [[90.0, 90, 90, 90]], [[90.0, 205, 90, 90]]],
    ...     {"issue": [0, 1, 2], "lead": [1, 2, 3, 4]}, ["issue", "place", "lead"],
    ... )
    >>> found = find_processes(fcst, alone, day="lead"), find_processes(obs, alone)
    >>> leads = forecast_leads(*found)
    >>> leads["forecast"].values
    array([[nan,  1.,  0.,  1.]])
    >>> leads["first_lead"].values, leads["continuous_lead"].values, leads["changes"].values
    (array([4.]), array([2.]), array([2]))
    """
    if fcst.series != ("issue",) or fcst.day != "lead":
        raise ValueError(
            f"forecast processes need the dimensions issue, place and lead as the day, "
            f"found {list(fcst.ids.dims)}"
        )
    cut = cut_processes(obs, fcst.values)
    matches = match_processes(fcst, cut, tolerance=tolerance, overlap=overlap, share=share)
    lead = np.sort(fcst.ids["lead"].values)
    yes = _detected(cut, matches[matches["outcome"] != FALSE_ALARM], obs, lead)
    known = ~np.isnan(yes)
    first = _largest(yes == 1, lead)
    # All forecasts from the start back to this lead hold it; one that lacks breaks nothing.
    unbroken = np.logical_and.accumulate(yes != 0, axis=1)
    filled = _carry(yes)
    change = known[:, 1:] & ~np.isnan(filled[:, :-1]) & (yes[:, 1:] != filled[:, :-1])
    table = obs.table
    return xr.Dataset(
        {
            "forecast": (("process", "lead"), yes),
            "first_lead": ("process", first),
            "continuous_lead": ("process", _largest(unbroken & (yes == 1), lead)),
            "last_lead": ("process", -_largest(known[:, ::-1], -lead[::-1])),
            "changes": ("process", change.sum(axis=1)),
        },
        {
            "process": table["process"].to_numpy(),
            "lead": lead,
            "start": ("process", table["start"].to_numpy()),
            "end": ("process", table["end"].to_numpy()),
        },
    )


def _detected(cut: Processes, rows: object, obs: Processes, lead: np.ndarray) -> np.ndarray:
    """1, 0 or NaN for each process and lead before its start."""
    found = rows.set_index("process_obs").sort_index()  # type: ignore[attr-defined]
    hit = (found["outcome"] == "hit") | found["part"]
    whole = cut.table["whole"].to_numpy() - 1
    ahead = obs.table["start"].to_numpy()[whole] - cut.table["issue"].to_numpy()
    if ahead.dtype.kind == "m":
        ahead = ahead // np.timedelta64(1, "D")
    at = np.minimum(np.searchsorted(lead, ahead), max(0, lead.size - 1))
    wanted = lead[at] == ahead if lead.size else np.zeros(ahead.size, bool)
    out = np.full((len(obs.table), lead.size), np.nan)
    out[whole[wanted], at[wanted]] = hit.to_numpy(float)[wanted]
    return out


def _largest(marked: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """Largest lead (the last label) that is marked in each row, NaN without any."""
    best = np.full(len(marked), np.nan)
    rows, columns = np.nonzero(marked)
    best[rows] = lead[columns]
    return best


def _carry(values: np.ndarray) -> np.ndarray:
    """Fill each NaN with the last value before it in its row."""
    at = np.where(np.isnan(values), 0, np.arange(values.shape[1]))
    return np.take_along_axis(values, np.maximum.accumulate(at, axis=1), axis=1)
