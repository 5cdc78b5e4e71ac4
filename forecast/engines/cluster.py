"""The workers of a `distributed` scheduler: one given by address, or one started here.

A worker that dies is survived: the scheduler computes on others what it held or was at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.engines.engine import Graph, Key
from forecast.errors import InputError

if TYPE_CHECKING:
    from distributed import Client

DEATHS = 5
"""Workers that may die at one task before it is held to be the cause."""
WAIT_SECONDS = 60


@dataclass(frozen=True)
class Cluster:
    """Workers of a `distributed` scheduler.

    Parameters
    ----------
    workers : int
        Worker processes to start here, one thread each; with an address none is started.
    folder : Path
        Folder that all workers see under the same name.
    address : str or None
        Of a running scheduler, such as ``tcp://10.0.0.5:8786``.
    """

    workers: int
    folder: Path
    address: str | None = None

    def get(
        self, graph: Graph, wanted: Sequence[Key], progress: Callable[[int, int], None]
    ) -> list[Any]:
        """See `Engine.get`."""
        from distributed import as_completed
        from distributed.scheduler import KilledWorker

        position = {key: i for i, key in enumerate(wanted)}
        results: list[Any] = [None] * len(wanted)
        with self._client() as client:
            futures = dict(
                zip(graph, client.get(dict(graph), list(graph), sync=False), strict=True)
            )
            keys = {future.key: key for key, future in futures.items()}
            for done, future in enumerate(as_completed(list(futures.values())), start=1):
                key = keys[future.key]
                if key in position or future.status == "error":
                    try:
                        found = future.result()
                    except KilledWorker as error:
                        raise InputError(
                            f"{DEATHS} workers died at {' '.join(key)} (out of memory?): "
                            f"{' '.join(str(error).split())}"
                        ) from None
                    results[position[key]] = found
                    for name in [key, *(k for k in graph[key][-1] if k in futures)]:
                        futures.pop(name).release()  # the cluster may forget it
                progress(done, len(graph))
        return results

    @contextmanager
    def _client(self) -> Iterator[Client]:
        import dask
        from distributed import Client, LocalCluster

        with dask.config.set({"distributed.scheduler.allowed-failures": DEATHS}):
            if self.address is None:
                with (
                    LocalCluster(
                        n_workers=self.workers,
                        threads_per_worker=1,
                        dashboard_address=None,
                        local_directory=str(self.folder),
                    ) as cluster,
                    Client(cluster) as client,
                ):
                    yield client
                return
            try:
                client = Client(self.address, timeout=WAIT_SECONDS)
            except (OSError, ValueError) as error:
                what = " ".join(str(error).split())
                raise InputError(
                    f"--scheduler {self.address}: no scheduler answers there: {what}"
                ) from None
            with client:
                try:
                    client.wait_for_workers(1, timeout=WAIT_SECONDS)
                except TimeoutError:
                    raise InputError(
                        f"--scheduler {self.address}: the scheduler has no worker"
                    ) from None
                yield client
