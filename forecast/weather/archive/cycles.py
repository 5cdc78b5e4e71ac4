"""The weather archive of a workspace: fields at the places, one file a cycle.

``weather/<product>/<YYYY-MM-DD>.nc`` holds a cycle labelled by its issue date,
``…/<YYYY-MM-DD>T<HH>.nc`` one labelled by its reference time in UTC, ``…/analysis.nc`` analyses.
A cycle serves an issue from the moment it is at hand; until a newer one is, the older one serves
on, its leads shifted. Days that the newest lacks, half published or damaged, come from the next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.weather.archive.cycle_file import CycleFields, read_cycle

_NAME = re.compile(r"(?P<time>\d{4}-\d\d-\d\d(T\d\d)?)(-dressed)?")
DRESSED = "-dressed"
"""End of the name of a cycle made from analyses."""
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Clock:
    """When a product's cycles can serve.

    Attributes
    ----------
    utc_offset, issue_hour : float, int
        Of the network: local time minus UTC, and the local hour of issue.
    delay_hours : float
        From a cycle's reference time until it is at hand.
    oldest_days : int
        A cycle serves no longer than so many days after the first issue it could serve.
    """

    utc_offset: float = 8.0
    issue_hour: int = 24
    delay_hours: float = 0.0
    oldest_days: int = 2

    def first_issue(self, name: str) -> pd.Timestamp:
        """First issue date a cycle of that file name can serve."""
        time = reference(name)
        if "T" not in name:
            return time
        local = time + pd.Timedelta(hours=self.delay_hours + self.utc_offset - self.issue_hour)
        return local.ceil("D")


def reference(name: str) -> pd.Timestamp:
    """Issue date, or reference time in UTC, of a cycle's file name.

    Raises
    ------
    ValueError
        It is no such name.
    """
    found = _NAME.fullmatch(name)
    if found is None or not 1900 <= int(name[:4]) <= 2199:
        raise ValueError(f"{name!r} is no name of a cycle")
    return pd.Timestamp(found["time"]).as_unit("ns")


def _is_name(name: str) -> bool:
    try:
        reference(name)
    except ValueError:
        return False
    return True


class WeatherArchive:
    """Weather of one product at the places.

    Parameters
    ----------
    folder : Path
        ``weather/<product>`` of a workspace.
    clock : Clock, optional
        When cycles can serve; the default suits cycles labelled by their issue date.
    """

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.folder, self.clock = folder, clock or Clock()

    def cycles(self) -> pd.Series:
        """Names of the stored cycles in the order of age, indexed by the first issue they serve."""
        names = [f.stem for f in self.folder.glob("*.nc") if _is_name(f.stem)]
        # of those that serve from the same issue on, a forecast comes after what is dressed
        names.sort(key=lambda n: (self.clock.first_issue(n), DRESSED not in n, n))
        first = pd.DatetimeIndex([self.clock.first_issue(n) for n in names]).as_unit("ns")
        return pd.Series(names, index=first, dtype=object)

    def issues(self) -> pd.DatetimeIndex:
        """Issue dates that have a cycle of their own, increasing."""
        return pd.DatetimeIndex(self.cycles().index.unique())

    def served(self, issues: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """Those of `issues` that a stored cycle can serve, as far as file names tell."""
        first = self.cycles().index
        newest = first.searchsorted(issues, side="right") - 1
        if not len(first):
            return issues[:0]
        age = issues - first[np.maximum(newest, 0)]
        return issues[(newest >= 0) & (age <= self.clock.oldest_days * DAY)]

    def path(self, cycle: str) -> Path:
        """File of a cycle."""
        return self.folder / f"{cycle}.nc"

    def read(
        self, issues: pd.DatetimeIndex, places: np.ndarray, leads: int, *, leave_out: bool = False
    ) -> xr.Dataset:
        """Read the newest cycle that can serve each issue.

        Parameters
        ----------
        issues : DatetimeIndex
            Local issue dates.
        places : ndarray of str
        leads : int
            Leads 1 … `leads` in days after the issue date.
        leave_out : bool
            Leave out the issues that have no cycle, instead of an error.

        Returns
        -------
        xarray.Dataset
            Daily fields on (issue, lead, member, place) and ``ring_*`` on (issue, lead, ring,
            place), float32; missing members, leads, fields and places are NaN. Coordinates on
            (issue): ``cycle`` (name), ``cycle_age`` (days since the first issue it could serve),
            ``known_since`` (first issue at which all it was made from was known), ``cycle_damage``
            (what was wrong with a newer cycle that had to be passed over, or ""), ``cycle_filled``
            (leads whose missing days older cycles filled in, with these cycles, or ""),
            ``dressed`` (what the cycle is if no forecast, or "").

        Raises
        ------
        InputError
            An issue has no cycle that can serve; with `leave_out`, none of them has.
        """
        cycles = self.cycles()
        found, error = [], None
        for issue in issues:
            try:
                found.append(self._newest(issue, cycles, places, leads))
            except InputError as problem:
                if not leave_out:
                    raise
                error = problem
        if error is not None and not found:
            raise error
        issues = pd.DatetimeIndex([s.issue for s in found])
        out = _stack([served.fields for served in found], leads, len(places))
        ages = [
            (i - self.clock.first_issue(s.name)).days for i, s in zip(issues, found, strict=True)
        ]

        def text(name: str) -> tuple[str, np.ndarray]:
            return "issue", np.array([getattr(s, name) for s in found], dtype=object)

        return xr.Dataset(
            {
                n: (("issue", "lead", "ring" if n.startswith("ring_") else "member", "place"), v)
                for n, v in out.items()
            },
            coords={
                "issue": issues,
                "lead": np.arange(1, leads + 1),
                "place": places,
                "cycle": text("name"),
                "cycle_age": ("issue", np.array(ages, dtype=int)),
                "known_since": ("issue", pd.DatetimeIndex([s.known_since for s in found])),
                "dressed": text("dressed"),
                "cycle_damage": text("damage"),
                "cycle_filled": text("filled"),
            },
        )

    def _newest(
        self, issue: pd.Timestamp, cycles: pd.Series, places: np.ndarray, leads: int
    ) -> _Served:
        """Newest readable cycle for an issue, its missing days filled from the next older one."""
        days = pd.date_range(issue + DAY, periods=leads)
        end = cycles.index.searchsorted(issue, side="right")
        start = cycles.index.searchsorted(issue - self.clock.oldest_days * DAY, side="left")
        damage, served = "", None
        for name in cycles.iloc[start:end][::-1]:
            try:
                cycle = read_cycle(self.path(name), places, days)
            except InputError as error:
                damage = damage or str(error)
                continue
            if served is None:
                since = cycle.known_since if cycle.dressed else issue
                fields = dict(cycle.fields)
                served = _Served(issue, name, fields, since, cycle.dressed, damage)
            elif cycle.dressed == served.dressed:
                served.fill(name, cycle)
            if not served.missing().any():
                break
        if served is None:
            raise InputError(
                f"no weather of {issue:%Y-%m-%d} in {self.folder}, nor of the "
                f"{self.clock.oldest_days} days before" + (f"; {damage}" if damage else "")
            )
        return served


@dataclass
class _Served:
    """What serves one issue: a cycle, and what older ones fill in."""

    issue: pd.Timestamp
    name: str
    fields: dict[str, np.ndarray]
    known_since: pd.Timestamp
    dressed: str
    damage: str
    filled: str = ""

    def missing(self) -> np.ndarray:
        """Leads at which a field has no value in any member at any place, (lead,)."""
        return np.any([~_given(values) for values in self.fields.values()], axis=0)

    def fill(self, name: str, older: CycleFields) -> None:
        """Take the days that are missing, field by field, from an older cycle."""
        taken = np.zeros(len(self.missing()), dtype=bool)
        for field, values in self.fields.items():
            if field in older.fields:
                other = older.fields[field]
                rows = ~_given(values) & _given(other)
                depth = min(values.shape[1], other.shape[1])
                values[rows, :depth] = other[rows, :depth]
                taken |= rows
        if taken.any():
            leads = ", ".join(str(k + 1) for k in np.flatnonzero(taken))
            self.filled += ("; " if self.filled else "") + f"{leads}: {name}"
            if older.dressed:
                self.known_since = max(self.known_since, older.known_since)


def _given(values: np.ndarray) -> np.ndarray:
    """Days with a value at any place, (day,)."""
    given = np.isfinite(values[:, :1, :1]).any(axis=(1, 2))  # most often enough to tell
    return given if given.all() else np.isfinite(values).any(axis=(1, 2))


def _stack(cycles: list, leads: int, places: int) -> dict[str, np.ndarray]:
    """Join the fields of cycles that may differ in fields and members; NaN where one has none."""
    out = {}
    names = dict.fromkeys(name for fields in cycles for name in fields)
    members = max(
        (v.shape[1] for f in cycles for n, v in f.items() if not n.startswith("ring_")), default=1
    )
    for name in names:
        ring = name.startswith("ring_")
        depth = max(f[name].shape[1] for f in cycles if name in f) if ring else members
        values = np.full((len(cycles), leads, depth, places), np.nan, np.float32)
        for i, fields in enumerate(cycles):
            if name in fields:
                values[i, :, : fields[name].shape[1]] = fields[name]
        out[name] = values
    return out
