"""Progress: bars on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from forecast.ingest import Progress

LINE_SECONDS = 10.0
"""In a log, an unfinished step reports at most so often."""


@contextmanager
def console_progress() -> Iterator[Progress]:
    """Yield a function that shows progress on standard error while the block runs."""
    if not sys.stderr.isatty():
        yield _plain_lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, object] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]

        yield show


def _plain_lines() -> Progress:
    start = time.monotonic()
    last: dict[str, float] = {}

    def show(what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - last.get(what, -LINE_SECONDS) < LINE_SECONDS:
            return
        last[what] = now
        print(f"{now - start:7.1f} s  {what} {done}/{total}", file=sys.stderr, flush=True)

    return show
