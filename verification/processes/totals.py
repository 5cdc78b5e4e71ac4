"""Sums over the hits, misses and false alarms of processes.

Each counts on the day on which the observed process (for a false alarm, the forecast one) starts,
so sums that keep the day can be grouped by month and resampled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np
import pandas as pd
import xarray as xr

from verification.pairs import check_keep, kept_coords
from verification.processes.match import ATTRIBUTES, FALSE_ALARM, HIT, MISS, match_processes
from verification.processes.process import Processes

FAMILY = "process"

Total = Callable[[np.ndarray], np.ndarray]


def process_sums(
    fcst: Processes,
    obs: Processes,
    *,
    tolerance: int = 1,
    overlap: int = 1,
    share: float = 0.3,
    level_edges: Sequence[float] | None = None,
    keep: str | Sequence[str] = (),
) -> xr.Dataset:
    """Match processes and sum what every score of this file is read from.

    Parameters
    ----------
    fcst, obs : Processes
        Forecast and observed processes on the same labels, see `match_processes`.
    tolerance, overlap, share, level_edges
        As in `match_processes`.
    keep : str or sequence of str
        Dimensions that stay: those of the series (issue, lead), and the day, on which a process
        counts when it starts. The place cannot be kept.

    Returns
    -------
    xarray.Dataset
        Family `process`: `hits`, `misses`, `false_alarms`; `merged` and `split`, the misses and
        false alarms that are a part of a process that was matched; over the hits, the sums of
        `place_jaccard` and `place_day_jaccard`, and by `attribute` (start, end, peak_day, peak,
        peak_level, duration, extent) of `error`, `absolute_error`, `squared_error` and
        `compared`, the number of hits in which the attribute is known; `pairs` and `weight`, all
        of hits, misses and false alarms, which `processes` holds again by `rule`, so that sums
        made by different rules do not merge.

    Raises
    ------
    ValueError
        If labels differ, `keep` is unknown, or a parameter is out of range.

    Examples
    --------
    >>> import xarray as xr
    >>> from verification import find_processes, process_pod, process_sums
    >>> alone = xr.DataArray([[False]], dims=("place", "neighbour"))
    >>> obs = [[90.0, 210, 230, 90, 90, 90, 90, 240, 90]]
    >>> fcst = [[90.0, 90, 220, 205, 90, 90, 90, 90, 90]]
    >>> found = [find_processes(xr.DataArray(v, dims=("place", "day")), alone) for v in (fcst, obs)]
    >>> float(process_pod(process_sums(*found)))
    0.5
    """
    table = match_processes(
        fcst, obs, tolerance=tolerance, overlap=overlap, share=share, level_edges=level_edges
    )
    dims = [d for d in fcst.ids.dims if d != fcst.place]
    sizes = {d: fcst.ids.sizes[d] for d in dims}
    kept = check_keep(keep, sizes)
    stay = [d for d in dims if d in kept]
    shape = tuple(sizes[d] for d in stay)
    labels = [table["day" if d == fcst.day else str(d)] for d in stay]
    at = [fcst.ids[d].to_index().get_indexer(x) for d, x in zip(stay, labels, strict=True)]
    cell = np.ravel_multi_index(at, shape) if at else np.zeros(len(table), int)

    def total(value: np.ndarray) -> np.ndarray:
        return np.bincount(cell, value, minlength=prod(shape)).reshape(shape)

    rule = _rule(fcst, obs, tolerance, overlap, share, level_edges)
    data = {n: (stay, v) for n, v in _counts(table, total).items()}
    inner = [*stay, "attribute"]
    data |= {n: (inner, v) for n, v in _errors(table, total).items()}
    data["processes"] = ([*stay, "rule"], data["pairs"][1][..., None])
    coords = kept_coords([fcst.ids], kept, taken={*data, "attribute", "rule"})
    return xr.Dataset(
        data, {**coords, "attribute": list(ATTRIBUTES), "rule": [rule]}, attrs={"family": FAMILY}
    )


def _counts(table: pd.DataFrame, total: Total) -> dict[str, np.ndarray]:
    outcome, part = table["outcome"].to_numpy(), table["part"].to_numpy(bool)
    terms = {
        "hits": outcome == HIT,
        "misses": outcome == MISS,
        "false_alarms": outcome == FALSE_ALARM,
        "merged": part & (outcome == MISS),
        "split": part & (outcome == FALSE_ALARM),
        "place_jaccard": table["place_jaccard"].fillna(0).to_numpy(),
        "place_day_jaccard": table["place_day_jaccard"].fillna(0).to_numpy(),
        "pairs": np.ones(len(table)),
        "weight": np.ones(len(table)),
    }
    return {name: total(np.asarray(term, float)) for name, term in terms.items()}


def _errors(table: pd.DataFrame, total: Total) -> dict[str, np.ndarray]:
    columns = [table[f"{a}_error"].to_numpy() for a in ATTRIBUTES]
    found: dict[str, list[np.ndarray]] = {}
    for error in columns:
        known = ~np.isnan(error)
        value = np.where(known, error, 0.0)
        terms = {
            "error": value,
            "absolute_error": np.abs(value),
            "squared_error": value**2,
            "compared": known.astype(float),
        }
        for name, term in terms.items():
            found.setdefault(name, []).append(total(term))
    return {name: np.stack(parts, axis=-1) for name, parts in found.items()}


def _rule(
    fcst: Processes,
    obs: Processes,
    tolerance: int,
    overlap: int,
    share: float,
    level_edges: Sequence[float] | None,
) -> str:
    found = "; ".join(
        f"{what} above {p.rule.threshold:g}, gap {p.rule.gap}"
        for what, p in (("forecast", fcst), ("observed", obs))
    )
    levels = "none" if level_edges is None else " ".join(f"{e:g}" for e in level_edges)
    return (
        f"{found}; tolerance {tolerance}, overlap {overlap}, share {share:g}; level edges {levels}"
    )
