"""Invented names of places, so that a simulated map can never be taken for a real one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

__all__ = [
    "LARGEST_NUMBER_OF_CITIES",
    "PROVINCES",
    "REGIONS",
    "Name",
    "city_names",
    "station_names",
    "tile_names",
]


class Name(NamedTuple):
    """A name in romanisation and in Chinese characters."""

    roman: str
    zh: str


# Plants, birds and weather; combined with a landscape word they name no prefecture of China.
_FIRST: Mapping[str, str] = {
    "Ji": "霁",
    "Tang": "棠",
    "Feng": "枫",
    "Li": "栎",
    "Zhi": "芷",
    "Wei": "苇",
    "Xing": "杏",
    "Bai": "柏",
    "Zhu": "竹",
    "Xia": "霞",
    "Hong": "虹",
    "Yan": "雁",
    "He": "鹤",
    "Lu": "鹭",
    "Yao": "瑶",
    "Qiong": "琼",
    "Ruo": "若",
    "Shuang": "霜",
    "Tan": "檀",
    "Que": "雀",
    "Ou": "鸥",
    "Mo": "墨",
}
_SECOND: Mapping[str, str] = {
    "ping": "坪",
    "qiao": "桥",
    "du": "渡",
    "wan": "湾",
    "pu": "浦",
    "ze": "泽",
    "ling": "岭",
    "tai": "台",
    "yuan": "塬",
    "gang": "岗",
    "xi": "溪",
    "chi": "池",
}
_PREFIX: Mapping[str, str] = {
    "": "",
    "Dong": "东",
    "Xi": "西",
    "Nan": "南",
    "Bei": "北",
    "Shang": "上",
    "Xia": "下",
    "Xin": "新",
}
# Pinyin spellings that a real prefecture, or a well-known county or district, bears.
_REAL = re.compile(
    "Baidu|Baiyuan|Fengtai|Fengdu|Fengxi|Fengyuan|Fengze|Hechi|Hegang|Heping|Hepu|"
    "Heqiao|Heyuan|Heze|Hexi|Hetai|Hongqiao|Hongyuan|Hongze|Jixi|Jiyuan|Liling|"
    "Liping|Lipu|Liwan|Liyuan|Luqiao|Luwan|Luxi|Lutai|Tangyuan|Tangxi|Weiyuan|"
    "Xiapu|Xingping|Xingtai|Yanchi|Yandu|Yanling|Yanping|Yantai|Yanyuan|Yaodu|Zhuxi"
)
_SITE: tuple[Name, ...] = (
    Name("Zhongxin", "中心"),
    Name("Gongyuan", "公园"),
    Name("Chengdong", "城东"),
    Name("Chengxi", "城西"),
    Name("Xuefu", "学府"),
    Name("Gongye", "工业区"),
    Name("Chengnan", "城南"),
    Name("Chengbei", "城北"),
    Name("Hubin", "湖滨"),
    Name("Shuichang", "水厂"),
    Name("Zhiwuyuan", "植物园"),
    Name("Jiaoqu", "郊区"),
)
_COLOUR = {"Cang": "苍", "Dai": "黛", "Xuan": "玄", "Bi": "碧", "Zhe": "赭", "Qing": "青"}
_LAND = {"lu": "麓", "chuan": "川", "mo": "漠", "ting": "汀", "ye": "野", "lin": "霖", "sui": "隧"}
PROVINCES: tuple[Name, ...] = tuple(
    Name(colour + land, colour_zh + land_zh)
    for land, land_zh in _LAND.items()
    for colour, colour_zh in _COLOUR.items()
)
# Numbered like a list in Chinese: 甲区, 乙区, ...
REGIONS: tuple[Name, ...] = tuple(
    Name(f"{roman}qu", f"{zh}区")
    for roman, zh in zip(
        ("Jia", "Yi", "Bing", "Ding", "Wu", "Ji", "Geng", "Xin", "Ren", "Gui"),
        "甲乙丙丁戊己庚辛壬癸",
        strict=True,
    )
)


def _all_city_names() -> list[list[Name]]:
    plain = [
        Name(first + second, first_zh + second_zh)
        for first, first_zh in _FIRST.items()
        for second, second_zh in _SECOND.items()
        if not _REAL.fullmatch(first + second)
    ]
    seen: set[str] = set()
    tiers: list[list[Name]] = []
    for prefix, prefix_zh in _PREFIX.items():
        tier = []
        for name in plain:
            roman = (prefix + name.roman).capitalize()
            if roman not in seen:
                seen.add(roman)
                tier.append(Name(roman, prefix_zh + name.zh))
        tiers.append(tier)
    return tiers


LARGEST_NUMBER_OF_CITIES = sum(len(tier) for tier in _all_city_names())


def city_names(rng: np.random.Generator, number: int) -> list[Name]:
    """Draw distinct invented city names.

    Parameters
    ----------
    rng
        Source of the order of the names.
    number
        How many; two-character names come first, then those with a prefix.

    Returns
    -------
    list of Name
        Distinct in both scripts.

    Raises
    ------
    ValueError
        If more names are asked for than can be made.

    Examples
    --------
    >>> len(set(city_names(np.random.default_rng(0), 300)))
    300
    """
    if number > LARGEST_NUMBER_OF_CITIES:
        raise ValueError(
            f"cities: {number} found, expected at most {LARGEST_NUMBER_OF_CITIES}: "
            "there are no more invented names"
        )
    drawn: list[Name] = []
    for tier in _all_city_names():
        drawn += [tier[i] for i in rng.permutation(len(tier))]
        if len(drawn) >= number:
            break
    return drawn[:number]


def station_names(city: Name, number: int) -> list[Name]:
    """Name the stations of a city after the places they stand at.

    Examples
    --------
    >>> station_names(Name("Jiping", "霁坪"), 2)
    [Name(roman='JipingZhongxin', zh='霁坪中心'), Name(roman='JipingGongyuan', zh='霁坪公园')]
    """
    names = []
    for i in range(number):
        site = _SITE[i % len(_SITE)]
        again = "" if i < len(_SITE) else str(i // len(_SITE) + 1)
        names.append(Name(city.roman + site.roman + again, city.zh + site.zh + again))
    return names


def tile_names(
    keys: Sequence[tuple[int, int]], names: Sequence[Name]
) -> dict[tuple[int, int], Name]:
    """Name the tiles of a map (provinces, regions), one name a tile.

    Parameters
    ----------
    keys
        Tiles as (row, column); duplicates are allowed.
    names
        `PROVINCES` or `REGIONS`; numbered when there are more tiles than names.

    Examples
    --------
    >>> tile_names([(0, 0)], PROVINCES)[(0, 0)]
    Name(roman='Canglu', zh='苍麓')
    """
    named = {}
    for i, key in enumerate(sorted(set(keys))):
        base = names[i % len(names)]
        again = "" if i < len(names) else str(i // len(names) + 1)
        named[key] = Name(base.roman + again, base.zh + again)
    return named
