"""Phrases of the bulletin: days, spreads, classes, and how many cities."""

from __future__ import annotations

import pandas as pd

from forecast.bulletin import Language
from forecast.consultation.products.cells import rounded

CLASSES = (("偏不利", "unfavourable"), ("一般", "ordinary"), ("总体有利", "favourable"))
"""Words of the classes of dispersion."""
COLOURS = {"yellow": ("黄色", "yellow"), "orange": ("橙色", "orange"), "red": ("红色", "red")}
"""Words of the colours of a warning."""
FEW, SOME = 0.1, 0.5
"""Shares of an area's cities up to which they are 个别 and 部分; 多数 above."""


def share_of_cities(share: float, lang: Language) -> str:
    """Words for a share of the cities: 个别, 部分, 多数城市."""
    rank = 0 if share <= FEW else 1 if share <= SOME else 2
    if lang == "zh":
        return ("个别城市", "部分城市", "多数城市")[rank]
    return ("a few cities", "some cities", "most cities")[rank]


def names_of_cities(names: list[str], most: int, lang: Language) -> str:
    """The first names, and how many cities there are when not all are named."""
    first, count = names[:most], len(names)
    if lang == "zh":
        return "、".join(first) + (f"等{count}个城市" if count > most else "")
    return ", ".join(first) + (f" and {count - most} more" if count > most else "")


def span_of_days(first: str, last: str, lang: Language) -> str:
    """Words for the days from `first` to `last`: 12月7日—9日, 12-07 to 12-09."""
    a, b = pd.Timestamp(first), pd.Timestamp(last)
    if lang == "en":
        return f"{a:%m-%d}" if a == b else f"{a:%m-%d} to {b:%m-%d}"
    if a == b:
        return f"{a.month}月{a.day}日"
    end = f"{b.day}日" if a.month == b.month else f"{b.month}月{b.day}日"
    return f"{a.month}月{a.day}日—{end}"


def days_of_spread(spread: dict[str, float], days: list[str], lang: Language) -> str:
    """Most likely day, with the range where there is one."""
    text = [
        span_of_days(days[int(v) - 1], days[int(v) - 1], lang)
        for v in (spread["median"], spread["low"], spread["high"])
    ]
    if text[1] == text[2]:
        return text[0]
    between = f"{text[1]}至{text[2]}" if lang == "zh" else f"{text[1]} to {text[2]}"
    return f"{text[0]}（{between}）" if lang == "zh" else f"{text[0]} ({between})"


def values_of_spread(spread: dict[str, float]) -> str:
    """Median of numbers with the range where there is one."""
    median, low, high = (f"{rounded(spread[k]):.0f}" for k in ("median", "low", "high"))
    return median if low == high else f"{median} ({low}–{high})"
