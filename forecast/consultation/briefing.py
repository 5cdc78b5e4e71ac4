"""The briefing: the five steps of one area as plain values, from which every product is written.

Whatever a page, a text or a table says of a forecast stands here first, and comes from the issued
file, the observed days up to its issue, earlier issued files and the weather of its cycle. Missing
is None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import level, primary_names
from forecast.bulletin import bulletin_title
from forecast.consultation.adjusting.adjustments import adjustments_of
from forecast.consultation.areas import Area
from forecast.consultation.change import change_since
from forecast.consultation.episodes import Episode, episodes_ahead, warning_probabilities
from forecast.consultation.evaluation import by_city, by_lead, of_day
from forecast.consultation.insight import Insight, contributions_of, similar_days
from forecast.consultation.recommendation import recommendation
from forecast.consultation.review import observed_days, year_on_year
from forecast.consultation.roll_up import area_days
from forecast.consultation.settings import Consultation
from forecast.consultation.turns import turns_of
from forecast.pollutants import LABELS
from forecast.served import weather_remarks
from forecast.standard import as_date, standard_for

Briefing = dict[str, Any]
STEPS = ("review", "weather", "guidance", "consultation", "evaluation")
"""The five steps, in order."""
PEAKS = 3
"""Episodes for whose peak similar past days are given."""
FAN = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of the AQI given for each city and day."""


def make_briefing(
    issued: xr.Dataset,
    area: Area,
    settings: Consultation,
    *,
    observed: xr.Dataset | None = None,
    pairs: pd.DataFrame | None = None,
    before: xr.Dataset | None = None,
    weather: xr.Dataset | None = None,
    told: Insight | None = None,
    parts: Sequence[Area] = (),
) -> Briefing:
    """Gather the five steps of an area.

    Parameters
    ----------
    issued : xarray.Dataset
        From `forecast.issued.read_issued`.
    area : Area
    settings : Consultation
        Its section of the configuration.
    observed : xarray.Dataset, optional
        Observed daily values; days after the issue are not looked at.
    pairs : pandas.DataFrame, optional
        What the last issues said and what came, from `recent_pairs`; other cities may be among it.
    before : xarray.Dataset, optional
        The issue before, from `issue_before`.
    weather : xarray.Dataset, optional
        From `forecast.consultation.dispersion.dispersion`.
    told : Insight, optional
        From `forecast.consultation.insight.insight`.
    parts : sequence of Area
        Parts of the area that the bulletin tells one by one.

    Returns
    -------
    dict
        Keys `head`, `cities` and those of `STEPS`; only text, numbers, booleans, lists, dicts and
        None, so that it can be written as JSON.
    """
    issue = pd.Timestamp(issued["issue"].values)
    own = issued.sel(place=list(area.cities))
    colours = warning_probabilities(own, observed, rule=settings.rule, gap_hours=settings.gap_hours)
    days = area_days(issued, area)
    episodes = episodes_ahead(
        issued,
        area.cities,
        observed,
        rule=settings.rule,
        gap_hours=settings.gap_hours,
        lift_hours=settings.lift_hours,
        regional=settings.regional,
        radius_km=settings.radius_km,
    )
    review = _review(observed, area, issue)
    past = (
        pd.DataFrame() if pairs is None or pairs.empty else pairs[pairs["city"].isin(area.cities)]
    )
    if review["days"]:
        review["forecasts"] = of_day(past, pd.Timestamp(review["days"][-1]["day"]))
    warning = recommendation(issued, area.cities, settings, observed, before)
    ahead = [] if weather is None else weather_days(weather, area)
    briefing = {
        "head": _head(issued, area, settings),
        "cities": _cities(own, colours),
        "review": review,
        "weather": {"days": ahead, "turns": turns_of(ahead)},
        "guidance": {
            **_guidance(own),
            "contributions": None if told is None else contributions_of(told, area),
        },
        "consultation": {
            "days": days.to_dict("records"),
            "parts": [_part(issued, part, weather) for part in parts],
            "change": change_since(issued, area, before),
            "warning": None if warning is None else asdict(warning),
            "episodes": [asdict(e) for e in episodes],
            "similar": [] if told is None else similar_days(told, issued, area, _peaks(episodes)),
            "adjustments": _adjustments(issued, area),
        },
        "evaluation": {
            "leads": by_lead(past),
            "cities": by_city(past) if len(area.cities) > 1 else [],
        },
    }
    made: Briefing = plain(briefing)
    return made


def _review(observed: xr.Dataset | None, area: Area, issue: pd.Timestamp) -> dict[str, Any]:
    if observed is None:
        return {"days": [], "year_on_year": None, "forecasts": []}
    return {
        "days": observed_days(observed, area, issue),
        "year_on_year": year_on_year(observed, area, issue),
        "forecasts": [],
    }


def _part(issued: xr.Dataset, part: Area, weather: xr.Dataset | None) -> dict[str, Any]:
    return {
        "zh": part.zh,
        "en": part.en,
        "cities": list(part.cities),
        "days": area_days(issued, part).to_dict("records"),
        "weather": [] if weather is None else weather_days(weather, part),
    }


def _peaks(episodes: Sequence[Episode]) -> list[int]:
    """Leads of the likeliest peak days of the widest episodes; the first day without any."""
    widest = sorted(episodes, key=lambda e: -e.probability * e.extent.median)[:PEAKS]
    return sorted({int(e.peak_day.median) for e in widest}) or [1]


