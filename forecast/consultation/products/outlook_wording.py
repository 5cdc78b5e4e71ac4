"""The outlook of an area in words: stretches of days by level and dispersion, and what turns.

Words of uncertainty are bound to probabilities of AQI > 200: 预计/expected from `EXPECTED` on, else
可能/possible from `POSSIBLE` on or where a heavy level is issued; below that nothing is said.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pandas as pd

from forecast.bulletin import EXPECTED, HEAVY_LEVEL, POSSIBLE, Language, level_words
from forecast.consultation.products.phrases import (
    CLASSES,
    names_of_cities,
    share_of_cities,
    span_of_days,
)
from forecast.consultation.turns import dispersion_class

NAMED = 3
"""Cities named of those at risk."""


def outlook(part: dict[str, Any], cities: list[dict[str, Any]], lang: Language) -> str:
    """Stretches of days of equal level words and dispersion.

    Parameters
    ----------
    part : dict
        Names ``zh`` and ``en``, ``days`` of `area_days`, and ``weather`` by lead.
    cities : list of dict
        Its cities, as in the briefing.
    lang : {"zh", "en"}
    """
    days = [d for d in part["days"] if d["cities"]]
    classes = {day["lead"]: dispersion_class(day) for day in part["weather"]}
    pieces = []
    for (levels, klass), group in groupby(
        days, key=lambda d: ((d["level_low"], d["level_high"]), classes.get(d["lead"]))
    ):
        run = list(group)
        span = span_of_days(run[0]["valid_day"], run[-1]["valid_day"], lang)
        words = level_words(_near(levels, run), lang, pd.Timestamp(run[0]["valid_day"]))
        primary = [d["primary"] for d in run if d["primary"]]
        most = max(dict.fromkeys(primary), key=primary.count) if primary else ""
        event = _event(cities, {d["lead"] for d in run}, _near(levels, run)[0], lang)
        alone = len(cities) == 1
        if levels == (1, 1):
            most = ""  # where all is excellent no pollutant is primary
        if lang == "zh":
            cause = f"扩散条件{CLASSES[klass][0]}，" if klass is not None else ""
            tail = f"，首要污染物{most if alone else f'以{most}为主'}" if most else ""
            pieces.append(f"{span}，{cause}{words if alone else f'以{words}为主'}{event}{tail}")
        else:
            cause = f"{CLASSES[klass][1]} dispersion, " if klass is not None else ""
            mostly = "" if alone else "mostly "
            tail = f", primary pollutant {mostly}{most}" if most else ""
            pieces.append(f"{span}: {cause}{mostly}{words}{event}{tail}")
    name = part[lang]
    return f"{name}：{'；'.join(pieces)}。" if lang == "zh" else f"{name}. {'; '.join(pieces)}."


def turns_line(turns: list[dict[str, Any]], days: list[str], lang: Language) -> str:
    """What changes in the weather, and on which day."""
    zh = lang == "zh"
    pieces = []
    for turn in turns:
        day = days[turn["lead"] - 1]
        said = []
        if turn["cold"]:
            fall, rise = turn["cold"][0], turn["cold"][1] / 100
            said.append(
                f"受冷空气影响（气温下降{fall:.0f} °C，气压上升{rise:.0f} hPa）"
                if zh
                else f"cold air ({fall:.0f} °C colder, pressure up {rise:.0f} hPa)"
            )
        if turn["rain"]:
            rain = turn["rain"]
            said.append(f"有降水（{rain:.0f} mm）" if zh else f"rain ({rain:.0f} mm)")
        if turn["dispersion"]:
            old, new = (CLASSES[k][0 if zh else 1] for k in turn["dispersion"])
            said.append(
                f"扩散条件由{old}转为{new}" if zh else f"dispersion turns from {old} to {new}"
            )
        span = span_of_days(day, day, lang)
        pieces.append(f"{span}{'，'.join(said)}" if zh else f"{span} {', '.join(said)}")
    if zh:
        return f"天气转折：{'；'.join(pieces)}。"
    return f"Turns of the weather: {'; '.join(pieces)}."


def _near(levels: tuple[int, int], run: list[dict[str, Any]]) -> tuple[int, int]:
    """A span of at most two levels; of a wider one that within which most cities are issued at."""
    low, high = levels
    if high - low <= 1:
        return levels
    count = {n: sum(d[f"level_{n}"] for d in run) for n in range(low, high + 1)}
    most = max(count, key=lambda n: count[n])
    return most, most


def _event(cities: list[dict[str, Any]], leads: set[int], lowest: int, lang: Language) -> str:
    """Where heavy pollution is expected or possible on these days, and how probable it is."""
    chance: dict[str, float] = {}
    for city in cities:
        days = [d for d in city["days"] if d["lead"] in leads and d["level"]]
        highest = max((d["heavy"] for d in days), default=0.0)
        if highest >= POSSIBLE or any(d["level"] >= HEAVY_LEVEL for d in days):
            chance[city["name" if lang == "zh" else "city"]] = highest
    if not chance:
        return ""
    likeliest = sorted(chance, key=lambda name: -chance[name])
    top = chance[likeliest[0]]
    sure = sum(p >= EXPECTED for p in chance.values())
    zh = lang == "zh"
    if len(cities) == 1 and lowest >= HEAVY_LEVEL and not sure:
        # the level is said already: neither 预计 nor 可能
        return f"，重度及以上概率最高{top:.0%}" if zh else f", probability up to {top:.0%}"
    said = (_said_zh if zh else _said_en)(sure, len(chance), len(cities))
    names = names_of_cities(likeliest, NAMED, lang) if len(cities) > 1 else ""
    if zh:
        return f"，{said}（最高概率{top:.0%}{'：' if names else ''}{names}）"
    return f", {said} (probability up to {top:.0%}{': ' if names else ''}{names})"


def _said_zh(sure: int, risky: int, cities: int) -> str:
    event = "重度及以上污染"
    if cities == 1:
        return f"{'预计' if sure else '可能'}出现{event}"
    parts = []
    if sure:
        parts.append(f"{share_of_cities(sure / cities, 'zh')}预计出现{event}")
    if risky > sure:
        who = share_of_cities((risky - sure) / cities, "zh")
        parts.append(f"另有{who}可能出现" if sure else f"{who}可能出现{event}")
    return "、".join(parts)


def _said_en(sure: int, risky: int, cities: int) -> str:
    event = "heavy pollution"
    if cities == 1:
        return f"{event} {'expected' if sure else 'possible'}"
    parts = []
    if sure:
        parts.append(f"{event} expected in {share_of_cities(sure / cities, 'en')}")
    if risky > sure:
        who = share_of_cities((risky - sure) / cities, "en")
        others = who.replace("cities", "others")
        parts.append(f"possible in {others}" if sure else f"{event} possible in {who}")
    return " and ".join(parts)
