"""Episodes ahead and the warning they speak for, in words."""

from __future__ import annotations

from typing import Any

from forecast.bulletin import EXPECTED, Language
from forecast.consultation.briefing import Briefing
from forecast.consultation.products.phrases import (
    COLOURS,
    days_of_spread,
    names_of_cities,
    span_of_days,
    values_of_spread,
)
from forecast.consultation.recommendation import LIKELY
from forecast.pollutants import LABELS

NAMED, TOLD = 6, 5
"""Cities of an episode or a warning that are named; episodes that a bulletin tells one by one."""


def episode_lines(briefing: Briefing, lang: Language) -> list[str]:
    """The episodes ahead, the widest and likeliest in the order of their days; or that none is."""
    episodes = briefing["consultation"]["episodes"]
    if not episodes:
        return [no_episode_line(briefing, lang)]
    told = sorted(episodes, key=lambda e: -e["probability"] * e["extent"]["median"])[:TOLD]
    lines = [episode_line(e, briefing, lang) for e in episodes if e in told]
    more = len(episodes) - len(lines)
    if more:
        zh = lang == "zh"
        lines.append(f"另有{more}个过程，见过程表。" if zh else f"{more} more are in the table.")
    return lines


def episode_line(episode: dict[str, Any], briefing: Briefing, lang: Language) -> str:
    """An episode: its days, cities and height with their ranges, and its warnings."""
    days = briefing["head"]["valid_days"]
    p, primary = episode["probability"], LABELS[episode["primary"]]
    zh = lang == "zh"
    word = (("可能", "预计") if zh else ("possible", "expected"))[p >= EXPECTED]
    lead = {k: days_of_spread(episode[k], days, lang) for k in ("start", "peak_day", "end")}
    peak = values_of_spread(episode["peak"])
    colours = [
        f"{COLOURS[c][0 if zh else 1]}{' ' if not zh else ''}{v:.0%}"
        for c, v in episode["colours"].items()
    ]
    likely = episode["colours"]["yellow"] >= LIKELY
    lift = _lift(episode["lift"], days, lang) if likely else ""
    where = _where(episode, briefing, lang)
    span = span_of_days(episode["first"], episode["last"], lang)
    if zh:
        way = "（已在过程中）" if episode["under_way"] else ""
        return (
            f"重污染过程：{word}{span}出现{way}，概率{p:.0%}；最可能{lead['start']}开始，"
            f"{lead['peak_day']}达峰，峰值AQI {peak}，{lead['end']}结束{where}，"
            f"首要污染物{primary}；期间达到预警条件的概率：{'，'.join(colours)}（{briefing['head']['warning_rule']}年规则）；"
            f"{lift}{_measure(episode, lang)}。"
        )
    way = ", under way already" if episode["under_way"] else ""
    return (
        f"Heavy-pollution episode {word} {span}{way}, probability {p:.0%}; most likely start "
        f"{lead['start']}, peak {lead['peak_day']} with AQI {peak}, end {lead['end']}{where}, "
        f"primary pollutant {primary}; probability of reaching a warning within: "
        f"{', '.join(colours)} (rule of {briefing['head']['warning_rule']}); {lift}"
        f"{_measure(episode, lang)}."
    )


def warning_line(warning: dict[str, Any], briefing: Briefing, lang: Language) -> str:
    """The warning spoken for, its notice, and what the issue before spoke for."""
    zh = lang == "zh"
    span = span_of_days(warning["first"], warning["last"], lang)
    old = _before(warning, briefing, lang)
    if not warning["colour"]:
        if zh:
            return f"预警研判：{span}达到预警条件的逐日概率已低于{LIKELY:.0%}{old}。"
        return f"Warning: the conditions are met with less than {LIKELY:.0%} {span}{old}."
    colour = list(COLOURS.values())[warning["colour"] - 1][0 if zh else 1]
    who = names_of_cities(_names(warning["cities"], briefing, lang), NAMED, lang)
    hours, begun = warning["notice_hours"], warning["under_way"]
    if zh:
        notice = f"，距开始约{hours:.0f}小时" if hours else "，已经开始" if begun else "，即将开始"
        likely = f"逐日概率不低于{LIKELY:.0%}"
        return f"预警研判：{span}达到预警条件，最高为{colour}（{who}，{likely}）{notice}{old}。"
    notice = (
        f", {hours:.0f} h of notice" if hours else f", {'begun already' if begun else 'begins'}"
    )
    likely = f"{LIKELY:.0%} or more on a day"
    return f"Warning: conditions met {span}, at most {colour} ({who}; {likely}){notice}{old}."


def _before(warning: dict[str, Any], briefing: Briefing, lang: Language) -> str:
    """How the warning stands to that of the issue before."""
    change, old, now = briefing["consultation"]["change"], warning["before"], warning["colour"]
    if old is None or not change:
        return ""
    zh = lang == "zh"
    day = span_of_days(change["issue"], change["issue"], lang)
    if old == now:
        return f"，与{day}发布一致" if zh else f", as in the issue of {day}"
    name = list(COLOURS.values())[old - 1][0 if zh else 1] if old else ""
    if not old:
        return f"，{day}发布未达预警条件" if zh else f", none in the issue of {day}"
    if not now:
        return f"，{day}发布的{name}可解除" if zh else f", the {name} of {day} can be lifted"
    word = ("升级", "up") if now > old else ("降级", "down")
    return f"，较{day}发布的{name}{word[0]}" if zh else f", {word[1]} from {name} of {day}"


def _lift(lift: dict[str, float] | None, days: list[str], lang: Language) -> str:
    """When a warning could be lifted; nothing where none is called for or the day is not seen."""
    if lift is None or lift["median"] > len(days):
        return ""
    first = days[int(lift["median"]) - 1]
    day = span_of_days(first, first, lang)
    return f"如发预警，{day}可解除；" if lang == "zh" else f"a warning could be lifted on {day}; "


def _measure(episode: dict[str, Any], lang: Language) -> str:
    """PM2.5 calls for emission measures, ozone and dust for notices of health alone."""
    if episode["primary"] == "pm25":
        return "可采取减排措施" if lang == "zh" else "emission measures apply"
    return "仅发布健康提示" if lang == "zh" else "health notices only"


def no_episode_line(briefing: Briefing, lang: Language) -> str:
    """That there is no episode, and how probable a heavy day of any one city is at most."""
    chance = [d["heavy"] for c in briefing["cities"] for d in c["days"] if d["heavy"] is not None]
    highest = max(chance, default=0.0)
    if lang == "zh":
        return f"无重污染过程：各城市各日重度及以上污染的概率均不超过{highest:.0%}。"
    return f"No heavy-pollution episode: P(AQI > 200) is at most {highest:.0%} in any city and day."


def _where(episode: dict[str, Any], briefing: Briefing, lang: Language) -> str:
    """Cities of an episode, and how many at a time; nothing for the only city there is."""
    if len(briefing["cities"]) == 1:
        return ""
    names = names_of_cities(_names(episode["cities"], briefing, lang), NAMED, lang)
    extent = values_of_spread(episode["extent"])
    alone = len(episode["cities"]) == 1
    if lang == "zh":
        return f"，涉及{names}" + ("" if alone else f"，最多同日{extent}个城市")
    return f", {names}" + ("" if alone else f" (at most {extent} on one day)")


def _names(cities: list[str], briefing: Briefing, lang: Language) -> list[str]:
    names = {c["city"]: c["name"] if lang == "zh" else c["city"] for c in briefing["cities"]}
    return [names[c] for c in cities]
