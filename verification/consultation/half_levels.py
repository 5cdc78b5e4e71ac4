"""Hits by half-levels: every level of the AQI cut into two, and a neighbour counts as a hit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from verification.categorical.edges import check_edges, class_numbers
from verification.consultation.labels import RULES, rules_label, without_rules
from verification.pairs import sum_pairs
from verification.score import Score
from verification.sums import weighted_mean

FAMILY = "half_level"

HALF_LEVEL_EDGES = (25, 50, 75, 100, 125, 150, 175, 200, 250, 300, 400)
"""Upper ends of the first eleven of twelve half-levels: the levels of HJ 633 halved.

Level 6, which is open above, is cut at 400. The method has no published edges; these are ours.
"""


def half_level_hit_sums(
    aqi_fcst: xr.DataArray,
    aqi_obs: xr.DataArray,
    *,
    edges: Sequence[float] = HALF_LEVEL_EDGES,
    tolerance: int = 1,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum hits by half-levels.

    Parameters
    ----------
    aqi_fcst, aqi_obs : xarray.DataArray
        Forecast and observed AQI, e.g. (issue, lead, place). Pairs in which either is NaN are
        left out.
    edges : sequence of float
        Upper ends of all half-levels but the last, increasing; a value on an end belongs to the
        lower half-level. `HALF_LEVEL_EDGES` by default.
    tolerance : int
        Half-levels by which a hit may differ, at least 0; one by default, which is ours.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `half_level`: `half_level_hits`, and the pairs `half_level_over` and
        `half_level_under` forecast more than the tolerance too high and too low; with `pairs`
        and `weight`. Edges and tolerance are the label of `rules`: sums of others do not merge.

    Raises
    ------
    ValueError
        If the edges do not increase, the tolerance is not a whole number from 0, labels differ
        (see `check_aligned`), `keep` is unknown or weights are invalid.

    See Also
    --------
    level_of : The half-levels themselves, given the edges, for `level_table_sums`.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import half_level_accuracy, half_level_hit_sums
    >>> fcst, obs = xr.DataArray([60.0, 60.0], dims="x"), xr.DataArray([80.0, 110.0], dims="x")
    >>> float(half_level_accuracy(half_level_hit_sums(fcst, obs)))
    0.5
    """
    upper = check_edges(edges)
    if tolerance < 0 or tolerance != int(tolerance):
        raise ValueError(f"the tolerance must be a whole number from 0, found {tolerance!r}")

    def terms(f: np.ndarray, o: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        gap = (class_numbers(f, upper) - class_numbers(o, upper))[..., None]
        return ~(np.isnan(f) | np.isnan(o)), {
            "half_level_hits": np.abs(gap) <= tolerance,
            "half_level_over": gap > tolerance,
            "half_level_under": gap < -tolerance,
        }

    variables = ("half_level_hits", "half_level_over", "half_level_under")
    return sum_pairs(
        terms,
        aqi_fcst,
        aqi_obs,
        family=FAMILY,
        variables=dict.fromkeys(variables, (RULES,)),
        keep=keep,
        weights=weights,
        coords={RULES: rules_label(edges=upper, tolerance=tolerance)},
    )


def half_level_accuracy(sums: xr.Dataset) -> xr.DataArray:
    """Share of forecasts whose half-level differs from the observed one by the tolerance at most.

    #(|h_F - h_O| ≤ tolerance) / N. Range [0, 1], perfect 1, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `half_level_hit_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    level_accuracy : Hits of whole levels, without tolerance.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import half_level_accuracy, half_level_hit_sums
    >>> fcst = xr.DataArray([60.0, 60.0, 180.0], dims="x")
    >>> obs = xr.DataArray([80.0, 101.0, 250.0], dims="x")
    >>> round(float(half_level_accuracy(half_level_hit_sums(fcst, obs))), 4)
    0.6667
    """
    return without_rules(weighted_mean(sums, FAMILY, "half_level_hits"), "half_level_accuracy")


def half_level_over_rate(sums: xr.Dataset) -> xr.DataArray:
    """Share of forecasts too high by more half-levels than the tolerance.

    #(h_F - h_O > tolerance) / N. Range [0, 1], perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `half_level_hit_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    half_level_under_rate : The other side; both and the accuracy add to one.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import half_level_hit_sums, half_level_over_rate
    >>> fcst, obs = xr.DataArray([60.0, 160.0], dims="x"), xr.DataArray([80.0, 90.0], dims="x")
    >>> float(half_level_over_rate(half_level_hit_sums(fcst, obs)))
    0.5
    """
    return without_rules(weighted_mean(sums, FAMILY, "half_level_over"), "half_level_over_rate")


def half_level_under_rate(sums: xr.Dataset) -> xr.DataArray:
    """Share of forecasts too low by more half-levels than the tolerance.

    #(h_O - h_F > tolerance) / N. Range [0, 1], perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `half_level_hit_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    See Also
    --------
    half_level_over_rate : The other side; both and the accuracy add to one.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import half_level_hit_sums, half_level_under_rate
    >>> fcst, obs = xr.DataArray([60.0, 60.0], dims="x"), xr.DataArray([80.0, 140.0], dims="x")
    >>> float(half_level_under_rate(half_level_hit_sums(fcst, obs)))
    0.5
    """
    return without_rules(weighted_mean(sums, FAMILY, "half_level_under"), "half_level_under_rate")


SCORES = (
    Score(
        "half_level_accuracy",
        FAMILY,
        half_level_accuracy,
        (0, 1),
        1.0,
        "larger",
        "half-level hits",
        "半级准确率",
    ),
    Score(
        "half_level_over_rate",
        FAMILY,
        half_level_over_rate,
        (0, 1),
        0.0,
        "smaller",
        "half-levels too high",
        "半级偏高率",
    ),
    Score(
        "half_level_under_rate",
        FAMILY,
        half_level_under_rate,
        (0, 1),
        0.0,
        "smaller",
        "half-levels too low",
        "半级偏低率",
    ),
)
"""Scores of this file, by name in tables."""
