"""Checks a Chinese bulletin against the issued file: every number and word of uncertainty."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

OUTLOOK = re.compile(
    r"(\d+)月(\d+)日(?:—(?:(\d+)月)?(\d+)日)?，(?:(扩散条件[^，]+)，)?(?:以([^；。]+?)为主|([优良轻中重严度至污染]+))"
    r"(?:，([^，；。（]*)(?:概率最高|（最高概率)(\d+)%(?:：[^）]*)?）?)?"
    r"(?:，首要污染物(?:以[^；。]+?为主|[^；。]+))?[；。]"
)
SHARES = {"个别": (0, 0.1), "部分": (0.1, 0.5), "多数": (0.5, 1)}
LEVEL_WORDS = {
    "优": (1, 1), "优良": (1, 2), "良": (2, 2), "良至轻度污染": (2, 3), "轻度污染": (3, 3),
    "轻至中度污染": (3, 4), "中度污染": (4, 4), "中至重度污染": (4, 5), "重度污染": (5, 5),
    "重度至严重污染": (5, 6), "严重污染": (6, 6),
}  # fmt: skip


EPISODE = re.compile(
    r"重污染过程：(预计|可能)(\d+)月(\d+)日(?:—(?:(\d+)月)?(\d+)日)?出现(?:（已在过程中）)?，概率(\d+)%；"
    r".*?峰值AQI (\d+)(?: \((\d+)–(\d+)\))?，.*?结束(?:，涉及([^，]+))?"
)

TIMES = re.compile(
    r"最可能(\d+)月(\d+)日(?:（[^）]*）)?开始，(\d+)月(\d+)日(?:（[^）]*）)?达峰，峰值[^，]*，"
    r"(\d+)月(\d+)日(?:（[^）]*）)?结束"
)
NOTICE = re.compile(r"预警研判：(\d+)月(\d+)日.*距开始约(\d+)小时")


def contradictions(text, issued, cities, parts=()):
    """What a bulletin of some cities says that the issued file does not hold.

    `parts` are the areas told one by one, in their order. Names of cities are those of the file.
    """
    lines = text.rstrip("\n").split("\n")[1:]
    found = of_outlook(lines[0], issued, cities)
    for line, part in zip(lines[1:], parts, strict=False):
        found += [f"{part.zh} {one}" for one in of_outlook(line, issued, part.cities)]
        if not line.startswith(f"{part.zh}："):
            found.append(f"{part.zh}: {line[:20]}")
    for line in lines:
        if line.startswith("重污染过程"):
            found += of_episode(line, issued, cities)
        if line.startswith("预警研判"):
            found += of_notice(line, issued)
    return found


def of_outlook(line, issued, cities):
    """Numbers and words of a Chinese outlook that the issued file does not hold."""
    found, days = [], pd.DatetimeIndex(issued["valid_day"].values)
    own = issued.sel(place=list(cities))
    seen = []
    for match in OUTLOOK.finditer(line):
        month, first, other, last, _, mostly, plain, who, percent = match.groups()
        words = mostly or plain
        start, end = _span(days, month, first, other, last)
        span = own.sel(lead=own["lead"][(days >= start) & (days <= end)])
        seen += days[(days >= start) & (days <= end)].tolist()
        low, high = LEVEL_WORDS[words]
        middle = ((span["aqi_low"] + span["aqi_high"]) / 2).values
        for day in middle:
            a, b = np.quantile(day, [0.25, 0.75], method="nearest")
            edges = [0, 50, 100, 150, 200, 300, 500]
            if not (a <= edges[high] and b > edges[low - 1]):
                found.append(f"{start:%m-%d}: {words}, middle half {a:.0f}–{b:.0f}")
        heavy = (span["heavy_probability"] >= 0.2) | (span["level"] >= 5)
        if bool(heavy.any()) != (percent is not None):
            found.append(f"{start:%m-%d}: heavy said {percent}, held {bool(heavy.any())}")
        elif percent and int(percent) != round(
            100 * float(span["heavy_probability"].where(heavy).max())
        ):
            found.append(f"{start:%m-%d}: heavy {percent}%")
        best = span["heavy_probability"].max("lead").values
        risky = (best >= 0.2) | (span["level"] >= 5).any("lead").values
        sure = best >= 0.5
        counts = {"预计": int(sure.sum()), "可能": int((risky & ~sure).sum())}
        for word, count in counts.items():
            said = re.search(rf"(个别|部分|多数)?(?:城市)?{word}", who or "")
            if who == "重度及以上" and len(cities) == 1:
                continue  # the level is heavy itself: the probability stands alone
            if bool(said) != bool(count):
                found.append(f"{start:%m-%d}: {who}, {word} of {count} cities")
            elif said and said.group(1):
                low, high = SHARES[said.group(1)]
                if not low < count / len(cities) <= high:
                    found.append(f"{start:%m-%d}: {who}, {count} of {len(cities)} cities")
    if seen != days.tolist():
        found.append(f"days {seen}")
    return found


def of_episode(line, issued, cities):
    """Probability and peak of an episode, from the scenarios of the cities it names."""
    match = EPISODE.match(line)
    if match is None:
        return [f"not understood: {line}"]
    word, month, first, other, last, percent, peak, low, high, names = match.groups()
    if names and "等" in names:
        return []  # not all of its cities are named
    if names:
        named = dict(zip(issued["name"].values, issued["place"].values, strict=True))
        cities = [named[name] for name in names.split("、")]
    days = pd.DatetimeIndex(issued["valid_day"].values)
    start, end = _span(days, month, first, other, last)
    inside = np.flatnonzero((days >= start) & (days <= end))
    aqi = issued["scenario_aqi"].sel(place=list(cities)).transpose("scenario", "lead", "place")
    aqi = aqi.values[:, inside]
    heavy = (aqi > 200).any(axis=(1, 2))
    found = []
    if round(100 * heavy.mean()) != int(percent) or (word == "预计") != (heavy.mean() >= 0.5):
        found.append(f"{line[:30]}: probability {heavy.mean():.2f}")
    tops = np.quantile(aqi[heavy].max(axis=(1, 2)), [0.5, 0.1, 0.9], method="nearest")
    said = [int(peak), int(low or peak), int(high or peak)]
    if np.abs(tops - said).max() > 0.5:
        found.append(f"{line[:30]}: peak {tops}")
    by_day = (aqi[heavy] > 200).any(axis=2)
    last = by_day.shape[1] - 1 - by_day[:, ::-1].argmax(axis=1)
    times = by_day.argmax(axis=1), aqi[heavy].max(axis=2).argmax(axis=1), last
    held = [days[inside[int(np.quantile(t, 0.5, method="nearest"))]] for t in times]
    numbers = TIMES.search(line).groups()
    said = [(int(m), int(d)) for m, d in zip(numbers[::2], numbers[1::2], strict=True)]
    if said != [(day.month, day.day) for day in held]:
        found.append(f"{line[:30]}: start, peak and end {held}")
    return found


def of_notice(line, issued):
    """Hours of notice of a warning: from the cut-off of the data to its first day."""
    match = NOTICE.match(line)
    if match is None:
        return []
    days = pd.DatetimeIndex(issued["valid_day"].values)
    start, _ = _span(days, match[1], match[2], None, None)
    cut_off = pd.Timestamp(issued.attrs["data_cut_off"].removesuffix("Z"))
    held = start - pd.Timedelta(hours=issued.attrs["utc_offset"]) - cut_off
    hours = round(held / pd.Timedelta(hours=1))
    return [] if hours == int(match[3]) else [f"{line[:20]}: notice of {hours} h"]


def _span(days, month, first, other, last):
    """First and last day of words such as 12月30日—1月2日, of a forecast of these days."""
    year = days[0].year
    ends = (month, first), (other or month, last or first)
    made = [pd.Timestamp(year, int(m), int(d)) for m, d in ends]
    return [day + pd.DateOffset(years=int(day < days[0])) for day in made]
