"""Values of known variables: to the data model's units, without what is no value."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.foreign.content import MEMBERS, QUANTILES
from forecast.foreign.layout import Where
from forecast.foreign.names import Side
from forecast.observations.limits import HIGHEST
from forecast.observations.units import factor_to_model, factors_to_model
from forecast.pollutants import POLLUTANTS

LOWEST_FORECAST = -900.0
"""A forecast may be a little below zero; what lies below this is a mark."""
CO_MEDIAN = 30.0
"""mg/m³, far above any city; a median beyond it is in µg/m³."""


def base_name(name: str) -> str:
    """Variable without the ending of members or quantiles."""
    return name.removesuffix(MEMBERS).removesuffix(QUANTILES)


def to_units(
    path: Path, variable: str, values: np.ndarray, unit: str, units: pd.Series | None = None
) -> np.ndarray:
    """Convert a pollutant to the data model's unit, by the unit stated, else as it stands.

    Parameters
    ----------
    path : Path
        File, for messages.
    variable : str
        Canonical name; only pollutants are converted.
    values : ndarray
    unit : str
        From the name or the attributes; empty where not stated.
    units : pandas.Series, optional
        Unit of each row.

    Raises
    ------
    InputError
        The unit is unknown, or CO is in no unit and cannot be mg/m³.
    """
    if variable not in POLLUTANTS:
        return values
    if unit:
        try:
            return values * factor_to_model(variable, unit)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None
    if units is not None:
        stated = ((units != "") & ~np.isnan(values)).to_numpy()
        if stated.any():
            values = values.copy()
            names = np.full(int(stated.sum()), variable, dtype=object)
            values[stated] *= factors_to_model(path, units[stated], names)
        return values
    present = values[~np.isnan(values)]
    if variable == "co" and len(present) and np.median(present) > CO_MEDIAN:
        raise InputError(
            f"{path}: co has a median of {np.median(present):g} and no unit; expected mg/m³, or "
            "the unit beside the name, as co(ug/m3)"
        )
    return values


def finish(
    variables: dict[str, np.ndarray], side: Side, where: Where, rejected: Counter[str]
) -> dict[str, np.ndarray]:
    """Leave out what is no concentration or index, and check the forecast range.

    Parameters
    ----------
    variables : dict of str to ndarray, (row, …)
        By canonical name.
    side : {"forecast", "observed"}
        Observations are never negative.
    where : callable
        Names a row.
    rejected : Counter
        What is left out is counted here.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    InputError
        The low end of a range exceeds the high end, or only one end is given.
    """
    out = dict(variables)
    for name, values in variables.items():
        base = base_name(name)
        if base not in (*POLLUTANTS, "aqi", "aqi_low", "aqi_high"):
            continue
        highest = HIGHEST.get(base, 9999.0)
        lowest = LOWEST_FORECAST if side == "forecast" else 0.0
        for wrong, reason in (
            (values < lowest, f"< {lowest:g}"),
            (values >= highest, f"≥ {highest:g}"),
        ):
            if wrong.any():
                rejected[f"{base} {reason}"] += int(wrong.sum())
                out[name] = np.where(wrong, np.nan, out[name])
    _check_range(out, where)
    _no_primary(out)
    return out


def _check_range(variables: dict[str, np.ndarray], where: Where) -> None:
    ends = [name for name in ("aqi_low", "aqi_high") if name in variables]
    if len(ends) == 1:
        raise InputError(f"{where(0)}: {ends[0]} without the other end of the range")
    if not ends:
        return
    low, high = (variables[name] for name in ends)
    wrong = low > high
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(f"{where(row)}: aqi_low {low[row]:g} exceeds aqi_high {high[row]:g}")
    if "aqi" not in variables:
        variables["aqi"] = (low + high) / 2


def _no_primary(variables: dict[str, np.ndarray]) -> None:
    """An empty cell beside an index says that no pollutant is named."""
    if "primary" not in variables:
        return
    beside = [variables[n] for n in ("aqi", "level_low") if n in variables]
    if beside:
        given = ~np.isnan(np.stack(beside)).all(axis=0)
        empty = np.isnan(variables["primary"]) & given
        variables["primary"] = np.where(empty, 0.0, variables["primary"])
