"""Isotonic correction of a probability to exceed a threshold, by lead.

A probability p read from a distribution is replaced by the frequency with which the event followed
such probabilities. The frequency may only rise with p: isotonic regression by pooling of adjacent
violators (Ayer et al. 1955; as recalibration: Dimitriadis, Gneiting & Jordan 2021, PNAS 118,
e2016191118). Heavy days are rare and come in episodes, so little is believed:

    corrected(p) = p + a_lead·(own(p) − p),   own = s·lead + (1 − s)·pooled

with ``lead`` and ``pooled`` the isotonic curves of one lead and of all, ``s = n/(n + 20)`` with n
the independent episodes with an event at the lead, and ``a = N/(N + 20)`` with N those at any lead.
Both mixtures are of rising functions, so the correction rises too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from scipy.optimize import isotonic_regression

from ensembles.pooling import DAYS_PER_EPISODE
from ensembles.table import require_same_cases, valid_days

GRID = np.concatenate(
    [[0, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075], np.arange(2, 19) / 20,
     [0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 0.9975, 1]]
)  # fmt: skip
"""Probabilities the correction is kept at; between them it is linear."""
POOLING_EPISODES = 20.0
"""Episodes with an event at which data and prior (all leads; no correction) count the same."""


@dataclass(frozen=True)
class ExceedanceCorrection:
    """Corrected probabilities at each lead.

    Parameters
    ----------
    corrected : xarray.DataArray, (lead, probability)
        On `GRID`; non-decreasing, within 0 … 1.
    """

    corrected: xr.DataArray

    def apply(self, probability: xr.DataArray) -> xr.DataArray:
        """Correct probabilities.

        Parameters
        ----------
        probability : xarray.DataArray, (…, lead, …)
            0 … 1; NaN stays.

        Returns
        -------
        xarray.DataArray
            Same dimensions; float32.

        Raises
        ------
        KeyError
            A lead was not among those it was fitted on.
        """
        table = self.corrected.sel(lead=probability["lead"]).values
        axis = probability.dims.index("lead")
        values = np.moveaxis(probability.values, axis, 0)
        grid = self.corrected["probability"].values
        out = np.stack([np.interp(v, grid, row) for v, row in zip(values, table, strict=True)])
        out = np.where(np.isnan(values), np.nan, out).astype(np.float32)
        return probability.copy(data=np.moveaxis(out, 0, axis))

    def to_dict(self) -> dict[str, list]:
        """Plain lists for JSON."""
        return {
            "lead": self.corrected["lead"].values.tolist(),
            "probability": self.corrected["probability"].values.tolist(),
            "corrected": self.corrected.values.tolist(),
        }

    @classmethod
    def from_dict(cls, state: dict[str, list]) -> ExceedanceCorrection:
        """Inverse of `to_dict`.

        Raises
        ------
        ValueError
            A row falls or leaves 0 … 1.
        """
        table = np.array(state["corrected"], dtype=float)
        rising = (np.diff(table, axis=-1) >= 0).all()
        if not (rising and (table >= 0).all() and (table <= 1).all()):
            raise ValueError(
                "exceedance correction: expected rows that rise within 0 … 1, "
                "found one that falls, leaves them or is missing"
            )
        coords = {"lead": state["lead"], "probability": state["probability"]}
        return cls(xr.DataArray(table, coords=coords, dims=("lead", "probability")))


def fit_exceedance(probability: xr.DataArray, occurred: xr.DataArray) -> ExceedanceCorrection:
    """Learn the correction from out-of-fold probabilities.

    Parameters
    ----------
    probability : xarray.DataArray, (issue, lead, place)
        Probability of the event, made by a fit that has not seen the case.
    occurred : xarray.DataArray, (issue, lead, place)
        1 where the event came, 0 where not, NaN where unknown.

    Returns
    -------
    ExceedanceCorrection
        The identity where no event is known.

    Raises
    ------
    ValueError
        The cases differ, or a probability is outside 0 … 1.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> issue = np.datetime64("2014-01-01", "ns") + np.arange(400).astype("timedelta64[D]")
    >>> coords = {"issue": issue, "lead": [1], "place": ["a"]}
    >>> came = xr.DataArray((np.arange(400.0) % 2).reshape(400, 1, 1), coords=coords)
    >>> said = came * 0 + 0.9  # always 90 %, in truth 50 %
    >>> fit_exceedance(said, came).apply(said)[0, 0, 0].round(2).item()
    0.6299999952316284
    """
    require_same_cases(probability, occurred, ("the probabilities", "the events"))
    order = ("issue", "lead", "place")
    p = probability.transpose(*order).values.astype(np.float64)
    came = occurred.transpose(*order).values.astype(np.float64)
    known = np.isfinite(p) & np.isfinite(came)
    if known.any() and not (p[known].min() >= 0 and p[known].max() <= 1):
        raise ValueError(
            f"expected probabilities within 0 … 1, found {p[known].min()} … {p[known].max()}"
        )
    days = valid_days(occurred.to_dataset(name="o"))
    event = np.any(known & (came > 0), axis=2)
    share = _trust(len(np.unique(days[event])))
    pooled = _curve(p[known], came[known])
    table = np.empty((p.shape[1], len(GRID)))
    for k in range(p.shape[1]):
        rows = known[:, k]
        of_lead = _trust(event[:, k].sum())
        own = _curve(p[:, k][rows], came[:, k][rows]) if of_lead > 0 else pooled
        table[k] = GRID + share * (of_lead * own + (1 - of_lead) * pooled - GRID)
    table = np.clip(np.maximum.accumulate(table, axis=1), 0, 1)
    coords = {"lead": probability["lead"].values, "probability": GRID}
    return ExceedanceCorrection(xr.DataArray(table, coords=coords, dims=("lead", "probability")))


def isotonic(probability: np.ndarray, occurred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Isotonic frequency of an event at each distinct probability.

    Parameters
    ----------
    probability, occurred : ndarray, (case,)
        No missing values.

    Returns
    -------
    ndarray, (distinct,)
        Distinct probabilities, rising.
    ndarray, (distinct,)
        Frequency, non-decreasing.

    Examples
    --------
    >>> import numpy as np
    >>> isotonic(np.array([0.1, 0.2, 0.3]), np.array([0.0, 1.0, 0.0]))[1].tolist()
    [0.0, 0.5, 0.5]
    """
    at, inverse, count = np.unique(probability, return_inverse=True, return_counts=True)
    mean = np.bincount(inverse.ravel(), weights=occurred) / count
    return at, isotonic_regression(mean, weights=count).x


