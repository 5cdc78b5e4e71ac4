"""Breakpoint tables: the sub-index of a concentration, and the concentration at an index.

``IAQI = (I_hi − I_lo)/(C_hi − C_lo)·(C − C_lo) + I_lo`` between two breakpoints (HJ 633, 40 CFR 58
appendix G, CPCB 2014), after the rounding of the concentration and before that of the index that
the standard prescribes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from forecast.elementwise import elementwise
from forecast.errors import InputError
from forecast.observations.units import factor_to_model
from forecast.standard import Standard, pollutant_of

GUARD = 1e-9
"""Subtracted before rounding up, so that 35 µg/m³ gives 50 and not 51."""
FLOAT32 = 2.0**-22
"""Relative guard: a stored mean of 38.2 reads back as 38.2000008, which must give 54 and not 55."""


@dataclass(frozen=True)
class Table:
    """One table made ready: concentrations in steps of the last decimal, and index values.

    Attributes
    ----------
    concentration, index : ndarray
        The ends of the segments, in order.
    unit : float
        Model units (µg/m³; CO mg/m³) of 1 in `concentration`.
    rounding : {"half even", "truncate", ""}
        Of the concentration to whole steps; "" none.
    nearest : bool
        Index to nearest (halves up) instead of up.
    above : float
        Index above the last end, NaN none.
    lowest : float
        Lowest index.
    """

    concentration: np.ndarray
    index: np.ndarray
    unit: float
    rounding: str
    nearest: bool
    above: float
    lowest: float

    def sub_index(self, values: np.ndarray) -> np.ndarray:
        """Sub-index of (value,) in model units, float64; NaN for missing or negative."""
        steps = self._steps(values)
        found = np.interp(steps, self.concentration, self.index, left=np.nan, right=self.above)
        if self.nearest:
            found += 0.5 + GUARD
            np.floor(found, out=found)
        else:
            found -= GUARD
            np.ceil(found, out=found)
        np.maximum(found, self.lowest, out=found)
        found += 0.0  # −0 is not an index
        return found

    def _steps(self, values: np.ndarray) -> np.ndarray:
        """Concentrations in steps, rounded as the rule says, guarded against float32."""
        if self.rounding == "half even":
            # four more decimals: 2.35 is a half, whatever its binary form
            steps = np.multiply(values, 1 / self.unit, dtype=np.float64)
            np.rint(np.round(steps, 4, out=steps), out=steps)
            # −0.3 rounds to 0, but is no concentration
            return np.subtract(steps, values < 0, out=steps)
        guard = 1 + FLOAT32 if self.nearest else 1 - FLOAT32
        steps = np.multiply(values, guard / self.unit, dtype=np.float64)
        if self.rounding == "truncate":
            steps += GUARD
            np.floor(steps, out=steps)
        return steps


@cache
def table(standard: Standard, name: str) -> Table:
    """Return the table `name` (such as ``"pm25_24h"``) of a standard, ready to use.

    Raises
    ------
    InputError
        The standard has no such table.
    """
    if name not in standard.breakpoints:
        known = ", ".join(standard.breakpoints)
        raise InputError(f"{standard.name} has no breakpoints {name!r}; expected one of {known}")
    pollutant = pollutant_of(name)
    rounded = pollutant in standard.decimals
    scale = 10.0 ** standard.decimals[pollutant] if rounded else 1.0
    concentration, index = _segments(standard, name, scale)
    top = float(standard.index[-1])
    rule = standard.above.get(name)
    above = {"none": np.nan, "last": index[-1]}.get(rule or "", top)
    if rule == "extend":
        slope = (concentration[-1] - concentration[-2]) / (index[-1] - index[-2])
        concentration.append(concentration[-1] + (top - index[-1]) * slope)
        index.append(top)
    unit = (
        factor_to_model(pollutant, standard.units[pollutant]) if pollutant in standard.units else 1
    )
    return Table(
        concentration=np.array(concentration, dtype=np.float64),
        index=np.array(index, dtype=np.float64),
        unit=unit / scale,
        rounding=standard.rounding if rounded else "",
        nearest=standard.index_rounding == "nearest",
        above=above,
        lowest=float(standard.lowest),
    )


def sub_index(concentration: Any, breakpoints: str, standard: Standard) -> Any:
    """Individual index (IAQI) of one pollutant.

    Parameters
    ----------
    concentration : array_like, Series, DataFrame or DataArray
        µg/m³ (CO: mg/m³) at 298.15 K, any shape; NaN and negative values give NaN. Dask stays lazy.
    breakpoints : str
        Name of the table, such as ``"pm25_24h"``.
    standard : Standard
        Which standard; gives units, rounding of concentration and index, and what lies above.

    Returns
    -------
    float32, as `concentration`
        Whole numbers, at most the standard's highest index.

    Raises
    ------
    InputError
        The standard has no such table.

    Examples
    --------
    >>> from forecast.standard import standard_named
    >>> sub_index([35, 36, 116, 620], "pm25_24h", standard_named("HJ 633-2012")).tolist()
    [50.0, 52.0, 152.0, 500.0]
    >>> sub_index([9.0, 9.19, 35.9], "pm25_24h", standard_named("US EPA 2024")).tolist()
    [50.0, 51.0, 102.0]
    """
    made = table(standard, breakpoints)

    def found(values: np.ndarray) -> np.ndarray:
        return made.sub_index(values.reshape(-1)).reshape(values.shape).astype(np.float32)

    return elementwise(found, concentration, np.float32)


def concentration_at(index: Any, breakpoints: str, standard: Standard) -> Any:
    """Concentration at which the sub-index reaches a value: the inverse of the formula.

    Parameters
    ----------
    index : array_like, Series, DataFrame or DataArray
        Index values; NaN, and those the table does not reach, give NaN.
    breakpoints, standard
        As in `sub_index`.

    Returns
    -------
    float64, as `index`
        µg/m³ (CO: mg/m³) at 298.15 K. Where the index is rounded up (HJ 633) it is the highest
        concentration with that index, before the rounding of concentrations; where whole classes
        are given (Europe), the upper end of the class.

    Examples
    --------
    >>> from forecast.standard import standard_named
    >>> concentration_at([50, 82, 500], "pm25_24h", standard_named("HJ 633-2012")).tolist()
    [35.0, 60.6, 500.0]
    """
    made = table(standard, breakpoints)
    ends = made.concentration * made.unit

    def inverse(values: np.ndarray) -> np.ndarray:
        return np.asarray(np.interp(values, made.index, ends, left=np.nan, right=np.nan))

    return elementwise(inverse, index, np.float64)


def round_half_even(values: np.ndarray, decimals: int) -> np.ndarray:
    """Round to `decimals`, halves to even, as written in decimals (2.35 is a half)."""
    scale = 10.0**decimals
    return np.rint(np.round(np.asarray(values) * scale, 4)) / scale


def _segments(standard: Standard, name: str, scale: float) -> tuple[list[float], list[float]]:
    """Ends of the segments: concentrations in steps and index values."""
    edges = standard.breakpoints[name]
    pairs = [
        (round(c * scale, 6), float(i))  # 0.029·1000 is 29, whatever its binary form
        for c, i in zip(edges, standard.index, strict=False)
        if c is not None
    ]
    if not standard.separate:
        return [c for c, _ in pairs], [i for _, i in pairs]
    concentration: list[float] = []
    index: list[float] = []
    for (low, i_low), (high, i_high) in pairwise(pairs):
        apart = 0 if not index and edges[0] is not None else 1
        concentration += [low + apart, high]
        index += [i_low + apart, i_high]
    return concentration, index
