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
from forecast.consultation.products.cells import rounded
from forecast.consultation.recommendation import LIKELY
from forecast.consultation.turns import dispersion_class
from forecast.pollutants import LABELS

NAMED = 6
"""Cities of a warning that are named."""
FEW, SOME = 0.1, 0.4
"""Shares of an area's cities up to which they are 个别 and 部分; 多数 above."""
CLASSES = (("偏不利", "unfavourable"), ("一般", "ordinary"), ("总体有利", "favourable"))
"""Words of the classes of dispersion."""
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
        by stretches of days, the turns of the weather, the episodes with their warnings, advice for
        the public.
    """
    return "\n".join([_heading(briefing["head"], lang), *bulletin_lines(briefing, lang)]) + "\n"


def bulletin_lines(briefing: Briefing, lang: Language) -> list[str]:
    """The bulletin without its heading, a line an item."""
    days = [d for d in briefing["consultation"]["days"] if d["cities"]]
    name = briefing["head"]["area"][lang]
    if not days:
        return ["无可用预报。" if lang == "zh" else "No forecast is available."]
    lines = [_outlook(briefing, days, name, lang)]
    turns = briefing["weather"]["turns"]
    if turns:
        lines.append(_turns(turns, briefing["head"]["valid_days"], lang))
    episodes = briefing["consultation"]["episodes"]
    lines += [_episode(e, briefing, lang) for e in episodes] or [_no_episode(days, lang)]
    warning = briefing["consultation"]["warning"]
    if warning:
        lines.append(_warning(warning, briefing, lang))
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
        span = span_of_days(run[0]["valid_day"], run[-1]["valid_day"], lang)
        words = level_words(_near(levels, run), lang, pd.Timestamp(run[0]["valid_day"]))
        primary = [d["primary"] for d in run if d["primary"]]
        most = max(dict.fromkeys(primary), key=primary.count) if primary else ""
        event = _event(briefing, run, lang)
        if lang == "zh":
            cause = f"扩散条件{CLASSES[klass][0]}，" if klass is not None else ""
            tail = f"，首要污染物以{most}为主" if most else ""
            pieces.append(f"{span}，{cause}以{words}为主{event}{tail}")
        else:
            cause = f"{CLASSES[klass][1]} dispersion, " if klass is not None else ""
            tail = f", primary pollutant mostly {most}" if most else ""
            pieces.append(f"{span}: {cause}mostly {words}{event}{tail}")
    return f"{name}：{'；'.join(pieces)}。" if lang == "zh" else f"{name}. {'; '.join(pieces)}."


def _turns(turns: list[dict[str, Any]], days: list[str], lang: Language) -> str:
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
    """A span of at most two levels; of a wider one the level most cities are issued at."""
    if levels[1] - levels[0] <= 1:
        return levels
    count = [sum(d[f"level_{n}"] for d in run) for n in range(1, 7)]
    most = count.index(max(count)) + 1
    return most, most


def _class(briefing: Briefing, lead: int) -> int | None:
    """Class of dispersion that most cities have that day, None where unknown."""
    for day in briefing["weather"]["days"]:
        if day["lead"] == lead:
            return dispersion_class(day)
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
    span = span_of_days(episode["first"], episode["last"], lang)
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


def _warning(warning: dict[str, Any], briefing: Briefing, lang: Language) -> str:
    """The warning spoken for, its notice, and what the issue before spoke for."""
    zh = lang == "zh"
    span = span_of_days(warning["first"], warning["last"], lang)
    old = _before(warning, briefing, lang)
    if not warning["colour"]:
        if zh:
            return f"预警研判：{span}达到预警条件的概率已低于{LIKELY:.0%}{old}。"
        return f"Warning: the conditions are met with less than {LIKELY:.0%} {span}{old}."
    colour = list(COLOURS.values())[warning["colour"] - 1][0 if zh else 1]
    names = {c["city"]: c["name"] if zh else c["city"] for c in briefing["cities"]}
    cities = [names[c] for c in warning["cities"][:NAMED]]
    more = len(warning["cities"]) > NAMED
    hours = warning["notice_hours"]
    if zh:
        who = "、".join(cities) + (f"等{len(warning['cities'])}个城市" if more else "")
        notice = f"，距开始约{hours:.0f}小时" if hours else "，已经开始"
        likely = f"概率不低于{LIKELY:.0%}"
        return f"预警研判：{span}达到预警条件，最高为{colour}（{who}，{likely}）{notice}{old}。"
    who = ", ".join(cities) + (f" and {len(warning['cities']) - NAMED} more" if more else "")
    notice = f", {hours:.0f} h of notice" if hours else ", begun already"
    likely = f"{LIKELY:.0%} or more"
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
        span_of_days(days[int(v) - 1], days[int(v) - 1], lang)
        for v in (spread["median"], spread["low"], spread["high"])
    ]
    if text[1] == text[2]:
        return text[0]
    between = f"{text[1]}至{text[2]}" if lang == "zh" else f"{text[1]} to {text[2]}"
    return f"{text[0]}（{between}）" if lang == "zh" else f"{text[0]} ({between})"


def _values(spread: dict[str, float]) -> str:
    median, low, high = (f"{rounded(spread[k]):.0f}" for k in ("median", "low", "high"))
    return median if low == high else f"{median} ({low}–{high})"


def span_of_days(first: str, last: str, lang: Language) -> str:
    """Words for the days from `first` to `last`: 12月7日—9日, 12-07 to 12-09."""
    a, b = pd.Timestamp(first), pd.Timestamp(last)
    if lang == "en":
        return f"{a:%m-%d}" if a == b else f"{a:%m-%d} to {b:%m-%d}"
    if a == b:
        return f"{a.month}月{a.day}日"
    end = f"{b.day}日" if a.month == b.month else f"{b.month}月{b.day}日"
    return f"{a.month}月{a.day}日—{end}"
