"""Matching forecast processes to observed ones, one to one.

A forecast process meets an observed one when their days overlap after a shift of at most the
tolerance, and enough of the observed places are among the forecast ones. Each process is used
once: of all ways to pair processes that meet, the one with the greatest overlap in all is taken
(Kuhn 1955), the overlap of a pair being common days times common places. What is left over is a
miss or a false alarm; it is marked as a `part` when it meets a process that is paired with
another one: an observed process that the forecast joined with its neighbour (merged), or a
piece of an observed process that the forecast split.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import prod

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

from verification.processes.process import Processes, cells, members
from verification.sums import check_aligned

HIT, MISS, FALSE_ALARM = "hit", "miss", "false_alarm"

ATTRIBUTES = ("start", "end", "peak_day", "peak", "peak_level", "duration", "extent")
"""Attributes of a process whose forecast is compared with what was observed."""


def match_processes(
    fcst: Processes,
    obs: Processes,
    *,
    tolerance: int = 1,
    overlap: int = 1,
    share: float = 0.3,
    level_edges: Sequence[float] | None = None,
) -> pd.DataFrame:
    """Match forecast processes to observed ones, one to one, and compare each pair.

    The overlap in days of a forecast process [a, b] and an observed one [c, d] is the greatest
    that a shift by at most `tolerance` days gives: min(b, d) - max(a, c) + 1 + tolerance, at most
    the length of the shorter. They meet with at least `overlap` days and #(P_F ∩ P_O) / #P_O of
    at least `share`, P being all places of a process.

    Parameters
    ----------
    fcst, obs : Processes
        Found in arrays with the same labels. Where forecast or observed is missing, make both
        missing first (`where_both`), or a process of one becomes a false alarm or a miss.
    tolerance : int
        Days by which a forecast process may be shifted to overlap.
    overlap : int
        Least days of overlap.
    share : float
        Least share of the observed places that the forecast process has, in (0, 1].
    level_edges : sequence of float, optional
        Ascending upper ends of the levels of the peak value (AQI 50, 100, 150, 200, 300).

    Returns
    -------
    pandas.DataFrame
        One row for each hit, miss and false alarm: the dimensions of the series; `outcome`;
        `process_fcst`, `process_obs` (0 where there is none); `day`, the observed start, or that
        of a false alarm; `part`, see above; and for hits, else NaN: `overlap` in days, `share`
        of the observed places, `place_jaccard` and `place_day_jaccard` (common over all places,
        and place-days above the threshold), and forecast minus observed `start_error`,
        `end_error`, `peak_day_error`, `duration_error` in days, `peak_error` in the unit of the
        values, `peak_level_error` in levels (NaN without edges), `extent_error` in places. An
        error of the start (end, duration) is NaN when either process is open there.

    Raises
    ------
    ValueError
        If labels differ or a parameter is out of range.

    References
    ----------
    Kuhn, H. W. (1955), The Hungarian method for the assignment problem, Naval Research Logistics
    Quarterly 2, 83-97. Davis, C. et al. (2006), Object-based verification of precipitation
    forecasts, Mon. Wea. Rev. 134, 1772-1784 (matching of objects, merging and splitting).

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import find_processes, match_processes
    >>> alone = xr.DataArray([[False]], dims=("place", "neighbour"))
    >>> obs = [[90.0, 210, 230, 90, 90, 90, 90, 240, 90]]
    >>> fcst = [[90.0, 90, 220, 205, 90, 90, 90, 90, 90]]
    >>> found = [find_processes(xr.DataArray(v, dims=("place", "day")), alone) for v in (fcst, obs)]
    >>> match_processes(*found)[["outcome", "day", "overlap", "start_error", "peak_error"]]
      outcome  day  overlap  start_error  peak_error
    0     hit    1      2.0          1.0       -10.0
    1    miss    7      NaN          NaN         NaN
    """
    _check(fcst, obs, tolerance, overlap, share)
    f, o, days, places = _meetings(fcst, obs, tolerance, overlap, share)
    chosen = _assign(f, o, days * places, len(fcst.table), len(obs.table))
    met_f, met_o = np.zeros(len(fcst.table), bool), np.zeros(len(obs.table), bool)
    met_f[f], met_o[o] = True, True
    hits = _compare(fcst, obs, f[chosen], o[chosen], level_edges)
    hits["overlap"], extent = days[chosen], obs.table["extent"].to_numpy()
    hits["share"] = places[chosen] / extent[o[chosen]]
    return _rows(fcst, obs, f[chosen], o[chosen], met_f, met_o, hits)


def _check(fcst: Processes, obs: Processes, tolerance: int, overlap: int, share: float) -> None:
    if fcst.ids.dims != obs.ids.dims:
        raise ValueError(
            f"forecast and observed processes need the same dimensions, found "
            f"{list(fcst.ids.dims)} and {list(obs.ids.dims)}"
        )
    check_aligned(fcst.ids.rename("fcst"), obs.ids.rename("obs"))
    if not tolerance >= 0 or not overlap >= 1 or not 0 < share <= 1:
        raise ValueError(
            "tolerance must be at least 0, overlap at least 1 and share in (0, 1], "
            f"found {tolerance}, {overlap} and {share}"
        )


def _position(processes: Processes, column: str) -> np.ndarray:
    """Position on the axis of days of a column of day labels."""
    return processes.ids[processes.day].to_index().get_indexer(processes.table[column])


def _series(processes: Processes) -> np.ndarray:
    """Flat position of the series of each process."""
    table, ids = processes.table, processes.ids
    if not processes.series:
        return np.zeros(len(table), np.int64)
    at = [ids[d].to_index().get_indexer(table[d]) for d in processes.series]
    return np.ravel_multi_index(at, ids.shape[:-2])


def _meetings(
    fcst: Processes, obs: Processes, tolerance: int, overlap: int, share: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows of forecast and observed processes that meet, their common days and places."""
    days_f, days_o = (_spans(p, widen) for p, widen in ((fcst, tolerance), (obs, 0)))
    near = (days_f @ days_o.T).tocoo()
    order = np.lexsort((near.col, near.row))
    f, o = near.row[order], near.col[order]
    (a, b), (c, d) = (
        (_position(p, "start")[row], _position(p, "end")[row]) for p, row in ((fcst, f), (obs, o))
    )
    shorter = np.minimum(b - a, d - c) + 1
    days = np.minimum(np.minimum(b, d) - np.maximum(a, c) + 1 + tolerance, shorter)
    places_f, places_o = _places(fcst), _places(obs)
    common = np.asarray(places_f[f].multiply(places_o[o]).sum(axis=1)).ravel().astype(np.int64)
    # The guard keeps 3 of 10 places at a share of 0.3, whatever the last digit of the product.
    meet = (days >= overlap) & (common >= share * obs.table["extent"].to_numpy()[o] - 1e-9)
    return f[meet], o[meet], days[meet], common[meet]


