"""Several files at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from forecast.errors import InputError

Item = TypeVar("Item", bound=Hashable)
Result = TypeVar("Result")

GIVE_UP = 5
"""After so many failures in a row the items left are not tried."""


def each(
    items: Sequence[Item],
    one: Callable[[Item], Result],
    workers: int,
    stop: threading.Event,
    progress: Callable[[int], None],
) -> tuple[dict[Item, Result], dict[Item, str]]:
    """Results of `one` and messages of its failures, both by item.

    After `GIVE_UP` failures in a row no more items are begun. The threads are daemons: a process
    told to stop does not wait for their sockets.

    Parameters
    ----------
    stop : threading.Event
        Set at the end, however it comes, for `one` to look at.
    progress : callable
        Gets the number of results after each item.

    Raises
    ------
    Exception
        What `one` raises, unless it is an InputError.
    """
    waiting: queue.SimpleQueue[Item] = queue.SimpleQueue()
    for item in items:
        waiting.put(item)
    done: queue.SimpleQueue[tuple[Item, Result | None, Exception | None] | None]
    done = queue.SimpleQueue()
    in_a_row = [0]
    counting = threading.Lock()

    def attempt(item: Item) -> None:
        try:
            result, error = one(item), None
        except Exception as raised:
            result, error = None, raised
        with counting:
            in_a_row[0] = 0 if error is None else in_a_row[0] + 1
        done.put((item, result, error))

    def work() -> None:
        try:
            while not stop.is_set() and in_a_row[0] < GIVE_UP:
                attempt(waiting.get_nowait())
        except queue.Empty:
            pass
        finally:
            done.put(None)

    results: dict[Item, Result] = {}
    failures: dict[Item, str] = {}
    try:
        for _ in range(workers):
            threading.Thread(target=work, daemon=True).start()
        running = workers
        while running:
            outcome = done.get()
            if outcome is None:
                running -= 1
                continue
            item, result, error = outcome
            if isinstance(error, InputError):
                failures[item] = str(error)
            elif error is not None:
                raise error
            else:
                results[item] = result  # type: ignore[assignment]
            progress(len(results))
    finally:
        stop.set()
    return results, failures
