"""Which triangle of the plane of longitude and latitude a place lies in, and its weights there."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

EDGE = 1e-4
"""A place this far beyond a triangle, as a share of its height, is on its edge: float32
coordinates are no better."""

RASTER = 1024
"""Rows and columns of the raster that tells boxes with places from those without."""


def turned(lon: np.ndarray, towards: np.ndarray | float) -> np.ndarray:
    """Longitudes by whole turns, so that they lie within 180 degrees of `towards`."""
    return towards + (lon - towards + 180) % 360 - 180


def containing(
    x: np.ndarray, y: np.ndarray, px: np.ndarray, py: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find the triangle each place lies in.

    Parameters
    ----------
    x, y : ndarray, (triangle, 3)
        Corners.
    px, py : ndarray, (place,)
        Places.

    Returns
    -------
    triangle : ndarray of int, (place,)
        -1 where a place lies in none.
    weight : ndarray, (place, 3)
        Barycentric coordinates: what they make of the corners' values is exact for a linear field.
    """
    found, weight = np.full(len(px), -1), np.zeros((len(px), 3))
    x0, x1, y0, y1 = x.min(axis=1), x.max(axis=1), y.min(axis=1), y.max(axis=1)
    near = np.flatnonzero(holding(x0, x1, y0, y1, px, py))
    if not len(near):
        return found, weight
    centre = np.stack([(x0 + x1)[near] / 2, (y0 + y1)[near] / 2], axis=1)
    half = np.maximum((x1 - x0)[near], (y1 - y0)[near]) / 2 * (1 + EDGE)
    places = KDTree(np.stack([px, py], axis=1)).query_ball_point(centre, half, p=np.inf)
    triangle = np.repeat(near, [len(p) for p in places])
    place = np.concatenate([np.asarray(p, dtype=np.int64) for p in places])
    share = _barycentric(x[triangle], y[triangle], px[place], py[place])
    least = share.min(axis=1)
    good = np.flatnonzero(least >= -EDGE)
    good = good[np.argsort(least[good], kind="stable")]  # the last one stays: the deepest inside
    found[place[good]] = triangle[good]
    share = np.maximum(share[good], 0)
    weight[place[good]] = share / share.sum(axis=1, keepdims=True)
    return found, weight


def holding(
    x0: np.ndarray, x1: np.ndarray, y0: np.ndarray, y1: np.ndarray, px: np.ndarray, py: np.ndarray
) -> np.ndarray:
    """Which boxes may hold a place; those left out certainly do not.

    Places are counted on a raster over their range and summed along both axes, so that the count of
    any box is four look-ups, however many boxes there are.
    """
    if not len(px):
        return np.zeros(x0.shape, dtype=bool)
    columns, rows = _Raster(px), _Raster(py)
    count = np.zeros((RASTER + 1, RASTER + 1), dtype=np.int32)
    np.add.at(count, (rows.cell(py) + 1, columns.cell(px) + 1), 1)
    count = count.cumsum(axis=0).cumsum(axis=1)
    left, right = columns.cell(x0), columns.cell(x1) + 1
    low, high = rows.cell(y0), rows.cell(y1) + 1
    some = count[high, right] - count[low, right] - count[high, left] + count[low, left] > 0
    return some & columns.meets(x0, x1) & rows.meets(y0, y1)


class _Raster:
    def __init__(self, values: np.ndarray) -> None:
        self.low, self.high = values.min() - 1e-3, values.max() + 1e-3
        self.step = (self.high - self.low) / RASTER

    def cell(self, values: np.ndarray) -> np.ndarray:
        return np.clip((values - self.low) / self.step, 0, RASTER - 1).astype(np.int32)

    def meets(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        return (end >= self.low) & (start <= self.high)


def _barycentric(x: np.ndarray, y: np.ndarray, px: np.ndarray, py: np.ndarray) -> np.ndarray:
    """Barycentric coordinates, (pair, 3); -1 in a triangle without area."""
    dx, dy = x[:, 1:] - x[:, :1], y[:, 1:] - y[:, :1]
    at_x, at_y = px - x[:, 0], py - y[:, 0]
    area = dx[:, 0] * dy[:, 1] - dx[:, 1] * dy[:, 0]
    flat = np.abs(area) <= 1e-12 * (np.abs(dx).max(axis=1) + np.abs(dy).max(axis=1)) ** 2
    area = np.where(flat, 1, area)
    second = (at_x * dy[:, 1] - at_y * dx[:, 1]) / area
    third = (dx[:, 0] * at_y - dy[:, 0] * at_x) / area
    share = np.stack([1 - second - third, second, third], axis=1)
    share[flat] = -1
    return share
