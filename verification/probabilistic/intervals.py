"""Central intervals of quantile forecasts: coverage, width, interval score.

The interval of nominal coverage c lies between the quantiles of the levels (1 ∓ c) / 2.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from math import inf

import numpy as np
import xarray as xr

from verification.probabilistic.quantiles import FAMILY, SAME_LEVEL, pinball
from verification.score import Score
from verification.sums import weighted_mean


def coverage(sums: xr.Dataset, nominal: float = 0.90) -> xr.DataArray:
    """Share of observations inside a central interval, both ends included.

    Coverage = #(q_low ≤ O ≤ q_high) / N with the levels (1 ∓ nominal) / 2. Range [0, 1], perfect
    is the nominal coverage, best nearest to it.

    Parameters
    ----------
    sums : xarray.Dataset
        From `quantile_sums`.
    nominal : float
        Nominal coverage; 0.90 is the interval between the levels 0.05 and 0.95.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    Raises
    ------
    ValueError
        If the levels do not hold this interval.

    References
    ----------
    Gneiting, T., Balabdaoui, F. and Raftery, A. E. (2007), J. R. Stat. Soc. B 69, 243-268.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import coverage, quantile_sums
    >>> fcst = xr.DataArray([[1.0, 4.0]] * 4, dims=("x", "quantile"),
    ...                     coords={"quantile": [0.05, 0.95]})
    >>> float(coverage(quantile_sums(fcst, xr.DataArray([0.0, 1.0, 3.0, 4.0], dims="x"))))
    0.75
    """
    inside = weighted_mean(sums, FAMILY, "inside")
    return _interval(inside, nominal).rename("coverage")


def width(sums: xr.Dataset, nominal: float = 0.90) -> xr.DataArray:
    """Mean width of a central interval: sharpness.

    Width = Σ(q_high - q_low) / N with the levels (1 ∓ nominal) / 2. Range [0, ∞), perfect 0,
    smaller is better at equal `coverage`; a figure to read only beside it.

    Parameters
    ----------
    sums : xarray.Dataset
        From `quantile_sums`.
    nominal : float
        Nominal coverage; 0.90 is the interval between the levels 0.05 and 0.95.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions; NaN without pairs.

    Raises
    ------
    ValueError
        If the levels do not hold this interval.

    References
    ----------
    Gneiting, T., Balabdaoui, F. and Raftery, A. E. (2007), J. R. Stat. Soc. B 69, 243-268.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import quantile_sums, width
    >>> fcst = xr.DataArray([[1.0, 4.0], [2.0, 7.0]], dims=("x", "quantile"),
    ...                     coords={"quantile": [0.05, 0.95]})
    >>> float(width(quantile_sums(fcst, xr.DataArray([0.0, 1.0], dims="x"))))
    4.0
    """
    widths = weighted_mean(sums, FAMILY, "interval_width")
    return _interval(widths, nominal).rename("width")


def interval_score(sums: xr.Dataset, nominal: float = 0.90) -> xr.DataArray:
    """Interval (Winkler) score: width of a central interval plus a fine for what lies outside.

    IS = Σ[(u - l) + 2/α (l - y)⁺ + 2/α (y - u)⁺] / N for the interval from l to u with
    α = 1 - nominal; it is 2/α times the pinball losses of both ends. Range [0, ∞), perfect 0,
    smaller is better; it weighs width against coverage, and the true quantiles are the best.

    Parameters
    ----------
    sums : xarray.Dataset
        From `quantile_sums`.
    nominal : float
        Nominal coverage; 0.90 is the interval between the levels 0.05 and 0.95.

    Returns
    -------
    xarray.DataArray
        In the unit of the input, on the kept dimensions; NaN without pairs.

    Raises
    ------
    ValueError
        If the levels do not hold this interval.

    References
    ----------
    Gneiting, T. and Raftery, A. E. (2007), J. Am. Stat. Assoc. 102, 359-378, eq. 43.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import interval_score, quantile_sums
    >>> fcst = xr.DataArray([[1.0, 4.0], [2.0, 7.0]], dims=("x", "quantile"),
    ...                     coords={"quantile": [0.05, 0.95]})
    >>> sums = quantile_sums(fcst, xr.DataArray([2.0, 8.0], dims="x"))
    >>> round(float(interval_score(sums)), 9)
    14.0
    """
    loss = pinball(sums)
    _at(sums["interval"], nominal)
    both = np.abs(np.abs(2 * loss["quantile"].values - 1.0) - nominal) <= 2 * SAME_LEVEL
    ends = loss.isel(quantile=np.flatnonzero(both)).sum("quantile", skipna=False)
    return (2.0 / (1.0 - nominal) * ends).rename("interval_score")


def _at(intervals: xr.DataArray, nominal: float) -> int:
    """Position of a nominal coverage among the intervals."""
    found = np.flatnonzero(np.abs(intervals.values - nominal) <= SAME_LEVEL)
    if not found.size:
        held = intervals.values.tolist()
        raise ValueError(f"no central interval of {nominal} among the levels, found {held}")
    return int(found[0])


def _interval(values: xr.DataArray, nominal: float) -> xr.DataArray:
    return values.isel(interval=_at(values["interval"], nominal)).drop_vars("interval")


def _of(function: Callable[..., xr.DataArray], percent: int) -> Callable[..., xr.DataArray]:
    """Bind a nominal coverage to a score, which keeps its own docstring."""
    return update_wrapper(partial(function, nominal=percent / 100), function)


_PERCENT = (50, 80, 90)

SCORES = (
    *(
        Score(
            f"coverage_{c}",
            FAMILY,
            _of(coverage, c),
            (0, 1),
            c / 100,
            "nearest",
            f"coverage of {c} %",
            f"{c}%区间覆盖率",
        )
        for c in _PERCENT
    ),
    *(
        Score(
            f"width_{c}",
            FAMILY,
            _of(width, c),
            (0, inf),
            0.0,
            "smaller",
            f"width of {c} %",
            f"{c}%区间宽度",
            "input",
        )
        for c in _PERCENT
    ),
    *(
        Score(
            f"interval_score_{c}",
            FAMILY,
            _of(interval_score, c),
            (0, inf),
            0.0,
            "smaller",
            f"interval score of {c} %",
            f"{c}%区间评分",
            "input",
        )
        for c in _PERCENT
    ),
)
"""Scores of this file, by name in tables."""
