"""Heavy-pollution processes: those observed, and how each was forecast, lead by lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.evaluation.scorefile import ALL_DAYS
from forecast.evaluation.settings import Evaluation
from forecast.issued import read_issued
from forecast.pollutants import LABELS, POLLUTANTS
from forecast.standard import as_date, standard_for
from forecast.training import ENSEMBLE
from verification import (
    SCORES,
    Processes,
    by_valid_day,
    find_processes,
    forecast_leads,
    group_sums,
    neighbour_matrix,
    process_sums,
    scorecard,
    where_both,
)

PROCESS_SCORES = tuple(name for name, score in SCORES.items() if score.family == "process")
"""Scores of processes."""
_USED = ("aqi_low", "aqi_high", "member_aqi_low", "member_aqi_high")


@dataclass(frozen=True)
class ProcessEvaluation:
    """Processes of the cities and their scores.

    Attributes
    ----------
    scores : pandas.DataFrame
        Rows of a scorecard, for each model and lead, and for all leads together.
    listing : pandas.DataFrame
        One row for each observed process: ``process, start, end, days, extent, places, peak,
        peak_day, peak_place, primary``, and of the ensemble ``first_lead`` (days before its start
        at which it was first forecast), ``continuous_lead`` (from which on every issue held it)
        and ``changes`` between yes and no.
    observed : Processes
        As found.
    forecast : Processes
        Of the ensemble, by lead on (lead, place, day).
    """

    scores: pd.DataFrame
    listing: pd.DataFrame
    observed: Processes
    forecast: Processes


def evaluate_processes(
    files: Mapping[pd.Timestamp, Path], observed: xr.Dataset, settings: Evaluation
) -> ProcessEvaluation:
    """Find and match the heavy-pollution processes of cities.

    A forecast city-day belongs to a process when the middle of its issued range, which lies in the
    issued level, is above the threshold.

    Parameters
    ----------
    files : mapping of Timestamp to Path
        Issued file of each issue day.
    observed : xarray.Dataset
        Observed daily values and primary pollutants, (place, day).
    settings : Evaluation
        What a process is, and the parameters of the bootstrap.

    Returns
    -------
    ProcessEvaluation

    Raises
    ------
    InputError
        There is no file, or no city with a position that was forecast and observed.
    """
    if not files:
        raise InputError("no issued forecast to verify; run `wubu issue` or `wubu backtest` first")
    middle = _middles(files, observed)
    near = neighbour_matrix(middle["lat"], middle["lon"], settings.processes.radius_km)
    days = pd.date_range(*_span(middle, observed))
    truth = observed.sel(place=middle["place"]).reindex(day=days)
    masks = truth["primary"].where(truth["primary"] >= 0)
    rule = {"threshold": settings.processes.above, "gap": settings.processes.gap_days}
    seen = find_processes(truth["aqi"], near, masks=masks, **rule)
    rows, own = [], None
    for model in middle["model"].values.tolist():
        series = by_valid_day(middle["aqi"].sel(model=model, drop=True)).reindex(day=days)
        forecast, came = where_both(series, truth["aqi"])
        found = find_processes(forecast, near, **rule)
        sums = _sums(found, find_processes(came, near, **rule), settings)
        rows += _rows(sums, model)
        own = found if model == ENSEMBLE else own
    scores = scorecard(
        rows,
        PROCESS_SCORES,
        dim="day",
        block=settings.block_days,
        replicates=settings.replicates,
        level=settings.confidence,
    )
    assert own is not None  # every issued file holds the ensemble
    by_issue = find_processes(
        middle["aqi"].sel(model=ENSEMBLE, drop=True), near, day="lead", **rule
    )
    leads = forecast_leads(by_issue, seen, **_matching(settings))
    return ProcessEvaluation(scores, _listing(seen, leads), seen, own)


def _middles(files: Mapping[pd.Timestamp, Path], observed: xr.Dataset) -> xr.Dataset:
    """Middle of the issued range of each model on (model, issue, lead, place) of cities."""
    parts = []
    for day in sorted(files):
        issued = read_issued(files[day], only=_USED)
        cities = (issued["kind"].values == "city") & np.isin(
            issued["place"].values, observed["place"].values
        )
        issued = issued.isel(place=np.flatnonzero(cities & np.isfinite(issued["lat"].values)))
        own = (issued["aqi_low"] + issued["aqi_high"]) / 2
        members = (issued["member_aqi_low"] + issued["member_aqi_high"]) / 2
        aqi = xr.concat(
            [own.expand_dims(member=[ENSEMBLE]), members], "member", coords="minimal",
            compat="override",
        )  # fmt: skip
        keep = ("member", "lead", "place", "lat", "lon")
        aqi = aqi.drop_vars([c for c in aqi.coords if c not in keep])
        parts.append(aqi.rename(member="model").expand_dims(issue=[day]).to_dataset(name="aqi"))
    found = xr.concat(parts, "issue", join="outer", coords="minimal", compat="override")
    if not found.sizes["place"]:
        raise InputError("no city of the issued forecasts has a position and was observed")
    places = {n: xr.concat([p[n] for p in parts], "issue").max("issue") for n in ("lat", "lon")}
    return found.assign_coords({n: ("place", v.values) for n, v in places.items()})


def _span(middle: xr.Dataset, observed: xr.Dataset) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day that any forecast is valid for and that may have been observed."""
    issue, lead = middle["issue"].values, middle["lead"].values.astype("timedelta64[D]")
    first, last = issue.min() + lead.min(), issue.max() + lead.max()
    return pd.Timestamp(first), min(pd.Timestamp(last), pd.Timestamp(observed["day"].values.max()))


def _matching(settings: Evaluation) -> dict[str, float]:
    rule = settings.processes
    return {"tolerance": rule.tolerance_days, "share": rule.share}


def _sums(forecast: Processes, came: Processes, settings: Evaluation) -> xr.Dataset:
    last = as_date(came.ids["day"].values[-1])
    edges = standard_for(last).edges[:-1].astype(float).tolist()
    return process_sums(
        forecast, came, keep=("lead", "day"), level_edges=edges, **_matching(settings)
    )


def _rows(sums: xr.Dataset, model: str) -> list[tuple[dict[str, object], xr.Dataset]]:
    labels: dict[str, object] = {
        "model": model,
        "place_kind": "city",
        "group": ALL_DAYS,
        "pollutant": "aqi",
    }
    return [(labels, sums), ({**labels, "lead": "all"}, group_sums(sums, by="day"))]


def _listing(seen: Processes, leads: xr.Dataset) -> pd.DataFrame:
    table = seen.table.set_index("process")
    names = ["start", "end", "days", "extent", "places", "peak", "peak_day", "peak_place"]
    out = table[names].copy()
    out["places"] = [" ".join(places) for places in out["places"]]
    out["primary"] = [_pollutants(int(mask)) for mask in table["primary"]]
    for name in ("first_lead", "continuous_lead", "changes"):
        out[name] = leads[name].to_series()
    return out.reset_index()


def _pollutants(mask: int) -> str:
    return ",".join(LABELS[p] for i, p in enumerate(POLLUTANTS) if mask >> i & 1)
