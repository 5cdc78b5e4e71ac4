"""Association of forecast and observed events, for events of any rarity.

H, M, F and C are the hits, misses, false alarms and correct negatives. These scores do not
change when the sample holds more or fewer events at the same POD and POFD, and say nothing of
the frequency bias: they belong beside it.
"""

from __future__ import annotations

from math import inf

import numpy as np
import xarray as xr

from verification.categorical.events import FAMILY, table_cells
from verification.score import Score
from verification.sums import ratio


def odds_ratio(sums: xr.Dataset) -> xr.DataArray:
    """Odds ratio: odds of a hit when the event occurs over odds of a false alarm when not.

    θ = HC / (FM). Range [0, ∞), perfect ∞, larger is better; 1 is chance. ∞ without misses or
    without false alarms, and NaN if HC is 0 as well.

    Parameters
    ----------
    sums : xarray.Dataset
        From `contingency_sums` or `exceedance_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions (and `threshold`).

    References
    ----------
    Stephenson, D. B. (2000), Weather and Forecasting 15, 221-232.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import contingency_sums, odds_ratio
    >>> fcst = xr.DataArray([1, 1, 0, 0, 0, 1], dims="x")
    >>> obs = xr.DataArray([1, 1, 1, 0, 0, 0], dims="x")
    >>> float(odds_ratio(contingency_sums(fcst, obs)))
    4.0
    """
    hits, misses, false_alarms, negatives = table_cells(sums)
    right, wrong = hits * negatives, false_alarms * misses
    return ratio(right, wrong).where((wrong != 0) | (right == 0), inf).rename("odds_ratio")


def odds_ratio_skill(sums: xr.Dataset) -> xr.DataArray:
    """Odds-ratio skill score (ORSS), also Yule's Q.

    Q = (HC - FM) / (HC + FM) = (θ - 1) / (θ + 1). Range [-1, 1], perfect 1, larger is better; 0
    is chance. It is 1 for every forecast without misses, or without false alarms. NaN where both
    products are zero.

    Parameters
    ----------
    sums : xarray.Dataset
        From `contingency_sums` or `exceedance_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions (and `threshold`).

    References
    ----------
    Stephenson, D. B. (2000), Weather and Forecasting 15, 221-232.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import contingency_sums, odds_ratio_skill
    >>> fcst = xr.DataArray([1, 1, 0, 0, 0, 1], dims="x")
    >>> obs = xr.DataArray([1, 1, 1, 0, 0, 0], dims="x")
    >>> float(odds_ratio_skill(contingency_sums(fcst, obs)))
    0.6
    """
    hits, misses, false_alarms, negatives = table_cells(sums)
    right, wrong = hits * negatives, false_alarms * misses
    return ratio(right - wrong, right + wrong).rename("odds_ratio_skill")


def sedi(sums: xr.Dataset) -> xr.DataArray:
    """Symmetric extremal dependence index: skill that does not vanish as events become rare.

    With p = POD and q = POFD, SEDI = (ln q - ln p - ln(1 - q) + ln(1 - p)) /
    (ln q + ln p + ln(1 - q) + ln(1 - p)). Range [-1, 1], perfect 1, larger is better; 0 is
    chance. Where every forecast is right (or wrong) it is the limit 1 (or -1). With any other
    empty cell it is NaN: the limit would call each forecast without false alarms perfect.

    Parameters
    ----------
    sums : xarray.Dataset
        From `contingency_sums` or `exceedance_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions (and `threshold`).

    References
    ----------
    Ferro, C. A. T. and Stephenson, D. B. (2011), Weather and Forecasting 26, 699-713.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import contingency_sums, sedi
    >>> fcst = xr.DataArray([1, 1, 0, 0, 0, 1], dims="x")
    >>> obs = xr.DataArray([1, 1, 1, 0, 0, 0], dims="x")
    >>> round(float(sedi(contingency_sums(fcst, obs))), 4)
    0.4608
    """
    hits, misses, false_alarms, negatives = cells = table_cells(sums)
    seen, unseen = hits + misses, false_alarms + negatives
    shares = zip(cells, (seen, seen, unseen, unseen), strict=True)
    ln_hit, ln_miss, ln_false, ln_right = (
        np.log(ratio(cell, of).where(cell > 0)) for cell, of in shares
    )
    value = (ln_false - ln_hit - ln_right + ln_miss) / (ln_false + ln_hit + ln_right + ln_miss)
    both = (seen > 0) & (unseen > 0)
    value = value.where(~(both & (misses + false_alarms == 0)), 1.0)
    return value.where(~(both & (hits + negatives == 0)), -1.0).rename("sedi")


SCORES = (
    Score("odds_ratio", FAMILY, odds_ratio, (0, inf), inf, "larger", "odds ratio", "优势比"),
    Score(
        "odds_ratio_skill",
        FAMILY,
        odds_ratio_skill,
        (-1, 1),
        1.0,
        "larger",
        "odds-ratio skill score (Yule's Q)",
        "优势比技巧评分",
    ),
    Score(
        "sedi",
        FAMILY,
        sedi,
        (-1, 1),
        1.0,
        "larger",
        "symmetric extremal dependence index",
        "对称极端依赖指数（SEDI）",
    ),
)
"""Scores of this file, by name in tables."""
