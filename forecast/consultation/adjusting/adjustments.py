"""Adjustments of an issued forecast: what one changes, whose word counts, and the new revision.

The revision keeps what guidance said (``guidance_aqi_low`` …) beside what is issued now, at which
level each value was adjusted (``adjusted_by``), and who changed what, when and why (the attribute
``adjustments``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import level
from forecast.bulletin import Language
from forecast.consultation.areas import LEVELS, Level
from forecast.errors import InputError
from forecast.issued import ADJUSTED_BY, DECISION, GUIDANCE
from forecast.pollutants import LABELS, MASK_BITS
from forecast.standard import as_date, standard_for

NONE = "无"
FREE = ("new_low", "new_high", "new_level", "new_primary", "reason", "author")
"""What a row may fill in."""
VALUES = FREE[:4]
"""Those that change what is issued."""
SEPARATORS = re.compile(r"[\s,，、;；+]+")
"""What may stand between primary pollutants."""
WHOLE = re.compile(r"[0-9]{1,9}")
HIGHEST = 500
"""Greatest AQI."""
ROLES_ZH: Mapping[Level, str] = {
    "nation": "国家", "region": "区域", "province": "省", "city": "市"
}  # fmt: skip
MOST_TEXT = 500
"""Signs of a reason or a name."""

Wrong = Callable[[str, str], InputError]
"""Makes the error of a field, by its name and what was expected."""


@dataclass(frozen=True)
class Adjustment:
    """What is issued of one city and day instead of guidance.

    Attributes
    ----------
    city, day : str
        Id, and valid day as ``2015-12-06``.
    low, high, level : int
    primary : str
        Such as ``PM2.5``; ``无`` for none.
    reason, author : str
    role : {"nation", "region", "province", "city"}
        Level of the centre that adjusts.
    when : str
        When it was written, UTC, as ``2015-12-05T07:30Z``.
    """

    city: str
    day: str
    low: int
    high: int
    level: int
    primary: str
    reason: str
    author: str
    role: Level = "city"
    when: str = ""


@dataclass(frozen=True)
class AdjustmentFile:
    """Adjustments of one file, each with the place in it that an error names."""

    path: Path
    role: Level
    adjustments: tuple[Adjustment, ...]
    places: tuple[str, ...]


@dataclass(frozen=True)
class Overruled:
    """Two adjustments of one city and day that differ, the one that counts first."""

    kept: Adjustment
    kept_at: str
    other: Adjustment
    other_at: str

    def text(self, lang: Language) -> str:
        """Both in one line, with where they stand."""
        kept, other = (f"{a.low}–{a.high}" for a in (self.kept, self.other))
        where = f"{self.kept.city} {self.kept.day}"
        if lang == "zh":
            first, second = ROLES_ZH[self.kept.role], ROLES_ZH[self.other.role]
            return (
                f"{where}：{first}级{kept}（{self.kept_at}）；{second}级{other}（{self.other_at}）"
                "未采用"
            )
        return (
            f"{where}: {kept} of the {self.kept.role} ({self.kept_at}), not {other} of the "
            f"{self.other.role} ({self.other_at})"
        )


def check_row(
    city: str, day: str, free: Mapping[str, str], issued: xr.Dataset, wrong: Wrong
) -> Adjustment | None:
    """One row as an adjustment.

    Parameters
    ----------
    city, day : str
        Of the forecast, checked already.
    free : mapping of str to str
        Text of the fields of `FREE`; what is empty stays as guidance says.
    issued : xarray.Dataset
    wrong : callable
        See `Wrong`.

    Returns
    -------
    Adjustment or None
        None where nothing is filled in; role and time are still those of the defaults.

    Raises
    ------
    InputError
        What `wrong` makes of a field that cannot be.
    """
    if all(free[name] == "" for name in FREE):
        return None
    if all(free[name] == "" for name in VALUES):
        raise wrong("new_low", "a value: a reason and a name alone adjust nothing")
    own = issued.sel(place=city).isel(lead=days_of(issued).index(day))
    held = held_values(own)
    if not held["low"]:
        raise wrong("new_low", "nothing: there is no forecast to adjust")
    low = _whole(free["new_low"] or held["low"], "new_low", (0, HIGHEST), wrong)
    high = _whole(free["new_high"] or held["high"], "new_high", (0, HIGHEST), wrong)
    if low > high:
        raise wrong("new_high", f"at least the low end, {low}")
    ends = level(np.array([low, high], float), standard_for(as_date(day)))
    if ends[1] - ends[0] > 1:
        raise wrong("new_high", f"a range within two neighbouring levels, found {low}–{high}")
    number = _whole(free["new_level"] or held["level"], "new_level", (1, 6), wrong)
    if not ends[0] <= number <= ends[1]:
        raise wrong("new_level", f"a level of the range {low}–{high}: {ends[0]} … {ends[1]}")
    primary = SEPARATORS.sub(" ", free["new_primary"]).strip() or held["primary"] or NONE
    named = set(primary.split())
    if not (named == {NONE} or named <= set(LABELS.values())):
        raise wrong(
            "new_primary", f"{NONE} or some of {', '.join(LABELS.values())}, with blanks between"
        )
    primary = " ".join(p for p in (*LABELS.values(), NONE) if p in named)
    if (primary == NONE) != (high <= 50):
        raise wrong("new_primary", f"{NONE} up to AQI 50, a pollutant above")
    for name in ("reason", "author"):
        if not free[name] or len(free[name]) > MOST_TEXT or not free[name].isprintable():
            raise wrong(name, f"who adjusts and why, up to {MOST_TEXT} signs in one line")
    return Adjustment(city, day, low, high, number, primary, free["reason"], free["author"])


def merge_adjustments(files: Sequence[AdjustmentFile]) -> tuple[list[Adjustment], list[Overruled]]:
    """Merge the adjustments of several files: the word of the lower level counts.

    Parameters
    ----------
    files : sequence of AdjustmentFile
        A city's word counts over its province's, that over the region's, and that over the
        nation's.

    Returns
    -------
    merged : list of Adjustment
        One a city and day, in the order of city and day.
    overruled : list of Overruled
        Those that another level had the last word on.

    Raises
    ------
    InputError
        Two files of the same level say different things of a city and day; all are listed.
    """
    rows = [
        (one, f"{file.path.name}, {place}")
        for file in files
        for one, place in zip(file.adjustments, file.places, strict=True)
    ]
    rows.sort(key=lambda row: (row[0].city, row[0].day, -LEVELS.index(row[0].role)))
    merged: dict[tuple[str, str], tuple[Adjustment, str]] = {}
    of_role: dict[tuple[str, str, str], tuple[Adjustment, str]] = {}
    overruled: list[Overruled] = []
    conflicts: list[str] = []
    for one, place in rows:
        same = of_role.setdefault((one.city, one.day, one.role), (one, place))
        if _said(same[0]) != _said(one):
            conflicts.append(Overruled(*same, one, place).text("en"))
            continue
        first = merged.setdefault((one.city, one.day), (one, place))
        if first[0].role != one.role and _said(first[0]) != _said(one):
            overruled.append(Overruled(*first, one, place))
    if conflicts:
        raise InputError(
            "centres of one level disagree; expected one word of each level on a city and day: "
            + "; ".join(conflicts)
        )
    return [one for one, _ in merged.values()], overruled


def adjusted(issued: xr.Dataset, adjustments: Sequence[Adjustment]) -> xr.Dataset:
    """The forecast with the adjustments in, and what it was before beside it.

    Parameters
    ----------
    issued : xarray.Dataset
    adjustments : sequence of Adjustment

    Returns
    -------
    xarray.Dataset
        To be written as a new revision. Guidance of a forecast adjusted before stays the first.
    """
    out = issued.copy(deep=True)
    for name in DECISION:
        if GUIDANCE + name not in out:
            out[GUIDANCE + name] = issued[name].copy(deep=True)
    if ADJUSTED_BY not in out:
        out[ADJUSTED_BY] = xr.zeros_like(issued["level"], dtype=np.int8).assign_attrs(
            long_name="level of the centre that adjusted the value (0 not adjusted)",
            flag_values=np.arange(len(LEVELS) + 1, dtype=np.int8),
            flag_meanings=" ".join(("none", *LEVELS)),
        )
    days, places = days_of(issued), issued["place"].values.tolist()
    bits = {LABELS[p]: bit for p, bit in MASK_BITS.items()}
    for change in adjustments:
        at = {"lead": days.index(change.day), "place": places.index(change.city)}
        out["aqi_low"][at], out["aqi_high"][at] = change.low, change.high
        out["level"][at] = change.level
        out["primary"][at] = sum(bits[p] for p in change.primary.split() if p != NONE)
        out[ADJUSTED_BY][at] = LEVELS.index(change.role) + 1
    told = [*adjustments_of(issued), *map(asdict, adjustments)]
    out.attrs["adjustments"] = json.dumps(told, ensure_ascii=False)
    return out


def adjustments_of(issued: xr.Dataset) -> list[dict[str, Any]]:
    """Adjustments that an issued forecast tells of, the first first.

    Raises
    ------
    InputError
        Its attribute ``adjustments`` is not what `adjusted` wrote.
    """
    try:
        told = json.loads(issued.attrs.get("adjustments", "[]"))
        return [asdict(Adjustment(**one)) for one in told]
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(f"issued forecast: attribute adjustments is damaged: {error}") from None


def days_of(issued: xr.Dataset) -> list[str]:
    """Valid days of a forecast as text."""
    return [f"{pd.Timestamp(d):%Y-%m-%d}" for d in issued["valid_day"].values]


def held_values(own: xr.Dataset) -> dict[str, str]:
    """What is issued of a city and day, as text; empty where nothing is."""
    low, high = (float(own[n]) for n in ("aqi_low", "aqi_high"))
    mask = max(int(own["primary"]), 0)
    return {
        "lead": str(int(own["lead"])),
        "low": "" if np.isnan(low) else f"{low:g}",
        "high": "" if np.isnan(high) else f"{high:g}",
        "level": str(int(own["level"]) or ""),
        "primary": " ".join(LABELS[p] for p, bit in MASK_BITS.items() if mask & bit),
    }


def _said(one: Adjustment) -> tuple[int, int, int, str]:
    return one.low, one.high, one.level, one.primary


def _whole(text: str, name: str, within: tuple[int, int], wrong: Wrong) -> int:
    if not (WHOLE.fullmatch(text) and within[0] <= int(text) <= within[1]):
        raise wrong(name, f"a whole number {within[0]} … {within[1]}")
    return int(text)
