"""Why the forecast says what it says, and which past days were alike: for steps 3 and 4.

Both come from the ensemble that issued: contributions of predictor groups to the mean PM2.5
(`forecast.explain`), and the past days that the analog member finds most similar to each day ahead,
with what was observed then and on the days that followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ensembles import FittedAnalog
from forecast.cases import build_cases
from forecast.consultation.areas import Area
from forecast.errors import InputError
from forecast.explain import PARTS, explain
from forecast.known import Known
from forecast.modelstore import load_ensemble
from forecast.workspace import Workspace

POLLUTANT = "pm25"
"""Contributions and analogs are those of this pollutant."""
NEAREST = 10
"""Analogs of each station that have a say."""
SIMILAR = 5
"""Past days shown of each day ahead."""
AFTER = 3
"""Days that followed, shown beside it."""
ANALOG = "analog"


@dataclass(frozen=True)
class Insight:
    """What the ensemble of an issue tells beside its forecast.

    Attributes
    ----------
    contributions : xarray.DataArray or None, (lead, place, group)
        µg/m³, see `forecast.explain.explain`; None where there is no boosting member.
    analogs : xarray.Dataset or None, (lead, place, rank)
        Of the stations, see `ensembles.FittedAnalog.analogs`; None where there is no such member.
    daily : xarray.Dataset
        Observed daily values known at the issue.
    """

    contributions: xr.DataArray | None
    analogs: xr.Dataset | None
    daily: xr.Dataset


def insight(issued: xr.Dataset, known: Known, workspace: Workspace) -> Insight:
    """Ask the ensemble that made an issued forecast.

    Parameters
    ----------
    issued : xarray.Dataset
        From `forecast.issued.read_issued`.
    known : Known
        Data known at the issue.
    workspace : Workspace
        Holds the ensemble.

    Raises
    ------
    InputError
        The ensemble is gone, or there is no weather of the issue.
    """
    issue = pd.Timestamp(issued["issue"].values)
    folder = workspace.models / str(issued.attrs["trained_until"])
    trained = load_ensemble(folder, (POLLUTANT,))
    cases = build_cases(known, pd.DatetimeIndex([issue]))
    products = [p.product for p in known.config.forecast_products[1:]]
    parts = analogs = None
    try:
        found = explain(issued, trained, cases, products, (POLLUTANT,), known.config.workers)
        parts = found["contribution"].sel(pollutant=POLLUTANT)
    except InputError:  # no boosting member, or the data have changed since
        parts = None
    member = trained.pollutants[POLLUTANT].members.get(ANALOG)
    if isinstance(member, FittedAnalog):
        analogs = member.analogs(cases).isel(issue=0, rank=slice(NEAREST))
    return Insight(parts, analogs, known.daily.sel(day=known.daily["day"] <= issue))


def contributions_of(found: Insight, area: Area) -> dict[str, Any] | None:
    """Contributions to the mean PM2.5 of an area, mean over its cities.

    Returns
    -------
    dict or None
        ``groups``, one each with its ``zh`` and ``en`` name and ``values`` by lead, µg/m³; their
        sum by lead is ``total``.
    """
    if found.contributions is None:
        return None
    own = found.contributions.sel(place=list(area.cities)).mean("place")
    own = own.transpose("group", "lead")
    groups = [
        {"en": PARTS[str(g)][0], "zh": PARTS[str(g)][1], "values": own.values[i].tolist()}
        for i, g in enumerate(own["group"].values)
    ]
    return {"groups": groups, "total": own.sum("group", skipna=False).values.tolist()}


def similar_days(
    found: Insight, issued: xr.Dataset, area: Area, leads: Sequence[int]
) -> list[dict[str, Any]]:
    """Past days most like each of some days ahead of an area.

    A past day counts by the stations of the area it is an analog of, nearer ones more: the rank r
    of an analog gives it the weight 1/r.

    Parameters
    ----------
    found : Insight
    issued : xarray.Dataset
        Gives the city of each station.
    area : Area
    leads : sequence of int

    Returns
    -------
    list of dict
        By lead: ``lead``, ``days``, the likest first, each with ``day``, ``weight`` (share of
        the most it could have) and ``aqi`` of the day and the `AFTER` days that followed, mean over
        the cities of the area; None where not observed.
    """
    if found.analogs is None:
        return []
    stations = issued["place"].values[
        (issued["kind"].values == "station") & np.isin(issued["city"].values, area.cities)
    ]
    own = found.analogs.sel(place=stations)
    weight = 1.0 / own["rank"].values
    seen = found.daily["aqi"].sel(place=[c for c in area.cities if c in found.daily["place"]])
    of_area = seen.mean("place").to_series()
    rows = []
    for lead in leads:
        date = own["date"].sel(lead=lead).transpose("place", "rank").values
        there = ~np.isnat(date)
        share = pd.Series(np.broadcast_to(weight, date.shape)[there]).groupby(date[there]).sum()
        share = share.sort_values(ascending=False, kind="stable")[:SIMILAR]
        most = len(stations) * weight[0]
        rows.append(
            {
                "lead": int(lead),
                "days": [
                    {
                        "day": pd.Timestamp(day),
                        "weight": float(value / most),
                        "aqi": [
                            float(of_area.get(day + pd.Timedelta(days=k), np.nan))
                            for k in range(AFTER + 1)
                        ],
                    }
                    for day, value in share.items()
                ],
            }
        )
    return rows