def decompose_brier(probability: xr.DataArray, occurred: xr.DataArray) -> dict[str, Any]:
    """Check probabilities: miscalibration, discrimination and uncertainty of the Brier score.

    With c the isotonic frequencies and o the climatological one (CORP; Dimitriadis et al. 2021):
    ``brier = miscalibration − discrimination + uncertainty``, ``miscalibration = BS(p) − BS(c)``
    (0 is perfect), ``discrimination = BS(o) − BS(c)``, ``uncertainty = BS(o)``.

    Parameters
    ----------
    probability, occurred : xarray.DataArray
        As in `fit_exceedance`, on the same dimensions; NaN is left out.

    Returns
    -------
    dict of str to float
        ``brier``, ``miscalibration``, ``discrimination``, ``uncertainty``; NaN without cases.

    Examples
    --------
    >>> import xarray as xr
    >>> said, came = xr.DataArray([0.2, 0.2, 0.8, 0.8]), xr.DataArray([0.0, 0.0, 1.0, 1.0])
    >>> {name: round(value, 2) for name, value in decompose_brier(said, came).items()}
    {'brier': 0.04, 'miscalibration': 0.04, 'discrimination': 0.25, 'uncertainty': 0.25}
    """
    p = probability.values.ravel().astype(np.float64)
    came = occurred.transpose(*probability.dims).values.ravel().astype(np.float64)
    known = np.isfinite(p) & np.isfinite(came)
    names = ("brier", "miscalibration", "discrimination", "uncertainty")
    if not known.any():
        return dict.fromkeys(names, float("nan"))
    p, came = p[known], came[known]
    at, frequency = isotonic(p, came)
    best = float(((frequency[np.searchsorted(at, p)] - came) ** 2).mean())
    brier = float(((p - came) ** 2).mean())
    uncertainty = float(((came.mean() - came) ** 2).mean())
    return dict(zip(names, (brier, brier - best, uncertainty - best, uncertainty), strict=True))


def _trust(days: int) -> float:
    episodes = days / DAYS_PER_EPISODE
    return float(episodes / (episodes + POOLING_EPISODES))


def _curve(p: np.ndarray, came: np.ndarray) -> np.ndarray:
    """Isotonic frequencies on `GRID`: linear between the mean probabilities of the blocks."""
    if not len(p):
        return GRID.copy()
    at, frequency = isotonic(p, came)
    weight = np.bincount(np.searchsorted(at, p), minlength=len(at)).astype(float)
    _, block = np.unique(frequency, return_inverse=True)
    centre = np.bincount(block, weights=at * weight) / np.bincount(block, weights=weight)
    level = np.unique(frequency)
    return np.interp(GRID, centre, level)
