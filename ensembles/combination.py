"""Combination: quantile averaging with weights by lead, learned out of fold.

``Q_τ = Σ_m w_m(lead)·Q_τ,m`` with ``w ≥ 0, Σ w = 1`` (Vincentisation; Ratcliff 1979). The weights
minimise the CRPS (2 × mean pinball loss over the issued levels) of out-of-fold forecasts, are
drawn towards equal weights when few independent days stand behind them, and are smoothed over
neighbouring leads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.optimize import minimize

from ensembles.distribution import Distribution
from ensembles.pooling import DAYS_PER_EPISODE, smooth_leads, thin
from ensembles.table import require_same_cases

MAX_ROWS = 6000
"""Cases of one lead the weights are estimated from; more are thinned evenly."""
EQUAL_EPISODES = 30.0
"""Independent episodes at which estimated and equal weights count the same."""
ISSUED = slice(4, 95, 5)
"""Positions of the issued levels on the grid."""


@dataclass(frozen=True)
class Combination:
    """Weights of the members by lead.

    Parameters
    ----------
    weights : xarray.DataArray, (lead, member)
        Non-negative, each lead's sum 1.
    """

    weights: xr.DataArray

    def apply(self, forecasts: Mapping[str, Distribution]) -> Distribution:
        """Combine the members' distributions; a missing member or case is re-weighted.

        Parameters
        ----------
        forecasts : mapping of str to Distribution
            By member name, on common cases; a member absent today is simply not in it.

        Raises
        ------
        ValueError
            None of the members is known, or their cases differ.
        """
        names = [str(m) for m in self.weights["member"].values if str(m) in forecasts]
        if not names:
            raise ValueError(f"none of {list(forecasts)} has a weight")
        first = forecasts[names[0]].quantiles
        total = np.zeros(first.shape, dtype=np.float32)
        mass = np.zeros(first.shape[:-1], dtype=np.float32)
        for name in names:
            q = forecasts[name].quantiles
            require_same_cases(q, first, (f"member {name}", names[0]))
            w = self.weights.sel(member=name, lead=q["lead"]).values.astype(np.float32)
            known = np.isfinite(q.values[..., 0])
            share = np.where(known, np.maximum(w, 1e-6)[None, :, None], 0)
            total += share[..., None] * np.nan_to_num(q.values)
            mass += share
        with np.errstate(invalid="ignore", divide="ignore"):
            return Distribution(first.copy(data=total / mass[..., None]))

    def to_dict(self) -> dict[str, list]:
        """Plain lists for JSON."""
        return {
            "lead": self.weights["lead"].values.tolist(),
            "member": [str(m) for m in self.weights["member"].values],
            "weight": self.weights.values.tolist(),
        }

    @classmethod
    def from_dict(cls, state: dict[str, list]) -> Combination:
        """Inverse of `to_dict`."""
        coords = {"lead": state["lead"], "member": state["member"]}
        return cls(xr.DataArray(np.array(state["weight"]), coords=coords, dims=("lead", "member")))


def fit_combination(forecasts: Mapping[str, Distribution], target: xr.DataArray) -> Combination:
    """Estimate weights by lead from out-of-fold forecasts.

    Parameters
    ----------
    forecasts : mapping of str to Distribution
        Out-of-fold distributions by member name, on (issue, lead, place).
    target : xarray.DataArray, (issue, lead, place)
        What came; cases with a missing value or forecast are left out.

    Returns
    -------
    Combination
        Weights (lead, member).

    Raises
    ------
    ValueError
        The cases of a member and the target differ.
    """
    names = list(forecasts)
    for name in names:
        require_same_cases(forecasts[name].quantiles, target, (f"member {name}", "the target"))
    observed = target.transpose("issue", "lead", "place").values
    grids = [forecasts[n].quantiles.values[..., ISSUED] for n in names]
    levels = forecasts[names[0]].quantiles["quantile"].values[ISSUED]
    found = []
    for k in range(observed.shape[1]):
        known = np.isfinite(observed[:, k])
        for grid in grids:
            known &= np.isfinite(grid[:, k, :, 0])
        episodes = known.any(axis=1).sum() / DAYS_PER_EPISODE
        rows = np.flatnonzero(known.ravel())
        rows = rows[thin(len(rows), MAX_ROWS)]
        y = observed[:, k].ravel()[rows]
        q = np.stack([g[:, k].reshape(-1, g.shape[-1])[rows] for g in grids]).astype(np.float64)
        best = _weights(q, y, levels) if len(rows) else np.full(len(names), 1 / len(names))
        found.append(
            (episodes * best + EQUAL_EPISODES * _equal(best)) / (episodes + EQUAL_EPISODES)
        )
    coords = {"lead": target["lead"].values, "member": names}
    return Combination(xr.DataArray(smooth_leads(np.array(found)), coords, ("lead", "member")))


def _equal(best: np.ndarray) -> np.ndarray:
    """Equal weights of the members that earned any: shrinking must not revive a useless one."""
    earned = best > 0.02
    return earned / earned.sum()


def _weights(q: np.ndarray, y: np.ndarray, levels: Sequence[float] | np.ndarray) -> np.ndarray:
    """Minimise the mean pinball loss of the averaged quantiles; q is (member, row, level)."""
    levels = np.asarray(levels)

    def loss(w: np.ndarray) -> tuple[float, np.ndarray]:
        error = y[:, None] - np.tensordot(w, q, axes=1)
        slope = np.where(error >= 0, levels, levels - 1)
        return float((slope * error).mean()), -(q * slope).mean(axis=(1, 2))

    count = len(q)
    scale = max(float(np.abs(y).mean()), 1e-9)

    def scaled(w: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = loss(w)
        return value / scale, gradient / scale

    solution = minimize(
        scaled,
        np.full(count, 1 / count),
        jac=True,
        method="SLSQP",
        bounds=[(0, 1)] * count,
        constraints={
            "type": "eq",
            "fun": lambda w: w.sum() - 1,
            "jac": lambda w: np.ones(count),
        },
        options={"maxiter": 60, "ftol": 1e-7},
    )
    w = np.clip(solution.x, 0, None)
    return w / w.sum()
