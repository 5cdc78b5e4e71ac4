"""Events at many thresholds in one pass: each is that a value lies above its threshold.

A pair is counted once, in the class of its forecast and the class of its observation between
the thresholds; the tables of all thresholds are sums of these counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from verification.categorical.edges import check_edges, class_numbers, edges_in_type
from verification.categorical.events import FAMILY
from verification.classes import count_pairs


def exceedance_sums(
    fcst: xr.DataArray,
    obs: xr.DataArray,
    thresholds: Sequence[float],
    *,
    keep: str | Sequence[str] = (),
    weights: xr.DataArray | None = None,
) -> xr.Dataset:
    """Contingency tables of the events that values exceed each of many thresholds.

    The event is x > t, as in `exceeds`: a value on a threshold is no event.

    Parameters
    ----------
    fcst, obs : xarray.DataArray
        Forecast and observed values in one unit, e.g. (issue, lead, place). Pairs in which
        either is NaN are left out.
    thresholds : sequence of float
        Increasing, in the unit of the values. Memory grows with the square of their number.
    keep : str or sequence of str
        Dimensions that stay; all others are summed.
    weights : xarray.DataArray, optional
        Finite and not negative, on some of the dimensions of the pairs.

    Returns
    -------
    xarray.Dataset
        Family `contingency`, as from `contingency_sums`, by `threshold`; `pairs` and `weight`,
        which are those of every threshold, are not. Sums of different thresholds do not merge.

    Raises
    ------
    ValueError
        If the thresholds do not increase, labels differ (see `check_aligned`), `keep` is unknown
        or weights are invalid.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import exceedance_sums, pod
    >>> fcst = xr.DataArray([110.0, 190.0, 250.0], dims="x")
    >>> obs = xr.DataArray([120.0, 230.0, 210.0], dims="x")
    >>> pod(exceedance_sums(fcst, obs, [100, 200])).values
    array([1. , 0.5])
    """
    edges = check_edges(thresholds, "thresholds")
    edges_f, edges_o = edges_in_type(edges, fcst), edges_in_type(edges, obs)
    position = np.arange(edges.size + 1)

    def classify(
        f: np.ndarray, o: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        code = position.size * class_numbers(f, edges_f) + class_numbers(o, edges_o)
        return ~(np.isnan(f) | np.isnan(o)), code, {}

    classes = {"class_fcst": position, "class_obs": position}
    counted = count_pairs(
        classify, fcst, obs, family=FAMILY, classes=classes, keep=keep, weights=weights
    )
    dims = (*counted["pairs"].dims, "threshold")
    tables = {n: (dims, v) for n, v in tables_above(counted["count"].values).items()}
    return counted.drop_vars(["count", *classes]).assign(tables).assign_coords(threshold=edges)


def tables_above(count: np.ndarray) -> dict[str, np.ndarray]:
    """Contingency tables of the events "above class k" from counts by class.

    Every cell is a sum of counts, not a difference: an empty cell is exactly zero.

    Parameters
    ----------
    count : numpy.ndarray
        Counts (…, forecast class, observed class) of n ordered classes.

    Returns
    -------
    dict
        `hits`, `misses`, `false_alarms` and `correct_negatives` of shape (…, n - 1).

    Examples
    --------
    >>> import numpy as np
    >>> from verification.categorical.exceedance import tables_above
    >>> tables_above(np.array([[1.0, 2.0, 0.0], [0.0, 4.0, 1.0], [0.0, 3.0, 5.0]]))["hits"]
    array([13.,  5.])
    """
    cuts = range(1, count.shape[-1])

    def cell(fcst: str, obs: str) -> np.ndarray:
        sides = [{"above": slice(k, None), "below": slice(None, k)} for k in cuts]
        return np.stack([count[..., s[fcst], s[obs]].sum(axis=(-2, -1)) for s in sides], axis=-1)

    return {
        "hits": cell("above", "above"),
        "misses": cell("below", "above"),
        "false_alarms": cell("above", "below"),
        "correct_negatives": cell("below", "below"),
    }
