"""A predictive distribution as a quantile function on one fixed grid."""

from __future__ import annotations

import numpy as np
import xarray as xr

LEVELS = np.arange(1, 100) / 100
"""Probability levels every distribution is given on: 0.01 … 0.99."""
ISSUED_LEVELS = np.arange(5, 100, 5) / 100
"""Levels a forecast issues: 0.05 … 0.95, every fifth of `LEVELS`."""


class Distribution:
    """Predictive distributions on common dimensions.

    Parameters
    ----------
    quantiles : xarray.DataArray, (…, quantile)
        Non-decreasing along the last dimension ``quantile``, whose coordinate is `LEVELS`.
        A case without forecast is NaN throughout.

    Raises
    ------
    ValueError
        The last dimension is not ``quantile`` on `LEVELS`.
    """

    def __init__(self, quantiles: xr.DataArray) -> None:
        if quantiles.dims[-1] != "quantile" or quantiles.sizes["quantile"] != len(LEVELS):
            raise ValueError(
                f"expected a last dimension 'quantile' of {len(LEVELS)} levels, "
                f"found {dict(quantiles.sizes)}"
            )
        levels = quantiles["quantile"].values
        if not np.allclose(levels, LEVELS, rtol=0, atol=1e-6):
            raise ValueError(
                f"expected the quantile levels {LEVELS[0]} … {LEVELS[-1]} by 0.01, "
                f"found {levels[0]} … {levels[-1]}"
            )
        self.quantiles = quantiles

    @classmethod
    def from_values(cls, values: np.ndarray, cases: xr.Dataset) -> Distribution:
        """Wrap an array (issue, lead, place, quantile) with the coordinates of `cases`."""
        dims = ("issue", "lead", "place")
        coords = {d: cases[d] for d in dims}
        return cls(
            xr.DataArray(values, dims=(*dims, "quantile"), coords={**coords, "quantile": LEVELS})
        )

    def mean(self) -> xr.DataArray:
        """Mean of the distribution: each quantile stands for 0.01, the outermost two for 0.015."""
        weight = np.full(len(LEVELS), 0.01, dtype=np.float32)
        weight[[0, -1]] = 0.015
        return xr.dot(self.quantiles, xr.DataArray(weight, dims="quantile"), dim="quantile")

    def quantile(self, levels: np.ndarray) -> xr.DataArray:
        """Quantiles at any `levels` within 0.01 … 0.99, linear between grid points."""
        levels = np.atleast_1d(np.asarray(levels, dtype=float))
        if levels.min() < LEVELS[0] - 1e-9 or levels.max() > LEVELS[-1] + 1e-9:
            raise ValueError(f"levels must lie within {LEVELS[0]} … {LEVELS[-1]}, found {levels}")
        place = np.clip((levels - LEVELS[0]) * 100, 0, len(LEVELS) - 1)
        below = np.minimum(np.floor(place + 1e-9).astype(int), len(LEVELS) - 2)
        share = (place - below).astype(np.float32)
        q = self.quantiles.values
        values = q[..., below] * (1 - share) + q[..., below + 1] * share
        out = self.quantiles.isel(quantile=np.zeros(len(levels), dtype=int)).copy(data=values)
        return out.assign_coords(quantile=levels)

    def cdf(self, value: float | xr.DataArray) -> xr.DataArray:
        """Probability of at most `value`, linear between quantiles, within 0.005 … 0.995.

        NaN where the distribution or `value` is missing.
        """
        q = self.quantiles
        levels = xr.DataArray(LEVELS, dims="quantile")
        below = (q <= value).sum("quantile")
        lower = q.isel(quantile=(below - 1).clip(min=0)).drop_vars("quantile")
        upper = q.isel(quantile=below.clip(max=len(LEVELS) - 1)).drop_vars("quantile")
        gap = upper - lower
        share = xr.where(gap > 0, (value - lower) / gap, 0).clip(0, 1)
        at = levels.isel(quantile=(below - 1).clip(min=0)) + 0.01 * share
        at = xr.where(below == 0, 0.005, xr.where(below == len(LEVELS), 0.995, at))
        return at.where((q.isel(quantile=0, drop=True) + value).notnull())

    def exceedance(self, value: float | xr.DataArray) -> xr.DataArray:
        """Probability of more than `value`, ``1 − cdf``, within 0.005 … 0.995; NaN likewise."""
        return 1 - self.cdf(value)

    def sample(self, size: int, seed: int = 0) -> xr.DataArray:
        """Draw `size` independent values of each case; a new first dimension ``sample``."""
        draw = np.random.default_rng(seed).uniform(
            LEVELS[0], LEVELS[-1], (size, *self.quantiles.shape[:-1])
        )
        place = (draw - LEVELS[0]) * 100
        below = np.minimum(place.astype(int), len(LEVELS) - 2)
        q = np.broadcast_to(self.quantiles.values, (size, *self.quantiles.shape))
        low = np.take_along_axis(q, below[..., None], axis=-1)[..., 0]
        high = np.take_along_axis(q, below[..., None] + 1, axis=-1)[..., 0]
        values = low + (high - low) * (place - below)
        dims = ("sample", *self.quantiles.dims[:-1])
        coords = {d: self.quantiles[d] for d in self.quantiles.dims[:-1]}
        return xr.DataArray(values.astype(np.float32), dims=dims, coords=coords)
