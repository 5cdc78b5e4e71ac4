"""What other centres and systems read of a briefing: JSON, the city record, CSV and GeoJSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.atomic import write_json, write_text
from forecast.bulletin import Language
from forecast.consultation.briefing import Briefing
from forecast.consultation.document import check_document, write_document
from forecast.consultation.page import briefing_page, page_part
from forecast.consultation.warning import COLOURS
from forecast.consultation.wording import area_bulletin
from forecast.consultation.workbook import openpyxl_library, write_workbook

NONE = "无"
"""What the public record says where there is nothing."""
LIKELY = 0.5
"""Probability from which on the public record names a warning."""
COLOURS_ZH = ("", "黄色", "橙色", "红色")
FORMATS = ("html", "txt", "json", "csv", "geojson", "records", "xlsx", "docx")
"""Formats of `write_briefing`, by the names of the command."""
EXTRA: dict[str, Callable[[], Any]] = {"xlsx": openpyxl_library, "docx": check_document}
"""Formats that take an extra, with what raises MissingExtraError where it is not installed."""
USUAL = tuple(name for name in FORMATS if name not in EXTRA)
"""Formats that need no extra."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First signs that make a spreadsheet take text for a formula."""


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


def write_briefing(
    briefing: Briefing,
    folder: Path,
    formats: tuple[str, ...] = FORMATS,
    lang: Language = "zh",
) -> list[Path]:
    """Write the products of a briefing into a folder.

    Parameters
    ----------
    briefing : dict
        From `make_briefing`.
    folder : Path
        Files are called ``<level>-<area>.<…>``; each appears whole or not at all.
    formats : tuple of str
        Of `FORMATS`: ``html`` the page, ``txt`` the bulletins, ``json`` the whole briefing,
        ``csv`` the table, ``geojson`` the points, ``records`` the public city record
        and its JSON Schema, ``xlsx`` the workbook with the sheet of adjustments, ``docx`` the
        document with pictures (both extra `report`).
    lang : {"zh", "en"}
        Language the page opens in, and of workbook and document; the rest is in both or in none.

    Returns
    -------
    list of Path
        What was written.
    """
    area = briefing["head"]["area"]
    stem = folder / f"{area['level']}-{_file_name(area['name'])}"
    written = []
    for name in formats:
        if name == "html":
            written.append(write_text(_named(stem, "html"), briefing_page(briefing, lang)))
        elif name == "txt":
            written += [
                write_text(_named(stem, f"{lang}.txt"), area_bulletin(briefing, lang))
                for lang in ("zh", "en")
            ]
        elif name == "json":
            written.append(write_json(_named(stem, "json"), briefing))
        elif name == "csv":
            table = briefing_table(briefing).map(_harmless).to_csv(index=False)
            written.append(write_text(_named(stem, "csv"), "\ufeff" + table))
        elif name == "geojson":
            written.append(write_json(_named(stem, "geojson"), geojson(briefing)))
        elif name == "xlsx":
            written.append(write_workbook(briefing, _named(stem, "xlsx"), lang))
        elif name == "docx":
            written.append(write_document(briefing, _named(stem, "docx"), lang))
        else:
            written.append(write_json(_named(stem, "records.json"), city_records(briefing)))
            schema = json.loads(page_part("records.schema.json"))
            written.append(write_json(folder / "records.schema.json", schema))
    return written


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


def _file_name(name: str) -> str:
    """The id of an area without what a file system or a path could take amiss."""
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in name)


def _harmless(cell: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets a quote before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
