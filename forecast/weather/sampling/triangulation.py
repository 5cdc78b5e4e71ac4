"""Linear weights on an unstructured grid: a Delaunay triangulation near the places."""

from __future__ import annotations

import numpy as np
from scipy.spatial import Delaunay, QhullError

from forecast.errors import InputError
from forecast.weather.grids import Grid, chord_to_km, unit_vectors
from forecast.weather.sampling.neighbours import Neighbours
from forecast.weather.sampling.triangles import containing, turned

TILE = (10.0, 30.0)
"""Height and width in degrees of the tiles that are triangulated one by one."""

FEW = 1000
"""Grids up to this size are triangulated as a whole, whatever their spacing."""

LONGEST = 4.0
"""Longest edge of a triangle in local spacings: what is longer bridges a gap of the grid."""

MARGIN = 8.0
"""Points are taken this many spacings around a tile. The triangles that count have edges up to four
spacings, so all that can change one of them lies within."""


def triangulation_neighbours(grid: Grid, lat: np.ndarray, lon: np.ndarray) -> Neighbours:
    """Corners of the triangle each place lies in, so that a linear field comes back exactly.

    The points around the places are triangulated in the plane of longitude and latitude, tile by
    tile of 10 by 30 degrees, longitudes shrunk by the cosine of the tile's mid-latitude so that
    triangles are as compact as on the earth. A triangle counts when its longest edge is at most
    four times the largest local spacing of its corners, the distance of a corner to its third
    nearest point: long thin triangles along the outline or across a gap of the cloud do not, and a
    place there is outside.

    Raises
    ------
    InputError
        The grid has fewer than three points.
    """
    if grid.size < 3:
        raise InputError(
            f"a grid of {grid.size} point(s) cannot be interpolated linearly, which takes three; "
            'use the method "nearest"'
        )
    found = Neighbours.none(len(lat), 3)
    tile = np.stack([lat // TILE[0], turned(lon, 0.0) // TILE[1]], axis=1)
    for row, column in np.unique(tile, axis=0):
        at = np.flatnonzero((tile == (row, column)).all(axis=1))
        middle = ((row + 0.5) * TILE[0], (column + 0.5) * TILE[1])
        points = _around(grid, lat[at], lon[at], middle)
        _place_in_tile(grid, points, at, lat, lon, middle, found)
    return found


def _place_in_tile(
    grid: Grid,
    points: np.ndarray,
    at: np.ndarray,
    lat: np.ndarray,
    lon: np.ndarray,
    middle: tuple[float, float],
    found: Neighbours,
) -> None:
    """Fill in the neighbours of the places `at` of one tile."""
    y, x = grid.position(points)
    shrink = np.cos(np.radians(np.clip(middle[0], -85, 85)))
    x = turned(x, middle[1])
    try:
        corner = Delaunay(np.stack([x * shrink, y], axis=1)).simplices
    except QhullError:  # fewer than three points near, or all on a line
        return
    corner = corner[_compact(grid, points, corner)]
    triangle, weight = containing(x[corner], y[corner], turned(lon[at], middle[1]), lat[at])
    hit = triangle >= 0
    found.column[at[hit]] = points[corner[triangle[hit]]]
    found.weight[at[hit]] = weight[hit]
    found.inside[at[hit]] = True


def _around(
    grid: Grid, lat: np.ndarray, lon: np.ndarray, middle: tuple[float, float]
) -> np.ndarray:
    """Numbers of the points within and around the box of the places of a tile."""
    if grid.size <= FEW:
        return np.arange(grid.size)
    fourth = grid.tree.query(unit_vectors(lat, lon), k=[4])[0].max()
    margin = MARGIN * np.degrees(min(fourth, 1.0))
    low, high = lat.min() - margin, lat.max() + margin
    x = turned(lon, middle[1])
    wide = margin / max(np.cos(np.radians(min(max(-low, high), 90.0))), 1e-9)
    y, around = grid.latitude, turned(grid.longitude, middle[1])
    near = (y >= low) & (y <= high) & (around >= x.min() - wide) & (around <= x.max() + wide)
    return np.flatnonzero(near)


def _compact(grid: Grid, points: np.ndarray, corner: np.ndarray) -> np.ndarray:
    """Which triangles have no edge that is long beside the spacing of the points there."""
    where = unit_vectors(*grid.position(points))
    third = min(4, grid.size)  # the point itself comes first
    spacing = chord_to_km(grid.tree.query(where, k=[third])[0][:, 0])
    edges = where[corner] - where[np.roll(corner, 1, axis=1)]
    longest = chord_to_km(np.linalg.norm(edges, axis=-1)).max(axis=1)
    return longest <= LONGEST * spacing[corner].max(axis=1)
