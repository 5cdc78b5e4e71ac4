"""Reader of a CSV table of model output at points: one row a time, member and point."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.observations.delimited import read_delimited
from forecast.observations.rows import numbers
from forecast.weather.canonical import Axes, weather_dataset
from forecast.weather.containers.cf_intervals import interval_starts
from forecast.weather.containers.cf_reader import DRY_AIR
from forecast.weather.containers.cf_times import Cycles
from forecast.weather.containers.point_rows import Rows, table_rows
from forecast.weather.fields import FIELDS, conversion, mass_fraction, rate_conversion
from forecast.weather.lazy import Read
from forecast.weather.product import Product

MISSING = ("NA", "NaN", "nan", "null")
_PLAUSIBLE = {"K": (150.0, 350.0), "Pa": (30_000.0, 120_000.0)}
_HEADER = re.compile(r"(?P<name>.*?)\s*(?:\[(?P<units>[^]]*)\])?")


def open_file(path: Path, product: Product) -> xr.Dataset:
    """Open a table of points, ``.csv`` or ``.csv.gz`` in UTF-8, in the form of the data model.

    Two of ``issue``, ``lead`` and ``valid`` (or ``time``) tell the time of a row, UTC unless a cell
    bears an offset; a time alone is an analysis. A column ``date`` (or ``day``) instead of
    ``valid``, or ``lead [days]``, makes it a table of means of days: those of the network, which
    days of UTC are taken for. ``member`` is optional. ``lat`` and ``lon`` place a row, ``point``
    names the place; a table of one point may have its place from ``product.point``.

    Every other column is a field by its name or by ``product.names``, in the units of
    ``product.units`` or of its header, ``t2m [degC]``. A column that bears a field's own name and
    no units is in those of the data model; if its values cannot be, that is an error. Empty cells,
    ``NA``, ``NaN`` and ``null`` are missing. Rows in any order; a combination without a row is NaN.

    Raises
    ------
    InputError
        Not a table, a column is missing, a cell is no number or no time, a row stands twice, no
        units for a renamed column, or units that do not convert; the message names file and line.
    """
    table = read_delimited(path)
    columns = _columns(path, table)
    table.columns = pd.Index([c.name for c in columns])
    rows = table_rows(path, table, {c.name: c.units for c in columns}, product)
    file = _Table(path, product, table, rows)
    found = _fields(columns, product)
    readers, starts, unusable = file.readers(found)
    taken = {c.name for c in found.values()} | rows.columns
    data = weather_dataset(
        path,
        product.name,
        Axes(rows.issue, rows.lead, rows.member, rows.grid),
        readers,
        starts=starts,
        cell=rows.cell,
        ignored=(*(c.name for c in columns if c.name not in taken), *unusable),
    )
    return data if rows.labels is None else data.assign_coords(point=("point", rows.labels))


@dataclass(frozen=True)
class _Column:
    name: str
    units: str | None


def _columns(path: Path, table: pd.DataFrame) -> list[_Column]:
    found = []
    for header in table.columns:
        match = _HEADER.fullmatch(str(header))
        if match is None or not match["name"]:
            raise InputError(f"{path}, line 1: column {header!r}; expected a name, or name [units]")
        found.append(_Column(match["name"], match["units"]))
    twice = [name for name, n in Counter(c.name for c in found).items() if n > 1]
    if twice:
        raise InputError(f"{path}, line 1: column {twice[0]} stands twice")
    return found


def _fields(columns: list[_Column], product: Product) -> dict[str, _Column]:
    by_name = {column.name: column for column in columns}
    found = {}
    for name in FIELDS:
        for column in (*product.names.get(name, ()), name):
            bare = re.sub(r"\s*\[[^]]*\]$", "", column)
            if bare in by_name:
                found[name] = by_name[bare]
                break
    return found


class _Table:
    """Values of a table set out on issue, lead, member and point."""

    def __init__(self, path: Path, product: Product, table: pd.DataFrame, rows: Rows) -> None:
        self.path, self.product, self.table, self.rows = path, product, table, rows

    def readers(
        self, found: dict[str, _Column]
    ) -> tuple[dict[str, Read], dict[str, pd.TimedeltaIndex], list[str]]:
        """Readers by field, starts of amounts, and what cannot be used with the reason."""
        values: dict[str, np.ndarray] = {}
        starts: dict[str, pd.TimedeltaIndex] = {}
        fractions, unusable = {}, []
        for name, column in found.items():
            units = self._units(name, column)
            per_density, rate = mass_fraction(name, units), rate_conversion(name, units)
            seconds = None
            if FIELDS[name].cell == "amount":
                start = self._start(name, rate is not None)
                if start is None:
                    unusable.append(f"{name} (its interval is not known)")
                    continue
                starts[name] = start
                seconds = np.asarray((self.rows.lead - start) / pd.Timedelta("1s"), np.float64)
            cells = numbers(self.path, self.table[column.name], MISSING, Counter())
            if column.name == name and column.units is None and name not in self.product.units:
                self._check_plausible(name, cells)
            if per_density is not None:
                fractions[name] = self._set_out(cells * per_density)
            elif rate is not None and seconds is not None:
                values[name] = self._set_out(cells * rate) * seconds[None, :, None, None]
            else:
                factor, offset = conversion(name, units, str(self.path))
                values[name] = self._set_out(cells * factor + offset)
        for name, fraction in fractions.items():
            if "sp" in values and "t2m" in values:
                values[name] = fraction * values["sp"] / (DRY_AIR * values["t2m"])
            else:
                unusable.append(f"{name} (a mixing ratio without sp and t2m)")
        return {name: _reader(v) for name, v in values.items()}, starts, unusable

    def _units(self, name: str, column: _Column) -> str | None:
        units = self.product.units.get(name, column.units)
        return FIELDS[name].units if units is None and column.name == name else units

    def _start(self, name: str, rate: bool) -> pd.TimedeltaIndex | None:
        if self.rows.cell == "local day":
            return self.rows.lead - pd.Timedelta(days=1)
        interval = "rate" if rate else self.product.interval_of(name)
        return interval_starts(Cycles(self.rows.issue, self.rows.lead, ()), interval)

    def _check_plausible(self, name: str, values: np.ndarray) -> None:
        """Refuse a column without units whose values are not in the data model's units."""
        units = FIELDS[name].units
        low, high = _PLAUSIBLE.get(units, (-np.inf, np.inf))
        wrong = (values < low) | (values > high)
        if units == "%" and np.nanmax(values, initial=0.0) <= 1.0:
            wrong |= values > 0  # a fraction, it seems
        if wrong.any():
            line = self.table.index[int(wrong.argmax())]
            raise InputError(
                f"{self.path}, line {line}: field {name} without units holds "
                f"{values[wrong.argmax()]:g}, which is not in {units}; state its units, "
                f"{name} [units]"
            )

    def _set_out(self, cells: np.ndarray) -> np.ndarray:
        values = np.full(self.rows.shape, np.nan, np.float32)
        values.reshape(-1)[self.rows.place] = cells
        return values


def _reader(values: np.ndarray) -> Read:
    def read(issue: np.ndarray, lead: np.ndarray, member: np.ndarray) -> np.ndarray:
        return values[np.ix_(issue, lead, member)]

    return read
