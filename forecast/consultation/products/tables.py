"""Tables of the steps 1 to 3, from which the document and the workbook are written.

Each takes a briefing and a language; where it has no rows it says why.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.aqi import level
from forecast.bulletin import Language
from forecast.consultation.briefing import Briefing
from forecast.consultation.products.cells import (
    MISSING,
    PERCENT,
    SIGNED,
    TENTH,
    WHOLE,
    Cell,
    Table,
    rounded,
)
from forecast.consultation.products.words import WORDS
from forecast.standard import as_date, standard_for
from forecast.weight_picture import MEMBERS_ZH

WORST = 3
"""Cities named as the worst of a day."""


def words_of(lang: Language) -> dict[str, str]:
    """Words of the briefing in one language."""
    return {key: pair[lang] for key, pair in WORDS.items()}


def short_day(day: str, lang: Language) -> str:
    """A day without its year: 12月6日, 12-06."""
    return f"{int(day[5:7])}月{int(day[8:])}日" if lang == "zh" else day[5:]


def city_name(city: dict[str, Any], lang: Language) -> str:
    """Chinese name or id of a city of the briefing."""
    return str(city["name" if lang == "zh" else "city"])


def observed_table(briefing: Briefing, lang: Language) -> Table:
    """Step 1: mean AQI of the last days, cities by level, and the worst of them."""
    word = words_of(lang)
    names = {c["city"]: city_name(c, lang) for c in briefing["cities"]}
    rows = []
    for day in briefing["review"]["days"]:
        worst = (f"{names[c['city']]} {c['aqi']}" for c in day["worst"][:WORST])
        rows.append(
            [
                Cell(day["day"]),
                index_cell(day["aqi"], day["day"]),
                Cell(day["cities"]),
                *(Cell(n) for n in day["levels"].values()),
                Cell(("，" if lang == "zh" else ", ").join(worst)),
            ]
        )
    head = [word["day"], word["mean_aqi"], word["cities"], *level_names(briefing, lang)]
    return Table(word["observed"], [*head, word["worst"]], rows, word["nothing"])


def year_line(briefing: Briefing, lang: Language) -> str:
    """Step 1: the last thirty days against those of a year before; empty where none is known."""
    year, word = briefing["review"]["year_on_year"], words_of(lang)
    if year is None:
        return ""
    text = {k: Cell(year[k]).text for k in ("aqi", "aqi_before", "pm25", "pm25_before")}
    colon = "：" if lang == "zh" else ": "
    return (
        f"{word['year']}{colon}AQI {text['aqi']} ({text['aqi_before']}), PM2.5 {text['pm25']} "
        f"({text['pm25_before']}) µg/m³, {year['pairs']} {word['city_days']}"
    )


def said_table(briefing: Briefing, lang: Language) -> Table:
    """Step 1: what was said of the last day observed, by lead, beside what came."""
    word, days = words_of(lang), briefing["review"]["days"]
    rows = []
    for said in briefing["review"]["forecasts"]:
        day = days[-1]["day"]
        middle = index_cell((said["low"] + said["high"]) / 2, day).level
        rows.append(
            [
                Cell(said["lead"]),
                Cell(said["pairs"]),
                Cell(f"{rounded(said['low']):.0f}–{rounded(said['high']):.0f}", level=middle),
                index_cell(said["aqi"], day),
                Cell(said["level"], PERCENT),
                Cell(said["range"], PERCENT),
            ]
        )
    keys = ("lead", "pairs", "mean_range", "came", "level_right", "range_right")
    title = word["said"].format(day=short_day(days[-1]["day"], lang)) if days else ""
    return Table(title, [word[k] for k in keys], rows, word["nothing"])


def weather_table(briefing: Briefing, lang: Language) -> Table:
    """Step 2: weather and dispersion by day, mean over the cities."""
    word, days = words_of(lang), briefing["head"]["valid_days"]
    ahead = briefing["weather"]["days"]
    shown = {
        "ws": (TENTH, lambda v: v),
        "r2": (WHOLE, lambda v: v),
        "t2m": (TENTH, lambda v: v - 273.15),
        "sp": (WHOLE, lambda v: v / 100),
    }
    fields = [f for f in shown if ahead and f in ahead[0]]
    rows = []
    for day in ahead:
        values = [
            Cell(None if day[f] is None else shown[f][1](day[f]), shown[f][0]) for f in fields
        ]
        rank = Cell(day["rank"], PERCENT)
        rows.append([Cell(short_day(days[day["lead"] - 1], lang)), *values, rank,
                     Cell(_dispersion(day["classes"], word))])  # fmt: skip
    head = [word["day"], *(word[f] for f in fields), word["rank"], word["dispersion"]]
    return Table("", head, rows, word["nothing"])


def members_table(briefing: Briefing, lang: Language) -> Table:
    """Step 3: median AQI of the members by day, and how far they disagree."""
    word, guidance = words_of(lang), briefing["guidance"]
    rows = [[Cell(member_name(m["name"], lang)), *map(Cell, m["aqi"])] for m in guidance["members"]]
    rows.append([Cell(word["disagreement"]), *map(Cell, guidance["disagreement"])])
    return Table(word["medians"], [word["member"], *day_names(briefing, lang)], rows)


def weights_table(briefing: Briefing, lang: Language) -> Table:
    """Step 3: weights of the members in PM2.5 by day."""
    word = words_of(lang)
    rows = [
        [Cell(member_name(m["name"], lang)), *(Cell(w, PERCENT) for w in m["weight"])]
        for m in briefing["guidance"]["members"]
    ]
    return Table(word["weights"], [word["member"], *day_names(briefing, lang)], rows)


def contributions_table(briefing: Briefing, lang: Language) -> Table:
    """Step 3: what the issued mean of PM2.5 is made of, µg/m³ by day."""
    word, found = words_of(lang), briefing["guidance"]["contributions"]
    rows = []
    if found:
        rows = [[Cell(g[lang]), *(Cell(v, SIGNED) for v in g["values"])] for g in found["groups"]]
        rows.append([Cell(word["total"]), *(Cell(v, TENTH) for v in found["total"])])
    return Table(word["why"], [word["part"], *day_names(briefing, lang)], rows, word["nothing"])


def member_name(name: str, lang: Language) -> str:
    """Name of a member in the language; a model's own name stays as it is."""
    return MEMBERS_ZH.get(name, name) if lang == "zh" else name


def index_cell(aqi: float | None, day: str) -> Cell:
    """A mean AQI, in the colour of the whole number that is shown."""
    if aqi is None:
        return Cell(None)
    shown = np.array([rounded(aqi)])
    return Cell(aqi, level=int(level(shown, standard_for(as_date(day)))[0]))


def day_names(briefing: Briefing, lang: Language) -> list[str]:
    """The days ahead without their year."""
    return [short_day(day, lang) for day in briefing["head"]["valid_days"]]


def level_names(briefing: Briefing, lang: Language) -> list[str]:
    """Names of the levels."""
    return [one[lang] for one in briefing["head"]["levels"]]


def _dispersion(classes: list[int], word: dict[str, str]) -> str:
    """Class that most cities have; with their number where there are several."""
    if not any(classes):
        return MISSING
    most = classes.index(max(classes))
    name = word[("unfavourable", "ordinary", "favourable")[most]]
    return name if sum(classes) == 1 else f"{name} {classes[most]}/{sum(classes)}"
