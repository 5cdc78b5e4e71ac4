"""Dressing: training forecasts made from analyses, with errors that grow with the lead.

A model trained on analyses (perfect prognosis) trusts its weather too much at every lead. Dressing
gives each issue of the past an ensemble that could have been forecast then: at lead k, in standard
anomalies of place and season (`forecast.weather.dressing.anomalies`),

    member_m = rho_k a + sqrt(rho_k (1 - rho_k)) n_0 + sqrt(1 - rho_k) n_m

where a is the analysis of the valid day and n_0, n_1 … are runs of consecutive analyses of the same
season at another time, whole fields of all variables. Each member then has correlation rho_k with
the analysis and, with n_0 shared, correlation rho_k with every other member: the truth cannot be
told from a member, so that the spread is what the error is. The errors have the covariances of the
weather itself, in space, from day to day and between variables.

Nothing younger than an issue enters its cycle but the analyses of its own valid days, save that the
first `library_days` count as known: a cycle says how late an analysis it used (`known_since`), and
who trains at a day leaves out the cycles that knew more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.weather.dressing.anomalies import HALF_SEASON, Scores, fit_scores, season_distance

LIBRARY_DAYS = 730
LEAST_LIBRARY = 365
"""A seasonal climatology needs every season once."""
GUARD_DAYS = 20
"""A borrowed run keeps so far from the valid days that it does not hold their weather."""


@dataclass(frozen=True)
class DressedCycle:
    """One issue's dressed ensemble.

    Attributes
    ----------
    issue : pandas.Timestamp
        Local issue date; lead k is the local day k days later.
    fields : dict of str to ndarray, (lead, member, *rest)
        float32, units of the analysis; NaN where the valid day's analysis is missing, or a place
        has too few days for a climatology.
    known_since : pandas.Timestamp
        Last day of the analyses that gave climatology, scale and errors (the issue, where none
        were needed): the cycle may enter a training at this day or later.
    """

    issue: pd.Timestamp
    fields: dict[str, np.ndarray]
    known_since: pd.Timestamp


def dress(
    analysis: xr.Dataset,
    issues: pd.DatetimeIndex,
    *,
    leads: int,
    members: int,
    correlation: Mapping[str, np.ndarray],
    seed: int,
    library_days: int = LIBRARY_DAYS,
) -> Iterator[DressedCycle]:
    """Make the dressed ensembles of some issues, one at a time.

    Parameters
    ----------
    analysis : xarray.Dataset
        Daily fields on (day, *rest), e.g. (day, place) and (day, ring, place), days increasing.
        All are dressed with the same borrowed runs; ``ring_<name>`` goes with ``<name>``.
    issues : DatetimeIndex
        Local issue dates, in any order; each cycle is the same whatever others are asked for.
    leads : int
        Leads 1 … `leads`, days.
    members : int
        Members, at least 1.
    correlation : mapping of str to ndarray, (at least leads,)
        Anomaly correlation of a member with the analysis at leads 1, 2, …, within 0 … 1. Where it
        is 1 all members are the analysis itself: perfect prognosis, which needs no library.
    seed : int
        With the issue date it decides which runs are borrowed.
    library_days : int
        The first so many days of `analysis` count as known at every issue.

    Yields
    ------
    DressedCycle
        In the order of `issues`. Climatology, scale and errors are from the analyses up to the end
        of the month before the issue, or of the first `library_days` if that is later.

    Raises
    ------
    InputError
        A field without correlation, a correlation too short or not within 0 … 1, days not
        increasing, a library under a year, or too few runs to borrow.

    Examples
    --------
    >>> days = pd.date_range("2013-01-01", periods=1100)
    >>> warm = 288 + np.random.default_rng(1).normal(size=(1100, 2))  # two places, K
    >>> analysis = xr.Dataset({"t2m": (("day", "place"), warm)}, {"day": days})
    >>> cycles = dress(
    ...     analysis, days[[1000]], leads=3, members=5, correlation={"t2m": [0.9, 0.8, 0.7]}, seed=1
    ... )
    >>> next(cycles).fields["t2m"].shape  # (lead, member, place)
    (3, 5, 2)
    """
    if leads < 1 or members < 1 or library_days < LEAST_LIBRARY:
        raise InputError(
            f"dressing: {leads} leads, {members} members, library_days {library_days}; expected at "
            f"least 1, 1 and {LEAST_LIBRARY}"
        )
    rho = {str(name): _correlation(str(name), correlation, leads) for name in analysis.data_vars}
    record = _Record.of(analysis)
    perfect = all((values == 1).all() for values in rho.values())
    library: _Library | None = None
    for issue in issues:
        if perfect:
            yield _perfect(record, pd.Timestamp(issue), leads, members)
            continue
        cutoff = record.cutoff(issue, library_days)
        if library is None or library.cutoff != cutoff:
            library = _Library.fit(record, cutoff, rho)
        yield _cycle(record, library, pd.Timestamp(issue), rho, members, seed)


@dataclass(frozen=True)
class _Record:
    """Analyses on an unbroken axis of days: `first` (days since 1970) and fields (day, cell)."""

    first: int
    fields: dict[str, np.ndarray]
    rest: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, analysis: xr.Dataset) -> _Record:
        days = analysis["day"].values.astype("datetime64[D]").astype(int)
        if not len(days) or (np.diff(days) < 1).any():
            raise InputError("dressing: the days of the analyses are not increasing")
        first, length = int(days[0]), int(days[-1] - days[0] + 1)
        fields, rest = {}, {}
        for key, field in analysis.data_vars.items():
            name = str(key)
            if field.dims[:1] != ("day",):
                raise InputError(
                    f"dressing: field {name} lies on ({', '.join(map(str, field.dims))}); "
                    "expected day first"
                )
            values = np.full((length, int(np.prod(field.shape[1:]))), np.nan, np.float32)
            values[days - first] = field.values.reshape(len(days), -1)
            fields[name], rest[name] = values, field.shape[1:]
        return cls(first, fields, rest)

    def cutoff(self, issue: pd.Timestamp, library_days: int) -> int:
        """Days of the record that climatology, scale and errors of an issue may draw on."""
        month = _day_number(issue.replace(day=1)) - self.first
        length = len(next(iter(self.fields.values())))
        return min(max(library_days, month), length)

    def valid(self, name: str, days: np.ndarray) -> np.ndarray:
        """Analyses of the days, (day, cell); NaN outside the record."""
        values = self.fields[name]
        rows = days - self.first
        inside = (rows >= 0) & (rows < len(values))
        out = np.full((len(days), values.shape[1]), np.nan, np.float32)
        out[inside] = values[rows[inside]]
        return out


@dataclass(frozen=True)
class _Library:
    """Standard anomalies of the first `cutoff` days, the correlation they need, whole days."""

    cutoff: int
    days: np.ndarray
    scores: dict[str, Scores]
    anomalies: dict[str, np.ndarray]
    latent: dict[str, np.ndarray]
    whole: np.ndarray

    @classmethod
    def fit(cls, record: _Record, cutoff: int, rho: Mapping[str, np.ndarray]) -> _Library:
        if cutoff < LEAST_LIBRARY:
            raise InputError(
                f"dressing: the analyses span {cutoff} days; expected at least {LEAST_LIBRARY}"
            )
        days = record.first + np.arange(cutoff)
        scores, anomalies = {}, {}
        whole = np.ones(cutoff, bool)
        for name, values in record.fields.items():
            known = values[:cutoff]
            fitted = fit_scores(name.removeprefix("ring_"), known, days)
            scores[name], anomalies[name] = fitted, fitted.anomaly(known, days)
            whole &= np.isfinite(anomalies[name][:, fitted.known]).all(axis=1)
        latent = {name: scores[name].latent(rho[name]) for name in scores}
        return cls(cutoff, days, scores, anomalies, latent, whole)

    def runs(self, issue: int, leads: int) -> np.ndarray:
        """Starts of the runs of `leads` whole days that an issue may borrow, rows, increasing."""
        holes = np.concatenate([[0], np.cumsum(~self.whole)])
        starts = np.arange(self.cutoff - leads + 1)
        first = self.days[starts]
        away = np.abs(first - (issue + 1)) >= leads + GUARD_DAYS
        season = season_distance(first, issue + 1) <= HALF_SEASON
        return starts[(holes[leads:] == holes[:-leads]) & away & season]


def _cycle(
    record: _Record,
    library: _Library,
    issue: pd.Timestamp,
    rho: Mapping[str, np.ndarray],
    members: int,
    seed: int,
) -> DressedCycle:
    """Dress one issue."""
    leads = len(next(iter(rho.values())))
    number = _day_number(issue)
    starts = _borrow(library.runs(number, leads), members + 1, issue, seed)
    rows = starts[:, None] + np.arange(leads)
    valid = number + 1 + np.arange(leads)
    fields = {}
    for name, correlation in rho.items():
        analysed, scores = record.valid(name, valid), library.scores[name]
        own = scores.anomaly(analysed, valid)
        errors = library.anomalies[name][rows]
        r = library.latent[name].astype(np.float32)[:, None]
        signal = r * own + np.sqrt(r * (1 - r)) * errors[0]
        noise = np.sqrt(1 - r)[:, None] * errors[1:].transpose(1, 0, 2)
        values = scores.value(signal[:, None] + noise, valid)
        values = np.where(correlation[:, None, None] == 1, analysed[:, None], values)
        fields[name] = values.reshape(leads, members, *record.rest[name])
    known_since = pd.Timestamp(int(library.days[-1]), unit="D").as_unit("ns")
    return DressedCycle(issue, fields, known_since)


def _perfect(record: _Record, issue: pd.Timestamp, leads: int, members: int) -> DressedCycle:
    """Analyses of the valid days as they are."""
    valid = _day_number(issue) + 1 + np.arange(leads)
    fields = {
        name: np.repeat(record.valid(name, valid), members, axis=0).reshape(leads, members, *rest)
        for name, rest in record.rest.items()
    }
    return DressedCycle(issue, fields, issue)


def _borrow(runs: np.ndarray, count: int, issue: pd.Timestamp, seed: int) -> np.ndarray:
    """Draw `count` different runs, evenly spread over those there are, in random order."""
    if len(runs) < count:
        raise InputError(
            f"dressing {issue:%Y-%m-%d}: {len(runs)} runs of analyses to borrow errors from; "
            f"{count - 1} members need {count}: give fewer members or more years"
        )
    random = np.random.default_rng([seed, _day_number(issue) % 2**32])
    places = (np.arange(count) + random.random()) * len(runs) / count
    return runs[random.permutation(places.astype(int))]


def _correlation(name: str, given: Mapping[str, np.ndarray], leads: int) -> np.ndarray:
    """Correlation of a field at leads 1 … leads, checked."""
    short = name.removeprefix("ring_")
    if short not in given:
        raise InputError(
            f"dressing: no correlation for field {short}; given for {', '.join(given) or 'none'}"
        )
    values = np.asarray(given[short], dtype=float)
    if values.ndim != 1 or len(values) < leads:
        raise InputError(
            f"dressing: correlation of {short} has {values.size} leads; expected {leads}"
        )
    values = values[:leads]
    if not ((values >= 0) & (values <= 1)).all():
        raise InputError(f"dressing: correlation of {short} is not within 0 … 1: {values}")
    return values


def _day_number(day: pd.Timestamp) -> int:
    """Days since 1970-01-01."""
    return int(np.datetime64(day, "D").astype(int))
