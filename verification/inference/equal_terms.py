"""What leads or models must have in common to be compared: valid days, and pairs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import xarray as xr

from verification.sums import check_aligned


def common_days(issue: xr.DataArray, lead: xr.DataArray) -> xr.DataArray:
    """Mark the (issue, lead) whose valid day is forecast by every lead.

    Leads of one set of issues are valid on other days: lead 10 begins nine days after lead 1 and
    ends nine days after it. Scores by lead are compared on the days that all of them forecast.

    Parameters
    ----------
    issue : xarray.DataArray
        One-dimensional: days of issue, as datetime or whole numbers of days.
    lead : xarray.DataArray
        One-dimensional: days ahead, as whole numbers or timedelta.

    Returns
    -------
    xarray.DataArray
        Boolean, on the dimensions of `issue` and `lead`, to mask forecasts or sums by issue and
        lead with (`sums.where(mask, 0.0)`).

    Raises
    ------
    ValueError
        If either is not one-dimensional or holds parts of days, or issue and lead are of types
        that do not add.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import common_days
    >>> issue = xr.DataArray([1, 2, 3], dims="issue")
    >>> common_days(issue, xr.DataArray([1, 2], dims="lead")).values  # days 3 and 4
    array([[False,  True],
           [ True,  True],
           [ True, False]])
    """
    for name, array in (("issue", issue), ("lead", lead)):
        if array.ndim != 1:
            raise ValueError(f"{name} must have one dimension, found {list(array.dims)}")
    start, ahead = issue.values, lead.values
    for name, days in (("issue", start), ("lead", ahead)):
        if days.dtype.kind == "f" and (days % 1 != 0).any():
            raise ValueError(f"{name} must be whole numbers of days, found {days.tolist()}")
    if start.dtype.kind == "M":
        start = start.astype("datetime64[D]")
        ahead = ahead.astype("timedelta64[D]") if ahead.dtype.kind in "iufm" else ahead
    elif ahead.dtype.kind == "m":
        ahead = ahead.astype("timedelta64[D]").astype(np.int64)
    if start.dtype.kind not in "Miuf" or ahead.dtype.kind not in "miuf":
        raise ValueError(
            f"issue and lead must be days that add, found {issue.dtype} and {lead.dtype}"
        )
    valid = start[:, None] + ahead[None, :]
    shared = np.ones(valid.shape, dtype=bool)
    for days in ahead:
        shared &= np.isin(valid - days, start)
    (row,), (column,) = issue.dims, lead.dims
    coords = {d: a[d].variable for d, a in ((row, issue), (column, lead)) if d in a.indexes}
    return xr.DataArray(shared, coords, (row, column))


def common_pairs(
    *fcsts: xr.DataArray, whole: Sequence[Hashable] = ("quantile", "level")
) -> tuple[xr.DataArray, ...]:
    """Mask each forecast where another is missing, so that all are scored on the same pairs.

    Dimensions that all forecasts have, and that are not in `whole`, are those of the pairs. Along
    the others a pair is missing where all values are NaN, as sums of an ensemble leave out single
    members; along those in `whole` where any is, as sums of quantiles leave such a pair out.

    Parameters
    ----------
    *fcsts : xarray.DataArray
        Forecasts of several models, e.g. (issue, lead, place) and (issue, lead, place, member);
        numpy or dask.
    whole : sequence of hashable
        Dimensions within a pair that must be whole.

    Returns
    -------
    tuple of xarray.DataArray
        The forecasts in the order given, in their own type, NaN where not common.

    Raises
    ------
    ValueError
        If less than two forecasts are given or labels differ (see `check_aligned`).

    Examples
    --------
    >>> import numpy as np
    >>> import xarray as xr
    >>> from verification import common_pairs
    >>> a = xr.DataArray([1.0, np.nan, 3.0], dims="place")
    >>> b = xr.DataArray([[1.0, 1.0], [2.0, 2.0], [np.nan, np.nan]], dims=("place", "member"))
    >>> [x.values.tolist() for x in common_pairs(a, b)]
    [[1.0, nan, nan], [[1.0, 1.0], [nan, nan], [nan, nan]]]
    """
    if len(fcsts) < 2:
        raise ValueError(f"common pairs need two or more forecasts, found {len(fcsts)}")
    check_aligned(*fcsts)
    shared = [d for d in fcsts[0].dims if d not in whole and all(d in f.dims for f in fcsts)]
    present = xr.DataArray(True)
    for fcst in fcsts:
        inner = [d for d in fcst.dims if d not in shared]
        there = fcst.notnull().all([d for d in inner if d in whole])
        present = present & there.any([d for d in inner if d not in whole])
    return tuple(f.where(present).transpose(*f.dims) for f in fcsts)
