"""Step 5, the evaluation: what the last issues were worth on the days observed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.issued import DECISION, GUIDANCE, read_issued
from verification import block_bootstrap

ISSUES = 10
"""Last issues whose forecasts are compared with what came."""
CONFIDENCE, BLOCK = 0.9, 2
"""Of the intervals, and consecutive issues in a block that is resampled."""
GUIDED = tuple(GUIDANCE + name for name in DECISION)


def recent_pairs(
    files: Mapping[pd.Timestamp, Path],
    observed: xr.Dataset,
    cities: Sequence[str],
    issue: pd.Timestamp,
) -> pd.DataFrame:
    """Forecasts of the last issues before this one beside what was observed by then.

    Parameters
    ----------
    files : mapping of Timestamp to Path
        Issued files by issue day; those from `issue` on are not looked at.
    observed : xarray.Dataset
        Observed daily ``aqi, level, primary`` (place, day); days after `issue` are not looked at.
    cities : sequence of str
    issue : pandas.Timestamp
        Local issue date, whose day is known as a whole.

    Returns
    -------
    pandas.DataFrame
        One row a city, issue and observed day: ``issue, day, lead, city``; issued ``low, high,
        level, primary`` (mask) and the level before adjustment, ``guidance_level``; ``aqi,
        aqi_level, aqi_primary`` observed; ``persistence_level``, that of the issue day.
    """
    tables = []
    for day in sorted(d for d in files if d < issue)[-ISSUES:]:
        past = read_issued(files[day], (*DECISION, *GUIDED), GUIDED)
        past = past.isel(place=np.flatnonzero(np.isin(past["place"].values, cities)))
        past = past.isel(lead=np.flatnonzero(past["valid_day"].values <= np.datetime64(issue)))
        if not past.sizes["lead"]:
            continue
        seen = observed[["aqi", "level", "primary"]].reindex(place=past["place"].values)
        came = seen.reindex(day=past["valid_day"].values).transpose("day", "place")
        kept = seen["level"].reindex(day=[day]).transpose("day", "place").values
        shape = (past.sizes["lead"], past.sizes["place"])
        guided = past[GUIDANCE + "level"] if GUIDANCE + "level" in past else past["level"]
        columns = {
            "issue": np.broadcast_to(np.datetime64(day), shape),
            "day": np.broadcast_to(past["valid_day"].values[:, None], shape),
            "lead": np.broadcast_to(past["lead"].values[:, None], shape),
            "city": np.broadcast_to(past["place"].values, shape),
            "low": past["aqi_low"].values,
            "high": past["aqi_high"].values,
            "level": past["level"].values,
            "primary": past["primary"].values,
            "guidance_level": guided.values,
            "aqi": came["aqi"].values,
            "aqi_level": came["level"].values,
            "aqi_primary": came["primary"].values,
            "persistence_level": np.broadcast_to(kept, shape),
        }
        table = pd.DataFrame({k: np.asarray(v).ravel() for k, v in columns.items()})
        tables.append(table[table["low"].notna() & table["aqi"].notna()])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def by_lead(pairs: pd.DataFrame) -> list[dict[str, Any]]:
    """How the issues did, by lead.

    Parameters
    ----------
    pairs : pandas.DataFrame
        From `recent_pairs`.

    Returns
    -------
    list of dict
        ``lead``, ``pairs``; shares of right ``level``, of the ``guidance`` before adjustment and of
        ``persistence``; share of the ``range`` that held; ``level_interval`` and
        ``range_interval`` (None where the issues are too few to tell); mean ``error`` of the middle
        of the range and mean ``width`` of it.
    """
    return [{"lead": int(lead), **_worth(own)} for lead, own in _groups(pairs, "lead")]


def by_city(pairs: pd.DataFrame) -> list[dict[str, Any]]:
    """How the issues did at each city, all leads together; as `by_lead`, with ``city``."""
    return [{"city": str(city), **_worth(own)} for city, own in _groups(pairs, "city")]


def of_day(pairs: pd.DataFrame, day: pd.Timestamp) -> list[dict[str, Any]]:
    """What was said of one day, by lead.

    Returns
    -------
    list of dict
        ``lead, pairs``, means of ``low``, ``high`` and of the ``aqi`` that came, and shares of
        right ``level`` and ``range``.
    """
    own = pairs[pairs["day"] == day] if len(pairs) else pairs
    return [
        {
            "lead": int(lead),
            "pairs": len(rows),
            **{k: float(rows[k].mean()) for k in ("low", "high", "aqi")},
            "level": float(_right(rows).mean()),
            "range": float(_held(rows).mean()),
        }
        for lead, rows in _groups(own, "lead")
    ]


def _groups(pairs: pd.DataFrame, by: str) -> Any:
    return pairs.groupby(by, sort=by == "lead") if len(pairs) else ()


def _worth(own: pd.DataFrame) -> dict[str, Any]:
    middle = (own["low"] + own["high"]) / 2
    known = own["persistence_level"].notna()
    right, held = _right(own), _held(own)
    of_level, of_range = share_intervals([right, held], own["issue"])
    return {
        "pairs": len(own),
        "level": float(right.mean()),
        "level_interval": of_level,
        "guidance": float((own["guidance_level"] == own["aqi_level"]).mean()),
        "persistence": float((own["persistence_level"] == own["aqi_level"])[known].mean()),
        "range": float(held.mean()),
        "range_interval": of_range,
        "error": float((middle - own["aqi"]).mean()),
        "width": float((own["high"] - own["low"]).mean()),
    }


def _right(rows: pd.DataFrame) -> pd.Series:
    return rows["level"] == rows["aqi_level"]


def _held(rows: pd.DataFrame) -> pd.Series:
    return rows["aqi"].between(rows["low"], rows["high"])


def share_intervals(right: Sequence[pd.Series], issue: pd.Series) -> list[list[float] | None]:
    """Intervals of shares over the pairs of some issues, by the moving-block bootstrap.

    Parameters
    ----------
    right : sequence of pandas.Series of bool
        What counts for each share, a pair each.
    issue : pandas.Series
        Issue of each pair.

    Returns
    -------
    list of list of float, or of None
        Ends of the `CONFIDENCE` interval of each; None with fewer than two blocks of `BLOCK`
        issues.
    """
    count = issue.groupby(issue).size()
    if len(count) < 2 * BLOCK:
        return [None] * len(right)
    counted = np.stack([each.astype(float).groupby(issue).sum() for each in right])
    sums = xr.Dataset({"right": (("share", "issue"), counted), "pairs": ("issue", count)})
    found = block_bootstrap(
        sums, lambda s: s["right"] / s["pairs"], block=BLOCK, replicates=200, level=CONFIDENCE
    )
    ends = np.stack([found["low"], found["high"]], axis=1)
    return [None if np.isnan(pair).any() else pair.tolist() for pair in ends]
