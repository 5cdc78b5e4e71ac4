"""Skill of forecast levels over chance, from the table of forecast against observed levels.

n(i, j) is the number of pairs with forecast level i and observed level j; f(i) and o(j) are the
row and column sums, N the number of all. Differences from one are computed as sums over the
cells off the diagonal, so that a table with a single level is found to be undefined exactly.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from verification.categorical.exceedance import tables_above
from verification.categorical.level_table import FAMILY, FCST, OBS
from verification.score import Score
from verification.sums import check_family, ratio


def _off_diagonal(sums: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray]:
    """N Σ n(i, j), Σ f(i) o(j) and Σ o(i) o(j), each over i ≠ j."""
    check_family(sums, FAMILY)
    count = sums["count"]
    off = (sums[FCST] != sums[OBS]).astype(np.float64)
    wrong = (count * off).sum((FCST, OBS)) * count.sum((FCST, OBS))
    forecast, observed = count.sum(OBS), count.sum(FCST)
    as_forecast = observed.rename({OBS: FCST})
    return (
        wrong,
        xr.dot(forecast, observed, off, dim=(FCST, OBS)),
        xr.dot(as_forecast, observed, off, dim=(FCST, OBS)),
    )


def table_hss(sums: xr.Dataset) -> xr.DataArray:
    """Heidke skill score of levels: accuracy between chance (0) and perfect (1).

    HSS = (Σ n(i, i) / N - Σ f(i) o(i) / N²) / (1 - Σ f(i) o(i) / N²), Cohen's kappa. Range
    [-1, 1], perfect 1, larger is better. NaN when one and the same level was always forecast and
    observed. It counts an error of one level like an error of five.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_table_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions.

    References
    ----------
    Jolliffe, I. T. and Stephenson, D. B. (2012), Forecast Verification, 2nd ed., ch. 4.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_table_sums, table_hss
    >>> fcst, obs = xr.DataArray([1, 2, 3, 3], dims="x"), xr.DataArray([1, 2, 3, 2], dims="x")
    >>> round(float(table_hss(level_table_sums(fcst, obs))), 4)
    0.6364
    """
    wrong, chance, _ = _off_diagonal(sums)
    return (1 - ratio(wrong, chance)).rename("table_hss")


def table_peirce(sums: xr.Dataset) -> xr.DataArray:
    """Peirce skill score of levels, which no forecast without skill can raise by its frequencies.

    PSS = (Σ n(i, i) / N - Σ f(i) o(i) / N²) / (1 - Σ o(i)² / N²). Range [-1, 1], perfect 1,
    larger is better; 0 for a constant or random forecast. NaN when one level was observed only.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_table_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions.

    References
    ----------
    Jolliffe, I. T. and Stephenson, D. B. (2012), Forecast Verification, 2nd ed., ch. 4.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import level_table_sums, table_peirce
    >>> fcst, obs = xr.DataArray([1, 2, 3, 3], dims="x"), xr.DataArray([1, 2, 3, 2], dims="x")
    >>> float(table_peirce(level_table_sums(fcst, obs)))
    0.7
    """
    wrong, chance, observed = _off_diagonal(sums)
    return ratio(chance - wrong, observed).rename("table_peirce")


def gerrity(sums: xr.Dataset) -> xr.DataArray:
    """Gerrity score of levels: errors weigh by their size and by how rare the levels are.

    GS = Σ n(i, j) s(i, j) / N with the equitable weights of Gandin, Murphy and Gerrity from the
    observed sample of K levels: for i ≤ j

    s(i, j) = s(j, i) = (Σ_{r<i} 1/a(r) - (j - i) + Σ_{r≥j} a(r)) / (K - 1),

    a(r) = (1 - P(r)) / P(r), P(r) the observed share at or below level r. This is the mean, over
    the K - 1 cuts between levels, of the Peirce score of "above the cut", and is computed so. A
    cut with no observation on one side has no weight: level 6 joins level 5 where none was
    observed. Range [-1, 1], perfect 1, larger is better; 0 for a constant or random forecast.
    NaN when one level was observed only.

    Parameters
    ----------
    sums : xarray.Dataset
        From `level_table_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions.

    References
    ----------
    Gandin, L. S. and Murphy, A. H. (1992), Monthly Weather Review 120, 361-370; Gerrity, J. P.
    (1992), Monthly Weather Review 120, 2709-2712.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import gerrity, level_table_sums
    >>> fcst, obs = xr.DataArray([1, 2, 3, 3], dims="x"), xr.DataArray([1, 2, 3, 2], dims="x")
    >>> round(float(gerrity(level_table_sums(fcst, obs))), 4)
    0.8333
    """
    check_family(sums, FAMILY)
    count = sums["count"].transpose(..., FCST, OBS)
    cuts = tables_above(count.values)
    hits, misses = cuts["hits"], cuts["misses"]
    false_alarms, negatives = cuts["false_alarms"], cuts["correct_negatives"]
    two_sided = (hits + misses) * (false_alarms + negatives)
    beyond = hits * negatives - false_alarms * misses
    defined = two_sided > 0
    peirce = np.where(defined, beyond / np.where(defined, two_sided, 1.0), 0.0)
    total = count[{FCST: 0, OBS: 0}].drop_vars((FCST, OBS))
    number = total.copy(data=defined.sum(axis=-1, dtype=np.float64))
    return ratio(total.copy(data=peirce.sum(axis=-1)), number).rename("gerrity")


SCORES = (
    Score(
        "table_hss",
        FAMILY,
        table_hss,
        (-1, 1),
        1.0,
        "larger",
        "Heidke skill score of levels",
        "级别HSS评分",
    ),
    Score(
        "table_peirce",
        FAMILY,
        table_peirce,
        (-1, 1),
        1.0,
        "larger",
        "Peirce skill score of levels",
        "级别真实技巧评分（TSS）",
    ),
    Score(
        "gerrity", FAMILY, gerrity, (-1, 1), 1.0, "larger", "Gerrity score of levels", "Gerrity评分"
    ),
)
"""Scores of this file, by name in tables."""
