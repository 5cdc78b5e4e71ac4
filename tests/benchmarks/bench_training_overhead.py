"""What training a boosting member takes beside LightGBM itself.

Run with ``python tests/benchmarks/bench_training_overhead.py [--rows 200000] [--trees 100]``.
Made-up cases of 127 predictors are cross-fitted by ``Boosting`` in one thread; the processor
seconds of the bare ``lightgbm.Dataset`` and ``lightgbm.train`` calls inside, on the matrices as
they are handed over, are counted apart. What remains is ours: masks and copies of the matrix,
predictions of the held-out parts, residuals and their quantiles, the distributions.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import xarray as xr
from benchmark_row import Row

from ensembles import Boosting, make_folds
from ensembles.members import boosting

PREDICTORS, LEADS, PLACES, FOLDS = 127, 10, 40, 4
"""As many predictors as the chain has for a pollutant."""
LIMIT_RATIO = 1.15


def made_up(rows: int) -> tuple[xr.Dataset, xr.DataArray]:
    """Cases whose predictors tell something of the target, one in twenty of it missing."""
    rng = np.random.default_rng(127)
    shape = (max(8, rows // (LEADS * PLACES)), LEADS, PLACES)
    dims = ("issue", "lead", "place")
    coords = {
        "issue": pd.date_range("2013-01-01", periods=shape[0]),
        "lead": np.arange(1, LEADS + 1),
        "place": [f"s{i}" for i in range(PLACES)],
    }
    names = [f"x{i}" for i in range(PREDICTORS)]
    data = {n: (dims, rng.standard_normal(shape, dtype=np.float32)) for n in names}
    signal = sum(data[n][1] for n in names[:10])
    value = np.exp(4 + 0.15 * signal + 0.3 * rng.standard_normal(shape))
    value[rng.random(shape) < 0.05] = np.nan
    return xr.Dataset(data, coords), xr.DataArray(value.astype(np.float32), coords, dims)


def measured(rows: int, trees: int) -> tuple[int, float, float]:
    """How many rows there are, and processor seconds of the cross-fit and of LightGBM in it."""
    cases, target = made_up(rows)
    member = Boosting(list(map(str, cases.data_vars)), trees=trees)
    folds = make_folds(cases, FOLDS)
    train, inside = boosting._train, 0.0

    def counted(*given: Any) -> Any:
        nonlocal inside
        started = time.process_time()
        model = train(*given)
        inside += time.process_time() - started
        return model

    with mock.patch.object(boosting, "_train", counted):
        started = time.process_time()
        member.cross_fit(cases, target, folds)
        whole = time.process_time() - started
    return target.size, whole, inside


def rows(quick: bool, data: Path | None) -> Iterator[Row]:
    """The cross-fit for the table of benchmarks; no data are needed."""
    trees = 5 if quick else 100
    count, whole, inside = measured(8_000 if quick else 200_000, trees)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    size = f"{count:,} rows, {PREDICTORS} predictors, {trees} trees; processor seconds"
    yield Row("training of boosting", size, whole, peak, "bare lightgbm.train", whole / inside)


def main() -> None:
    """Print processor seconds and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--trees", type=int, default=100)
    given = parser.parse_args()
    count, whole, inside = measured(given.rows, given.trees)
    print(f"{count:,} rows x {PREDICTORS} predictors, {FOLDS} folds of {given.trees} trees")
    print(
        f"cross_fit {whole:.1f} s of the processor, lightgbm in it {inside:.1f} s: "
        f"ratio {whole / inside:.3f} (limit {LIMIT_RATIO:g})"
    )


if __name__ == "__main__":
    main()
