"""Areas of a consultation: the nation, regions and provinces as sets of cities, and each city."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr

from forecast.consultation.settings import AreaSetting
from forecast.errors import InputError

Level = Literal["nation", "region", "province", "city"]
LEVELS: tuple[Level, ...] = ("nation", "region", "province", "city")
"""From the whole to the single city."""


MOST_CITIES = 15
"""Cities of an area that a bulletin tells one by one."""


@dataclass(frozen=True)
class Area:
    """A set of cities with a name.

    Attributes
    ----------
    level : {"nation", "region", "province", "city"}
    name, zh, en : str
        Id, Chinese and English name.
    cities : tuple of str
        Ids, in the order of the forecast.
    """

    level: Level
    name: str
    zh: str
    en: str
    cities: tuple[str, ...]


def areas_of(issued: xr.Dataset, settings: Sequence[AreaSetting] = ()) -> list[Area]:
    """All areas of an issued forecast.

    Parameters
    ----------
    issued : xarray.Dataset
        From `forecast.issued.read_issued`.
    settings : sequence of AreaSetting
        Areas of the configuration; one of the same level and name replaces that of the station
        table, and they come first, in their order. Those without a city forecast are left out.

    Returns
    -------
    list of Area
        The nation, regions, provinces and cities.

    Raises
    ------
    InputError
        A city of the configuration is not among the cities forecast.
    """
    cities = issued.isel(place=np.flatnonzero(issued["kind"].values == "city"))
    names = cities["place"].values.astype(str)
    title_zh, title_en = (str(issued.attrs[f"title_{lang}"]) for lang in ("zh", "en"))
    whole = str(issued.attrs["title"])
    found = [Area("nation", "nation", title_zh or whole, title_en or whole, tuple(names.tolist()))]
    province = cities["province"].values.astype(str)
    for level in ("region", "province"):
        own = [_own(a, names, province) for a in settings if a.level == level]
        taken = {a.name for a in own}
        found += [a for a in own if a.cities]
        for label in dict.fromkeys(cities[level].values.astype(str).tolist()):
            inside = cities[level].values == label
            if label and label not in taken:
                zh = str(cities["province_zh"].values[inside][0]) if level == "province" else label
                found.append(Area(level, label, zh or label, label, tuple(names[inside].tolist())))
    for name, zh in zip(names, cities["name"].values, strict=True):
        found.append(Area("city", str(name), str(zh), str(name), (str(name),)))
    return found


def parts_of(area: Area, areas: Sequence[Area]) -> list[Area]:
    """Parts of an area that are told one by one: the next finer level that has any within it.

    Cities are told one by one where they are at most `MOST_CITIES`; the nation's never.
    """
    finer = LEVELS[LEVELS.index(area.level) + 1 :]
    for level in finer:
        inside = [
            a for a in areas if a.level == level and set(a.cities) <= set(area.cities)
            and a.cities != area.cities
        ]  # fmt: skip
        if level == "city" and (area.level == "nation" or len(inside) > MOST_CITIES):
            return []
        if inside:
            return inside
    return []


def find_area(areas: Sequence[Area], level: str, name: str | None) -> Area:
    """The area of a level by its id or one of its names.

    Raises
    ------
    InputError
        There is none; the message lists those there are.
    """
    of_level = [a for a in areas if a.level == level]
    if name is None and len(of_level) == 1:
        return of_level[0]
    for area in of_level:
        if name in (area.name, area.zh, area.en):
            return area
    known = ", ".join(a.name for a in of_level[:20]) or "none"
    more = f" … ({len(of_level)} in all)" if len(of_level) > 20 else ""
    what = f"no {level} {name!r}" if name else f"which {level} is wanted"
    raise InputError(f"{what}; there are: {known}{more}")


def _own(setting: AreaSetting, names: np.ndarray, province: np.ndarray) -> Area:
    unknown = [c for c in setting.cities if c not in names]
    if unknown:
        raise InputError(
            f"area {setting.name}: {', '.join(unknown)} is no city of the forecast; there are: "
            f"{', '.join(names[:20])}{' …' if len(names) > 20 else ''}"
        )
    inside = np.isin(names, setting.cities) | np.isin(province, setting.provinces)
    zh, en = setting.zh or setting.name, setting.en or setting.name
    return Area(setting.level, setting.name, zh, en, tuple(names[inside].tolist()))
