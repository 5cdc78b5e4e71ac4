"""Analyses of a product at the places: one file, by local day."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from forecast.atomic import whole_file
from forecast.errors import InputError

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
    return _load(path).reindex(place=places)


def write_analyses(folder: Path, data: xr.Dataset) -> Path:
    """Add days to the stored analyses; a value given again replaces the old one.

    Parameters
    ----------
    folder : Path
        ``weather/<product>`` of a workspace.
    data : xarray.Dataset
        Daily fields on (day, place) and ``ring_*`` on (day, ring, place).

    Raises
    ------
    InputError
        The stored file cannot be read.
    """
    path = folder / NAME
    if path.exists():
        data = data.combine_first(_load(path))
    data.attrs = {"Conventions": "CF-1.10"}
    with whole_file(path) as part:
        data.to_netcdf(part, engine="netcdf4")
    return path


def _load(path: Path) -> xr.Dataset:
    try:
        with xr.open_dataset(path, engine="netcdf4") as file:
            return file.load()
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{path}: not a readable file of analyses: {error}") from None
