"""From the steps of a cycle at the places to the fields of its local days."""

from __future__ import annotations

from collections.abc import Iterator

import xarray as xr

from forecast.weather.derived import derive
from forecast.weather.steps import local_days

RING_FIELDS = ("u10", "v10", "r2", "sp", "msl")
"""Fields kept on the ring."""


def daily_fields(
    at: xr.Dataset, around: xr.Dataset, whole_days: bool, utc_offset: float
) -> Iterator[xr.Dataset]:
    """Daily fields of each cycle, derived ones included.

    Parameters
    ----------
    at, around : xarray.Dataset
        From `gather`: (issue, lead, member, place) and (issue, lead, ring, place).
    whole_days : bool
        Whether values are means of local days already, leads being days after the local date of
        issue; otherwise they hold at steps and are brought to local days.
    utc_offset : float
        Hours, local time minus UTC.

    Yields
    ------
    xarray.Dataset
        One a cycle: fields on (day, member, place), ``ring_*`` on (day, ring, place).
    """
    at, around = derive(at), derive(around)
    around = around[[n for n in RING_FIELDS if n in around]]
    for i in range(at.sizes["issue"]):
        parts = [data.isel(issue=i) for data in (at, around)]
        if whole_days:
            days = [p.assign_coords(day=p["valid_time"]).swap_dims(lead="day") for p in parts]
        else:
            days = [
                local_days(parts[0], utc_offset),
                local_days(parts[1], utc_offset, statistics={}),
            ]
        ring = days[1][[n for n in RING_FIELDS if n in days[1]]]
        ring = ring.rename({n: f"ring_{n}" for n in ring.data_vars})
        kept = [c for c in days[0].coords if c in ("day", "place")]
        both = (
            days[0]
            .reset_coords(drop=True)
            .assign({n: (v.dims, v.values, v.attrs) for n, v in ring.items()})
        )
        yield both.assign_coords({c: days[0][c] for c in kept})
