"""Performance of what was issued, by period: accuracies of areas, leads and models as numbers.

Pairs are counted by valid day, so that a month holds the forecasts *for* its days, whenever they
were issued, and blocks of valid days are what the intervals resample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from forecast.consultation.areas import Area
from forecast.consultation.performance.counts import SCORES, Counts, area_key, counted
from forecast.consultation.performance.decisions import BEFORE, ISSUED, PLACE
from forecast.consultation.performance.periods import Period
from forecast.evaluation.settings import Evaluation
from forecast.evaluation.truth import observed_pairs, valid_days
from forecast.standard import standard_named
from verification import block_length, compare, scorecard

EVENTS = ("heavy_observed", "heavy_forecast")
"""Pairs with AQI > 200 observed, and forecast; kept beside the scores."""
FEWEST_BLOCKS = 3
"""Blocks that a period should hold at least; blocks get shorter for it."""


class Figure(NamedTuple):
    """A score with its interval and pairs; NaN where it is undefined."""

    value: float
    low: float
    high: float
    pairs: int


NO_FIGURE = Figure(np.nan, np.nan, np.nan, 0)


@dataclass(frozen=True)
class Performance:
    """What the forecasts for the days of a period were worth.

    Attributes
    ----------
    period : Period
    days : int
        Valid days with a pair.
    first, last : pandas.Timestamp
        First and last of them.
    adjusted : int
        Pairs whose issued decision is not what guidance said.
    leads : tuple of str
        Labels of the single leads, as ``1``.
    bands : tuple of str
        Labels of the bands of leads, as ``1–3``.
    figures : mapping
        `Figure` by (model, area as ``level:name``, lead label, score or event).
    added : mapping
        Issued minus guidance on the same pairs with the interval of the difference, by (area,
        lead label, score); empty where nothing was adjusted.
    levels : ndarray, (forecast level, observed level)
        Pairs of the first band by level.
    """

    period: Period
    days: int
    first: pd.Timestamp
    last: pd.Timestamp
    adjusted: int
    leads: tuple[str, ...]
    bands: tuple[str, ...]
    figures: Mapping[tuple[str, ...], Figure]
    added: Mapping[tuple[str, ...], Figure]
    levels: np.ndarray

    def figure(self, model: str, area: Area, lead: str, score: str) -> Figure:
        """One score, or `NO_FIGURE`."""
        return self.figures.get((model, area_key(area), lead, score), NO_FIGURE)


def performance(
    decisions: xr.Dataset,
    observed: xr.Dataset,
    areas: Sequence[Area],
    periods: Sequence[Period],
    settings: Evaluation,
) -> list[Performance]:
    """Count the pairs of each period and score them.

    Parameters
    ----------
    decisions : xarray.Dataset
        From `forecast.consultation.performance.decisions.read_decisions`.
    observed : xarray.Dataset
        Observed daily values, index, level and primary pollutants, (place, day).
    areas : sequence of Area
        Those of `areas_of`, the nation first.
    periods : sequence of Period
        From `periods_of`.
    settings : Evaluation
        Blocks, replicates and confidence of the intervals. Blocks are shorter than `block_days`
        where the period has fewer than three of them; a period of less than two blocks (20 days, by
        default) has no interval.

    Returns
    -------
    list of Performance
        Of the periods that have a pair, in their order.
    """
    decisions = decisions.drop_vars(PLACE, errors="ignore")  # sums are by area, whatever a place is
    valid = valid_days(decisions["issue"].values, decisions["lead"].values)
    truth = observed_pairs(observed, decisions, valid)
    found: dict[str, Performance] = {}
    for name in dict.fromkeys(p.standard for p in periods):
        own = [p for p in periods if p.standard == name]
        held = np.any([(valid >= p.first) & (valid <= p.last) for p in own], axis=0)
        if not held.any():
            continue
        days = np.where(held, valid, np.datetime64("NaT"))
        counts = counted(decisions, truth, days, areas, standard_named(name), settings)
        for period in own:
            part = counts.between(period.first, period.last)
            if part is not None:
                found[period.name] = _scored(period, part, settings)
    return [found[p.name] for p in periods if p.name in found]


def _scored(period: Period, counts: Counts, settings: Evaluation) -> Performance:
    labels = {"place_kind": "city", "pollutant": "aqi"}
    block, replicates = block_days(len(counts.days), settings), settings.replicates
    level, adjusted = settings.confidence, int(counts.adjusted.sum())
    figures = dict(_events(counts))
    added: dict[tuple[str, ...], Figure] = {}
    for sums in filter(None, (counts.whole, counts.parts, counts.roles)):
        table = scorecard(
            [(labels, s) for s in sums], SCORES,
            dim="day", block=block, replicates=replicates, level=level,
        )  # fmt: skip
        figures |= dict(_figures(table, ("model", "group", "lead", "score"), "value"))
        if adjusted:
            both = compare(
                [(labels, s.sel(model=[ISSUED, BEFORE])) for s in sums], SCORES,
                against=BEFORE, dim="day", block=block, replicates=replicates, level=level,
            )  # fmt: skip
            added |= dict(_figures(both, ("group", "lead", "score"), "difference"))
    levels = counts.levels["count"].sum("day").transpose("level_fcst", "level_obs")
    return Performance(
        period,
        len(counts.days),
        counts.days[0],
        counts.days[-1],
        adjusted,
        counts.leads,
        counts.bands,
        figures,
        added,
        levels.values,
    )


def block_days(days: int, settings: Evaluation) -> int:
    """Days in a block: those of the settings, or fewer so that a short period holds three.

    Never fewer than `verification.block_length` says, unless the settings do.

    Examples
    --------
    >>> from forecast.consultation.performance.figures import block_days
    >>> from forecast.evaluation import Evaluation
    >>> [block_days(days, Evaluation(block_days=15)) for days in (28, 36, 90)]
    [10, 12, 15]
    """
    return min(settings.block_days, max(block_length(days), days // FEWEST_BLOCKS))


def _figures(
    table: pd.DataFrame, keys: Sequence[str], value: str
) -> Iterator[tuple[tuple[str, ...], Figure]]:
    columns = [table[name].astype(str) for name in keys]
    numbers = [table[name].tolist() for name in (value, "low", "high", "pairs")]
    for key, figure in zip(zip(*columns, strict=True), zip(*numbers, strict=True), strict=True):
        yield key, Figure(*figure)


def _events(counts: Counts) -> Iterator[tuple[tuple[str, ...], Figure]]:
    """Numbers of heavy days observed and forecast, as figures without an interval."""
    for sums in (*counts.whole, *counts.parts):
        if sums.attrs["family"] != "contingency":
            continue
        total = sums.sum("day").transpose("model", "group", "lead")
        pairs = total["pairs"].values
        events = (total["hits"] + total["misses"], total["hits"] + total["false_alarms"])
        for name, count in zip(EVENTS, events, strict=True):
            labels = [[str(label) for label in count[dim].values.tolist()] for dim in count.dims]
            for at in np.ndindex(count.shape):
                key = [names[i] for names, i in zip(labels, at, strict=True)]
                found = Figure(float(count.values[at]), np.nan, np.nan, int(pairs[at]))
                yield (*key, name), found
