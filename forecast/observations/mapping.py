"""Tables of any layout, read through a declared map: what is not declared is an error, not a guess.

Two layouts. *Long* has one value a row, with a column that names the parameter; *wide* has one row
a station and hour, with a column a pollutant.
"""

from __future__ import annotations

import zoneinfo
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from forecast.errors import InputError
from forecast.observations.rows import at, grid_of_columns, grid_of_values, numbers
from forecast.observations.source import Reading, Source
from forecast.observations.units import factor_to_model, factors_to_model
from forecast.pollutants import POLLUTANTS

CLOCK = ("time", "date", "hour")


class Mapped(Source):
    """What a table of any layout must declare.

    Attributes
    ----------
    layout : {"long", "wide"}
        One value a row, or one column a pollutant.
    columns : dict of str to str
        Our name -> the table's. ``station``, and ``time`` or both ``date`` and ``hour``; long adds
        ``parameter``, ``value`` and, where rows state it, ``unit``; wide adds the pollutants.
    parameters : dict of str to str
        Long only: the table's parameter -> pollutant. Others are left out and counted.
    units : dict of str to str
        Pollutant -> unit of its values, where no ``unit`` column states it.
    time_format : str or None
        ``strptime`` format of ``time``, or of ``date``. None only where the source gives times
        that are no text.
    time_zone : str or float
        ``utc``; ``network`` (the configuration's `utc_offset`); hours ahead of UTC; a name such as
        ``Europe/Paris``; or ``stated``, where every time carries its offset.
    hour_label : {"beginning", "ending"}
        Which end of its hour a time names. ``hour`` runs 0…23, or to 24 where it is the end.
    missing : tuple of str
        Marks of missing values besides an empty cell, such as ``NA`` or ``-999``; may be empty.
    """

    layout: Literal["long", "wide"]
    columns: dict[str, str]
    parameters: dict[str, str] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    time_format: str | None
    time_zone: float | str
    hour_label: Literal["beginning", "ending"]
    missing: tuple[str, ...]

    @model_validator(mode="after")
    def _complete(self) -> Mapped:
        self._check_columns()
        self._check_units()
        self._check_clock()
        return self

    def _check_columns(self) -> None:
        clock = {"time"} if "time" in self.columns else {"date", "hour"}
        needed = {"station"} | clock
        allowed = {"station"} | clock
        if self.layout == "long":
            needed |= {"parameter", "value"}
            allowed |= {"parameter", "value", "unit"}
        else:
            allowed |= set(POLLUTANTS)
        _need(needed - set(self.columns), "columns: not declared")
        _need(set(self.columns) - allowed, f"columns: not known in a {self.layout} table")
        twice = [c for c in self.columns.values() if list(self.columns.values()).count(c) > 1]
        _need(set(twice), "columns: used for two things")
        if self.layout == "wide" and not self.pollutants:
            raise ValueError(f"columns: no pollutant; expected some of {', '.join(POLLUTANTS)}")
        if (self.layout == "long") != bool(self.parameters):
            raise ValueError(
                f"parameters: {'needed' if self.layout == 'long' else 'only'} in a long table"
            )
        _need(set(self.parameters.values()) - set(POLLUTANTS), "parameters: no pollutant of ours")

    def _check_units(self) -> None:
        if "unit" in self.columns:
            _need(set(self.units), "units: declared although a column states them")
            return
        _need(set(self.pollutants) - set(self.units), "units: not declared")
        _need(set(self.units) - set(self.pollutants), "units: declared but not read")
        for pollutant, unit in self.units.items():
            factor_to_model(pollutant, unit)

    def _check_clock(self) -> None:
        stated = self.time_zone == "stated"
        if isinstance(self.time_zone, str):
            if self.time_zone not in ("utc", "network", "stated"):
                _zone(self.time_zone)
        elif not -12 <= self.time_zone <= 14:
            raise ValueError(f"time_zone: {self.time_zone:g} h; expected -12…14")
        if self.time_format is None:
            return
        if stated != ("%z" in self.time_format):
            raise ValueError("time_format: %z and time_zone 'stated' go together")
        instant = datetime(2003, 11, 24, 21 if "time" in self.columns else 0)
        form = self.time_format.replace("%z", "+0000")
        try:
            held = datetime.strptime(instant.strftime(form), form) == instant
        except ValueError:
            held = False
        if not held:
            what = "year, month, day and hour" if "time" in self.columns else "a date"
            raise ValueError(f"time_format: {self.time_format!r} does not hold {what}")

    @property
    def pollutants(self) -> tuple[str, ...]:
        """Pollutants the table gives, in the order of the data model."""
        given = self.parameters.values() if self.layout == "long" else self.columns
        return tuple(p for p in POLLUTANTS if p in given)

    def reading(self, path: Path, table: pd.DataFrame, utc_offset: float) -> Reading:
        """Turn the rows of a table into the data model.

        Parameters
        ----------
        path : Path
            Where the table comes from, for messages.
        table : pandas.DataFrame
            Cells as text or as a database types them; the index, named ``line`` or ``row``, names
            the rows in messages.
        utc_offset : float
            Network clock minus UTC, hours.

        Raises
        ------
        InputError
            A declared column is missing, a cell cannot be read, a station has an hour twice, or no
            row is left.
        """
        absent = [c for c in self.columns.values() if c not in table.columns]
        if absent:
            raise InputError(
                f"{path}: column {', '.join(absent)} missing; found {', '.join(table.columns)}"
            )
        table = table[list(self.columns.values())].set_axis(list(self.columns), axis=1)
        rejected: Counter[str] = Counter()
        _refuse_blank(path, table, "station", self.columns["station"])
        start = self._start(path, table, utc_offset)
        real = start.notna()
        table, start = table[real], start[real]
        skipped = int((~real).sum())
        if skipped:
            rejected["hour that the clock shows twice or never (daylight saving)"] += skipped
        turn = self._long if self.layout == "long" else self._wide
        return turn(path, table, start, utc_offset, rejected)

    def _long(
        self,
        path: Path,
        table: pd.DataFrame,
        start: pd.Series,
        utc_offset: float,
        rejected: Counter[str],
    ) -> Reading:
        parameter = table["parameter"].astype(str).str.strip()
        known = parameter.isin(self.parameters)
        for name, count in parameter[~known].value_counts().items():
            rejected[f"parameter {name or 'empty'} is not used"] += int(count)
        table, start = table[known], start[known]
        values = numbers(
            path, _named(table["value"], self.columns["value"]), self.missing, rejected
        )
        pollutant = parameter[known].map(self.parameters).to_numpy(object)
        there = np.isfinite(values)
        table, start = table[there], start[there]
        pollutant, values = pollutant[there], values[there]
        rejected["no value"] += int((~there).sum()) - _marks(rejected)
        if "unit" in table:
            values = values * factors_to_model(path, table["unit"], pollutant)
        else:
            factors = {p: factor_to_model(p, unit) for p, unit in self.units.items()}
            values = values * pd.Series(pollutant, dtype=object).map(factors).to_numpy(np.float64)
        station = table["station"].astype(str).str.strip()
        data = grid_of_values(path, station, start, pollutant, values, utc_offset)
        return Reading(data, rejected=+rejected)

    def _wide(
        self,
        path: Path,
        table: pd.DataFrame,
        start: pd.Series,
        utc_offset: float,
        rejected: Counter[str],
    ) -> Reading:
        values = {}
        for p in self.pollutants:
            cells = _named(table[p], self.columns[p])
            values[p] = numbers(path, cells, self.missing, rejected) * factor_to_model(
                p, self.units[p]
            )
        station = table["station"].astype(str).str.strip()
        return Reading(grid_of_columns(path, station, start, values, utc_offset), rejected=rejected)

    def _start(self, path: Path, table: pd.DataFrame, utc_offset: float) -> pd.Series:
        """UTC start of each row's hour; NaT where the zone's clock is ambiguous."""
        stamp = self._stamps(path, table)
        if stamp.dt.tz is not None:
            start = stamp.dt.tz_convert("UTC").dt.tz_localize(None)
        elif self.time_zone == "utc":
            start = stamp
        elif isinstance(self.time_zone, str) and self.time_zone != "network":
            zoned = stamp.dt.tz_localize(_zone(self.time_zone), ambiguous="NaT", nonexistent="NaT")
            start = zoned.dt.tz_convert("UTC").dt.tz_localize(None)
        else:
            hours = utc_offset if self.time_zone == "network" else float(self.time_zone)
            start = stamp - pd.Timedelta(hours=hours)
        return start - pd.Timedelta(hours=1) if self.hour_label == "ending" else start

    def _stamps(self, path: Path, table: pd.DataFrame) -> pd.Series:
        """Times as they stand, naive, or in UTC where they state their offset."""
        name = "time" if "time" in table else "date"
        column = self.columns[name]
        _refuse_blank(path, table, name, column)
        cells = table[name]
        if pd.api.types.is_datetime64_any_dtype(cells):
            stamp = cells
        elif self.time_format is None:
            raise InputError(f"{path}: {column} holds text; expected times, or a time_format")
        else:
            stamp = pd.to_datetime(
                cells.astype(str).str.strip(),
                format=self.time_format,
                errors="coerce",
                utc=self.time_zone == "stated",
            )
        wrong = stamp.isna().to_numpy()
        if wrong.any():
            row = int(wrong.argmax())
            raise InputError(
                f"{at(path, table, row)}: {column} is {str(cells.iloc[row])!r}; expected a time of "
                f"the form {self.time_format}"
            )
        if (stamp.dt.tz is not None) != (self.time_zone == "stated"):
            has = "state" if stamp.dt.tz is not None else "do not state"
            raise InputError(
                f"{path}: times in {column} {has} their offset; time_zone is {self.time_zone!r}"
            )
        if name == "time":
            return stamp
        last = 24 if self.hour_label == "ending" else 23
        hour = pd.to_numeric(table["hour"], errors="coerce")
        wrong = ~(hour.between(0, last) & (hour % 1 == 0)).to_numpy()
        if wrong.any():
            row = int(wrong.argmax())
            raise InputError(
                f"{at(path, table, row)}: {self.columns['hour']} is "
                f"{str(table['hour'].iloc[row])!r}; expected 0…{last}"
            )
        return stamp + pd.to_timedelta(hour.astype(np.int64), unit="h")


def _need(names: set[str], problem: str) -> None:
    if names:
        raise ValueError(f"{problem}: {', '.join(sorted(names))}")


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"time_zone: {name!r}; expected utc, network, stated, hours or a zone's name"
        ) from None


def _named(cells: pd.Series, name: str) -> pd.Series:
    """Name a column as the table does, for messages."""
    return cells.rename(name)


def _marks(rejected: Counter[str]) -> int:
    return sum(n for reason, n in rejected.items() if "mark of missing value" in reason)


def _refuse_blank(path: Path, table: pd.DataFrame, name: str, column: str) -> None:
    cells = table[name]
    blank = (cells.isna() | (cells.astype(str).str.strip() == "")).to_numpy()
    if blank.any():
        raise InputError(f"{at(path, table, int(blank.argmax()))}: {column} is empty")
