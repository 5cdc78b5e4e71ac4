"""Where the rows of a table of points stand: issue, lead, member and point of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.observations.rows import numbers
from forecast.weather.containers.cf_decoding import seconds_of
from forecast.weather.grids import Grid
from forecast.weather.product import Product

_KNOWN = {
    "issue": ("issue", "issue_date", "forecast_reference_time", "reference_time", "init"),
    "valid": ("valid", "valid_time", "time"),
    "day": ("date", "day", "valid_date"),
    "lead": ("lead", "step", "leadtime", "forecast_period", "lead_hours", "lead_days"),
    "member": ("member", "number"),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon"),
    "point": ("point", "station", "place"),
}
MAX_CELLS_PER_ROW = 100
"""With more cells than this for each row (and a million), a stray date or place is likelier."""
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Rows:
    """Axes of a table, and the cell of each row.

    Attributes
    ----------
    issue, lead, member, grid
        As of `forecast.weather.canonical.Axes`.
    labels : ndarray of str or None
        Names of the points.
    place : ndarray of int, (row,)
        Flat index of each row on (issue, lead, member, point).
    cell : {"instant", "local day"}
    columns : frozenset of str
        The columns that are axes.
    """

    issue: pd.DatetimeIndex
    lead: pd.TimedeltaIndex
    member: np.ndarray
    grid: Grid
    labels: np.ndarray | None
    place: np.ndarray
    cell: Literal["instant", "local day"]
    columns: frozenset[str]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Sizes of issue, lead, member and point."""
        return len(self.issue), len(self.lead), len(self.member), *self.grid.shape  # type: ignore


def table_rows(
    path: Path, table: pd.DataFrame, units: Mapping[str, str | None], product: Product
) -> Rows:
    """Tell issue, lead, member and point of each row.

    Parameters
    ----------
    path : Path
        File, for messages.
    table : pandas.DataFrame
        Text cells; index ``line``.
    units : mapping of str to str or None
        Units in the header, by column.
    product : Product
        Its ``names`` may map columns to ``issue lead valid day member latitude longitude point``.

    Raises
    ------
    InputError
        A column is missing, a cell is no time or number, two rows stand at the same cell, or the
        rows fill next to nothing of the table they span.
    """
    columns = {}
    for axis, known in _KNOWN.items():
        usual = [c for c in (*product.names.get(axis, ()), *known) if c in table.columns]
        if usual:
            columns[axis] = usual[0]
    issue, lead, cell = _times(path, table, units, columns)
    member = np.zeros(len(table))
    if "member" in columns:
        member = _numbers(path, table[columns["member"]])
        if (member != np.rint(member)).any():
            raise InputError(f"{path}: column {columns['member']} must hold whole numbers")
    point, labels, grid = _points(path, table, columns, product)
    axes = [np.unique(a, return_inverse=True) for a in (issue, lead, member.astype(int))]
    shape = (*(len(values) for values, _ in axes), len(grid.latitude))
    if np.prod(shape, dtype=float) > max(1e6, MAX_CELLS_PER_ROW * len(table)):
        raise InputError(
            f"{path}: {len(table)} rows span {' x '.join(map(str, shape))} (issue, lead, member, "
            "point); a stray time or place?"
        )
    place = np.ravel_multi_index((*(at for _, at in axes), point), shape)
    twice = pd.Series(place).duplicated().to_numpy()
    if twice.any():
        raise InputError(
            f"{path}, line {table.index[int(twice.argmax())]}: the same time, member and point "
            "as a row before"
        )
    return Rows(
        pd.DatetimeIndex(axes[0][0]),
        pd.TimedeltaIndex(axes[1][0]),
        axes[2][0],
        grid,
        labels,
        place,
        cell,
        frozenset(columns.values()),
    )


