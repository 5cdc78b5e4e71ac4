"""Persistence: what was last seen, dressed with the changes that followed such values.

The plain dressing, one distribution of changes for all, would add the same spread to clean and to
heavy days and never return to the mean: an easy reference to beat. Here the changes are those that
followed similar values.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import xarray as xr

from ensembles.distribution import LEVELS, Distribution
from ensembles.folds import Fold
from ensembles.members.member import out_of_fold
from ensembles.scale import from_scale, to_scale

CLASSES = 5
"""Classes of the latest value, equally filled."""
MIN_CHANGES = 30
"""A class with fewer changes at a lead takes those of all classes."""


@dataclass(frozen=True)
class Persistence:
    """The latest value plus the distribution of the changes that followed similar values.

    On the modelling scale ``g``: ``Q_τ(lead) = g⁻¹(g(latest) + δ_τ)`` where ``δ_τ`` is the
    τ-quantile of the past changes ``g(y) − g(latest)`` at this lead, by class of the latest value
    (fifths, interpolated between their medians), pooled over places.

    Parameters
    ----------
    latest : str
        Case variable (issue, place) that holds the value known at issue.
    """

    latest: str
    name: str = "persistence"

    def fit(self, cases: xr.Dataset, target: xr.DataArray) -> FittedPersistence:
        """Collect the changes from the latest value to the target at each lead."""
        latest = to_scale(cases[self.latest].transpose("issue", "place").values)
        change = to_scale(target.transpose("lead", "issue", "place").values) - latest
        centres, classes = _classes(latest[np.isfinite(change).any(axis=0)], latest)
        table = np.full((len(change), len(centres), len(LEVELS)), np.nan, np.float32)
        for k, values in enumerate(change):
            known = np.isfinite(values)
            for c in range(len(centres)):
                rows = known & (classes == c)
                rows = rows if rows.sum() >= MIN_CHANGES else known
                if rows.any():
                    table[k, c] = np.quantile(values[rows], LEVELS)
        leads = [int(lead) for lead in cases["lead"].values]
        return FittedPersistence(self.latest, leads, centres, table)

    def cross_fit(
        self, cases: xr.Dataset, target: xr.DataArray, folds: list[Fold]
    ) -> tuple[FittedPersistence, Distribution]:
        """Fit on all cases, and forecast each by a fit without its fold."""
        return self.fit(cases, target), out_of_fold(self, cases, target, folds)


@dataclass(frozen=True)
class FittedPersistence:
    """Quantiles of the change, (lead, class, quantile), and the centre of each class."""

    latest: str
    leads: list[int]
    centres: np.ndarray
    change: np.ndarray

    def predict(self, cases: xr.Dataset) -> Distribution:
        """Latest value plus the change; NaN where no latest value is known."""
        latest = to_scale(cases[self.latest].transpose("issue", "place").values)
        rows = [self.leads.index(int(lead)) for lead in cases["lead"].values]
        at = np.interp(latest, self.centres, np.arange(len(self.centres)))
        below = np.minimum(np.nan_to_num(at).astype(int), max(len(self.centres) - 2, 0))
        above = np.minimum(below + 1, len(self.centres) - 1)
        share = (at - below).astype(np.float32)[:, None, :, None]
        table = self.change[rows].transpose(1, 0, 2)  # (class, lead, quantile)
        low, high = (table[c].transpose(0, 2, 1, 3) for c in (below, above))
        values = latest[:, None, :, None] + low * (1 - share) + high * share
        return Distribution.from_values(from_scale(values).astype(np.float32), cases)

    def save(self, folder: Path) -> None:
        """Write ``persistence.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {
            "latest": self.latest,
            "leads": self.leads,
            "centres": self.centres.tolist(),
            "change": self.change.tolist(),
        }
        (folder / "persistence.json").write_text(json.dumps(state), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``persistence.json``."""
        state = json.loads((folder / "persistence.json").read_text(encoding="utf-8"))
        centres, change = (np.array(state[n], dtype=np.float32) for n in ("centres", "change"))
        return cls(state["latest"], state["leads"], centres, change)


def _classes(known: np.ndarray, latest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centres (medians) of equally filled classes of the known values, and the nearest to each."""
    values = known[np.isfinite(known)]
    if not len(values):
        return np.zeros(1, np.float32), np.zeros(latest.shape, int)
    edges = np.unique(np.quantile(values, np.arange(1, CLASSES) / CLASSES))
    found = np.searchsorted(edges, values)
    centres = np.unique([np.median(values[found == c]) for c in np.unique(found)])
    nearest = np.searchsorted((centres[1:] + centres[:-1]) / 2, np.nan_to_num(latest))
    return centres.astype(np.float32), nearest
