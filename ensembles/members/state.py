"""Fitted state as one NetCDF file, which is checked when it is read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import xarray as xr


def save_state(state: xr.Dataset, path: Path) -> None:
    """Write a state, compressed; its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encoding = {str(n): {"zlib": True, "complevel": 1} for n in state.data_vars}
    state.to_netcdf(path, engine="netcdf4", encoding=encoding)


def load_state(
    path: Path, variables: Iterable[str], attributes: Iterable[str], what: str
) -> xr.Dataset:
    """Read a state.

    Parameters
    ----------
    path : Path
    variables, attributes : iterable of str
        What it must hold.
    what : str
        What it is, for the message, such as ``Kalman filter``.

    Raises
    ------
    ValueError
        It lacks a part, or a place stands twice; the message names file and part.
    """
    with xr.open_dataset(path, engine="netcdf4") as file:
        state = file.load()
    missing = [n for n in variables if n not in state]
    missing += [n for n in attributes if n not in state.attrs]
    if missing:
        raise ValueError(f"{path}: no {', '.join(missing)}; expected a saved {what}")
    if "place" in state.indexes and not state.indexes["place"].is_unique:
        raise ValueError(f"{path}: a place stands twice; expected a saved {what}")
    return state
