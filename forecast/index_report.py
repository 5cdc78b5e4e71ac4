"""One report of a standard evaluated on arrays: sub-indices, index, primary pollutants.

Works in blocks that stay in the cache, so that a national year of hours needs little more memory
than its result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from forecast.breakpoints import table
from forecast.errors import InputError
from forecast.pollutants import POLLUTANTS
from forecast.standard import Standard, Term

BLOCK = 1 << 15
"""Values worked on at a time."""


class Index(NamedTuple):
    """What `evaluate` finds.

    Attributes
    ----------
    aqi : ndarray of float32
    primary : ndarray of int16
    sub : ndarray of float32, (pollutant, …)
        Sub-indices in the order of `forecast.pollutants.POLLUTANTS`.
    """

    aqi: np.ndarray
    primary: np.ndarray
    sub: np.ndarray


def evaluate(
    concentrations: Mapping[str, np.ndarray], standard: Standard, report: str = "daily"
) -> Index:
    """AQI, primary pollutants and sub-indices of one report under one standard.

    Parameters
    ----------
    concentrations : mapping of str to ndarray
        Variables of the report (``standard.report(report)``), all of one shape, µg/m³ (CO: mg/m³);
        daily ``pm25 … co`` and, where known, ``o3_1h``. Others are not looked at.
    standard : Standard
        The standard to use.
    report : str
        ``"daily"``, ``"hourly"`` or another report of the standard.

    Returns
    -------
    Index
        ``aqi`` is NaN where no index may be given: no pollutant known, fewer than the standard asks
        for, or (HJ 633-2026) one missing and the index of the others at most 100. ``primary`` is a
        bit mask of the pollutants whose sub-index equals an AQI above 50 (or what the standard
        sets), all ties; 0 none, −1 where the AQI is missing. ``sub`` is NaN where a pollutant has
        no index.

    Raises
    ------
    InputError
        The standard has no such report, none of its variables is given, or shapes differ.

    Examples
    --------
    >>> from forecast.standard import standard_named
    >>> day = {"pm25": np.array([75.0]), "pm10": np.array([150.0]), "no2": np.array([40.0])}
    >>> found = evaluate(day, standard_named("HJ 633-2012"))
    >>> found.aqi.tolist(), found.primary.tolist(), found.sub[3].tolist()
    ([100.0], [3], [50.0])
    """
    return _evaluate(concentrations, standard, report, keep=True)


def index_and_primary(
    concentrations: Mapping[str, np.ndarray], standard: Standard, report: str = "daily"
) -> tuple[np.ndarray, np.ndarray]:
    """``aqi`` and ``primary`` of `evaluate`, without the memory of the sub-indices."""
    found = _evaluate(concentrations, standard, report, keep=False)
    return found.aqi, found.primary


def _evaluate(
    concentrations: Mapping[str, np.ndarray], standard: Standard, report: str, *, keep: bool
) -> Index:
    """`evaluate`, in blocks; without `keep` the sub-indices are those of the last block."""
    terms = [term for term in standard.report(report) if term.variable in concentrations]
    if not terms:
        raise nothing_to_read(standard.report(report), report, list(concentrations))
    arrays = {t.variable: np.asarray(concentrations[t.variable]) for t in terms}
    shape = arrays[terms[0].variable].shape
    if any(a.shape != shape for a in arrays.values()):
        raise InputError(
            f"concentrations differ in shape: { {n: a.shape for n, a in arrays.items()} }"
        )
    flat = {n: np.ascontiguousarray(a).reshape(-1) for n, a in arrays.items()}
    size = flat[terms[0].variable].size
    aqi = np.empty(size, np.float32)
    primary = np.empty(size, np.int16)
    sub = np.empty((len(POLLUTANTS), size if keep else min(size, BLOCK)), np.float32)
    reported = sorted({term.row for term in standard.report(report)})
    for start in range(0, size, BLOCK):
        block = slice(start, min(start + BLOCK, size))
        part = sub[:, block] if keep else sub[:, : block.stop - start]
        _sub_indices({n: a[block] for n, a in flat.items()}, terms, standard, part)
        aqi[block] = _highest(part, standard, reported)
        primary[block] = _primary(part, aqi[block], standard)
    kept = sub.reshape(len(POLLUTANTS), *shape) if keep else sub[:, :0]
    return Index(aqi.reshape(shape), primary.reshape(shape), kept)


def _sub_indices(
    values: Mapping[str, np.ndarray], terms: list[Term], standard: Standard, out: np.ndarray
) -> None:
    """Fill `out`, (pollutant, value), with the sub-indices of a block."""
    made: dict[str, np.ndarray] = {}
    empty = set(range(len(out)))
    for term in terms:
        ready = table(standard, term.breakpoints)
        if term.instead_of is None:
            found = ready.sub_index(values[term.variable])
        else:
            if term.instead_of not in made:
                continue
            # a value without an index lies above its table
            needed = np.isnan(made[term.instead_of]) & (values[term.instead_of] >= 0)
            if not needed.any():
                continue
            found = np.where(needed, ready.sub_index(values[term.variable]), np.nan)
        made[term.variable] = found
        row = out[term.row]
        if term.row in empty:
            row[...] = found
            empty.remove(term.row)
        else:
            np.fmax(row, found, out=row, casting="same_kind")
    out[sorted(empty)] = np.nan


def _highest(sub: np.ndarray, standard: Standard, reported: list[int]) -> np.ndarray:
    """AQI of a block, NaN where the standard gives none."""
    aqi = np.fmax.reduce(sub, axis=0)
    known = None
    if standard.missing == "others above 100":
        known = ~np.isnan(sub[reported]).any(axis=0) | (aqi > 100)
    elif standard.at_least > 1 or standard.one_of:
        valid = ~np.isnan(sub)
        known = valid.sum(axis=0) >= standard.at_least
        if standard.one_of:
            known &= valid[[POLLUTANTS.index(p) for p in standard.one_of]].any(axis=0)
    if known is not None:
        aqi[~known] = np.nan
    return aqi


def _primary(sub: np.ndarray, aqi: np.ndarray, standard: Standard) -> np.ndarray:
    """Bit mask of the pollutants whose sub-index is the AQI; bit i is pollutant i."""
    ties = np.packbits(sub == aqi, axis=0, bitorder="little")[0].astype(np.int16)
    ties *= aqi > standard.primary_above
    ties -= np.isnan(aqi)
    return ties


def nothing_to_read(terms: Iterable[Term], report: str, found: list[str]) -> InputError:
    """Return the error of a report none of whose variables is there."""
    wanted = ", ".join(dict.fromkeys(term.variable for term in terms))
    return InputError(
        f"nothing to make a {report} index of: found {', '.join(found) or 'no variable'}, expected "
        f"some of {wanted}"
    )
