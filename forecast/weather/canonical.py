"""The one form every weather file is given: names, units and axes of the data model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.weather.fields import FIELDS
from forecast.weather.grids import Grid
from forecast.weather.lazy import Read, lazy_field

CASES = ("issue", "lead", "member")


@dataclass(frozen=True)
class Axes:
    """Axes a file's fields share.

    Attributes
    ----------
    issue : DatetimeIndex
        Reference times, UTC; of a product of local days, local dates. An analysis has its times
        here and the one lead 0.
    lead : TimedeltaIndex
        Time from the reference to the validity; whole days for a product of local days.
    member : ndarray of int
        Numbers of the ensemble members; ``[0]`` where there is no ensemble.
    grid : Grid
    """

    issue: pd.DatetimeIndex
    lead: pd.TimedeltaIndex
    member: np.ndarray
    grid: Grid

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of issue, lead, member and the space axes."""
        return (len(self.issue), len(self.lead), len(self.member), *self.grid.shape)


def weather_dataset(
    path: Path,
    product: str,
    axes: Axes,
    fields: Mapping[str, Read],
    *,
    starts: Mapping[str, pd.TimedeltaIndex] | None = None,
    cell: Literal["instant", "local day"] = "instant",
    ignored: tuple[str, ...] = (),
) -> xr.Dataset:
    """Put the fields of a file into the form of the data model, to be read when asked for.

    Parameters
    ----------
    path : Path
        File, for messages and the attribute ``source``.
    product : str
        Name of the product.
    axes : Axes
        Checked here: none empty, none with a value twice, coordinates finite and possible.
    fields : mapping of str to callable
        Reader of each field, see `lazy_field`; names of `FIELDS`.
    starts : mapping of str to TimedeltaIndex, optional
        For each amount (``tp``, ``ssrd``), the start of the interval that ends at each lead, as
        time from the reference. Required for every amount of an ``instant`` product.
    cell : {"instant", "local day"}
        Whether values hold at a time, or are means (amounts: sums) of local days.
    ignored : tuple of str
        The file's variables that are no field of the data model.

    Returns
    -------
    xarray.Dataset
        Lazy float32 fields on (issue, lead, member, *space) with ``units`` and ``standard_name``;
        coordinates ``valid_time`` (issue, lead) and ``<amount>_start`` (lead); attributes
        ``product, source, cell, ignored``.

    Raises
    ------
    InputError
        An axis is not as it should be, or there is no field.
    """
    starts = starts or {}
    if not fields:
        found = ", ".join(ignored[:8]) or "nothing"
        raise InputError(f"{path}: no known weather field as {product}; found {found}")
    check_axes(path, axes)
    grid, dims = axes.grid, (*CASES, *axes.grid.dims)
    coordinates: dict[str, tuple] = {
        "issue": (
            ("issue",),
            axes.issue.as_unit("ns"),
            {"standard_name": "forecast_reference_time"},
        ),
        "lead": (("lead",), axes.lead.as_unit("ns"), {"standard_name": "forecast_period"}),
        "member": (("member",), axes.member, {"standard_name": "realization"}),
        "valid_time": (
            ("issue", "lead"),
            (axes.issue.values[:, None] + axes.lead.values[None, :]).astype("M8[ns]"),
            {"standard_name": "time"},
        ),
    }
    for name, unit in (("latitude", "degrees_north"), ("longitude", "degrees_east")):
        on = (name,) if grid.kind == "regular" else grid.dims
        coordinates[name] = (on, getattr(grid, name), {"units": unit, "standard_name": name})
    variables = {}
    for name, read in fields.items():
        field = FIELDS[name]
        variables[name] = xr.Variable(
            dims,
            lazy_field(read, axes.shape),
            {"units": field.units, "standard_name": field.standard_name},
        )
        if field.cell == "amount" and cell == "instant":
            coordinates[f"{name}_start"] = (
                ("lead",),
                pd.TimedeltaIndex(starts[name]).as_unit("ns"),
            )
    return xr.Dataset(
        variables,
        coords=coordinates,
        attrs={
            "product": product,
            "source": str(path),
            "cell": cell,
            "ignored": ", ".join(ignored),
        },
    )


def check_axes(path: Path, axes: Axes) -> None:
    """Refuse axes that are empty, unordered within reason, doubled, or not on the globe."""
    for name in CASES:
        values = pd.Index(getattr(axes, name))
        if not len(values):
            raise InputError(f"{path}: axis {name} is empty")
        if values.hasnans:
            raise InputError(f"{path}: axis {name} holds a missing value")
        if values.has_duplicates:
            raise InputError(f"{path}: axis {name} holds {values[values.duplicated()][0]} twice")
    grid = axes.grid
    if 0 in grid.shape:
        raise InputError(f"{path}: the grid is empty")
    for name, limit in (("latitude", 90.0), ("longitude", 360.0)):
        values = getattr(grid, name)
        if not np.isfinite(values).all() or np.abs(values).max() > limit + 1e-6:
            raise InputError(f"{path}: {name} holds a value that is not within ±{limit:g} degrees")
        if grid.kind == "regular":
            step = np.diff(values)
            if not ((step > 0).all() or (step < 0).all()):
                raise InputError(f"{path}: axis {name} is not monotonic")
