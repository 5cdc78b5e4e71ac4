"""Months, quarters and years of a span of valid days, each within one version of the index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from forecast.errors import ConfigError
from forecast.standard import as_date, standard_for

Kind = Literal["month", "quarter", "year"]
KINDS: dict[Kind, str] = {"month": "M", "quarter": "Q", "year": "Y"}
"""Kinds of a period, with the letter pandas knows them by."""


@dataclass(frozen=True)
class Period:
    """Valid days that are counted together.

    Attributes
    ----------
    name : str
        ``2015-12``, ``2015-Q4`` or ``2015``; followed by the standard where the index changed
        within the month, quarter or year.
    begin, end : pandas.Timestamp
        First and last day of the whole period.
    first, last : pandas.Timestamp
        First and last of its days that the span holds.
    standard : str
        Version of the index that holds on all of its days.
    """

    name: str
    begin: pd.Timestamp
    end: pd.Timestamp
    first: pd.Timestamp
    last: pd.Timestamp
    standard: str

    @property
    def days(self) -> int:
        """Days of the whole period."""
        return int((self.end - self.begin).days) + 1


def periods_of(first: pd.Timestamp, last: pd.Timestamp, kind: Kind) -> list[Period]:
    """Cut a span of valid days into periods.

    Levels below AQI 150 moved with HJ 633-2026, and versions are never mixed in one score: a
    period in which the version changes is two.

    Parameters
    ----------
    first, last : pandas.Timestamp
        First and last valid day.
    kind : {"month", "quarter", "year"}

    Returns
    -------
    list of Period
        In order of time; those at the ends may be held in part.

    Raises
    ------
    ConfigError
        The last day is before the first.

    Examples
    --------
    >>> import pandas as pd
    >>> from forecast.consultation.performance.periods import periods_of
    >>> found = periods_of(pd.Timestamp("2015-12-10"), pd.Timestamp("2016-01-31"), "month")
    >>> [(p.name, p.first.day, p.days) for p in found]
    [('2015-12', 10, 31), ('2016-01', 1, 31)]
    """
    if last < first:
        raise ConfigError(f"--to {last:%Y-%m-%d} is before --from {first:%Y-%m-%d}")
    found: list[Period] = []
    for calendar in pd.period_range(first, last, freq=KINDS[kind]):
        days = pd.date_range(calendar.start_time, calendar.end_time.normalize())
        names = [standard_for(as_date(day)).name for day in days]
        versions = pd.Series(names, days)
        changes = len(set(names)) > 1
        for standard, part in versions.groupby(versions, sort=False):
            begin, end = part.index[0], part.index[-1]
            if end < first or begin > last:
                continue
            name = _name(calendar, kind) + (f"-{standard}".replace(" ", "-") if changes else "")
            found.append(Period(name, begin, end, max(begin, first), min(end, last), str(standard)))
    return found


def _name(calendar: pd.Period, kind: Kind) -> str:
    if kind == "quarter":
        return f"{calendar.year}-Q{calendar.quarter}"
    return f"{calendar.year}-{calendar.month:02d}" if kind == "month" else f"{calendar.year}"
