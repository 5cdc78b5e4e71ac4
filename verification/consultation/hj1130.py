"""Evaluation of AQI forecasts in the form of HJ 1130-2020.

Hits of the range about the forecast, of the level and of the primary pollutant, and the accuracy
on heavy days, which is a hit rate: the share of observed heavy days that were forecast heavy.
The form and its numbers follow a secondary source, so every number is a parameter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from verification.categorical.edges import check_edges, class_numbers
from verification.classes import count_pairs
from verification.consultation.flags import check_masks, share_a_category
from verification.consultation.labels import RULES, rules_label, without_rules
from verification.score import Score
from verification.sums import check_family, ratio

FAMILY = "hj1130"

LEVEL_EDGES = (50, 100, 150, 200, 300)
"""Upper ends of the first five of six levels of the AQI, HJ 633."""

_VALUES = ("range_hits", "level_hits", "primary_days", "primary_hits", "heavy_days", "heavy_hits")


def hj1130_sums(
    aqi_fcst: xr.DataArray,
    aqi_obs: xr.DataArray,
    primary_fcst: xr.DataArray | None = None,
    primary_obs: xr.DataArray | None = None,
    *,
    share: float = 0.25,
    level_edges: Sequence[float] = LEVEL_EDGES,
    primary_above: float = 50.0,
    heavy_above: float = 200.0,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum what the HJ 1130 figures are read from, by observed level.

    Parameters
    ----------
    aqi_fcst, aqi_obs : xarray.DataArray
        Forecast and observed AQI, e.g. (issue, lead, place).
    primary_fcst, primary_obs : xarray.DataArray, optional
        Bit masks of the primary pollutants, as in `common_category_sums`; 0 means none. Without
        them there is no primary accuracy. Pairs in which anything given is NaN are left out.
    share : float
        The range reaches this share of the forecast to both sides of it, 0 to 1.
    level_edges : sequence of float
        Upper ends of all levels but the last, increasing and right-closed.
    primary_above, heavy_above : float
        The primary pollutant is scored on days with an observed AQI above the first, and a day
        above the second is a heavy one.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `hj1130`, by `level_obs`: `count`, `range_hits`, `level_hits`, `primary_days` and
        `primary_hits`, `heavy_days` and `heavy_hits`; with `pairs` and `weight`. The parameters
        are the label of `rules`: sums of others do not merge.

    Raises
    ------
    ValueError
        If only one of the two masks is given, a mask is not a whole number from 0, a parameter
        is out of range, labels differ (see `check_aligned`), `keep` is unknown or weights are
        invalid.

    References
    ----------
    HJ 1130-2020, Technical guideline for numerical forecasting of ambient air quality.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import hj1130_range_accuracy, hj1130_sums
    >>> fcst, obs = xr.DataArray([80.0, 80.0], dims="x"), xr.DataArray([100.0, 101.0], dims="x")
    >>> float(hj1130_range_accuracy(hj1130_sums(fcst, obs)))
    0.5
    """
    if (primary_fcst is None) != (primary_obs is None):
        raise ValueError("primary pollutants must be given for forecast and observed, or for none")
    if not 0 <= share <= 1:
        raise ValueError(f"the share of the range must lie between 0 and 1, found {share}")
    edges = check_edges(level_edges, "level edges")
    none = xr.DataArray(0.0)

    def classify(
        f: np.ndarray, o: np.ndarray, mask_f: np.ndarray, mask_o: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        check_masks(mask_f)
        check_masks(mask_o)
        level = class_numbers(o, edges)
        primary = (o > primary_above) & (mask_o > 0)
        heavy = o > heavy_above
        return (
            ~np.isnan(f + o + mask_f + mask_o),
            level,
            {
                "range_hits": ((1 - share) * f <= o) & (o <= (1 + share) * f),
                "level_hits": class_numbers(f, edges) == level,
                "primary_days": primary,
                "primary_hits": primary & share_a_category(mask_f, mask_o),
                "heavy_days": heavy,
                "heavy_hits": heavy & (f > heavy_above),
            },
        )

    label = rules_label(
        share=share, level_edges=edges, primary_above=primary_above, heavy_above=heavy_above
    )
    return count_pairs(
        classify,
        aqi_fcst,
        aqi_obs,
        none if primary_fcst is None else primary_fcst,
        none if primary_obs is None else primary_obs,
        family=FAMILY,
        classes={RULES: label, "level_obs": np.arange(1, edges.size + 2)},
        values=_VALUES,
        keep=keep,
        weights=weights,
    )


def _share(sums: xr.Dataset, hits: str, days: str, name: str) -> xr.DataArray:
    check_family(sums, FAMILY)
    found = ratio(sums[hits].sum("level_obs"), sums[days].sum("level_obs"))
    return without_rules(found, name)


def hj1130_range_accuracy(sums: xr.Dataset) -> xr.DataArray:
    """Share of days whose observed AQI lies within 25 % of the forecast.

    #(0.75 F ≤ O ≤ 1.25 F) / N, with the share 0.25 of `hj1130_sums`. Range [0, 1], perfect 1,
    larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `hj1130_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    References
    ----------
    HJ 1130-2020, Technical guideline for numerical forecasting of ambient air quality.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import hj1130_range_accuracy, hj1130_sums
    >>> fcst, obs = xr.DataArray([80.0, 80.0], dims="x"), xr.DataArray([60.0, 59.0], dims="x")
    >>> float(hj1130_range_accuracy(hj1130_sums(fcst, obs)))
    0.5
    """
    return _share(sums, "range_hits", "count", "hj1130_range_accuracy")


def hj1130_level_accuracy(sums: xr.Dataset) -> xr.DataArray:
    """Share of days whose forecast AQI lies in the observed level.

    #(L(F) = L(O)) / N. Range [0, 1], perfect 1, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `hj1130_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without pairs.

    References
    ----------
    HJ 1130-2020, Technical guideline for numerical forecasting of ambient air quality.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import hj1130_level_accuracy, hj1130_sums
    >>> fcst, obs = xr.DataArray([80.0, 80.0], dims="x"), xr.DataArray([100.0, 101.0], dims="x")
    >>> float(hj1130_level_accuracy(hj1130_sums(fcst, obs)))
    0.5
    """
    return _share(sums, "level_hits", "count", "hj1130_level_accuracy")


def hj1130_level_accuracy_by_level(sums: xr.Dataset) -> xr.DataArray:
    """Share of days whose forecast AQI lies in the observed level, for every observed level.

    #(L(F) = L(O) = j) / #(L(O) = j). Range [0, 1], perfect 1, larger is better, but only all
    levels together: a forecast that always names one level has it right.

    Parameters
    ----------
    sums : xarray.Dataset
        From `hj1130_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions and `level_obs`; NaN for a level never observed.

    Raises
    ------
    ValueError
        If the sums are of another family.

    References
    ----------
    HJ 1130-2020, Technical guideline for numerical forecasting of ambient air quality.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import hj1130_level_accuracy_by_level, hj1130_sums
    >>> fcst, obs = xr.DataArray([80.0, 80.0], dims="x"), xr.DataArray([100.0, 101.0], dims="x")
    >>> hj1130_level_accuracy_by_level(hj1130_sums(fcst, obs)).values
    array([nan,  1.,  0., nan, nan, nan])
    """
    check_family(sums, FAMILY)
    found = ratio(sums["level_hits"], sums["count"])
    return without_rules(found, "hj1130_level_accuracy_by_level")


def hj1130_primary_accuracy(sums: xr.Dataset) -> xr.DataArray:
    """Share of days above 50 whose forecast names one of the observed primary pollutants.

    #(O > 50, K_F ∩ K_O ≠ ∅) / #(O > 50, K_O ≠ ∅). A forecast that names none is a miss. Range
    [0, 1], perfect 1, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `hj1130_sums` with masks of the primary pollutants.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without a day with an observed primary pollutant.

    References
    ----------
    HJ 1130-2020, Technical guideline for numerical forecasting of ambient air quality.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import hj1130_primary_accuracy, hj1130_sums
    >>> aqi = xr.DataArray([80.0, 80.0, 40.0], dims="x")
    >>> fcst, obs = xr.DataArray([1, 2, 0], dims="x"), xr.DataArray([3, 1, 0], dims="x")
    >>> float(hj1130_primary_accuracy(hj1130_sums(aqi, aqi, fcst, obs)))
    0.5
    """
    return _share(sums, "primary_hits", "primary_days", "hj1130_primary_accuracy")


def hj1130_heavy_accuracy(sums: xr.Dataset) -> xr.DataArray:
    """Share of observed heavy days (AQI above 200) that were forecast heavy.

    #(O > 200, F > 200) / #(O > 200): a hit rate, like `pod` at that threshold, which counts no
    false alarms. Range [0, 1], perfect 1, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `hj1130_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without an observed heavy day.

    References
    ----------
    HJ 1130-2020, Technical guideline for numerical forecasting of ambient air quality.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import hj1130_heavy_accuracy, hj1130_sums
    >>> fcst = xr.DataArray([220.0, 190.0, 250.0], dims="x")
    >>> obs = xr.DataArray([320.0, 240.0, 150.0], dims="x")
    >>> float(hj1130_heavy_accuracy(hj1130_sums(fcst, obs)))
    0.5
    """
    return _share(sums, "heavy_hits", "heavy_days", "hj1130_heavy_accuracy")


SCORES = tuple(
    Score(function.__name__, FAMILY, function, (0, 1), 1.0, "larger", long_name, chinese)
    for function, long_name, chinese in (
        (hj1130_range_accuracy, "range hits, HJ 1130", "范围准确率（HJ 1130）"),
        (hj1130_level_accuracy, "level, HJ 1130", "级别准确率（HJ 1130）"),
        (hj1130_primary_accuracy, "primary pollutant, HJ 1130", "首要污染物准确率（HJ 1130）"),
        (hj1130_heavy_accuracy, "heavy days, HJ 1130", "重污染准确率（HJ 1130）"),
    )
)
"""Scores of this file, by name in tables."""
