"""Analyses of a product at the places: one file, by local day."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from forecast.atomic import whole_file
from forecast.errors import InputError
from forecast.unreadable import UNREADABLE

NAME = "analysis.nc"


def read_analyses(folder: Path, places: np.ndarray) -> xr.Dataset:
    """Analyses stored in an archive folder.

    Returns
    -------
    xarray.Dataset
        Daily fields on (day, place), ``ring_*`` on (day, ring, place); a place of unknown name is
        NaN.

    Raises
    ------
    InputError
        None are stored, or they cannot be read.
    """
    path = folder / NAME
    if not path.exists():
        raise InputError(f"{path}: no analyses stored; run `wubu ingest` first")
    data = _load(path)
    if np.array_equal(data["place"].values, places):
        return data
    return data.reindex(place=places)


def write_analyses(folder: Path, data: xr.Dataset, *, anew: bool = False) -> Path:
    """Add days to the stored analyses; a day given again replaces the old one as a whole.

    A day without any value replaces nothing: its files may have been cleared away.

    Parameters
    ----------
    folder : Path
        ``weather/<product>`` of a workspace.
    data : xarray.Dataset
        Daily fields on (day, place) and ``ring_*`` on (day, ring, place).
    anew : bool
        Whether the stored ones are of other settings and are given up.

    Raises
    ------
    InputError
        The stored file cannot be read.
    """
    path = folder / NAME
    reach = {"reach_hours": float(data.attrs.get("reach_hours", 0.0))}
    if path.exists() and not anew:
        before = _load(path)
        given = np.zeros(data.sizes["day"], dtype=bool)
        for field in data.data_vars.values():
            values = np.isfinite(field.transpose("day", ...).values)
            given |= values.reshape(len(given), -1).any(axis=1)
        kept = before["day"].to_index().difference(data["day"].to_index()[given])
        fresh = data["day"].to_index()[given | ~data["day"].isin(before["day"]).values]
        both = [before.sel(day=kept), data.sel(day=fresh)]
        data = xr.concat(both, "day", data_vars="all", coords="minimal", compat="override",
                         join="outer").sortby("day")  # fmt: skip
    data.attrs = {"Conventions": "CF-1.10", **reach}
    with whole_file(path) as part:
        data.to_netcdf(part, engine="netcdf4")
    return path


def _load(path: Path) -> xr.Dataset:
    try:
        with xr.open_dataset(path, engine="netcdf4") as file:
            return file.load()
    except UNREADABLE as error:
        raise InputError(f"{path}: not a readable file of analyses: {error}") from None
