"""The short bulletin in Chinese and English, written by rules from an issued forecast.

Nothing is said that the numbers do not hold: levels are those of the issued range, and words of
uncertainty are bound to the issued level and the probability of AQI > 200: 预计/expected where the
issued level is heavy or worse or the probability reaches `EXPECTED`, else 可能/possible from
`POSSIBLE` on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import level, primary_names
from forecast.pollutants import LABELS
from forecast.served import weather_remarks
from forecast.standard import as_date, standard_for

Language = Literal["zh", "en"]

EXPECTED, POSSIBLE = 0.5, 0.2
"""Probabilities of AQI > 200 from which heavy pollution is expected, and possible."""
HEAVY_LEVEL = 5
LIST_AT_MOST = 40
"""Cities listed one by one."""

_SHORT_ZH = {3: "轻", 4: "中", 5: "重度"}


@dataclass(frozen=True)
class Outlook:
    """One city on one day, as far as the text needs it."""

    day: pd.Timestamp
    low: int
    high: int
    level: int
    levels: tuple[int, int]
    primary: tuple[str, ...]
    heavy: float


def bulletin(issued: xr.Dataset, lang: Language) -> str:
    """Write the bulletin of an issued forecast.

    Parameters
    ----------
    issued : xarray.Dataset
        From `forecast.issued.read_issued`.
    lang : {"zh", "en"}
        Language.

    Returns
    -------
    str
        Plain text: heading, outlook of all cities, heavy-pollution risk, one paragraph a city,
        notes.
    """
    cities = issued.isel(place=np.flatnonzero(issued["kind"].values == "city"))
    outlooks = {
        _city_name(cities, j, lang): _outlooks(cities, j) for j in range(cities.sizes["place"])
    }
    outlooks = {name: days for name, days in outlooks.items() if days}
    parts = [_heading(issued, lang)]
    if outlooks:
        parts += [_overall(outlooks, lang), _risk(outlooks, lang), ""]
        parts += [_city(name, days, lang) for name, days in list(outlooks.items())[:LIST_AT_MOST]]
    else:
        parts.append("无可用预报。" if lang == "zh" else "No forecast is available.")
    return "\n".join([*parts, "", _notes(issued, lang)]) + "\n"


def level_words(levels: tuple[int, int], lang: Language, day: pd.Timestamp) -> str:
    """Words for a span of levels: 优良, 良至轻度污染, 轻至中度污染; good to light pollution."""
    names = standard_for(as_date(day)).levels
    first, last = names[levels[0] - 1], names[levels[1] - 1]
    if lang == "en":
        if levels[0] == levels[1]:
            return first.en
        return f"{first.en.removesuffix(' pollution')} to {last.en}"
    if levels == (1, 2):
        return "优良"
    if levels[0] == levels[1]:
        return first.zh
    if levels[0] in _SHORT_ZH:
        return f"{_SHORT_ZH[levels[0]]}至{last.zh}"
    return f"{first.zh}至{last.zh}"


def _outlooks(cities: xr.Dataset, j: int) -> list[Outlook]:
    found = []
    names = ("aqi_low", "aqi_high", "primary", "level", "heavy_probability")
    lows, highs, masks, numbers, heavy = (cities[n].values[:, j] for n in names)
    for k, valid in enumerate(cities["valid_day"].values):
        low, high = lows[k], highs[k]
        if np.isnan(low):
            continue
        ends = level(np.array([low, high]), standard_for(as_date(valid)))
        primary = primary_names(int(masks[k]))
        found.append(
            Outlook(
                pd.Timestamp(valid),
                int(low),
                int(high),
                int(numbers[k]),
                (int(ends[0]), int(ends[1])),
                tuple(LABELS[p] for p in primary),
                float(heavy[k]),
            )
        )
    return found


def bulletin_title(issued: xr.Dataset, lang: str) -> str:
    """Title of the forecast, which says so where the data are simulated."""
    attributes = issued.attrs
    mark = simulated_mark(str(attributes["simulated"]), lang)
    if lang == "zh":
        return f"{mark}{attributes['title_zh'] or attributes['title']}空气质量预报"
    return f"{mark}{attributes['title_en'] or attributes['title']}: air quality forecast"


def simulated_mark(what: str, lang: str) -> str:
    """Mark before a title where the data, or the weather alone, are simulated; else nothing.

    `what` is the attribute ``simulated`` of an issued forecast.
    """
    if lang == "zh":
        return {"data": "【模拟数据】", "weather": "【模拟气象】"}.get(what, "")
    return {"data": "[SIMULATED DATA] ", "weather": "[SIMULATED WEATHER] "}.get(what, "")


def _heading(issued: xr.Dataset, lang: Language) -> str:
    issue = pd.Timestamp(issued["issue"].values)
    days = issued["valid_day"].values
    span = _span(pd.Timestamp(days[0]), pd.Timestamp(days[-1]), lang)
    revision = int(issued.attrs["revision"])
    title = bulletin_title(issued, lang)
    if lang == "zh":
        mark = f"（第{revision}版）" if revision > 1 else ""
        day = f"{issue:%Y}年{issue.month}月{issue.day}日"
        return f"{title}\n{day}发布{mark}，预报时段{span}"
    mark = f" (revision {revision})" if revision > 1 else ""
    return f"{title}\nIssued {issue:%Y-%m-%d}{mark} for {span}"


def _overall(outlooks: dict[str, list[Outlook]], lang: Language) -> str:
    """What mostly comes: the levels of the middle half of all (city, day), or the commonest one."""
    every = [o for days in outlooks.values() for o in days]
    day = every[0].day
    low, high = np.quantile([(o.low + o.high) / 2 for o in every], [0.25, 0.75], method="nearest")
    first, last = (int(e) for e in level(np.array([low, high]), standard_for(as_date(day))))
    if last - first > 1:
        issued_levels = [o.level for o in every]
        first = last = max(set(issued_levels), key=issued_levels.count)
    words = level_words((first, last), lang, day)
    primary = [p for o in every for p in o.primary]
    most = max(dict.fromkeys(primary), key=primary.count) if primary else ""
    if lang == "zh":
        tail = f"，首要污染物以{most}为主" if most else ""
        return f"总体：空气质量以{words}为主{tail}。"
    tail = f"; the primary pollutant is mostly {most}" if most else ""
    return f"Overall: air quality mostly {words}{tail}."


def _risk(outlooks: dict[str, list[Outlook]], lang: Language) -> str:
    """Cities and days with heavy pollution expected or possible."""
    lines = []
    for expected, zh, en in ((True, "预计出现", "expected"), (False, "可能出现", "possible")):
        found = []
        for name, days in outlooks.items():
            risky = [o for o in days if o.heavy >= POSSIBLE or o.level >= HEAVY_LEVEL]
            for run in _runs([o for o in risky if _expected(o) == expected]):
                highest = max(o.heavy for o in run)
                span = _span(run[0].day, run[-1].day, lang)
                found.append(
                    f"{name}{span}（最高概率{highest:.0%}）"
                    if lang == "zh"
                    else f"{name} {span} (probability up to {highest:.0%})"
                )
        if found and lang == "zh":
            lines.append(f"重污染风险：{'、'.join(found)}{zh}重度及以上污染。")
        elif found:
            lines.append(f"Heavy pollution {en}: {'; '.join(found)}.")
    if lines:
        return "\n".join(lines)
    highest = max(o.heavy for days in outlooks.values() for o in days)
    if lang == "zh":
        return f"重污染风险：低，各城市各日AQI大于200的概率均不超过{highest:.0%}。"
    return f"Heavy pollution: low risk, P(AQI > 200) is at most {highest:.0%} on any day."


def _expected(outlook: Outlook) -> bool:
    return outlook.level >= HEAVY_LEVEL or outlook.heavy >= EXPECTED


def _city(name: str, days: list[Outlook], lang: Language) -> str:
    """One paragraph: consecutive days of equal words joined."""
    pieces = []
    for (levels, primary), group in groupby(days, key=lambda o: (o.levels, o.primary)):
        run = list(group)
        span = _span(run[0].day, run[-1].day, lang)
        low, high = min(o.low for o in run), max(o.high for o in run)
        heavy = max(o.heavy for o in run)
        words = level_words(levels, lang, run[0].day)
        if lang == "zh":
            tail = f"，首要污染物{'、'.join(primary)}" if primary else ""
            tail += f"，重污染概率最高{heavy:.0%}" if heavy >= POSSIBLE else ""
            pieces.append(f"{span}{words}，AQI {low}—{high}{tail}")
        else:
            tail = f", primary {' and '.join(primary)}" if primary else ""
            tail += f", P(AQI > 200) up to {heavy:.0%}" if heavy >= POSSIBLE else ""
            pieces.append(f"{span} {words}, AQI {low}-{high}{tail}")
    return f"{name}：{'；'.join(pieces)}。" if lang == "zh" else f"{name}: {'; '.join(pieces)}."


def _notes(issued: xr.Dataset, lang: Language) -> str:
    standard = issued.attrs["standard"]
    hours = f"UTC{issued.attrs['utc_offset']:+g}"
    cut_off, latest = _cut_off(issued, lang), issued.attrs["latest_observation"]
    remarks = weather_remarks(issued, lang)
    if lang == "zh":
        return (
            f"说明：依据{standard}；日期为当地（{hours}）自然日；"
            f"资料截至{cut_off}，最新观测{latest}；"
            + "".join(f"{remark}；" for remark in remarks)
            + f"“预计”指发布级别为重度及以上或概率不低于{EXPECTED:.0%}，"
            f"“可能”指其余概率不低于{POSSIBLE:.0%}的情形。"
        )
    return (
        f"Notes: index by {standard}; days are local ({hours}); "
        f"data up to {cut_off}, latest observation {latest}; "
        + "".join(f"{remark}; " for remark in remarks)
        + f"'expected' means an issued level of heavy or worse, or a probability of at least "
        f"{EXPECTED:.0%}; 'possible' any other of at least {POSSIBLE:.0%}."
    )


def _cut_off(issued: xr.Dataset, lang: Language) -> str:
    """Local hour up to which data were used; midnight is hour 24 of the day it ends."""
    issue = pd.Timestamp(issued["issue"].values)
    utc = pd.Timestamp(issued.attrs["data_cut_off"].removesuffix("Z"))
    local = utc + pd.Timedelta(hours=issued.attrs["utc_offset"])
    hour = round((local - issue) / pd.Timedelta(hours=1))
    return f"{_span(issue, issue, lang)}{hour}时" if lang == "zh" else f"{issue:%Y-%m-%d} {hour}:00"


def _runs(days: list[Outlook]) -> Iterator[list[Outlook]]:
    """Cut a list of days where they are not consecutive."""
    run: list[Outlook] = []
    for outlook in days:
        if run and (outlook.day - run[-1].day).days > 1:
            yield run
            run = []
        run.append(outlook)
    if run:
        yield run


def _span(first: pd.Timestamp, last: pd.Timestamp, lang: Language) -> str:
    if lang == "en":
        if first == last:
            return f"{first:%Y-%m-%d}"
        return f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    if first == last:
        return f"{first.month}月{first.day}日"
    if first.month == last.month:
        return f"{first.month}月{first.day}—{last.day}日"
    return f"{first.month}月{first.day}日—{last.month}月{last.day}日"


def _city_name(cities: xr.Dataset, j: int, lang: Language) -> str:
    return str(cities["name" if lang == "zh" else "place"].values[j])
