"""Combination of the members: weights by lead, and by season where the data say so.

Members are joined by quantile averaging (`ensembles.averaging`) or by a linear pool
(`ensembles.linear_pool`), whichever has the lower CRPS on blocks of time it was not estimated on.
How the weights are learned says `ensembles.weighting`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr

from ensembles.averaging import average
from ensembles.distribution import Distribution
from ensembles.linear_pool import mix
from ensembles.pooling import smooth_leads
from ensembles.table import require_same_cases, season_of, valid_days
from ensembles.weighting import (
    LEAST_WEIGHT,
    METHODS,
    Evidence,
    Method,
    choose,
    shares,
    short_records,
    weigh,
)

SEASONS = ("DJF", "MAM", "JJA", "SON")
MAX_ROWS = 6000
"""Cases of one lead the weights are estimated from; more are thinned evenly."""


@dataclass(frozen=True)
class Combination:
    """Weights of the members.

    Parameters
    ----------
    weights : xarray.DataArray, (lead, member)
        Of all seasons; non-negative, each lead's sum 1.
    seasonal : xarray.DataArray, (season, lead, member), optional
        Weights of each season of the valid day (DJF, MAM, JJA, SON), used in place of `weights`.
    method : {"averaging", "linear pool"}
        How the members' distributions are joined.
    """

    weights: xr.DataArray
    seasonal: xr.DataArray | None = None
    method: Method = "averaging"

    def weights_at(self, days: np.ndarray, present: list[str] | None = None) -> xr.DataArray:
        """Weights of one issue.

        Parameters
        ----------
        days : ndarray of datetime64, (lead,)
            Valid day of each lead of `weights`, in its order.
        present : list of str, optional
            Members there are today: the others' weights go to them in proportion.

        Returns
        -------
        xarray.DataArray, (lead, member)
            Each lead's sum 1; an absent member has 0.

        Raises
        ------
        ValueError
            There is not one day a lead, or none of the members has a weight.
        """
        days = np.asarray(days).astype("datetime64[D]")
        if days.shape != (self.weights.sizes["lead"],):
            raise ValueError(
                f"expected one valid day for each of {self.weights.sizes['lead']} leads, "
                f"found {days.shape}"
            )
        table = self._table(season_of(days)[None], self.weights["lead"].values)[0]
        names = [str(m) for m in self.weights["member"].values]
        if present is not None:
            there = np.isin(names, present)
            if not there.any():
                raise ValueError(f"none of {present} has a weight")
            table = np.where(there, np.maximum(table, LEAST_WEIGHT), 0)
            table = table / table.sum(axis=1, keepdims=True)
        return self.weights.copy(data=table)

    def missing(self, forecasts: Mapping[str, Distribution]) -> dict[str, float]:
        """Share of the cases that each member has no forecast for, where that is not 0.

        Parameters
        ----------
        forecasts : mapping of str to Distribution
            As for `apply`.

        Returns
        -------
        dict of str to float
            By name of the weighted members; 1 for a member that is absent.
        """
        share = {}
        for name in (str(m) for m in self.weights["member"].values):
            if name in forecasts:
                share[name] = float(np.isnan(forecasts[name].quantiles.values[..., 0]).mean())
            else:
                share[name] = 1.0
        return {name: value for name, value in share.items() if value > 0}

    def apply(self, forecasts: Mapping[str, Distribution]) -> Distribution:
        """Combine the members' distributions; a missing member or case is re-weighted.

        Parameters
        ----------
        forecasts : mapping of str to Distribution
            By member name, on common cases; a member absent today is simply not in it (`missing`
            tells which).

        Returns
        -------
        Distribution
            NaN where no member has a forecast.

        Raises
        ------
        ValueError
            None of the members is known, or their cases differ.
        """
        names = [str(m) for m in self.weights["member"].values if str(m) in forecasts]
        if not names:
            raise ValueError(f"none of {list(forecasts)} has a weight")
        first = forecasts[names[0]].quantiles
        for name in names:
            require_same_cases(forecasts[name].quantiles, first, (f"member {name}", names[0]))
        season = season_of(valid_days(first.to_dataset(name="q")))
        rows = [list(self.weights["member"].values).index(name) for name in names]
        table = np.maximum(self._table(season, first["lead"].values)[..., rows], LEAST_WEIGHT)
        out = np.empty(first.shape, dtype=np.float32)
        for k in range(first.shape[1]):  # by lead, to bound the memory
            cases = np.stack([forecasts[n].quantiles.values[:, k] for n in names])
            cases = cases.reshape(len(names), -1, first.shape[-1])
            weight = np.repeat(table[:, k].T, first.shape[2], axis=1)
            joined = (mix if self.method == "linear pool" else average)(cases, weight)
            out[:, k] = joined.reshape(first.shape[0], *first.shape[2:])
        return Distribution(first.copy(data=out))

    def _table(self, season: np.ndarray, leads: np.ndarray) -> np.ndarray:
        """Weights (issue, lead, member) for the seasons (issue, lead) of the valid days."""
        if self.seasonal is None:
            table = self.weights.sel(lead=leads).values
            return np.broadcast_to(table, (len(season), *table.shape))
        return self.seasonal.sel(lead=leads).values[season, np.arange(len(leads))[None, :]]

    def to_dict(self) -> dict[str, Any]:
        """Plain lists for JSON."""
        return {
            "lead": self.weights["lead"].values.tolist(),
            "member": [str(m) for m in self.weights["member"].values],
            "method": self.method,
            "weight": self.weights.values.tolist(),
            "seasonal": None if self.seasonal is None else self.seasonal.values.tolist(),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Combination:
        """Inverse of `to_dict`.

        Raises
        ------
        ValueError
            The method is unknown, or a weight is negative, missing or does not sum to 1.
        """
        method = state.get("method", "averaging")
        if method not in METHODS:
            raise ValueError(f"combination: expected a method of {METHODS}, found {method!r}")
        coords = {"lead": state["lead"], "member": state["member"]}
        weights = xr.DataArray(_checked(state["weight"]), coords, ("lead", "member"))
        seasonal = None
        if state.get("seasonal") is not None:
            seasonal = _seasonal(_checked(state["seasonal"]), weights)
        return cls(weights, seasonal, method)


def _checked(values: list) -> np.ndarray:
    table = np.array(values, dtype=float)
    if not ((table >= 0).all() and np.allclose(table.sum(axis=-1), 1, atol=1e-4)):
        raise ValueError("combination: expected weights of at least 0 that sum to 1 at each lead")
    return table


def _seasonal(table: np.ndarray, weights: xr.DataArray) -> xr.DataArray:
    dims = ("season", "lead", "member")
    return xr.DataArray(table, {"season": list(SEASONS), **weights.coords}, dims)


def fit_combination(
    forecasts: Mapping[str, Distribution],
    target: xr.DataArray,
    *,
    method: Method | Literal["best"] = "best",
    seasonal: bool | Literal["best"] = "best",
) -> Combination:
    """Estimate weights by lead, and by season if that pays, from out-of-fold forecasts.

    Parameters
    ----------
    forecasts : mapping of str to Distribution
        Out-of-fold distributions by member name, on (issue, lead, place).
    target : xarray.DataArray, (issue, lead, place)
        What came. Cases with a missing value are left out, and those where a member lacks a
        forecast. A member that lacks more than a fifth of them has a short record: it is weighed on
        what it has, and where it is missing the combination is the one without it.
    method : {"best", "averaging", "linear pool"}
        How to join; "best" is decided on blocks of time held out.
    seasonal : bool or "best"
        Whether weights vary with the season; "best" is decided likewise.

    Returns
    -------
    Combination
        Weights (lead, member), method and, if any, weights by season.

    Raises
    ------
    ValueError
        The cases of a member and the target differ.
    """
    names = list(forecasts)
    for name in names:
        require_same_cases(forecasts[name].quantiles, target, (f"member {name}", "the target"))
    evidence = _evidence(list(forecasts.values()), target)
    late = short_records(evidence)
    if not late.any():
        return _fit(evidence, names, target, method, seasonal)
    lasting = {n: forecasts[n] for n, short in zip(names, late, strict=True) if not short}
    base = _fit(_evidence(list(lasting.values()), target), list(lasting), target, method, seasonal)
    return _with_late(base, forecasts, target)


def _evidence(forecasts: Sequence[Distribution], target: xr.DataArray) -> list[Evidence]:
    """Forecasts of each lead and what came."""
    observed = target.transpose("issue", "lead", "place").values
    season = season_of(valid_days(target.to_dataset(name="y")))
    return [
        Evidence([f.quantiles.values[:, k] for f in forecasts], observed[:, k], season[:, k])
        for k in range(observed.shape[1])
    ]


def _with_late(
    base: Combination, forecasts: Mapping[str, Distribution], target: xr.DataArray
) -> Combination:
    """Give the members that `base` lacks, those of a short record, their shares beside it."""
    lasting = {n: f for n, f in forecasts.items() if n in base.weights["member"]}
    late = [n for n in forecasts if n not in lasting]
    evidence = _evidence([base.apply(lasting), *(forecasts[n] for n in late)], target)
    found = smooth_leads(np.array([shares(lead, base.method, MAX_ROWS) for lead in evidence]))

    coords = {"lead": base.weights["lead"], "member": ["", *late]}
    share = xr.DataArray(found, coords, ("lead", "member"))

    def widened(weights: xr.DataArray) -> xr.DataArray:
        others = weights * share.sel(member="", drop=True)
        wide = others.reindex(member=list(forecasts), fill_value=0.0)
        for name in late:
            wide.loc[{"member": name}] = share.sel(member=name, drop=True)
        return wide

    seasonal = None if base.seasonal is None else widened(base.seasonal)
    return Combination(widened(base.weights), seasonal, base.method)


def _fit(
    evidence: Sequence[Evidence],
    names: list[str],
    target: xr.DataArray,
    method: Method | Literal["best"],
    seasonal: bool | Literal["best"],
) -> Combination:
    """Weights of members that have all their days."""
    how, by_season = choose(evidence, method, seasonal)
    found = [weigh(lead, how, MAX_ROWS) for lead in evidence]
    coords = {"lead": target["lead"].values, "member": names}
    weights = xr.DataArray(smooth_leads(np.array(found)), coords, ("lead", "member"))
    if not by_season:
        return Combination(weights, None, how)
    table = np.stack(
        [
            smooth_leads(
                np.array(
                    [
                        weigh(lead.of_season(s), how, MAX_ROWS, prior)
                        for lead, prior in zip(evidence, found, strict=True)
                    ]
                )
            )
            for s in range(len(SEASONS))
        ]
    )
    return Combination(weights, _seasonal(table, weights), how)
