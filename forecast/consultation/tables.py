"""The tables of the five steps, from which the document and the workbook are written.

Each takes a briefing and a language; where it has no rows it says why.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast.aqi import level
from forecast.bulletin import POSSIBLE, Language
from forecast.consultation.briefing import Briefing
from forecast.consultation.cells import MISSING, PERCENT, SIGNED, TENTH, WHOLE, Cell, Table, rounded
from forecast.consultation.words import WORDS
from forecast.pollutants import LABELS
from forecast.standard import as_date, standard_for
from forecast.weight_picture import MEMBERS_ZH

WORST = 3
"""Cities named as the worst of a day."""
LIKELIEST = 8
"""Cities named of an episode."""


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
                _index(day["aqi"], day["day"]),
                Cell(day["cities"]),
                *(Cell(n) for n in day["levels"].values()),
                Cell(("，" if lang == "zh" else ", ").join(worst)),
            ]
        )
    head = [word["day"], word["mean_aqi"], word["cities"], *_level_names(briefing, lang)]
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


def weather_table(briefing: Briefing, lang: Language) -> Table:
    """Step 2: weather and dispersion by day, mean over the cities."""
    word, days = words_of(lang), briefing["head"]["valid_days"]
    shown = {
        "ws": (TENTH, lambda v: v),
        "r2": (WHOLE, lambda v: v),
        "t2m": (TENTH, lambda v: v - 273.15),
        "sp": (WHOLE, lambda v: v / 100),
    }
    fields = [f for f in shown if briefing["weather"] and f in briefing["weather"][0]]
    rows = []
    for day in briefing["weather"]:
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
    return Table(word["medians"], [word["member"], *_days(briefing, lang)], rows)


def weights_table(briefing: Briefing, lang: Language) -> Table:
    """Step 3: weights of the members in PM2.5 by day."""
    word = words_of(lang)
    rows = [
        [Cell(member_name(m["name"], lang)), *(Cell(w, PERCENT) for w in m["weight"])]
        for m in briefing["guidance"]["members"]
    ]
    return Table(word["weights"], [word["member"], *_days(briefing, lang)], rows)


def episodes_table(briefing: Briefing, lang: Language) -> Table:
    """Step 4: heavy-pollution episodes ahead, one a row."""
    word, days = words_of(lang), briefing["head"]["valid_days"]

    def spread(of: dict[str, float], lead: bool) -> Cell:
        text = [
            short_day(days[int(of[k]) - 1], lang) if lead else Cell(of[k]).text
            for k in ("median", "low", "high")
        ]
        return Cell(text[0] if text[1] == text[2] else f"{text[0]} ({text[1]}–{text[2]})")

    def more(cities: list[str]) -> list[str]:
        return ["…"] if len(cities) > LIKELIEST else []

    names = {c["city"]: city_name(c, lang) for c in briefing["cities"]}
    leads = ("start", "peak_day", "end")
    rows = [
        [
            Cell(f"{short_day(e['first'], lang)}–{short_day(e['last'], lang)}"),
            Cell(e["probability"], PERCENT),
            Cell(e["regional_probability"], PERCENT),
            *(spread(e[k], k in leads) for k in ("start", "peak_day", "peak", "end", "extent")),
            Cell(LABELS[e["primary"]]),
            *(Cell(e["colours"][c], PERCENT) for c in ("yellow", "orange", "red")),
            Cell(" ".join([*(names[c] for c in e["cities"][:LIKELIEST]), *more(e["cities"])])),
        ]
        for e in briefing["consultation"]["episodes"]
    ]
    keys = ("span", "probability", "regional", "start", "peak_day", "peak", "end", "extent",
            "primary", "yellow", "orange", "red", "cities")  # fmt: skip
    return Table(word["episodes"], [word[k] for k in keys], rows, word["no_episode"])


def area_days_table(briefing: Briefing, lang: Language) -> Table:
    """Step 4: the area day by day."""
    word, rows = words_of(lang), []
    for day in briefing["consultation"]["days"]:
        mean = day.get("aqi_mean")
        text = heavy_text = MISSING
        if mean is not None:
            low, high = (Cell(day[f"aqi_mean_{end}"]).text for end in ("low", "high"))
            text = f"{Cell(mean).text} ({low}–{high})"
            heavy = Cell(day["heavy_cities"], TENTH).text
            few, many = (Cell(day[f"heavy_{end}"]).text for end in ("low", "high"))
            heavy_text = f"{heavy} ({few}–{many})"
        rows.append(
            [
                Cell(short_day(day["valid_day"], lang)),
                Cell(text, level=_index(mean, day["valid_day"]).level),
                *(Cell(day.get(f"level_{n}")) for n in range(1, 7)),
                Cell(heavy_text),
                Cell(day.get("heavy_probability"), PERCENT),
                Cell(day.get("primary") or MISSING),
            ]
        )  # fmt: skip
    head = [word["day"], word["mean_aqi"], *_level_names(briefing, lang), word["heavy_cities"]]
    return Table(word["area_days"], [*head, word["heavy_probability"], word["primary"]], rows)


def city_days_table(briefing: Briefing, lang: Language) -> Table:
    """Step 4: issued range and primary pollutants of each city and day, by level."""
    word, rows = words_of(lang), []
    for city in briefing["cities"]:
        cells = [
            Cell(None)
            if d["low"] is None
            else Cell(
                "\n".join([f"{d['low']:.0f}–{d['high']:.0f}", *d["primary"]]), level=d["level"]
            )
            for d in city["days"]
        ]
        rows.append([Cell(city_name(city, lang)), *cells])
    return Table(word["cities_days"], [word["city"], *_days(briefing, lang)], rows)


def warnings_table(briefing: Briefing, lang: Language) -> Table:
    """Step 4: cities that may meet the conditions of a warning, the likeliest first."""
    word, rows = words_of(lang), []
    for city in briefing["cities"]:
        under = [d for d in city["days"] if (d["warning"][0] or 0) >= POSSIBLE]
        if under:
            first, last = (short_day(under[k]["day"], lang) for k in (0, -1))
            highest = [max(d["warning"][k] or 0 for d in under) for k in range(3)]
            span = first if first == last else f"{first}–{last}"
            rows.append((highest, [city_name(city, lang), span]))
    rows.sort(key=lambda row: row[0], reverse=True)
    head = [word[k] for k in ("city", "span", "yellow", "orange", "red")]
    cells = [[*map(Cell, texts), *(Cell(p, PERCENT) for p in chance)] for chance, texts in rows]
    return Table(word["warnings"], head, cells, word["no_warning"])


def forecasts_table(briefing: Briefing, lang: Language) -> Table:
    """Step 5: what the last issues were worth, by lead, beside the pairs it rests on."""
    word = words_of(lang)
    rows = [
        [
            Cell(f["lead"]),
            Cell(f["pairs"]),
            Cell(f["level"], PERCENT),
            _interval(f["level_interval"]),
            Cell(f["range"], PERCENT),
            _interval(f["range_interval"]),
            Cell(f["error"], SIGNED),
        ]
        for f in briefing["evaluation"]
    ]
    keys = ("lead", "pairs", "level_right", "interval", "range_right", "interval", "error")
    head = [word[k] for k in keys]
    return Table(word["recent"], head, rows, word["nothing"])


def member_name(name: str, lang: Language) -> str:
    """Name of a member in the language; a model's own name stays as it is."""
    return MEMBERS_ZH.get(name, name) if lang == "zh" else name


