"""Scores of finding processes at all: hit rate, false-alarm ratio, threat score."""

from __future__ import annotations

import xarray as xr

from verification.processes.totals import FAMILY
from verification.score import Score
from verification.sums import check_family, ratio


def process_pod(sums: xr.Dataset) -> xr.DataArray:
    """Hit rate of processes, each matched once: the share of observed processes with a match.

    H / (H + M). Range [0, 1], perfect 1, larger is better. A forecast that joins two observed
    processes hits one of them and misses the other.

    Parameters
    ----------
    sums : xarray.Dataset
        From `process_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without an observed process.

    See Also
    --------
    process_pod_lenient : Merged processes count as hits.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import process_pod
    >>> sums = xr.Dataset({"hits": 3.0, "misses": 1.0}, attrs={"family": "process"})
    >>> float(process_pod(sums))
    0.75
    """
    check_family(sums, FAMILY)
    return ratio(sums["hits"], sums["hits"] + sums["misses"]).rename("process_pod")


def process_far(sums: xr.Dataset) -> xr.DataArray:
    """False-alarm ratio of processes, each matched once: forecast processes without a match.

    F / (H + F). Range [0, 1], perfect 0, smaller is better. A forecast that splits an observed
    process has one hit and one false alarm.

    Parameters
    ----------
    sums : xarray.Dataset
        From `process_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without a forecast process.

    See Also
    --------
    process_far_lenient : Pieces of a split process are no false alarms.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import process_far
    >>> sums = xr.Dataset({"hits": 3.0, "false_alarms": 1.0}, attrs={"family": "process"})
    >>> float(process_far(sums))
    0.25
    """
    check_family(sums, FAMILY)
    false_alarms = sums["false_alarms"]
    return ratio(false_alarms, sums["hits"] + false_alarms).rename("process_far")


def process_ts(sums: xr.Dataset) -> xr.DataArray:
    """Threat score (critical success index) of processes, each matched once.

    H / (H + M + F). Range [0, 1], perfect 1, larger is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `process_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without any process.

    See Also
    --------
    process_pod, process_far

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import process_ts
    >>> sums = {"hits": 3.0, "misses": 1.0, "false_alarms": 2.0}
    >>> float(process_ts(xr.Dataset(sums, attrs={"family": "process"})))
    0.5
    """
    check_family(sums, FAMILY)
    hits = sums["hits"]
    return ratio(hits, hits + sums["misses"] + sums["false_alarms"]).rename("process_ts")


def process_pod_lenient(sums: xr.Dataset) -> xr.DataArray:
    """Hit rate of processes, merged ones included: observed processes that any forecast meets.

    (H + merged) / (H + M). Range [0, 1], perfect 1, larger is better. One forecast process may
    stand for several observed ones, so a forecast of a single endless process is perfect here.

    Parameters
    ----------
    sums : xarray.Dataset
        From `process_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without an observed process.

    See Also
    --------
    process_pod : Each process matched once.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import process_pod_lenient
    >>> sums = {"hits": 2.0, "misses": 2.0, "merged": 1.0}
    >>> float(process_pod_lenient(xr.Dataset(sums, attrs={"family": "process"})))
    0.75
    """
    check_family(sums, FAMILY)
    found = sums["hits"] + sums["merged"]
    return ratio(found, sums["hits"] + sums["misses"]).rename("process_pod_lenient")


def process_far_lenient(sums: xr.Dataset) -> xr.DataArray:
    """False-alarm ratio of processes that meet no observed process at all.

    (F - split) / (H + F). Range [0, 1], perfect 0, smaller is better.

    Parameters
    ----------
    sums : xarray.Dataset
        From `process_sums`.

    Returns
    -------
    xarray.DataArray
        On the kept dimensions; NaN without a forecast process.

    See Also
    --------
    process_far : Each process matched once.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import process_far_lenient
    >>> sums = {"hits": 2.0, "false_alarms": 2.0, "split": 1.0}
    >>> float(process_far_lenient(xr.Dataset(sums, attrs={"family": "process"})))
    0.25
    """
    check_family(sums, FAMILY)
    alone = sums["false_alarms"] - sums["split"]
    return ratio(alone, sums["hits"] + sums["false_alarms"]).rename("process_far_lenient")


SCORES = (
    Score(
        "process_pod",
        "process",
        process_pod,
        (0, 1),
        1.0,
        "larger",
        "hit rate of processes",
        "过程命中率",
    ),
    Score(
        "process_far",
        "process",
        process_far,
        (0, 1),
        0.0,
        "smaller",
        "false-alarm ratio of processes",
        "过程空报率",
    ),
    Score(
        "process_ts",
        "process",
        process_ts,
        (0, 1),
        1.0,
        "larger",
        "threat score of processes",
        "过程TS评分",
    ),
    Score(
        "process_pod_lenient",
        "process",
        process_pod_lenient,
        (0, 1),
        1.0,
        "larger",
        "hit rate of processes, merged ones included",
        "过程命中率(含合并)",
    ),
    Score(
        "process_far_lenient",
        "process",
        process_far_lenient,
        (0, 1),
        0.0,
        "smaller",
        "false-alarm ratio of processes, without pieces of split ones",
        "过程空报率(不计拆分)",
    ),
)
"""Scores of this file, by name in tables."""