def _spans(processes: Processes, widen: int) -> csr_matrix:
    """Matrix of (process, series and day): 1 from start to end, widened on both sides."""
    first, last = _position(processes, "start") - widen, _position(processes, "end") + widen
    width = last - first + 1
    row = np.repeat(np.arange(len(width)), width)
    day = np.arange(width.sum()) - np.repeat(np.cumsum(width) - width, width) + first[row]
    length = processes.ids.shape[-1]
    inside = (day >= 0) & (day < length)
    row, day = row[inside], day[inside]
    column = _series(processes)[row] * length + day
    shape = (len(width), prod(processes.ids.shape[:-2]) * length)
    return csr_matrix((np.ones(row.size, np.int32), (row, column)), shape)


def _places(processes: Processes) -> csr_matrix:
    """Matrix of (process, place): 1 where the place belongs to the process."""
    row, place = members(cells(processes.ids), processes.ids.shape[-2])
    shape = (len(processes.table), processes.ids.shape[-2])
    return csr_matrix((np.ones(row.size, np.int32), (row, place)), shape)


def _assign(
    f: np.ndarray, o: np.ndarray, overlap: np.ndarray, count_f: int, count_o: int
) -> np.ndarray:
    """Positions of the pairs that are taken: each process once, the greatest overlap in all."""
    links = coo_matrix((np.ones(f.size), (f, o + count_f)), (count_f + count_o,) * 2)
    _, group = connected_components(links, directed=False)
    group = group[f]
    size = np.bincount(group, minlength=1)
    taken = np.flatnonzero(size[group] == 1).tolist()
    order = np.argsort(group, kind="stable")
    stops = np.cumsum(size)
    for g in np.flatnonzero(size > 1):
        pairs = order[stops[g] - size[g] : stops[g]]
        rows, r = np.unique(f[pairs], return_inverse=True)
        columns, c = np.unique(o[pairs], return_inverse=True)
        gain = np.zeros((rows.size, columns.size))
        gain[r, c] = overlap[pairs]
        best = np.zeros(gain.shape, bool)
        best[linear_sum_assignment(gain, maximize=True)] = True
        taken += pairs[best[r, c]].tolist()
    return np.sort(np.array(taken, np.int64))


