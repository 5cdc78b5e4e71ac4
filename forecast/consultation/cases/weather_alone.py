"""What the weather alone would have given: PM2.5 of the boosting member under analysed weather.

The member trained before the episode starts from the concentrations known on the day before and is
given the analysed weather of the days that followed instead of a forecast. What was observed above
or below it is what the weather of these days does not explain: measures, festivals, transport the
predictors do not see, and the errors of the model. How large the errors are is told by the same
quantity at earlier issues: the same days ahead, analysed weather, each with the ensemble trained by
then, so that none of them has seen what it is compared with. An episode is looked at because it was
heavy, and among heavy stretches the model errs to the low side more often than not; the comparison
is therefore with earlier stretches that held a heavy day too, as soon as there are enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ensembles import FittedBoosting
from forecast.cases import build_cases, targets
from forecast.consultation.cases.analysed_weather import Analysed, with_analyses
from forecast.daily import city_values
from forecast.decision import HEAVY
from forecast.errors import InputError
from forecast.known import Known
from forecast.modelstore import load_ensemble, newest_ensemble, saved_ensembles

BOOSTING, POLLUTANT = "boosting", "pm25"
LEAST = 20
"""Earlier issues it takes to tell how far the model errs."""
ROWS = 300_000
"""Most cases (issue, lead, station) of earlier issues; of more issues an even sample is taken."""
RANGE = (0.05, 0.5, 0.95)
"""Quantiles of the earlier differences."""


def weather_alone(
    known: Known,
    analyses: xr.Dataset | None,
    cities: Sequence[str],
    observed: xr.Dataset,
    last: pd.Timestamp,
) -> dict[str, Any]:
    """Estimate the PM2.5 that the weather alone would have given, mean over an area.

    Parameters
    ----------
    known : Known
        What was known at the issue of the day before the first, which the estimate starts from.
    analyses : xarray.Dataset or None
        Analyses of the days up to `last`, from `analyses_until`.
    cities : sequence of str
        Cities of the area.
    observed : xarray.Dataset
        Observed daily ``pm25`` and ``aqi`` (place, day), µg m-3; days after `last` are not looked
        at. The estimate does not look at it: it is what is compared.
    last : pandas.Timestamp
        Last local day; what lies beyond the leads of the model is left out.

    Returns
    -------
    dict
        ``missing``: why there is no estimate (``no_analysis``, ``no_model``, ``no_boosting``,
        ``no_values``), else None, and then

        - ``trained_until``, ``state``: days of the ensemble and of the last concentrations known
        - ``days``: by day ``day, observed, estimate, difference`` (µg m-3), ``percent`` of the
          estimate, and ``past``, the percent of earlier issues at that lead
        - ``whole``: the same of the mean over the days
        - ``past_heavy``, ``past_all``: percent over as many days at earlier issues, those whose
          days held AQI > 200 in the area and all: ``issues``, ``stretches`` (that do not overlap),
          ``low, median, high`` (5, 50, 95 %), ``below`` (share of them below this episode) and
          ``highest``, the greatest observed mean of them, µg m-3
        - ``compared``: which of the two the rest is from, None where both are too few
        - ``unexplained``: whole difference after the earlier ones are allowed for: ``low, median,
          high`` in µg m-3 and ``percent``
    """
    if analyses is None:
        return {"missing": "no_analysis"}
    before, models = known.until, known.workspace.models
    try:
        model = newest_ensemble(models, before)
    except InputError:  # none was trained by then
        return {"missing": "no_model"}
    member = _boosting(model)
    if member is None:
        return {"missing": "no_boosting"}
    days = min((last - before).days, known.config.leads)
    world = with_analyses(known, analyses, cities, days)
    seen = observed.sel(day=observed["day"] <= last)
    pair = _pairs(world, member, pd.DatetimeIndex([before]), seen).isel(issue=0)
    there = np.flatnonzero(np.isfinite(pair["observed"] + pair["estimate"]))
    if not len(there):
        return {"missing": "no_values"}
    pair = pair.isel(lead=there)
    past = _past(world, models).isel(lead=there)
    return {
        "missing": None,
        "trained_until": model.name,
        "state": before,
        **compare_with_past(pair, past),
    }


def _boosting(folder: Path) -> FittedBoosting | None:
    member = load_ensemble(folder).pollutants[POLLUTANT].members.get(BOOSTING)
    return member if isinstance(member, FittedBoosting) else None


def _pairs(
    world: Analysed, member: FittedBoosting, issues: pd.DatetimeIndex, observed: xr.Dataset
) -> xr.Dataset:
    """Observed and estimated PM2.5 and the highest AQI of a city, mean area, on (issue, lead)."""
    cases = build_cases(world, issues).isel(lead=slice(world.days))
    mean = member.predict(cases).mean()
    at_stations = mean.transpose("place", "issue", "lead").to_dataset(name=POLLUTANT)
    city = xr.DataArray(world.stations["city"].to_numpy(), dims="place")
    estimate = city_values(at_stations, city, share=0.01)[POLLUTANT]
    estimate = estimate.transpose("issue", "lead", "place")
    grid = estimate.to_dataset(name=POLLUTANT)
    came, aqi = (targets(observed, grid, name) for name in (POLLUTANT, "aqi"))
    both = np.isfinite(came + estimate)
    return xr.Dataset(
        {
            "observed": came.where(both).mean("place"),
            "estimate": estimate.where(both).mean("place"),
            "aqi": aqi.max("place"),
        }
    )


def _past(world: Analysed, models: Path) -> xr.Dataset:
    """Pairs of the issues whose days were over when `world` ends, each with its ensemble."""
    before = world.until
    folders = [f for f in saved_ensembles(models) if f.name <= f"{before:%Y-%m-%d}"]
    starts = [pd.Timestamp(f.name) for f in folders]
    last = before - pd.Timedelta(days=world.days)
    issues = pd.date_range(starts[0], last)
    rows = len(issues) * world.config.leads * len(world.stations)
    issues = issues[:: max(1, -(-rows // ROWS))]
    newest = np.searchsorted(np.array(starts), issues, side="right") - 1
    parts = []
    for k, folder in enumerate(folders):
        own = issues[newest == k]
        member = _boosting(folder) if len(own) else None
        if member is not None:
            parts.append(_pairs(world, member, own, world.daily))
    if parts:
        return xr.concat(parts, "issue")
    nothing = np.full((0, world.days), np.nan)
    return xr.Dataset(
        dict.fromkeys(("observed", "estimate", "aqi"), (("issue", "lead"), nothing)),
        {"issue": issues[:0], "lead": np.arange(1, world.days + 1)},
    )


def compare_with_past(pair: xr.Dataset, past: xr.Dataset) -> dict[str, Any]:
    """Set the differences of an episode beside those of earlier issues.

    Parameters
    ----------
    pair : xarray.Dataset, (lead)
        ``observed`` and ``estimate``, µg m-3, of the issue in the coordinate ``issue``.
    past : xarray.Dataset, (issue, lead)
        The same of earlier issues, with ``aqi``, the highest of a city. An issue that lacks a day
        is left out.

    Returns
    -------
    dict
        The keys of `weather_alone` from ``days`` on.
    """
    both = (past["observed"] + past["estimate"]).transpose("issue", "lead").values
    past = past.isel(issue=np.flatnonzero(np.isfinite(both).all(axis=1)))
    heavy = past.isel(issue=np.flatnonzero((past["aqi"] > HEAVY).any("lead")))
    classes = {"past_heavy": heavy, "past_all": past}
    enough = [name for name, of in classes.items() if of.sizes["issue"] >= LEAST]
    mean = pair.mean("lead")
    total = _difference(float(mean["observed"]), float(mean["estimate"]))
    out = {
        name: _summary(_percent(of.mean("lead")), total["percent"], of, pair.sizes["lead"])
        for name, of in classes.items()
    }
    issue = pd.Timestamp(pair["issue"].values)
    compared = enough[0] if enough else None
    by_lead = _percent(classes[compared]) if compared else None
    rows = []
    for k, lead in enumerate(pair["lead"].values):
        one = pair.isel(lead=k)
        row = _difference(float(one["observed"]), float(one["estimate"]))
        spread = None if by_lead is None else _spread(by_lead.isel(lead=k).values)
        rows.append({"day": issue + pd.Timedelta(days=int(lead)), **row, "past": spread})
    unexplained = _unexplained(total, out[compared]) if compared else None
    return {"days": rows, "whole": total, **out, "compared": compared, "unexplained": unexplained}


def _difference(observed: float, estimate: float) -> dict[str, Any]:
    return {
        "observed": observed,
        "estimate": estimate,
        "difference": observed - estimate,
        "percent": 100 * (observed / estimate - 1) if estimate > 0 else None,
    }


def _percent(of: xr.Dataset) -> xr.DataArray:
    """Observed minus estimate in percent of the estimate."""
    estimate = of["estimate"].where(of["estimate"] > 0)
    return 100 * (of["observed"] / estimate - 1)


def _spread(percent: np.ndarray) -> dict[str, float | None] | None:
    """5, 50 and 95 % of the finite values."""
    known = percent[np.isfinite(percent)]
    if not len(known):
        return None
    low, median, high = np.quantile(known, RANGE, method="hazen")
    return {"low": float(low), "median": float(median), "high": float(high)}


def _summary(percent: xr.DataArray, own: float | None, of: xr.Dataset, days: int) -> dict[str, Any]:
    spread = _spread(percent.values) or {"low": None, "median": None, "high": None}
    below = float((percent < own).mean()) if own is not None and percent.size else None
    highest = float(of["observed"].mean("lead").max()) if of.sizes["issue"] else None
    return {
        "issues": of.sizes["issue"],
        "stretches": separate(of["issue"].to_index(), days),
        **spread,
        "below": below,
        "highest": highest,
    }


def separate(issues: pd.DatetimeIndex, days: int) -> int:
    """Most of some stretches of so many days that do not overlap.

    Examples
    --------
    >>> separate(pd.DatetimeIndex(["2015-12-01", "2015-12-02", "2015-12-04"]), 3)
    2
    """
    count, free = 0, pd.Timestamp.min
    for issue in issues:
        if issue >= free:
            count, free = count + 1, issue + pd.Timedelta(days=days)
    return count


def _unexplained(total: dict[str, Any], past: dict[str, Any]) -> dict[str, Any] | None:
    """The difference beside what the model, corrected by each earlier ratio, would have given."""
    if total["percent"] is None:
        return None
    out: dict[str, Any] = {"percent": {}}
    for name, other in (("low", "high"), ("median", "median"), ("high", "low")):
        expected = total["estimate"] * (1 + past[other] / 100)
        out[name] = total["observed"] - expected
        out["percent"][name] = 100 * (total["observed"] / expected - 1) if expected > 0 else None
    return out
