"""Groups of pairs: by place, by day forecast, by observed level, and by the standard in force."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import ConfigError
from forecast.foreign.content import LEADS, valid_days
from forecast.standard import as_date, standard_for

GROUPINGS = ("place", "month", "season", "level")
"""What files can be grouped by."""
ALL = "all"
SEASONS = ("DJF", "MAM", "JJA", "SON")


def check_groupings(by: Sequence[str]) -> None:
    """Raise `ConfigError` unless every grouping is known."""
    for name in by:
        if name not in GROUPINGS:
            raise ConfigError(
                f"--by {name!r}: files can be grouped by {', '.join(GROUPINGS)}; the others need "
                "a configuration, which knows the stations"
            )


def pair_masks(observed: xr.Dataset, by: str) -> dict[str, xr.DataArray]:
    """Mask of the pairs of each group.

    Parameters
    ----------
    observed : xarray.Dataset
        What was observed for each pair, on (issue, lead, place) or (day, place).
    by : {"month", "season", "level"}
        Grouping.

    Returns
    -------
    dict of str to DataArray
        Label as ``2015-12``, in order of time or level, to a mask on the times or on times and
        places.

    Raises
    ------
    ConfigError
        The level is asked for and not observed.
    """
    if by == "level":
        if "level" not in observed:
            raise ConfigError("--by level: the observations hold neither a level nor an AQI")
        return {str(level): observed["level"] == level for level in range(1, 7)}
    days = valid_days(observed)
    labels = _labels(by, days)
    ordered = labels.ravel()[np.argsort(days, axis=None, kind="stable")]
    return {str(label): on_times(observed, labels == label) for label in dict.fromkeys(ordered)}


def standards(observed: xr.Dataset) -> list[tuple[str, xr.DataArray]]:
    """Standards of the index on the days forecast, with a mask of the days of each.

    Versions are never mixed inside one score, as their levels differ: where several hold, each
    is named, else the name is empty.
    """
    days = valid_days(observed)
    unique, code = np.unique(days, return_inverse=True)
    names = [standard_for(as_date(day)).name for day in unique]
    held = list(dict.fromkeys(names))
    own = np.array(names)[code].reshape(days.shape)
    return [(f" {name}" if len(held) > 1 else "", on_times(observed, own == name)) for name in held]


def on_times(data: xr.Dataset, values: np.ndarray) -> xr.DataArray:
    """Values of each time as an array with its labels."""
    time = ("day",) if "day" in data.dims else LEADS
    return xr.DataArray(values, {d: data[d] for d in time}, time)


def _labels(name: str, days: np.ndarray) -> np.ndarray:
    """Month, or season with the year in which its winter ends, of each day."""
    index = pd.DatetimeIndex(days.ravel().astype("datetime64[ns]"))
    if name == "month":
        found = index.strftime("%Y-%m").to_numpy(str)
    else:
        year = index.year + (index.month == 12)
        season = np.array(SEASONS)[(index.month % 12) // 3]
        found = np.char.add(np.char.add(year.astype(str).to_numpy(str), " "), season)
    return found.reshape(days.shape)
