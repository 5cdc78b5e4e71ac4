"""Scores of yes/no events from the contingency table of hits, misses and false alarms.

The table of forecast and observed events: hits H (yes, yes), false alarms F (yes, no),
misses M (no, yes), correct negatives C (no, no). A score whose denominator is zero is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
import xarray as xr

from verification.pairs import sum_pairs
from verification.score import Score
from verification.sums import check_family, ratio

FAMILY = "contingency"

_VARIABLES: dict[str, tuple[str, ...]] = {
    "hits": (),
    "misses": (),
    "false_alarms": (),
    "correct_negatives": (),
}


def exceeds(x: xr.DataArray, threshold: float) -> xr.DataArray:
    """Mark where a value lies above a threshold: 1 above, 0 at or below, NaN where missing.

    Categories are right-closed, so a value on the threshold belongs to the lower one.

    Parameters
    ----------
    x : xarray.DataArray
        Values of any shape.
    threshold : float
        In the unit of `x`.

    Returns
    -------
    xarray.DataArray
        float32 of the shape of `x`.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import exceeds
    >>> exceeds(xr.DataArray([200.0, 201.0, np.nan], dims="x"), 200).values
    array([ 0.,  1., nan], dtype=float32)
    """
    return (x > threshold).astype(np.float32).where(x.notnull())


def check_events(events: np.ndarray, what: str) -> None:
    """Raise `ValueError` unless every value is 0, 1 or NaN."""
    wrong = ~(np.isnan(events) | (events == 0) | (events == 1))
    if wrong.any():
        raise ValueError(f"{what} events must be 0, 1 or NaN, found {events[wrong][0]:g}")


def _terms(f: np.ndarray, o: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    check_events(f, "forecast")
    check_events(o, "observed")
    yes, seen = f == 1, o == 1
    return ~(np.isnan(f) | np.isnan(o)), {
        "hits": yes & seen,
        "misses": ~yes & seen,
        "false_alarms": yes & ~seen,
        "correct_negatives": ~yes & ~seen,
    }


def contingency_sums(
    event_fcst: xr.DataArray,
    event_obs: xr.DataArray,
    *,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Contingency table of forecast and observed events.

    Parameters
    ----------
    event_fcst, event_obs : xarray.DataArray
        Boolean, or 0, 1 and NaN as from `exceeds`, e.g. (issue, lead, place). Pairs in which
        either is NaN are left out.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `contingency`: `hits`, `misses`, `false_alarms`, `correct_negatives`, with `pairs`
        and `weight`.

    Raises
    ------
    ValueError
        If an event is not 0, 1 or NaN, labels differ (see `check_aligned`), `keep` is unknown or
        weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import contingency_sums, exceeds
    >>> fcst = xr.DataArray([210.0, 190.0, 250.0], dims="x")
    >>> obs = xr.DataArray([220.0, 230.0, 150.0], dims="x")
    >>> table = contingency_sums(exceeds(fcst, 200), exceeds(obs, 200))
    >>> [int(table[n]) for n in ("hits", "misses", "false_alarms", "correct_negatives")]
    [1, 1, 1, 0]
    """
    return sum_pairs(
        _terms,
        event_fcst,
        event_obs,
        family=FAMILY,
        variables=_VARIABLES,
        keep=keep,
        weights=weights,
    )


def table_cells(sums: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray, xr.DataArray, xr.DataArray]:
    """Hits, misses, false alarms and correct negatives; `ValueError` for another family."""
    check_family(sums, FAMILY)
    return sums["hits"], sums["misses"], sums["false_alarms"], sums["correct_negatives"]


def pod(sums: xr.Dataset) -> xr.DataArray:
    """Probability of detection (hit rate): share of observed events that were forecast.

    POD = H / (H + M). Range [0, 1], perfect 1, larger is better; NaN without an observed event.

    Parameters
    ----------
    sums : xarray.Dataset
        From `contingency_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions.

    References
    ----------
    Jolliffe, I. T. and Stephenson, D. B. (2012), Forecast Verification, 2nd ed., ch. 3.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import contingency_sums, pod
    >>> fcst, obs = xr.DataArray([1, 0, 1, 1], dims="x"), xr.DataArray([1, 1, 0, 1], dims="x")
    >>> round(float(pod(contingency_sums(fcst, obs))), 4)
    0.6667
    """
    hits, misses, _, _ = table_cells(sums)
    return ratio(hits, hits + misses).rename("pod")


