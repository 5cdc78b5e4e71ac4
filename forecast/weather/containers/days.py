"""Reader of means of local days in NetCDF: forecasts by issue day and step, analyses by day."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.weather.containers.cf_axes import find_axes
from forecast.weather.containers.cf_times import cycles
from forecast.weather.containers.netcdf import dataset, named, open_raw
from forecast.weather.product import Product

DAY = pd.Timedelta(days=1)


def open_file(path: Path, product: Product) -> xr.Dataset:
    """Open a NetCDF file of means (amounts: sums) of the network's local days.

    Forecasts lie on (time or issue, step or lead, number or member, latitude, longitude), where
    step k is the mean of the local day k days after the issue day; analyses on (time or day,
    latitude, longitude). Members may be missing; dimensions stand in any order and are told as in
    any CF file, see `cf_axes`. A step without units counts days; a rate of an amount is a mean over
    the day and becomes its sum.

    Raises
    ------
    InputError
        Not NetCDF, no known field, wrong units, an axis is missing, days are not each there once at
        00:00, or steps are not whole days.
    """
    raw = named(open_raw(path), product, path)
    axes = find_axes(path, raw)
    times = cycles(path, raw, axes, lead_units="days")
    if (times.issue != times.issue.normalize()).any() or times.issue.has_duplicates:
        raise InputError(
            f"{path}: axis issue must hold each local day once, at 00:00 "
            "(daily means are expected; sub-daily fields are not)"
        )
    if (times.lead % DAY != pd.Timedelta(0)).any():
        raise InputError(f"{path}: steps must be whole days; found {times.lead[0]}")
    if times.lead.has_duplicates:
        raise InputError(f"{path}: a step stands twice")
    if "lead" not in axes.names and "member" in axes.names and raw[axes.names["member"]].ndim:
        found = ", ".join(map(str, raw.dims))
        raise InputError(f"{path}: a forecast by members needs an axis step; found {found}")
    return dataset(path, product, raw, axes, times, cell="local day")
