"""The words of pictures: their language, the font for it, and what they say about the data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import xarray as xr

from verification.registry import SCORES

Language = Literal["en", "zh"]

# Families of fonts that hold the simplified Chinese characters, the most legible first.
_CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Heiti SC",
    "STHeiti",
    "Noto Sans CJK JP",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "Noto Serif CJK SC",
    "Noto Serif SC",
    "Songti SC",
    "SimSun",
    "AR PL UMing CN",
)
_SAMPLE = "预报评分"

_DIMENSIONS: dict[Language, dict[str, str]] = {
    "en": {"lead": "lead (days)"},
    "zh": {"lead": "时效（天）", "threshold": "阈值", "place": "地点"},
}


@cache
def chinese_font() -> str | None:
    """Name of an installed font that holds Chinese characters, None where there is none.

    Fonts installed after matplotlib made its list are found too, and then join that list; no
    setting of matplotlib changes.

    Examples
    --------
    >>> from verification.pictures.language import chinese_font
    >>> found = chinese_font()
    >>> found is None or len(found) > 0
    True
    """
    fonts = import_fonts()
    listed = {entry.fname for entry in fonts.fontManager.ttflist}
    found = _listed_font(fonts)
    if found is None:
        for path in sorted(set(fonts.findSystemFonts()) - listed):
            try:
                fonts.fontManager.addfont(path)
            except (OSError, RuntimeError, ValueError):  # a file that no renderer could use
                continue
        found = _listed_font(fonts)
    return found


def _listed_font(fonts: Any) -> str | None:
    listed = reversed(fonts.fontManager.ttflist)
    # The list outlives a font that was removed.
    by_name = {entry.name: entry.fname for entry in listed if Path(entry.fname).exists()}
    for name in _CHINESE_FONTS:
        if name in by_name:
            face = fonts.get_font(by_name[name])
            if all(face.get_char_index(ord(c)) for c in _SAMPLE):
                return name
    return None


def import_fonts() -> Any:
    """Give `matplotlib.font_manager`.

    Raises
    ------
    ImportError
        If matplotlib is not installed; the message names the command that installs it.
    """
    try:
        from matplotlib import font_manager
    except ImportError as error:
        raise ImportError(
            "pictures need an optional library: pip install 'wubu[report]'"
        ) from error
    return font_manager


def picture_language(lang: str) -> Language:
    """Language in which pictures asked for in `lang` are written on this machine.

    Chinese needs an installed Chinese font; without one the words are English, never boxes.

    Parameters
    ----------
    lang : {"en", "zh"}
        Language asked for.

    Returns
    -------
    {"en", "zh"}

    Raises
    ------
    ValueError
        If the language is another one.
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> from verification import picture_language
    >>> picture_language("en")
    'en'
    """
    if lang not in ("en", "zh"):
        raise ValueError(f"unknown language {lang!r}, expected 'en' or 'zh'")
    return "zh" if lang == "zh" and chinese_font() is not None else "en"


def legible(names: Iterable[object]) -> list[str]:
    """Names as text; one that no installed font can write becomes its number, as in `#2`.

    Examples
    --------
    >>> from verification.pictures.language import legible
    >>> legible(["Beijing", 3])
    ['Beijing', '3']
    """
    texts = [str(name) for name in names]
    if all(t.isascii() for t in texts) or chinese_font() is not None:
        return texts
    return [f"#{i}" if _beyond_latin(t) else t for i, t in enumerate(texts, start=1)]


def _beyond_latin(text: str) -> bool:
    """Whether a text holds characters from the East Asian blocks (U+2E80 and above)."""
    return any(ord(c) >= 0x2E80 for c in text)


def titled(heading: str, subject: str, lang: Language) -> str:
    """Heading with its subject after a colon, where there is a subject.

    Examples
    --------
    >>> from verification.pictures.language import titled
    >>> titled("ROC", "AQI > 200", "en")
    'ROC: AQI > 200'
    """
    return (": " if lang == "en" else "：").join(filter(None, (heading, subject)))


def score_name(score: str, lang: Language) -> str:
    """Name of a score in words; one that is not in `SCORES` keeps its own.

    Examples
    --------
    >>> from verification.pictures.language import score_name
    >>> score_name("mae", "en"), score_name("mine", "zh")
    ('mean absolute error', 'mine')
    """
    known = SCORES.get(score)
    return score if known is None else known.chinese if lang == "zh" else known.long_name


def pairs_text(pairs: object, lang: Language, each: str = "") -> str:
    """Say how many pairs are behind a picture: one number, or the smallest and largest of many.

    Examples
    --------
    >>> from verification.pictures.language import pairs_text
    >>> pairs_text([1200, 900], "en", "a lead")
    '900–1,200 pairs a lead'
    """
    parts = pairs if isinstance(pairs, list) and pairs else [pairs]
    numbers = np.concatenate([np.ravel(np.asarray(part, dtype=float)) for part in parts])
    numbers = numbers[np.isfinite(numbers)]
    low, high = (int(numbers.min()), int(numbers.max())) if numbers.size else (0, 0)
    text = f"{low:,}" if low == high else f"{low:,}–{high:,}"
    if lang == "zh":
        return f"{each}样本数 {text}"
    return f"{text} pair{'' if text == '1' else 's'}{' ' + each if each else ''}"


def dimension_text(named: Mapping[str, xr.Dataset], lang: Language, variable: str = "pairs") -> str:
    """Say what the numbers beside points are: `, by lead (days)`; nothing for single points.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification.pictures.language import dimension_text
    >>> dimension_text({"": xr.Dataset({"pairs": ("lead", [9.0, 8.0])})}, "en")
    ' each, by lead (days)'
    """
    dims = [str(d) for each in named.values() for d in each[variable].dims]
    if not dims:
        return ""
    name = _DIMENSIONS[lang].get(dims[0], dims[0])
    return f"（每点），按{name}" if lang == "zh" else f" each, by {name}"


def letters(text: str) -> int:
    """Room that a text takes, in Latin letters; a Chinese character takes that of two.

    Examples
    --------
    >>> from verification.pictures.language import letters
    >>> letters("AQI 预报")
    8
    """
    return sum(2 if _beyond_latin(c) else 1 for c in text)


def fold(text: str, room: int) -> list[str]:
    """Lines of at most `room` letters, broken at spaces and between Chinese characters.

    A Chinese character takes the room of two letters.

    Examples
    --------
    >>> from verification.pictures.language import fold
    >>> fold("mean absolute error by lead", 14)
    ['mean absolute', 'error by lead']
    """
    lines = []
    for paragraph in text.splitlines():
        line, used = "", 0
        for token in re.findall(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+|\s+", paragraph):
            size = letters(token)
            if (
                line.strip()
                and used + size > room
                and not token.isspace()
                and token not in "，。；）】"
            ):
                lines.append(line.rstrip())
                line, used = "", 0
            line, used = line + token, used + size
        lines.append(line.rstrip())
    return [line for line in lines if line]
