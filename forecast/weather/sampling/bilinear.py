"""Bilinear weights on a regular grid."""

from __future__ import annotations

import numpy as np

from forecast.weather.grids import Grid
from forecast.weather.sampling.neighbours import Neighbours

EDGE = 1e-4
"""A place this far beyond the edge, in degrees, is on it: float32 coordinates are no better."""


def bilinear_neighbours(grid: Grid, lat: np.ndarray, lon: np.ndarray) -> Neighbours:
    """Corners of the cell each place lies in, weighted linearly along both axes.

    Axes may run either way and be uneven; longitudes are of any turn, and wrap when the grid goes
    around the earth.
    """
    width = len(grid.longitude)
    y, wy, inside_y = _interval(np.asarray(grid.latitude, float), lat)
    axis = np.asarray(grid.longitude, float)
    if grid.goes_around:
        axis = np.append(axis, axis[0] + np.copysign(360, axis[-1] - axis[0]))
    turns = np.floor((lon - axis.min() + EDGE) / 360)
    x, wx, inside_x = _interval(axis, lon - 360 * turns)
    north, east = np.minimum(y + 1, len(grid.latitude) - 1), (x + 1) % width
    corners = [
        (y, x, (1 - wy) * (1 - wx)),
        (y, east, (1 - wy) * wx),
        (north, x, wy * (1 - wx)),
        (north, east, wy * wx),
    ]
    return Neighbours(
        np.stack([row * width + column for row, column, _ in corners], axis=1),
        np.stack([weight for *_, weight in corners], axis=1),
        inside_y & inside_x,
    )


def _interval(axis: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Number of the interval of each value, the share of its upper end, and who is inside."""
    rising = axis if axis[0] <= axis[-1] else axis[::-1]
    inside = (at >= rising[0] - EDGE) & (at <= rising[-1] + EDGE)
    low = np.clip(np.searchsorted(rising, at, side="right") - 1, 0, max(len(rising) - 2, 0))
    high = np.minimum(low + 1, len(rising) - 1)
    gap = np.where(high > low, rising[high] - rising[low], 1.0)
    weight = np.clip((at - rising[low]) / gap, 0, 1)
    if axis[0] <= axis[-1]:
        return low, weight, inside
    return len(axis) - 1 - high, 1 - weight, inside
