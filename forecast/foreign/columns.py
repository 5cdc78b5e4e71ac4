"""Which column of a text table holds what, told by the names in its header."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from forecast.errors import InputError
from forecast.foreign.cells import MARKS
from forecast.foreign.names import Meaning, Side, meaning, squeezed

DAY_OF_MONTH = "day_of_month"
"""Role of a column ``day`` beside ``year`` and ``month``."""


@dataclass(frozen=True)
class Columns:
    """Which column of a table is what.

    Attributes
    ----------
    roles : dict of str to str
        Role of `forecast.foreign.names.ROLES`, or `DAY_OF_MONTH`, to column.
    places : tuple of str
        Place columns, the one that names the places first.
    values : dict of str to Meaning
        Columns of values.
    unused : tuple of str
        The others.
    """

    roles: dict[str, str]
    places: tuple[str, ...]
    values: dict[str, Meaning]
    unused: tuple[str, ...]


def find_columns(path: Path, table: pd.DataFrame, side: Side) -> Columns:
    """Tell the columns of a table by their names.

    Parameters
    ----------
    path : Path
        File, for messages.
    table : pandas.DataFrame
        From `forecast.foreign.text.read_text_table`.
    side : {"forecast", "observed"}
        Which of the two is wanted, where the table holds both.

    Returns
    -------
    Columns
        Columns of unknown names are values only where no known name is one.

    Raises
    ------
    InputError
        Two columns say the same, or none holds values.
    """
    found = _meanings(table)
    sides = {m.side for m in found.values()}
    other: Side = "observed" if side == "forecast" else "forecast"
    unused = [n for n, m in found.items() if m.side == other and side in sides]
    roles: dict[str, str] = {}
    places: list[tuple[str, str]] = []
    values: dict[str, Meaning] = {}
    own: dict[str, Meaning] = {}
    for name, one in found.items():
        if name in unused:
            continue
        if one.role.startswith("place"):
            places.append((one.role, name))
        elif one.role in ("variable", "value"):
            (values if one.known else own)[name] = one
        elif one.role in roles:
            raise InputError(
                f"{path}: columns {roles[one.role]!r} and {name!r} both tell the "
                f"{one.role.replace('_', ' ')}; rename or remove one"
            )
        else:
            roles[one.role] = name
    if not values:
        values = {n: m for n, m in own.items() if n and _numeric(table[n])}
        if len(values) == 1:
            values = {n: Meaning("value", unit=m.unit) for n, m in values.items()}
    unused += [n for n in own if n not in values]
    values, doubled = _single(path, values)
    if not values:
        raise InputError(
            f"{path}: no column of values (PM2.5, AQI, value, forecast …); found "
            f"{', '.join(map(str, table.columns))}"
        )
    ordered = tuple(name for _, name in sorted(places, key=lambda pair: pair[0]))
    return Columns(roles, ordered, values, (*unused, *doubled))


def _meanings(table: pd.DataFrame) -> dict[str, Meaning]:
    """What each column's name says; a day beside year and month is that of the month."""
    found = {str(name): meaning(str(name)) for name in table.columns}
    if {"year", "month"} <= {m.role for m in found.values()}:
        for name, one in found.items():
            if squeezed(name) in ("day", "日"):
                found[name] = replace(one, role=DAY_OF_MONTH)
    return found


def _numeric(column: pd.Series) -> bool:
    numbers = pd.to_numeric(column, errors="coerce")
    return bool((numbers.notna() | column.isin(("", *MARKS))).all() and numbers.notna().any())


def _single(path: Path, values: dict[str, Meaning]) -> tuple[dict[str, Meaning], list[str]]:
    """One column for each variable; of several level columns the first is taken."""
    seen: dict[tuple[str, int | None, float | None], str] = {}
    doubled = []
    for name, one in values.items():
        key = (one.variable, one.member, one.quantile)
        if key in seen and one.variable in ("level", "primary"):
            doubled.append(name)
        elif key in seen:
            what = one.variable or "the value"
            raise InputError(
                f"{path}: columns {seen[key]!r} and {name!r} both hold {what}; rename or remove one"
            )
        else:
            seen[key] = name
    return {n: m for n, m in values.items() if n not in doubled}, doubled
