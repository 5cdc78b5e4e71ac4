"""Rankings of areas by one accuracy, which say who cannot be told from the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecast.consultation.areas import Area
from forecast.consultation.performance.decisions import ISSUED
from forecast.consultation.performance.figures import Figure, Performance

SCORE = "level_accuracy"
"""What areas are ranked by: the strict accuracy of the level."""


@dataclass(frozen=True)
class Entry:
    """One area of a ranking.

    Attributes
    ----------
    area : Area
    place : int or None
        1 for the best; equal accuracies share a place. None with too few pairs.
    like_first : bool or None
        Whether its interval overlaps with that of the first; None where either has none, or one
        of no width.
    figure : Figure
        Accuracy, interval, pairs.
    """

    area: Area
    place: int | None
    like_first: bool | None
    figure: Figure


def ranking(
    found: Performance, areas: Sequence[Area], *, lead: str, fewest_pairs: int
) -> list[Entry]:
    """Rank areas by the strict level accuracy of what was issued.

    Parameters
    ----------
    found : Performance
    areas : sequence of Area
        Those to be ranked; those without a pair are left out.
    lead : str
        Label of the leads that count.
    fewest_pairs : int
        Areas with fewer are listed last and have no place.

    Returns
    -------
    list of Entry
        The best first.
    """
    figures = [(a, found.figure(ISSUED, a, lead, SCORE)) for a in areas]
    figures = [(a, f) for a, f in figures if f.pairs]
    figures.sort(key=lambda pair: (pair[1].pairs < fewest_pairs, -pair[1].value))
    ranked = [f for _, f in figures if f.pairs >= fewest_pairs]
    out = []
    for area, figure in figures:
        if figure.pairs < fewest_pairs:
            out.append(Entry(area, None, None, figure))
            continue
        better = sum(f.value > figure.value for f in ranked)
        out.append(Entry(area, 1 + better, _overlap(figure, ranked[0]), figure))
    return out


def _overlap(one: Figure, other: Figure) -> bool | None:
    for figure in (one, other):
        # All pairs alike: no resample differs, and how sure the figure is cannot be told.
        if not np.isfinite(figure.low) or figure.low == figure.high:
            return None
    return one.low <= other.high and other.low <= one.high
