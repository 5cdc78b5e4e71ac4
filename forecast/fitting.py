"""Fitting the members of all pollutants in one pool, a thread or another process a task.

LightGBM and BLAS let other threads run meanwhile. No task reads what another wrote, and results
are put together by name and fold, so neither their order nor where they were made matters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from ensembles import (
    AnalogEnsemble,
    Climatology,
    Distribution,
    Emos,
    FittedMember,
    LinearMos,
    Member,
    Persistence,
)
from ensembles.distribution import LEVELS
from ensembles.members.member import out_of_fold
from ensembles.table import DIMS
from forecast.engines.engine import Engine, Key
from forecast.engines.learning_store import Learning, read_learning, stored_learning

Outcome = TypeVar("Outcome")
BY_PLACE = (Climatology,)
"""Members with a state of each place, learned from its observations alone."""
BY_FOLD = (AnalogEnsemble, Climatology, Emos, LinearMos, Persistence)
"""Members whose `cross_fit` is a fit on all cases and one without each fold: these run apart."""
FIRST = "boosting"
"""The slowest member: those of all pollutants start before anything else."""
SECOND = "analog"
"""The slowest of the others: it starts before them."""


@dataclass(frozen=True)
class Fits:
    """What became of the members of one pollutant, each in the order given.

    Attributes
    ----------
    fitted : dict of str to FittedMember
    unseen : dict of str to Distribution
        Forecasts of the training cases, out of fold.
    failed : dict of str to str
        Why a member could not be fitted.
    """

    fitted: dict[str, FittedMember]
    unseen: dict[str, Distribution]
    failed: dict[str, str]


WHOLE, ALL_CASES = -1, -2
"""Parts of a member: its `cross_fit`, or its fit on all cases; else the number of a fold."""


@dataclass(frozen=True)
class _Task:
    pollutant: str
    member: Member
    part: int

    @property
    def key(self) -> Key:
        return (self.pollutant, self.member.name, str(self.part))

    def run(self, learning: Learning) -> Any:
        """Fit the part; what cannot be fitted is a `_Failure`."""
        try:
            return self._fit(learning)
        except ValueError as error:
            return _Failure(str(error))

    def _fit(self, learning: Learning) -> Any:
        cases, folds = learning.cases, learning.folds
        target = learning.targets[self.pollutant]
        if self.part == WHOLE:
            return self.member.cross_fit(cases, target, folds)
        if self.part == ALL_CASES:
            if learning.past is not None and isinstance(self.member, BY_PLACE):
                return self.member.fit(*learning.past[self.pollutant])
            return self.member.fit(cases, target)
        return out_of_fold(self.member, cases, target, [folds[self.part]]).quantiles.values[
            folds[self.part].held_out
        ]


@dataclass(frozen=True)
class _Failure:
    why: str


def fit_members(
    members: Mapping[str, Sequence[Member]],
    learning: Learning,
    finish: Callable[[str, Fits, xr.DataArray], Outcome],
    *,
    workers: int = 1,
    engine: Engine | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Outcome]:
    """Fit every member of every pollutant, and finish each pollutant as soon as its are done.

    Parameters
    ----------
    members : mapping of str to sequence of Member
        By pollutant.
    learning : Learning
        What they learn from.
    finish : callable
        Makes the outcome of a pollutant from its name, its `Fits` and its target, where the tasks
        run; its out-of-fold forecasts are not kept any longer than that.
    workers : int
        Threads, without an engine.
    engine : Engine, optional
        Other processes to fit in; the outcome is the same to the bit.
    progress : callable
        Told how many tasks are done, and how many there are.

    Returns
    -------
    dict of str to Outcome
        By pollutant, in the order of `members`.

    Raises
    ------
    Exception
        Whatever `finish` raises, or a member other than by a ValueError, which counts as failed.
    """
    tasks = _tasks(members, len(learning.folds))
    if engine is not None:
        return _elsewhere(engine, members, tasks, learning, finish, progress)
    results: dict[str, dict[Key, Any]] = {p: {} for p in members}
    open_tasks = {p: sum(t.pollutant == p for t in tasks) for p in members}
    outcomes: dict[str, Outcome] = {}
    lock = Lock()

    def run(task: _Task) -> None:
        pollutant = task.pollutant
        found = task.run(learning)
        with lock:
            results[pollutant][task.key] = found
            open_tasks[pollutant] -= 1
            progress(len(tasks) - sum(open_tasks.values()), len(tasks))
            complete = not open_tasks[pollutant]
        if complete:
            fits = _gather(members[pollutant], results.pop(pollutant), learning)
            outcomes[pollutant] = finish(pollutant, fits, learning.targets[pollutant])

    pool = ThreadPoolExecutor(workers)
    # A thread a task: more of BLAS would wait for each other, and move the last digits of a sum.
    with threadpool_limits(1, user_api="blas"):
        try:
            for future in [pool.submit(run, task) for task in tasks]:
                future.result()
        finally:
            pool.shutdown(cancel_futures=True)
    return {p: outcomes[p] for p in members}


def _elsewhere(
    engine: Engine,
    members: Mapping[str, Sequence[Member]],
    tasks: list[_Task],
    learning: Learning,
    finish: Callable[[str, Fits, xr.DataArray], Outcome],
    progress: Callable[[int, int], None],
) -> dict[str, Outcome]:
    """The same tasks as a graph: each pollutant is finished where its parts are."""
    with stored_learning(learning, engine.folder) as store:
        graph: dict[Key, tuple[Any, ...]] = {t.key: (_fit_stored, store, t, []) for t in tasks}
        wanted: list[Key] = [(p, "finished") for p in members]
        for pollutant, of_pollutant in members.items():
            keys = [t.key for t in tasks if t.pollutant == pollutant]
            given = (_finish_stored, store, pollutant, of_pollutant, finish, _Keys(keys), keys)
            graph[pollutant, "finished"] = given
        outcomes = engine.get(graph, wanted, progress)
    return dict(zip(members, outcomes, strict=True))


@dataclass(frozen=True)
class _Keys:
    """Keys of results as they are: in a graph, bare keys stand for the results."""

    keys: list[Key]


def _fit_stored(store: Path, task: _Task, _: list) -> Any:
    with threadpool_limits(1, user_api="blas"):
        return task.run(read_learning(store))


def _finish_stored(
    store: Path,
    pollutant: str,
    members: Sequence[Member],
    finish: Callable[[str, Fits, xr.DataArray], Outcome],
    names: _Keys,
    found: list[Any],
) -> Outcome:
    learning = read_learning(store)
    with threadpool_limits(1, user_api="blas"):
        fits = _gather(members, dict(zip(names.keys, found, strict=True)), learning)
        return finish(pollutant, fits, learning.targets[pollutant])


def _tasks(members: Mapping[str, Sequence[Member]], folds: int) -> list[_Task]:
    """All tasks: the slowest member of all pollutants, then pollutant by pollutant.

    A pollutant that is complete frees the memory of its out-of-fold forecasts, so the others are
    not ordered by length alone.
    """
    tasks = [
        _Task(pollutant, member, part)
        for pollutant, wanted in members.items()
        for member in sorted(wanted, key=lambda m: m.name != SECOND)
        for part in ([ALL_CASES, *range(folds)] if isinstance(member, BY_FOLD) else [WHOLE])
    ]
    return sorted(tasks, key=lambda task: task.member.name != FIRST)


def _gather(members: Sequence[Member], results: dict[Key, Any], learning: Learning) -> Fits:
    """Put the parts of each member together; one failed part fails the member."""
    fits = Fits({}, {}, {})
    for name in (m.name for m in members):
        parts = {int(part): found for (_, of, part), found in results.items() if of == name}
        failures = [f.why for _, f in sorted(parts.items(), key=_part) if isinstance(f, _Failure)]
        if failures:
            fits.failed[name] = failures[0]
        elif WHOLE in parts:
            fits.fitted[name], fits.unseen[name] = parts[WHOLE]
        else:
            shape = (*(learning.cases.sizes[d] for d in DIMS), len(LEVELS))
            out = np.full(shape, np.nan, dtype=np.float32)
            for k, fold in enumerate(learning.folds):
                out[fold.held_out] = parts[k]
            fits.fitted[name] = parts[ALL_CASES]
            fits.unseen[name] = Distribution.from_values(out, learning.cases)
    return fits


def _part(of: tuple[int, Any]) -> int:
    return of[0]
