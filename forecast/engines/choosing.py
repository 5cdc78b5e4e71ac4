"""From the options of a command to an engine."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from forecast.engines.cluster import Cluster
from forecast.engines.engine import Engine
from forecast.engines.processes import Processes
from forecast.errors import ConfigError, MissingExtraError

KINDS = ("threads", "processes", "cluster")


def choose_engine(scheduler: str | None, workers: int | None, folder: Path) -> Engine | None:
    """Engine by the options ``--scheduler`` and ``--workers``.

    Parameters
    ----------
    scheduler : str or None
        One of `KINDS`, or the address of a running `distributed` scheduler. Without it, a number
        of workers stands for a cluster started here.
    workers : int or None
        Worker processes; 2 by default.
    folder : Path
        Folder that all workers see.

    Returns
    -------
    Engine or None
        None for threads of this process, whose number is the configuration's.

    Raises
    ------
    ConfigError
        No such scheduler, or workers where they are not to be started.
    MissingExtraError
        dask or distributed is not installed.
    """
    if scheduler is None:
        scheduler = "threads" if workers is None else "cluster"
    by_address = "://" in scheduler
    if scheduler not in KINDS and not by_address:
        expected = ", ".join(KINDS)
        raise ConfigError(
            f"--scheduler {scheduler!r}: expected {expected}, or an address like tcp://host:8786"
        )
    if workers is not None and (by_address or scheduler == "threads"):
        why = "starts its own workers" if by_address else "are as many as `workers` of the config"
        raise ConfigError(f"--workers {workers}: --scheduler {scheduler} {why}")
    if workers is not None and workers < 1:
        raise ConfigError(f"--workers {workers}: expected at least 1")
    if scheduler == "threads":
        return None
    needed = "dask" if scheduler == "processes" else "distributed"
    if find_spec(needed) is None:
        raise MissingExtraError(f"--scheduler {scheduler}", "dask")
    if scheduler == "processes":
        return Processes(workers or 2, folder)
    return Cluster(workers or 2, folder, scheduler if by_address else None)
