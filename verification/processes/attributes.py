"""Scores of matched processes: errors of start, end, peak, duration, extent; common places."""

from __future__ import annotations

from functools import partial
from math import inf

import xarray as xr

from verification.processes.match import ATTRIBUTES
from verification.processes.totals import FAMILY
from verification.score import Score
from verification.sums import check_family, ratio


def process_bias(sums: xr.Dataset, attribute: str = "start") -> xr.DataArray:
    """Mean error of an attribute of matched processes, forecast minus observed.

    Σ(F - O) / N over the hits in which the attribute is known. Range (-∞, ∞), perfect 0, best
    nearest to 0; a positive error of the start is a process forecast too late.

    Parameters
    ----------
    sums : xarray.Dataset
        From `process_sums`.
    attribute : str
        start, end, peak_day, duration (days), peak (unit of the values), peak_level (levels) or
        extent (places).

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without a hit in which the attribute is known.

    Raises
    ------
    ValueError
        If the attribute is unknown or the sums are of another family.

    See Also
    --------
    process_mae : The size of the error.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import find_processes, process_bias, process_sums
    >>> alone = xr.DataArray([[False]], dims=("place", "neighbour"))
    >>> values = [[[90.0, 90, 210, 290, 90]], [[90.0, 220, 300, 90, 90]]]
    >>> found = [find_processes(xr.DataArray(v, dims=("place", "day")), alone) for v in values]
    >>> sums = process_sums(*found)
    >>> float(process_bias(sums, "start")), float(process_bias(sums, "peak"))
    (1.0, -10.0)
    """
    return _mean(sums, "error", attribute).rename("process_bias")


def process_mae(sums: xr.Dataset, attribute: str = "start") -> xr.DataArray:
    """Mean absolute error of an attribute of matched processes.

    Σ|F - O| / N over the hits in which the attribute is known. Range [0, ∞), perfect 0, smaller
    is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `process_sums`.
    attribute : str
        As in `process_bias`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without a hit in which the attribute is known.

    Raises
    ------
    ValueError
        If the attribute is unknown or the sums are of another family.

    See Also
    --------
    process_bias : With the sign.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import find_processes, process_mae, process_sums
    >>> alone = xr.DataArray([[False]], dims=("place", "neighbour"))
    >>> values = [[[90.0, 90, 210, 290, 90]], [[90.0, 220, 300, 90, 90]]]
    >>> found = [find_processes(xr.DataArray(v, dims=("place", "day")), alone) for v in values]
    >>> float(process_mae(process_sums(*found), "peak"))
    10.0
    """
    return _mean(sums, "absolute_error", attribute).rename("process_mae")


def process_rmse(sums: xr.Dataset, attribute: str = "start") -> xr.DataArray:
    """Root mean squared error of an attribute of matched processes.

    √(Σ(F - O)² / N) over the hits in which the attribute is known. Range [0, ∞), perfect 0,
    smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `process_sums`.
    attribute : str
        As in `process_bias`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without a hit in which the attribute is known.

    Raises
    ------
    ValueError
        If the attribute is unknown or the sums are of another family.

    See Also
    --------
    process_mae : Large errors weigh no more than their size.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import find_processes, process_rmse, process_sums
    >>> alone = xr.DataArray([[False]], dims=("place", "neighbour"))
    >>> values = [[[90.0, 90, 210, 290, 90]], [[90.0, 220, 300, 90, 90]]]
    >>> found = [find_processes(xr.DataArray(v, dims=("place", "day")), alone) for v in values]
    >>> float(process_rmse(process_sums(*found), "peak"))
    10.0
    """
    return (_mean(sums, "squared_error", attribute) ** 0.5).rename("process_rmse")


def _mean(sums: xr.Dataset, variable: str, attribute: str) -> xr.DataArray:
    check_family(sums, FAMILY)
    if attribute not in ATTRIBUTES:
        raise ValueError(f"unknown attribute {attribute!r}, expected one of {list(ATTRIBUTES)}")
    one = sums[[variable, "compared"]].sel(attribute=attribute, drop=True)
    return ratio(one[variable], one["compared"])


