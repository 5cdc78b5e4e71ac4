"""Nearest grid points on the sphere, one or several weighted by inverse distance."""

from __future__ import annotations

import numpy as np

from forecast.weather.grids import Grid, chord_to_km, unit_vectors
from forecast.weather.sampling.neighbours import Neighbours

REACH = 1.5
"""Reach of a grid point in distances to its neighbours. Within a square cell the nearest corner is
at most 0.71 off; what is farther than 1.5 lies more than a cell beyond the edge."""

ALONE_KM = 100.0
"""Reach of the only point of a grid, where there are no neighbours to go by."""

SAME_KM = 1e-3
"""A place this near is at the grid point, and has its value."""


def nearest_neighbours(
    grid: Grid, lat: np.ndarray, lon: np.ndarray, count: int, max_distance_km: float | None
) -> Neighbours:
    """The `count` nearest grid points within reach, weighted by the inverse of their distance.

    A place with no grid point within `max_distance_km` is outside. By default a place is within
    1.5 times the distance between the grid points there (on a structured grid to the farther of the
    next row and the next column, on an unstructured one to the third nearest point), or within
    100 km of a grid of one point.
    """
    count = min(count, grid.size)
    chord, column = grid.tree.query(unit_vectors(lat, lon), k=np.arange(1, count + 1))
    distance = chord_to_km(chord)
    if max_distance_km is None:
        reach = REACH * spacing_km(grid, column[:, 0])[:, None]
    else:
        reach = np.full((1, 1), max_distance_km)
    near = np.maximum(distance, SAME_KM)
    weight = np.where(distance <= reach, 1 / near, 0)
    at = distance[:, 0] <= SAME_KM
    weight[at] = np.eye(1, count)
    inside = weight[:, 0] > 0
    weight[inside] /= weight[inside].sum(axis=1, keepdims=True)
    return Neighbours(column, weight, inside)


def spacing_km(grid: Grid, index: np.ndarray) -> np.ndarray:
    """Distance between grid points around those of number `index`, km."""
    if grid.size == 1:
        return np.full(len(index), ALONE_KM / REACH)
    here = unit_vectors(*grid.position(index))
    if grid.kind == "unstructured":
        count = min(4, grid.size)  # itself and three more
        return chord_to_km(grid.tree.query(here, k=[count])[0][:, 0])
    rows, columns = grid.shape
    row, column = np.divmod(index, columns)
    found = np.zeros(len(index))
    if rows > 1:
        along = np.where(row + 1 < rows, row + 1, row - 1) * columns + column
        found = np.maximum(found, _apart_km(grid, here, along))
    if columns > 1:
        along = row * columns + np.where(column + 1 < columns, column + 1, column - 1)
        found = np.maximum(found, _apart_km(grid, here, along))
    return found


def _apart_km(grid: Grid, here: np.ndarray, index: np.ndarray) -> np.ndarray:
    there = unit_vectors(*grid.position(index))
    return chord_to_km(np.linalg.norm(here - there, axis=-1))
