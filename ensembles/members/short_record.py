"""A member of a predictor that exists for part of the training span only, as guidance often does.

Folds of the whole span would leave such a record in one of them, and nothing would be forecast out
of fold. The member is therefore fitted, and its folds are cut, on the issues that have it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from ensembles.distribution import LEVELS, Distribution
from ensembles.folds import Fold, make_folds
from ensembles.members.member import FittedMember, Member
from ensembles.table import DIMS


@dataclass(frozen=True)
class ShortRecord:
    """A member that learns from the issues with a predictor alone.

    Parameters
    ----------
    member : Member
        Fitted on these issues; its name is kept.
    predictor : str
        Case variable (issue, lead, place).
    least_days : int
        Issues with the predictor and the target that it takes to be fitted.
    """

    member: Member
    predictor: str
    least_days: int

    @property
    def name(self) -> str:
        """That of the member."""
        return self.member.name

    def fit(self, cases: xr.Dataset, target: xr.DataArray) -> FittedMember:
        """Fit on the issues with the predictor.

        Raises
        ------
        ValueError
            There are fewer than `least_days`.
        """
        rows = self._rows(cases, target)
        return self.member.fit(cases.isel(issue=rows), target.isel(issue=rows))

    def cross_fit(
        self, cases: xr.Dataset, target: xr.DataArray, folds: list[Fold]
    ) -> tuple[FittedMember, Distribution]:
        """Fit, and forecast the issues with the predictor out of folds of their own.

        Of `folds` only the number counts. The other issues are NaN.

        Raises
        ------
        ValueError
            There are fewer than `least_days` issues with the predictor.
        """
        rows = self._rows(cases, target)
        own, came = cases.isel(issue=rows), target.isel(issue=rows)
        fitted, unseen = self.member.cross_fit(own, came, make_folds(own, len(folds)))
        out = np.full((*(cases.sizes[d] for d in DIMS), len(LEVELS)), np.nan, np.float32)
        out[rows] = unseen.quantiles.values
        return fitted, Distribution.from_values(out, cases)

    def _rows(self, cases: xr.Dataset, target: xr.DataArray) -> np.ndarray:
        """Positions of the issues with both, at any lead and place."""
        both = np.isfinite(target.transpose(*DIMS).values)
        if self.predictor in cases:
            both &= np.isfinite(cases[self.predictor].transpose(*DIMS).values)
        else:
            both[:] = False
        rows = np.flatnonzero(both.any(axis=(1, 2)))
        if len(rows) < self.least_days:
            raise ValueError(
                f"{len(rows)} issue days with {self.predictor}; expected {self.least_days} or more"
            )
        return rows
