"""Step 1, the review: what the last days brought."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import primary_names
from forecast.consultation.areas import Area
from forecast.decision import HEAVY
from forecast.pollutants import LABELS

DAYS = 7
"""Observed days shown."""
MONTH = 30
"""Days compared with the same days of a year ago."""
WORST = 5
"""Cities named as the worst of the last day."""


def observed_days(
    observed: xr.Dataset, area: Area, issue: pd.Timestamp, count: int = DAYS
) -> list[dict[str, Any]]:
    """Observed days of an area up to the issue, the oldest first.

    Parameters
    ----------
    observed : xarray.Dataset
        Observed daily values (place, day); later days are not looked at.
    area : Area
    issue : pandas.Timestamp
        Local issue date, whose day is known as a whole.
    count : int
        Days shown, the issue date the last of them.

    Returns
    -------
    list of dict
        One a day with an observation: ``day``, ``cities`` observed, mean ``aqi``, cities by
        ``levels``, ``heavy`` cities, and the ``worst`` with city, AQI, level and primary pollutant.
    """
    days = pd.date_range(issue - pd.Timedelta(days=count - 1), issue)
    own = observed[["aqi", "level", "primary"]].reindex(day=days, place=list(area.cities))
    found = []
    for day in days:
        today = own.sel(day=day)
        aqi = today["aqi"].values
        known = np.flatnonzero(np.isfinite(aqi))
        if not len(known):
            continue
        worst = known[np.argsort(-aqi[known], kind="stable")][:WORST]
        levels = np.nan_to_num(today["level"].values.astype(float))[known]
        found.append(
            {
                "day": f"{day:%Y-%m-%d}",
                "cities": len(known),
                "aqi": float(aqi[known].mean()),
                "levels": {n: int((levels == n).sum()) for n in range(1, 7)},
                "heavy": int((aqi[known] > HEAVY).sum()),
                "worst": [_city(today, k, area) for k in worst],
            }
        )
    return found


def year_on_year(observed: xr.Dataset, area: Area, issue: pd.Timestamp) -> dict[str, Any] | None:
    """Mean AQI and PM2.5 of the last 30 days, and of the same days a year ago.

    Returns
    -------
    dict or None
        ``days``, ``aqi``, ``aqi_before``, ``pm25``, ``pm25_before``, ``pairs`` of city days that
        both years have; None without any.
    """
    days = pd.date_range(issue - pd.Timedelta(days=MONTH - 1), issue)
    own = observed[["aqi", "pm25"]].sel(place=[c for c in area.cities if c in observed["place"]])
    now = own.reindex(day=days).transpose("day", "place")
    before = own.reindex(day=days - pd.DateOffset(years=1)).transpose("day", "place")
    both = np.isfinite(now["aqi"].values) & np.isfinite(before["aqi"].values)
    if not both.any():
        return None
    out: dict[str, Any] = {"days": MONTH, "pairs": int(both.sum())}
    for name in ("aqi", "pm25"):
        pairs = both & np.isfinite(now[name].values) & np.isfinite(before[name].values)
        for label, data in ((name, now), (f"{name}_before", before)):
            out[label] = float(data[name].values[pairs].mean()) if pairs.any() else None
    return out


def _city(today: xr.Dataset, k: int, area: Area) -> dict[str, Any]:
    mask = today["primary"].values[k]
    names = primary_names(int(mask)) if np.isfinite(mask) and mask > 0 else []
    return {
        "city": area.cities[k],
        "aqi": int(today["aqi"].values[k]),
        "level": int(today["level"].values[k]),
        "primary": [LABELS[p] for p in names],
    }
