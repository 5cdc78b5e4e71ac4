"""Linear weights within the cells of a curvilinear grid, each cut in two triangles."""

from __future__ import annotations

import numpy as np

from forecast.weather.grids import Grid
from forecast.weather.sampling.neighbours import Neighbours
from forecast.weather.sampling.triangles import containing, holding, turned

_CUTS = np.array([[[0, 1, 2], [0, 2, 3]], [[0, 1, 3], [1, 2, 3]]])
"""Corners of both triangles by either diagonal; corners run around the cell."""


def curvilinear_neighbours(grid: Grid, lat: np.ndarray, lon: np.ndarray) -> Neighbours:
    """Corners of the half cell each place lies in, so that a linear field comes back exactly.

    Only the grid's own cells count, so that a bay of a concave outline is outside. Each cell is
    taken for itself in the plane of longitude and latitude and turned as a whole, so that the grid
    may cross the date line; the one cell that holds a pole has no such plane and is outside.
    """
    found = Neighbours.none(len(lat), 3)
    corner, x, y = _cells(grid)
    at, px, py = _repeated(lat, lon, x)
    # most cells hold no place; with the few others all else is quick
    kept = holding(x.min(axis=1), x.max(axis=1), y.min(axis=1), y.max(axis=1), px, py)
    corner, x, y = corner[kept], x[kept], y[kept]
    half = _halves(x, y)
    triangle, weight = containing(
        np.take_along_axis(x[:, None], half, axis=2).reshape(-1, 3),
        np.take_along_axis(y[:, None], half, axis=2).reshape(-1, 3),
        px,
        py,
    )
    number = np.take_along_axis(corner[:, None], half, axis=2).reshape(-1, 3)
    hit = np.flatnonzero(triangle >= 0)
    found.column[at[hit]] = number[triangle[hit]]
    found.weight[at[hit]] = weight[hit]
    found.inside[at[hit]] = True
    return found


def _cells(grid: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Numbers, longitudes and latitudes of the corners of every cell, (cell, 4).

    The first corner of a cell lies within -180 … 180, the others go on from there.
    """
    number = np.arange(grid.size).reshape(grid.shape)
    around = (number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1])
    corner = np.stack([c.ravel() for c in around], axis=1)
    y, x = grid.position(corner)
    first = turned(x[:, :1], 0.0)
    x = turned(x, first)
    kept = np.ptp(x, axis=1) < 180
    return corner[kept], x[kept], y[kept]


def _repeated(
    lat: np.ndarray, lon: np.ndarray, x: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places as often as they may be met: also a turn away, where cells reach over ±180.

    Numbers, longitudes and latitudes, the ones of the first turn last: they stay where two fit.
    """
    low, high = (x.min(), x.max()) if len(x) else (0.0, 0.0)
    turns = [turned(lon, 0.0) + turn for turn in (-360, 360, 0)]
    px, py = np.concatenate(turns), np.tile(lat, 3)
    at = np.tile(np.arange(len(lat)), 3)
    kept = (px >= low - 1) & (px <= high + 1)
    return at[kept], px[kept], py[kept]


def _halves(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Corners of the two triangles of each cell, (cell, 2, 3), along the diagonal inside it."""
    px, py = x[:, _CUTS], y[:, _CUTS]  # (cell, diagonal, half, corner)
    area = (px[..., 1] - px[..., 0]) * (py[..., 2] - py[..., 0]) - (px[..., 2] - px[..., 0]) * (
        py[..., 1] - py[..., 0]
    )
    second = (area[:, 0].prod(axis=1) <= 0) & (area[:, 1].prod(axis=1) > 0)
    return _CUTS[second.astype(int)]
