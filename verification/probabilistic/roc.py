"""What warnings from a probability are worth: ROC curve, its area, and economic value.

Each lower edge of a bin is a threshold: warn when the probability reaches it. From the counts by
bin follow the hits and false alarms of every threshold. Everything is exact when each bin holds
one probability (`member_bins`); otherwise the curve is cut short between its points, and area and
value come out a little too low.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from verification.probabilistic.reliability import FAMILY
from verification.score import Score
from verification.sums import check_family, ratio

_THRESHOLD = "probability_threshold"


def roc_curve(sums: xr.Dataset) -> xr.Dataset:
    """Relative operating characteristic: detection against false detection at every threshold.

    POD = share of the events that were warned of, POFD = share of the non-events, when a warning
    is given at a probability p ≥ threshold.

    Parameters
    ----------
    sums : xarray.Dataset
        From `reliability_sums`.

    Returns
    -------
    xarray.Dataset
        `pod` and `pofd` by `probability_threshold`, from never (threshold ∞, both 0) down to
        always (threshold 0, both 1), on the kept dimensions. `pod` is NaN without an event,
        `pofd` without a non-event.

    Raises
    ------
    ValueError
        If the sums are of another family.

    References
    ----------
    Mason, I. (1982), Australian Meteorological Magazine 30, 291-303.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import reliability_sums, roc_curve
    >>> p = xr.DataArray([0.2, 0.2, 0.7, 0.7], dims="x")
    >>> sums = reliability_sums(p, xr.DataArray([0, 0, 0, 1], dims="x"), bins=[0, 0.5, 1])
    >>> curve = roc_curve(sums)
    >>> curve["pod"].values.tolist(), curve["pofd"].round(4).values.tolist()
    ([0.0, 1.0, 1.0], [0.0, 0.3333, 1.0])
    """
    check_family(sums, FAMILY)
    shares = {}
    for name, kind in (("pod", sums["events"]), ("pofd", sums["count"] - sums["events"])):
        warned = kind.isel(bin=slice(None, None, -1)).cumsum("bin")
        shares[name] = ratio(warned, kind.sum("bin")).pad(bin=(1, 0), constant_values=0.0)
    never = np.append(np.inf, sums["bin"].values[::-1])
    curve = xr.Dataset(shares).drop_vars("bin", errors="ignore").rename(bin=_THRESHOLD)
    # A share that is not defined is so at every threshold, that of no warning included.
    defined = curve.isel({_THRESHOLD: -1}).notnull()
    return curve.assign_coords({_THRESHOLD: never}).where(defined)


def roc_area(sums: xr.Dataset) -> xr.DataArray:
    """Area under the ROC curve, by trapezoids.

    The probability that the forecast for an event is higher than that for a non-event, ties
    counted half; it does not see whether probabilities are reliable. Range [0, 1], perfect 1,
    larger is better; 0.5 is no discrimination.

    Parameters
    ----------
    sums : xarray.Dataset
        From `reliability_sums`. Pairs within one bin count as ties.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN when all pairs or none have the event.

    References
    ----------
    Mason, S. J. and Graham, N. E. (2002), Q. J. R. Meteorol. Soc. 128, 2145-2166.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import reliability_sums, roc_area
    >>> p = xr.DataArray([0.2, 0.2, 0.7, 0.7], dims="x")
    >>> sums = reliability_sums(p, xr.DataArray([0, 0, 0, 1], dims="x"))
    >>> round(float(roc_area(sums)), 4)
    0.8333
    """
    curve = roc_curve(sums)
    pod, pofd = (curve[n].drop_vars(_THRESHOLD) for n in ("pod", "pofd"))
    after, before = ({_THRESHOLD: s} for s in (slice(1, None), slice(None, -1)))
    step = pofd.isel(after) - pofd.isel(before)
    height = (pod.isel(after) + pod.isel(before)) / 2.0
    # Rounding may carry a full area past one.
    return (step * height).sum(_THRESHOLD, skipna=False).clip(max=1.0).rename("roc_area")


def economic_value(sums: xr.Dataset, cost_loss: Sequence[float]) -> xr.DataArray:
    """Potential economic value: the best that a user with a given cost-loss ratio can gain.

    A user who protects at the cost C avoids the loss L of an event. With α = C / L and ō the
    frequency of the event, V = (min(α, ō) - POFD (1 - ō) α + POD ō (1 - α) - ō) /
    (min(α, ō) - ō α) at the best threshold: 1 is what a perfect forecast saves over the better of
    always and never protecting, 0 is nothing. Range [0, 1], perfect 1, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `reliability_sums`.
    cost_loss : sequence of float
        Ratios α of cost to loss, within (0, 1).

    Returns
    -------
    xarray.DataArray
        On the kept dimensions and `cost_loss`; NaN when all pairs or none have the event.

    Raises
    ------
    ValueError
        If a ratio does not lie between 0 and 1, or the sums are of another family.

    References
    ----------
    Richardson, D. S. (2000), Q. J. R. Meteorol. Soc. 126, 649-667.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import economic_value, reliability_sums
    >>> p = xr.DataArray([0.2, 0.2, 0.7, 0.7], dims="x")
    >>> sums = reliability_sums(p, xr.DataArray([0, 0, 0, 1], dims="x"))
    >>> economic_value(sums, [0.25, 0.5]).round(4).values
    array([0.6667, 0.    ])
    """
    ratios = np.atleast_1d(np.asarray(cost_loss, dtype=np.float64))
    if not ((ratios > 0) & (ratios < 1)).all():
        raise ValueError(f"cost-loss ratios must lie between 0 and 1, found {ratios.tolist()}")
    curve = roc_curve(sums)
    frequency = ratio(sums["events"].sum("bin"), sums["weight"])
    cost = xr.DataArray(ratios, {"cost_loss": ratios}, ["cost_loss"])
    climate = xr.apply_ufunc(np.minimum, frequency, cost)
    spent = curve["pofd"] * (1.0 - frequency) * cost
    saved = curve["pod"] * frequency * (1.0 - cost)
    gain = (climate - frequency + saved - spent).max(_THRESHOLD, skipna=False)
    dims = (*sums["weight"].dims, "cost_loss")
    value = ratio(gain, climate - frequency * cost).clip(0.0, 1.0)
    return value.transpose(*dims).rename("economic_value")


SCORES = (
    Score(
        "roc_area",
        FAMILY,
        roc_area,
        (0, 1),
        1.0,
        "larger",
        "area under the ROC curve",
        "ROC曲线下面积",
    ),
)
"""Scores of this file, by name in tables."""
