"""Where an issued forecast comes from: data, ensemble, rules, code."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from forecast.config import Config
from forecast.known import Known, issue_time, last_known_day
from forecast.pollutants import POLLUTANTS
from forecast.standard import as_date, standard_for
from forecast.training import TrainedEnsemble
from forecast.version import version


def latest_observation(known: Known, issue: pd.Timestamp) -> str:
    """End of the last observed hour known at the issue, local time, or ``none``."""
    if not known.hourly.sizes["time"]:
        return _latest_day(known, issue)
    ends = known.hourly["time"].to_index() + pd.Timedelta(hours=1)
    hours = np.flatnonzero(ends <= issue_time(issue, known.config))
    for start in range(len(hours), 0, -240):  # from the end: nearly always in the last block
        block = hours[max(start - 240, 0) : start]
        seen = np.zeros(len(block), dtype=bool)
        for p in POLLUTANTS:
            seen |= np.isfinite(known.hourly[p].values[:, block]).any(axis=0)
        if seen.any():
            end = ends[block[np.flatnonzero(seen)[-1]]]
            local = end + pd.Timedelta(hours=known.config.utc_offset)
            if local == local.normalize():  # midnight belongs to the day it ends
                return f"{local - pd.Timedelta(days=1):%Y-%m-%d} 24:00"
            return f"{local:%Y-%m-%d %H:%M}"
    return _latest_day(known, issue)  # the hours at hand reach back some weeks only


def silent_stations(known: Known, issue: pd.Timestamp) -> list[str]:
    """Stations without an observation of any pollutant on the last day known at the issue.

    Where hours are known these are the 24 hours up to the cut-off, else the last known day.
    """
    names = known.stations.index.to_numpy().astype(str)
    if known.hourly.sizes["time"]:
        end = issue_time(issue, known.config)
        hours = known.hourly["time"].to_index()
        rows = np.flatnonzero((hours < end) & (hours >= end - pd.Timedelta(hours=24)))
        recent = known.hourly[list(POLLUTANTS)].isel(time=rows).rename(station="place")
        along = "time"
    else:
        last = last_known_day(np.array([issue]), known.config.issue_hour)[0]
        recent = known.daily[list(POLLUTANTS)].reindex(day=[last])
        along = "day"
    count = recent.reindex(place=names).to_array().count(("variable", along))
    return [str(n) for n in names[count.values == 0]]


def _latest_day(known: Known, issue: pd.Timestamp) -> str:
    """End of the last observed day known at the issue, local time, or ``none``."""
    last = last_known_day(np.array([issue]), known.config.issue_hour)[0]
    daily = known.daily.sel(day=known.daily["day"] <= last)
    seen = daily[list(POLLUTANTS)].to_array().count(("variable", "place")).values > 0
    days = daily["day"].to_index()[seen]
    return f"{days[-1]:%Y-%m-%d} 24:00" if len(days) else "none"


def issue_attributes(
    trained: TrainedEnsemble, config: Config, issue: pd.Timestamp, valid: pd.DatetimeIndex
) -> dict[str, object]:
    """Global attributes of an issued forecast: rules, cut-off, ensemble, configuration, code."""
    used = list(dict.fromkeys(standard_for(as_date(day)).name for day in valid))
    mean_weight = {
        p: {
            str(m): round(float(w), 3)
            for m, w in zip(
                e.combination.weights["member"].values,
                e.combination.weights.mean("lead").values,
                strict=True,
            )
        }
        for p, e in trained.pollutants.items()
    }
    return {
        "Conventions": "CF-1.10",
        "title": f"Air quality forecast {config.name}, issued {issue:%Y-%m-%d}"
        + {"True": " (SIMULATED data)", "weather": " (SIMULATED weather)"}.get(
            str(config.simulated), ""
        ),
        "title_zh": config.title_zh,
        "title_en": config.title_en,
        "simulated": {"False": "no", "True": "data"}.get(str(config.simulated), "weather"),
        "standard": ", ".join(used),
        "utc_offset": float(config.utc_offset),
        "data_cut_off": f"{issue_time(issue, config):%Y-%m-%dT%H:%M}Z",
        "trained_until": f"{trained.known_until:%Y-%m-%d}",
        "config": config.digest,
        "code_version": version(),
        "members": json.dumps(mean_weight),
    }
