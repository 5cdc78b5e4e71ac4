"""Boosting: one global, direct LightGBM model over all stations and leads.

On the modelling scale ``g`` (fourth root) a location model ``m(x)`` is trained by squared error and
a spread model ``s(x)`` on the absolute out-of-fold residuals; the standardised residuals
``(g(y) − m)/s`` give the shape by lead, so ``Q_τ(x) = g⁻¹(m(x) + s(x)·z_τ(lead))``.

The location is the average of the models of the folds (Breiman 1996, bagging over blocks of time),
so nothing is trained twice and the residuals the spread and shape learn from are those of the
models in use. Trees are extremely randomised (Geurts et al. 2006): few independent weather
episodes stand behind many correlated rows. A case at lead k weighs ``k**-lead_weight``: errors grow
with lead, and unweighted the noise of the long leads drowns the skill of the first.

LightGBM: Ke et al. 2017, NeurIPS 30.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import xarray as xr

from ensembles.contributions import tree_contributions
from ensembles.distribution import LEVELS, Distribution
from ensembles.folds import Fold, make_folds
from ensembles.members.booster_text import check_booster
from ensembles.scale import from_scale, to_scale
from ensembles.table import design_matrix

if TYPE_CHECKING:
    import lightgbm

MIN_SPREAD = 1e-3
"""Smallest spread on the modelling scale."""
SPREAD_TREES = 80
FIXED: dict[str, Any] = {
    "objective": "l2",
    "extra_trees": True,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True)
class Boosting:
    """Location and spread by boosted trees.

    Parameters
    ----------
    predictors : sequence of str
        Case variables to learn from.
    trees, learning_rate, leaves, min_leaf : int, float, int, int
        Size of the location model.
    lead_weight : float
        Exponent of the weight by lead.
    folds : int
        Blocks of time when `fit` is called without folds.
    workers : int
        Models trained at once, one thread each.
    seed : int
        Of LightGBM's sampling.
    """

    predictors: Sequence[str]
    trees: int = 250
    learning_rate: float = 0.05
    leaves: int = 24
    min_leaf: int = 200
    lead_weight: float = 1.5
    folds: int = 4
    workers: int = 1
    seed: int = 1
    name: str = "boosting"

    def fit(self, cases: xr.Dataset, target: xr.DataArray) -> FittedBoosting:
        """Train on all cases; folds are made inside."""
        return self.cross_fit(cases, target, make_folds(cases, self.folds))[0]

    def cross_fit(
        self, cases: xr.Dataset, target: xr.DataArray, folds: list[Fold]
    ) -> tuple[FittedBoosting, Distribution]:
        """Train one model a fold; return their average and each fold's unseen forecasts.

        Raises
        ------
        ValueError
            A fold has no case with a known target.
        """
        matrix = design_matrix(cases, self.predictors)
        value = to_scale(target.transpose("issue", "lead", "place").values).astype(np.float32)
        shape, value = value.shape, value.ravel()
        held = np.full(shape[0], -1)
        for k, fold in enumerate(folds):
            held[fold.held_out] = k
        fold_of = np.broadcast_to(held[:, None, None], shape).ravel()
        lead = np.broadcast_to(cases["lead"].values[None, :, None], shape).ravel()
        weight = lead.astype(np.float32) ** -self.lead_weight
        known = np.isfinite(value)
        training = [np.broadcast_to(f.training[..., None], shape).ravel() for f in folds]

        def location(k: int) -> lightgbm.Booster:
            mask = training[k] & known
            if not mask.any():
                raise ValueError(f"fold {k + 1} of {len(folds)} has no case with a known target")
            return _train(self._location(), matrix[mask], value[mask], weight[mask], self.trees)

        with ThreadPoolExecutor(self.workers) as pool:
            models = list(pool.map(location, range(len(folds))))
        centre = _by_fold(models, matrix, fold_of)
        spread_models, spread = self._spreads(matrix, value, weight, centre, fold_of, training)
        residual = (value - centre) / spread
        leads = cases["lead"].values.astype(int)
        shapes = _shapes(residual, lead, leads)
        fitted = FittedBoosting(
            list(self.predictors), models, spread_models, leads.tolist(), shapes, self.workers
        )
        lead_row = np.searchsorted(leads, lead)
        out = _assemble(centre, spread, shapes[lead_row]).reshape(*shape, len(LEVELS))
        return fitted, Distribution.from_values(out, cases)

    def _spreads(
        self,
        matrix: np.ndarray,
        value: np.ndarray,
        weight: np.ndarray,
        centre: np.ndarray,
        fold_of: np.ndarray,
        training: list[np.ndarray],
    ) -> tuple[list[lightgbm.Booster], np.ndarray]:
        """Train the spread on residuals away from each fold; predict it for every row."""
        wide = np.column_stack([matrix, centre])
        residual = np.abs(value - centre)
        known = np.isfinite(residual)

        def spread(k: int) -> lightgbm.Booster:
            rows = known & training[k]
            return _train(self._spread(), wide[rows], residual[rows], weight[rows], SPREAD_TREES)

        with ThreadPoolExecutor(self.workers) as pool:
            models = list(pool.map(spread, range(len(training))))
        return models, np.maximum(_by_fold(models, wide, fold_of), MIN_SPREAD)

    def _location(self) -> dict[str, Any]:
        return {
            **FIXED,
            "learning_rate": self.learning_rate,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.min_leaf,
            "seed": self.seed,
        }

    def _spread(self) -> dict[str, Any]:
        return {
            **FIXED,
            "learning_rate": 0.08,
            "num_leaves": 8,
            "min_data_in_leaf": 2 * self.min_leaf,
            "seed": self.seed,
        }


@dataclass(frozen=True)
class FittedBoosting:
    """Trained boosters and the quantiles of their standardised residuals, (lead, quantile)."""

    predictors: list[str]
    location: list[lightgbm.Booster]
    spread: list[lightgbm.Booster]
    leads: list[int]
    shapes: np.ndarray
    workers: int = field(default=1, compare=False)

    def predict(self, cases: xr.Dataset) -> Distribution:
        """Predictive distributions of the cases; a predictor they lack counts as missing."""
        matrix = design_matrix(cases, self.predictors, allow_missing=True)
        shape = tuple(cases.sizes[d] for d in ("issue", "lead", "place"))
        centre = self._average(self.location, matrix)
        spread = self._average(self.spread, np.column_stack([matrix, centre]))
        rows = [self.leads.index(int(lead)) for lead in cases["lead"].values]
        lead_row = np.broadcast_to(np.array(rows)[None, :, None], shape).ravel()
        out = _assemble(centre, np.maximum(spread, MIN_SPREAD), self.shapes[lead_row])
        return Distribution.from_values(out.reshape(*shape, len(LEVELS)), cases)

    def contributions(
        self, cases: xr.Dataset, groups: Mapping[str, Sequence[str]], workers: int = 1
    ) -> xr.Dataset:
        """What each group of predictors adds to the location, see `tree_contributions`.

        Parameters
        ----------
        cases : xarray.Dataset
        groups : mapping of str to sequence of str
            Each predictor of the model in exactly one group.
        workers : int
            See `tree_contributions`.

        Returns
        -------
        xarray.Dataset
            ``base``, ``contribution`` (…, group) and, for comparison with their sum, ``location``:
            what the models predict. On the modelling scale; `on_original_scale` leads back.
        """
        parts = tree_contributions(self.location, self.predictors, cases, groups, workers)
        matrix = design_matrix(cases, self.predictors, allow_missing=True)
        location = self._average(self.location, matrix).reshape(parts["base"].shape)
        return parts.assign(location=(parts["base"].dims, location))

    @cached_property
    def importance(self) -> dict[str, float]:
        """Share of the location model's gain by predictor, largest first."""
        gain = np.sum([m.feature_importance("gain") for m in self.location], axis=0)
        share = gain / max(gain.sum(), 1e-12)
        order = np.argsort(-share)
        return {self.predictors[i]: float(share[i]) for i in order}

    def save(self, folder: Path) -> None:
        """Write the boosters as LightGBM text and ``boosting.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        for kind, models in (("location", self.location), ("spread", self.spread)):
            for k, model in enumerate(models):
                model.save_model(folder / f"{kind}-{k}.txt")
        state = {
            "predictors": self.predictors,
            "folds": len(self.location),
            "leads": self.leads,
            "shapes": self.shapes.tolist(),
        }
        (folder / "boosting.json").write_text(json.dumps(state), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        ValueError
            A model is not made of sound trees, see `check_booster`.
        """
        import lightgbm

        state = json.loads((folder / "boosting.json").read_text(encoding="utf-8"))
        files = {
            kind: [folder / f"{kind}-{k}.txt" for k in range(state["folds"])]
            for kind in ("location", "spread")
        }
        for path in (p for paths in files.values() for p in paths):
            check_booster(path)
        models = {k: [lightgbm.Booster(model_file=p) for p in files[k]] for k in files}
        return cls(
            state["predictors"],
            models["location"],
            models["spread"],
            state["leads"],
            np.array(state["shapes"], dtype=np.float32),
        )

    def _average(self, models: list[lightgbm.Booster], matrix: np.ndarray) -> np.ndarray:
        def one(model: lightgbm.Booster) -> np.ndarray:
            return np.asarray(model.predict(matrix, num_threads=1), dtype=np.float32)

        with ThreadPoolExecutor(self.workers) as pool:
            return np.stack(list(pool.map(one, models))).mean(axis=0, dtype=np.float32)


