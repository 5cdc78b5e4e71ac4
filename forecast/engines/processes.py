"""Other processes of this machine, by dask's multiprocessing scheduler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast.engines.engine import Graph, Key
from forecast.errors import InputError


@dataclass(frozen=True)
class Processes:
    """A pool of processes.

    Parameters
    ----------
    workers : int
        Processes, one thread each.
    folder : Path
        For what all tasks read.
    """

    workers: int
    folder: Path

    def get(
        self, graph: Graph, wanted: Sequence[Key], progress: Callable[[int, int], None]
    ) -> list[Any]:
        """See `Engine.get`; a process that is killed ends the run."""
        from dask.callbacks import Callback
        from dask.multiprocessing import get

        done = 0

        def count(*_: object) -> None:
            nonlocal done
            done += 1
            progress(done, len(graph))

        try:
            with Callback(posttask=count):
                return list(
                    get(
                        dict(graph),
                        list(wanted),
                        num_workers=self.workers,
                        optimize_graph=False,
                        chunksize=1,
                    )
                )
        except BrokenProcessPool:
            raise InputError(
                "a process of the pool was killed (out of memory?); "
                "lower --workers, or take a cluster, which survives it"
            ) from None