def _times(
    path: Path, table: pd.DataFrame, units: Mapping[str, str | None], columns: Mapping[str, str]
) -> tuple[np.ndarray, np.ndarray, Literal["instant", "local day"]]:
    """Issue and lead of each row, and whether rows are days."""
    lead_column = columns.get("lead")
    lead_units = units.get(lead_column) if lead_column else None
    if lead_column in ("lead_hours", "lead_days"):
        lead_units = lead_column.removeprefix("lead_")
    in_days = lead_units is not None and lead_units.strip().lower() in ("d", "day", "days")
    days = "day" in columns or in_days
    given = {}
    for axis in ("issue", "day" if "day" in columns else "valid"):
        if axis in columns:
            given["issue" if axis == "issue" else "valid"] = _instants(
                path, table[columns[axis]], days
            )
    if not given:
        raise InputError(
            f"{path}, line 1: no time; expected columns issue and lead, or time, or date, "
            f"found {', '.join(table.columns[:8])}"
        )
    if columns.get("valid") == "time" and lead_column and "issue" not in given and not days:
        raise InputError(
            f"{path}, line 1: columns time and {lead_column} leave open whether time is the issue; "
            "name it issue or valid"
        )
    lead = None
    if lead_column:
        seconds = seconds_of(lead_units or ("days" if days else "hours"))
        if seconds is None:
            raise InputError(f"{path}: column {lead_column} is in {lead_units!r}; expected hours")
        ahead = np.rint(_numbers(path, table[lead_column]) * seconds)
        lead = ahead.astype("m8[s]").astype("m8[ns]")
    issue, ahead = _pair(path, table, given.get("issue"), given.get("valid"), lead)
    if days and (ahead % DAY.to_timedelta64() != np.timedelta64(0)).any():
        raise InputError(f"{path}: leads of a table of days must be whole days")
    return issue, ahead, "local day" if days else "instant"


def _pair(
    path: Path,
    table: pd.DataFrame,
    issue: np.ndarray | None,
    valid: np.ndarray | None,
    lead: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Issue and lead of each row from what is given."""
    if issue is None:
        assert valid is not None
        lead = np.zeros(len(valid), "m8[ns]") if lead is None else lead
        issue = valid - lead
    elif valid is not None:
        if lead is not None and (issue + lead != valid).any():
            line = table.index[int((issue + lead != valid).argmax())]
            raise InputError(f"{path}, line {line}: the valid time is not the issue plus the lead")
        lead = valid - issue
    elif lead is None:
        lead = np.zeros(len(issue), "m8[ns]")
    wrong = lead < np.timedelta64(0)
    if wrong.any():
        raise InputError(f"{path}, line {table.index[int(wrong.argmax())]}: the lead is negative")
    return issue, lead


def _instants(path: Path, cells: pd.Series, days: bool) -> np.ndarray:
    """Times in UTC, or dates."""
    text = cells.str.strip()
    times = pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce").dt.tz_localize(None)
    wrong = times.isna().to_numpy()
    if days:
        wrong = wrong | (times != times.dt.normalize()).to_numpy()
    if wrong.any():
        at = int(wrong.argmax())
        raise InputError(
            f"{path}, line {cells.index[at]}: column {cells.name} holds {text.iloc[at]!r}; "
            f"expected a {'date, 2015-01-31' if days else 'time, 2015-01-31T12:00'}"
        )
    return times.to_numpy("M8[ns]")


def _numbers(path: Path, cells: pd.Series) -> np.ndarray:
    """Numbers of an axis, none missing."""
    values = numbers(path, cells, (), Counter())
    if np.isnan(values).any():
        line = cells.index[int(np.isnan(values).argmax())]
        raise InputError(f"{path}, line {line}: column {cells.name} is empty")
    return values


def _points(
    path: Path, table: pd.DataFrame, columns: Mapping[str, str], product: Product
) -> tuple[np.ndarray, np.ndarray | None, Grid]:
    """Number of the point of each row, names of the points, and where they are."""
    if "latitude" not in columns or "longitude" not in columns:
        if product.point is None:
            raise InputError(
                f"{path}, line 1: no columns lat and lon; expected them, or the point stated"
            )
        if "point" in columns and len(set(table[columns["point"]])) > 1:
            raise InputError(f"{path}, line 1: several points, but no columns lat and lon")
        lat, lon = product.point
        return np.zeros(len(table), int), None, _grid(np.array([lat]), np.array([lon]))
    place = pd.DataFrame(
        {axis: _numbers(path, table[columns[axis]]) for axis in ("latitude", "longitude")}
    )
    number, first = _first(place)
    labels = None
    if "point" in columns:
        names = table[columns["point"]].str.strip().to_numpy(str)
        by_name, of_name = _first(pd.DataFrame({"point": names}))
        moved = (place.to_numpy() != place.to_numpy()[of_name][by_name]).any(axis=1)
        if moved.any():
            at = int(moved.argmax())
            raise InputError(
                f"{path}, line {table.index[at]}: point {names[at]} is elsewhere than before"
            )
        number, first, labels = by_name, of_name, names[of_name]
    where = place.to_numpy()[first]
    return number, labels, _grid(where[:, 0], where[:, 1])


def _first(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Number of the group of each row, in order of appearance, and each group's first row."""
    number = rows.groupby(list(rows.columns), sort=False).ngroup().to_numpy()
    return number, np.unique(number, return_index=True)[1]


def _grid(latitude: np.ndarray, longitude: np.ndarray) -> Grid:
    return Grid("unstructured", latitude.astype(float), longitude.astype(float))
