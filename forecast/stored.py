"""Small NetCDF files of the workspace, read as a whole."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from forecast.errors import InputError
from forecast.unreadable import UNREADABLE


def read_stored(path: Path, what: str) -> xr.Dataset | None:
    """Contents of a stored file, None where nothing is stored.

    Parameters
    ----------
    path : Path
    what : str
        What it is a file of, for the message.

    Raises
    ------
    InputError
        The file is there and cannot be read.
    """
    if not path.exists():
        return None
    try:
        with xr.open_dataset(path, engine="netcdf4") as file:
            return file.load()
    except UNREADABLE as error:
        raise InputError(f"{path}: not a readable file of {what}: {error}") from None
