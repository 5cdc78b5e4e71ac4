"""Quantile mapping: guidance given the distribution of what is observed.

On the modelling scale ``g`` (fourth root), with ``F_o`` and ``F_h`` the distributions of the
observed values and of the guidance over the training days and ``F_p`` that of the guidance over the
last `window` days up to the issue, a value ``x`` of the guidance becomes

- empirical: ``F_o⁻¹(F_h(x))``;
- detrended: ``F_o⁻¹(F_h(x − t)) + t`` with ``t = mean_p − mean_h``: the guidance's own trend or
  season is taken off before the mapping and put back after it;
- delta: ``F_o⁻¹(τ) + x − F_h⁻¹(τ)`` with ``τ = F_p(x)``: the change of every quantile is kept.

Cannon, Sobie & Murdock 2015, J. Climate 28, 6938-6959; their ratios for concentrations are here
differences on the modelling scale, which lie between a ratio and a difference and stay finite at
zero. The mapped value is dressed with the quantiles of its out-of-fold errors by lead and class of
value, see `Dressing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self, get_args

import numpy as np
import xarray as xr

from ensembles.distribution import LEVELS, Distribution
from ensembles.folds import Fold, make_folds
from ensembles.members.dressing import Dressing, fit_dressing
from ensembles.members.member import out_of_fold
from ensembles.members.state import load_state, save_state
from ensembles.scale import from_scale, to_scale
from ensembles.table import DIMS

Method = Literal["empirical", "detrended", "delta"]
FILE = "quantile_mapping.nc"
MIN_PAIRS = 60
"""Pairs of guidance and observation a place needs at a lead; with fewer it takes all places'."""
INNER_FOLDS = 4
"""Blocks of time the errors are collected over."""


@dataclass(frozen=True)
class QuantileMapping:
    """Quantile-mapped guidance with the spread of its own errors.

    Parameters
    ----------
    guidance : str
        Case variable (issue, lead, place): another model's forecast of the target, same unit.
    method : {"empirical", "detrended", "delta"}
        How the change of the guidance against the training days is treated.
    window : int
        Days up to the issue that make the guidance's present distribution.

    Raises
    ------
    ValueError
        Unknown method, or a window below 1 day.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> issue = np.datetime64("2014-01-01", "ns") + np.arange(200).astype("timedelta64[D]")
    >>> cases = xr.Dataset(coords={"issue": issue, "lead": [1], "place": ["a"]})
    >>> observed = xr.DataArray(
    ...     np.linspace(10, 90, 200).reshape(200, 1, 1), dims=("issue", "lead", "place"),
    ...     coords=cases.coords,
    ... )
    >>> cases["model"] = 2 * observed
    >>> fitted = QuantileMapping("model").fit(cases, observed)
    >>> mapped = fitted.mapped(cases)
    >>> bool(np.allclose(mapped, observed, rtol=0.02))
    True
    """

    guidance: str
    method: Method = "empirical"
    window: int = 60
    name: str = "quantile_mapping"

    def __post_init__(self) -> None:
        """Check the method and the window."""
        if self.method not in get_args(Method):
            raise ValueError(
                f"quantile mapping: method {self.method!r}; expected one of "
                f"{', '.join(get_args(Method))}"
            )
        if self.window < 1:
            raise ValueError(
                f"quantile mapping: a window of {self.window} days; expected 1 or more"
            )

    def fit(self, cases: xr.Dataset, target: xr.DataArray) -> FittedQuantileMapping:
        """Estimate the distributions, and the errors of values mapped without their own days.

        Raises
        ------
        KeyError
            The cases lack the guidance.
        """
        guidance = _scaled(cases[self.guidance])
        value = _scaled(target)
        history = xr.DataArray(guidance, dims=DIMS, coords={d: cases[d].values for d in DIMS})
        now = _present(history, cases, guidance, self.method, self.window)
        unseen = np.full(value.shape, np.nan, np.float32)
        count = min(INNER_FOLDS, len(value))
        for fold in make_folds(cases, count) if count > 1 else []:
            tables = _tables(guidance, np.where(fold.training[..., None], value, np.nan))
            held = fold.held_out
            unseen[held] = _map(guidance[held], now[held], self.method, *tables[:2])
        dressing = fit_dressing(unseen, value)
        if np.isnan(dressing.table).all():  # too short for folds: errors of the fit itself
            tables = _tables(guidance, value)
            dressing = fit_dressing(_map(guidance, now, self.method, *tables[:2]), value)
        return FittedQuantileMapping(self._state(history, _tables(guidance, value), dressing))

    def cross_fit(
        self, cases: xr.Dataset, target: xr.DataArray, folds: list[Fold]
    ) -> tuple[FittedQuantileMapping, Distribution]:
        """Fit on all cases, and forecast each by a fit without its fold."""
        return self.fit(cases, target), out_of_fold(self, cases, target, folds)

    def _state(
        self, history: xr.DataArray, tables: tuple[np.ndarray, ...], dressing: Dressing
    ) -> xr.Dataset:
        modelled, observed, all_modelled, all_observed = tables
        return xr.Dataset(
            {
                "history": history,
                "modelled": (("lead", "place", "quantile"), modelled),
                "observed": (("lead", "place", "quantile"), observed),
                "all_modelled": (("lead", "quantile"), all_modelled),
                "all_observed": (("lead", "quantile"), all_observed),
                "centres": (("lead", "class"), dressing.centres),
                "errors": (("lead", "class", "quantile"), dressing.table),
            },
            coords={"quantile": LEVELS},
            attrs={"guidance": self.guidance, "method": self.method, "window": self.window},
        )


