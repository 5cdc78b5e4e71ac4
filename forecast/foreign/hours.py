"""Hourly observations to days, by the rules of the daily values."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from forecast.daily import MIN_HOURS, mda8, mean_24h
from forecast.errors import InputError
from forecast.foreign.content import Note
from forecast.foreign.layout import Where

HOURLY = Note(
    f"实况为逐小时值，已求日值：至少{MIN_HOURS}个有效小时的均值，O3为日最大8小时均值；"
    "时刻按小时末标注，0时属前一日24时",
    f"hourly observations were brought to days: means of at least {MIN_HOURS} valid hours, for O3 "
    "the maximum 8 h mean; an hour is named by its end, so 0:00 is hour 24 of the day before",
)
INDEX = ("aqi", "aqi_low", "aqi_high", "level", "level_low", "level_high", "primary")


def is_hourly(time: np.ndarray, place: np.ndarray) -> bool:
    """Whether some place has several times of one day.

    Parameters
    ----------
    time : ndarray of datetime64, (row,)
    place : ndarray, (row,)
    """
    day = time.astype("datetime64[D]")
    if not np.any(time != day):
        return False
    table = pd.DataFrame({"place": place, "day": day, "time": time}).drop_duplicates()
    return bool(table.duplicated(["place", "day"]).any())


def to_days(
    time: np.ndarray, place: np.ndarray, variables: Mapping[str, np.ndarray], where: Where
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Daily values of hourly rows.

    Parameters
    ----------
    time : ndarray of datetime64[ns], (row,)
        End of each hour.
    place : ndarray of object, (row,)
        Place of each row.
    variables : mapping of str to ndarray, (row,)
        Hourly values.
    where : callable
        Names a row.

    Returns
    -------
    day, place, variables
        The same for rows of days.

    Raises
    ------
    InputError
        A time is not a whole hour, an hour stands twice, or a variable has no hourly form (an
        index is not a mean of hourly indices).
    """
    for name in variables:
        if name in INDEX:
            raise InputError(
                f"{where(0)}: {name} is hourly, and a day's index is no mean of hours; give it by "
                "day, or the concentrations"
            )
    off = time != time.astype("datetime64[h]")
    if off.any():
        row = int(np.argmax(off))
        raise InputError(f"{where(row)}: {time[row]} is no whole hour")
    start = time - np.timedelta64(1, "h")
    day = start.astype("datetime64[D]")
    hour = (start - day).astype("timedelta64[h]").astype(int)
    days, at_day = np.unique(day, return_inverse=True)
    at_place, places = pd.factorize(place)
    shape = (len(places), len(days), 24)
    cell = np.ravel_multi_index((at_place, at_day, hour), shape)
    out = {}
    for name, column in variables.items():
        there = np.flatnonzero(~np.isnan(column))
        twice = pd.Series(cell[there]).duplicated().to_numpy()
        if twice.any():
            raise InputError(f"{where(int(there[np.argmax(twice)]))}: the hour stands twice")
        rows = np.full(int(np.prod(shape)), np.nan)
        rows[cell[there]] = column[there]
        rows = rows.reshape(shape)
        out[name] = (mda8(rows) if name == "o3" else mean_24h(rows)).ravel().astype(np.float64)
    return np.tile(days, len(places)), np.repeat(np.asarray(places), len(days)), out
