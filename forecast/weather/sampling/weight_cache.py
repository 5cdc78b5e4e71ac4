"""Weights kept between runs: one NetCDF file for each grid, set of places and method."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path

import netCDF4
import numpy as np
from scipy import sparse

from forecast.atomic import whole_file
from forecast.weather.grids import Grid
from forecast.weather.sampling.neighbours import outside_rows, refuse_outside
from forecast.weather.sampling.weights import Method, grid_weights

VERSION = 1
"""Raised whenever the weights of the same grid and places come out differently."""

KEPT = 16
"""Matrices kept in memory."""

_recent: OrderedDict[str, sparse.csr_array] = OrderedDict()


def cached_weights(
    folder: Path,
    grid: Grid,
    lat: np.ndarray,
    lon: np.ndarray,
    *,
    method: Method = "linear",
    neighbours: int = 4,
    max_distance_km: float | None = None,
    names: np.ndarray | None = None,
) -> sparse.csr_array:
    """Weights as from `grid_weights`, read from `folder` where they are known already.

    The file is named by a digest of the coordinates of the grid and the places, and of the method.
    A file that is damaged or not what its name says is made anew; where none can be written, the
    weights are computed all the same.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    grid, lat, lon, method, neighbours, max_distance_km, names
        As of `grid_weights`.

    Returns
    -------
    scipy.sparse.csr_array, (place, size of the flattened grid)
        Shared with later calls, and read-only.

    Raises
    ------
    InputError, ConfigError
        As of `grid_weights`.
    """
    lat, lon = np.asarray(lat, dtype=float), np.asarray(lon, dtype=float)
    digest = _digest(grid, lat, lon, f"{method} {neighbours} {max_distance_km}")
    path = folder / f"{digest}.nc"
    shape = (len(lat), grid.size)
    weights = _recent.get(digest)
    if weights is None:
        weights = _read(path, digest, shape)
    if weights is None:
        weights = grid_weights(
            grid,
            lat,
            lon,
            method=method,
            neighbours=neighbours,
            max_distance_km=max_distance_km,
        )
        with suppress(OSError):  # a full disk or a read-only folder costs time, nothing else
            _write(path, digest, weights)
    for array in (weights.data, weights.indices, weights.indptr):
        array.flags.writeable = False
    _recent[digest] = weights
    _recent.move_to_end(digest)
    while len(_recent) > KEPT:
        _recent.popitem(last=False)
    refuse_outside(grid, outside_rows(weights), names)
    return weights


def _digest(grid: Grid, lat: np.ndarray, lon: np.ndarray, method: str) -> str:
    found = hashlib.sha256(f"{VERSION} {grid.digest} {grid.shape} {len(lat)} {method}".encode())
    for axis in (lat, lon):
        found.update(np.ascontiguousarray(axis, dtype="<f8").tobytes())
    return found.hexdigest()[:32]


def _checksum(start: np.ndarray, column: np.ndarray, weight: np.ndarray) -> str:
    found = hashlib.sha256()
    for array, kind in ((start, "<i8"), (column, "<i8"), (weight, "<f4")):
        found.update(np.ascontiguousarray(array, dtype=kind).tobytes())
    return found.hexdigest()


def _write(path: Path, digest: str, weights: sparse.csr_array) -> None:
    with whole_file(path) as part, netCDF4.Dataset(part, "w") as out:
        out.title = "Weights from a grid to places: rows of a sparse matrix one after the other"
        out.digest, out.size = digest, np.int64(weights.shape[1])
        out.checksum = _checksum(weights.indptr, weights.indices, weights.data)
        out.createDimension("bound", weights.shape[0] + 1)
        out.createDimension("entry", weights.nnz)
        for name, dim, kind, values, text in (
            ("start", "bound", "i8", weights.indptr, "first entry of each place, and the end"),
            ("column", "entry", "i8", weights.indices, "number in the flattened grid"),
            ("weight", "entry", "f4", weights.data, "weight, NaN in the row of a place outside"),
        ):
            variable = out.createVariable(name, kind, (dim,))
            variable.long_name = text
            variable[:] = values


def _read(path: Path, digest: str, shape: tuple[int, int]) -> sparse.csr_array | None:
    """Weights of a file, None when there is none or it is not exactly what was written."""
    if not path.is_file():
        return None
    try:
        with netCDF4.Dataset(path) as file:
            file.set_auto_mask(False)
            same = file.getncattr("digest") == digest and int(file.getncattr("size")) == shape[1]
            checksum = file.getncattr("checksum")
            start, column, weight = (file[n][:] for n in ("start", "column", "weight"))
    except (OSError, RuntimeError, AttributeError, IndexError, ValueError, TypeError):
        return None
    sound = (
        same
        and start.shape == (shape[0] + 1,)
        and column.shape == weight.shape
        and column.ndim == 1
        and all(a.dtype.kind == "i" for a in (start, column))
        and weight.dtype == np.float32
        and start[0] == 0
        and start[-1] == len(column)
        and bool((np.diff(start) >= 0).all())
        and bool(((column >= 0) & (column < shape[1])).all())
        and not np.isinf(weight).any()
        and checksum == _checksum(start, column, weight)
    )
    if not sound:
        return None
    return sparse.csr_array((weight, column, start), shape=shape)
