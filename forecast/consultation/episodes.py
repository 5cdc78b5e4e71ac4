"""Heavy-pollution episodes ahead: what the scenarios say of their time, height and extent.

An episode ahead is a connected set of cities and days on each of which the city is heavily
polluted (AQI > 200) in at least `POSSIBLE` of the scenarios: the same city, or neighbours within a
radius, one quieter day bridged. Its probability is the share of scenarios with a heavy day of one
of its cities within; start, end, peak and extent are read off these scenarios one by one, so the
ranges are of joint courses, not of days by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.bulletin import POSSIBLE
from forecast.consultation.warning import (
    COLOURS,
    GAP_HOURS,
    LIFT_HOURS,
    RuleName,
    in_force,
    warning_colours,
)
from forecast.decision import HEAVY
from forecast.pollutants import POLLUTANTS
from verification import find_processes, neighbour_matrix

GAP_DAYS, RADIUS_KM = 1, 200.0
"""Days below that an episode bridges, and the distance within which cities are neighbours."""
RANGE = (0.1, 0.9)
"""Quantiles given beside a median."""
PAST_DAYS = 5
"""Observed days before the first forecast one that count in the runs of a warning."""


@dataclass(frozen=True)
class Spread:
    """Median and the 10 to 90 % range over the scenarios that hold the episode."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Episode:
    """One episode ahead.

    Attributes
    ----------
    first, last : Timestamp
        First and last day of the set.
    probability : float
        Share of scenarios with a heavy city day within.
    regional_probability : float
        Share with at least three of its cities (`regional`) heavy on one day.
    start, end, peak_day : Spread
        Leads in days.
    peak : Spread
        Greatest AQI of a city.
    extent : Spread
        Cities heavy on the day with most of them.
    primary : str
        Most frequent primary pollutant of the heavy city days, such as ``pm25``.
    colours : dict of str to float
        Probability that some city reaches at least yellow, orange, red within.
    lift : Spread or None
        Lead of the first day after its end on which no warning is in force in its cities, over the
        scenarios that call for one; one more than the last lead where that lies beyond. None where
        no scenario does.
    cities : tuple of str
        Its cities, the likeliest to be heavy first.
    under_way : bool
        One of its cities was heavy on the last day observed before it.
    """

    first: pd.Timestamp
    last: pd.Timestamp
    probability: float
    regional_probability: float
    start: Spread
    end: Spread
    peak_day: Spread
    peak: Spread
    extent: Spread
    primary: str
    colours: dict[str, float]
    lift: Spread | None
    cities: tuple[str, ...]
    under_way: bool


def episodes_ahead(
    issued: xr.Dataset,
    cities: Sequence[str],
    observed: xr.Dataset | None = None,
    *,
    rule: RuleName = "2024",
    gap_hours: float = GAP_HOURS,
    lift_hours: float = LIFT_HOURS,
    regional: int = 3,
    radius_km: float = RADIUS_KM,
) -> list[Episode]:
    """Find the episodes ahead of an area in an issued forecast.

    Parameters
    ----------
    issued : xarray.Dataset
        From `forecast.issued.read_issued`, with the positions ``lat`` and ``lon``.
    cities : sequence of str
        Cities of the area.
    observed : xarray.Dataset, optional
        Observed daily ``aqi`` (place, day); the days up to the issue count in the runs of a
        warning, later ones are not looked at.
    rule, gap_hours, lift_hours
        Of the warnings, as in `warning_colours` and `in_force`; a natural day stands for 24 hours.
    regional : int
        Cities heavy on one day that make an episode regional.
    radius_km : float
        Cities this near are neighbours; one without a position has none.

    Returns
    -------
    list of Episode
        In the order of their first days, the likelier first; empty where no day reaches `POSSIBLE`.

    Raises
    ------
    ValueError
        A city is not among the places forecast.
    """
    missing = [c for c in cities if c not in issued["place"].values]
    if missing:
        raise ValueError(f"no forecast of {', '.join(missing)}")
    own = issued.sel(place=list(cities))
    aqi = own["scenario_aqi"].transpose("scenario", "lead", "place").values
    valid = pd.DatetimeIndex(own["valid_day"].values)
    heavy = np.asarray(aqi > HEAVY)
    past = _past(own, observed)
    colours = _colours(aqi, past, rule, gap_hours)
    found = []
    for members, first, last in _sets(heavy.mean(axis=0), _near(own, radius_km)):
        inside = slice(first, last + 1)
        here = heavy[:, inside][:, :, members]
        has = here.any(axis=(1, 2))
        days, height = here[has], np.nan_to_num(aqi[has, inside][:, :, members])
        cell = np.asarray(days.any(axis=2))
        lead = np.arange(first + 1, last + 2)
        count = days.sum(axis=2)
        by_city = here.any(axis=1).mean(axis=0)
        called = colours[:, :, members]
        reached = called[:, inside].max(axis=(1, 2))
        held = in_force(np.moveaxis(called, 1, -1), lift_hours=lift_hours).any(axis=1)
        end = lead[-1] - cell[:, ::-1].argmax(axis=1)
        found.append(
            Episode(
                first=valid[first],
                last=valid[last],
                probability=float(has.mean()),
                regional_probability=float((count.max(axis=1) >= regional).sum() / len(heavy)),
                start=_spread(lead[cell.argmax(axis=1)]),
                end=_spread(end),
                peak_day=_spread(lead[height.max(axis=2).argmax(axis=1)]),
                peak=_spread(height.max(axis=(1, 2))),
                extent=_spread(count.max(axis=1)),
                primary=_primary(own.isel(place=members), here.mean(axis=0), inside),
                colours={c: float((reached >= n).mean()) for n, c in enumerate(COLOURS) if n},
                lift=_lift(np.asarray(held)[has], end, reached[has] > 0),
                cities=tuple(str(cities[members[k]]) for k in np.argsort(-by_city, kind="stable")),
                under_way=first == 0 and bool((past[-1:, members] > HEAVY).any()),
            )
        )
    found.sort(key=lambda e: (e.first, -e.probability, -e.extent.median))
    return found


