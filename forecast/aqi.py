"""The air-quality index: sub-indices, index, level, primary pollutants.

``IAQI = (I_hi − I_lo)/(C_hi − C_lo)·(C − C_lo) + I_lo``, rounded up; ``AQI = max(IAQI)``
(HJ 633-2012 and -2026; the standard is chosen by date). Missing stays missing.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from forecast.pollutants import MASK_BITS, POLLUTANTS
from forecast.standard import Standard, as_date, standard_for

GUARD = 1e-9
"""Subtracted before rounding up, so that 35 µg/m³ gives 50 and not 51."""
FLOAT32 = 2.0**-22
"""Relative guard: a stored mean of 38.2 reads back as 38.2000008, which must give 54 and not 55."""
HEAVY = 200
"""Heavy pollution is an AQI above it (levels 5 and 6)."""
UNKNOWN_PRIMARY = -1


def sub_index(
    concentration: np.ndarray | float, breakpoints: str, standard: Standard
) -> np.ndarray:
    """Individual index (IAQI) of one pollutant.

    Parameters
    ----------
    concentration : array_like
        µg/m³ (CO: mg/m³), any shape; NaN and negative values give NaN.
    breakpoints : str
        Name of the table, such as ``"pm25_24h"``.
    standard : Standard
        Which standard; gives the rounding of concentrations too.

    Returns
    -------
    ndarray of float64
        Whole numbers 0…500, same shape.

    Examples
    --------
    >>> from datetime import date
    >>> old = standard_for(date(2015, 12, 1))
    >>> sub_index([35, 36, 116, 620], "pm25_24h", old).tolist()
    [50.0, 52.0, 152.0, 500.0]
    """
    edges = np.asarray(standard.breakpoints[breakpoints], dtype=np.float64)
    index = np.asarray(standard.index[: len(edges)], dtype=np.float64)
    values = np.asarray(concentration, dtype=np.float64)
    pollutant = breakpoints.split("_", maxsplit=1)[0]
    if pollutant in standard.decimals:
        values = round_half_even(values, standard.decimals[pollutant])
    values = values * (1 - FLOAT32)
    result = np.ceil(np.interp(values, edges, index) - GUARD)
    ceiling = {"none": np.nan, "last": index[-1]}.get(
        standard.above.get(breakpoints, ""), standard.index[-1]
    )
    result = np.where(values > edges[-1], ceiling, result)
    return np.where(values >= 0, np.maximum(result, standard.lowest), np.nan)


def round_half_even(values: np.ndarray, decimals: int) -> np.ndarray:
    """Round to `decimals`, halves to even, as written in decimals (2.35 is a half)."""
    scale = 10.0**decimals
    return np.rint(np.round(values * scale, 4)) / scale


def index_and_primary(
    concentrations: Mapping[str, np.ndarray], standard: Standard
) -> tuple[np.ndarray, np.ndarray]:
    """AQI and primary pollutants of daily values under one standard.

    Parameters
    ----------
    concentrations : mapping of str to ndarray
        Daily variables (``pm25 … co`` and, where known, ``o3_1h``), all of one shape.
    standard : Standard
        The standard to use.

    Returns
    -------
    aqi : ndarray of float32
        NaN where no index may be given: no pollutant known, or (2026) one missing and the index
        of the others at most 100.
    primary : ndarray of int16
        Bit mask of the pollutants whose sub-index equals an AQI above 50 (all ties); 0 none,
        −1 where the AQI is missing.
    """
    shape = np.shape(next(iter(concentrations.values())))
    best = np.full((len(POLLUTANTS), *shape), -np.inf)
    for term in standard.daily:
        if term.variable not in concentrations:
            continue
        found = sub_index(concentrations[term.variable], term.breakpoints, standard)
        row = best[POLLUTANTS.index(term.pollutant)]
        np.fmax(row, found, out=row)
    aqi = best.max(axis=0)
    known = np.isfinite(aqi)
    if standard.missing == "others above 100":
        known &= np.isfinite(best).all(axis=0) | (aqi > 100)
    bits = np.array([MASK_BITS[p] for p in POLLUTANTS], dtype=np.int16)
    ties = (best == aqi) & known & (aqi > 50)
    primary = np.tensordot(bits, ties.astype(np.int16), axes=1).astype(np.int16)
    return (
        np.where(known, aqi, np.nan).astype(np.float32),
        np.where(known, primary, UNKNOWN_PRIMARY).astype(np.int16),
    )


def level(aqi: np.ndarray, standard: Standard) -> np.ndarray:
    """Level 1…6 of each AQI, right-closed; 0 where missing; int8.

    Examples
    --------
    >>> from datetime import date
    >>> level(np.array([50, 51, 300, 301, np.nan]), standard_for(date(2015, 1, 1))).tolist()
    [1, 2, 5, 6, 0]
    """
    aqi = np.asarray(aqi)
    inner = standard.edges[:-1]
    found = np.searchsorted(inner, np.nan_to_num(aqi), side="left") + 1
    return np.where(np.isnan(aqi), 0, found).astype(np.int8)


def daily_index(daily: xr.Dataset) -> xr.Dataset:
    """AQI, level and primary pollutants of daily values, each day by its own standard.

    Parameters
    ----------
    daily : xarray.Dataset
        Daily variables on dimensions that include ``day``.

    Returns
    -------
    xarray.Dataset
        ``aqi`` (float32), ``level`` (int8, 0 missing), ``primary`` (int16 mask, −1 missing).
    """
    template = daily[POLLUTANTS[0]]
    axis = template.get_axis_num("day")
    aqi = np.full(template.shape, np.nan, np.float32)
    levels = np.zeros(template.shape, np.int8)
    primary = np.full(template.shape, UNKNOWN_PRIMARY, np.int16)
    for standard, columns in days_by_standard(daily["day"].to_index()):
        where = (slice(None),) * axis + (columns,)
        values = {str(n): v.transpose(*template.dims).values[where] for n, v in daily.items()}
        aqi[where], primary[where] = index_and_primary(values, standard)
        levels[where] = level(aqi[where], standard)
    return xr.Dataset(
        {
            "aqi": (template.dims, aqi, {"units": "1", "long_name": "air quality index"}),
            "level": (template.dims, levels, level_attributes()),
            "primary": (template.dims, primary, primary_attributes()),
        },
        coords=daily.coords,
    )


def days_by_standard(days: pd.DatetimeIndex) -> list[tuple[Standard, np.ndarray]]:
    """Group positions of `days` by the standard in force."""
    groups: dict[str, tuple[Standard, list[int]]] = {}
    for i, day in enumerate(days):
        standard = standard_for(as_date(day))
        groups.setdefault(standard.name, (standard, []))[1].append(i)
    return [(standard, np.array(rows)) for standard, rows in groups.values()]


def primary_attributes() -> dict[str, object]:
    """CF attributes of a primary-pollutant mask."""
    return {
        "long_name": "primary pollutants (0 none, -1 missing)",
        "flag_masks": np.array(list(MASK_BITS.values()), dtype=np.int16),
        "flag_meanings": " ".join(MASK_BITS),
    }


def level_attributes() -> dict[str, object]:
    """CF attributes of a level."""
    return {
        "long_name": "air quality level (0 missing)",
        "flag_values": np.arange(7, dtype=np.int8),
        "flag_meanings": "missing excellent good light moderate heavy severe",
    }


def primary_names(mask: int) -> list[str]:
    """Pollutants of a primary-pollutant mask, in the order of the data model."""
    return [p for p, bit in MASK_BITS.items() if mask > 0 and mask & bit]
