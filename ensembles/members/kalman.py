"""Kalman filter: the bias and slope of guidance followed from day to day.

On the modelling scale ``g`` (fourth root) the error ``e = g(y) − g(x)`` of guidance ``x`` at each
lead and place is ``e = θ₀ + θ₁·z + v`` with ``z`` the standardised guidance, ``v ~ N(0, R)``, and
``θ`` a random walk whose daily steps have the variance ``ratio·R`` (Delle Monache et al. 2006, J.
Geophys. Res. 111, D05308, for the bias; Galanis & Anadranistakis 2002, Meteorol. Appl. 9, 437-441,
for bias and slope). With the variances as a ratio, ``R`` cancels from the gain:

``P ← P + ratio·days·I``,  ``K = P·h/(hᵀP·h + 1)``,  ``θ ← θ + K·(e − hᵀθ)``,  ``P ← P − K·hᵀP``

where ``h = (1, z)``. A forecast of issue d takes the state that has seen the errors valid up to d,
so the errors at lead k are those of issues up to d − k. The start of ``θ`` is the regression over
all places, and the ratio of each lead is the one of `RATIOS` with the least squared error. The
corrected value is dressed with its errors, see `Dressing`.

The guidance can be any case variable in the target's unit: another model, or the mean of a member.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import xarray as xr

from ensembles.distribution import LEVELS, Distribution
from ensembles.folds import Fold
from ensembles.members.dressing import Dressing, fit_dressing
from ensembles.members.state import load_state, save_state
from ensembles.pooling import smooth_leads
from ensembles.scale import from_scale, to_scale
from ensembles.table import DIMS, require_same_cases

FILE = "kalman.nc"
RATIOS = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
"""Ratios tried, of the variance of a daily step to that of an error."""
START_VARIANCE = 0.05
"""Variance of a place's state about that of all places at the start, in units of R."""
RIDGE = 10.0
"""Pairs' worth of the belief that guidance needs no correction, in the start's regression."""
MIN_SPREAD = 1e-3


@dataclass(frozen=True)
class KalmanFilter:
    """Guidance corrected by a Kalman filter of its bias and slope.

    Parameters
    ----------
    guidance : str
        Case variable (issue, lead, place) in the target's unit.
    slope : bool
        Follow the slope too; without it, the bias alone.
    delay : int
        Days after which an observation is known: 0 where the issue day itself is.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> issue = np.datetime64("2014-01-01", "ns") + np.arange(100).astype("timedelta64[D]")
    >>> cases = xr.Dataset(coords={"issue": issue, "lead": [1], "place": ["a"]})
    >>> root = 2 + np.arange(100.0).reshape(100, 1, 1) % 2
    >>> observed = xr.DataArray(root**4, cases.coords, ("issue", "lead", "place"))
    >>> cases["model"] = (observed**0.25 + 1) ** 4  # always one too high on the modelling scale
    >>> corrected = KalmanFilter("model", slope=False).fit(cases, observed).corrected(cases)
    >>> corrected.values[-2:, 0, 0].round(1).tolist()
    [16.0, 81.0]
    """

    guidance: str
    slope: bool = True
    delay: int = 0
    name: str = "kalman"

    def fit(self, cases: xr.Dataset, target: xr.DataArray) -> FittedKalman:
        """Choose the ratios and the start, and filter through all cases.

        Raises
        ------
        KeyError
            The cases lack the guidance.
        """
        return FittedKalman(self._learn(cases, target).merge(_pairs(self.guidance, cases, target)))

    def cross_fit(
        self, cases: xr.Dataset, target: xr.DataArray, folds: list[Fold]
    ) -> tuple[FittedKalman, Distribution]:
        """Fit on all cases; forecast each with ratios, start and errors learned without its fold.

        The filter itself runs through every fold, as it would have day by day: a case sees the
        observations valid up to its issue and none later.
        """
        pairs = _pairs(self.guidance, cases, target)
        out = np.full((*(cases.sizes[d] for d in DIMS), len(LEVELS)), np.nan, np.float32)
        for fold in folds:
            known = target.where(xr.DataArray(fold.training, dims=("issue", "lead")))
            fitted = FittedKalman(self._learn(cases, known).merge(pairs))
            held = fold.held_out
            out[held] = fitted.predict(cases.isel(issue=held)).quantiles.values
        return self.fit(cases, target), Distribution.from_values(out, cases)

    def _learn(self, cases: xr.Dataset, target: xr.DataArray) -> xr.Dataset:
        """Scale of the guidance, start, ratio and errors by lead."""
        pairs = _pairs(self.guidance, cases, target)
        modelled, observed = pairs["modelled"].values, pairs["observed"].values
        centre, spread = _moments(modelled)
        start = _start(observed - modelled, (modelled - centre) / spread, self.slope)
        learned = xr.Dataset(
            {
                "start": (("lead", "term"), start),
                "centre": ("lead", centre[:, 0]),
                "spread": ("lead", spread[:, 0]),
            },
            coords={"lead": cases["lead"].values},
            attrs={"guidance": self.guidance, "slope": int(self.slope), "delay": self.delay},
        )
        runs = []
        for ratio in RATIOS:
            tried = learned.assign(ratio=("lead", np.full(len(start), ratio, np.float32)))
            runs.append(FittedKalman(tried.merge(pairs))._corrected(cases))
        loss = np.stack([_mean_square(run - observed) for run in runs], axis=1)  # (lead, ratio)
        best = np.argmin(smooth_leads(loss / np.maximum(loss[:, :1], MIN_SPREAD**2)), axis=1)
        corrected = np.stack([runs[b][:, k] for k, b in enumerate(best)], axis=1)
        dressing = fit_dressing(corrected, observed)
        return learned.assign(
            ratio=("lead", np.array(RATIOS, np.float32)[best]),
            centres=(("lead", "class"), dressing.centres),
            errors=(("lead", "class", "quantile"), dressing.table),
        ).assign_coords(quantile=LEVELS)


