"""The folder of a back-test that is not finished yet: kept when the run is broken off.

``backtests/.<first>_<last>.<fingerprint>.part`` holds the days issued so far. A run of the same
span and the same inputs goes on in it; one of other inputs has another name, and so its own folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from forecast.issued import latest_files
from forecast.lock import held


@contextmanager
def unfinished_run(backtests: Path, span: str, inputs: str) -> Iterator[Path]:
    """Yield the folder of a run, held against other processes.

    What an earlier process left half-written is removed before. When the block ends, well or
    badly, the folder stays unless nothing was issued into it or the block renamed it.

    Parameters
    ----------
    backtests : Path
        Folder of back-tests; made if missing.
    span : str
        First and last issue day, ``2015-03-01_2016-02-19``.
    inputs : str
        Fingerprint of all the run is made from.

    Raises
    ------
    BusyError
        Another process is at work on the same run.
    """
    folder = backtests / f".{span}.{inputs}.part"
    with held(backtests / f".{span}.{inputs}.lock", f"wubu backtest {span}"):
        folder.mkdir(parents=True, exist_ok=True)
        for half in (folder / "issued").glob(".*.part"):
            half.unlink()
        try:
            yield folder
        finally:
            if folder.exists() and days_issued(folder).empty:
                shutil.rmtree(folder)


def days_issued(folder: Path) -> pd.DatetimeIndex:
    """Issue days already done in the folder of a run, increasing."""
    return pd.DatetimeIndex(list(latest_files(folder / "issued")))


def other_runs(backtests: Path, own: Path) -> list[Path]:
    """Folders of unfinished runs beside `own`, sorted by name."""
    return sorted(f for f in backtests.glob(".*_*.part") if f.is_dir() and f != own)
