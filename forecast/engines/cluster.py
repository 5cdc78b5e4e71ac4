"""The workers of a `distributed` scheduler: one given by address, or one started here.

A worker that dies is survived: the scheduler computes on others what it held or was at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecast.engines.engine import Graph, Key
from forecast.errors import InputError
from forecast.version import version

if TYPE_CHECKING:
    from distributed import Client, Future

DEATHS = 5
"""Workers that may die at one task before it is held to be the cause."""
WAIT_SECONDS = 60
"""How long to wait for a scheduler, for a first worker, and for another when all are gone."""


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
        from distributed.scheduler import KilledWorker

        position = {key: i for i, key in enumerate(wanted)}
        results: list[Any] = [None] * len(wanted)
        with self._client() as client:
            self._check_machines(client)
            futures = dict(
                zip(graph, client.get(dict(graph), list(graph), sync=False), strict=True)
            )
            keys = {future.key: key for key, future in futures.items()}
            for done, future in enumerate(self._completed(client, futures.values()), start=1):
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

    @property
    def _name(self) -> str:
        return f"--scheduler {self.address or 'cluster'}"

    def _check_machines(self, client: Client) -> None:
        """All machines must have this version, and workers see the folder.

        A worker that cannot load a task dies of it, one after the other.

        Raises
        ------
        InputError
            Names the first that cannot take part, and why.
        """
        try:
            states = {"the scheduler": client.run_on_scheduler(_state, "/")}
        except Exception as error:  # whatever loading there may raise
            states = {"the scheduler": error}
        workers = client.run(_state, str(self.folder), on_error="return")
        states |= {f"worker {address}": workers[address] for address in sorted(workers)}
        for machine, state in states.items():
            if isinstance(state, Exception):
                why = f"cannot load wubu {version()}: {' '.join(str(state).split())}"
            elif state[0] != version():
                why = f"has wubu {state[0]}, expected {version()}"
            elif not state[1]:
                why = f"does not see {self.folder}"
            else:
                continue
            raise InputError(f"{self._name}: {machine} {why}")

    def _completed(self, client: Client, futures: Iterable[Future]) -> Iterator[Future]:
        """Futures as they end.

        Raises
        ------
        InputError
            No worker is left and none comes, or the scheduler is gone.
        """
        from distributed import wait

        pending = set(futures)
        while pending:
            try:
                with client.as_current():
                    ended, pending = wait(pending, WAIT_SECONDS, "FIRST_COMPLETED")
            except TimeoutError:
                if client.status == "running" and not client.scheduler_info()["workers"]:
                    raise InputError(f"{self._name}: no worker is left") from None
                continue
            except CancelledError:
                raise InputError(f"{self._name}: the scheduler is gone") from None
            yield from ended

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
                    Client(cluster, set_as_default=False) as client,
                ):
                    yield client
                return
            try:
                client = Client(self.address, timeout=WAIT_SECONDS, set_as_default=False)
            except (OSError, ValueError) as error:
                what = " ".join(str(error).split())
                raise InputError(f"{self._name}: no scheduler answers there: {what}") from None
            with client:
                try:
                    client.wait_for_workers(1, timeout=WAIT_SECONDS)
                except TimeoutError:
                    raise InputError(f"{self._name}: the scheduler has no worker") from None
                yield client


def _state(folder: str) -> tuple[str, bool]:
    """What a machine says of itself: its version of wubu, and whether it sees the folder."""
    return version(), Path(folder).is_dir()
