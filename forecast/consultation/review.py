"""Step 1, the review: what the last days brought, and how the last forecasts did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import primary_names
from forecast.consultation.areas import Area
from forecast.decision import HEAVY
from forecast.issued import read_issued
from forecast.pollutants import LABELS
from verification import block_bootstrap

DAYS = 7
"""Observed days shown."""
MONTH = 30
"""Days compared with the same days of a year ago."""
ISSUES = 10
"""Last issues whose forecasts are compared with what came."""
BLOCK, CONFIDENCE = 2, 0.9
"""Consecutive issues that are resampled together, and the confidence of the interval."""
WORST = 5
"""Cities named as the worst of the last day."""


def observed_days(observed: xr.Dataset, area: Area, issue: pd.Timestamp) -> list[dict[str, Any]]:
    """Observed days of an area up to the issue, the oldest first.

    Parameters
    ----------
    observed : xarray.Dataset
        Observed daily values (place, day); later days are not looked at.
    area : Area
    issue : pandas.Timestamp
        Local issue date, whose day is known as a whole.

    Returns
    -------
    list of dict
        One a day with an observation: ``day``, ``cities`` observed, mean ``aqi``, cities by
        ``levels``, ``heavy`` cities, and the ``worst`` with city, AQI, level and primary pollutant.
    """
    days = pd.date_range(issue - pd.Timedelta(days=DAYS - 1), issue)
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


def recent_forecasts(
    files: Mapping[pd.Timestamp, Path], observed: xr.Dataset, area: Area, issue: pd.Timestamp
) -> list[dict[str, Any]]:
    """How the last issues before this one did on the days observed since, by lead.

    Parameters
    ----------
    files : mapping of Timestamp to Path
        Issued files by issue day; those from `issue` on are not looked at.
    observed, area, issue
        As in `observed_days`.

    Returns
    -------
    list of dict
        By lead, where there is a pair: ``lead``, ``pairs``, shares of right ``level`` and
        ``range`` with their intervals (`share_interval`), mean ``error`` of the middle of the
        range.
    """
    rows: dict[int, list[np.ndarray]] = {}
    for day in sorted(d for d in files if d < issue)[-ISSUES:]:
        past = read_issued(files[day])
        past = past.isel(place=np.flatnonzero(np.isin(past["place"].values, area.cities)))
        for k, valid in enumerate(past["valid_day"].values):
            if valid > np.datetime64(issue):
                break
            truth = observed[["aqi", "level"]].reindex(day=[valid], place=past["place"].values)
            truth = truth.isel(day=0)
            low, high = (past[n].values[k] for n in ("aqi_low", "aqi_high"))
            aqi = truth["aqi"].values
            pair = np.isfinite(low) & np.isfinite(aqi)
            right = past["level"].values[k] == truth["level"].values
            held = (low <= aqi) & (aqi <= high)
            error = (low + high) / 2 - aqi
            if pair.any():
                each = np.stack([right, held, error])[:, pair].astype(float)
                rows.setdefault(int(past["lead"].values[k]), []).append(each)
    return [_worth(lead, rows[lead]) for lead in sorted(rows)]


def share_interval(issues: Sequence[np.ndarray]) -> list[float] | None:
    """Interval of a share over the pairs of some issues, by the moving-block bootstrap.

    Parameters
    ----------
    issues : sequence of ndarray
        Of each issue, in order of time, a 1 for every pair that counts and a 0 for every other.

    Returns
    -------
    list of float or None
        Ends of the `CONFIDENCE` interval; None with fewer than two blocks of `BLOCK` issues.
    """
    sums = xr.Dataset(
        {
            "right": ("issue", [float(each.sum()) for each in issues]),
            "pairs": ("issue", [float(each.size) for each in issues]),
        }
    )
    found = block_bootstrap(
        sums, lambda s: s["right"] / s["pairs"], block=BLOCK, replicates=500, level=CONFIDENCE
    )
    ends = [float(found["low"]), float(found["high"])]
    return ends if np.isfinite(ends).all() else None


def _worth(lead: int, issues: list[np.ndarray]) -> dict[str, Any]:
    """What the forecasts of one lead were worth, over all their pairs."""
    right, held, error = np.concatenate(issues, axis=1)
    return {
        "lead": lead,
        "pairs": len(right),
        "level": float(right.mean()),
        "level_interval": share_interval([each[0] for each in issues]),
        "range": float(held.mean()),
        "range_interval": share_interval([each[1] for each in issues]),
        "error": float(error.mean()),
    }


def _city(today: xr.Dataset, k: int, area: Area) -> dict[str, Any]:
    mask = today["primary"].values[k]
    names = primary_names(int(mask)) if np.isfinite(mask) and mask > 0 else []
    return {
        "city": area.cities[k],
        "aqi": int(today["aqi"].values[k]),
        "level": int(today["level"].values[k]),
        "primary": [LABELS[p] for p in names],
    }