def _index(aqi: float | None, day: str) -> Cell:
    """A mean AQI, in the colour of the whole number that is shown."""
    if aqi is None:
        return Cell(None)
    shown = np.array([rounded(aqi)])
    return Cell(aqi, level=int(level(shown, standard_for(as_date(day)))[0]))


def _days(briefing: Briefing, lang: Language) -> list[str]:
    return [short_day(day, lang) for day in briefing["head"]["valid_days"]]


def _level_names(briefing: Briefing, lang: Language) -> list[str]:
    return [one[lang] for one in briefing["head"]["levels"]]


def _dispersion(classes: list[int], word: dict[str, str]) -> str:
    """Class that most cities have; with their number where there are several."""
    if not any(classes):
        return MISSING
    most = classes.index(max(classes))
    name = word[("unfavourable", "ordinary", "favourable")[most]]
    return name if sum(classes) == 1 else f"{name} {classes[most]}/{sum(classes)}"


def _range_and_primary(day: dict[str, Any]) -> str:
    return "\n".join([f"{day['low']:.0f}–{day['high']:.0f}", *day["primary"]])


def _interval(ends: list[float] | None) -> Cell:
    return Cell(
        None if ends is None else f"{Cell(100 * ends[0]).text}–{Cell(ends[1], PERCENT).text}"
    )