def _compare(
    fcst: Processes,
    obs: Processes,
    f: np.ndarray,
    o: np.ndarray,
    level_edges: Sequence[float] | None,
) -> dict[str, np.ndarray]:
    """Errors of the attributes of matched processes, and how much they have in common."""
    a, b = fcst.table.iloc[f].reset_index(drop=True), obs.table.iloc[o].reset_index(drop=True)
    out: dict[str, np.ndarray] = {}
    for name in ("start", "end", "peak_day"):
        out[name] = (_position(fcst, name)[f] - _position(obs, name)[o]).astype(float)
    out["peak"] = (a["peak"] - b["peak"]).to_numpy()
    out["peak_level"] = np.full(len(a), np.nan)
    if level_edges is not None:
        edges = np.asarray(level_edges, float)
        if not (np.diff(edges) > 0).all():
            raise ValueError(f"level_edges must ascend, found {list(level_edges)}")
        level_f, level_o = (np.searchsorted(edges, t["peak"], side="left") for t in (a, b))
        out["peak_level"] = (level_f - level_o).astype(float)
    out["duration"] = (a["days"] - b["days"]).to_numpy(float)
    out["extent"] = (a["extent"] - b["extent"]).to_numpy(float)
    open_start = (a["open_start"] | b["open_start"]).to_numpy(bool)
    open_end = (a["open_end"] | b["open_end"]).to_numpy(bool)
    unknown = {"start": open_start, "end": open_end, "duration": open_start | open_end}
    for name, where in unknown.items():
        out[name][where] = np.nan
    out = {f"{name}_error": out[name] for name in ATTRIBUTES}
    places = _places(fcst)[f].multiply(_places(obs)[o]).sum(axis=1)
    common = np.asarray(places, float).ravel()
    out["place_jaccard"] = common / (a["extent"] + b["extent"] - common).to_numpy()
    common = _common_cells(fcst, obs, f, o)
    out["place_day_jaccard"] = common / (a["place_days"] + b["place_days"] - common).to_numpy()
    return out


def _common_cells(fcst: Processes, obs: Processes, f: np.ndarray, o: np.ndarray) -> np.ndarray:
    """Number of (place, day) that both processes of each pair have."""
    one, two = fcst.ids.values.ravel(), obs.ids.values.ravel()
    both = (one > 0) & (two > 0)
    pairs = one[both].astype(np.int64) * (len(obs.table) + 1) + two[both]
    keys, number = np.unique(pairs, return_counts=True)
    wanted = (f + 1) * np.int64(len(obs.table) + 1) + o + 1
    at = np.minimum(np.searchsorted(keys, wanted), max(0, keys.size - 1))
    return np.where(keys[at] == wanted, number[at], 0) if keys.size else np.zeros(f.size, int)


def _rows(
    fcst: Processes,
    obs: Processes,
    f: np.ndarray,
    o: np.ndarray,
    met_f: np.ndarray,
    met_o: np.ndarray,
    hits: dict[str, np.ndarray],
) -> pd.DataFrame:
    """Rows of hits, misses and false alarms, in order of series and day."""
    missed = np.setdiff1d(np.arange(len(obs.table)), o)
    alarmed = np.setdiff1d(np.arange(len(fcst.table)), f)
    sizes = (len(o), len(missed), len(alarmed))
    none_o, none_f = np.zeros(len(alarmed), np.int64), np.zeros(len(missed), np.int64)
    columns: dict[Hashable, object] = {}
    for name in (*fcst.series, "start"):
        own, other = (p.table[name].to_numpy() for p in (obs, fcst))
        columns["day" if name == "start" else name] = np.concatenate(
            [own[o], own[missed], other[alarmed]]
        )
    columns |= {
        "outcome": np.repeat([HIT, MISS, FALSE_ALARM], sizes),
        "process_fcst": np.concatenate([f + 1, none_f, alarmed + 1]),
        "process_obs": np.concatenate([o + 1, missed + 1, none_o]),
        "part": np.concatenate([np.zeros(sizes[0], bool), met_o[missed], met_f[alarmed]]),
    }
    rest = np.full(sizes[1] + sizes[2], np.nan)
    first = ("overlap", "share", "place_jaccard", "place_day_jaccard")
    for name in (*first, *(n for n in hits if n not in first)):
        columns[name] = np.concatenate([hits[name], rest])
    series = np.concatenate([_series(obs)[o], _series(obs)[missed], _series(fcst)[alarmed]])
    start_o, start_f = _position(obs, "start"), _position(fcst, "start")
    begin = np.concatenate([start_o[o], start_o[missed], start_f[alarmed]])
    table = pd.DataFrame(columns)
    alone = table["process_obs"] == 0
    order = np.lexsort((table["process_fcst"], table["process_obs"], alone, begin, series))
    return table.iloc[order].reset_index(drop=True)
