"""What a level is called and means: category, colour and health advice of each level."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from forecast.elementwise import elementwise
from forecast.errors import InputError
from forecast.standard import Standard

Field = Literal["zh", "en", "color", "advice_zh", "advice_en"]
FIELDS: tuple[Field, ...] = ("zh", "en", "color", "advice_zh", "advice_en")


def level_text(level: Any, standard: Standard, field: Field) -> Any:
    """Category, colour or advice of levels.

    Parameters
    ----------
    level : array_like, Series, DataFrame or DataArray of int
        Levels 1…6, 0 missing, as `forecast.aqi.level` gives them.
    standard : Standard
        Whose levels.
    field : {"zh", "en", "color", "advice_zh", "advice_en"}
        Category in Chinese or English, official colour as ``#rrggbb``, health advice in Chinese or
        English.

    Returns
    -------
    str (dtype object), as `level`
        Empty where the level is 0.

    Raises
    ------
    InputError
        The field is none of the five.

    Examples
    --------
    >>> from forecast.standard import standard_named
    >>> rule = standard_named("HJ 633-2026")
    >>> level_text([1, 3, 0], rule, "zh").tolist(), level_text([4], rule, "color").tolist()
    (['优', '轻度污染', ''], ['#ff0000'])
    """
    if field not in FIELDS:
        raise InputError(f"levels have no {field!r}; expected one of {', '.join(FIELDS)}")
    texts = np.array(["", *level_table(standard)[field]], dtype=object)
    return elementwise(lambda numbers: texts[numbers], level, object)


def level_table(standard: Standard) -> pd.DataFrame:
    """Levels of a standard, one a row.

    Parameters
    ----------
    standard : Standard
        Any.

    Returns
    -------
    pandas.DataFrame
        Indexed by level 1…, with ``upper`` (highest index of the level), ``zh``, ``en``,
        ``color`` (``#rrggbb``), ``advice_zh``, ``advice_en``.
    """
    rows = [
        {
            "upper": one.upper,
            "zh": one.zh,
            "en": one.en,
            "color": one.hex,
            "advice_zh": one.advice_zh,
            "advice_en": one.advice_en,
        }
        for one in standard.levels
    ]
    return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="level"))
