"""Air-quality standards as small tables (``forecast/standards/*.yaml``)."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from forecast.errors import InputError
from forecast.plain_yaml import plain_yaml
from forecast.pollutants import POLLUTANTS

CHINESE = "HJ 633"
"""Family of the Chinese standards, the default."""


class Level(BaseModel):
    """One level of the index: right-closed upper end, names, official colour (RGB), advice."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    upper: int
    zh: str
    en: str
    color: tuple[int, int, int]
    advice_zh: str = ""
    advice_en: str = ""

    @property
    def hex(self) -> str:
        """The colour as ``#rrggbb``."""
        return "#{:02x}{:02x}{:02x}".format(*self.color)


class Term(BaseModel):
    """One column of a report: which variable meets which breakpoints.

    `variable` is a pollutant (``o3``), or a pollutant and an average (``o3_8h``, ``so2_24h``,
    ``pm25_nowcast``). With `instead_of` it counts only where that variable has a value and no
    index of its own (SO2 1 h above 800 µg/m³ gives way to the 24 h mean).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    variable: str
    breakpoints: str
    instead_of: str | None = None

    @property
    def pollutant(self) -> str:
        """Pollutant of the variable."""
        return pollutant_of(self.variable)

    @property
    def row(self) -> int:
        """Place of the pollutant in the order of the data model."""
        return POLLUTANTS.index(self.pollutant)


class Standard(BaseModel):
    """A standard: breakpoints, reports, rounding, rule for missing pollutants, levels.

    Attributes
    ----------
    name, family, since, until
        Its name; those of one family follow each other by date.
    index : tuple of int
        Index values of the breakpoints; the last is the highest index there is.
    breakpoints : dict
        Concentrations at those values, by ``<pollutant>_<average>``; shorter where the table
        ends earlier, null where it begins later.
    units : dict
        Unit of a pollutant's tables where it is not the data model's: ``ppb`` or ``ppm``.
    decimals, rounding
        Decimals a concentration is rounded to before the index, and how.
    separate : bool
        Segments begin one step of the concentration and 1 of the index after the one before
        (US EPA), instead of where it ends.
    index_rounding : {"up", "nearest"}
        Rounding of the index.
    above : dict
        What lies above a table: ``none`` no index, ``last`` its last index, ``extend`` the last
        slope; by default the highest index.
    reports : dict
        Columns of each report, such as ``daily`` and ``hourly``.
    missing, at_least, one_of
        When an index is given: from the ``others``, or only if these are above 100; with at least
        so many pollutants, among them one of these.
    lowest : int
        Lowest index.
    primary_above : int
        Primary pollutants are named where the index is above it.
    min_hours : dict of int to int
        Valid hours a mean over 8 and 24 hours needs.
    levels : tuple of Level
        From the best.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    family: str = ""
    since: date | None = None
    until: date | None = Field(default=None, description="first day it no longer holds")
    index: tuple[int, ...] = Field(min_length=2)
    breakpoints: dict[str, tuple[float | None, ...]]
    units: dict[str, Literal["ppb", "ppm"]] = Field(default_factory=dict)
    decimals: dict[str, int] = Field(default_factory=dict)
    rounding: Literal["half even", "truncate"] = "half even"
    separate: bool = False
    index_rounding: Literal["up", "nearest"] = "up"
    above: dict[str, Literal["none", "last", "extend"]] = Field(default_factory=dict)
    reports: dict[str, tuple[Term, ...]]
    missing: Literal["others", "others above 100"] = "others"
    at_least: int = 1
    one_of: tuple[str, ...] = ()
    lowest: int = 0
    primary_above: int = 50
    min_hours: dict[int, int] = Field(default_factory=lambda: {8: 6, 24: 20})
    levels: tuple[Level, ...] = Field(min_length=1)

    @field_validator("index")
    @classmethod
    def _increases(cls, index: tuple[int, ...]) -> tuple[int, ...]:
        if list(index) != sorted(set(index)):
            raise ValueError("index values must increase")
        return index

    @model_validator(mode="after")
    def _tables_hold(self) -> Standard:
        for name, edges in self.breakpoints.items():
            _known_pollutant(name)
            known = [c for c in edges if c is not None]
            if None in edges[len(edges) - len(known) :]:
                raise ValueError(f"breakpoints of {name} may be null only at the start")
            if len(known) < 2 or len(edges) > len(self.index) or known != sorted(set(known)):
                raise ValueError(
                    f"breakpoints of {name} must increase, one per index value, at least two"
                )
            if self.separate and pollutant_of(name) not in self.decimals:
                raise ValueError(f"separate segments need decimals of {pollutant_of(name)}")
        for name in self.above:
            if name not in self.breakpoints:
                raise ValueError(f"above names unknown breakpoints {name}")
        for name in (*self.units, *self.decimals, *self.one_of):
            if name not in POLLUTANTS:
                raise ValueError(f"{name} is not one of {', '.join(POLLUTANTS)}")
        return self

    @model_validator(mode="after")
    def _reports_hold(self) -> Standard:
        for report, terms in self.reports.items():
            seen: set[str] = set()
            for term in terms:
                _known_pollutant(term.variable)
                if term.breakpoints not in self.breakpoints:
                    raise ValueError(
                        f"{report} report names unknown breakpoints {term.breakpoints}"
                    )
                if pollutant_of(term.breakpoints) != term.pollutant:
                    raise ValueError(
                        f"{report} report reads {term.variable} on {term.breakpoints}, the "
                        "breakpoints of another pollutant"
                    )
                if term.instead_of is not None and term.instead_of not in seen:
                    raise ValueError(
                        f"{report} report: {term.instead_of} must stand before "
                        f"{term.variable}, which stands in for it"
                    )
                seen.add(term.variable)
        uppers = [level.upper for level in self.levels]
        if uppers != sorted(set(uppers)) or uppers[-1] != self.index[-1]:
            raise ValueError(
                f"levels must rise and end at {self.index[-1]}, the highest index; found {uppers}"
            )
        return self

    def __hash__(self) -> int:
        """Hash by name: a standard is known by it."""
        return hash(self.name)

    @property
    def edges(self) -> np.ndarray:
        """Upper ends of the levels."""
        return np.array([level.upper for level in self.levels])

    def report(self, name: str) -> tuple[Term, ...]:
        """Columns of the report `name`; an `InputError` names the reports there are."""
        if name not in self.reports:
            raise InputError(
                f"{self.name} has no {name} report; expected {', '.join(self.reports)}"
            )
        return self.reports[name]

    def holds_on(self, day: date) -> bool:
        """Whether `day` falls into the standard's period."""
        return (self.since is None or day >= self.since) and (
            self.until is None or day < self.until
        )