def _train(
    parameters: dict[str, Any],
    matrix: np.ndarray,
    value: np.ndarray,
    weight: np.ndarray,
    rounds: int,
) -> lightgbm.Booster:
    import lightgbm

    data = lightgbm.Dataset(matrix, value, weight=weight, params=parameters)
    return lightgbm.train(parameters, data, num_boost_round=rounds)


def _by_fold(
    models: Sequence[lightgbm.Booster], matrix: np.ndarray, fold_of: np.ndarray
) -> np.ndarray:
    """Predict each row by the model that has not seen its fold."""
    out = np.full(len(matrix), np.nan, dtype=np.float32)
    for k, model in enumerate(models):
        rows = fold_of == k
        out[rows] = model.predict(matrix[rows], num_threads=1)
    return out


def _shapes(residual: np.ndarray, lead: np.ndarray, leads: np.ndarray) -> np.ndarray:
    """Quantiles of the standardised residuals of each lead; NaN for a lead without any."""
    known = np.isfinite(residual)
    table = np.full((len(leads), len(LEVELS)), np.nan, dtype=np.float32)
    for row, k in enumerate(leads):
        values = residual[known & (lead == k)]
        if len(values):
            table[row] = np.quantile(values, LEVELS)
    return table


def _assemble(centre: np.ndarray, spread: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    return from_scale(centre[:, None] + spread[:, None] * shapes).astype(np.float32)
