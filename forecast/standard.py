"""Air-quality standards as small tables (``forecast/standards/*.yaml``)."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from forecast.errors import InputError


class Level(BaseModel):
    """One level of the index: right-closed upper end, names, official colour (RGB)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    upper: int
    zh: str
    en: str
    color: tuple[int, int, int]


class Term(BaseModel):
    """One column of a report: which variable meets which breakpoints, for which pollutant."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    variable: str
    pollutant: str
    breakpoints: str
    optional: bool = False


class Standard(BaseModel):
    """A standard: breakpoints, daily report, rounding, rule for missing pollutants, levels."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    since: date | None = None
    until: date | None = Field(default=None, description="first day it no longer holds")
    index: tuple[int, ...]
    breakpoints: dict[str, tuple[float, ...]]
    above: dict[str, Literal["none", "last"]] = Field(default_factory=dict)
    daily: tuple[Term, ...]
    decimals: dict[str, int] = Field(default_factory=dict)
    missing: Literal["others", "others above 100"] = "others"
    lowest: int = 0
    levels: tuple[Level, ...]

    @model_validator(mode="after")
    def _tables_hold(self) -> Standard:
        for name, edges in self.breakpoints.items():
            if len(edges) > len(self.index) or list(edges) != sorted(set(edges)):
                raise ValueError(f"breakpoints of {name} must increase, one per index value")
        for term in self.daily:
            if term.breakpoints not in self.breakpoints:
                raise ValueError(f"daily report names unknown breakpoints {term.breakpoints}")
        return self

    def __hash__(self) -> int:
        """Hash by name: a standard is known by it."""
        return hash(self.name)

    @property
    def edges(self) -> np.ndarray:
        """Upper ends of the levels."""
        return np.array([level.upper for level in self.levels])

    def holds_on(self, day: date) -> bool:
        """Whether `day` falls into the standard's period."""
        return (self.since is None or day >= self.since) and (
            self.until is None or day < self.until
        )


@cache
def standards() -> tuple[Standard, ...]:
    """All standards shipped with the package, by file name."""
    folder = files("forecast") / "standards"
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    return tuple(_parse(f.read_text(encoding="utf-8")) for f in found)


@cache
def standard_for(day: date) -> Standard:
    """Return the Chinese standard in force on `day`: HJ 633-2026 from 2026-03-01, before it 2012.

    Raises
    ------
    InputError
        No shipped standard holds on that day.
    """
    for candidate in standards():
        if candidate.name.startswith("HJ 633") and candidate.holds_on(day):
            return candidate
    raise InputError(f"no standard holds on {day}")


def as_date(day: Any) -> date:
    """Return `day` (date, datetime64, Timestamp) as a plain date."""
    return np.datetime64(day, "D").astype(object)


def _parse(text: str) -> Standard:
    return Standard.model_validate(yaml.safe_load(text))
