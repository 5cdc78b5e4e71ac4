"""Linear MOS: ridge regression of the target on all predictors, one regression a lead.

On the modelling scale ``g`` (fourth root; on two years of Beijing cases its out-of-fold CRPS is 2 %
below that of the logarithm) the location is linear in standardised predictors ``z`` and, with a
stronger penalty, in their squares::

    m = b₀ + Σ_j b_j·z_j + Σ_j c_j·(z_j² − 1)
    (b, c) = argmin mean (g(y) − m)² + λ·(Σ b² + κ·Σ c²)
    log s = a₀ + Σ_j a_j·z_j + a_m·m          from log |g(y) − m|, z the predictors of the spread
    Q_τ = g⁻¹(m + s·ε_τ(lead))

Each lead learns from its neighbours too, weights 1-2-1. ``λ`` is chosen by lead, and the residuals
behind ``s`` and their quantiles ``ε_τ`` are made, by forecasts of blocks of the training issues
that the regression has not seen. A missing predictor takes what the leading principal components
of the known ones say of it, nothing known being the training mean.

References: Glahn & Lowry 1972, J. Appl. Meteorol. 11 (MOS); Hoerl & Kennard 1970, Technometrics 12
(ridge); Josse & Husson 2012, J. Soc. Fr. Stat. 153 (filling by principal components).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import xarray as xr

from ensembles.distribution import LEVELS, Distribution
from ensembles.folds import Fold, make_folds
from ensembles.members.member import out_of_fold
from ensembles.pooling import smooth_leads, thin
from ensembles.scale import from_scale, to_scale
from ensembles.table import DIMS, design_matrix

PENALTIES = (0.03, 0.1, 0.3, 1.0)
"""Ridge strengths λ to choose from; predictors have variance 1 and the loss is a mean."""
SQUARE_SCALE = 0.4
"""Squares enter times this: their penalty κ is 1/0.4² ≈ 6 times that of the predictors."""
MOST, MOST_SQUARE = 5.0, 6.0
"""Limits of a standardised predictor and of its centred square: no wild extrapolation."""
COMPONENTS, FILL_ROUNDS = 15, 10
SPREAD_PENALTY = 0.02
MIN_RESIDUAL = 0.02
"""Smallest residual on the modelling scale the spread learns from: log 0 has none."""
MAX_PLACES = 150
"""Places a regression learns from, evenly thinned."""
FILE = "linear_mos.nc"
STATE = ("mean", "deviation", "basis", "coefficient", "spread", "shape")


@dataclass(frozen=True)
class LinearMos:
    """Ridge regression on the modelling scale with a log-linear spread.

    Parameters
    ----------
    predictors : sequence of str
        Case variables to learn from.
    concentrations : sequence of str
        Those among them that are taken to the modelling scale first.
    spread : sequence of str
        Those among them the spread depends on, beside the location.
    folds : int
        Blocks of the training issues that choose the penalty and make the residuals.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> issue = np.datetime64("2014-01-01", "ns") + np.arange(200).astype("timedelta64[D]")
    >>> cases = xr.Dataset(
    ...     {"wind": ("issue", np.tile([-1.0, 1.0], 100))},
    ...     coords={"issue": issue, "lead": [1], "place": ["a"]},
    ... )
    >>> root = (3 - cases["wind"]).expand_dims(lead=[1], place=["a"], axis=(1, 2))
    >>> fitted = LinearMos(["wind"]).fit(cases, root**4)
    >>> (fitted.predict(cases.isel(issue=[0])).mean() ** 0.25).round(1).item()
    4.0
    """

    predictors: Sequence[str]
    concentrations: Sequence[str] = ()
    spread: Sequence[str] = ()
    folds: int = 4
    name: str = "linear_mos"

    def __post_init__(self) -> None:
        """Refuse names that are not among the predictors."""
        extra = [n for n in (*self.concentrations, *self.spread) if n not in self.predictors]
        if extra:
            raise ValueError(f"expected names among the predictors, found {', '.join(extra)}")

    def fit(self, cases: xr.Dataset, target: xr.DataArray) -> FittedLinearMos:
        """Estimate the regressions; a NaN target is left out.

        Raises
        ------
        ValueError
            The issues with a known target are too few to hold blocks of them out.
        """
        places = thin(cases.sizes["place"], MAX_PLACES)
        y = to_scale(target.transpose(*DIMS).values[:, :, places]).astype(np.float32)
        rows = np.flatnonzero(np.isfinite(y).any(axis=(1, 2)))
        if len(rows) < self.folds:
            raise ValueError(f"found {len(rows)} issues with a known target for {self.folds} folds")
        cases, y = cases.isel(issue=rows, place=places), y[rows]
        folds = make_folds(cases, self.folds)
        standards, z = [], []
        for k in range(y.shape[1]):
            raw = _transformed(cases.isel(lead=[k]), self.predictors, self.concentrations)
            standards.append(_standardise(raw, y[:, k]))
            z.append(_fill(raw, *standards[k]).reshape(*y[:, k].shape, -1))
        wide = [_with_squares(part, s[1]) for part, s in zip(z, standards, strict=True)]
        coefficient, centre = _ridge(wide, y, folds)
        residual = y - centre
        if not np.isfinite(residual).any():
            raise ValueError(
                f"{len(rows)} issues with a known target are too few: "
                "no block of them can be forecast from days apart from it"
            )
        place = [list(self.predictors).index(n) for n in self.spread]
        wide = [
            _spread_columns(part, centre[:, k], place).astype(np.float32)
            for k, part in enumerate(z)
        ]
        spread = _regress(wide, np.log(np.maximum(np.abs(residual), MIN_RESIDUAL)))
        shape = np.stack(
            [_shape(residual[:, k] / np.exp(part @ spread[k])) for k, part in enumerate(wide)]
        )
        values = [*(np.stack(v) for v in zip(*standards, strict=True)), coefficient, spread, shape]
        return FittedLinearMos(self._state(cases, values))

    def cross_fit(
        self, cases: xr.Dataset, target: xr.DataArray, folds: list[Fold]
    ) -> tuple[FittedLinearMos, Distribution]:
        """Fit on all cases, and forecast each by a fit without its fold."""
        return self.fit(cases, target), out_of_fold(self, cases, target, folds)

    def _state(self, cases: xr.Dataset, values: list[np.ndarray]) -> xr.Dataset:
        dims = ("predictor", "predictor", ("predictor", "component"), "term", "scale_term")
        named: dict = {
            name: (("lead", *([d] if isinstance(d, str) else d)), v.astype(np.float32))
            for name, d, v in zip(STATE, (*dims, "quantile"), values, strict=True)
        }
        for name in ("concentrations", "spread"):
            chosen = [int(n in getattr(self, name)) for n in self.predictors]
            named[f"is_{name}"] = ("predictor", np.array(chosen, dtype=np.int8))
        coords = {"lead": cases["lead"].values.astype(int), "predictor": list(self.predictors)}
        return xr.Dataset(named, coords={**coords, "quantile": LEVELS})


@dataclass(frozen=True)
class FittedLinearMos:
    """Means, deviations and components of the predictors, coefficients and shapes, by lead."""

    state: xr.Dataset

    def predict(self, cases: xr.Dataset) -> Distribution:
        """Predictive distributions of the cases; a predictor or value they lack is filled in.

        Raises
        ------
        ValueError
            A lead was not among those of the training.
        """
        leads = self.state["lead"].values.tolist()
        names = self.state["predictor"].values
        roots = names[self.state["is_concentrations"].values == 1].tolist()
        place = np.flatnonzero(self.state["is_spread"].values).tolist()
        shape = (cases.sizes["issue"], cases.sizes["place"])
        out = np.empty((shape[0], cases.sizes["lead"], shape[1], len(LEVELS)), np.float32)
        for k, lead in enumerate(cases["lead"].values):
            at = {name: self.state[name].values[leads.index(int(lead))] for name in STATE}
            raw = _transformed(cases.isel(lead=[k]), names.tolist(), roots)
            z = _fill(raw, at["mean"], at["deviation"], at["basis"])
            centre = _with_squares(z, at["deviation"]) @ at["coefficient"]
            width = np.exp(_spread_columns(z, centre, place) @ at["spread"])
            values = from_scale(centre[:, None] + width[:, None] * at["shape"])
            out[:, k] = values.reshape(*shape, len(LEVELS))
        return Distribution.from_values(out, cases)

    def save(self, folder: Path) -> None:
        """Write ``linear_mos.nc``."""
        folder.mkdir(parents=True, exist_ok=True)
        self.state.to_netcdf(folder / FILE, engine="netcdf4")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``linear_mos.nc``.

        Raises
        ------
        ValueError
            The file lacks a part of the state or has other quantile levels.
        """
        with xr.open_dataset(folder / FILE, engine="netcdf4") as file:
            state = file.load()
        missing = [n for n in (*STATE, "is_concentrations", "is_spread") if n not in state]
        if missing or not np.array_equal(state["quantile"].values, LEVELS):
            raise ValueError(
                f"{folder / FILE}: expected {', '.join(STATE)} on {len(LEVELS)} quantiles, "
                f"missing {', '.join(missing) or 'none'}, found {state.sizes['quantile']} quantiles"
            )
        return cls(state)


