"""What a member of the ensemble is: `fit` makes an immutable fitted member, which predicts."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, Self

import numpy as np
import xarray as xr

from ensembles.distribution import LEVELS, Distribution
from ensembles.folds import Fold


class FittedMember(Protocol):
    """A member after training: predicts, saves itself without pickle, loads read-only."""

    def predict(self, cases: xr.Dataset) -> Distribution:
        """Predictive distributions of the cases, (issue, lead, place, quantile)."""
        ...

    def save(self, folder: Path) -> None:
        """Write the fitted state below `folder` as NetCDF, JSON or LightGBM text."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        ...


class Member(Protocol):
    """A way to forecast, before training."""

    @property
    def name(self) -> str:
        """Name in weights, files and tables."""
        ...

    def fit(self, cases: xr.Dataset, target: xr.DataArray) -> FittedMember:
        """Train on cases and their target (issue, lead, place); NaN targets are left out."""
        ...

    def cross_fit(
        self, cases: xr.Dataset, target: xr.DataArray, folds: list[Fold]
    ) -> tuple[FittedMember, Distribution]:
        """Train, and forecast every training case by a fit that has not seen it."""
        ...


def out_of_fold(
    member: Member, cases: xr.Dataset, target: xr.DataArray, folds: list[Fold]
) -> Distribution:
    """Forecast every training case by a fit that has not seen its fold.

    Parameters
    ----------
    member : Member
        Refitted once a fold.
    cases : xarray.Dataset
        Training cases (issue, lead, place).
    target : xarray.DataArray, (issue, lead, place)
        What came; NaN where unknown.
    folds : list of Fold
        From `make_folds`.

    Returns
    -------
    Distribution
        One forecast for every case.
    """
    out = np.full((*target.shape, len(LEVELS)), np.nan, dtype=np.float32)
    for fold in folds:
        known = target.where(xr.DataArray(fold.training, dims=("issue", "lead")))
        held = cases.isel(issue=fold.held_out)
        out[fold.held_out] = member.fit(cases, known).predict(held).quantiles.values
    return Distribution.from_values(out, cases)
