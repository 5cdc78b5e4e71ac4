"""The case report in a few sentences, in Chinese and English, written by rules from its numbers."""

from __future__ import annotations

from typing import Any

from forecast.bulletin import Language
from forecast.consultation.products.phrases import span_of_days

Case = dict[str, Any]


def case_lines(case: Case, lang: Language) -> list[str]:
    """What was observed, how it was forecast, the weather, and the estimate: a sentence each.

    Parameters
    ----------
    case : dict
        From `make_case`.
    lang : {"zh", "en"}

    Returns
    -------
    list of str
        A part that cannot be told is left out.
    """
    lines = [_observed(case, lang), _forecast(case, lang), _weather(case, lang)]
    return [line for line in [*lines, _estimate(case, lang)] if line]


def _observed(case: Case, lang: Language) -> str:
    head, episode = case["head"], case["forecasts"]["episode"]
    name, above = head["area"][lang], head["process"]["above"]
    if episode is None:
        worst = case["observed"]["cities"][0]
        day = span_of_days(worst["peak_day"], worst["peak_day"], lang)
        city = city_name(case, worst["city"], lang)
        if lang == "zh":
            return f"{name}没有城市AQI超过{above:g}；最高AQI {worst['peak']:g}（{city}，{day}）。"
        return (
            f"{name}: no city above AQI {above:g}; highest AQI {worst['peak']:g} ({city}, {day})."
        )
    span = span_of_days(episode["start"], episode["end"], lang)
    peak_day = span_of_days(episode["peak_day"], episode["peak_day"], lang)
    city = city_name(case, episode["peak_city"], lang)
    primary = " ".join(episode["primary"])
    peak, count = episode["peak"], episode["extent"]
    if lang == "zh":
        return (
            f"{name}：{span}出现AQI > {above:g}的过程（{episode['days']}天，{count}个城市），"
            f"{peak_day}达峰，峰值AQI {peak:g}（{city}），首要污染物{primary}。"
        )
    cities = "1 city" if count == 1 else f"{count} cities"
    return (
        f"{name}: process above AQI {above:g} {span} ({episode['days']} d, {cities}), peak on "
        f"{peak_day} with AQI {peak:g} ({city}), primary pollutant {primary}."
    )


def _forecast(case: Case, lang: Language) -> str:
    episode = case["forecasts"]["episode"]
    if episode is None or not case["forecasts"]["issues"]:
        return ""
    before = [i for i in case["forecasts"]["issues"] if i["ahead"] >= 1]
    last = before[-1] if before and before[-1]["peak"] is not None else None
    first, held = episode["first_lead"], episode["continuous_lead"]
    if lang == "zh":
        if first is None:
            text = "开始前的各次预报均未报出该过程"
        else:
            text = f"最早在开始前{first:g}天报出"
            text += (
                f"，开始前{held:g}天起每次均报出" if held is not None else "，但未能持续到开始前"
            )
        if last:
            text += (
                f"；开始前{last['ahead']}天的预报峰值AQI {last['peak']:g}（误差"
                f"{last['peak_error']:+g}），峰值日误差{last['peak_day_error']:+d}天"
            )
        return text + "。"
    if first is None:
        text = "No issue before its start held it"
    else:
        text = f"First held {first:g} d before its start"
        text += f", by every issue from {held:g} d on" if held is not None else ", not up to it"
    if last:
        text += (
            f"; the issue {last['ahead']} d before forecast a peak of AQI {last['peak']:g} (error "
            f"{last['peak_error']:+g}), peak day {last['peak_day_error']:+d} d"
        )
    return text + "."


def _weather(case: Case, lang: Language) -> str:
    known = [d["classes"] for d in case["weather"] if any(d["classes"])]
    if not known:
        return ""
    most = [classes.index(max(classes)) for classes in known]
    bad, good = most.count(0), most.count(2)
    if lang == "zh":
        return f"{len(known)}天中扩散条件偏不利{bad}天，总体有利{good}天。"
    return f"Dispersion was unfavourable on {bad} of {len(known)} days, favourable on {good}."


def _estimate(case: Case, lang: Language) -> str:
    found = case["weather_alone"]
    if found["missing"] or found["whole"]["percent"] is None:
        return ""
    whole, days = found["whole"], len(found["days"])
    numbers = (whole["observed"], whole["estimate"], whole["difference"], whole["percent"])
    if lang == "zh":
        text = (
            "{4}天平均PM2.5实况{0:.0f} µg/m³，气象条件单独作用的估计为{1:.0f}，相差{2:+.0f} "
            "µg/m³（{3:+.0f}%）"
        ).format(*numbers, days)
    else:
        text = (
            "PM2.5 over {4} d was {0:.0f} µg/m³ observed, {1:.0f} by the estimate of the weather "
            "alone, a difference of {2:+.0f} µg/m³ ({3:+.0f} %)"
        ).format(*numbers, days)
    return text + _judged(found, lang)


def _judged(found: dict[str, Any], lang: Language) -> str:
    """Whether the difference lies outside those of earlier issues."""
    if found["compared"] is None:
        few = "；以往时段太少，无法判断其不确定性。"
        return few if lang == "zh" else "; too few earlier stretches to tell its uncertainty."
    past, own = found[found["compared"]], found["whole"]["percent"]
    way = "above" if own > past["high"] else "below" if own < past["low"] else "within"
    if way == "above" and found["whole"]["observed"] > past["highest"]:
        way = "unequalled"
    zh = {
        "above": "高于以往范围，实况高于气象所能解释",
        "below": "低于以往范围，实况低于气象所能解释",
        "within": "在以往范围内，看不出气象以外的影响",
        "unequalled": f"高于以往范围，但以往时段PM2.5均值最高仅{past['highest']:.0f} µg/m³，"
        "无法与模型在极重污染时的偏低区分",
    }
    en = {
        "above": "above that range: more than the weather explains",
        "below": "below that range: less than the weather explains",
        "within": "within that range: no effect beside the weather can be told",
        "unequalled": f"above that range, but none of them was so polluted (at most "
        f"{past['highest']:.0f} µg/m³), so it cannot be told from the model's being low on "
        "extreme days",
    }
    low, high, issues = past["low"], past["high"], past["issues"]
    if lang == "zh":
        return f"；以往{issues}次同类差值为{low:+.0f}%至{high:+.0f}%，{zh[way]}（估计，非证明）。"
    return (
        f"; the same difference at {issues} earlier issues was {low:+.0f} % to {high:+.0f} %, "
        f"{en[way]} (an estimate, not proof)."
    )


def city_name(case: Case, city: str, lang: Language) -> str:
    """Name of a city of the case in the language."""
    if lang == "en":
        return city
    names = {c["city"]: c["name"] for c in case["observed"]["cities"]}
    return str(names.get(city, city))
