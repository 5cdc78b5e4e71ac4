"""How the arrays of a NetCDF file are spoilt: sizes, names, types, attributes and values."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from forecast.probing import check_opens

ODD_NUMBERS = (np.nan, np.inf, -np.inf, 1e30, -1e30, 0.0, -1.0, 1e-300, 9.96921e36, 3e9)
ATTRIBUTES = (
    *("units", "standard_name", "_FillValue", "scale_factor", "add_offset", "calendar", "bounds"),
    *("missing_value", "valid_range", "coordinates", "grid_mapping", "axis", "positive"),
)


def spoil_arrays(data: bytes, choice: int, where: float, size: int, hostile: str) -> bytes:
    """A NetCDF file with one thing changed in it.

    Parameters
    ----------
    data : bytes
        Of a readable NetCDF file.
    choice : int
        0 drop a variable, 1 rename one, 2 and 3 change an attribute, 4 change a size, 5 change a
        type, others a value.
    where : float
        Share of the variables, and of the values of one.
    size : int
        A further choice.
    hostile : str
        Text for attributes and names.
    """
    with tempfile.TemporaryDirectory() as room:
        old, new = Path(room) / "old.nc", Path(room) / "new.nc"
        old.write_bytes(data)
        check_opens(old)
        with netCDF4.Dataset(old) as source:
            source.set_auto_maskandscale(False)
            names = list(source.variables)
            chosen = names[int(where * len(names))]
            dims = list(source.dimensions)
            resized = dims[size % len(dims)] if choice == 4 and dims else None
            with netCDF4.Dataset(new, "w", format=source.data_model) as target:
                _copy(source, target, chosen, choice, where, size, hostile, resized)
        return new.read_bytes()


def _copy(
    source: netCDF4.Dataset,
    target: netCDF4.Dataset,
    chosen: str,
    choice: int,
    where: float,
    size: int,
    hostile: str,
    resized: str | None,
) -> None:
    attributes = {n: source.getncattr(n) for n in source.ncattrs()}
    if choice == 3 and attributes:
        attributes[list(attributes)[size % len(attributes)]] = hostile or 0.0
    target.setncatts(attributes)
    for name, dim in source.dimensions.items():
        length = len(dim)
        if name == resized:
            length = (0, 1, length + 1, 2 * length)[int(where * 4)]
        target.createDimension(name, length if length else None)
    for name, variable in source.variables.items():
        mine = name == chosen
        if mine and choice == 0:
            continue
        kind = variable.dtype if not (mine and choice == 5) else ("i2", "f8", "S1")[size % 3]
        label = (hostile[:40].replace("/", "_") or "x") if mine and choice == 1 else name
        fill = variable.getncattr("_FillValue") if "_FillValue" in variable.ncattrs() else None
        made = target.createVariable(
            label, kind, variable.dimensions, fill_value=None if mine and choice == 5 else fill
        )
        made.set_auto_maskandscale(False)
        own = {n: variable.getncattr(n) for n in variable.ncattrs() if n != "_FillValue"}
        if mine and choice == 2:
            own = _other_attributes(own, size, hostile)
        made.setncatts(own)
        _fill(made, variable[...], target, mine and choice > 5, where, size)


def _other_attributes(own: dict[str, Any], size: int, hostile: str) -> dict[str, Any]:
    known = [n for n in dict.fromkeys([*own, *ATTRIBUTES]) if n != "_FillValue"]
    name = known[size % len(known)]
    odd = (hostile, ODD_NUMBERS[size % len(ODD_NUMBERS)], np.array([1.0, 2.0]), np.int8(-1))
    return {**own, name: odd[size % len(odd)]}


def _fill(
    made: netCDF4.Variable,
    values: np.ndarray,
    target: netCDF4.Dataset,
    odd: bool,
    where: float,
    size: int,
) -> None:
    shape = tuple(
        length if target.dimensions[d].isunlimited() else len(target.dimensions[d])
        for d, length in zip(made.dimensions, values.shape, strict=True)
    )
    values = np.resize(values, shape) if values.size and shape != values.shape else values
    if odd and values.size and values.dtype.kind in "fiu":
        flat = values.reshape(-1).astype(values.dtype, copy=True)
        at = int(where * len(flat))
        with np.errstate(invalid="ignore", over="ignore"):
            flat[at : at + size] = np.float64(ODD_NUMBERS[size % len(ODD_NUMBERS)]).astype(
                values.dtype
            )
        values = flat.reshape(values.shape)
    if made.dtype != values.dtype and made.dtype == np.dtype("S1"):
        values = np.full(values.shape, b"x", "S1")
    if values.size:
        made[...] = values
