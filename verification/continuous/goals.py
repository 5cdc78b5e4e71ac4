"""Goals and criteria that published practice sets for scores of concentrations.

A goal is what the best models reach, a criterion what most do. They were drawn from models of
the past run over months, so they tell where a forecast stands among models, not whether it is
useful.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

_BOYLAN = "Boylan, J. W. and Russell, A. G. (2006), Atmos. Environ. 40, 4946-4959"
_EMERY = "Emery, C. et al. (2017), J. Air Waste Manage. Assoc. 67(5), 582-598"


@dataclass(frozen=True)
class Goal:
    """Goal and criterion of one score for one quantity.

    Parameters
    ----------
    goal, criterion : float
        Limits as fractions: of the size of the score, or from below if `at_least`.
    at_least : bool
        The score must reach the limit from above (a correlation) instead of staying within it.
    source : str
        Where the limits are from.
    """

    goal: float
    criterion: float
    source: str
    at_least: bool = False


GOALS: dict[str, dict[str, Goal]] = {
    "mfb": {q: Goal(0.30, 0.60, _BOYLAN) for q in ("pm25", "pm10")},
    "mfe": {q: Goal(0.50, 0.75, _BOYLAN) for q in ("pm25", "pm10")},
    "nmb": {"pm25": Goal(0.10, 0.30, _EMERY), "o3": Goal(0.05, 0.15, _EMERY)},
    "nme": {"pm25": Goal(0.35, 0.50, _EMERY), "o3": Goal(0.15, 0.25, _EMERY)},
    "correlation": {
        "pm25": Goal(0.70, 0.40, _EMERY, at_least=True),
        "o3": Goal(0.75, 0.50, _EMERY, at_least=True),
    },
}
"""Limits by name of the score and of the quantity (PM2.5 as 24 h means)."""


def goal_reached(value: xr.DataArray, score: str, quantity: str) -> xr.DataArray:
    """Tell whether values of a score reach the goal, only the criterion, or neither.

    A value at a limit reaches it.

    Parameters
    ----------
    value : xarray.DataArray
        Values of the score, as fractions, of any shape.
    score : str
        `mfb`, `mfe`, `nmb`, `nme` or `correlation`.
    quantity : str
        `pm25`, `pm10` or `o3`.

    Returns
    -------
    xarray.DataArray
        Text of the shape of `value`: "goal", "criterion" or "neither", and "" where the value
        is NaN.

    Raises
    ------
    ValueError
        If no goal is known for the score and quantity.

    References
    ----------
    Boylan, J. W. and Russell, A. G. (2006), Atmos. Environ. 40, 4946-4959 (MFB, MFE). Emery, C.
    et al. (2017), J. Air Waste Manage. Assoc. 67(5), 582-598 (NMB, NME, r).

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import goal_reached
    >>> goal_reached(xr.DataArray([0.1, -0.4, 0.7], dims="lead"), "mfb", "pm25").values.tolist()
    ['goal', 'criterion', 'neither']
    """
    limits = GOALS.get(score, {}).get(quantity)
    if limits is None:
        known = sorted(f"{s} of {q}" for s, of in GOALS.items() for q in of)
        raise ValueError(f"no goal is known for {score} of {quantity}, only for {known}")
    # A score that must reach a limit from above stays within it once both are turned round.
    size = -value if limits.at_least else abs(value)
    sign = -1 if limits.at_least else 1
    told = np.select(
        [value.isnull(), size <= sign * limits.goal, size <= sign * limits.criterion],
        ["", "goal", "criterion"],
        "neither",
    )
    return value.copy(data=told).rename("goal_reached")
