"""Finding processes: connected sets of (place, day) above a threshold.

At one place, days above the threshold that follow each other with at most `gap` days between form
a run. Runs of neighbours are joined when they overlap or follow each other with at most `gap`
days between. So (place, day) are connected when the places are the same or neighbours and the days
differ by at most 1 + `gap`; working on runs needs one look at the neighbours for each run.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from verification.processes.neighbours import beside_pairs, check_neighbours
from verification.processes.process import Processes, Rule, by_series, describe
from verification.sums import check_aligned


def find_processes(
    values: xr.DataArray,
    neighbours: xr.DataArray,
    *,
    threshold: float = 200.0,
    gap: int = 1,
    regional: int = 3,
    masks: xr.DataArray | None = None,
    place: str = "place",
    day: str = "day",
) -> Processes:
    """Find processes: connected sets of (place, day) above a threshold.

    Two (place, day) above the threshold belong to one process when their places are the same or
    neighbours and their days differ by at most 1 + `gap`, directly or through others. There is no
    official definition of a heavy-pollution process; the defaults are AQI above 200, one quiet
    day bridged, and regional from three places on.

    A missing value counts as a day not above the threshold: it never extends a process, and it
    is bridged, like a quiet day, when the gap of missing and quiet days is at most `gap`. The
    column `missing` tells how many values a process lacks.

    Parameters
    ----------
    values : xarray.DataArray
        E.g. daily AQI on (place, day). Every further dimension (lead, scenario, issue) holds
        series on their own, which share no process.
    neighbours : xarray.DataArray, (place, neighbour)
        Boolean and symmetric, from `neighbour_matrix` or of one's own.
    threshold : float
        A value belongs to a process when it is greater.
    gap : int
        Most days in a row not above the threshold that a process bridges.
    regional : int
        Neighbouring places above the threshold on one day that make a process regional.
    masks : xarray.DataArray, optional
        Leading categories (primary pollutants) of each value as bit masks, NaN or 0 for none.
    place, day : str
        Names of the two dimensions. Labels of `day` must be consecutive days (datetimes) or
        consecutive whole numbers (leads); without labels positions count as days.

    Returns
    -------
    Processes
        Numbered by series, then by start.

    Raises
    ------
    ValueError
        If a dimension is missing, days are not consecutive, the labels of neighbours or masks
        differ from those of the values, or a parameter is out of range.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import find_processes, neighbour_matrix
    >>> at = {"place": ["a", "b", "c"]}
    >>> latitude = xr.DataArray([40.0, 40.5, 45.0], at, ["place"])
    >>> aqi = [[210, 250, 90, 90], [90, 220, 150, 230], [90, 300, 90, 90]]
    >>> values = xr.DataArray(aqi, at, ["place", "day"])
    >>> found = find_processes(values, neighbour_matrix(latitude, latitude * 0 + 116, 100))
    >>> found.ids.values
    array([[1, 1, 0, 0],
           [0, 1, 0, 1],
           [0, 2, 0, 0]], dtype=int32)
    >>> found.table[["process", "start", "end", "peak", "peak_place", "places", "place_days"]]
       process  start  end   peak peak_place  places  place_days
    0        1      0    3  250.0          a  (a, b)           4
    1        2      1    1  300.0          c    (c,)           1
    """
    if not gap >= 0 or not regional >= 1:
        raise ValueError(f"gap must be at least 0 and regional 1, found {gap} and {regional}")
    for dim in (place, day):
        if dim not in values.dims:
            raise ValueError(f"the values need a dimension {dim!r}, found {list(values.dims)}")
    check_days(values, day)
    check_aligned(values, *([] if masks is None else [masks]))
    near = check_neighbours(neighbours, values[place])
    values = values.transpose(..., place, day).compute()
    if masks is not None:
        masks = masks.broadcast_like(values).transpose(*values.dims).compute()
    above = by_series(values > threshold)
    labels, count = _label(above, csr_matrix(near), gap)
    rank = np.argsort(np.argsort(values[place].values.astype(str), kind="stable"))
    numbers = _in_order(labels, count, rank).reshape(values.shape)
    ids = xr.DataArray(numbers, values.coords, values.dims, name="process")
    rule = Rule(float(threshold), int(gap), int(regional))
    return describe(ids, values, near, masks, rule)


def check_days(values: xr.DataArray, day: str) -> None:
    """Raise `ValueError` unless the labels of `day`, if any, are consecutive."""
    if day not in values.indexes:
        return
    labels = values[day].values
    if labels.dtype.kind not in "iufM":
        raise ValueError(f"labels of {day!r} must be days or numbers, found {labels.dtype}")
    step = np.timedelta64(1, "D") if labels.dtype.kind == "M" else 1
    wrong = np.flatnonzero(np.diff(labels) != step)
    if wrong.size:
        first, second = labels[wrong[0]], labels[wrong[0] + 1]
        raise ValueError(f"{day!r} must hold consecutive days, found {second} after {first}")


def _label(above: np.ndarray, near: csr_matrix, gap: int) -> tuple[np.ndarray, int]:
    """Component of each (series, place, day), from 1, with 0 where not above; and their number."""
    days = np.arange(above.shape[-1], dtype=np.int32)
    never = np.int32(-2 - gap)
    last = np.maximum.accumulate(np.where(above, days, never), axis=-1)
    before = np.concatenate([np.full_like(last[..., :1], never), last[..., :-1]], axis=-1)
    begins = above & (days - before > 1 + gap)
    run = np.cumsum(begins, dtype=np.int32).reshape(above.shape)
    # A run reaches 1 + gap days beyond its end: a neighbour's run that begins by then is joined.
    run[days - last > 1 + gap] = 0
    series, place, day = np.nonzero(begins)
    one, beside = beside_pairs(place, near)
    other = run[series[one], beside, day[one]]
    joined = other > 0
    one, other = one[joined], other[joined] - 1
    links = coo_matrix((np.ones(one.size, bool), (one, other)), (series.size, series.size))
    count, component = connected_components(links, directed=False)
    labels = np.concatenate([[0], component + 1]).astype(np.int32)[run]
    labels[~above] = 0
    return labels, count


def _in_order(labels: np.ndarray, count: int, rank: np.ndarray) -> np.ndarray:
    """Number the components by series, first day, and then first place by name on that day."""
    series, place, day = np.nonzero(labels)
    found = labels[series, place, day]
    order = np.lexsort((rank[place], day, series))
    _, first = np.unique(found[order], return_index=True)
    number = np.zeros(count + 1, np.int32)
    number[1:][np.argsort(first)] = np.arange(1, count + 1)
    return number[labels]