def miss_rate(sums: xr.Dataset) -> xr.DataArray:
    """Miss rate: share of observed events that were not forecast.

    M / (H + M) = 1 - POD. Range [0, 1], perfect 0, smaller is better; NaN without an observed
    event.

    Parameters
    ----------
    sums : xarray.Dataset
        From `contingency_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions.

    References
    ----------
    Jolliffe, I. T. and Stephenson, D. B. (2012), Forecast Verification, 2nd ed., ch. 3.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import contingency_sums, miss_rate
    >>> fcst, obs = xr.DataArray([1, 0, 1, 1], dims="x"), xr.DataArray([1, 1, 0, 1], dims="x")
    >>> round(float(miss_rate(contingency_sums(fcst, obs))), 4)
    0.3333
    """
    hits, misses, _, _ = table_cells(sums)
    return ratio(misses, hits + misses).rename("miss_rate")


def far(sums: xr.Dataset) -> xr.DataArray:
    """False-alarm ratio: share of forecast events that were not observed.

    FAR = F / (H + F), not the false-alarm rate F / (F + C). Range [0, 1], perfect 0, smaller is
    better; NaN without a forecast event.

    Parameters
    ----------
    sums : xarray.Dataset
        From `contingency_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions.

    References
    ----------
    Barnes, L. R. et al. (2009), Weather and Forecasting 24, 1452-1454.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import contingency_sums, far
    >>> fcst, obs = xr.DataArray([1, 0, 1, 1], dims="x"), xr.DataArray([1, 1, 0, 1], dims="x")
    >>> round(float(far(contingency_sums(fcst, obs))), 4)
    0.3333
    """
    hits, _, false_alarms, _ = table_cells(sums)
    return ratio(false_alarms, hits + false_alarms).rename("far")


def ts(sums: xr.Dataset) -> xr.DataArray:
    """Threat score, also critical success index (CSI).

    TS = H / (H + M + F). Range [0, 1], perfect 1, larger is better; NaN when the event was
    neither forecast nor observed.

    Parameters
    ----------
    sums : xarray.Dataset
        From `contingency_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions.

    References
    ----------
    Schaefer, J. T. (1990), Weather and Forecasting 5, 570-575.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import contingency_sums, ts
    >>> fcst, obs = xr.DataArray([1, 0, 1, 1], dims="x"), xr.DataArray([1, 1, 0, 1], dims="x")
    >>> float(ts(contingency_sums(fcst, obs)))
    0.5
    """
    hits, misses, false_alarms, _ = table_cells(sums)
    return ratio(hits, hits + misses + false_alarms).rename("ts")


def frequency_bias(sums: xr.Dataset) -> xr.DataArray:
    """Frequency bias: number of forecast events over number of observed events.

    (H + F) / (H + M). Range [0, ∞), perfect 1, best nearest to 1; NaN without an observed event.

    Parameters
    ----------
    sums : xarray.Dataset
        From `contingency_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions.

    References
    ----------
    Jolliffe, I. T. and Stephenson, D. B. (2012), Forecast Verification, 2nd ed., ch. 3.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import contingency_sums, frequency_bias
    >>> fcst, obs = xr.DataArray([1, 1, 1, 0], dims="x"), xr.DataArray([1, 1, 0, 0], dims="x")
    >>> float(frequency_bias(contingency_sums(fcst, obs)))
    1.5
    """
    hits, misses, false_alarms, _ = table_cells(sums)
    return ratio(hits + false_alarms, hits + misses).rename("frequency_bias")


SCORES = (
    Score("pod", "contingency", pod, (0, 1), 1.0, "larger", "probability of detection", "命中率"),
    Score("miss_rate", "contingency", miss_rate, (0, 1), 0.0, "smaller", "miss rate", "漏报率"),
    Score("far", "contingency", far, (0, 1), 0.0, "smaller", "false-alarm ratio", "空报率"),
    Score("ts", "contingency", ts, (0, 1), 1.0, "larger", "threat score (CSI)", "TS评分"),
    Score(
        "frequency_bias",
        "contingency",
        frequency_bias,
        (0, inf),
        1.0,
        "nearest",
        "frequency bias",
        "频率偏差",
    ),
)
"""Scores of this file, by name in tables."""