def _transformed(cases: xr.Dataset, names: Sequence[str], roots: Sequence[str]) -> np.ndarray:
    matrix = design_matrix(cases, names, allow_missing=True)
    for column in [j for j, name in enumerate(names) if name in roots]:
        matrix[:, column] = to_scale(matrix[:, column])
    return np.where(np.isfinite(matrix), matrix, np.nan)


def _standardise(raw: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, deviation (0: nothing to learn from) and leading components of the training rows."""
    rows = raw[np.isfinite(y).ravel()].astype(np.float64)
    known = np.isfinite(rows)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, rows, 0).sum(axis=0) / count
    gap = np.where(known, rows - mean, 0)
    deviation = np.sqrt((gap**2).sum(axis=0) / count)
    deviation[deviation < 1e-6 * (1 + np.abs(mean))] = 0
    z = gap / np.where(deviation > 0, deviation, np.inf)
    _, vectors = np.linalg.eigh(z.T @ z / max(len(z), 1))
    basis = np.zeros((raw.shape[1], COMPONENTS), np.float32)
    leading = vectors[:, ::-1][:, : min(COMPONENTS, raw.shape[1] // 2)]
    basis[:, : leading.shape[1]] = leading
    return mean.astype(np.float32), deviation.astype(np.float32), basis


def _fill(
    raw: np.ndarray, mean: np.ndarray, deviation: np.ndarray, basis: np.ndarray
) -> np.ndarray:
    """Standardised predictors, the missing ones projected from the known by the components."""
    z = (raw - mean) / np.where(deviation > 0, deviation, np.inf).astype(np.float32)
    z = np.clip(z, -MOST, MOST)
    rows = np.flatnonzero(np.isnan(z).any(axis=1))
    part = z[rows]
    missing = np.isnan(part)
    part[missing] = 0
    for _ in range(FILL_ROUNDS):
        part = np.where(missing, (part @ basis) @ basis.T, part)
    z[rows] = np.clip(part, -MOST, MOST)
    return z


def _with_squares(z: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Predictors, their centred squares and a one, along the last axis."""
    square = SQUARE_SCALE * np.minimum(z**2 - 1, MOST_SQUARE) * (deviation > 0)
    return np.concatenate([z, square, np.ones_like(z[..., :1])], axis=-1, dtype=np.float32)


def _spread_columns(z: np.ndarray, centre: np.ndarray, place: list[int]) -> np.ndarray:
    return np.concatenate([z[..., place], centre[..., None], np.ones_like(z[..., :1])], axis=-1)


def _ridge(
    wide: list[np.ndarray], y: np.ndarray, folds: list[Fold]
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (lead, term) with the best penalty, and the centres of unseen cases with it."""
    total = [_moments(x, y[:, k], np.arange(len(y))) for k, x in enumerate(wide)]
    unseen = np.full((len(PENALTIES), *y.shape), np.nan, np.float32)
    for fold in folds:
        # what trains is all less what may not: the second is the smaller part
        left_out = [
            _moments(x, y[:, k], np.flatnonzero(~fold.training[:, k])) for k, x in enumerate(wide)
        ]
        moments = [
            tuple(a - b for a, b in zip(t, o, strict=True))
            for t, o in zip(total, left_out, strict=True)
        ]
        for k, x in enumerate(wide):
            for number, penalty in enumerate(PENALTIES):
                b = _solve(moments, k, penalty)
                unseen[number, fold.held_out, k] = x[fold.held_out] @ b
    error = (unseen - y) ** 2
    count = np.isfinite(error).sum(axis=(1, 3))
    score = smooth_leads((np.nansum(error, axis=(1, 3)) / np.maximum(count, 1)).T)
    best = score.argmin(axis=1)
    coefficient = [_solve(total, k, PENALTIES[n]) for k, n in enumerate(best)]
    return np.stack(coefficient), unseen[best, :, np.arange(len(wide))].transpose(1, 0, 2)


def _moments(x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """X'X, X'y and the number of the rows with a known y."""
    known = np.isfinite(y[rows])
    a, b = x[rows][known], y[rows][known]
    return (a.T @ a).astype(np.float64), (a.T @ b).astype(np.float64), np.array(float(len(a)))


def _solve(moments: list[tuple[np.ndarray, ...]], k: int, penalty: float) -> np.ndarray:
    """Ridge coefficients at lead k from its moments and its neighbours'; the constant is free."""
    near = [j for j in (k - 1, k, k + 1) if 0 <= j < len(moments)]
    weight = [2.0 if j == k else 1.0 for j in near]
    parts = zip(*(moments[j] for j in near), strict=True)
    xx, xy, count = (np.tensordot(weight, np.stack(part), axes=1) for part in parts)
    if count < 1:
        return np.full(len(xy), np.nan, np.float32)
    ridge = np.full(len(xy), penalty)
    ridge[-1] = 1e-9
    return np.linalg.solve(xx / count + np.diag(ridge), xy / count).astype(np.float32)


def _regress(wide: list[np.ndarray], y: np.ndarray) -> np.ndarray:
    known = [np.where(np.isfinite(y[:, k]), y[:, k], np.nan) for k in range(y.shape[1])]
    moments = [
        _moments(np.nan_to_num(x), v, np.arange(len(v))) for x, v in zip(wide, known, strict=True)
    ]
    return np.stack([_solve(moments, k, SPREAD_PENALTY) for k in range(len(wide))])


def _shape(residual: np.ndarray) -> np.ndarray:
    known = residual[np.isfinite(residual)]
    return np.quantile(known, LEVELS) if len(known) else np.full(len(LEVELS), np.nan)
