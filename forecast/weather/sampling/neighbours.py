"""The grid points a place is made of and their weights, and what becomes of places outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from forecast.errors import InputError
from forecast.weather.grids import Grid

NOTHING = 1e-6
"""A smaller weight comes from the rounding of coordinates, and is none."""


@dataclass(frozen=True)
class Neighbours:
    """Grid points of each place.

    Attributes
    ----------
    column : ndarray of int, (place, neighbour)
        Numbers in the flattened grid.
    weight : ndarray, (place, neighbour)
        Sum to 1 in each row; a neighbour of (nearly) no weight does not count.
    inside : ndarray of bool, (place,)
        False where the grid says nothing about a place; its row is not looked at.
    """

    column: np.ndarray
    weight: np.ndarray
    inside: np.ndarray

    @classmethod
    def none(cls, places: int, neighbours: int) -> Neighbours:
        """No neighbours yet: every place is outside."""
        shape = (places, neighbours)
        return cls(np.zeros(shape, dtype=np.int64), np.zeros(shape), np.zeros(places, dtype=bool))

    def matrix(self, size: int) -> sparse.csr_array:
        """Sparse weights, (place, `size`), float32; one NaN stands in the row of a place outside.

        Zero weights are left out: a missing value spreads only where it weighs.
        """
        outside = np.flatnonzero(~self.inside)
        keep = (self.weight > NOTHING) & self.inside[:, None]
        share = np.where(keep, self.weight, 0)
        share /= np.where(self.inside, share.sum(axis=1), 1)[:, None]
        row = np.concatenate([np.nonzero(keep)[0], outside])
        column = np.concatenate([self.column[keep], np.zeros(len(outside), dtype=np.int64)])
        weight = np.concatenate([share[keep], np.full(len(outside), np.nan)])
        matrix = sparse.csr_array(
            (weight.astype(np.float32), (row, column)), shape=(len(self.inside), size)
        )
        matrix.sum_duplicates()
        return matrix


def outside_rows(weights: sparse.csr_array) -> np.ndarray:
    """Which places of a weight matrix are outside, (place,) of bool: their rows hold a NaN."""
    found = np.zeros(weights.shape[0], dtype=bool)
    row = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
    found[row[~np.isfinite(weights.data)]] = True
    return found


def refuse_outside(
    grid: Grid, outside: np.ndarray, names: np.ndarray | None, why: str = "outside the weather grid"
) -> None:
    """Raise for places outside when they have names: up to five, and the extent of the grid."""
    if names is None or not outside.any():
        return
    shown = ", ".join(map(str, np.asarray(names)[outside][:5]))
    raise InputError(f"{outside.sum()} of {len(names)} places lie {why} ({grid.extent}): {shown}")
