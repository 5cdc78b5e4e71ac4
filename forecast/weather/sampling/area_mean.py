"""Means over the surroundings of places: all grid points within a radius, weighted by area."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from forecast.errors import ConfigError
from forecast.weather.grids import EARTH_RADIUS_KM, Grid, unit_vectors
from forecast.weather.sampling.neighbours import refuse_outside


def area_weights(
    grid: Grid,
    lat: np.ndarray,
    lon: np.ndarray,
    radius_km: float,
    *,
    names: np.ndarray | None = None,
) -> sparse.csr_array:
    """Weights of the mean over the grid points within a great-circle distance of each place.

    Grid points count by the area of their cells, see `cell_areas`.

    Parameters
    ----------
    grid : Grid
    lat, lon : ndarray, (place,)
        Degrees.
    radius_km : float
    names : ndarray of str, optional
        With names, places with no grid point within the radius are an error that lists them;
        without, their rows hold a NaN.

    Returns
    -------
    scipy.sparse.csr_array, (place, size of the flattened grid)
        float32; each row sums to 1. Use with `sample` or `Sampler`: a missing value at any grid
        point within the radius makes the mean missing.

    Raises
    ------
    InputError
        Named places have no grid point within the radius.
    ConfigError
        The radius is not positive.

    Examples
    --------
    >>> grid = Grid("regular", np.array([-1.0, 0.0, 1.0]), np.array([10.0, 11.0, 12.0]))
    >>> row = area_weights(grid, np.array([0.0]), np.array([11.0]), 120.0)
    >>> row.indices.tolist(), row.data.astype(float).round(3).tolist()
    ([1, 3, 4, 5, 7], [0.2, 0.2, 0.2, 0.2, 0.2])
    """
    if not radius_km > 0:
        raise ConfigError(f"the radius of an area mean must be positive; found {radius_km} km")
    lat, lon = np.asarray(lat, dtype=float), np.asarray(lon, dtype=float)
    known = np.isfinite(lat) & np.isfinite(lon)
    chord = 2 * np.sin(min(radius_km / EARTH_RADIUS_KM, np.pi) / 2)
    within = grid.tree.query_ball_point(
        unit_vectors(lat[known], lon[known]), chord, return_sorted=True
    )
    count = np.zeros(len(lat), dtype=np.int64)
    count[known] = [len(points) for points in within]
    row = np.repeat(np.arange(len(lat)), count)
    column = np.concatenate([np.zeros(0, dtype=np.int64), *(np.array(p, int) for p in within)])
    area = cell_areas(grid)[column]
    total = np.bincount(row, area, minlength=len(lat))
    outside = ~(total > 0)
    refuse_outside(grid, outside, names, f"without a grid point within {radius_km:g} km")
    kept = (area > 0) & ~outside[row]
    rows = np.concatenate([row[kept], np.flatnonzero(outside)])
    columns = np.concatenate([column[kept], np.zeros(outside.sum(), dtype=np.int64)])
    weight = np.concatenate([area[kept] / total[row[kept]], np.full(outside.sum(), np.nan)])
    matrix = sparse.csr_array((weight.astype(np.float32), (rows, columns)), (len(lat), grid.size))
    matrix.sum_duplicates()
    return matrix


def cell_areas(grid: Grid) -> np.ndarray:
    """Areas of the cells around the grid points, up to a factor, (size of the flattened grid,).

    On a regular grid exactly that of the zone between the mid-lines of rows and columns, cut at the
    poles; at the edge a cell is as large as it is on the inner side. On a curvilinear grid the
    parallelogram of the mean steps to the neighbouring rows and columns. The points of an
    unstructured grid, and of a structured one of a single row or column, count alike.
    """
    if grid.kind == "unstructured" or 1 in grid.shape:
        return np.ones(grid.size)
    if grid.kind == "regular":
        low, high = _halfway(np.sort(np.asarray(grid.latitude, float)))
        low, high = np.maximum(low, -90), np.minimum(high, 90)
        height = np.sin(np.radians(high)) - np.sin(np.radians(low))
        if grid.latitude[0] > grid.latitude[-1]:
            height = height[::-1]
        return np.outer(height, _widths(grid)).ravel()
    where = unit_vectors(grid.latitude, grid.longitude)
    along_y, along_x = np.gradient(where, axis=(0, 1))
    return np.linalg.norm(np.cross(along_y, along_x), axis=-1).ravel()


def _widths(grid: Grid) -> np.ndarray:
    """Widths of the columns of a regular grid; the two ends of a grid around the earth meet."""
    axis = np.abs(np.asarray(grid.longitude, float) - grid.longitude[0])
    if grid.goes_around or abs(axis[-1] - 360) < 1e-6:
        gap = np.diff(axis, append=360.0)
        return (gap + np.roll(gap, 1)) / 2
    low, high = _halfway(axis)
    return high - low


def _halfway(axis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bounds of the cells of an increasing axis, half-way between its values."""
    step = np.diff(axis)
    return (
        axis - np.concatenate([step[:1], step]) / 2,
        axis + np.concatenate([step, step[-1:]]) / 2,
    )
