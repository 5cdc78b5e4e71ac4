"""How the issues before and during an episode saw it coming, against what came.

The episode is the heavy-pollution process (`verification.find_processes`) with the highest peak
among those that reach into the days asked for. An issue had it right when a process of its own
meets it by the rule of the evaluation (`verification.match_processes`); a forecast city-day belongs
to a process when the middle of its issued range is above the threshold. Peaks are compared over the
days of the episode that an issue could see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import primary_names
from forecast.decision import HEAVY
from forecast.evaluation.settings import Processes as Rule
from forecast.issued import read_issued
from forecast.pollutants import LABELS
from verification import (
    Processes,
    by_issue,
    cut_processes,
    find_processes,
    forecast_leads,
    match_processes,
    neighbour_matrix,
    where_both,
)

USED = ("aqi_low", "aqi_high", "scenario_aqi")
DAY = pd.Timedelta(days=1)


def forecast_course(
    files: Mapping[pd.Timestamp, Path],
    observed: xr.Dataset,
    cities: Sequence[str],
    first: pd.Timestamp,
    last: pd.Timestamp,
    rule: Rule,
) -> dict[str, Any]:
    """Compare each issue whose forecast reaches into some days with what was observed.

    Parameters
    ----------
    files : mapping of Timestamp to Path
        Issued files by issue day; those from `last` on are not looked at.
    observed : xarray.Dataset
        Observed daily ``aqi`` and ``primary`` (place, day); days after `last` are not looked at.
    cities : sequence of str
        Cities of the area, among the places of the files.
    first, last : pandas.Timestamp
        Days asked for.
    rule : Processes
        What a process is and when it is hit, ``evaluation.processes`` of the configuration.

    Returns
    -------
    dict
        - ``episode``: the process with the highest peak, with ``start, end, days, peak_day, peak,
          peak_city, primary, extent, cities``, ``first_lead`` (days before its start at which it
          was first forecast), ``continuous_lead`` (from which on every issue held it) and
          ``changes`` between yes and no; None where no city was above the threshold
        - ``others``: the other processes that reach into the days, with the same
        - ``issues``: by issue ``issue``; ``ahead``, days until the start of the episode (until
          `first` without one); ``right``, None without an episode in its window; ``start`` of the
          process that meets it; ``peak_day, peak`` of the days seen; ``heavy_probability`` of any
          city on the observed peak day, None where that is not seen; ``start_error`` (only before
          the start) and ``peak_day_error`` in days, ``peak_error`` in AQI, forecast minus observed;
          and ``days``, the greatest middle of a city by day asked for

    Raises
    ------
    InputError
        A file is no issued forecast.
    """
    issues = [d for d in sorted(files) if d < last]
    forecasts = {d: _read(files[d], cities) for d in issues}
    forecasts = {d: f for d, f in forecasts.items() if f["valid_day"].values[-1] >= first}
    days = pd.date_range(first, last)
    if not forecasts:
        return {"episode": None, "others": [], "issues": []}
    known = pd.date_range(min(min(forecasts) + DAY, first), last)
    truth = observed[["aqi", "primary"]].reindex(place=list(cities), day=known)
    truth = truth.transpose("place", "day")
    near = _neighbours(next(iter(forecasts.values())), rule.radius_km)
    how = {"threshold": rule.above, "gap": rule.gap_days}
    masks = truth["primary"].where(truth["primary"] >= 0)
    seen = find_processes(truth["aqi"], near, masks=masks, **how)
    middle = xr.concat([_middle(f, d) for d, f in forecasts.items()], "issue", join="outer")
    laid = by_issue(truth["aqi"], middle["issue"], middle["lead"])
    fcst, _ = where_both(middle.transpose("issue", "place", "lead"), laid)
    found = find_processes(fcst, near, day="lead", **how)
    held = {"tolerance": rule.tolerance_days, "share": rule.share}
    leads = forecast_leads(found, seen, **held)
    inside = seen.table[seen.table["end"] >= first].sort_values("peak", ascending=False)
    episodes = [_episode(row, leads) for row in inside.to_dict("records")]
    number = int(inside["process"].iloc[0]) if len(inside) else 0
    met = _met(found, seen, number, held)
    aqi = truth["aqi"].sel(day=days)
    main = episodes[0] if episodes else None
    rows = [_issue(d, f, met.get(d), aqi, main) for d, f in forecasts.items()]
    return {"episode": main, "others": episodes[1:], "issues": rows}


def _read(path: Path, cities: Sequence[str]) -> xr.Dataset:
    return read_issued(path, only=USED).sel(place=list(cities))


def _middle(issued: xr.Dataset, issue: pd.Timestamp) -> xr.DataArray:
    """Middle of the issued range, (issue, lead, place)."""
    middle = (issued["aqi_low"] + issued["aqi_high"]) / 2
    return middle.reset_coords(drop=True).expand_dims(issue=[issue])


def _neighbours(issued: xr.Dataset, radius_km: float) -> xr.DataArray:
    """Which cities are neighbours; one without a position has none."""
    places = issued["place"].values
    known = np.flatnonzero(np.isfinite(issued["lat"].values) & np.isfinite(issued["lon"].values))
    near = np.zeros((len(places), len(places)), bool)
    at = issued.isel(place=known)
    lat, lon = (xr.DataArray(at[n].values, dims="place") for n in ("lat", "lon"))
    near[np.ix_(known, known)] = neighbour_matrix(lat, lon, radius_km).values
    return xr.DataArray(near, {"place": places, "neighbour": places}, ("place", "neighbour"))


def _episode(row: dict[str, Any], leads: xr.Dataset) -> dict[str, Any]:
    held = leads.sel(process=row["process"])
    primary = int(row["primary"])
    return {
        **{n: pd.Timestamp(row[n]) for n in ("start", "end", "peak_day")},
        **{n: int(row[n]) for n in ("days", "extent")},
        "peak": float(row["peak"]),
        "peak_city": str(row["peak_place"]),
        "cities": [str(c) for c in row["places"]],
        "primary": [LABELS[p] for p in primary_names(primary)],
        "first_lead": float(held["first_lead"]),
        "continuous_lead": float(held["continuous_lead"]),
        "changes": int(held["changes"]),
    }


def _met(
    found: Processes, seen: Processes, number: int, held: dict[str, Any]
) -> dict[pd.Timestamp, tuple[bool, pd.Timestamp | None]]:
    """Whether a process of the issue meets the one of that number, and when that one starts.

    Issues that do not see the process are not there. One that the forecast joined with another or
    split counts, as it does for `forecast_leads`; its start is not told.
    """
    cut = cut_processes(seen, found.values)
    matches = match_processes(found, cut, **held)
    own = cut.table.loc[cut.table["whole"] == number, "process"]
    starts = found.table.set_index("process")["start"]
    out: dict[pd.Timestamp, tuple[bool, pd.Timestamp | None]] = {}
    for row in matches[matches["process_obs"].isin(own)].to_dict("records"):
        issue, hit = pd.Timestamp(row["issue"]), row["outcome"] == "hit"
        start = issue + int(starts[row["process_fcst"]]) * DAY if hit else None
        out[issue] = (hit or bool(row["part"]), start)
    return out


def _issue(
    issue: pd.Timestamp,
    issued: xr.Dataset,
    met: tuple[bool, pd.Timestamp | None] | None,
    aqi: xr.DataArray,
    episode: dict[str, Any] | None,
) -> dict[str, Any]:
    """What one issue said of the days (place, day) of `aqi`, and its errors."""
    days = aqi["day"].to_index()
    highest = _highest(_middle(issued, issue).isel(issue=0), issued, days)
    came = aqi.max("place").values
    begin = episode["start"] if episode else days[0]
    right, start = met or (None, None)
    row = {
        "issue": issue,
        "ahead": (begin - issue).days,
        "right": right,
        "start": start,
        "start_error": (start - begin).days if start is not None and issue < begin else None,
        "peak_day": None,
        "peak": None,
        "peak_day_error": None,
        "peak_error": None,
        "heavy_probability": None,
        "days": highest.tolist(),
    }
    both = np.isfinite(highest) & np.isfinite(came)
    if both.any():
        forecast, observed = (np.where(both, v, -np.inf) for v in (highest, came))
        k, j = int(forecast.argmax()), int(observed.argmax())
        row |= {"peak_day": days[k], "peak": float(forecast[k])}
        row |= {"peak_day_error": k - j, "peak_error": float(forecast[k] - observed[j])}
    if episode or np.isfinite(came).any():
        peak_day = episode["peak_day"] if episode else days[int(np.nanargmax(came))]
        row["heavy_probability"] = _heavy_probability(issued, peak_day)
    return row


def _highest(middle: xr.DataArray, issued: xr.Dataset, days: pd.DatetimeIndex) -> np.ndarray:
    """Greatest value of a city by day, NaN on days not forecast."""
    valid = pd.DatetimeIndex(issued["valid_day"].values)
    return np.asarray(middle.max("place").to_series().set_axis(valid).reindex(days).to_numpy())


def _heavy_probability(issued: xr.Dataset, day: pd.Timestamp) -> float | None:
    """Share of the scenarios with a city above AQI 200 that day."""
    at = np.flatnonzero(issued["valid_day"].values == day.to_datetime64())
    if not len(at):
        return None
    aqi = issued["scenario_aqi"].isel(lead=int(at[0]))
    if not np.isfinite(aqi.values).any():
        return None
    return float((aqi > HEAVY).any("place").mean())
