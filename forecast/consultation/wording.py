"""The bulletin of an area in Chinese and English, written by rules from its briefing.

Every number and level word is one of the briefing's. Words of uncertainty are bound to
probabilities: 预计/expected where a heavy level is issued or P(AQI > 200) reaches `EXPECTED`, else
可能/possible from `POSSIBLE` on; below that nothing is said.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pandas as pd

from forecast.bulletin import EXPECTED, HEAVY_LEVEL, POSSIBLE, Language, level_words
from forecast.consultation.briefing import Briefing
from forecast.consultation.cells import rounded
from forecast.pollutants import LABELS

FEW, SOME = 0.1, 0.4
"""Shares of an area's cities up to which they are 个别 and 部分; 多数 above."""
DISPERSION = (
    ("扩散条件偏不利", "unfavourable dispersion"),
    ("扩散条件一般", "ordinary dispersion"),
    ("扩散条件总体有利", "favourable dispersion"),
)
COLOURS = {"yellow": ("黄色", "yellow"), "orange": ("橙色", "orange"), "red": ("红色", "red")}


def area_bulletin(briefing: Briefing, lang: Language) -> str:
    """Write the bulletin of an area.

    Parameters
    ----------
    briefing : dict
        From `make_briefing`.
    lang : {"zh", "en"}

    Returns
    -------
    str
        Title, which says where data are simulated, and day of issue; then a line each: the outlook
        by stretches of days, the episodes with their warnings, advice for the public.
    """
    return "\n".join([_heading(briefing["head"], lang), *bulletin_lines(briefing, lang)]) + "\n"


def bulletin_lines(briefing: Briefing, lang: Language) -> list[str]:
    """The bulletin without its heading, a line an item."""
    days = [d for d in briefing["consultation"]["days"] if d["cities"]]
    name = briefing["head"]["area"][lang]
    if not days:
        return ["无可用预报。" if lang == "zh" else "No forecast is available."]
    lines = [_outlook(briefing, days, name, lang)]
    episodes = briefing["consultation"]["episodes"]
    lines += [_episode(e, briefing, lang) for e in episodes] or [_no_episode(days, lang)]
    advice = _advice(briefing, lang)
    return [*lines, *([advice] if advice else [])]


def _heading(head: dict[str, Any], lang: Language) -> str:
    title, issue, revision = head["title"][lang], head["issue"], head["revision"]
    if lang == "zh":
        mark = f"（第{revision}版）" if revision > 1 else ""
        return f"{title}（{head['area']['zh']}，{issue}发布{mark}）"
    mark = f", revision {revision}" if revision > 1 else ""
    return f"{title} ({head['area']['en']}, issued {issue}{mark})"


def _outlook(briefing: Briefing, days: list[dict[str, Any]], name: str, lang: Language) -> str:
    """Stretches of days of equal level words and dispersion."""
    pieces = []
    for (levels, klass), group in groupby(
        days, key=lambda d: ((d["level_low"], d["level_high"]), _class(briefing, d["lead"]))
    ):
        run = list(group)
        span = _span(run[0]["valid_day"], run[-1]["valid_day"], lang)
        words = level_words(_near(levels, run), lang, pd.Timestamp(run[0]["valid_day"]))
        primary = [d["primary"] for d in run if d["primary"]]
        most = max(dict.fromkeys(primary), key=primary.count) if primary else ""
        event = _event(briefing, run, lang)
        if lang == "zh":
            cause = f"{DISPERSION[klass][0]}，" if klass is not None else ""
            tail = f"，首要污染物以{most}为主" if most else ""
            pieces.append(f"{span}，{cause}以{words}为主{event}{tail}")
        else:
            cause = f"{DISPERSION[klass][1]}, " if klass is not None else ""
            tail = f", primary pollutant mostly {most}" if most else ""
            pieces.append(f"{span}: {cause}mostly {words}{event}{tail}")
    return f"{name}：{'；'.join(pieces)}。" if lang == "zh" else f"{name}. {'; '.join(pieces)}."


def _near(levels: tuple[int, int], run: list[dict[str, Any]]) -> tuple[int, int]:
    """A span of at most two levels; of a wider one the level most cities are issued at."""
    if levels[1] - levels[0] <= 1:
        return levels
    count = [sum(d[f"level_{n}"] for d in run) for n in range(1, 7)]
    most = count.index(max(count)) + 1
    return most, most


def _class(briefing: Briefing, lead: int) -> int | None:
    """Class of dispersion that most cities have that day, None where unknown."""
    for day in briefing["weather"]:
        if day["lead"] == lead and any(day["classes"]):
            return int(day["classes"].index(max(day["classes"])))
    return None


def _event(briefing: Briefing, run: list[dict[str, Any]], lang: Language) -> str:
    """Cities where heavy pollution is expected or possible on these days."""
    leads = {d["lead"] for d in run}
    risky = {
        city["city"]: [
            d
            for d in city["days"]
            if d["lead"] in leads
            and d["level"]
            and (d["heavy"] >= POSSIBLE or d["level"] >= HEAVY_LEVEL)
        ]
        for city in briefing["cities"]
    }
    found = {name: days for name, days in risky.items() if days}
    if not found:
        return ""
    expected = any(_expected(d) for days in found.values() for d in days)
    highest = max(d["heavy"] for days in found.values() for d in days)
    share = len(found) / len(briefing["cities"])
    single = len(briefing["cities"]) == 1
    if lang == "zh":
        who = "" if single else _cities_zh(share)
        return f"，{who}{'预计' if expected else '可能'}出现重度及以上污染（最高概率{highest:.0%}）"
    who = "" if single else f" in {_cities_en(share)}"
    word = "expected" if expected else "possible"
    return f", heavy pollution {word}{who} (probability up to {highest:.0%})"