def warning_probabilities(
    issued: xr.Dataset,
    observed: xr.Dataset | None = None,
    *,
    rule: RuleName = "2024",
    gap_hours: float = GAP_HOURS,
) -> xr.DataArray:
    """Probability that a day falls under a warning of at least each colour.

    Parameters
    ----------
    issued, observed, rule, gap_hours
        As in `episodes_ahead`.

    Returns
    -------
    xarray.DataArray, (colour, lead, place)
        Colours yellow, orange, red; all places of `issued`.
    """
    aqi = issued["scenario_aqi"].transpose("scenario", "lead", "place")
    colours = _colours(aqi.values, _past(issued, observed), rule, gap_hours)
    share = np.stack([(colours >= n).mean(axis=0) for n in range(1, len(COLOURS))])
    return xr.DataArray(
        share.astype(np.float32),
        {"colour": list(COLOURS[1:]), "lead": issued["lead"].values, "place": aqi["place"].values},
        ("colour", "lead", "place"),
        attrs={"long_name": f"probability of a warning, rule of {rule}", "units": "1"},
    )


def _past(issued: xr.Dataset, observed: xr.Dataset | None) -> np.ndarray:
    """Observed AQI of the last days up to the issue, (day, place)."""
    issue = pd.Timestamp(issued["issue"].values)
    days = pd.date_range(issue - pd.Timedelta(days=PAST_DAYS - 1), issue)
    if observed is None:
        return np.full((len(days), issued.sizes["place"]), np.nan)
    aqi = observed["aqi"].reindex(day=days, place=issued["place"].values)
    return np.asarray(aqi.transpose("day", "place").values)


def _colours(aqi: np.ndarray, past: np.ndarray, rule: RuleName, gap_hours: float) -> np.ndarray:
    """Colours of the forecast days, (scenario, lead, place), runs begun before them included."""
    before = np.broadcast_to(past, (len(aqi), *past.shape))
    course = np.moveaxis(np.concatenate([before, aqi], axis=1), 1, -1)
    colours = warning_colours(course, rule, gap_hours=gap_hours)
    return np.moveaxis(colours, -1, 1)[:, past.shape[0] :]


def _near(own: xr.Dataset, radius_km: float) -> xr.DataArray:
    """Which cities are neighbours, (place, neighbour)."""
    known = np.flatnonzero(np.isfinite(own["lat"].values) & np.isfinite(own["lon"].values))
    at = own.isel(place=known)
    near = np.zeros((own.sizes["place"],) * 2, bool)
    near[np.ix_(known, known)] = neighbour_matrix(at["lat"], at["lon"], radius_km)
    return xr.DataArray(near, dims=("place", "neighbour"))


def _sets(share: np.ndarray, near: xr.DataArray) -> list[tuple[np.ndarray, int, int]]:
    """Cities, first and last day of each connected set, from the share of heavy scenarios.

    `share` is (lead, place).
    """
    reached = xr.DataArray(share.T >= POSSIBLE, dims=("place", "day")).astype(np.float32)
    ids = find_processes(reached, near, threshold=0.5, gap=GAP_DAYS).ids.values
    found = []
    for number in range(1, int(ids.max(initial=0)) + 1):
        place, day = np.nonzero(ids == number)
        found.append((np.unique(place), int(day.min()), int(day.max())))
    return found


def _spread(values: np.ndarray) -> Spread:
    low, median, high = np.quantile(values, [RANGE[0], 0.5, RANGE[1]], method="nearest")
    return Spread(float(median), float(low), float(high))


def _lift(held: np.ndarray, end: np.ndarray, warned: np.ndarray) -> Spread | None:
    """First lead after the end without a warning, of the scenarios warned."""
    if not warned.any():
        return None
    leads = np.arange(1, held.shape[1] + 1)
    free = ~held & (leads > end[:, None])
    first = np.where(free.any(axis=1), leads[free.argmax(axis=1)], held.shape[1] + 1)
    return _spread(first[warned])


def _primary(own: xr.Dataset, weight: np.ndarray, inside: slice) -> str:
    """Pollutant most often primary on the days `inside`, each weighed by its heavy scenarios."""
    share = own["primary_probability"].transpose("lead", "place", "pollutant").values[inside]
    total = (weight[..., None] * np.nan_to_num(share)).sum(axis=(0, 1))
    return POLLUTANTS[int(total.argmax())]
