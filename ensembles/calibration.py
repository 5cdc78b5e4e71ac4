"""Conformal calibration of a predictive distribution by lead and season.

Each quantile is moved by the conformal quantile of its own out-of-sample errors (Romano et al.
2019, here one-sided for every level): with ``E_τ = (g(y) − g(Q_τ))/r`` on the modelling scale,
``r`` the interquartile range of the forecast, the calibrated quantile is
``g⁻¹(g(Q_τ) + r·δ_τ)``.

A forecast that is already calibrated loses by every correction that only follows the noise of a
few weather episodes. So δ is built of three parts, ``δ(season, lead) = all + season + lead``: the
τ-quantile of all errors; how far that of the season's errors (all leads together) deviates from the
first part; and how far that of the lead's (all seasons together, smoothed over leads) deviates from
that of all errors. Each part is drawn to zero unless it is
sure, as `ensembles.pooling.shrink_to_zero` says, by its variance over blocks of time: stations of
one city and days of one episode fail together, so rows are no independent cases. The blocks of a
season are its years: what one winter brought need not come in the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from ensembles.distribution import LEVELS, Distribution
from ensembles.pooling import (
    DAYS_PER_EPISODE,
    occurrences,
    shrink_to_zero,
    smooth_leads,
    thin,
    time_blocks,
)
from ensembles.scale import from_scale, to_scale
from ensembles.table import require_same_cases, season_of, valid_days

SEASONS = ("DJF", "MAM", "JJA", "SON")
BLOCKS = 8
"""Blocks of time the variance of an offset is estimated from."""
MIN_EPISODES = 4.0
"""With fewer independent episodes behind it a part is zero."""
MAX_ROWS = 8000
"""Cases one offset is estimated from; more are thinned evenly."""
LOWER_QUARTILE, UPPER_QUARTILE = 24, 74
MIN_RANGE = 1e-3


@dataclass(frozen=True)
class Calibration:
    """Offsets of the quantiles in interquartile ranges, (season, lead, quantile)."""

    offsets: xr.DataArray

    def apply(self, forecast: Distribution) -> Distribution:
        """Move each quantile by its offset and keep the quantiles in order.

        A case without forecast stays NaN.

        Raises
        ------
        KeyError
            The forecast has a lead the calibration has not seen.
        """
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
        """Inverse of `to_dict`.

        Raises
        ------
        ValueError
            An offset is not finite, or their shape is not (season, lead, quantile).
        """
        coords = {"season": state["season"], "lead": state["lead"], "quantile": LEVELS}
        offset = np.array(state["offset"], dtype=np.float32)
        if not np.isfinite(offset).all():
            raise ValueError("calibration: expected finite offsets, found NaN or infinity")
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
    error = ((y[..., None] - q) / _range(q)).astype(np.float32)
    season = season_of(valid_days(target.to_dataset(name="y")))
    leads = q.shape[1]
    everything = np.ones_like(season, dtype=bool)
    days = target["issue"].values.astype("datetime64[D]")
    pooled, pooled_blocks = _offsets(error, everything)
    common = shrink_to_zero(pooled, pooled_blocks)
    of_season = np.zeros((len(SEASONS), len(LEVELS)))
    for s in range(len(SEASONS)):
        own, blocks = _offsets(error, season == s, days)
        if len(blocks):
            of_season[s] = shrink_to_zero(own - common, blocks - common)
    of_lead = np.zeros((leads, len(LEVELS)))
    for k in range(leads):
        own, blocks = _offsets(error[:, k : k + 1], everything[:, k : k + 1])
        if len(blocks):
            of_lead[k] = shrink_to_zero(own - pooled, blocks - pooled_blocks)
    table = common + of_season[:, None] + smooth_leads(of_lead)[None]
    coords = {"season": list(SEASONS), "lead": target["lead"].values, "quantile": LEVELS}
    dims = ("season", "lead", "quantile")
    return Calibration(xr.DataArray(table.astype(np.float32), coords=coords, dims=dims))


def _range(scaled: np.ndarray) -> np.ndarray:
    spread = scaled[..., UPPER_QUARTILE] - scaled[..., LOWER_QUARTILE]
    return np.maximum(spread, MIN_RANGE)[..., None]


def _offsets(
    error: np.ndarray, chosen: np.ndarray, years_of: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Quantile of each level's errors, overall and in blocks of time.

    Parameters
    ----------
    error : ndarray, (issue, lead, place, quantile)
    chosen : ndarray of bool, (issue, lead)
    years_of : ndarray of datetime64[D], (issue,), optional
        Issue days, if the blocks are the years of a season; else they are equally long.

    Returns
    -------
    ndarray, (quantile,)
        Zero where too little is known.
    ndarray, (block, quantile)
        Without rows where too little is known.
    """
    known = np.isfinite(error[..., 0]) & chosen[..., None]
    by_issue = known.any(axis=(1, 2))
    episodes = by_issue.sum() / DAYS_PER_EPISODE
    if episodes < MIN_EPISODES:
        return np.zeros(len(LEVELS)), np.zeros((0, len(LEVELS)))
    rows = np.flatnonzero(by_issue)
    parts = time_blocks(rows, BLOCKS) if years_of is None else occurrences(years_of, rows)
    blocks = [_diagonal(error[part][known[part]], MAX_ROWS // BLOCKS) for part in parts]
    return _diagonal(error[known], MAX_ROWS), np.array(blocks).reshape(-1, len(LEVELS))


def _diagonal(rows: np.ndarray, most: int) -> np.ndarray:
    """The τ-quantile of the errors of each level τ; `rows` is (case, quantile)."""
    rows = np.sort(rows[thin(len(rows), most)], axis=0)
    at = np.clip(LEVELS * len(rows) - 0.5, 0, len(rows) - 1)
    return rows[np.rint(at).astype(int), np.arange(len(LEVELS))]