def _expected(day: dict[str, Any]) -> bool:
    return bool(day["level"] >= HEAVY_LEVEL or day["heavy"] >= EXPECTED)


def _cities_zh(share: float) -> str:
    return "个别城市" if share <= FEW else "部分城市" if share <= SOME else "多数城市"


def _cities_en(share: float) -> str:
    return "a few cities" if share <= FEW else "some cities" if share <= SOME else "most cities"


def _episode(episode: dict[str, Any], briefing: Briefing, lang: Language) -> str:
    days = briefing["head"]["valid_days"]
    p, primary = episode["probability"], LABELS[episode["primary"]]
    zh = lang == "zh"
    word = (("可能", "预计") if zh else ("possible", "expected"))[p >= EXPECTED]
    lead = {k: _days(episode[k], days, lang) for k in ("start", "peak_day", "end")}
    peak = _values(episode["peak"])
    colours = [
        f"{COLOURS[c][0 if zh else 1]}{' ' if not zh else ''}{v:.0%}"
        for c, v in episode["colours"].items()
    ]
    lift = _lift(episode["lift"], days, lang)
    extent, many = _values(episode["extent"]), len(briefing["cities"]) > 1
    span = _span(episode["first"], episode["last"], lang)
    if zh:
        way = "（已在过程中）" if episode["under_way"] else ""
        where = f"，影响{extent}个城市" if many else ""
        return (
            f"重污染过程：{word}{span}出现{way}，概率{p:.0%}；最可能{lead['start']}开始，"
            f"{lead['peak_day']}达峰，峰值AQI {peak}，{lead['end']}结束{where}，"
            f"首要污染物{primary}；达到预警条件的概率：{'，'.join(colours)}（{briefing['head']['warning_rule']}年规则）；"
            f"{lift}{_measure(episode, lang)}。"
        )
    way = ", under way already" if episode["under_way"] else ""
    where = f", {extent} cities" if many else ""
    return (
        f"Heavy-pollution episode {word} {span}{way}, probability {p:.0%}; most likely start "
        f"{lead['start']}, peak {lead['peak_day']} with AQI {peak}, end {lead['end']}{where}, "
        f"primary pollutant {primary}; probability of reaching a warning: {', '.join(colours)} "
        f"(rule of {briefing['head']['warning_rule']}); {lift}{_measure(episode, lang)}."
    )


def _lift(lift: dict[str, float] | None, days: list[str], lang: Language) -> str:
    """When a warning could be lifted; nothing where none is called for or the day is not seen."""
    if lift is None or lift["median"] > len(days):
        return ""
    first = days[int(lift["median"]) - 1]
    day = _span(first, first, lang)
    return f"如发预警，{day}可解除；" if lang == "zh" else f"a warning could be lifted on {day}; "


def _measure(episode: dict[str, Any], lang: Language) -> str:
    """PM2.5 calls for emission measures, ozone and dust for notices of health alone."""
    if episode["primary"] == "pm25":
        return "可采取减排措施" if lang == "zh" else "emission measures apply"
    return "仅发布健康提示" if lang == "zh" else "health notices only"


def _no_episode(days: list[dict[str, Any]], lang: Language) -> str:
    highest = max(d["heavy_probability"] for d in days)
    if lang == "zh":
        return f"无重污染过程：各日出现重度及以上污染城市的概率均不超过{highest:.0%}。"
    return f"No heavy-pollution episode: P(AQI > 200 in any city) is at most {highest:.0%} a day."


def _advice(briefing: Briefing, lang: Language) -> str:
    """Advice of the worst level issued, in Chinese as the standard gives it."""
    issued = [d["level"] for c in briefing["cities"] for d in c["days"] if d["level"]]
    worst = briefing["head"]["levels"][max(issued) - 1]
    if max(issued) <= 2:
        return ""
    if lang == "zh":
        return f"健康提示（{worst['zh']}）：{worst['advice_zh']}。" if worst["advice_zh"] else ""
    return f"Advice ({worst['en']}): {worst['advice_en']}." if worst["advice_en"] else ""


def _days(spread: dict[str, float], days: list[str], lang: Language) -> str:
    """Most likely day, with the range where there is one."""
    text = [
        _span(days[int(v) - 1], days[int(v) - 1], lang)
        for v in (spread["median"], spread["low"], spread["high"])
    ]
    if text[1] == text[2]:
        return text[0]
    between = f"{text[1]}至{text[2]}" if lang == "zh" else f"{text[1]} to {text[2]}"
    return f"{text[0]}（{between}）" if lang == "zh" else f"{text[0]} ({between})"


def _values(spread: dict[str, float]) -> str:
    median, low, high = (f"{rounded(spread[k]):.0f}" for k in ("median", "low", "high"))
    return median if low == high else f"{median} ({low}–{high})"


def _span(first: str, last: str, lang: Language) -> str:
    a, b = pd.Timestamp(first), pd.Timestamp(last)
    if lang == "en":
        return f"{a:%m-%d}" if a == b else f"{a:%m-%d} to {b:%m-%d}"
    if a == b:
        return f"{a.month}月{a.day}日"
    end = f"{b.day}日" if a.month == b.month else f"{b.month}月{b.day}日"
    return f"{a.month}月{a.day}日—{end}"
