"""Which warning the forecast speaks for: the colour, its days and cities, and the notice it leaves.

A colour is spoken for on a day where its condition is met with a probability of at least `LIKELY`.
Whether a warning is issued is for those in charge to decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.consultation.episodes import warning_probabilities
from forecast.consultation.settings import Consultation

LIKELY = 0.5
"""Probability from which on a warning is spoken for."""
LOWEST = 150
"""AQI above which days count for a warning."""


@dataclass(frozen=True)
class Recommendation:
    """The warning a forecast speaks for in an area.

    Attributes
    ----------
    colour : int
        1 yellow, 2 orange, 3 red, the highest of any city.
    first, last : Timestamp
        Days under a warning of at least yellow, from the first to the last.
    cities : tuple of str
        Those of the highest colour.
    notice_hours : float
        From the cut-off of the data to the start of the first day.
    under_way : bool
        A city was above AQI 150 on the last day observed, and the warning begins the day after.
    before : int or None
        Colour the issue before spoke for on the days both forecast, 0 none; None without one.
    """

    colour: int
    first: pd.Timestamp
    last: pd.Timestamp
    cities: tuple[str, ...]
    notice_hours: float
    under_way: bool
    before: int | None


def spoken_for(probability: xr.DataArray) -> np.ndarray:
    """Highest colour of each day and place with a probability of at least `LIKELY`.

    Parameters
    ----------
    probability : xarray.DataArray, (colour, lead, place)
        From `forecast.consultation.episodes.warning_probabilities`.

    Returns
    -------
    ndarray of int, (lead, place)
        0 none, 1 yellow, 2 orange, 3 red.
    """
    values = probability.transpose("colour", "lead", "place").values
    number = np.arange(1, len(values) + 1)[:, None, None]
    return np.asarray((number * (values >= LIKELY)).max(axis=0))


def recommendation(
    issued: xr.Dataset,
    cities: Sequence[str],
    settings: Consultation,
    observed: xr.Dataset | None = None,
    before: xr.Dataset | None = None,
) -> Recommendation | None:
    """Warning that a forecast speaks for in an area, None for none now nor before.

    Parameters
    ----------
    issued, before : xarray.Dataset
        The forecast, and that issued before it.
    cities : sequence of str
        Of the area.
    settings : Consultation
    observed : xarray.Dataset, optional
        Observed daily ``aqi`` (place, day); of each forecast the days up to its issue count.

    Returns
    -------
    Recommendation or None
        With colour 0 and the days of the warning before, where only the issue before spoke for one.
    """
    now = _colours(issued, cities, settings, observed)
    valid = pd.DatetimeIndex(issued["valid_day"].values)
    old = None
    held = now.max(axis=1) > 0
    common = [] if before is None else [c for c in cities if c in before["place"].values]
    if before is not None and common:
        past = _colours(before, common, settings, observed)
        both = pd.DatetimeIndex(before["valid_day"].values).isin(valid)
        old = int(past[both].max(initial=0))
        if not held.any() and old:
            days = pd.DatetimeIndex(before["valid_day"].values)[both & (past.max(axis=1) > 0)]
            held = valid.isin(days)
    if not held.any():
        return None
    days = valid[held]
    top = int(now.max())
    cut_off = pd.Timestamp(str(issued.attrs["data_cut_off"]).removesuffix("Z"))
    start = days[0] - pd.Timedelta(hours=float(issued.attrs["utc_offset"]))
    return Recommendation(
        colour=top,
        first=days[0],
        last=days[-1],
        cities=tuple(c for c, k in zip(cities, now.max(axis=0), strict=True) if top and k == top),
        notice_hours=max(0.0, (start - cut_off) / pd.Timedelta(hours=1)),
        under_way=bool(held[0]) and _polluted(issued, cities, observed),
        before=old,
    )


def _polluted(issued: xr.Dataset, cities: Sequence[str], observed: xr.Dataset | None) -> bool:
    """Whether a city was above the lowest threshold of a warning on the issue day."""
    if observed is None:
        return False
    day = [pd.Timestamp(issued["issue"].values)]
    last = observed["aqi"].reindex(day=day, place=list(cities)).values
    return bool((last > LOWEST).any())


def _colours(
    issued: xr.Dataset,
    cities: Sequence[str],
    settings: Consultation,
    observed: xr.Dataset | None,
) -> np.ndarray:
    own = issued.sel(place=list(cities))
    found = warning_probabilities(own, observed, rule=settings.rule, gap_hours=settings.gap_hours)
    return spoken_for(found)
