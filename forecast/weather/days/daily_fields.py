"""From the steps of a cycle at the places to the fields of its local days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from forecast.errors import InputError
from forecast.weather.days.derived import derive
from forecast.weather.days.steps import STATISTICS, local_days
from forecast.weather.fields import FIELDS

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
        One a cycle: fields on (day, member, place), ``ring_*`` on (day, ring, place). The attribute
        ``problems`` tells of amounts that cannot be right and are left out.
    """
    at, around = derive(at), derive(around)
    around = around[[n for n in RING_FIELDS if n in around]]
    split = _whole_days if whole_days else _from_steps
    for i in range(at.sizes["issue"]):
        try:
            fields, days = split(at, i, utc_offset, STATISTICS)
            problems = []
        except InputError as error:  # an amount that cannot be right: the rest serves
            instants = [n for n in at if n not in FIELDS or FIELDS[str(n)].cell == "instant"]
            fields, days = split(at[instants], i, utc_offset, STATISTICS)
            problems = [f"{error}; amounts of the cycle left out"]
        if around.data_vars:
            ring, _ = split(around, i, utc_offset, {})
            fields |= {f"ring_{n}": ring[n] for n in RING_FIELDS if n in ring}
        yield xr.Dataset(
            fields,
            coords={"day": days, "place": at["place"].values},
            attrs={"problems": problems},
        )


Fields = dict[str, xr.Variable]


def _whole_days(
    data: xr.Dataset, i: int, utc_offset: float, statistics: Mapping[str, tuple[str, ...]]
) -> tuple[Fields, np.ndarray]:
    """One cycle that holds local days already; arrays, since there may be thousands of cycles."""
    days = data["valid_time"].values[i]
    fields = {
        str(n): xr.Variable(("day", *v.dims[2:]), v.values[i], v.attrs)
        for n, v in data.variables.items()
        if n in data.data_vars
    }
    return fields, days


def _from_steps(
    data: xr.Dataset, i: int, utc_offset: float, statistics: Mapping[str, tuple[str, ...]]
) -> tuple[Fields, np.ndarray]:
    """One cycle brought from its steps to local days."""
    daily = local_days(data.isel(issue=i), utc_offset, statistics=statistics)
    return {str(n): daily[n].variable for n in daily.data_vars}, daily["day"].values
