"""The weather archive of a workspace: fields at the places, one file a cycle.

``weather/<product>/<YYYY-MM-DD>.nc`` holds a cycle labelled by its issue date,
``…/<YYYY-MM-DD>T<HH>.nc`` one labelled by its reference time in UTC, ``…/analysis.nc`` analyses.
A cycle serves an issue from the moment it is at hand; until a newer one is, the older one serves
on, its leads shifted.
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

_NAME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d)?")
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
        time = pd.Timestamp(name)
        if "T" not in name:
            return time
        local = time + pd.Timedelta(hours=self.delay_hours + self.utc_offset - self.issue_hour)
        return local.ceil("D")


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
        names = sorted(f.stem for f in self.folder.glob("*.nc") if _NAME.fullmatch(f.stem))
        first = pd.DatetimeIndex([self.clock.first_issue(n) for n in names]).as_unit("ns")
        return pd.Series(names, index=first, dtype=object).sort_index(kind="stable")

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

    def read(self, issues: pd.DatetimeIndex, places: np.ndarray, leads: int) -> xr.Dataset:
        """Read the newest cycle that can serve each issue.

        Parameters
        ----------
        issues : DatetimeIndex
            Local issue dates.
        places : ndarray of str
        leads : int
            Leads 1 … `leads` in days after the issue date.

        Returns
        -------
        xarray.Dataset
            Daily fields on (issue, lead, member, place) and ``ring_*`` on (issue, lead, ring,
            place), float32; missing members, leads, fields and places are NaN. Coordinates on
            (issue): ``cycle`` (name), ``cycle_age`` (days since the first issue it could serve),
            ``known_since`` (first issue at which all it was made from was known), ``cycle_damage``
            (what was wrong with a newer cycle that had to be passed over, or ""), ``dressed``
            (whether it is analyses with simulated errors).

        Raises
        ------
        InputError
            An issue has no cycle that can serve.
        """
        cycles = self.cycles()
        found = [self._newest(issue, cycles, places, leads) for issue in issues]
        out = _stack([cycle.fields for _, cycle, _ in found], leads, len(places))
        names = [name for name, _, _ in found]
        ages = [(i - self.clock.first_issue(n)).days for i, n in zip(issues, names, strict=True)]
        return xr.Dataset(
            {
                n: (("issue", "lead", "ring" if n.startswith("ring_") else "member", "place"), v)
                for n, v in out.items()
            },
            coords={
                "issue": issues,
                "lead": np.arange(1, leads + 1),
                "place": places,
                "cycle": ("issue", np.array(names, dtype=object)),
                "cycle_age": ("issue", np.array(ages, dtype=int)),
                "known_since": ("issue", pd.DatetimeIndex([c.known_since for _, c, _ in found])),
                "dressed": ("issue", np.array([c.dressed for _, c, _ in found])),
                "cycle_damage": ("issue", np.array([d for *_, d in found], dtype=object)),
            },
        )

    def _newest(
        self, issue: pd.Timestamp, cycles: pd.Series, places: np.ndarray, leads: int
    ) -> tuple[str, CycleFields, str]:
        """Newest readable cycle for an issue, and what was wrong with the first newer one."""
        days = pd.date_range(issue + DAY, periods=leads)
        end = cycles.index.searchsorted(issue, side="right")
        start = cycles.index.searchsorted(issue - self.clock.oldest_days * DAY, side="left")
        damage = ""
        for name in cycles.iloc[start:end][::-1]:
            try:
                return name, read_cycle(self.path(name), places, days), damage
            except InputError as error:
                damage = damage or str(error)
        raise InputError(
            f"no weather of {issue:%Y-%m-%d} in {self.folder}, nor of the "
            f"{self.clock.oldest_days} days before" + (f"; {damage}" if damage else "")
        )


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
