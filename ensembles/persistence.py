"""Persistence: what was last seen, dressed with the errors it usually makes at each lead."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import xarray as xr

from ensembles.distribution import LEVELS, Distribution
from ensembles.folds import Fold
from ensembles.member import out_of_fold
from ensembles.scale import from_scale, to_scale


@dataclass(frozen=True)
class Persistence:
    """The latest value plus the distribution of its past changes, by lead.

    On the modelling scale ``g``: ``Q_τ(lead) = g⁻¹(g(latest) + τ-quantile of g(y) − g(latest))``,
    changes pooled over places.

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
        table = np.zeros((len(change), len(LEVELS)))
        for k, values in enumerate(change):
            known = values[np.isfinite(values)]
            table[k] = np.quantile(known, LEVELS) if len(known) else np.nan
        leads = [int(lead) for lead in cases["lead"].values]
        return FittedPersistence(self.latest, leads, table.astype(np.float32))

    def cross_fit(
        self, cases: xr.Dataset, target: xr.DataArray, folds: list[Fold]
    ) -> tuple[FittedPersistence, Distribution]:
        """Fit on all cases, and forecast each by a fit without its fold."""
        return self.fit(cases, target), out_of_fold(self, cases, target, folds)


@dataclass(frozen=True)
class FittedPersistence:
    """Quantiles of the change by lead, (lead, quantile), on the modelling scale."""

    latest: str
    leads: list[int]
    change: np.ndarray

    def predict(self, cases: xr.Dataset) -> Distribution:
        """Latest value plus the change; NaN where no latest value is known."""
        latest = to_scale(cases[self.latest].transpose("issue", "place").values)
        rows = [self.leads.index(int(lead)) for lead in cases["lead"].values]
        values = latest[:, None, :, None] + self.change[rows][None, :, None, :]
        return Distribution.from_values(from_scale(values).astype(np.float32), cases)

    def save(self, folder: Path) -> None:
        """Write ``persistence.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {"latest": self.latest, "leads": self.leads, "change": self.change.tolist()}
        (folder / "persistence.json").write_text(json.dumps(state), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``persistence.json``."""
        state = json.loads((folder / "persistence.json").read_text(encoding="utf-8"))
        return cls(state["latest"], state["leads"], np.array(state["change"], dtype=np.float32))
