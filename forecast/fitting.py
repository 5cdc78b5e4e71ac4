"""Fitting the members of all pollutants in one pool, a thread a task.

LightGBM and BLAS let other threads run meanwhile. No task reads what another wrote, and results
are put together by name and fold, so neither their order nor the number of threads matters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
    Fold,
    LinearMos,
    Member,
    Persistence,
)
from ensembles.distribution import LEVELS
from ensembles.members.member import out_of_fold
from ensembles.table import DIMS

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


Past = tuple[xr.Dataset, xr.DataArray]
"""Cases without predictors, and their targets: what was observed everywhere."""
WHOLE, ALL_CASES = -1, -2
"""Parts of a member: its `cross_fit`, or its fit on all cases; else the number of a fold."""


@dataclass(frozen=True)
class _Task:
    pollutant: str
    member: Member
    part: int

    def run(
        self, cases: xr.Dataset, target: xr.DataArray, folds: list[Fold], past: Past | None
    ) -> Any:
        if self.part == WHOLE:
            return self.member.cross_fit(cases, target, folds)
        if self.part == ALL_CASES:
            if past is not None and isinstance(self.member, BY_PLACE):
                return self.member.fit(*past)
            return self.member.fit(cases, target)
        return out_of_fold(self.member, cases, target, [folds[self.part]]).quantiles.values[
            folds[self.part].held_out
        ]


@dataclass(frozen=True)
class _Failure:
    why: str


def fit_members(
    members: Mapping[str, Sequence[Member]],
    cases: xr.Dataset,
    targets: Mapping[str, xr.DataArray],
    folds: list[Fold],
    finish: Callable[[str, Fits], Outcome],
    *,
    past: Mapping[str, Past] | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Outcome]:
    """Fit every member of every pollutant, and finish each pollutant as soon as its are done.

    Parameters
    ----------
    members : mapping of str to sequence of Member
        By pollutant.
    cases : xarray.Dataset
        Training cases (issue, lead, place).
    targets : mapping of str to xarray.DataArray, (issue, lead, place)
        By pollutant; NaN where unknown.
    folds : list of Fold
        From `make_folds`.
    finish : callable
        Makes the outcome of a pollutant from its `Fits`, in one of the threads; its out-of-fold
        forecasts are not kept any longer than that.
    past : mapping of str to tuple, optional
        Cases of every day and place without predictors, and their targets, by pollutant. The
        members of `BY_PLACE` are fitted on these where `cases` are only a part of them.
    workers : int
        Threads.
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
    tasks = _tasks(members, len(folds))
    results: dict[str, dict[tuple[str, int], Any]] = {p: {} for p in members}
    open_tasks = {p: sum(t.pollutant == p for t in tasks) for p in members}
    outcomes: dict[str, Outcome] = {}
    lock = Lock()

    def run(task: _Task) -> None:
        pollutant = task.pollutant
        try:
            found = task.run(cases, targets[pollutant], folds, past[pollutant] if past else None)
        except ValueError as error:
            found = _Failure(str(error))
        with lock:
            results[pollutant][task.member.name, task.part] = found
            open_tasks[pollutant] -= 1
            progress(len(tasks) - sum(open_tasks.values()), len(tasks))
            complete = not open_tasks[pollutant]
        if complete:
            fits = _gather(members[pollutant], results.pop(pollutant), cases, folds)
            outcomes[pollutant] = finish(pollutant, fits)

    pool = ThreadPoolExecutor(workers)
    # A thread a task: more of BLAS would wait for each other, and move the last digits of a sum.
    with threadpool_limits(1, user_api="blas"):
        try:
            for future in [pool.submit(run, task) for task in tasks]:
                future.result()
        finally:
            pool.shutdown(cancel_futures=True)
    return {p: outcomes[p] for p in members}


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


def _gather(
    members: Sequence[Member],
    results: dict[tuple[str, int], Any],
    cases: xr.Dataset,
    folds: list[Fold],
) -> Fits:
    """Put the parts of each member together; one failed part fails the member."""
    fits = Fits({}, {}, {})
    for name in (m.name for m in members):
        parts = {part: results[name, part] for of, part in sorted(results) if of == name}
        failures = [found.why for found in parts.values() if isinstance(found, _Failure)]
        if failures:
            fits.failed[name] = failures[0]
        elif WHOLE in parts:
            fits.fitted[name], fits.unseen[name] = parts[WHOLE]
        else:
            shape = (*(cases.sizes[d] for d in DIMS), len(LEVELS))
            out = np.full(shape, np.nan, dtype=np.float32)
            for k, fold in enumerate(folds):
                out[fold.held_out] = parts[k]
            fits.fitted[name] = parts[ALL_CASES]
            fits.unseen[name] = Distribution.from_values(out, cases)
    return fits
