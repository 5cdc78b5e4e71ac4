"""Fields read block by block: an array of xarray whose values come from a reader when asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from xarray.backends import BackendArray
from xarray.core import indexing

Read = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Rows of issue, lead and member wanted (increasing) to values (issue, lead, member, *space)."""

OUTER = 3
"""Axes a reader selects on: issue, lead, member."""


class _LazyField(BackendArray):
    def __init__(self, read: Read, shape: tuple[int, ...]) -> None:
        self.shape, self.dtype, self._read = shape, np.dtype(np.float32), read

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.OUTER, self._select
        )

    def _select(self, key: tuple[Any, ...]) -> np.ndarray:
        wanted = [
            np.atleast_1d(np.arange(size)[k]) for k, size in zip(key, self.shape, strict=True)
        ]
        ordered = [np.unique(rows, return_inverse=True) for rows in wanted[:OUTER]]
        values = np.asarray(self._read(*(rows for rows, _ in ordered)), dtype=np.float32)
        picks = [back for _, back in ordered] + wanted[OUTER:]
        for axis, pick in enumerate(picks):
            if np.array_equal(pick, np.arange(values.shape[axis])):
                continue
            if len(pick) and np.array_equal(pick, np.arange(pick[0], pick[0] + len(pick))):
                run = slice(int(pick[0]), int(pick[0]) + len(pick))  # a view, not a copy
                values = values[(slice(None),) * axis + (run,)]
            else:
                values = np.take(values, pick, axis=axis)
        single = tuple(i for i, k in enumerate(key) if isinstance(k, int | np.integer))
        return values.squeeze(axis=single)


def lazy_field(read: Read, shape: tuple[int, ...]) -> Any:
    """Array data for `xarray.Variable` that calls `read` for the rows asked for.

    Parameters
    ----------
    read : callable
        Given increasing row numbers of issue, lead and member, returns float32 values on (issue,
        lead, member, *space) in the data model's units, NaN where missing.
    shape : tuple of int
        Sizes of (issue, lead, member, *space).
    """
    return indexing.LazilyIndexedArray(_LazyField(read, shape))
