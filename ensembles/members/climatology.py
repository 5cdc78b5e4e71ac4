"""Climatology: what usually comes at this place in this season.

The distribution of a day is the empirical one of all training days within a window of the
calendar day, all years, at the same place.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import xarray as xr

from ensembles.distribution import LEVELS, Distribution
from ensembles.folds import Fold
from ensembles.members.member import out_of_fold
from ensembles.members.state import load_state
from ensembles.table import valid_days

YEAR = 365.25
KNOTS = np.arange(0, 365, 5)
"""Days of the year (0 = 1 January) the distribution is kept at; between them it is interpolated."""
MIN_VALUES = 30
"""A knot with fewer values at a place takes the distribution of all places."""


@dataclass(frozen=True)
class Climatology:
    """Seasonal climatology as a full predictive distribution.

    Parameters
    ----------
    half_window : int
        Days either side of the calendar day that count as the same season.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> issue = np.datetime64("2014-01-01", "ns") + np.arange(400).astype("timedelta64[D]")
    >>> cases = xr.Dataset(coords={"issue": issue, "lead": [1], "place": ["a"]})
    >>> target = xr.DataArray(
    ...     np.arange(400.0).reshape(400, 1, 1) % 10, dims=("issue", "lead", "place"),
    ...     coords=cases.coords,
    ... )
    >>> fitted = Climatology().fit(cases, target)
    >>> round(fitted.predict(cases.isel(issue=[200])).mean().item(), 1)
    4.6
    """

    half_window: int = 20
    name: str = "climatology"

    def fit(self, cases: xr.Dataset, target: xr.DataArray) -> FittedClimatology:
        """Estimate the distribution at each knot and place from the target's distinct days."""
        days, series = _series(cases, target)
        distance = np.abs(_day_of_year(days)[None, :] - KNOTS[:, None])
        near = np.minimum(distance, YEAR - distance) <= self.half_window
        places = [_quantiles(series[rows]) for rows in near]
        pooled = [_quantiles(series[rows].reshape(-1, 1))[0][0] for rows in near]
        everything = _quantiles(series.reshape(-1, 1))[0][0]
        table = np.empty((len(KNOTS), series.shape[1], len(LEVELS)), np.float32)
        fallback = np.empty((len(KNOTS), len(LEVELS)), np.float32)
        for k, (found, count) in enumerate(places):
            fallback[k] = pooled[k] if np.isfinite(pooled[k]).all() else everything
            table[k] = np.where((count >= MIN_VALUES)[:, None], found, fallback[k])
        return FittedClimatology(
            xr.Dataset(
                {
                    "quantiles": (("knot", "place", "quantile"), table),
                    "pooled": (("knot", "quantile"), fallback),
                },
                coords={"knot": KNOTS, "place": cases["place"].values, "quantile": LEVELS},
            )
        )

    def cross_fit(
        self, cases: xr.Dataset, target: xr.DataArray, folds: list[Fold]
    ) -> tuple[FittedClimatology, Distribution]:
        """Fit on all cases, and forecast each by a fit without its fold."""
        return self.fit(cases, target), out_of_fold(self, cases, target, folds)


@dataclass(frozen=True)
class FittedClimatology:
    """Quantiles by day of the year and place; a place unknown in training takes the pooled ones."""

    state: xr.Dataset

    def predict(self, cases: xr.Dataset) -> Distribution:
        """Quantiles of the valid day at each place, (issue, lead, place, quantile)."""
        rows = self.state["place"].to_index().get_indexer(cases["place"].to_index())
        table = self.state["quantiles"].values[:, rows]
        table[:, rows < 0] = self.state["pooled"].values[:, None]
        position = _day_of_year(valid_days(cases)) / (KNOTS[1] - KNOTS[0])
        below = np.floor(position).astype(int)
        share = (position - below).astype(np.float32)[..., None, None]
        count = len(KNOTS)
        values = table[below % count] * (1 - share) + table[(below + 1) % count] * share
        return Distribution.from_values(values, cases)

    def save(self, folder: Path) -> None:
        """Write ``climatology.nc``."""
        folder.mkdir(parents=True, exist_ok=True)
        compress = {"zlib": True, "complevel": 1}
        self.state.to_netcdf(
            folder / "climatology.nc",
            engine="netcdf4",
            encoding={"quantiles": compress, "pooled": compress},
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``climatology.nc``.

        Raises
        ------
        ValueError
            See `load_state`.
        """
        parts = ("place", "quantiles", "pooled")
        return cls(load_state(folder / "climatology.nc", parts, (), "climatology"))


def _series(cases: xr.Dataset, target: xr.DataArray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct valid days and their values (day, place): leads repeat the same observation."""
    valid = valid_days(cases)
    days, position = np.unique(valid, return_inverse=True)
    series = np.full((len(days), target.sizes["place"]), np.nan, np.float32)
    values = target.transpose("issue", "lead", "place").values
    for k in range(values.shape[1]):
        rows = position.reshape(valid.shape)[:, k]
        series[rows] = np.where(np.isfinite(values[:, k]), values[:, k], series[rows])
    return days, series


def _quantiles(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of each column of (value, place) without its NaN, and how many values it had."""
    ordered = np.sort(values, axis=0)  # NaN last
    count = np.isfinite(ordered).sum(axis=0)
    at = np.clip(LEVELS[:, None] * count - 0.5, 0, np.maximum(count - 1, 0))
    below = np.floor(at).astype(int)
    above = np.minimum(below + 1, np.maximum(count - 1, 0))
    share = (at - below).astype(np.float32)
    if not len(ordered):
        return np.full((values.shape[1], len(LEVELS)), np.nan, np.float32), count
    low = np.take_along_axis(ordered, below, axis=0)
    high = np.take_along_axis(ordered, above, axis=0)
    return (low * (1 - share) + high * share).T, count


def _day_of_year(days: np.ndarray) -> np.ndarray:
    """Days since 1 January, as float."""
    days = days.astype("datetime64[D]")
    return (days - days.astype("datetime64[Y]")).astype(np.int64).astype(float)
