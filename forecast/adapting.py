"""Adaptive calibration in the daily chain: what recent forecasts missed moves today's quantiles.

Each issued file says by how much its quantiles were shifted (`SHIFT`). The next issue takes these
shifts over and updates them by the forecasts whose valid days became known in between, so nothing
is fitted again, nothing is kept outside the issued files, and the same files give the same shifts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ensembles import ISSUED_LEVELS, Distribution
from ensembles.adaptive import next_shift, onto_levels, shift_levels
from forecast.issued import latest_files, read_issued
from forecast.known import Known, last_known_day
from forecast.pollutants import POLLUTANTS
from forecast.training import ENSEMBLE

SHIFT = "level_shift"
"""Variable of an issued forecast, (pollutant, lead, quantile)."""

Forecasts = Mapping[str, Mapping[str, Distribution]]


def no_shifts(leads: int) -> xr.DataArray:
    """Shifts of a first issue: none."""
    coords = {
        "pollutant": list(POLLUTANTS),
        "lead": np.arange(1, leads + 1),
        "quantile": ISSUED_LEVELS,
    }
    shape = tuple(len(labels) for labels in coords.values())
    return xr.DataArray(np.zeros(shape, np.float32), coords, list(coords), attrs=_ATTRIBUTES)


_RULE = ("rate", "decay")
_ATTRIBUTES = {
    "long_name": "shift of the probability level a quantile was read at",
    "units": "1",
    "comment": "adaptive calibration, from forecasts verified before the issue",
}


def shifts_at(issue: pd.Timestamp, folder: Path, known: Known) -> xr.DataArray:
    """Shifts of the issue of one day, from the files issued before it.

    Parameters
    ----------
    issue : pandas.Timestamp
        Local issue date. Files of this day and of later ones are not looked at.
    folder : Path
        Folder of issued forecasts; it may be empty or missing.
    known : Known
        Observed days are cut at `issue`.

    Returns
    -------
    xarray.DataArray of float32, (pollutant, lead, quantile)
        Zero without an earlier file that tells its shifts.
    """
    config = known.config
    shifts = no_shifts(config.leads)
    files = {day: path for day, path in latest_files(folder).items() if day < issue}
    if not config.calibration.adaptive or not files:
        return shifts
    before = max(files)
    carried = _verified(files[before]).shifts
    if carried is None or carried.shape != shifts.shape:
        return shifts
    values = carried.astype(np.float64)
    rules = [config.calibration.of(p) for p in POLLUTANTS]
    rate, decay = (np.array([getattr(r, n) for r in rules])[:, None, None] for n in _RULE)
    bounds = last_known_day(np.array([before, issue], "M8[ns]"), config.issue_hour)
    for day in sorted(files):
        first = day.to_datetime64().astype("datetime64[D]")
        valid = first + np.arange(1, config.leads + 1)
        fresh = (valid > bounds[0]) & (valid <= bounds[1])
        if fresh.any():
            share = _shares(files[day], valid, known)
            share[:, ~fresh] = np.nan
            values = next_shift(values, ISSUED_LEVELS, share, rate=rate, decay=decay)
    return shifts.copy(data=values.astype(np.float32))


def adapted(today: Forecasts, shifts: xr.DataArray) -> dict[str, dict[str, Distribution]]:
    """Forecasts of one issue with the ensemble's quantiles read at their shifted levels.

    Parameters
    ----------
    today : mapping of str to mapping of str to Distribution
        By pollutant and member; the members stay as they are.
    shifts : xarray.DataArray, (pollutant, lead, quantile)
        From `shifts_at`.
    """
    out = {p: dict(made) for p, made in today.items()}
    if bool((shifts == 0).all()):
        return out
    everywhere = onto_levels(shifts)
    for pollutant, made in out.items():
        own = everywhere.sel(pollutant=pollutant, drop=True)
        made[ENSEMBLE] = shift_levels(made[ENSEMBLE], own)
    return out


def _shares(path: Path, valid: np.ndarray, known: Known) -> np.ndarray:
    """Share of the stations at or below each quantile, (pollutant, lead, quantile); else NaN."""
    issued = _verified(path)
    days = known.daily["day"].to_index().get_indexer(valid)[: len(issued.quantiles)]
    places = known.daily["place"].to_index().get_indexer(issued.stations)
    leads, stations = np.flatnonzero(days >= 0), np.flatnonzero(places >= 0)
    out = np.full((len(POLLUTANTS), len(valid), len(ISSUED_LEVELS)), np.nan)
    quantiles = issued.quantiles[leads][:, stations]
    at = np.ix_(places[stations], days[leads])
    for i, pollutant in enumerate(POLLUTANTS):
        came = known.daily[pollutant].transpose("place", "day").values[at].T
        q = quantiles[:, :, i]
        both = np.isfinite(came) & np.isfinite(q[..., 0])
        reached = ((came[..., None] <= q) & both[..., None]).sum(axis=1)
        count = both.sum(axis=1)[:, None]
        out[i, leads] = np.where(count > 0, reached / np.maximum(count, 1), np.nan)
    return out


@dataclass(frozen=True)
class _Verified:
    """What the calibration reads of an issued file."""

    stations: np.ndarray
    quantiles: np.ndarray
    """(lead, station, pollutant, quantile)"""
    shifts: np.ndarray | None
    """(pollutant, lead, quantile); None in a file of a version that had none."""


def _verified(path: Path) -> _Verified:
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _read(path: Path, changed: int) -> _Verified:
    issued = read_issued(path, only=("concentration", "kind", SHIFT), optional=(SHIFT,))
    stations = issued["kind"].values == "station"
    dims = ("lead", "place", "pollutant", "quantile")
    quantiles = issued["concentration"].transpose(*dims).values[:, stations]
    shifts = None
    if SHIFT in issued:
        shifts = issued[SHIFT].transpose("pollutant", "lead", "quantile").values
    return _Verified(issued["place"].values[stations].astype(str), quantiles, shifts)
