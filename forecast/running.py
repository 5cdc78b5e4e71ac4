"""Running means of hourly values, and the averages an hourly report asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr

from forecast.errors import InputError
from forecast.hours import along_hours
from forecast.nowcast import nowcast
from forecast.pollutants import LONG_NAMES, UNITS
from forecast.standard import pollutant_of

WINDOWS = {"8h": 8, "24h": 24}


def running_mean(values: Any, window: int, min_hours: int) -> Any:
    """Mean of each hour and the hours before it.

    Parameters
    ----------
    values : DataArray with ``time``, Series or DataFrame indexed by time, or ndarray (…, time)
        Hourly values without gaps in time; NaN where missing. A DataArray on dask stays lazy, with
        all hours of a place in one chunk.
    window : int
        Hours of a mean.
    min_hours : int
        Valid hours a mean needs (HJ 633 and GB 3095: 6 of 8, 20 of 24).

    Returns
    -------
    float32, as `values`
        NaN with fewer valid hours, so also at the start of a series.

    Raises
    ------
    InputError
        The hours do not follow each other one by one.

    Examples
    --------
    >>> running_mean(np.array([8.0, np.nan, 4.0, 3.0]), window=3, min_hours=2).tolist()
    [nan, nan, 6.0, 3.5]
    """

    def means(rows: np.ndarray) -> np.ndarray:
        valid = np.isfinite(rows)
        total = _window_sums(np.where(valid, rows, 0).astype(np.float64), window)
        count = _window_sums(valid.astype(np.int32), window)
        with np.errstate(invalid="ignore", divide="ignore"):
            total /= count
        total[count < max(1, min_hours)] = np.nan
        return total

    return along_hours(means, values)


def with_averages(
    hourly: xr.Dataset, names: Iterable[str], min_hours: Mapping[int, int]
) -> xr.Dataset:
    """Add running means and NowCasts an hourly report asks for.

    Parameters
    ----------
    hourly : xarray.Dataset
        Hourly values with a dimension ``time``.
    names : iterable of str
        Variables wanted, such as ``"o3_8h"``, ``"so2_24h"``, ``"pm25_nowcast"``; those present, and
        those of pollutants that are not, are passed over.
    min_hours : mapping of int to int
        Valid hours a mean over 8 and 24 hours needs.

    Returns
    -------
    xarray.Dataset
        `hourly` with the averages; lazy where `hourly` is.
    """
    added = {}
    for name in dict.fromkeys(names):
        pollutant = pollutant_of(name)
        if name in hourly or pollutant not in hourly:
            continue
        average = name.removeprefix(f"{pollutant}_")
        if average == "nowcast":
            found = nowcast(hourly[pollutant])
            label = "NowCast"
        elif average in WINDOWS:
            window = WINDOWS[average]
            found = running_mean(hourly[pollutant], window, min_hours[window])
            label = f"running {window} h mean"
        else:
            raise InputError(
                f"variable {name} is not in the data and cannot be made from hourly values; "
                f"expected an average of {', '.join(WINDOWS)} or nowcast"
            )
        found.attrs = {
            "units": UNITS[pollutant],
            "long_name": f"{LONG_NAMES[pollutant]}, {label}",
        }
        added[name] = found
    return hourly.assign(added)


def _window_sums(values: np.ndarray, window: int) -> np.ndarray:
    """Sums of each value of the last axis and the ``window − 1`` before it."""
    total = np.cumsum(values, axis=-1)
    total[..., window:] -= total[..., :-window].copy()
    return total
