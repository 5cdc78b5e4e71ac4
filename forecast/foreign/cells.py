"""Cells of a text table into days, leads, numbers, levels and primary pollutants.

Each function reads one column as text (the index of the series, named ``line``, tells the lines)
and raises one `InputError` that names file, line and column at the first cell it cannot read.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.foreign.names import meaning
from forecast.observations.rows import YEARS, numbers
from forecast.pollutants import MASK_BITS
from forecast.standard import CHINESE, standards

MARKS = ("NA", "N/A", "NaN", "nan", "null", "NULL", "None", "-", "--", "—", "/", "无数据", "缺测",
         "-999", "-999.9", "-9999", "99999", "999990")  # fmt: skip
"""What archives write for a missing number."""
NOTHING = ("", "nan", "na", "n/a", "null", "缺测", "无数据")
NO_PRIMARY = ("无", "none", "no", "-", "--", "—", "——", "/")
ROMAN = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6,
         "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6}  # fmt: skip

_SPACED = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[t\s]*(\d{1,2})(?:[:时](\d{2})?(?::(\d{2})(?:\.\d+)?)?)?"
    r"\s*(?:z|[+-]\d{2}:?\d{2})?)?"
)
_JOINED = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[t\s]?(\d{2})(\d{2})?(\d{2})?z?)?")
_LEAD = re.compile(r"\+?(\d+(?:\.\d+)?)\s*(h|hour|hours|小时|时|d|day|days|天|日)?")
_LEAD_DAY = re.compile(r"(?:d|day|第)\s*\+?(\d+)\s*(?:天|日)?")
_SPAN = re.compile(r"\s*(?:至|到|~|-|–|—|或| to )\s*")


def instants(path: Path, cells: pd.Series) -> np.ndarray:
    """Days or hours of a column.

    Parameters
    ----------
    path : Path
        File, for messages.
    cells : pandas.Series of str
        ``2015-12-01``, ``2015/12/1 8:00``, ``20151201``, ``2015120108``, ``2015年12月1日``, with a
        ``T``, seconds or an offset, which is not looked at: the clock is taken as written. Hour 24
        is hour 0 of the next day.

    Returns
    -------
    ndarray of datetime64[ns]

    Raises
    ------
    InputError
        A cell is empty, or no such date.
    """
    wanted = "a day as 2015-12-01"
    return _each(path, cells, _instant, wanted, np.dtype("datetime64[ns]"))


def _instant(text: str) -> np.datetime64 | None:
    found = _SPACED.fullmatch(text) or _JOINED.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    if not YEARS[0] <= year <= YEARS[1] or hour > 24 or (hour == 24 and (minute or second)):
        return None
    try:
        stamp = datetime(year, month, day, hour % 24, minute, second)
    except ValueError:
        return None
    return np.datetime64(stamp + timedelta(days=hour == 24), "ns")


def lead_hours(path: Path, cells: pd.Series, *, hours: bool) -> tuple[np.ndarray, np.ndarray]:
    """Leads of a column, as they stand, and whether each states hours.

    Parameters
    ----------
    path : Path
        File, for messages.
    cells : pandas.Series of str
        ``3``, ``72``, ``72h``, ``3d``, ``D3``, ``第3天``.
    hours : bool
        Whether the column's name says that bare numbers are hours.

    Returns
    -------
    number, in_hours : ndarray
        The number, and True where it counts hours.

    Raises
    ------
    InputError
        A cell is no lead.
    """
    pairs = _each(path, cells, _lead, "a lead as 3, 3d or 72h", np.dtype(complex))
    unit = pairs.imag
    return pairs.real, np.where(unit == 0, hours, unit == 1)


def _lead(text: str) -> complex | None:
    """Number, and the unit as imaginary part: 0 not stated, 1 hours, 2 days."""
    if found := _LEAD.fullmatch(text):
        unit = found[2]
        return complex(float(found[1]), 0 if not unit else 1 if unit[0] in "h小时" else 2)
    if found := _LEAD_DAY.fullmatch(text):
        return complex(float(found[1]), 2)
    return None


def values(path: Path, cells: pd.Series, rejected: Counter[str]) -> np.ndarray:
    """Numbers of a column.

    Parameters
    ----------
    path : Path
        File, for messages.
    cells : pandas.Series of str
    rejected : Counter
        Marks of missing values found are counted here.

    Returns
    -------
    ndarray of float64
        NaN where a cell is empty or one of `MARKS`.

    Raises
    ------
    InputError
        A cell is something else.
    """
    text = cells.str.strip()
    number = pd.to_numeric(text, errors="coerce").to_numpy(np.float64)
    wrong = ~np.isfinite(number) & ~text.isin(("", *MARKS)).to_numpy()
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"{path}, line {cells.index[row]}: column {cells.name!r} is {text.iloc[row]!r}; "
            "expected a number, or where it is missing nothing, NA or -999"
        )
    marks: Counter[str] = Counter()
    found = numbers(path, text, MARKS, marks)
    for mark, count in marks.items():
        rejected[mark.replace(": mark of missing value", "")] += count
    return found


def levels(path: Path, cells: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest level of a column of numbers, words or spans of words.

    Parameters
    ----------
    path : Path
        File, for messages.
    cells : pandas.Series of str
        ``2``, ``二级``, ``II``, ``良``, ``good``, ``moderate pollution``, ``良至轻度污染``,
        ``轻至中度污染``; English words are those of the Chinese standard, in which moderate is
        level 4.

    Returns
    -------
    low, high : ndarray of float64
        1…6, NaN where empty.

    Raises
    ------
    InputError
        A cell is no level.
    """
    wanted = "a level 1 to 6, 优 良 轻度污染 … or excellent good light …"
    pairs = _each(path, cells, _level_span, wanted, np.dtype(complex))
    return pairs.real, pairs.imag


