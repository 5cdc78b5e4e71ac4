"""What other centres and systems read of a briefing: JSON, the city record, CSV and GeoJSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.atomic import write_json, write_text
from forecast.consultation.briefing import Briefing
from forecast.consultation.products.page import page_part
from forecast.consultation.products.wording import area_bulletin
from forecast.consultation.recommendation import LIKELY
from forecast.consultation.warning import COLOURS
from forecast.spreadsheet import harmless_table

NONE = "无"
"""What the public record says where there is nothing."""
COLOURS_ZH = ("", "黄色", "橙色", "红色")


def city_records(briefing: Briefing) -> list[dict[str, Any]]:
    """Public record of each city, as the exchange of forecasts words it.

    Returns
    -------
    list of dict
        ``CityCode, CityName, lon, lat, ForecastInfo, WarningInfo, WarningLevel`` and ``Days`` with
        ``Date, MinAQI, MaxAQI, Pollutant, Level``; ``无`` where there is none. The warning is the
        highest colour that some day falls under with a probability of `LIKELY`.
    """
    return [_record(city, briefing) for city in briefing["cities"]]


def briefing_table(briefing: Briefing) -> pd.DataFrame:
    """City × day table of a briefing.

    Returns
    -------
    pandas.DataFrame
        ``city, name, province, day, lead, low, high, level, primary, heavy_probability`` and the
        probability of a warning of at least each colour.
    """
    rows = [
        {
            "city": city["city"],
            "name": city["name"],
            "province": city["province"],
            "day": day["day"],
            "lead": day["lead"],
            "low": day["low"],
            "high": day["high"],
            "level": day["level"],
            "primary": " ".join(day["primary"]),
            "heavy_probability": day["heavy"],
            **{f"warning_{c}": day["warning"][k] for k, c in enumerate(COLOURS[1:])},
        }
        for city in briefing["cities"]
        for day in city["days"]
    ]
    return pd.DataFrame(rows).astype({"low": "Int64", "high": "Int64", "level": "Int64"})


def geojson(briefing: Briefing) -> dict[str, Any]:
    """Cities as points with their days (RFC 7946); one without a position has no geometry."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": city["city"],
                "geometry": None
                if city["lon"] is None or city["lat"] is None
                else {"type": "Point", "coordinates": [city["lon"], city["lat"]]},
                "properties": {
                    "name": city["name"],
                    "province": city["province"],
                    "issue": briefing["head"]["issue"],
                    "simulated": briefing["head"]["simulated"],
                    "days": [
                        {k: day[k] for k in ("day", "low", "high", "level", "primary", "heavy")}
                        for day in city["days"]
                    ],
                },
            }
            for city in briefing["cities"]
        ],
    }


def write_records(briefing: Briefing, stem: Path) -> list[Path]:
    """Write the public city record and, beside it, its JSON Schema."""
    schema = json.loads(page_part("records.schema.json"))
    return [
        write_json(_named(stem, "records.json"), city_records(briefing)),
        write_json(stem.with_name("records.schema.json"), schema),
    ]


def write_texts(briefing: Briefing, stem: Path) -> list[Path]:
    """Write the bulletins, Chinese and English."""
    return [
        write_text(_named(stem, f"{lang}.txt"), area_bulletin(briefing, lang))
        for lang in ("zh", "en")
    ]


def write_table(briefing: Briefing, stem: Path) -> list[Path]:
    """Write the city × day table as CSV that a spreadsheet opens as it is meant."""
    table = harmless_table(briefing_table(briefing)).to_csv(index=False)
    # the mark tells a spreadsheet that the Chinese names are UTF-8
    return [write_text(_named(stem, "csv"), "\ufeff" + table)]


def write_points(briefing: Briefing, stem: Path) -> list[Path]:
    """Write the cities as GeoJSON."""
    return [write_json(_named(stem, "geojson"), geojson(briefing))]


def _record(city: dict[str, Any], briefing: Briefing) -> dict[str, Any]:
    days = [d for d in city["days"] if d["low"] is not None]
    levels = briefing["head"]["levels"]
    reached = [
        max((k + 1 for k, p in enumerate(d["warning"]) if p >= LIKELY), default=0) for d in days
    ]
    colour = max(reached, default=0)
    under = [d["day"] for d, k in zip(days, reached, strict=True) if k]
    info = f"{under[0]}至{under[-1]}达到预警条件的概率不低于{LIKELY:.0%}" if under else NONE
    return {
        "CityCode": city["city"],
        "CityName": city["name"],
        "lon": city["lon"],
        "lat": city["lat"],
        "ForecastInfo": f"{days[0]['day']}至{days[-1]['day']}逐日预报" if days else NONE,
        "WarningInfo": info,
        "WarningLevel": COLOURS_ZH[colour] or NONE,
        "Days": [
            {
                "Date": d["day"],
                "MinAQI": int(d["low"]),
                "MaxAQI": int(d["high"]),
                "Pollutant": ",".join(d["primary"]) or NONE,
                "Level": levels[d["level"] - 1]["zh"],
            }
            for d in days
        ],
    }


def _named(stem: Path, ending: str) -> Path:
    return stem.with_name(f"{stem.name}.{ending}")
