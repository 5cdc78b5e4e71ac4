"""Tables of the steps 4 and 5, from which the document and the workbook are written.

Each takes a briefing and a language; where it has no rows it says why.
"""

from __future__ import annotations

from typing import Any

from forecast.bulletin import POSSIBLE, Language
from forecast.consultation.briefing import Briefing
from forecast.consultation.insight import AFTER
from forecast.consultation.products.cells import MISSING, PERCENT, SIGNED, TENTH, Cell, Table
from forecast.consultation.products.tables import (
    city_name,
    day_names,
    index_cell,
    level_names,
    short_day,
    words_of,
)
from forecast.pollutants import LABELS

SIDE_BY_SIDE = 4
"""Episodes that stand beside each other with all that is known of them; more stand below."""
LIKELIEST = 8
"""Cities named of an episode."""


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
            Cell("–".join(dict.fromkeys(short_day(e[k], lang) for k in ("first", "last")))),
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
    table = Table(word["episodes"], [word[k] for k in keys], rows, word["no_episode"])
    if len(rows) <= SIDE_BY_SIDE:
        return table.turned()
    shown = ("span", "cities", "probability", "peak_day", "peak", "end", "yellow", "orange", "red")
    return table.only([keys.index(k) for k in shown])


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
                Cell(text, level=index_cell(mean, day["valid_day"]).level),
                *(Cell(day.get(f"level_{n}")) for n in range(1, 7)),
                Cell(heavy_text),
                Cell(day.get("heavy_probability"), PERCENT),
                Cell(day.get("primary") or MISSING),
            ]
        )  # fmt: skip
    head = [word["day"], word["mean_aqi"], *level_names(briefing, lang), word["heavy_cities"]]
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
    return Table(word["cities_days"], [word["city"], *day_names(briefing, lang)], rows)


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


def change_table(briefing: Briefing, lang: Language) -> Table:
    """Step 4: what the forecast of the same days said in the issue before, and says now."""
    word, found = words_of(lang), briefing["consultation"]["change"]
    names = {c["city"]: city_name(c, lang) for c in briefing["cities"]}
    levels = level_names(briefing, lang)

    def moved(cities: list[dict[str, Any]], count: int) -> Cell:
        told = [f"{names[c['city']]} {levels[c['before'] - 1]}→{levels[c['now'] - 1]}"
                for c in cities]  # fmt: skip
        more = [" …"] if count > len(cities) else []
        return Cell(("，" if lang == "zh" else ", ").join([*told, *more]) or MISSING)

    rows = [
        [
            Cell(short_day(d["day"], lang)),
            index_cell(d["aqi_mean_before"], d["day"]),
            index_cell(d["aqi_mean"], d["day"]),
            Cell(d["heavy_probability_before"], PERCENT),
            Cell(d["heavy_probability"], PERCENT),
            moved(d["up"], d["ups"]),
            moved(d["down"], d["downs"]),
        ]
        for d in (found["days"] if found else ())
    ]
    pairs = [f"{word[k]} {word[t]}" for k in ("mean_aqi", "heavy_probability")
             for t in ("before", "now")]  # fmt: skip
    head = [word["day"], *pairs, word["levels_up"], word["levels_down"]]
    title = word["change"].format(day=short_day(found["issue"], lang)) if found else ""
    return Table(title, head, rows, word["nothing"])


def similar_tables(briefing: Briefing, lang: Language) -> list[Table]:
    """Step 4: for each peak ahead the past days most like it, and what followed them."""
    word, days, tables = words_of(lang), briefing["head"]["valid_days"], []
    after = [word["after"].format(n=k) for k in range(1, AFTER + 1)]
    for one in briefing["consultation"]["similar"]:
        day = short_day(days[one["lead"] - 1], lang)
        rows = [
            [
                Cell(d["day"]),
                Cell(d["weight"], PERCENT),
                *(index_cell(v, d["day"]) for v in d["aqi"]),
            ]
            for d in one["days"]
        ]
        head = [word["day"], word["weight"], word["that_day"], *after]
        tables.append(Table(word["similar_to"].format(day=day), head, rows, word["nothing"]))
    return tables


def adjustments_table(briefing: Briefing, lang: Language) -> Table:
    """Step 4: what was adjusted so far, by whom and why."""
    word = words_of(lang)
    names = {c["city"]: city_name(c, lang) for c in briefing["cities"]}
    levels = level_names(briefing, lang)
    rows = [
        [
            Cell(names[a["city"]]),
            Cell(short_day(a["day"], lang)),
            Cell(f"{a['low']}–{a['high']}"),
            Cell(levels[a["level"] - 1], level=a["level"]),
            *(Cell(a[k]) for k in ("primary", "reason", "author")),
        ]
        for a in briefing["consultation"]["adjustments"]
    ]
    keys = ("city", "day", "range", "level", "primary", "reason", "author")
    return Table(word["adjustments"], [word[k] for k in keys], rows, word["nothing"])


def evaluation_tables(briefing: Briefing, lang: Language) -> list[Table]:
    """Step 5: what the last issues were worth, by lead and, where there are several, by city."""
    word = words_of(lang)
    names = {c["city"]: city_name(c, lang) for c in briefing["cities"]}
    keys = ("pairs", "level_right", "interval", "guidance_right", "persistence_right",
            "range_right", "interval", "width", "error")  # fmt: skip
    head = [word[k] for k in keys]
    found = briefing["evaluation"]
    tables = [Table(word["by_lead"], [word["lead"], *head],
                    [[Cell(f["lead"]), *_worth(f)] for f in found["leads"]],
                    word["nothing"])]  # fmt: skip
    if len(found["cities"]) > 1:
        rows = [[Cell(names[f["city"]]), *_worth(f)] for f in found["cities"]]
        tables.append(Table(word["by_city"], [word["city"], *head], rows))
    return tables


def _worth(found: dict[str, Any]) -> list[Cell]:
    return [
        Cell(found["pairs"]),
        Cell(found["level"], PERCENT),
        _interval(found["level_interval"]),
        *(Cell(found[k], PERCENT) for k in ("guidance", "persistence", "range")),
        _interval(found["range_interval"]),
        Cell(found["width"]),
        Cell(found["error"], SIGNED),
    ]


def _interval(ends: list[float] | None) -> Cell:
    return Cell(
        None if ends is None else f"{Cell(100 * ends[0]).text}–{Cell(ends[1], PERCENT).text}"
    )
