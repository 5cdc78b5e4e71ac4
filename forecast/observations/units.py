"""Conversion of published concentrations to the units of the data model.

Mixing ratios are converted at 298.15 K and 1013.25 hPa, the reference state of gases in the Chinese
network since 2018-09-01 and in the US (40 CFR 50).
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.pollutants import UNITS

UG_PER_PPB = {"o3": 1.962, "no2": 1.88, "so2": 2.62, "co": 1.145}
"""µg/m³ (CO: also mg/m³ per ppm) of one ppb at 298.15 K and 1013.25 hPa."""

MASS = {"ug/m3": 1.0, "mg/m3": 1000.0}
MIXING = {"ppb": 1.0, "ppm": 1000.0}

_SPELLINGS = {
    "partspermillion": "ppm",
    "partsperbillion": "ppb",
    "ppmv": "ppm",
    "ppbv": "ppb",
    "micrograms/cubicmeter": "ug/m3",
    "milligrams/cubicmeter": "mg/m3",
}


def canonical_unit(unit: str) -> str | None:
    """Return ``ug/m3``, ``mg/m3``, ``ppb`` or ``ppm`` for one of its usual spellings, else None.

    Known are the micro sign and the Greek letter, ``m3 m^3 m**3 m-3 m³``, ``/`` or a blank, either
    case, ``Micrograms/cubic meter`` (with or without ``(LC)`` or ``(25 C)``) and ``Parts per …``.

    Examples
    --------
    >>> [canonical_unit(u) for u in ("µg/m³", "UG/M3", "ug m-3", "Parts per million", "ug")]
    ['ug/m3', 'ug/m3', 'ug/m3', 'ppm', None]
    """
    # LC and 25 C are the two states EPA reports mass at; PM is kept at the state it is given in
    text = re.sub(r"\((lc|25 ?c)\)$", "", unit.strip().lower())
    text = re.sub(r"[\u00b5\u03bc]", "u", text).replace("\u00b3", "3").replace("\u207b", "-")
    text = re.sub(r"\s*(?:/|\s)\s*m\s*(?:\^|\*\*)?\s*-?3$", "/m3", text)
    text = re.sub(r"\s+", "", text)
    text = _SPELLINGS.get(text, text)
    return text if text in MASS or text in MIXING else None


def to_model(pollutant: str, values: np.ndarray, unit: str) -> np.ndarray:
    """Convert concentrations to the data model's unit (µg/m³; CO mg/m³).

    Parameters
    ----------
    pollutant : str
        One of `forecast.pollutants.POLLUTANTS`.
    values : array_like
        Any shape; NaN stays NaN.
    unit : str
        As published; see `canonical_unit` for the spellings known.

    Returns
    -------
    ndarray of float64
        Same shape.

    Raises
    ------
    InputError
        The unit is unknown, or is a mixing ratio of particles.

    Examples
    --------
    >>> to_model("o3", [50.0], "ppb").round(3).tolist()
    [98.1]
    >>> to_model("co", [900.0], "µg/m³").tolist()
    [0.9]
    """
    return np.asarray(values, dtype=np.float64) * factor_to_model(pollutant, unit)


def factor_to_model(pollutant: str, unit: str) -> float:
    """Return what a value in `unit` is multiplied by; parameters and errors as in `to_model`."""
    known = canonical_unit(unit)
    if known is None:
        raise InputError(
            f"{pollutant}: unit {unit!r} is unknown; expected µg/m³, mg/m³, ppb or ppm"
        )
    if known in MASS:
        to_ug = MASS[known]
    elif pollutant in UG_PER_PPB:
        to_ug = MIXING[known] * UG_PER_PPB[pollutant]
    else:
        raise InputError(
            f"{pollutant}: unit {unit!r} is a mixing ratio; expected a mass per volume"
        )
    return to_ug / 1000 if UNITS[pollutant].startswith("mg") else to_ug


def factors_to_model(path: Path, units: pd.Series, pollutant: np.ndarray) -> np.ndarray:
    """Return the factor of each row of a table with a unit column.

    Parameters
    ----------
    path : Path
        File, for messages.
    units : pandas.Series of str, (row,)
        Unit of each row; its index, named ``line`` or ``row``, names the rows.
    pollutant : ndarray of str, (row,)
        Pollutant of each row.

    Returns
    -------
    ndarray of float64, (row,)
        What each row's value is multiplied by.

    Raises
    ------
    InputError
        As `to_model`, naming the first such row.
    """
    kind, names = pd.factorize(pollutant)
    code, texts = pd.factorize(units.astype(str))
    pair = kind.astype(np.int64) * max(len(texts), 1) + code
    found, first, back = np.unique(pair, return_index=True, return_inverse=True)
    factors = np.empty(len(found))
    for i in np.argsort(first):
        row = first[i]
        try:
            factors[i] = factor_to_model(names[kind[row]], texts[code[row]])
        except InputError as error:
            raise InputError(f"{path}, {units.index.name} {units.index[row]}: {error}") from None
    return factors[back]
