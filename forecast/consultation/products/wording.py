"""The bulletin of an area in Chinese and English, written by rules from its briefing.

Every number and level word is one of the briefing's.
"""

from __future__ import annotations

from typing import Any

from forecast.bulletin import Language
from forecast.consultation.briefing import Briefing
from forecast.consultation.products.episode_wording import episode_lines, warning_line
from forecast.consultation.products.outlook_wording import outlook, turns_line


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
    consultation, head = briefing["consultation"], briefing["head"]
    days = [d for d in consultation["days"] if d["cities"]]
    if not days:
        return ["无可用预报。" if lang == "zh" else "No forecast is available."]
    whole = {**head["area"], "days": days, "weather": briefing["weather"]["days"]}
    lines = [outlook(whole, briefing["cities"], lang)]
    for part in consultation["parts"]:
        cities = [c for c in briefing["cities"] if c["city"] in part["cities"]]
        if any(d["cities"] for d in part["days"]):
            lines.append(outlook(part, cities, lang))
    if consultation["adjustments"]:
        lines.append(_adjusted(len(consultation["adjustments"]), lang))
    turns = briefing["weather"]["turns"]
    if turns:
        lines.append(turns_line(turns, head["valid_days"], lang))
    lines += episode_lines(briefing, lang)
    if consultation["warning"]:
        lines.append(warning_line(consultation["warning"], briefing, lang))
    advice = _advice(briefing, lang)
    return [*lines, *([advice] if advice else [])]


def _heading(head: dict[str, Any], lang: Language) -> str:
    title, issue, revision = head["title"][lang], head["issue"], head["revision"]
    if lang == "zh":
        mark = f"（第{revision}版）" if revision > 1 else ""
        return f"{title}（{head['area']['zh']}，{issue}发布{mark}）"
    mark = f", revision {revision}" if revision > 1 else ""
    return f"{title} ({head['area']['en']}, issued {issue}{mark})"


def _adjusted(count: int, lang: Language) -> str:
    """That levels and ranges are adjusted in part, and probabilities are not."""
    if lang == "zh":
        return (
            f"会商调整：{count}个城市日的级别、范围和首要污染物已按会商意见调整；"
            "概率、过程和预警研判仍出自调整前的情景。"
        )
    return (
        f"Adjusted in consultation: level, range and primary pollutant of {count} city days; "
        "probabilities, episodes and warnings are still those of the scenarios before."
    )


def _advice(briefing: Briefing, lang: Language) -> str:
    """Advice of the worst level issued, in Chinese as the standard gives it."""
    issued = [d["level"] for c in briefing["cities"] for d in c["days"] if d["level"]]
    worst = briefing["head"]["levels"][max(issued) - 1]
    if max(issued) <= 2:
        return ""
    if lang == "zh":
        return f"健康提示（{worst['zh']}）：{worst['advice_zh']}。" if worst["advice_zh"] else ""
    return f"Advice ({worst['en']}): {worst['advice_en']}." if worst["advice_en"] else ""