@dataclass(frozen=True)
class FittedQuantileMapping:
    """Distributions of guidance and observations on the modelling scale, and the errors left."""

    state: xr.Dataset

    def predict(self, cases: xr.Dataset) -> Distribution:
        """Mapped guidance with its errors; NaN where there is no guidance.

        A place unknown in training takes the distributions of all places. For "detrended" and
        "delta" the present distribution is that of the training's guidance and the cases' own,
        issued within the window; nothing issued later enters.
        """
        dressing = Dressing(self.state["centres"].values, self.state["errors"].values)
        scaled = dressing.apply(self._mapped(cases), self._rows(cases))
        return Distribution.from_values(from_scale(scaled), cases)

    def mapped(self, cases: xr.Dataset) -> xr.DataArray:
        """Mapped guidance as a single value, (issue, lead, place), in the target's unit."""
        values = from_scale(self._mapped(cases))
        return xr.DataArray(values, dims=DIMS, coords={d: cases[d] for d in DIMS})

    def save(self, folder: Path) -> None:
        """Write ``quantile_mapping.nc``."""
        save_state(self.state, folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``quantile_mapping.nc``.

        Raises
        ------
        ValueError
            The file lacks a part of the state.
        """
        needed = ("history", "modelled", "observed", "all_modelled", "all_observed", "errors")
        attributes = ("guidance", "method", "window")
        return cls(load_state(folder / FILE, (*needed, "centres"), attributes, "quantile mapping"))

    def _rows(self, cases: xr.Dataset) -> list[int]:
        leads = [int(lead) for lead in self.state["lead"].values]
        return [leads.index(int(lead)) for lead in cases["lead"].values]

    def _mapped(self, cases: xr.Dataset) -> np.ndarray:
        name, method = self.state.attrs["guidance"], self.state.attrs["method"]
        rows = self._rows(cases)
        if name not in cases:
            return np.full([cases.sizes[d] for d in DIMS], np.nan, np.float32)
        guidance = _scaled(cases[name])
        places = self.state["place"].to_index().get_indexer(cases["place"].to_index())
        tables = []
        for kind in ("modelled", "observed"):
            table = self.state[kind].values[rows][:, places]
            table[:, places < 0] = self.state[f"all_{kind}"].values[rows][:, None]
            tables.append(table)
        history = self.state["history"].isel(lead=rows)
        now = _present(history, cases, guidance, method, int(self.state.attrs["window"]))
        return _map(guidance, now, method, *tables)


def _scaled(values: xr.DataArray) -> np.ndarray:
    return to_scale(values.transpose(*DIMS).values.astype(np.float32))


def _tables(guidance: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, ...]:
    """Quantiles of guidance and observations by (lead, place), then those of all places."""
    known = np.isfinite(guidance) & np.isfinite(value)
    enough = (known.sum(axis=0) >= MIN_PAIRS)[..., None]
    own, pooled = [], []
    for values in (guidance, value):
        paired = np.where(known, values, np.nan).transpose(1, 2, 0)
        everything = _quantiles(paired.reshape(len(paired), -1))
        own.append(np.where(enough, _quantiles(paired), everything[:, None]))
        pooled.append(everything)
    return *own, *pooled


def _quantiles(values: np.ndarray) -> np.ndarray:
    """Quantiles along the last axis without its NaN; NaN where there is none."""
    ordered = np.sort(values, axis=-1)  # NaN last
    count = np.isfinite(values).sum(axis=-1, keepdims=True)
    at = np.clip(LEVELS * count - 0.5, 0, np.maximum(count - 1, 0))
    below = at.astype(int)
    share = (at - below).astype(np.float32)
    low = np.take_along_axis(ordered, below, axis=-1)
    high = np.take_along_axis(ordered, np.minimum(below + 1, np.maximum(count - 1, 0)), axis=-1)
    return low * (1 - share) + high * share


def _present(
    history: xr.DataArray, cases: xr.Dataset, guidance: np.ndarray, method: str, window: int
) -> np.ndarray:
    """Mean ("detrended") of the present guidance, or the level ("delta") of each value in it.

    The present at an issue is the guidance of its lead and place issued within `window` days up to
    it. (issue, lead, place); NaN for "empirical", which does not need it.
    """
    out = np.full(guidance.shape, np.nan, np.float32)
    if method == "empirical":
        return out
    issue = cases["issue"].values.astype("datetime64[D]")
    places = history["place"].to_index().get_indexer(cases["place"].to_index())
    known = history.values[:, :, places]
    known[:, :, places < 0] = np.nan
    past = history["issue"].values.astype("datetime64[D]")
    earlier = ~np.isin(past, issue)
    days = np.concatenate([past[earlier], issue])
    series = np.concatenate([known[earlier], guidance])
    for i, day in enumerate(issue):
        near = (days <= day) & (days > day - np.timedelta64(window, "D"))
        values = series[near]
        count = np.maximum(np.isfinite(values).sum(axis=0), 1)
        if method == "detrended":
            out[i] = np.nansum(values, axis=0, dtype=np.float64) / count
        else:
            rank = (values < guidance[i]).sum(axis=0) + (values == guidance[i]).sum(axis=0) / 2
            out[i] = rank / count
    return out


def _map(
    guidance: np.ndarray, now: np.ndarray, method: str, modelled: np.ndarray, observed: np.ndarray
) -> np.ndarray:
    """Mapped guidance on the modelling scale, (issue, lead, place); see the module."""
    out = np.full(guidance.shape, np.nan, np.float32)
    for k, p in np.ndindex(guidance.shape[1:]):
        x, source, goal = guidance[:, k, p], modelled[k, p], observed[k, p]
        if np.isnan(source[0]):
            continue
        if method == "delta":
            level = now[:, k, p]
            out[:, k, p] = x + np.interp(level, LEVELS, goal - source)
        else:
            trend = now[:, k, p] - source.mean() if method == "detrended" else np.float32(0)
            out[:, k, p] = _transfer(x - trend, source, goal) + trend
    return np.maximum(out, 0)


def _transfer(x: np.ndarray, source: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """``goal(source⁻¹(x))``, beyond the ends shifted as at the end."""
    inside = np.clip(x, source[0], source[-1])
    level = np.interp(inside, source, LEVELS)
    return np.interp(level, LEVELS, goal) + (x - inside)
