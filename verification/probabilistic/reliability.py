"""Forecast probabilities against observed frequencies, by bins of the probability.

A bin is named by its lower edge: it reaches from there, included, to the next edge, excluded;
the last bin holds 1 as well. What is read from the bins: the reliability curve and its
consistency band here, the parts of the Brier score, the ROC curve and sharpness in the files
beside.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from verification.categorical.events import check_events
from verification.classes import count_pairs
from verification.sums import check_family, ratio

FAMILY = "reliability"

PROBABILITY_BINS = (
    *(0.0, 0.01, 0.03, 0.05),
    *(0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85),
    *(0.95, 0.97, 0.99, 1.0),
)
"""Default edges: tenths in the middle of their bins, and finer at both ends.

With up to 99 members only 0 itself lies below 0.01, and only 1 above 0.99; and the probabilities
of rare events, most of which lie near 0, are told apart.
"""

# Nearer to an edge than this is on it: 0.15 in float32 and 3 / 20 belong to one bin.
_SAME = 1e-6

_VALUES = ("probability", "events", "probability_squared", "probability_events")


def member_bins(members: int) -> tuple[float, ...]:
    """Edges of bins that hold one each of the probabilities 0, 1/m … 1 of an ensemble.

    Parameters
    ----------
    members : int
        Number m of members, at least 1.

    Returns
    -------
    tuple of float
        m + 2 edges: 0, those halfway between the probabilities, and 1.

    Raises
    ------
    ValueError
        If `members` is below 1.

    Examples
    --------
    >>> from verification import member_bins
    >>> member_bins(4)
    (0.0, 0.125, 0.375, 0.625, 0.875, 1.0)
    """
    if members < 1:
        raise ValueError(f"an ensemble has at least one member, found {members}")
    return (0.0, *((k + 0.5) / members for k in range(members)), 1.0)


def check_probabilities(p: np.ndarray) -> None:
    """Raise `ValueError` unless every value is NaN or lies in [0, 1]."""
    wrong = (p < 0) | (p > 1)
    if wrong.any():
        raise ValueError(f"probabilities must lie in [0, 1], found {p[wrong][0]:g}")


def _check_edges(bins: Sequence[float]) -> np.ndarray:
    edges = np.round(np.asarray(bins, dtype=np.float64), 9)
    whole = edges.ndim == 1 and edges.size > 1 and edges[0] == 0 and edges[-1] == 1
    if not (whole and (np.diff(edges) > 2 * _SAME).all()):
        raise ValueError(f"edges of bins must increase from 0 to 1, found {edges.tolist()}")
    return edges


def reliability_sums(
    probability: xr.DataArray,
    event_obs: xr.DataArray,
    *,
    bins: Sequence[float] = PROBABILITY_BINS,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Sum forecast probabilities and observed events by bins of the probability.

    Parameters
    ----------
    probability : xarray.DataArray
        Forecast probability of the event, 0 to 1, e.g. (issue, lead, place).
    event_obs : xarray.DataArray
        Observed event: boolean, or 0, 1 and NaN as from `exceeds`. Pairs in which either is NaN
        are left out.
    bins : sequence of float
        Edges, increasing from 0 to 1. Bins are left-closed, the last one closed on both sides; a
        probability within 1e-6 of an edge is on it. `member_bins` gives every probability of an
        ensemble a bin of its own.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `reliability`, by `bin` (labelled with the lower edge): `count`, and the sums
        `probability` of p, `events` of o, `probability_squared` of p² and `probability_events`
        of p·o; with `pairs` and `weight`. Sums of different bins do not merge.

    Raises
    ------
    ValueError
        If edges do not increase from 0 to 1, a probability is outside [0, 1], an event is not 0,
        1 or NaN, labels differ (see `check_aligned`), `keep` is unknown or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import reliability_sums
    >>> p = xr.DataArray([0.0, 0.4, 0.5, 1.0], dims="x")
    >>> event = xr.DataArray([0, 1, 0, 1], dims="x")
    >>> reliability_sums(p, event, bins=[0, 0.5, 1])["count"].values
    array([2., 2.])
    """
    edges = _check_edges(bins)
    between = edges[1:-1] - _SAME

    def classify(
        p: np.ndarray, o: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        check_probabilities(p)
        check_events(o, "observed")
        values = {
            "probability": p,
            "events": o,
            "probability_squared": p * p,
            "probability_events": p * o,
        }
        return ~np.isnan(p + o), np.searchsorted(between, p, side="right"), values

    return count_pairs(
        classify,
        probability,
        event_obs,
        family=FAMILY,
        classes={"bin": edges[:-1]},
        values=_VALUES,
        keep=keep,
        weights=weights,
    )


def reliability_curve(sums: xr.Dataset) -> xr.Dataset:
    """Mean forecast probability and observed frequency of every bin.

    A reliable forecast has both equal in each bin, but for chance (`consistency_band`).

    Parameters
    ----------
    sums : xarray.Dataset
        From `reliability_sums`.

    Returns
    -------
    xarray.Dataset
        By `bin`, with its upper edge as the coordinate `bin_upper`, on the kept dimensions:
        `probability` and `frequency`, NaN in empty bins, and `count`.

    Raises
    ------
    ValueError
        If the sums are of another family.

    References
    ----------
    Wilks, D. S. (2019), Statistical Methods in the Atmospheric Sciences, 4th ed., ch. 9.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import reliability_curve, reliability_sums
    >>> p = xr.DataArray([0.25, 0.25, 0.75, 0.5], dims="x")
    >>> sums = reliability_sums(p, xr.DataArray([0, 1, 1, 0], dims="x"), bins=[0, 0.5, 1])
    >>> reliability_curve(sums)["probability"].values
    array([0.25 , 0.625])
    >>> reliability_curve(sums)["frequency"].values
    array([0.5, 0.5])
    """
    check_family(sums, FAMILY)
    count = sums["count"]
    curve = xr.Dataset(
        {
            "probability": ratio(sums["probability"], count),
            "frequency": ratio(sums["events"], count),
            "count": count,
        }
    )
    return curve.assign_coords(bin_upper=("bin", np.append(sums["bin"].values[1:], 1.0)))


def consistency_band(sums: xr.Dataset, level: float = 0.95) -> xr.Dataset:
    """Observed frequencies that a reliable forecast would show by chance, in every bin.

    The central interval of a binomial distribution of n pairs with the mean probability of the
    bin. It takes the pairs as independent; those of neighbouring days and places are not, and
    the true band is then wider.

    Parameters
    ----------
    sums : xarray.Dataset
        From `reliability_sums`, without weights.
    level : float
        Probability of lying within, at least.

    Returns
    -------
    xarray.Dataset
        `low` and `high` by `bin` on the kept dimensions; NaN in empty bins.

    Raises
    ------
    ValueError
        If the sums are of another family or weighted, or `level` is not between 0 and 1.

    References
    ----------
    Bröcker, J. and Smith, L. A. (2007), Weather and Forecasting 22, 651-661.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import consistency_band, reliability_sums
    >>> p = xr.DataArray(np.full(100, 0.5), dims="x")
    >>> band = consistency_band(reliability_sums(p, p > 0.5, bins=[0, 1]))
    >>> band["low"].values, band["high"].values
    (array([0.4]), array([0.6]))
    """
    low, high = _band_counts(sums, level)
    count = sums["count"]
    return xr.Dataset({"low": ratio(low, count), "high": ratio(high, count)})


def share_within_band(sums: xr.Dataset, level: float = 0.95) -> xr.DataArray:
    """Share of the filled bins whose observed frequency lies within the consistency band.

    Parameters
    ----------
    sums : xarray.Dataset
        From `reliability_sums`, without weights.
    level : float
        As in `consistency_band`; about this share is to be expected of a reliable forecast.

    Returns
    -------
    xarray.DataArray
        0 to 1, on the kept dimensions; NaN without pairs.

    Raises
    ------
    ValueError
        As in `consistency_band`.

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import reliability_sums, share_within_band
    >>> p = xr.DataArray([0.25] * 4 + [0.75] * 100, dims="x")
    >>> event = xr.DataArray([0, 1, 0, 0] + [0] * 100, dims="x")
    >>> float(share_within_band(reliability_sums(p, event, bins=[0, 0.5, 1])))
    0.5
    """
    low, high = _band_counts(sums, level)
    within = (sums["events"] >= low) & (sums["events"] <= high)
    filled = sums["count"] > 0
    return ratio((within & filled).sum("bin"), filled.sum("bin")).rename("share_within_band")


def _band_counts(sums: xr.Dataset, level: float) -> tuple[xr.DataArray, xr.DataArray]:
    """Lowest and highest number of events within the band, NaN in empty bins."""
    from scipy.stats import binom  # half a second to import, for this function alone

    check_unweighted(sums)
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, found {level}")
    count = sums["count"].where(sums["count"] > 0)
    # Rounding of the sums may carry a mean past 0 or 1.
    mean = (sums["probability"] / count).clip(0, 1)
    low, high = (
        count.copy(data=binom.ppf(q, count.values, mean.transpose(*count.dims).values))
        for q in ((1 - level) / 2, (1 + level) / 2)
    )
    return low, high


def check_unweighted(sums: xr.Dataset) -> None:
    """Raise `ValueError` unless the sums are of this family and each pair counts as one."""
    check_family(sums, FAMILY)
    if not np.array_equal(sums["pairs"].values, sums["weight"].values):
        raise ValueError("numbers of pairs are needed by bin, found sums that are weighted")
