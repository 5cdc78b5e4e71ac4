"""Which cases an ensemble learns from: all, or a stratified sample where the table is too large.

The table of cases grows with stations, days and leads; three years of a national network are 16
million rows. Neighbouring stations and days tell nearly the same, so a part of both, drawn evenly,
teaches nearly as much: stations evenly along the table ordered by province and city, issue days
evenly in time, all leads. Both are thinned by the same factor.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ensembles.pooling import thin
from forecast.cases import build_cases
from forecast.config import Config
from forecast.known import Known

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
    settings = known.config.training
    most = settings.sample_rows
    if most is None or not _too_many(known.config, len(issues), len(known.stations)):
        return build_cases(known, issues, leave_out=True)
    share = np.sqrt(most / (len(issues) * known.config.leads * len(known.stations)))
    days = min(len(issues), max(settings.min_days, int(len(issues) * share)))
    places = max(1, most // (days * known.config.leads))
    return build_cases(
        known,
        issues[thin(len(issues), days)],
        leave_out=True,
        places=sample_places(known.stations, places),
    )


def sample_places(stations: pd.DataFrame, most: int) -> np.ndarray:
    """At most so many stations, evenly over provinces and cities, in the order of the table.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"province": list("AABBBB"), "city": list("aabbcc")}, index=list("123456")
    ... )
    >>> sample_places(table, 3).tolist()
    ['1', '4', '5']
    """
    province, city = (stations[c].to_numpy().astype(str) for c in ("province", "city"))
    order = np.lexsort((city, province))
    return stations.index.to_numpy()[np.sort(order[thin(len(order), most)])]
