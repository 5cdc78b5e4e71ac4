"""Analog ensemble: what came after the most similar past cases.

The distance to a past case of the same place and lead (± `lead_window` leads) is the weighted mean
of squared differences of standardised predictors (Delle Monache et al. 2013, Mon. Weather Rev. 141,
3498-3516), of the season, and of a regression's forecast; the trajectory enters by predictors of
the days around the target and before the issue. The weights are learned (Junk et al. 2015,
Meteorol. Z. 24, 361-379), here without brute force: a predictor's weight is a power of its ridge
coefficient at that lead, and the power, the weights of season and regression, the number of analogs
and the share of the correction are found by one round of trials on the CRPS of training cases.

What came after an analog is moved by ``share·(r(case) − r(analog))``, r the regression on the
modelling scale, because near an extreme the nearest past cases are milder than it (Alessandrini et
al. 2019, Mon. Weather Rev. 147, 2673-2689). Past cases carry the r of a fold that had not seen
them, so what is left of them are true errors. The quantiles are those of Harrell & Davis, half
blended with the normal of the same mean and spread.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import xarray as xr

from ensembles.distribution import ISSUED_LEVELS, Distribution
from ensembles.folds import Fold, make_folds
from ensembles.members.analog_library import (
    MISSING,
    STEPS,
    Analogs,
    Queries,
    dress,
    moments,
    regress,
    search,
)
from ensembles.members.member import out_of_fold
from ensembles.members.state import load_state, save_state
from ensembles.pooling import thin
from ensembles.scale import from_scale, to_scale
from ensembles.table import DIMS, design_matrix, valid_days

FILE = "analog.nc"
KEPT = 16
"""Predictors that enter the distance, those of most weight; the regression uses all."""
INNER_FOLDS = 4
TRIALS: dict[str, tuple[float, ...]] = {
    "power": (1.0, 0.0, 2.0),
    "regression": (1.0, 0.3, 3.0),
    "season": (0.3, 0.05, 1.0),
    "share": (0.8, 0.4, 0.0, 1.25),
    "count": (40, 25, 60),
}
"""Values tried, in this order; the first is where the search starts."""
TRIAL_CASES = (200, 3, 4)
"""Issues, leads and places the trials are scored on."""


@dataclass(frozen=True)
class AnalogEnsemble:
    """The most similar past cases as an ensemble.

    Parameters
    ----------
    predictors : sequence of str
        Case variables that say how similar two cases are.
    lead_window : int
        Leads either side of a case's own that may give an analog; a past day counts once.
    gap : int
        Past days valid within this many days of the case are no analogs.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> issue = np.datetime64("2014-01-01", "ns") + np.arange(300).astype("timedelta64[D]")
    >>> cases = xr.Dataset(coords={"issue": issue, "lead": [1], "place": ["a"]})
    >>> wind = 2 + np.arange(300.0).reshape(300, 1, 1) % 7
    >>> cases["wind"] = (("issue", "lead", "place"), wind)
    >>> observed = xr.DataArray(300 / wind, cases.coords, ("issue", "lead", "place"))
    >>> fitted = AnalogEnsemble(["wind"]).fit(cases, observed)
    >>> first = fitted.analogs(cases)["observed"].isel(issue=0, lead=0, place=0)
    >>> first.values[:2].round(2).tolist()
    [150.0, 150.0]
    """

    predictors: Sequence[str]
    lead_window: int = 1
    gap: int = 10
    name: str = "analog"

    def fit(self, cases: xr.Dataset, target: xr.DataArray) -> FittedAnalog:
        """Build the library and learn the weights.

        Raises
        ------
        KeyError
            A predictor is not among the cases.
        ValueError
            No case has a known target.
        """
        shape = tuple(cases.sizes[d] for d in DIMS)
        matrix = design_matrix(cases, self.predictors).reshape(*shape, -1)
        value = to_scale(target.transpose(*DIMS).values.astype(np.float32))
        if not np.isfinite(value).any():
            raise ValueError("analog: no case has a known target")
        mean, scale = moments(matrix)
        matrix -= mean
        matrix /= scale
        count = min(INNER_FOLDS, shape[0])
        folds = make_folds(cases, count) if count > 1 else []
        slope, base, unseen = regress(matrix, value, folds)
        kept = np.sort(np.argsort(-np.abs(slope).mean(axis=0), kind="stable")[:KEPT])
        state = self._state(cases, matrix, value, unseen, kept)
        state = state.assign(
            mean=("predictor", mean),
            scale=("predictor", scale),
            slope=(("lead", "predictor"), slope),
            base=("lead", base),
        )
        return FittedAnalog(_learn(state, cases, matrix, value, unseen))

    def cross_fit(
        self, cases: xr.Dataset, target: xr.DataArray, folds: list[Fold]
    ) -> tuple[FittedAnalog, Distribution]:
        """Fit on all cases, and forecast each by a fit without its fold."""
        return self.fit(cases, target), out_of_fold(self, cases, target, folds)

    def _state(
        self,
        cases: xr.Dataset,
        matrix: np.ndarray,
        value: np.ndarray,
        unseen: np.ndarray,
        kept: np.ndarray,
    ) -> xr.Dataset:
        """Training cases by the day they were valid for, with what came."""
        valid = valid_days(cases)
        days, at = np.unique(valid, return_inverse=True)
        at = at.reshape(valid.shape)
        leads, places = value.shape[1:]
        observed = np.full((places, len(days)), np.nan, np.float32)
        regression = np.full((leads, places, len(days)), np.nan, np.float32)
        library = np.full((leads, places, len(days), len(kept)), MISSING, np.int8)
        for k in range(leads):
            known = np.isfinite(value[:, k]).T
            observed[:, at[:, k]] = np.where(known, value[:, k].T, observed[:, at[:, k]])
            regression[k][:, at[:, k]] = np.where(known, unseen[:, k].T, np.nan)
            steps = np.clip(np.rint(matrix[:, k][..., kept] * STEPS), -127, 127)
            steps = np.where(np.isnan(steps), MISSING, steps).astype(np.int8)
            library[k][:, at[:, k]] = steps.transpose(1, 0, 2)
        return xr.Dataset(
            {
                "observed": (("place", "day"), observed),
                "regression": (("lead", "place", "day"), regression),
                "library": (("lead", "place", "day", "kept"), library),
            },
            coords={
                "lead": cases["lead"].values,
                "place": cases["place"].values,
                "day": days.astype("datetime64[ns]"),
                "predictor": list(self.predictors),
                "kept": kept,
            },
            attrs={"lead_window": self.lead_window, "gap": self.gap},
        )


@dataclass(frozen=True)
class FittedAnalog:
    """The library of past cases, the regression, and the weights of the distance."""

    state: xr.Dataset

    def predict(self, cases: xr.Dataset) -> Distribution:
        """Distribution of what came after the analogs, (issue, lead, place, quantile).

        A predictor the cases lack, or NaN, is left out of the distance, and the correction counts
        by what is left of the regression. A place unknown in training, or known on few days,
        takes analogs from all places. NaN where there are no analogs.
        """
        queries = self._queries(cases)
        scaled = dress(self.state, queries, search(self.state, queries))
        return Distribution.from_values(from_scale(scaled), cases)

    def analogs(self, cases: xr.Dataset) -> xr.Dataset:
        """Analogs of each case, nearest first.

        Returns
        -------
        xarray.Dataset, (issue, lead, place, rank)
            ``date`` the analog was valid for (NaT where there are fewer), its ``distance``,
            ``observed`` what came, and ``source`` the place it comes from.
        """
        found = search(self.state, self._queries(cases))
        there = np.isfinite(found.distance)
        date = self.state["day"].values[found.day]
        root = self.state["observed"].values[found.place, found.day]
        dims = (*DIMS, "rank")
        return xr.Dataset(
            {
                "date": (dims, np.where(there, date, np.datetime64("NaT", "ns"))),
                "distance": (dims, np.where(there, np.sqrt(found.distance), np.nan)),
                "observed": (dims, np.where(there, from_scale(root), np.nan).astype(np.float32)),
                "source": (dims, self.state["place"].values[found.place]),
            },
            coords={
                **{d: cases[d].values for d in DIMS},
                "rank": np.arange(1, date.shape[-1] + 1),
            },
        )

    @property
    def weights(self) -> xr.DataArray:
        """Share of each predictor of the distance, of season and of the regression, by lead."""
        names = [str(n) for n in self.state["predictor"].values[self.state["kept"].values]]
        shares = Analogs(self.state).weights
        coords = {"lead": self.state["lead"].values, "part": [*names, "season", "regression"]}
        table = np.concatenate(
            [shares[:, :-3], shares[:, -3:-1].sum(axis=1, keepdims=True), shares[:, -1:]], axis=1
        )
        return xr.DataArray(table, coords, ("lead", "part"))

    def save(self, folder: Path) -> None:
        """Write ``analog.nc``."""
        learned = json.dumps(self.state.attrs["learned"])
        save_state(self.state.assign_attrs(learned=learned), folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``analog.nc``.

        Raises
        ------
        ValueError
            The file lacks a part of the state.
        """
        needed = ("observed", "regression", "library", "mean", "scale", "slope", "base", "day")
        attributes = ("lead_window", "gap", "learned")
        state = load_state(folder / FILE, needed, attributes, "analog ensemble")
        return cls(state.assign_attrs(learned=json.loads(state.attrs["learned"])))

    def _queries(self, cases: xr.Dataset) -> Queries:
        s = self.state
        leads = [int(lead) for lead in s["lead"].values]
        rows = [leads.index(int(lead)) for lead in cases["lead"].values]
        names = [str(n) for n in s["predictor"].values]
        shape = tuple(cases.sizes[d] for d in DIMS)
        matrix = design_matrix(cases, names, allow_missing=True).reshape(*shape, -1)
        matrix = (matrix - s["mean"].values) / s["scale"].values
        slope = s["slope"].values[rows]
        known = np.isfinite(matrix)
        regression = np.einsum("ilpx,lx->ilp", np.nan_to_num(matrix), slope)
        regression += s["base"].values[rows][:, None]
        square = slope**2
        left = np.einsum("ilpx,lx->ilp", known.astype(np.float32), square)
        left /= np.maximum(square.sum(axis=-1), 1e-12)[:, None]
        places = s["place"].to_index().get_indexer(cases["place"].to_index())
        kept = matrix[..., s["kept"].values]
        return Queries(rows, places, valid_days(cases), kept, regression, left)


