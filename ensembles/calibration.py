"""Conformal calibration of a predictive distribution by lead and season.

Each quantile is moved by the conformal quantile of its own out-of-sample errors (Romano et al.
2019, here one-sided for every level): with ``E_τ = (g(y) − g(Q_τ))/r`` on the modelling scale,
``r`` the interquartile range of the forecast, the calibrated quantile is
``g⁻¹(g(Q_τ) + r·δ_τ)`` where ``δ_τ`` is the τ-quantile of ``E_τ``. The level is widened from the
median by ``(n + 1)/n`` with n the number of *independent* episodes, not of rows: stations of one
city and days of one episode fail together. Cells of a season are pooled with all seasons in
proportion to the episodes behind them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from ensembles.distribution import LEVELS, Distribution
from ensembles.pooling import DAYS_PER_EPISODE, smooth_leads, thin
from ensembles.scale import from_scale, to_scale
from ensembles.table import require_same_cases, season_of, valid_days

SEASONS = ("DJF", "MAM", "JJA", "SON")
POOLING_EPISODES = 20.0
"""Episodes at which a season's own offsets and the pooled ones count the same."""
MAX_ROWS = 8000
LOWER_QUARTILE, UPPER_QUARTILE = 24, 74
MIN_RANGE = 1e-3


@dataclass(frozen=True)
class Calibration:
    """Offsets of the quantiles in interquartile ranges, (season, lead, quantile)."""

    offsets: xr.DataArray

    def apply(self, forecast: Distribution) -> Distribution:
        """Move each quantile by its offset and keep the quantiles in order."""
        q = forecast.quantiles
        scaled = to_scale(q.values)
        season = season_of(valid_days(q.to_dataset(name="q")))
        table = self.offsets.sel(lead=q["lead"]).values
        lead = np.arange(table.shape[1])
        offset = table[season, lead[None, :]][:, :, None, :]
        moved = scaled + _range(scaled) * offset
        values = from_scale(np.maximum.accumulate(moved, axis=-1)).astype(np.float32)
        return Distribution(q.copy(data=values))

    def to_dict(self) -> dict[str, list]:
        """Plain lists for JSON."""
        return {
            "season": list(SEASONS),
            "lead": self.offsets["lead"].values.tolist(),
            "offset": self.offsets.values.tolist(),
        }

    @classmethod
    def from_dict(cls, state: dict[str, list]) -> Calibration:
        """Inverse of `to_dict`."""
        coords = {"season": state["season"], "lead": state["lead"], "quantile": LEVELS}
        offset = np.array(state["offset"], dtype=np.float32)
        return cls(xr.DataArray(offset, coords=coords, dims=("season", "lead", "quantile")))


def fit_calibration(forecast: Distribution, target: xr.DataArray) -> Calibration:
    """Estimate the offsets from forecasts made out of fold.

    Parameters
    ----------
    forecast : Distribution
        Out-of-fold distributions (issue, lead, place, quantile).
    target : xarray.DataArray, (issue, lead, place)
        What came; missing values are left out.

    Returns
    -------
    Calibration
        Offsets; zero where nothing is known.

    Raises
    ------
    ValueError
        The cases of forecast and target differ.
    """
    require_same_cases(forecast.quantiles, target, ("the forecast", "the target"))
    q = to_scale(forecast.quantiles.values)
    y = to_scale(target.transpose("issue", "lead", "place").values)
    season = season_of(valid_days(target.to_dataset(name="y")))
    leads = q.shape[1]
    table = np.zeros((len(SEASONS), leads, len(LEVELS)), dtype=np.float64)
    for k in range(leads):
        error = (y[:, k, :, None] - q[:, k]) / _range(q[:, k])
        pooled, _ = _offsets(error)
        for s in range(len(SEASONS)):
            own, episodes = _offsets(error[season[:, k] == s])
            share = episodes / (episodes + POOLING_EPISODES)
            table[s, k] = share * own + (1 - share) * pooled
    smooth = smooth_leads(table.transpose(1, 0, 2)).transpose(1, 0, 2).astype(np.float32)
    coords = {
        "season": list(SEASONS),
        "lead": target["lead"].values,
        "quantile": LEVELS,
    }
    return Calibration(xr.DataArray(smooth, coords=coords, dims=("season", "lead", "quantile")))


def _range(scaled: np.ndarray) -> np.ndarray:
    spread = scaled[..., UPPER_QUARTILE] - scaled[..., LOWER_QUARTILE]
    return np.maximum(spread, MIN_RANGE)[..., None]


def _offsets(error: np.ndarray) -> tuple[np.ndarray, float]:
    """Conformal quantile of each level's errors (issue, place, quantile), and episodes behind."""
    known = np.isfinite(error[..., 0])
    episodes = known.any(axis=1).sum() / DAYS_PER_EPISODE
    rows = error[known]
    rows = np.sort(rows[thin(len(rows), MAX_ROWS)], axis=0)
    if not len(rows) or episodes < 1:
        return np.zeros(len(LEVELS)), 0.0
    level = 0.5 + (LEVELS - 0.5) * (episodes + 1) / episodes
    at = np.clip(level * len(rows) - 0.5, 0, len(rows) - 1)
    return rows[np.rint(at).astype(int), np.arange(len(LEVELS))], float(episodes)
