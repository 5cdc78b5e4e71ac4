"""Which cases an ensemble learns from: all, or a stratified sample where the table is too large.

The table of cases grows with stations, days and leads; three years of a national network are 16
million rows. Stations of one city and days of one weather episode tell nearly the same, cities do
not: stations are left out first, down to one a city, then days, evenly in time, and cities only
where a tenth of the days of four years would be left. All leads are kept.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ensembles.pooling import thin
from forecast.cases import build_cases
from forecast.config import Config
from forecast.known import Known
from forecast.training import DAYS_AN_ISSUE

LEAST_DAYS = 150
"""Issue days of a sample, as far as there are so many."""
ROWS_AT_ONCE = 150_000
"""Cases predicted together: all members of all pollutants then hold some 2 GB."""


class CasesOfSpan:
    """Cases of a past span: of all issues at once, or made as they are asked for.

    Where the table is larger than ``training.sample_rows``, each fit makes the sample it learns
    from, as `learning_cases` does at any day, and each block of issues its own cases.

    Parameters
    ----------
    known : Known
        Data cut at the last issue or later.
    issues : pandas.DatetimeIndex
        Issues of the span and those before it that may be learned from.
    """

    def __init__(self, known: Known, issues: pd.DatetimeIndex) -> None:
        self._known = known
        self._sampled = _too_many(known.config, len(issues), len(known.stations))
        self._cases = learning_cases(known, issues)
        self.issues = issues if self._sampled else self._cases["issue"].to_index()

    def learned_at(self, until: pd.Timestamp) -> xr.Dataset:
        """Cases to learn from at one day; later ones may be among them."""
        if not self._sampled:
            return self._cases
        return learning_cases(self._known, self.issues[self.issues <= until])

    def of(self, issues: pd.DatetimeIndex) -> xr.Dataset:
        """Cases of some issues at all stations."""
        if not self._sampled:
            return self._cases.sel(issue=issues)
        return build_cases(self._known, issues)

    def data(self) -> list[xr.Dataset]:
        """What tells this span from another: its cases, or a sample of them and their sources."""
        if not self._sampled:
            return [self._cases]
        files = [
            (f.name, f.stat().st_size, f.stat().st_mtime_ns)
            for p in self._known.config.weather
            for f in sorted(
                self._known.workspace.weather(self._known.config, p.product).folder.glob("*.nc")
            )
        ]
        names, sizes, times = zip(*files, strict=True)
        kept = {"name": list(names), "size": list(sizes), "time": list(times)}
        return [self._cases, xr.Dataset({n: ("file", np.array(v)) for n, v in kept.items()})]


def issues_at_once(known: Known) -> int:
    """Issues that are predicted together."""
    return max(1, ROWS_AT_ONCE // (known.config.leads * len(known.stations)))


def _too_many(config: Config, issues: int, stations: int) -> bool:
    most = config.training.sample_rows
    return most is not None and issues * config.leads * stations > most


def learning_cases(known: Known, issues: pd.DatetimeIndex) -> xr.Dataset:
    """Cases of `issues` for training, of at most ``training.sample_rows`` rows.

    Parameters
    ----------
    known : Known
        Data cut at the last issue or later.
    issues : pandas.DatetimeIndex
        Issue dates that may be learned from, increasing.

    Returns
    -------
    xarray.Dataset
        From `build_cases`, issues without readable weather left out.

    Raises
    ------
    InputError
        No issue has weather.
    """
    most, leads = known.config.training.sample_rows, known.config.leads
    if most is None or not _too_many(known.config, len(issues), len(known.stations)):
        return build_cases(known, issues, leave_out=True)
    places = max(known.stations["city"].nunique(), most // (leads * len(issues)))
    days = min(len(issues), max(LEAST_DAYS, most // (leads * places)))
    places = max(1, min(places, most // (leads * days)))
    chosen = issues[thin(len(issues), days)]
    names = sample_places(known.stations, places)
    cases = build_cases(known, chosen, leave_out=True, places=names)
    return cases.assign_attrs({DAYS_AN_ISSUE: len(issues) / days})


def sample_places(stations: pd.DataFrame, most: int) -> np.ndarray:
    """At most so many stations: the first of each city, then the second, evenly over provinces.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"province": list("AABBBB"), "city": list("aabbcc")}, index=list("123456")
    ... )
    >>> sample_places(table, 3).tolist()
    ['1', '3', '5']
    """
    names = stations.index.to_numpy()
    tier = stations.groupby("city").cumcount().to_numpy()
    province, city = (stations[c].to_numpy().astype(str) for c in ("province", "city"))
    chosen: list[int] = []
    for number in range(tier.max() + 1):
        inside = np.flatnonzero(tier == number)
        inside = inside[np.lexsort((city[inside], province[inside]))]
        chosen += inside[thin(len(inside), most - len(chosen))].tolist()
        if len(chosen) == most:
            break
    return names[np.sort(chosen)]