def _adjustments(issued: xr.Dataset, area: Area) -> list[dict[str, Any]]:
    """Adjustments that hold of cities of the area: the last one of each city and day."""
    made = adjustments_of(issued)
    last = {(one["city"], one["day"]): one for one in made if one["city"] in area.cities}
    return list(last.values())


def _head(issued: xr.Dataset, area: Area, settings: Consultation) -> dict[str, Any]:
    return {
        "area": {"level": area.level, "name": area.name, "zh": area.zh, "en": area.en},
        "title": {lang: bulletin_title(issued, lang) for lang in ("zh", "en")},
        "simulated": str(issued.attrs["simulated"]),
        "issue": pd.Timestamp(issued["issue"].values),
        "valid_days": [pd.Timestamp(d) for d in issued["valid_day"].values],
        "revision": int(issued.attrs["revision"]),
        "standard": issued.attrs["standard"],
        "utc_offset": float(issued.attrs["utc_offset"]),
        "data_cut_off": issued.attrs["data_cut_off"],
        "latest_observation": issued.attrs["latest_observation"],
        "trained_until": issued.attrs["trained_until"],
        "remarks": {lang: weather_remarks(issued, lang) for lang in ("zh", "en")},
        "warning_rule": settings.rule,
        "levels": [
            {
                "zh": n.zh,
                "en": n.en,
                "upper": n.upper,
                "color": list(n.color),
                "advice_zh": n.advice_zh,
                "advice_en": n.advice_en,
            }
            for n in standard_for(as_date(issued["valid_day"].values[0])).levels
        ],
    }


def _cities(own: xr.Dataset, colours: xr.DataArray) -> list[dict[str, Any]]:
    """What is forecast of each city, day by day."""
    by_place = ("place", "lead")
    low, high, number, mask, heavy = (
        own[n].transpose(*by_place).values
        for n in ("aqi_low", "aqi_high", "level", "primary", "heavy_probability")
    )
    fan = own["aqi"].sel(quantile=list(FAN), method="nearest").transpose(*by_place, "quantile")
    shares = own["level_probability"].transpose(*by_place, "level_number").values
    warning = colours.transpose(*by_place, "colour").values
    valid = pd.DatetimeIndex(own["valid_day"].values)
    ends = np.stack([low, high], axis=-1)
    levels = np.stack(
        [level(ends[:, k], standard_for(as_date(day))) for k, day in enumerate(valid)], axis=1
    )
    names = {int(m): [LABELS[p] for p in primary_names(max(int(m), 0))] for m in np.unique(mask)}
    place = {n: own[n].values for n in ("place", "name", "province", "lat", "lon")}
    return [
        {
            "city": str(place["place"][j]),
            "name": str(place["name"][j]),
            "province": str(place["province"][j]),
            "lat": float(place["lat"][j]),
            "lon": float(place["lon"][j]),
            "days": [
                {
                    "day": day,
                    "lead": int(own["lead"].values[k]),
                    "low": float(low[j, k]),
                    "high": float(high[j, k]),
                    "level": int(number[j, k]) or None,
                    "level_low": int(levels[j, k, 0]) or None,
                    "level_high": int(levels[j, k, 1]) or None,
                    "primary": names[int(mask[j, k])],
                    "fan": fan.values[j, k].tolist(),
                    "levels": shares[j, k].tolist(),
                    "heavy": float(heavy[j, k]),
                    "warning": warning[j, k].tolist(),
                }
                for k, day in enumerate(valid)
            ],
        }
        for j in range(len(place["place"]))
    ]


def weather_days(weather: xr.Dataset, area: Area) -> list[dict[str, Any]]:
    """Mean over the cities by day, with the cities of each class of dispersion."""
    own = weather.sel(place=[c for c in area.cities if c in weather["place"].values])
    found = []
    for lead in own["lead"].values:
        day = own.sel(lead=lead)
        mean = {str(n): float(day[n].mean()) for n in day.data_vars if n != "dispersion"}
        classes = day["dispersion"].values
        found.append(
            {
                "lead": int(lead),
                **mean,
                "classes": [int((classes == n).sum()) for n in range(3)],
            }
        )
    return found


def _guidance(own: xr.Dataset) -> dict[str, Any]:
    """Median AQI of every member, mean over the cities, their weighted spread, and the weights."""
    median = own["member_aqi"].sel(quantile=0.5, method="nearest").mean("place")
    values = median.transpose("member", "lead").values
    weights = own["member_weight"].sel(pollutant="pm25").transpose("member", "lead").values
    names = own["member"].values.astype(str).tolist()
    share = weights / np.maximum(weights.sum(axis=0), 1e-9)
    centre = (share * values).sum(axis=0)
    between = np.sqrt((share * (values - centre) ** 2).sum(axis=0))
    return {
        "members": [
            {"name": name, "aqi": values[i].tolist(), "weight": weights[i].tolist()}
            for i, name in enumerate(names)
        ],
        "disagreement": between.tolist(),
    }


def plain(value: Any) -> Any:
    """Plain values for JSON: dates as text, numbers to four decimals, missing ones as None."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return None if not np.isfinite(value) else round(value, 4)
    return value
