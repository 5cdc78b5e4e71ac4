"""Which message gives which case of a field: issue, lead and member of every message found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.weather.containers.grib_index import Entry
from forecast.weather.fields import FIELDS
from forecast.weather.product import Interval, Product

Slot = tuple[int, int, int]
"""Rows of issue, lead and member."""


@dataclass(frozen=True)
class Slots:
    """Axes of a file, and the message of each case.

    Attributes
    ----------
    issue : DatetimeIndex
    lead : TimedeltaIndex
    member : ndarray of int
        All increasing: what any field of the file has.
    entries : mapping of field to mapping of slot to Entry
    starts : mapping of field to TimedeltaIndex
        Of each amount, the start of the interval that ends at each lead; NaT where there is none.
    """

    issue: pd.DatetimeIndex
    lead: pd.TimedeltaIndex
    member: np.ndarray
    entries: Mapping[str, Mapping[Slot, Entry]]
    starts: Mapping[str, pd.TimedeltaIndex]


def fill_slots(path: Path, entries: Sequence[Entry], product: Product) -> Slots:
    """Give every case its message.

    Of several intervals of an amount that end at one lead (GFS gives 0–120 h and 114–120 h), the
    one most messages have counts, among equals the shortest: the start holds for a lead as a whole.
    A value at the time itself goes before a mean that ends there, and of means the shortest counts.

    Raises
    ------
    InputError
        Two messages give the same.
    """
    by_field: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_field[entry.field].append(entry)
    starts: dict[str, dict[int, int]] = {}
    for name, found in by_field.items():
        first = min(entry.rank for entry in found)
        kept = [entry for entry in found if entry.rank == first]
        if FIELDS[name].cell == "amount":
            kept = _with_starts(kept, product.interval_of(name))
            starts[name] = _common_starts(kept)
            kept = [entry for entry in kept if entry.start == starts[name][entry.end]]
        by_field[name] = kept
    every = [entry for kept in by_field.values() for entry in kept]
    issue, lead, member = (
        sorted({getattr(entry, axis) for entry in every}) for axis in ("issue", "end", "member")
    )
    rows = [{value: row for row, value in enumerate(axis)} for axis in (issue, lead, member)]
    return Slots(
        pd.DatetimeIndex(np.array(issue, "M8[s]")),
        pd.TimedeltaIndex(np.array(lead, "m8[s]")),
        np.array(member),
        {name: _by_slot(path, kept, rows) for name, kept in by_field.items()},
        {name: _index([found.get(end) for end in lead]) for name, found in starts.items()},
    )


def _index(seconds: Sequence[int | None]) -> pd.TimedeltaIndex:
    missing = np.timedelta64("NaT", "s")
    return pd.TimedeltaIndex(
        np.array([missing if s is None else np.timedelta64(s, "s") for s in seconds], "m8[s]")
    )


def _with_starts(entries: list[Entry], interval: Interval) -> list[Entry]:
    """Fill in the start where a message does not state it (GRIB 1 of ECMWF), by the product."""
    ends = sorted({0, *(entry.end for entry in entries)})
    before = {
        "start": lambda end: 0,
        "hour": lambda end: max(end - 3600, 0),
    }.get(interval, lambda end: ends[max(ends.index(end) - 1, 0)])
    return [
        replace(entry, start=before(entry.end)) if entry.start is None else entry
        for entry in entries
    ]


def _common_starts(entries: list[Entry]) -> dict[int, int]:
    """Start of the interval that ends at each lead."""
    counts = Counter((entry.end, entry.start or 0) for entry in entries)
    found: dict[int, int] = {}
    for (end, start), _ in sorted(counts.items(), key=lambda item: (item[1], item[0][1])):
        found[end] = start  # the most, among equals the latest, comes last
    return found


def _by_slot(
    path: Path, entries: list[Entry], rows: Sequence[Mapping[int, int]]
) -> dict[Slot, Entry]:
    found: dict[Slot, Entry] = {}
    for entry in entries:
        slot = (rows[0][entry.issue], rows[1][entry.end], rows[2][entry.member])
        other = found.get(slot)
        if other is not None and _preference(other) == _preference(entry):
            raise InputError(
                f"{path}: messages {other.frame.number} and {entry.frame.number} both give "
                f"{entry.field} of {pd.Timestamp(entry.issue, unit='s')} + {entry.end / 3600:g} h, "
                f"member {entry.member}; expected one"
            )
        if other is None or _preference(entry) > _preference(other):
            found[slot] = entry
    return found


def _preference(entry: Entry) -> tuple[bool, int]:
    """More where the value is of a shorter time."""
    return not entry.is_mean, entry.start or 0
