"""Scores of yes/no events that count the correct negatives: rates and skill over chance.

H, M, F and C are the hits, misses, false alarms and correct negatives, N their sum. A score
whose denominator is zero is NaN.
"""

from __future__ import annotations

import xarray as xr

from verification.categorical.events import FAMILY, table_cells
from verification.score import Score
from verification.sums import ratio


def pofd(sums: xr.Dataset) -> xr.DataArray:
    """Probability of false detection (false-alarm rate): share of non-events that were forecast.

    POFD = F / (F + C), not the false-alarm ratio F / (H + F), which is `far`. Range [0, 1],
    perfect 0, smaller is better; NaN if the event was always observed.

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
    Barnes, L. R. et al. (2009), Weather and Forecasting 24, 1452-1454.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import contingency_sums, pofd
    >>> fcst, obs = xr.DataArray([1, 0, 1, 1], dims="x"), xr.DataArray([1, 0, 0, 1], dims="x")
    >>> float(pofd(contingency_sums(fcst, obs)))
    0.5
    """
    _, _, false_alarms, negatives = table_cells(sums)
    return ratio(false_alarms, false_alarms + negatives).rename("pofd")


def proportion_correct(sums: xr.Dataset) -> xr.DataArray:
    """Proportion correct (PC): share of forecasts that were right, whether of events or of none.

    PC = (H + C) / N. Range [0, 1], perfect 1, larger is better. Rare events make it large for a
    forecast that never names one; TS, HSS or SEDI are the scores for these.

    Parameters
    ----------
    sums : xarray.Dataset
        From `contingency_sums` or `exceedance_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions (and `threshold`); NaN without pairs.

    References
    ----------
    Murphy, A. H. (1996), The Finley affair, Weather and Forecasting 11, 3-20.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import contingency_sums, proportion_correct
    >>> fcst, obs = xr.DataArray([1, 0, 1, 1], dims="x"), xr.DataArray([1, 0, 0, 1], dims="x")
    >>> float(proportion_correct(contingency_sums(fcst, obs)))
    0.75
    """
    hits, misses, false_alarms, negatives = table_cells(sums)
    right = hits + negatives
    return ratio(right, right + misses + false_alarms).rename("proportion_correct")


def ets(sums: xr.Dataset) -> xr.DataArray:
    """Equitable threat score, also Gilbert skill score: TS without the hits due to chance.

    ETS = (H - R) / (H + M + F - R), R = (H + M) (H + F) / N, computed as
    (HC - FM) / (HC - FM + N (M + F)). Range [-1/3, 1], perfect 1, larger is better; 0 is chance.
    NaN when the event was always, or never, both forecast and observed.

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
    Schaefer, J. T. (1990), Weather and Forecasting 5, 570-575.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import contingency_sums, ets
    >>> fcst, obs = xr.DataArray([1, 0, 1, 1], dims="x"), xr.DataArray([1, 0, 0, 1], dims="x")
    >>> float(ets(contingency_sums(fcst, obs)))
    0.3333333333333333
    """
    hits, misses, false_alarms, negatives = table_cells(sums)
    wrong = misses + false_alarms
    beyond = hits * negatives - false_alarms * misses
    return ratio(beyond, beyond + (hits + wrong + negatives) * wrong).rename("ets")


def hss(sums: xr.Dataset) -> xr.DataArray:
    """Heidke skill score: proportion correct between chance (0) and perfect (1).

    HSS = 2 (HC - FM) / ((H + M)(M + C) + (H + F)(F + C)), Cohen's kappa. Range [-1, 1], perfect
    1, larger is better. NaN when the event was always, or never, both forecast and observed.

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
    Doolittle, M. H. (1888); Heidke, P. (1926), Geografiska Annaler 8, 301-349.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import contingency_sums, hss
    >>> fcst, obs = xr.DataArray([1, 0, 1, 1], dims="x"), xr.DataArray([1, 0, 0, 1], dims="x")
    >>> float(hss(contingency_sums(fcst, obs)))
    0.5
    """
    hits, misses, false_alarms, negatives = table_cells(sums)
    beyond = 2 * (hits * negatives - false_alarms * misses)
    seen, forecast = hits + misses, hits + false_alarms
    chance = seen * (misses + negatives) + forecast * (false_alarms + negatives)
    return ratio(beyond, chance).rename("hss")


def peirce(sums: xr.Dataset) -> xr.DataArray:
    """Peirce skill score, also Hanssen-Kuipers discriminant (KSS) or true skill statistic.

    PSS = POD - POFD = (HC - FM) / ((H + M)(F + C)). Range [-1, 1], perfect 1, larger is better;
    0 for a constant or random forecast. NaN when the event was always or never observed.

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
    Peirce, C. S. (1884), Science 4, 453-454; Hanssen, A. W. and Kuipers, W. J. A. (1965), KNMI
    Mededelingen en Verhandelingen 81.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import contingency_sums, peirce
    >>> fcst, obs = xr.DataArray([1, 0, 1, 1], dims="x"), xr.DataArray([1, 0, 0, 1], dims="x")
    >>> float(peirce(contingency_sums(fcst, obs)))
    0.5
    """
    hits, misses, false_alarms, negatives = table_cells(sums)
    beyond = hits * negatives - false_alarms * misses
    return ratio(beyond, (hits + misses) * (false_alarms + negatives)).rename("peirce")


SCORES = (
    Score(
        "pofd", FAMILY, pofd, (0, 1), 0.0, "smaller", "false-alarm rate (POFD)", "误报率（POFD）"
    ),
    Score(
        "proportion_correct",
        FAMILY,
        proportion_correct,
        (0, 1),
        1.0,
        "larger",
        "proportion correct",
        "正确率（PC）",
    ),
    Score(
        "ets",
        FAMILY,
        ets,
        (-1 / 3, 1),
        1.0,
        "larger",
        "equitable threat score (Gilbert skill)",
        "公平TS评分（ETS）",
    ),
    Score("hss", FAMILY, hss, (-1, 1), 1.0, "larger", "Heidke skill score", "HSS评分"),
    Score(
        "peirce",
        FAMILY,
        peirce,
        (-1, 1),
        1.0,
        "larger",
        "Peirce skill score (KSS)",
        "真实技巧评分（TSS）",
    ),
)
"""Scores of this file, by name in tables."""
