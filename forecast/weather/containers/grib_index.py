"""What a GRIB file holds, from one scan of its keys: field, times, member, grid of each message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from forecast.errors import InputError
from forecast.weather.containers.grib_frames import Frame, frames
from forecast.weather.containers.grib_keys import decoding, message_of
from forecast.weather.containers.grib_names import MEANS, forms
from forecast.weather.fields import FIELDS, conversion, rate_conversion

_PLAIN_TEMPLATES = {0, 1, 8, 11, *range(40, 49), 60, 61}
"""Product definition templates of a field itself, at a time or over an interval, of one run or of a
member; the others are probabilities, quantiles, ensemble means and spreads (WMO table 4.0)."""
_DERIVED_TYPES = {"em", "es", "ep", "ef", "efi", "sot", "cd", "tf", "taem", "taes"}
"""Types of GRIB 1 that are no field itself (MARS)."""
_YEARS = (1900, 2200)
_LONGEST = 2 * 366 * 86400
_UNEVEN_UNITS = {3: "months", 4: "years", 5: "decades", 6: "30 years", 7: "centuries"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One message that holds a field of the data model.

    Attributes
    ----------
    frame : Frame
    field : str
    rank : int
        Of its name among those of the field; the lowest in the file counts.
    issue : int
        Reference time, seconds since 1970 UTC.
    start, end : int
        Interval the value covers, seconds from `issue`; both the same at a time. `start` is None
        where an amount does not say.
    member : int
    factor, offset : float
        To the data model's units (of a mean rate: amount over the interval).
    is_mean : bool
        A mean over the interval taken for the value at its end.
    grid : str
        The same for messages on one grid.
    """

    frame: Frame
    field: str
    rank: int
    issue: int
    start: int | None
    end: int
    member: int
    factor: float
    offset: float
    is_mean: bool
    grid: str


def scan(
    path: Path, names: Mapping[str, tuple[str, int]], units: Mapping[str, str]
) -> tuple[list[Entry], tuple[str, ...]]:
    """Read the keys of every message once.

    Parameters
    ----------
    path : Path
    names : mapping
        Name in the file to field and rank, from `spellings`.
    units : mapping of str to str
        Field to its units where the messages state wrong ones.

    Returns
    -------
    entries : list of Entry
        In the order of the file.
    ignored : tuple of str
        Names of what is no field of the data model.

    Raises
    ------
    InputError
        The file or a message is damaged; names file and message.
    """
    entries: list[Entry] = []
    ignored: dict[str, None] = {}
    whole = list(frames(path))
    with path.open("rb") as file:
        for frame in whole:
            with decoding(frame.where):
                found = _entry(frame, message_of(frame.read_head(file)), names, units)
            if isinstance(found, Entry):
                entries.append(found)
            else:
                ignored[found] = None
    return entries, tuple(ignored)


def _entry(
    frame: Frame,
    message: Any,
    names: Mapping[str, tuple[str, int]],
    units: Mapping[str, str],
) -> Entry | str:
    """Entry of a message, or its name where it is none."""
    short = str(message["shortName"])
    if short == "unknown" and frame.edition == 2:
        keys = ("discipline", "parameterCategory", "parameterNumber")
        short = ".".join(str(message[key]) for key in keys)
    level = (str(message["typeOfLevel"]), int(message.message_get("level", int, default=0)))
    known = next((names[form] for form in forms(short, *level) if form in names), None)
    if known is None:
        return short
    field, rank = known
    kind = str(message["stepType"])
    if _is_derived(message, frame.edition):
        return f"{short} ({message['dataType']})"
    scaling = _scaling(message, field, kind, units.get(field), frame.where)
    if scaling is None:
        return f"{short} ({kind})"
    start, end = _interval(message, frame)
    factor, offset, is_rate = scaling
    if is_rate:
        factor *= end - start
    unstated = FIELDS[field].cell == "amount" and kind == "instant" and start == end
    return Entry(
        frame,
        field,
        rank,
        _issue(message, frame),
        None if unstated else start,
        end,
        int(message.message_get("number", int, default=0)),
        factor,
        offset,
        FIELDS[field].cell == "instant" and kind == "avg",
        str(message["md5GridSection"]),
    )


def _is_derived(message: Any, edition: int) -> bool:
    """Whether a message is no field itself but made of an ensemble: its mean, a probability."""
    if edition == 1:
        return str(message.message_get("dataType", default="")) in _DERIVED_TYPES
    return int(message["productDefinitionTemplateNumber"]) not in _PLAIN_TEMPLATES


def _scaling(
    message: Any, field: str, kind: str, units: str | None, where: str
) -> tuple[float, float, bool] | None:
    """Factor, offset, and whether it is a mean rate; None where the message is another thing."""
    amount = FIELDS[field].cell == "amount"
    if not (kind == "instant" or (amount and kind in ("accum", "avg")) or kind == "avg"):
        return None
    if not amount and kind == "avg" and field not in MEANS:
        return None
    units = units or str(message["units"])
    rate = rate_conversion(field, units) if amount else None
    if rate is not None:
        return (rate, 0.0, True) if kind == "avg" else None
    return (*conversion(field, units, where), False)


def _issue(message: Any, frame: Frame) -> int:
    if frame.edition == 1:
        date = int(message["dataDate"])
        year, month, number = date // 10000, date // 100 % 100, date % 100
    else:  # ecCodes writes about a wrong dataDate on stderr
        year, month, number = (int(message[key]) for key in ("year", "month", "day"))
    hour, minute, second = (int(message[key]) for key in ("hour", "minute", "second"))
    try:
        day = datetime(year, month, number, tzinfo=UTC)
    except ValueError:
        raise InputError(
            f"{frame.where} has the date {year}-{month:02d}-{number:02d}; expected a day there is"
        ) from None
    if not _YEARS[0] <= day.year < _YEARS[1]:
        raise InputError(f"{frame.where} is of the year {day.year}; expected 1900 to 2200")
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        raise InputError(
            f"{frame.where} has the time {hour}:{minute:02d}:{second:02d}; expected one of a day"
        )
    return int(day.timestamp()) + hour * 3600 + minute * 60 + second


def _interval(message: Any, frame: Frame) -> tuple[int, int]:
    """Start and end of the interval, seconds from the reference time, whatever the units."""
    unit = int(message.message_get("indicatorOfUnitOfTimeRange", int, default=1))
    if unit in _UNEVEN_UNITS:
        raise InputError(f"{frame.where} counts steps in {_UNEVEN_UNITS[unit]}; expected hours")
    message["stepUnits"] = "s"
    start, end = int(message["startStep:int"]), int(message["endStep:int"])
    if not 0 <= start <= end <= _LONGEST:
        raise InputError(
            f"{frame.where} covers {start / 3600:g} to {end / 3600:g} h; expected an interval "
            "within two years of the reference time"
        )
    return start, end
