"""From a grid to places: sparse weights, built once per grid, and their fast application."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
from scipy import sparse

from forecast.errors import ConfigError
from forecast.weather.grids import Grid
from forecast.weather.sampling.bilinear import bilinear_neighbours
from forecast.weather.sampling.curvilinear import curvilinear_neighbours
from forecast.weather.sampling.nearest import nearest_neighbours
from forecast.weather.sampling.neighbours import Neighbours, outside_rows, refuse_outside
from forecast.weather.sampling.triangulation import triangulation_neighbours

Method = Literal["linear", "nearest", "k-nearest"]

_LINEAR = {
    "regular": bilinear_neighbours,
    "curvilinear": curvilinear_neighbours,
    "unstructured": triangulation_neighbours,
}


def grid_weights(
    grid: Grid,
    lat: np.ndarray,
    lon: np.ndarray,
    *,
    method: Method = "linear",
    neighbours: int = 4,
    max_distance_km: float | None = None,
    names: np.ndarray | None = None,
) -> sparse.csr_array:
    """Weights that make values at places of the values of a grid.

    Parameters
    ----------
    grid : Grid
    lat, lon : ndarray, (place,)
        Degrees; longitudes of any turn.
    method : {"linear", "nearest", "k-nearest"}
        Linear is bilinear on a regular grid, and linear in the triangle a place lies in otherwise:
        half a cell of a curvilinear grid, a Delaunay triangle of an unstructured one. Nearest and
        k-nearest go by great-circle distance, the latter weighted by its inverse.
    neighbours : int
        Number of points of ``k-nearest``.
    max_distance_km : float, optional
        Of the nearest methods: a grid point farther off does not count. By default 1.5 times the
        distance between the grid points there, 100 km for a grid of one point.
    names : ndarray of str, optional
        Names of the places. With names, a place outside is an error that lists them; without, its
        row holds a NaN, and so does what is sampled there. Nothing is ever extrapolated.

    Returns
    -------
    scipy.sparse.csr_array, (place, size of the flattened grid)
        float32; each row sums to 1. A missing value spreads to the places it weighs in.

    Raises
    ------
    InputError
        Named places lie outside, or an unstructured grid has too few points for ``linear``.
    ConfigError
        The method is not known, or `neighbours` or `max_distance_km` is not positive.

    Examples
    --------
    >>> grid = Grid("regular", np.array([40.0, 41.0]), np.array([116.0, 117.0]))
    >>> weights = grid_weights(grid, np.array([40.25]), np.array([116.5]))
    >>> sample(weights, np.array([[1.0, 2.0], [3.0, 8.0]])).tolist()
    [2.5]
    """
    if method not in get_args(Method):
        raise ConfigError(f"unknown method {method!r}; known are {', '.join(get_args(Method))}")
    if neighbours < 1 or (max_distance_km is not None and not max_distance_km > 0):
        raise ConfigError(
            f"neighbours and max_distance_km must be positive; found {neighbours} and "
            f"{max_distance_km}"
        )
    lat, lon = np.asarray(lat, dtype=float), np.asarray(lon, dtype=float)
    known = np.isfinite(lat) & np.isfinite(lon)
    if method == "linear":
        found = _LINEAR[grid.kind](grid, lat[known], lon[known])
    else:
        count = 1 if method == "nearest" else neighbours
        found = nearest_neighbours(grid, lat[known], lon[known], count, max_distance_km)
    every = Neighbours.none(len(lat), found.column.shape[1])
    for whole, part in zip(
        (every.column, every.weight, every.inside),
        (found.column, found.weight, found.inside),
        strict=True,
    ):
        whole[known] = part
    refuse_outside(grid, ~every.inside, names)
    return every.matrix(grid.size)


def sample(weights: sparse.csr_array, field: np.ndarray, axes: int = 2) -> np.ndarray:
    """Apply weights to whole fields.

    Parameters
    ----------
    weights : csr_array, (place, size)
    field : ndarray, (…, *space)
    axes : int
        Number of space axes: 1 on an unstructured grid.

    Returns
    -------
    ndarray, (…, place)
        float32; NaN outside the grid and where a grid point that weighs is NaN.
    """
    outer = field.shape[: field.ndim - axes]
    flat = field.reshape(math.prod(outer), weights.shape[1])
    return _applied(weights, flat).reshape(*outer, weights.shape[0])


class Sampler:
    """Several weight matrices of one grid, applied to blocks of fields.

    Of each block only the grid points that any of them uses are gathered, once; the matrices then
    work on this small part. What is linear (an ensemble mean) can be taken between the two steps.

    Parameters
    ----------
    grid : Grid
    weights : mapping of str to csr_array, (place, size)
        From `grid_weights` or `area_weights`.

    Examples
    --------
    >>> grid = Grid("regular", np.arange(4.0), np.arange(5.0))
    >>> at = grid_weights(grid, np.array([1.5]), np.array([2.0]))
    >>> sampler = Sampler(grid, {"stations": at})
    >>> sampler.window
    {'latitude': slice(1, 3, None), 'longitude': slice(2, 3, None)}
    >>> sampler(np.arange(20.0).reshape(1, 4, 5))["stations"].tolist()
    [[9.5]]
    """

    def __init__(self, grid: Grid, weights: Mapping[str, sparse.csr_array]) -> None:
        self.grid = grid
        rows = {name: matrix.copy() for name, matrix in weights.items()}
        self._outside = {name: outside_rows(matrix) for name, matrix in rows.items()}
        for name, matrix in rows.items():
            row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
            matrix.data[self._outside[name][row]] = 0
            matrix.eliminate_zeros()
        self.used = np.unique(np.concatenate([m.indices for m in rows.values()]))
        """Numbers of the grid points that are used, increasing."""
        self._weights = {
            name: sparse.csr_array(
                (m.data, np.searchsorted(self.used, m.indices), m.indptr),
                shape=(m.shape[0], len(self.used)),
            )
            for name, m in rows.items()
        }
        at = np.unravel_index(self.used, grid.shape)
        self.window: dict[str, slice] = {
            dim: slice(int(i.min()), int(i.max()) + 1) if len(i) else slice(0, 0)
            for dim, i in zip(grid.dims, at, strict=True)
        }
        """Smallest part of the grid that holds all used points, for ``isel``."""
        self._window_shape = tuple(s.stop - s.start for s in self.window.values())
        self._in_window = np.zeros(0, dtype=np.int64)
        if len(self.used):
            inner = tuple(i - s.start for i, s in zip(at, self.window.values(), strict=True))
            self._in_window = np.ravel_multi_index(inner, self._window_shape)

    def gather(self, block: np.ndarray) -> np.ndarray:
        """Values of a block at the used grid points.

        Parameters
        ----------
        block : ndarray, (…, *space)
            Of the whole grid, or of its `window`.

        Returns
        -------
        ndarray, (…, used)
            float32.

        Raises
        ------
        ValueError
            The space axes are neither the grid nor the window.
        """
        axes = len(self.grid.shape)
        outer, space = block.shape[: block.ndim - axes], block.shape[block.ndim - axes :]
        if space == self.grid.shape:
            index = self.used
        elif space == self._window_shape:
            index = self._in_window
        else:
            raise ValueError(
                f"a block on {space} is neither of the grid {self.grid.shape} nor of its window "
                f"{self._window_shape}"
            )
        flat = block.reshape(*outer, math.prod(space))
        return np.take(flat, index, axis=-1).astype(np.float32, copy=False)

    def apply(self, name: str, gathered: np.ndarray) -> np.ndarray:
        """Values at the places of one matrix, (…, place), from gathered ones, (…, used)."""
        matrix = self._weights[name]
        outer = gathered.shape[:-1]
        found = _applied(matrix, gathered.reshape(math.prod(outer), len(self.used)))
        found[:, self._outside[name]] = np.nan
        return found.reshape(*outer, matrix.shape[0])

    def __call__(self, block: np.ndarray) -> dict[str, np.ndarray]:
        """Values at the places of every matrix, (…, place), float32.

        NaN outside the grid and where a grid point that weighs is NaN.
        """
        gathered = self.gather(block)
        return {name: self.apply(name, gathered) for name in self._weights}


def _applied(weights: sparse.csr_array, flat: np.ndarray) -> np.ndarray:
    """Weights on fields (field, size), as (field, place) float32 in one piece."""
    flat = flat.astype(np.float32, copy=False)
    return np.ascontiguousarray((weights @ flat.T).T, dtype=np.float32)
