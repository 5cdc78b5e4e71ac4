"""The same work on many things, in this process or in several, in the order of the things."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from forecast.errors import InputError

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def spread(
    work: Callable[[Thing], Result], things: Sequence[Thing], workers: int
) -> Iterator[Result]:
    """Results of `work`, which other processes must be able to import.

    Raises
    ------
    InputError
        A process was ended from outside.

    Examples
    --------
    >>> from forecast.evaluation.workers import spread
    >>> list(spread(abs, [-1, 2], workers=1))
    [1, 2]
    """
    if min(workers, len(things)) < 2:
        yield from map(work, things)
        return
    # A fresh process holds no copy of this one's memory and none of its open files.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(things)), mp_context=context) as pool:
        try:
            yield from pool.map(work, things)
        except BrokenProcessPool:
            raise InputError(
                "a worker process was ended by the system, perhaps for want of memory; lower "
                "`workers` in the configuration"
            ) from None