def pollutant_of(name: str) -> str:
    """Pollutant of a variable or a table: ``o3`` of ``o3_8h``."""
    return name.split("_", maxsplit=1)[0]


@cache
def standards() -> tuple[Standard, ...]:
    """All standards shipped with the package, by file name."""
    folder = files("forecast") / "standards"
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    return tuple(_parse(f.read_text(encoding="utf-8"), f.name) for f in found)


def load_standard(path: str | Path) -> Standard:
    """Read a standard from a YAML file of the user, in the layout of the shipped ones.

    Parameters
    ----------
    path : str or Path
        The file, UTF-8.

    Raises
    ------
    InputError
        The file cannot be read, is not YAML, or its tables do not hold; the message names the
        file and every field at fault.

    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a UTF-8 file ({error})") from None
    return _parse(text, str(path))


def standard_named(name: str) -> Standard:
    """Return the shipped standard called `name`, such as ``"US EPA 2024"``.

    Raises
    ------
    InputError
        There is none; the message lists the names.
    """
    found = {s.name: s for s in standards()}
    if name not in found:
        raise InputError(f"no standard is called {name!r}; expected one of {', '.join(found)}")
    return found[name]


@cache
def standard_for(day: date, family: str = CHINESE) -> Standard:
    """Return the standard of `family` in force on `day`: HJ 633-2026 from 2026-03-01, before 2012.

    Parameters
    ----------
    day : date
        Local date.
    family : str
        ``"HJ 633"``, ``"US EPA"``, ``"Europe"`` or ``"India"``.

    Raises
    ------
    InputError
        No shipped standard of that family holds on that day.
    """
    for candidate in standards():
        if candidate.family == family and candidate.holds_on(day):
            return candidate
    families = ", ".join(dict.fromkeys(s.family for s in standards()))
    raise InputError(f"no standard of the family {family!r} holds on {day}; expected {families}")


def as_date(day: Any) -> date:
    """Return `day` (date, datetime64, Timestamp) as a plain date."""
    return np.datetime64(day, "D").astype(object)


def _known_pollutant(name: str) -> None:
    if pollutant_of(name) not in POLLUTANTS:
        raise ValueError(f"{name} must begin with one of {', '.join(POLLUTANTS)}")


def _parse(text: str, where: str) -> Standard:
    try:
        content = plain_yaml(text)
    except ValueError as error:
        raise InputError(f"{where}: not a YAML file ({error})") from None
    if not isinstance(content, dict):
        raise InputError(f"{where}: found {type(content).__name__}, expected a table of fields")
    try:
        return Standard.model_validate(content)
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, e['loc'])) or 'tables'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        ]
        raise InputError(f"{where}: {'; '.join(faults)}") from None