@dataclass(frozen=True)
class FittedKalman:
    """Ratios, start and errors by lead, and the pairs of guidance and observation filtered so far.

    The pairs rather than the filter's last state are kept: an observation that comes late still
    finds its place, and the order of updates does not matter.
    """

    state: xr.Dataset

    def predict(self, cases: xr.Dataset) -> Distribution:
        """Corrected guidance with its errors; NaN where there is no guidance.

        Each issue takes the state of its own day, so earlier issues stay free of later
        observations. A place never seen takes the mean state of all places.
        """
        dressing = Dressing(self.state["centres"].values, self.state["errors"].values)
        scaled = dressing.apply(self._corrected(cases), self._rows(cases))
        return Distribution.from_values(from_scale(scaled), cases)

    def corrected(self, cases: xr.Dataset) -> xr.DataArray:
        """Corrected guidance as a single value, (issue, lead, place), in the target's unit."""
        values = from_scale(self._corrected(cases))
        return xr.DataArray(values, dims=DIMS, coords={d: cases[d] for d in DIMS})

    def update(self, cases: xr.Dataset, target: xr.DataArray) -> FittedKalman:
        """Take in more days, without a refit.

        Parameters
        ----------
        cases : xarray.Dataset
            Cases with the guidance; issues seen before may come again with more of their target.
        target : xarray.DataArray, (issue, lead, place)
            What came; NaN where it has not yet.

        Returns
        -------
        FittedKalman
            A new member; this one stays as it is.

        Raises
        ------
        ValueError
            A lead that the member was not fitted for, or cases and target differ.
        """
        self._rows(cases)
        s = self.state
        require_same_cases(cases[s.attrs["guidance"]], target, ("the guidance", "the target"))
        more = _pairs(s.attrs["guidance"], cases, target)
        old = s[["modelled", "observed"]]
        both = more.combine_first(old).sel(lead=s["lead"]).sortby("issue").transpose(*DIMS)
        return FittedKalman(s.drop_dims(["issue", "place"]).merge(both.astype(np.float32)))

    def save(self, folder: Path) -> None:
        """Write ``kalman.nc``."""
        save_state(self.state, folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read ``kalman.nc``.

        Raises
        ------
        ValueError
            The file lacks a part of the state.
        """
        needed = ("ratio", "start", "centre", "spread", "centres", "errors", "modelled", "observed")
        attributes = ("guidance", "slope", "delay")
        return cls(load_state(folder / FILE, needed, attributes, "Kalman filter"))

    def _rows(self, cases: xr.Dataset) -> list[int]:
        leads = [int(lead) for lead in self.state["lead"].values]
        return [leads.index(int(lead)) for lead in cases["lead"].values]

    def _corrected(self, cases: xr.Dataset) -> np.ndarray:
        """Corrected guidance on the modelling scale, (issue, lead, place)."""
        name = self.state.attrs["guidance"]
        if name not in cases:
            return np.full([cases.sizes[d] for d in DIMS], np.nan, np.float32)
        guidance = _scaled(cases[name])
        rows = self._rows(cases)
        places = self.state["place"].to_index().get_indexer(cases["place"].to_index())
        states = self._states[:, :, rows][..., places]
        states[..., places < 0] = self._states[:, :, rows].mean(axis=-1, keepdims=True)
        # at lead k, the errors of issues up to issue − k − delay have been seen
        past = self.state["issue"].values.astype("datetime64[D]")
        issue = cases["issue"].values.astype("datetime64[D]")
        back = (cases["lead"].values + self.state.attrs["delay"]).astype("timedelta64[D]")
        seen = np.searchsorted(past, issue[:, None] - back, side="right")
        theta = states[:, seen, np.arange(len(rows))]  # (term, issue, lead, place)
        centre, spread = (self.state[n].values[rows][:, None] for n in ("centre", "spread"))
        z = (guidance - centre) / spread
        return np.maximum(guidance + theta[0] + theta[1] * z, 0)

    @cached_property
    def _states(self) -> np.ndarray:
        """State after 0, 1, … issues, (term, issues seen, lead, place)."""
        s = self.state
        modelled, observed = s["modelled"].values, s["observed"].values
        z = (modelled - s["centre"].values[:, None]) / s["spread"].values[:, None]
        days = np.diff(s["issue"].values.astype("datetime64[D]"), prepend=np.datetime64("NaT"))
        days = np.where(np.isnat(days), 1, days.astype(np.int64)).astype(np.float32)
        return _filter(
            observed - modelled,
            z if s.attrs["slope"] else np.zeros_like(z),
            days,
            s["start"].values,
            s["ratio"].values[:, None],
        )


def _filter(
    error: np.ndarray, z: np.ndarray, days: np.ndarray, start: np.ndarray, ratio: np.ndarray
) -> np.ndarray:
    """Filter errors (issue, lead, place) along the issues; see the module.

    `days` since the issue before, (issue,); `start` (lead, 2) and `ratio` (lead, 1). A missing
    error leaves the state as it is. Returns the states before the first and after each issue,
    float32, (2, issue + 1, lead, place).
    """
    shape = error.shape[1:]
    states = np.empty((2, len(error) + 1, *shape), np.float32)
    bias, slope = (np.broadcast_to(start[:, t, None], shape).copy() for t in (0, 1))
    states[:, 0] = bias, slope
    bb = np.full(shape, START_VARIANCE, np.float32)  # covariance: bias, both, slope
    bs, ss = np.zeros_like(bb), bb.copy()
    for i in range(len(error)):
        bb, ss = bb + ratio * days[i], ss + ratio * days[i]
        known = np.isfinite(error[i])
        h = np.where(known, z[i], 0)
        at_bias, at_slope = bb + bs * h, bs + ss * h  # P·h
        weight = known / (at_bias + at_slope * h + 1)
        innovation = np.where(known, error[i] - bias - slope * h, 0)
        bias = bias + at_bias * weight * innovation
        slope = slope + at_slope * weight * innovation
        bb = bb - at_bias * at_bias * weight
        bs = bs - at_bias * at_slope * weight
        ss = ss - at_slope * at_slope * weight
        states[:, i + 1] = bias, slope
    return states


def _start(error: np.ndarray, z: np.ndarray, slope: bool) -> np.ndarray:
    """Ridge regression of the errors on (1, z) over all places, (lead, 2)."""
    known = np.isfinite(error)
    e, h = np.where(known, error, 0).astype(np.float64), np.where(known, z, 0).astype(np.float64)
    one = known.sum(axis=(0, 2)) + RIDGE
    first, second = h.sum(axis=(0, 2)), (h * h).sum(axis=(0, 2)) + RIDGE
    if not slope:
        return np.stack([e.sum(axis=(0, 2)) / one, np.zeros_like(one)], 1).astype(np.float32)
    normal = np.stack([np.stack([one, first], 1), np.stack([first, second], 1)], 1)
    right = np.stack([e.sum(axis=(0, 2)), (e * h).sum(axis=(0, 2))], 1)
    return np.linalg.solve(normal, right[..., None])[..., 0].astype(np.float32)


def _pairs(guidance: str, cases: xr.Dataset, target: xr.DataArray) -> xr.Dataset:
    """Guidance and observations on the modelling scale, (issue, lead, place)."""
    return xr.Dataset(
        {
            "modelled": (DIMS, _scaled(cases[guidance])),
            "observed": (DIMS, _scaled(target)),
        },
        coords={d: cases[d].values for d in DIMS},
    )


def _scaled(values: xr.DataArray) -> np.ndarray:
    return to_scale(values.transpose(*DIMS).values.astype(np.float32))


def _moments(modelled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the guidance, (lead, 1); 0 and 1 where there is none."""
    known = np.isfinite(modelled)
    count = np.maximum(known.sum(axis=(0, 2)), 1)[:, None]
    value = np.where(known, modelled, 0)
    centre = (value.sum(axis=(0, 2))[:, None] / count).astype(np.float32)
    square = (np.where(known, modelled - centre, 0) ** 2).sum(axis=(0, 2))[:, None] / count
    spread = np.sqrt(square).astype(np.float32)
    return centre, np.where(spread > MIN_SPREAD, spread, np.float32(1))


def _mean_square(error: np.ndarray) -> np.ndarray:
    """Mean square by lead of (issue, lead, place) without NaN; 0 where there is none."""
    count = np.maximum(np.isfinite(error).sum(axis=(0, 2)), 1)
    return np.nansum(error**2, axis=(0, 2)) / count