def _learn(
    state: xr.Dataset,
    cases: xr.Dataset,
    matrix: np.ndarray,
    value: np.ndarray,
    unseen: np.ndarray,
) -> xr.Dataset:
    """Choose the parts of the distance one after the other by CRPS on training cases."""
    at = [thin(n, most) for n, most in zip(value.shape, TRIAL_CASES, strict=True)]
    grid = np.ix_(*at)
    queries = Queries(
        list(at[1]),
        at[2],
        valid_days(cases)[at[0]][:, at[1]],
        matrix[grid][..., state["kept"].values],
        unseen[grid],
        np.ones([len(a) for a in at], np.float32),
    )
    chosen = {part: values[0] for part, values in TRIALS.items()}

    def score(trial: dict[str, float]) -> float:
        tried = state.assign_attrs(learned=trial, lead_window=0)
        found = from_scale(dress(tried, queries, search(tried, queries))[..., 4:95:5])
        error = from_scale(value[grid])[..., None] - found
        loss = np.where(error >= 0, ISSUED_LEVELS, ISSUED_LEVELS - 1) * error
        return float(np.nanmean(loss)) if np.isfinite(loss).any() else np.inf

    best = score(chosen)
    for part, values in TRIALS.items():
        for other in values[1:]:
            loss = score({**chosen, part: other})
            if loss < best:
                best, chosen = loss, {**chosen, part: other}
    return state.assign_attrs(learned=chosen)
