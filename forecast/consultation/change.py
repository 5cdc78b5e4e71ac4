"""From one issue to the next: what the forecast of the same days says now, and said before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.consultation.areas import Area
from forecast.consultation.roll_up import area_days
from forecast.issued import DECISION, read_issued

MOST_DAYS = 3
"""An older issue is not compared with."""
WANTED = ("scenario_aqi", *DECISION, "issue", "valid_day")
"""What is read of the issue before."""
NAMED = 8
"""Cities named a day, the largest changes first."""


def issue_before(issue: pd.Timestamp, earlier: Mapping[pd.Timestamp, Path]) -> xr.Dataset | None:
    """The newest issue before a day, if at most `MOST_DAYS` older; the variables of `WANTED`."""
    before = [d for d in earlier if issue - pd.Timedelta(days=MOST_DAYS) <= d < issue]
    return read_issued(earlier[max(before)], WANTED) if before else None


def change_since(
    issued: xr.Dataset, area: Area, before: xr.Dataset | None
) -> dict[str, Any] | None:
    """Change of the forecast since the issue before.

    Parameters
    ----------
    issued : xarray.Dataset
        From `forecast.issued.read_issued`.
    area : Area
    before : xarray.Dataset, optional
        From `issue_before`.

    Returns
    -------
    dict or None
        ``issue`` of the forecast before, and ``days``: for each day both forecast, ``day``;
        ``aqi_mean`` and ``heavy_probability`` of the area, now and ``…_before``; cities whose
        issued level went ``up`` and ``down`` (at most `NAMED`, each with ``city``, level ``before``
        and ``now``), and their numbers ``ups`` and ``downs``.
        None where there is nothing to compare with.
    """
    common = [] if before is None else [c for c in area.cities if c in before["place"].values]
    if before is None or not common:
        return None
    same = Area(area.level, area.name, area.zh, area.en, tuple(common))
    days = np.intersect1d(issued["valid_day"].values, before["valid_day"].values)
    now, then = (_of_days(data, same, days) for data in (issued, before))
    rows = [
        {
            "day": pd.Timestamp(day),
            **{k: now["area"][k].iloc[i] for k in ("aqi_mean", "heavy_probability")},
            **{f"{k}_before": then["area"][k].iloc[i] for k in ("aqi_mean", "heavy_probability")},
            **_moved(now["level"][i], then["level"][i], common),
        }
        for i, day in enumerate(days)
    ]
    return {"issue": pd.Timestamp(before["issue"].values), "days": rows}


def _of_days(data: xr.Dataset, area: Area, days: np.ndarray) -> dict[str, Any]:
    own = data.isel(lead=np.flatnonzero(np.isin(data["valid_day"].values, days)))
    level = own["level"].sel(place=list(area.cities)).transpose("lead", "place").values
    columns = ["aqi_mean", "heavy_probability"]
    return {"area": area_days(own, area).reindex(columns=columns), "level": level.astype(int)}


def _moved(now: np.ndarray, then: np.ndarray, cities: list[str]) -> dict[str, Any]:
    """Cities by the direction their level moved; one without a forecast has not moved."""
    step = np.where((now > 0) & (then > 0), now - then, 0)
    order = np.argsort(-np.abs(step), kind="stable")

    def named(of: np.ndarray) -> list[dict[str, Any]]:
        chosen = [k for k in order if of[k]][:NAMED]
        return [{"city": cities[k], "before": int(then[k]), "now": int(now[k])} for k in chosen]

    return {
        "ups": int((step > 0).sum()),
        "downs": int((step < 0).sum()),
        "up": named(step > 0),
        "down": named(step < 0),
    }
