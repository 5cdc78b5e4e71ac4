"""What all tasks of a training read, as files that each process maps into its memory.

One ``.npy`` a variable: processes of a machine share its pages, workers elsewhere read them over
the shared file system, and nothing large goes through the scheduler.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import xarray as xr

from ensembles import Fold

INDEX = "index.json"
Past = tuple[xr.Dataset, xr.DataArray]
"""Cases without predictors, and their targets: what was observed everywhere."""


@dataclass(frozen=True)
class Learning:
    """What the tasks of a training read.

    Attributes
    ----------
    cases : xarray.Dataset
        Training cases (issue, lead, place).
    targets : mapping of str to xarray.DataArray, (issue, lead, place)
        By pollutant; NaN where unknown.
    folds : list of Fold
        From `make_folds`.
    past : mapping of str to Past, optional
        Cases of every day and place without predictors, and their targets, by pollutant: where
        `cases` are only a part of them, what a member keeps of each place is learned from these.
    """

    cases: xr.Dataset
    targets: Mapping[str, xr.DataArray]
    folds: list[Fold]
    past: Mapping[str, Past] | None = None


@contextmanager
def stored_learning(learning: Learning, folder: Path) -> Iterator[Path]:
    """Write what is learned from below `folder`, and remove it in the end.

    Yields
    ------
    Path
        For `read_learning`, in any process that sees the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    store = Path(tempfile.mkdtemp(prefix=".learning.", suffix=".part", dir=folder))
    try:
        index = {
            "cases": _write(store, "cases", learning.cases),
            "targets": {
                p: _write(store, f"target-{p}", t.to_dataset(name="target"))
                for p, t in learning.targets.items()
            },
            "past": {
                p: _write(store, f"past-{p}", cases.assign(target=target))
                for p, (cases, target) in (learning.past or {}).items()
            },
            "folds": len(learning.folds),
        }
        for k, fold in enumerate(learning.folds):
            np.save(store / f"fold-{k}-held_out.npy", fold.held_out)
            np.save(store / f"fold-{k}-training.npy", fold.training)
        (store / INDEX).write_text(json.dumps(index), encoding="utf-8")
        yield store
    finally:
        shutil.rmtree(store, ignore_errors=True)


@lru_cache(maxsize=1)
def read_learning(store: Path) -> Learning:
    """Map what `stored_learning` wrote into memory; the last one read is kept."""
    index = json.loads((store / INDEX).read_text(encoding="utf-8"))
    past = {p: _read(store, names) for p, names in index["past"].items()}
    return Learning(
        _read(store, index["cases"]),
        {p: _read(store, names)["target"] for p, names in index["targets"].items()},
        [
            Fold(*(np.load(store / f"fold-{k}-{n}.npy") for n in ("held_out", "training")))
            for k in range(index["folds"])
        ],
        {p: (d.drop_vars("target"), d["target"]) for p, d in past.items()} or None,
    )


def _write(store: Path, prefix: str, data: xr.Dataset) -> list[list]:
    """Write each variable; return name, dimensions, file and whether it is a coordinate."""
    rows = []
    for k, (name, variable) in enumerate(data.variables.items()):
        values = variable.values
        if values.dtype.kind == "O":
            values = values.astype(str)
        file = f"{prefix}-{k}.npy"
        np.save(store / file, values, allow_pickle=False)
        rows.append([str(name), list(variable.dims), file, name in data.coords])
    return rows


def _read(store: Path, rows: list[list]) -> xr.Dataset:
    made = {
        name: (tuple(dims), np.load(store / file, mmap_mode="r" if dims else None))
        for name, dims, file, _ in rows
    }
    coords = {name: made.pop(name) for name, _, _, is_coordinate in rows if is_coordinate}
    return xr.Dataset(made, coords=coords)
