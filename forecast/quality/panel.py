"""The arrays all checks work on: six pollutants on (station, step), with the stations' places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.pollutants import POLLUTANTS


@dataclass(frozen=True)
class Panel:
    """Observations as plain arrays.

    Attributes
    ----------
    values : dict of str to ndarray, (station, step)
        float32 by pollutant, NaN missing.
    station : ndarray of str, (station)
    time : pandas.DatetimeIndex, (step)
        UTC start of the hours, or the days; one step apart, without holes.
    table : pandas.DataFrame
        ``lat, lon, city, province`` of the stations; NaN and "" where the station is unknown.
    """

    values: dict[str, np.ndarray]
    station: np.ndarray
    time: pd.DatetimeIndex
    table: pd.DataFrame


def panel_of(data: xr.Dataset, stations: pd.DataFrame, place: str, step: str) -> Panel:
    """Arrays of a dataset on (`place`, `step`).

    Parameters
    ----------
    data : xarray.Dataset
        The six pollutants.
    stations : pandas.DataFrame
        Indexed by station (or city), with ``lat, lon`` in degrees and, where known, ``city`` and
        ``province``.
    place, step : str
        Names of the dimensions: ``station, time`` or ``place, day``.

    Raises
    ------
    InputError
        Steps are missing or out of order, or a pollutant is not there.
    """
    lacking = [p for p in POLLUTANTS if p not in data]
    if lacking:
        raise InputError(f"quality control needs all six pollutants; {', '.join(lacking)} missing")
    time = data[step].to_index()
    length = pd.Timedelta(hours=1) if step == "time" else pd.Timedelta(days=1)
    wrong = np.flatnonzero(np.diff(time.values) != length.to_timedelta64())
    if len(wrong):
        found = f"{time[wrong[0]]} followed by {time[wrong[0] + 1]}"
        raise InputError(f"quality control needs every {step} step; found {found}")
    names = data[place].values.astype(str)
    table = stations.reindex(names)
    for column in ("city", "province"):
        table[column] = table[column].fillna("") if column in table else ""
    values = {
        p: np.ascontiguousarray(data[p].transpose(place, step).values, np.float32)
        for p in POLLUTANTS
    }
    return Panel(values, names, time, table[["lat", "lon", "city", "province"]])


def moved(values: np.ndarray, steps: int) -> np.ndarray:
    """`values` (station, step) moved so that column t holds what was at t − `steps`; NaN outside.

    Examples
    --------
    >>> import numpy as np
    >>> moved(np.array([[1.0, 2.0, 3.0]]), 1)
    array([[nan,  1.,  2.]])
    """
    out = np.full_like(values, np.nan)
    if steps > 0:
        out[:, steps:] = values[:, :-steps]
    elif steps < 0:
        out[:, :steps] = values[:, -steps:]
    else:
        out[:] = values
    return out


def mean_before(values: np.ndarray, steps: int, least: int = 1) -> np.ndarray:
    """Mean of the valid values in the `steps` before each column; NaN with fewer than `least`.

    float64; column t does not enter its own mean.
    """
    valid = np.isfinite(values)
    total = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(np.where(valid, values, 0), axis=1, dtype=np.float64, out=total[:, 1:])
    count = np.zeros(total.shape, np.int32)
    np.cumsum(valid, axis=1, dtype=np.int32, out=count[:, 1:])
    end = np.arange(values.shape[1])
    start = np.maximum(end - steps, 0)
    number = count[:, end] - count[:, start]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (total[:, end] - total[:, start]) / number
    mean[number < least] = np.nan
    return mean
