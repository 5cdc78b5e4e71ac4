"""Reader of guidance: a CSV of daily values of an air-quality model.

Layout: a header, then one row a valid day (``date,cams_pm25,…``), or one a cycle and lead
(``issue,lead,cams_pm25,…``; `date` may stand in place of `lead` or beside it), in either case with
or without a column of the place; plain or ``.gz``. Dates are ``2015-01-31``, leads whole days.
Other columns are not read. Empty cells, ``NA``, ``NaN`` and ``null`` are missing.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.guidance.settings import Guidance
from forecast.observations.delimited import read_delimited
from forecast.observations.limits import HIGHEST, possible
from forecast.observations.rows import at, dates, numbers, places

MISSING = ("NA", "NaN", "nan", "null")
MAX_LEAD = 30
"""Days; a longer lead is a typing error."""


def read_guidance(path: Path, source: Guidance) -> tuple[xr.Dataset, Counter[str]]:
    """Read one file of guidance.

    Parameters
    ----------
    path : Path
    source : Guidance
        Its section of the configuration.

    Returns
    -------
    data : xarray.Dataset
        A variable a pollutant, float32, in the data model's unit, on ``(day,)`` or
        ``(issue, lead)``, with a last dimension ``place`` where the file names places. Missing is
        NaN.
    rejected : Counter
        Values left out, by reason.

    Raises
    ------
    InputError
        A column is missing, a date or a lead is none, a value is no number, a place is unnamed, or
        a day stands twice; the message names file, line and column.
    """
    table = read_delimited(path)
    cycles = source.issue in table
    wanted = list(source.columns.values())
    if not cycles or source.lead not in table:
        wanted.append(source.day)
    missing = [name for name in wanted if name not in table]
    if missing:
        raise InputError(
            f"{path}, line 1: no column {', '.join(missing)}; found {', '.join(table.columns)}"
        )
    if source.lead in table and not cycles:
        raise InputError(
            f"{path}, line 1: a column {source.lead}, but none named {source.issue}; leads count "
            "from an issue"
        )
    keys = _cycles(path, table, source) if cycles else {"day": dates(path, table[source.day])}
    if source.place in table:
        keys["place"] = places(path, table[source.place])
    rejected: Counter[str] = Counter()
    values = {}
    for pollutant, column in source.columns.items():
        found = numbers(path, table[column], MISSING, Counter()) * source.factor(pollutant)
        values[pollutant] = possible(found, pollutant, rejected, HIGHEST[pollutant])
    return _set_out(path, table, keys, values), rejected


def _cycles(path: Path, table: pd.DataFrame, source: Guidance) -> dict[str, np.ndarray]:
    """Issue and lead of each row."""
    issue = dates(path, table[source.issue])
    valid = dates(path, table[source.day]) if source.day in table else None
    if source.lead in table:
        cells = table[source.lead]
        lead = numbers(path, cells, (), Counter())
    else:
        assert valid is not None  # one of the two columns is there
        cells = table[source.day]
        lead = (valid - issue) / np.timedelta64(1, "D")
    wrong = ~(np.isin(lead, np.arange(MAX_LEAD + 1)))
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{at(path, table, row)}: column {cells.name} holds {cells.iloc[row]!r}; expected "
            f"whole days from the issue on, 0 … {MAX_LEAD}"
        )
    days = lead.astype("timedelta64[D]")
    if valid is not None and (issue + days != valid).any():
        row = int((issue + days != valid).argmax())
        raise InputError(
            f"{at(path, table, row)}: column {source.day} holds {table[source.day].iloc[row]!r}; "
            f"expected the issue plus the lead, {(issue + days)[row].astype('datetime64[D]')}"
        )
    return {"issue": issue, "lead": lead.astype(np.int64)}


def _set_out(
    path: Path, table: pd.DataFrame, keys: dict[str, np.ndarray], values: dict[str, np.ndarray]
) -> xr.Dataset:
    """Lay the rows out on their axes; a combination without a row is NaN."""
    axes = {name: np.unique(key, return_inverse=True) for name, key in keys.items()}
    shape = tuple(len(labels) for labels, _ in axes.values())
    cell = np.ravel_multi_index([position for _, position in axes.values()], shape)
    twice = pd.Series(cell).duplicated().to_numpy()
    if twice.any():
        row = int(twice.argmax())
        named = ", ".join(f"{name} {_text(key[row])}" for name, key in keys.items())
        raise InputError(f"{at(path, table, row)}: {named} stands twice")
    out = {}
    for pollutant, column in values.items():
        laid = np.full(shape, np.nan, np.float32)
        laid.reshape(-1)[cell] = column
        out[pollutant] = (tuple(axes), laid)
    return xr.Dataset(out, {name: labels for name, (labels, _) in axes.items()})


def _text(key: np.generic) -> str:
    return f"{pd.Timestamp(key):%Y-%m-%d}" if isinstance(key, np.datetime64) else str(key)
