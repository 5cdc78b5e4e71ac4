"""The air-quality index: sub-indices, index, level, primary pollutants.

``AQI = max(IAQI)`` over the pollutants of a report, with the tables and rules of the standard in
force (`forecast.standard`; sub-indices: `forecast.breakpoints`). Missing stays missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.breakpoints import concentration_at as concentration_at
from forecast.breakpoints import round_half_even as round_half_even
from forecast.breakpoints import sub_index as sub_index
from forecast.elementwise import elementwise
from forecast.index_report import Index as Index
from forecast.index_report import evaluate as evaluate
from forecast.index_report import index_and_primary as index_and_primary
from forecast.index_report import nothing_to_read
from forecast.pollutants import LABELS, MASK_BITS, POLLUTANTS
from forecast.running import with_averages
from forecast.standard import CHINESE, Standard, as_date, standard_for

HEAVY = 200
"""Heavy pollution is an AQI above it (levels 5 and 6)."""


def level(aqi: Any, standard: Standard) -> Any:
    """Level 1…6 of each AQI, right-closed; 0 where missing; int8, in the container of `aqi`.

    Examples
    --------
    >>> from datetime import date
    >>> level(np.array([50, 51, 300, 301, np.nan]), standard_for(date(2015, 1, 1))).tolist()
    [1, 2, 5, 6, 0]
    """
    inner = standard.edges[:-1]

    def levels(values: np.ndarray) -> np.ndarray:
        found = (values == values).astype(np.int8)
        for edge in inner:
            found += values > edge
        return found

    return elementwise(levels, aqi, np.int8)


def daily_index(
    daily: xr.Dataset,
    standard: Standard | str = CHINESE,
    *,
    report: str = "daily",
    sub_indices: bool = False,
) -> xr.Dataset:
    """AQI, level and primary pollutants of daily values, each day by its own standard.

    Parameters
    ----------
    daily : xarray.Dataset
        Daily variables on dimensions that include ``day``; on dask the result is lazy.
    standard : Standard or str
        One standard for all days, or a family (``"HJ 633"``, ``"US EPA"``) whose standard in force
        on each day is used.
    report : str
        A report of the standard that reads daily values.
    sub_indices : bool
        Whether to give the sub-indices too.

    Returns
    -------
    xarray.Dataset
        ``aqi`` (float32), ``level`` (int8, 0 missing), ``primary`` (int16 mask, −1 missing) and,
        if asked for, ``iaqi_pm25 …`` (float32) of the pollutants of the report.

    Raises
    ------
    InputError
        As in `evaluate`, or no standard holds on a day.
    """
    return _index(daily, "day", daily["day"].to_index(), standard, report, sub_indices)


def hourly_index(
    hourly: xr.Dataset,
    standard: Standard | str = CHINESE,
    *,
    report: str = "hourly",
    utc_offset: float = 8,
    sub_indices: bool = False,
) -> xr.Dataset:
    """AQI, level and primary pollutants of every hour (real-time report).

    Parameters
    ----------
    hourly : xarray.Dataset
        Hourly variables on dimensions that include ``time`` (UTC start of the hour); on dask the
        result is lazy. Running means and NowCasts the report asks for are made where the dataset
        does not bring them.
    standard : Standard or str
        As in `daily_index`; each hour belongs to the local day in which it starts.
    report : str
        ``"hourly"``; HJ 633-2012 also has ``"hourly_text"``, the rule of its text, where
        ``"hourly"`` is what has been published since 2014.
    utc_offset : float
        Network clock minus UTC, hours.
    sub_indices : bool
        Whether to give the sub-indices too.

    Returns
    -------
    xarray.Dataset
        As `daily_index`, on the dimensions of `hourly`.

    Raises
    ------
    InputError
        As in `daily_index`; or running means are needed and hours are missing in ``time``.
    """
    days = (hourly["time"].to_index() + pd.Timedelta(hours=utc_offset)).normalize()
    for one, _ in days_by_standard(days, standard):
        wanted = [term.variable for term in one.report(report)]
        hourly = with_averages(hourly, wanted, one.min_hours)
    return _index(hourly, "time", days, standard, report, sub_indices)


def days_by_standard(
    days: pd.DatetimeIndex, standard: Standard | str = CHINESE
) -> list[tuple[Standard, np.ndarray]]:
    """Group positions of `days` by the standard in force (or the one given)."""
    if isinstance(standard, Standard):
        return [(standard, np.arange(len(days)))]
    codes, unique = pd.factorize(days)
    each = [standard_for(as_date(day), standard) for day in unique]
    names = np.array([s.name for s in each], dtype=object)
    return [
        (one, np.flatnonzero((names == one.name)[codes]))
        for one in {s.name: s for s in each}.values()
    ]


def primary_attributes() -> dict[str, object]:
    """CF attributes of a primary-pollutant mask."""
    return {
        "long_name": "primary pollutants (0 none, -1 missing)",
        "flag_masks": np.array(list(MASK_BITS.values()), dtype=np.int16),
        "flag_meanings": " ".join(MASK_BITS),
    }


def level_attributes(standard: Standard | None = None) -> dict[str, object]:
    """CF attributes of a level; of the Chinese standards unless another is given."""
    meanings = "excellent good light moderate heavy severe"
    if standard is not None and standard.family != CHINESE:
        meanings = " ".join(one.en.replace(" ", "_") for one in standard.levels)
    count = len(meanings.split())
    return {
        "long_name": "air quality level (0 missing)",
        "flag_values": np.arange(count + 1, dtype=np.int8),
        "flag_meanings": f"missing {meanings}",
    }


def primary_names(mask: int) -> list[str]:
    """Pollutants of a primary-pollutant mask, in the order of the data model."""
    return [p for p, bit in MASK_BITS.items() if mask > 0 and mask & bit]


def _index(
    data: xr.Dataset,
    along: str,
    days: pd.DatetimeIndex,
    standard: Standard | str,
    report: str,
    sub_indices: bool,
) -> xr.Dataset:
    """Evaluate a dataset whose days along the dimension `along` are given."""
    groups = days_by_standard(days, standard)
    code = np.zeros(len(days), np.int16)
    for number, (_, positions) in enumerate(groups):
        code[positions] = number
    standards = [one for one, _ in groups]
    terms = [term for one in standards for term in one.report(report)]
    names = list(dict.fromkeys(t.variable for t in terms if t.variable in data))
    if not names:
        raise nothing_to_read(terms, report, list(map(str, data)))
    shown = [p for p in POLLUTANTS if sub_indices and p in {t.pollutant for t in terms}]

    def kernel(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
        values = dict(zip(names, arrays[:-1], strict=True))
        return _by_code(values, arrays[-1], standards, report, shown)

    found = xr.apply_ufunc(
        kernel,
        *(data[n].variable for n in names),
        xr.Variable(along, code),
        output_core_dims=[[]] * (3 + len(shown)),
        dask="parallelized",
        output_dtypes=[np.float32, np.int8, np.int16] + [np.float32] * len(shown),
    )
    found[0].attrs = {"units": "1", "long_name": "air quality index"}
    found[1].attrs = level_attributes(standards[-1])
    found[2].attrs = primary_attributes()
    for p, values in zip(shown, found[3:], strict=True):
        values.attrs = {"units": "1", "long_name": f"individual index of {LABELS[p]}"}
    labels = ["aqi", "level", "primary", *(f"iaqi_{p}" for p in shown)]
    return xr.Dataset(dict(zip(labels, found, strict=True)), coords=data.coords)


def _by_code(
    values: Mapping[str, np.ndarray],
    code: np.ndarray,
    standards: list[Standard],
    report: str,
    shown: list[str],
) -> tuple[np.ndarray, ...]:
    """AQI, level, primary and sub-indices where `code` tells the standard along one axis."""
    shape = np.broadcast_shapes(*(v.shape for v in values.values()), code.shape)
    values = {n: np.broadcast_to(v, shape) for n, v in values.items()}
    rows = [POLLUTANTS.index(p) for p in shown]
    axis = len(shape) - code.ndim + int(np.argmax(code.shape))
    line = code.ravel()
    used = np.unique(line)
    if len(used) == 1:
        one = standards[used[0]]
        if shown:
            aqi, primary, sub = evaluate(values, one, report)
            return (aqi, level(aqi, one), primary, *(sub[r] for r in rows))
        aqi, primary = index_and_primary(values, one, report)
        return (aqi, level(aqi, one), primary)
    out: tuple[np.ndarray, ...] = (
        np.empty(shape, np.float32),
        np.empty(shape, np.int8),
        np.empty(shape, np.int16),
        *(np.empty(shape, np.float32) for _ in rows),
    )
    for number in used:
        where = (slice(None),) * axis + (np.flatnonzero(line == number),)
        part = {n: v[where] for n, v in values.items()}
        piece = _by_code(part, np.array([number]), standards, report, shown)
        for whole, one_part in zip(out, piece, strict=True):
            whole[where] = one_part
    return out