def _level_span(text: str) -> complex | None:
    if text in NOTHING or text in NO_PRIMARY:
        return complex(np.nan, np.nan)
    if text == "优良":
        return complex(1, 2)
    ends = [_level(part) for part in _SPAN.split(text)]
    if len(ends) > 2 or not all(ends):
        return None
    return complex(min(e for e in ends if e), max(e for e in ends if e))


def _level(text: str) -> int | None:
    words = _level_words()
    text = text.removesuffix("级").strip()
    if text in ROMAN:
        return ROMAN[text]
    if re.fullmatch(r"[1-6](\.0+)?", text):
        return int(text[0])
    return words.get(re.sub(r"ly\b", "", text))


def _level_words() -> dict[str, int]:
    standard = next(s for s in standards() if s.family == CHINESE)
    words: dict[str, int] = {}
    for number, one in enumerate(standard.levels, 1):
        english = one.en.removesuffix(" pollution")
        for word in (one.zh, one.zh.removesuffix("污染"), one.zh.removesuffix("度污染"), english):
            words[word] = number
        words |= {f"{english} {after}": number for after in ("pollution", "polluted")}
    heavy = words["heavy"]
    return words | {"heavi": heavy, "heavi polluted": heavy, "严重": words["严重污染"]}


def primary_masks(path: Path, cells: pd.Series) -> np.ndarray:
    """Primary pollutants of a column as bit masks (`forecast.pollutants.MASK_BITS`).

    Parameters
    ----------
    path : Path
        File, for messages.
    cells : pandas.Series of str
        ``PM2.5``, ``PM2.5,O3``, ``细颗粒物、臭氧8小时``; ``无``, ``none`` or ``—`` where there is
        none.

    Returns
    -------
    ndarray of float64
        Masks, 0 for none, NaN where the cell is empty.

    Raises
    ------
    InputError
        A cell names something else.
    """
    wanted = "pollutants as PM2.5,O3, or 无"
    return _each(path, cells, _mask, wanted, np.dtype(np.float64))


def _mask(text: str) -> float | None:
    if text in NOTHING:
        return np.nan
    if text in NO_PRIMARY:
        return 0.0
    mask = 0
    for name in filter(None, re.split(r"[,;、/+|&\s]|和|及", text)):
        found = meaning(name.removesuffix("_8h")).variable
        if found not in MASK_BITS:
            return None
        mask |= MASK_BITS[found]
    return float(mask) or None


def _each(
    path: Path,
    cells: pd.Series,
    read: Callable[[str], object | None],
    wanted: str,
    dtype: np.dtype,
) -> np.ndarray:
    """Read each distinct text once; the first one that cannot be read is an error."""
    codes, texts = pd.factorize(cells)
    found = np.empty(len(texts), dtype)
    for number, text in enumerate(texts):
        one = read(unicodedata.normalize("NFKC", str(text)).strip().lower())
        if one is None:
            row = int(np.argmax(codes == number))
            raise InputError(
                f"{path}, line {cells.index[row]}: column {cells.name!r} is {text!r}; "
                f"expected {wanted}"
            )
        found[number] = one
    return found[codes]