def process_place_jaccard(sums: xr.Dataset) -> xr.DataArray:
    """Mean Jaccard index of the places of matched processes.

    Mean of #(P_F ∩ P_O) / #(P_F ∪ P_O) over the hits, P being all places of a process. Range
    [0, 1], perfect 1, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `process_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without a hit.

    References
    ----------
    Jaccard, P. (1901), Bulletin de la Société Vaudoise des Sciences Naturelles 37, 547-579.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import process_place_jaccard
    >>> sums = xr.Dataset({"place_jaccard": 1.5, "hits": 2.0}, attrs={"family": "process"})
    >>> float(process_place_jaccard(sums))
    0.75
    """
    check_family(sums, FAMILY)
    return ratio(sums["place_jaccard"], sums["hits"]).rename("process_place_jaccard")


def process_place_day_jaccard(sums: xr.Dataset) -> xr.DataArray:
    """Mean Jaccard index of the (place, day) of matched processes.

    Mean of #(F ∩ O) / #(F ∪ O) over the hits, F and O being the (place, day) above the
    threshold. Range [0, 1], perfect 1, larger is better; 0 for a pair that overlaps only within
    the tolerance.

    Parameters
    ----------
    sums : xarray.Dataset
        From `process_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without a hit.

    References
    ----------
    Jaccard, P. (1901), Bulletin de la Société Vaudoise des Sciences Naturelles 37, 547-579.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import process_place_day_jaccard
    >>> sums = xr.Dataset({"place_day_jaccard": 1.5, "hits": 2.0}, attrs={"family": "process"})
    >>> float(process_place_day_jaccard(sums))
    0.75
    """
    check_family(sums, FAMILY)
    return ratio(sums["place_day_jaccard"], sums["hits"]).rename("process_place_day_jaccard")


_NAMES = {
    "start": ("start", "开始时间"),
    "end": ("end", "结束时间"),
    "peak_day": ("peak day", "峰值日"),
    "peak": ("peak value", "峰值"),
    "peak_level": ("peak level", "峰值级别"),
    "duration": ("duration", "持续天数"),
    "extent": ("extent", "影响城市数"),
}


def _scores(attribute: str) -> tuple[Score, Score]:
    words, chinese = _NAMES[attribute]
    unit = "input" if attribute == "peak" else "1"
    # A partial object has the docstring of its class; the score keeps that of the function.
    bias, mae = (partial(f, attribute=attribute) for f in (process_bias, process_mae))
    bias.__doc__, mae.__doc__ = process_bias.__doc__, process_mae.__doc__
    return (
        Score(
            f"process_{attribute}_bias",
            FAMILY,
            bias,
            (-inf, inf),
            0.0,
            "nearest",
            f"mean error of the {words} of processes",
            f"过程{chinese}平均偏差",
            unit,  # type: ignore[arg-type]
        ),
        Score(
            f"process_{attribute}_mae",
            FAMILY,
            mae,
            (0, inf),
            0.0,
            "smaller",
            f"mean absolute error of the {words} of processes",
            f"过程{chinese}平均绝对误差",
            unit,  # type: ignore[arg-type]
        ),
    )


SCORES = (
    *(score for attribute in ATTRIBUTES for score in _scores(attribute)),
    Score(
        "process_place_jaccard",
        FAMILY,
        process_place_jaccard,
        (0, 1),
        1.0,
        "larger",
        "common places of processes (Jaccard)",
        "过程影响城市重合度",
    ),
    Score(
        "process_place_day_jaccard",
        FAMILY,
        process_place_day_jaccard,
        (0, 1),
        1.0,
        "larger",
        "common place-days of processes (Jaccard)",
        "过程城市日重合度",
    ),
)
"""Scores of this file, by name in tables."""
