"""A text table of any layout, wide or long, into one value for each time and place."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.foreign import cells
from forecast.foreign.columns import DAY_OF_MONTH, Columns, find_columns
from forecast.foreign.content import MEMBERS, QUANTILES, VALUE, Content, Note
from forecast.foreign.layout import Times, Where, in_days
from forecast.foreign.names import Meaning, Side, meaning
from forecast.foreign.rows import Rows, about, content_of
from forecast.foreign.text import read_text_table
from forecast.foreign.variables import to_units


def read_tables(path: Path, side: Side) -> list[Content]:
    """Read a text table of forecasts or observations.

    Parameters
    ----------
    path : Path
        See `forecast.foreign.text.read_text_table`.
    side : {"forecast", "observed"}
        Which of the two is wanted, where the table holds both.

    Returns
    -------
    list of Content
        One for each model where a column names models, else one.

    Raises
    ------
    InputError
        One sentence with the file and the line or column at fault.
    """
    table = read_text_table(path)
    columns = find_columns(path, table, side)
    if "model" not in columns.roles:
        return [_content(path, table, columns, side, path.stem)]
    names = table[columns.roles["model"]]
    if side == "observed":
        raise InputError(f"{path}: column {names.name!r} names models, in a file of observations")
    return [
        _content(path, table[names == name], columns, side, str(name))
        for name in dict.fromkeys(names)
    ]


def _content(path: Path, table: pd.DataFrame, columns: Columns, side: Side, name: str) -> Content:
    def where(row: int) -> str:
        return f"{path}, line {table.index[row]}"

    notes: list[Note] = []
    if columns.unused:
        listed = ", ".join(n or "(unnamed)" for n in columns.unused)
        notes.append(about(path, f"未使用的列 {listed}", f"columns not used: {listed}"))
    rejected: Counter[str] = Counter()
    places, aliases = _places(path, table, columns.places)
    variables, inner = _variables(path, table, columns, rejected)
    times, stamp = _times(path, table, columns, where, notes)
    rows = Rows(places, times, stamp, variables, inner)
    if {"member", "quantile"} & set(columns.roles):
        rows = _with_members(path, table, columns, rows, where)
    return content_of(
        path, name, side, rows, where, rejected=rejected, notes=notes, aliases=aliases
    )


def _places(
    path: Path, table: pd.DataFrame, columns: tuple[str, ...]
) -> tuple[np.ndarray, dict[str, pd.Series]]:
    """Place of each row, and other names of the places that go with them one to one."""
    if not columns:
        return np.full(len(table), "", dtype=object), {}
    first = columns[0]
    blank = (table[first] == "").to_numpy()
    if blank.any():
        line = table.index[int(np.argmax(blank))]
        raise InputError(f"{path}, line {line}: column {first!r} is empty; expected a place")
    pairs = table[list(columns)].drop_duplicates()
    aliases = {
        f"alias{number}": pairs.drop_duplicates([first, c]).set_index(first)[c]
        for number, c in enumerate(columns[1:])
        if len(pairs[[first, c]].drop_duplicates()) == pairs[first].nunique() == pairs[c].nunique()
    }
    return table[first].to_numpy(object), aliases


def _times(
    path: Path, table: pd.DataFrame, columns: Columns, where: Where, notes: list[Note]
) -> tuple[Times, np.ndarray | None]:
    """Issue, lead and day of each row as far as there are columns; the time behind the day."""
    roles = columns.roles
    issue = day = lead = None
    if "issue" in roles:
        issue = cells.instants(path, table[roles["issue"]]).astype("datetime64[D]")
    stamp = _stamps(path, table, roles, where)
    if stamp is not None:
        day = stamp.astype("datetime64[D]")
    if {"lead", "lead_hours"} <= set(roles):
        raise InputError(
            f"{path}: columns {roles['lead']!r} and {roles['lead_hours']!r} both tell the lead; "
            "rename or remove one"
        )
    for role in {"lead", "lead_hours"} & set(roles):
        column = table[roles[role]]
        number, hours = cells.lead_hours(path, column, hours=role == "lead_hours")
        lead, guessed = in_days(number, hours, where)
        if guessed:
            en = "leads are multiples of 24 and taken as hours"
            notes.append(about(path, "时效为24的倍数，按小时理解", en))
        if "day" in roles and issue is None:
            name = roles["day"]
            zh = f"列{name}按预报对象日理解（起报日请命名为issue或起报日期）"
            en = f"column {name} is taken as the day forecast; call a day of issue `issue`"
            notes.append(about(path, zh, en))
    return Times(issue, lead, day), stamp


def _stamps(
    path: Path, table: pd.DataFrame, roles: dict[str, str], where: Where
) -> np.ndarray | None:
    """Time of each row: a column of days, or of years, months and days, with one of hours."""
    if "day" in roles:
        stamp = cells.instants(path, table[roles["day"]])
    elif DAY_OF_MONTH in roles:
        parts = [table[roles[r]].str.removesuffix(".0") for r in ("year", "month", DAY_OF_MONTH)]
        joined = parts[0].str.cat(parts[1:], sep="-").rename("year-month-day")
        stamp = cells.instants(path, joined)
    else:
        return None
    if "hour" not in roles:
        return stamp
    hour = cells.values(path, table[roles["hour"]], Counter())
    wrong = ~((hour >= 0) & (hour <= 24) & (hour == np.rint(hour)))
    if wrong.any():
        row = int(np.argmax(wrong))
        name = roles["hour"]
        raise InputError(
            f"{where(row)}: column {name!r} is {table[name].iloc[row]!r}; expected an hour 0 to 24"
        )
    return stamp + hour.astype("timedelta64[h]")


def _variables(
    path: Path, table: pd.DataFrame, columns: Columns, rejected: Counter[str]
) -> tuple[dict[str, np.ndarray], dict[str, tuple[str, np.ndarray]]]:
    """Values by canonical name, and the second dimension of those that have one."""
    groups: dict[str, list[tuple[str, Meaning]]] = {}
    for name, one in columns.values.items():
        ending = MEMBERS if one.member is not None else QUANTILES if one.quantile else ""
        groups.setdefault((one.variable or VALUE) + ending, []).append((name, one))
    units = table[columns.roles["unit"]] if "unit" in columns.roles else None
    out: dict[str, np.ndarray] = {}
    inner: dict[str, tuple[str, np.ndarray]] = {}
    for name, group in groups.items():
        ending = next((e for e in (MEMBERS, QUANTILES) if name.endswith(e)), "")
        if ending:
            group.sort(key=lambda pair: pair[1].member or pair[1].quantile or 0)
            labels = np.array([m.quantile if ending == QUANTILES else m.member for _, m in group])
        read: dict[str, list[np.ndarray]] = {}
        for column, one in group:
            for variable, values in _column(path, table, columns, column, one, rejected).items():
                values = to_units(path, variable, values, one.unit, units)
                read.setdefault(variable, []).append(values)
        for variable, parts in read.items():
            out[variable + ending] = np.stack(parts, axis=1) if ending else parts[0]
            if ending:
                inner[variable + ending] = (ending[1:-1], labels)
    return out, inner


def _column(
    path: Path,
    table: pd.DataFrame,
    columns: Columns,
    column: str,
    one: Meaning,
    rejected: Counter[str],
) -> dict[str, np.ndarray]:
    """Values of one column by variable; a long table names the variable in another column."""
    text = table[column]
    if one.variable or "pollutant" not in columns.roles:
        return _read(path, text, one.variable or VALUE, rejected)
    kinds = table[columns.roles["pollutant"]]
    out: dict[str, np.ndarray] = {}
    for kind in dict.fromkeys(kinds):
        rows = (kinds == kind).to_numpy()
        if not kind:
            line = table.index[int(np.argmax(rows))]
            raise InputError(f"{path}, line {line}: column {kinds.name!r} is empty")
        name = meaning(str(kind)).variable or str(kind).lower()
        for variable, values in _read(path, text[rows], name, rejected).items():
            whole = out.setdefault(variable, np.full(len(table), np.nan))
            whole[rows] = values
    return out


def _read(
    path: Path, text: pd.Series, variable: str, rejected: Counter[str]
) -> dict[str, np.ndarray]:
    if variable == "level":
        low, high = cells.levels(path, text)
        single = np.where(low == high, low, np.nan)
        return {"level": single, "level_low": low, "level_high": high}
    if variable == "primary":
        return {"primary": cells.primary_masks(path, text)}
    return {variable: cells.values(path, text, rejected)}


def _with_members(
    path: Path, table: pd.DataFrame, columns: Columns, rows: Rows, where: Where
) -> Rows:
    """Rows of a table whose members or quantiles stand below each other."""
    below = [role for role in ("member", "quantile") if role in columns.roles]
    if len(below) > 1 or rows.inner:
        raise InputError(f"{path}: members or quantiles stand both in rows and in columns")
    dim, text = below[0], table[columns.roles[below[0]]]
    labels = text.to_numpy(object)
    if dim == "quantile":
        labels = cells.values(path, text, Counter())
        labels = labels / 100 if np.nanmax(labels, initial=0) >= 1 else labels
        wrong = ~((labels > 0) & (labels < 1))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise InputError(
                f"{where(row)}: column {text.name!r} is {text.iloc[row]!r}; expected a level "
                "between 0 and 1, or per cent"
            )
        labels = np.round(labels, 6)
    ending = MEMBERS if dim == "member" else QUANTILES
    named = {name + ending: values for name, values in rows.variables.items()}
    return Rows(rows.place, rows.times, rows.stamp, named, {}, labels, dim)
