"""The index of a pandas table: one row of concentrations in, one row of results out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from forecast.aqi import days_by_standard, evaluate, level, primary_names
from forecast.categories import FIELDS, level_text
from forecast.errors import InputError
from forecast.pollutants import LABELS, POLLUTANTS
from forecast.standard import CHINESE, Standard


def index_table(
    table: pd.DataFrame,
    standard: Standard | str = CHINESE,
    *,
    report: str = "daily",
    days: Any = None,
) -> pd.DataFrame:
    """AQI, level, texts, primary pollutants and sub-indices of each row.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns named as the variables of the report (``pm25 … co``, ``o3_1h``), µg/m³ (CO mg/m³).
        Other columns are not looked at. Averages are not made here: see
        `forecast.aqi.hourly_index`.
    standard : Standard or str
        One standard for all rows, or a family whose standard in force on each row's day is used.
    report : str
        Report of the standard.
    days : array_like of dates, optional
        Local day of each row; by default the column ``day``, the index level ``day`` or a time
        index, in this order. Not needed with one standard.

    Returns
    -------
    pandas.DataFrame
        Same index: ``aqi`` (float32), ``level`` (int8, 0 missing), ``zh en color advice_zh
        advice_en`` (categorical text, empty where missing), ``primary`` (such as ``"PM2.5, O3"``),
        ``iaqi_pm25 …`` (float32).

    Raises
    ------
    InputError
        No days are known though a family is asked for, or as in `forecast.aqi.evaluate`.

    Examples
    --------
    >>> from forecast.standard import standard_named
    >>> day = pd.DataFrame({"pm25": [76.0], "o3": [100.0]}, index=["Chengdu"])
    >>> index_table(day, standard_named("HJ 633-2012"))[["aqi", "zh", "primary"]].values.tolist()
    [[102.0, '轻度污染', 'PM2.5']]
    """
    if isinstance(standard, Standard):
        groups = [(standard, np.arange(len(table)))]
    else:
        groups = days_by_standard(_days(table, days), standard)
    parts = [_part(table.iloc[rows], one, report) for one, rows in groups]
    if not parts:
        raise InputError("the table has no rows; expected at least one")
    order = np.argsort(np.concatenate([rows for _, rows in groups]), kind="stable")
    found = pd.concat(parts).iloc[order]
    texts = [*FIELDS, "primary"]
    return found.astype(dict.fromkeys(texts, "category"))


def _part(table: pd.DataFrame, standard: Standard, report: str) -> pd.DataFrame:
    wanted = {term.variable for term in standard.report(report)}
    columns = {
        str(n): table[n].to_numpy(dtype=np.float64, na_value=np.nan) for n in table if n in wanted
    }
    found = evaluate(columns, standard, report)
    levels = level(found.aqi, standard)
    masks, which = np.unique(found.primary, return_inverse=True)
    names = np.array([", ".join(LABELS[p] for p in primary_names(int(m))) for m in masks])
    out = {"aqi": found.aqi, "level": levels}
    out |= {field: level_text(levels, standard, field) for field in FIELDS}
    out["primary"] = names[which].astype(object) if len(names) else names
    used = {term.pollutant for term in standard.report(report)}
    out |= {f"iaqi_{p}": found.sub[i] for i, p in enumerate(POLLUTANTS) if p in used}
    return pd.DataFrame(out, index=table.index)


def _days(table: pd.DataFrame, days: Any) -> pd.DatetimeIndex:
    if days is None and "day" in table:
        days = table["day"]
    elif days is None and "day" in table.index.names:
        days = table.index.get_level_values("day")
    elif days is None and isinstance(table.index, pd.DatetimeIndex):
        days = table.index
    if days is None:
        raise InputError(
            "the standard in force depends on the day: expected a column or index level 'day', a "
            "time index, the argument days, or one standard"
        )
    found = pd.DatetimeIndex(days).normalize()
    if len(found) != len(table):
        raise InputError(f"found {len(found)} days for {len(table)} rows")
    return found
