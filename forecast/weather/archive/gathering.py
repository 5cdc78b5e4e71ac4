"""From the files of some cycles to their fields at the places, step by step of the forecast.

One cycle may be one file, a file a step, a file a member, or one of many cycles in a file. Whatever
the files give is put in its place; what none gives is missing. Files are read in blocks, so memory
follows the block and the places, not the grid times the members.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.weather.archive.places import RING, Places
from forecast.weather.fields import FIELDS
from forecast.weather.grids import Grid
from forecast.weather.sampling.weights import Sampler

RING_SOURCES = ("u10", "v10", "r2", "sp", "msl", "t2m", "d2m", "q2")
"""Fields sampled on the ring: what upstream predictors are made from."""
BLOCK_BYTES = 16e6
"""Memory of one block of source fields."""


def gather(
    files: Sequence[xr.Dataset], issues: pd.DatetimeIndex, places: Places
) -> tuple[xr.Dataset, xr.Dataset]:
    """Sample all fields of some cycles.

    Parameters
    ----------
    files : sequence of xarray.Dataset
        From `open_weather`; where two give the same value the later one counts.
    issues : DatetimeIndex
        Reference times wanted; each file gives those it has.
    places : Places

    Returns
    -------
    at : xarray.Dataset
        Fields on (issue, lead, member, place).
    around : xarray.Dataset
        Ensemble means of `RING_SOURCES` on (issue, lead, ring, place).
        Both float32 with the union of the files' leads and members, ``valid_time`` (issue, lead)
        and the starts of amounts; NaN where no file has a value.

    Raises
    ------
    InputError
        A file cannot be read; the message names it.
    """
    leads = _union([f["lead"].to_index() for f in files])
    members = _union([f["member"].to_index() for f in files])
    samplers = {f.attrs["source"]: _sampler(f, places) for f in files}
    shape = (len(issues), len(leads))
    at: dict[str, np.ndarray] = {}
    around: dict[str, np.ndarray] = {}
    for name in dict.fromkeys(str(n) for f in files for n in f.data_vars):
        at[name] = np.full((*shape, len(members), len(places.names)), np.nan, np.float32)
        ring = _Mean((*shape, RING * len(places.names))) if name in RING_SOURCES else None
        for file in (f for f in files if name in f):
            sampler = samplers[file.attrs["source"]]
            _read(file[name], (issues, leads, members), sampler, at[name], ring)
        if ring is not None:
            around[name] = ring.value().reshape(*shape, RING, len(places.names))
    coords = _coordinates(files, issues, leads)
    source = str(files[0].attrs["source"])  # what is wrong with amounts is told by this name
    dims = ("issue", "lead", "member", "place")
    return (
        _dataset(at, dims, {**coords, "member": members}, places, source),
        _dataset(around, ("issue", "lead", "ring", "place"), coords, places, source),
    )


def _sampler(file: xr.Dataset, places: Places) -> Sampler:
    try:
        return places.sampler(Grid.of(file))
    except InputError as error:
        raise InputError(f"{file.attrs['source']}: {error}") from None


class _Mean:
    """Mean over the members, gathered file by file."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._total, self._count = np.zeros(shape, np.float32), np.zeros(shape, np.int32)
        self._members: dict[tuple[int, int], set[int]] = {}

    def add(
        self, issues: np.ndarray, leads: np.ndarray, mean: np.ndarray, members: np.ndarray
    ) -> None:
        """Add the mean of some members, (issue, lead, point); NaN counts for nothing.

        Members given again replace what was there: a later file counts.
        """
        known, rows = np.isfinite(mean), np.ix_(issues, leads)
        for cell in [(int(i), int(k)) for i in issues for k in leads]:
            before = self._members.setdefault(cell, set())
            if before.intersection(members.tolist()):
                self._total[cell], self._count[cell] = 0, 0
                before.clear()
            before.update(members.tolist())
        self._total[rows] += np.where(known, mean * len(members), 0)
        self._count[rows] += known * len(members)

    def value(self) -> np.ndarray:
        """The mean, NaN where nothing was added."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self._count > 0, self._total / self._count, np.float32(np.nan))


def _read(
    field: xr.DataArray,
    axes: tuple[pd.Index, pd.Index, pd.Index],
    sampler: Sampler,
    at: np.ndarray,
    ring: _Mean | None,
) -> None:
    """Put one field of one file in its place; add its ring points to their mean."""
    issues, leads, members = axes
    rows = field["issue"].to_index().get_indexer(issues)
    here = np.flatnonzero(rows >= 0)
    if not len(here):
        return
    lead_at = leads.get_indexer(field["lead"].to_index())
    member_at = members.get_indexer(field["member"].to_index())
    field = field.isel(sampler.window)
    per_lead = 4 * len(here) * int(np.prod(field.shape[2:]))
    leads_at_once = max(1, int(BLOCK_BYTES // max(per_lead, 1)))
    for start in range(0, len(lead_at), leads_at_once):
        part = slice(start, start + leads_at_once)
        used = sampler.gather(field.isel(issue=rows[here], lead=part).values)
        found, target = sampler.apply("at", used), np.ix_(here, lead_at[part], member_at)
        if np.isnan(at[target]).all():
            at[target] = found
        else:
            at[target] = np.where(np.isfinite(found), found, at[target])
        if ring is not None:
            mean = sampler.apply("around", _member_mean(used))
            ring.add(here, lead_at[part], mean, member_at)


def _member_mean(used: np.ndarray) -> np.ndarray:
    """Mean over the members known, (issue, lead, point) from (issue, lead, member, point)."""
    mean = used.mean(axis=2)
    if np.isnan(mean).any():
        known = np.isfinite(used)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(known, used, 0).sum(axis=2) / known.sum(axis=2, dtype=np.float32)
    return mean


def _union(axes: Sequence[pd.Index]) -> pd.Index:
    found = axes[0]
    for axis in axes[1:]:
        if not axis.equals(found):
            found = found.union(axis)
    return found.sort_values()


def _coordinates(
    files: Sequence[xr.Dataset], issues: pd.DatetimeIndex, leads: pd.Index
) -> dict[str, object]:
    """Valid times, and the start of each amount's interval (the shortest where files differ)."""
    out: dict[str, object] = {
        "issue": issues,
        "lead": leads,
        "valid_time": (("issue", "lead"), issues.values[:, None] + leads.values[None, :]),
    }
    for name in [n for n, f in FIELDS.items() if f.cell == "amount"]:
        given = [f for f in files if f"{name}_start" in f.coords and name in f]
        if given:
            starts = np.full(len(leads), np.timedelta64("NaT"), "m8[ns]")
            for file in given:
                at, own = leads.get_indexer(file["lead"].to_index()), file[f"{name}_start"].values
                if (~np.isnat(starts[at]) & ~np.isnat(own) & (starts[at] != own)).any():
                    raise InputError(
                        f"{file.attrs['source']}: {name} does not gather since the same time as in "
                        "the other files of the cycle"
                    )
                starts[at] = np.where(np.isnat(own), starts[at], own)
            out[f"{name}_start"] = ("lead", starts)
    return out


def _dataset(
    fields: dict[str, np.ndarray],
    dims: tuple[str, ...],
    coords: dict[str, object],
    places: Places,
    source: str,
) -> xr.Dataset:
    kept = {n: c for n, c in coords.items() if not n.endswith("_start") or n[:-6] in fields}
    return xr.Dataset(
        {
            n: (dims, v, {"units": FIELDS[n].units, "standard_name": FIELDS[n].standard_name})
            for n, v in fields.items()
        },
        coords={**kept, "place": places.names},
        attrs={"source": source},
    )
