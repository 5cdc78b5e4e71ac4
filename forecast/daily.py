"""Daily values from hourly observations, with the validity rules of HJ 663 and GB 3095.

A *day* here is any 24 hours that end at one local hour: the natural day (ending at hour 24) for
evaluation, or the 24 hours before each issue for predictors. One function serves both, so a
forecast's starting value and the value it is scored on follow the same rule.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.pollutants import LONG_NAMES, POLLUTANTS, UNITS

MIN_HOURS = 20
"""Valid hours a 24 h mean needs (GB 3095-2012, table 4)."""
MIN_HOURS_8H = 6
MIN_MEANS_8H = 14
"""Valid 8 h means a maximum needs, unless it already exceeds `O3_LIMIT` (HJ 663)."""
O3_LIMIT = 160.0
"""µg/m³, daily maximum 8 h mean, GB 3095 grade II."""


MAXIMA_1H = {"o3_1h": "o3", "so2_1h": "so2", "no2_1h": "no2"}
"""Daily variables that are maximum hours, and of which pollutant."""


def by_day(
    observations: xr.Dataset, *, utc_offset: float = 8, day_end: int = 24
) -> tuple[dict[str, np.ndarray], pd.DatetimeIndex]:
    """Lay hourly values out as (station, day, 24), the last hour of each row ending at `day_end`.

    Parameters
    ----------
    observations : xarray.Dataset
        Hourly values on (station, time); `time` is the UTC start of the hour, increasing.
    utc_offset : float
        Network clock minus UTC, hours.
    day_end : int
        Local hour (1…24) at which a row of 24 hours ends.

    Returns
    -------
    rows : dict of str to ndarray
        Each pollutant as (station, day, 24), NaN before the first and after the last hour, and
        where a value is negative.
    days : pandas.DatetimeIndex
        Local date on which each row ends (hour 24 belongs to the date it ends).

    Raises
    ------
    InputError
        The hours do not start on the hour of the network clock.
    """
    local = observations["time"].to_index() + pd.Timedelta(hours=utc_offset)
    since_end = local - pd.Timedelta(hours=day_end - 24)
    hour = since_end.hour.to_numpy()
    if (since_end != since_end.floor("h")).any():
        raise InputError(
            f"observations start at {local[0]:%H:%M} local time; expected whole hours "
            f"(is utc_offset {utc_offset:g} right?)"
        )
    first, last = since_end[0].normalize(), since_end[-1].normalize()
    days = pd.date_range(first, last, freq="D")
    column = (since_end.normalize() - first).days.to_numpy() * 24 + hour
    rows = {}
    for name in POLLUTANTS:
        flat = np.full((observations.sizes["station"], len(days) * 24), np.nan, np.float32)
        flat[:, column] = observations[name].transpose("station", "time").values
        flat[flat < 0] = np.nan  # no concentration is negative: such a value is no measurement
        rows[name] = flat.reshape(len(flat), len(days), 24)
    return rows, days


def mean_24h(rows: np.ndarray, min_hours: int = MIN_HOURS) -> np.ndarray:
    """Mean over the last axis where at least `min_hours` values are valid, else NaN; float32."""
    valid = np.isfinite(rows)
    count = valid.sum(axis=-1)
    total = np.where(valid, rows, 0).sum(axis=-1, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(count >= min_hours, total / count, np.nan).astype(np.float32)


def mda8(rows: np.ndarray, min_means: int = MIN_MEANS_8H, limit: float = O3_LIMIT) -> np.ndarray:
    """Maximum 8 h mean inside each row of 24 hours; float32.

    Parameters
    ----------
    rows : ndarray, (…, 24)
        Hourly values of one day, µg/m³.
    min_means : int
        Valid 8 h means (of the 17 that end at hours 8…24) a maximum needs.
    limit : float
        A maximum above it counts whatever the number of valid means.

    Returns
    -------
    ndarray, (…)
        NaN where the rule is not met. An 8 h mean is valid with at least 6 valid hours.

    Examples
    --------
    >>> import numpy as np
    >>> day = np.zeros(24); day[10:18] = 120.0
    >>> float(mda8(day))
    120.0
    """
    valid = np.isfinite(rows)
    total = _running_sum(np.where(valid, rows, 0).astype(np.float64))
    count = _running_sum(valid.astype(np.int16))
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(count >= MIN_HOURS_8H, total / count, -np.inf)
    highest = means.max(axis=-1)
    enough = (np.isfinite(means).sum(axis=-1) >= min_means) | (highest > limit)
    return np.where(enough & np.isfinite(highest), highest, np.nan).astype(np.float32)


def max_1h(rows: np.ndarray, min_hours: int = MIN_HOURS) -> np.ndarray:
    """Largest hourly value of each row with at least `min_hours` valid hours, else NaN."""
    highest = np.where(np.isfinite(rows), rows, -np.inf).max(axis=-1)
    enough = np.isfinite(rows).sum(axis=-1) >= min_hours
    return np.where(enough, highest, np.nan).astype(np.float32)


def daily_values(
    observations: xr.Dataset, *, utc_offset: float = 8, day_end: int = 24
) -> xr.Dataset:
    """Daily values as the index evaluates them.

    Parameters
    ----------
    observations, utc_offset, day_end
        As in `by_day`.

    Returns
    -------
    xarray.Dataset
        ``pm25 pm10 so2 no2 co`` 24 h means and ``o3`` the maximum 8 h mean, and what some
        standards ask for besides: ``o3_1h so2_1h no2_1h`` maximum hours, ``co_8h`` the maximum 8 h
        mean; on (place, day), NaN where a validity rule is not met.
    """
    rows, days = by_day(observations, utc_offset=utc_offset, day_end=day_end)
    values = {p: mda8(rows[p]) if p == "o3" else mean_24h(rows[p]) for p in POLLUTANTS}
    values |= {name: max_1h(rows[p]) for name, p in MAXIMA_1H.items()}
    values["co_8h"] = mda8(rows["co"], limit=np.inf)
    data = xr.Dataset(
        {name: (("place", "day"), v) for name, v in values.items()},
        coords={"place": observations["station"].values.astype(str), "day": days},
    )
    return describe(data)


def city_values(daily: xr.Dataset, city: xr.DataArray, share: float = 0.75) -> xr.Dataset:
    """Mean over the stations of each city where at least `share` of them are valid.

    Parameters
    ----------
    daily : xarray.Dataset
        Station values on (place, …).
    city : xarray.DataArray, (place)
        City of each station.
    share : float
        Share of a city's stations that must be valid that day, else NaN.

    Returns
    -------
    xarray.Dataset
        The same variables on (place, …) with cities as places, in order of first appearance.
    """
    names = list(dict.fromkeys(city.values.tolist()))
    member = (city.values[None, :] == np.array(names)[:, None]).astype(np.float64)
    out = {}
    for name, values in daily.data_vars.items():
        flat = values.transpose("place", ...)
        shape = flat.shape[1:]
        table = flat.values.reshape(flat.sizes["place"], -1).astype(np.float64)
        valid = np.isfinite(table)
        count = member @ valid
        total = member @ np.where(valid, table, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            enough = count >= np.ceil(share * member.sum(axis=1, keepdims=True) - 1e-9)
            mean = np.where(enough & (count > 0), total / count, np.nan).astype(np.float32)
        out[name] = (flat.dims, mean.reshape(len(names), *shape), values.attrs)
    kept = {c: daily[c] for c in daily.coords if "place" not in daily[c].dims}
    return xr.Dataset(out, coords={"place": np.array(names, dtype=str), **kept})


def describe(daily: xr.Dataset) -> xr.Dataset:
    """Attach names and units of the daily variables; returns the same dataset."""
    for p in POLLUTANTS:
        method = "maximum 8 h mean" if p == "o3" else "24 h mean"
        daily[p].attrs = {"units": UNITS[p], "long_name": f"{LONG_NAMES[p]}, {method}"}
    for name, p in MAXIMA_1H.items():
        if name in daily:
            daily[name].attrs = {"units": UNITS[p], "long_name": f"{LONG_NAMES[p]}, maximum hour"}
    if "co_8h" in daily:
        long_name = f"{LONG_NAMES['co']}, maximum 8 h mean"
        daily["co_8h"].attrs = {"units": UNITS["co"], "long_name": long_name}
    daily["day"].attrs = {"long_name": "natural day of the network clock"}
    return daily


def _running_sum(rows: np.ndarray) -> np.ndarray:
    """Sums of 8 consecutive values along the last axis: (…, 24) to (…, 17)."""
    total = np.cumsum(rows, axis=-1)
    ahead = total[..., 7:].copy()
    ahead[..., 1:] -= total[..., :-8]
    return ahead
