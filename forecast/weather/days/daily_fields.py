"""From the steps of a cycle at the places to the fields of its local days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import xarray as xr

from forecast.weather.days.derived import derive
from forecast.weather.days.steps import STATISTICS, local_days

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
        days = _days(at.isel(issue=i), whole_days, utc_offset)
        out = days.reset_coords(drop=True).assign_coords(place=at["place"])
        if around.data_vars:
            ring = _days(around.isel(issue=i), whole_days, utc_offset, statistics={})
            for name in RING_FIELDS:
                if name in ring:
                    field = ring[name]
                    out[f"ring_{name}"] = (field.dims, field.values, field.attrs)
        yield out


def _days(
    steps: xr.Dataset,
    whole_days: bool,
    utc_offset: float,
    statistics: Mapping[str, tuple[str, ...]] = STATISTICS,
) -> xr.Dataset:
    """One cycle on its local days."""
    if whole_days:
        return steps.assign_coords(day=steps["valid_time"]).swap_dims(lead="day")
    return local_days(steps, utc_offset, statistics=statistics)
