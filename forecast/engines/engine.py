"""What an engine is: it computes a task graph elsewhere than in threads of this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

Key = tuple[str, ...]
Graph = Mapping[Key, tuple[Any, ...]]
"""A dask graph: each key with a function and its arguments; a key among these stands for its
result, and the last argument lists those needed."""


class Engine(Protocol):
    """Computes graphs in other processes.

    Attributes
    ----------
    folder : Path
        Folder that every worker sees under the same name, for what all tasks read.
    """

    @property
    def folder(self) -> Path:
        """See above."""

    def get(
        self, graph: Graph, wanted: Sequence[Key], progress: Callable[[int, int], None]
    ) -> list[Any]:
        """Results of the keys wanted, in their order.

        Raises
        ------
        InputError
            Workers die again and again, or cannot be reached.
        """
