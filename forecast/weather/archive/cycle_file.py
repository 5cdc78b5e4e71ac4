"""The file of one forecast cycle at the places: written whole, read by valid day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd
import xarray as xr

from forecast.atomic import whole_file
from forecast.errors import InputError
from forecast.unreadable import UNREADABLE

EPOCH = pd.Timestamp("1970-01-01")


@dataclass(frozen=True)
class CycleFields:
    """What one cycle gives for some days at some places.

    Attributes
    ----------
    fields : mapping of str to ndarray
        float32 on (day, member, place); ``ring_*`` on (day, ring, place). NaN where missing.
    known_since : Timestamp
        First issue date at which everything the cycle was made from was known.
    dressed : str
        What it is if no forecast: analyses with simulated errors, or as they are.
    """

    fields: Mapping[str, np.ndarray]
    known_since: pd.Timestamp
    dressed: str = ""


def write_cycle(
    path: Path, data: xr.Dataset, attributes: Mapping[str, str], days: slice = slice(None)
) -> None:
    """Write one cycle.

    Parameters
    ----------
    path : Path
        Replaced as a whole.
    data : xarray.Dataset
        Fields on (day, member, place) and ``ring_*`` on (day, ring, place), with ``units`` and,
        where there is one, ``standard_name``; ``coverage`` (day).
    attributes : mapping of str to str
        ``issue`` and what else is to be recorded.
    days : slice, optional
        Those to write.
    """
    valid = data["day"].to_index()[days]
    with whole_file(path) as part, netCDF4.Dataset(part, "w") as out:
        out.Conventions = "CF-1.10"
        out.setncatts(dict(attributes))
        for dim in ("day", "member", "ring", "place"):
            if dim in data.sizes:
                size = len(valid) if dim == "day" else data.sizes[dim]
                out.createDimension(dim, size)
        day = out.createVariable("day", "i4", ("day",))
        day.units, day.long_name = "days since 1970-01-01", "valid local day"
        day[:] = (valid - EPOCH).days
        out.createVariable("place", str, ("place",))[:] = data["place"].values.astype(object)
        for name in data.data_vars:
            field = data.variables[name]
            stored = out.createVariable(str(name), "f4", tuple(map(str, field.dims)))
            stored.setncatts({k: str(v) for k, v in field.attrs.items() if v})
            stored[:] = field.values[days]


def read_cycle(path: Path, places: np.ndarray, days: pd.DatetimeIndex) -> CycleFields:
    """Read some days of a cycle at some places.

    Parameters
    ----------
    path : Path
        From `write_cycle`.
    places : ndarray of str
        Places wanted; NaN where the file has none of that name.
    days : DatetimeIndex
        Valid local days wanted; NaN where the file has no such day.

    Raises
    ------
    InputError
        The file cannot be read or is not what it should be.
    """
    fields = {}
    try:
        with netCDF4.Dataset(path) as file:
            file.set_auto_mask(False)
            known = pd.Timestamp(file.known_since)
            if pd.isna(known):
                raise ValueError("known_since is no date")
            dressed = str(file.dressed) if "dressed" in file.ncattrs() else ""
            columns = pd.Index(file["place"][:]).get_indexer(places)
            stored = pd.Index(np.asarray(file["day"][:], dtype=np.int64))
            rows = stored.get_indexer((days - EPOCH).days)
            here = rows >= 0
            block = slice(int(rows[here].min()), int(rows.max()) + 1) if here.any() else slice(0, 0)
            in_order = np.array_equal(rows[here] - block.start, np.arange(block.stop - block.start))
            all_places = np.array_equal(columns, np.arange(file.dimensions["place"].size))
            for name, variable in file.variables.items():
                if variable.ndim != 3:
                    continue
                found = np.asarray(variable[block], dtype=np.float32)
                if not in_order:
                    found = found[rows[here] - block.start]
                if not all_places:
                    found = found[..., columns]
                    found[..., columns < 0] = np.nan
                if not here.all():
                    values = np.full((len(days), *found.shape[1:]), np.nan, np.float32)
                    values[here] = found
                    found = values
                fields[name] = found
    except (*UNREADABLE, pd.errors.InvalidIndexError) as error:
        raise InputError(f"{path}: not a readable weather cycle: {error}") from None
    return CycleFields(fields, known, dressed)
