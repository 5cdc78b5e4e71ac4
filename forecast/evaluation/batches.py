"""Issued files read some at a time, so that memory follows the batch and not the year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import netCDF4
import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.issued import DECISION, GUIDANCE, read_issued

BATCH = 30
"""Issued files in memory at once, at most."""
BATCH_BYTES = 160 * 2**20
"""Size that a batch of larger files does not exceed, unless a single one does."""


def plan_batches(files: Mapping[pd.Timestamp, Path]) -> list[list[Path]]:
    """Files in order of the issue day, cut into batches by the size of the first one.

    Parameters
    ----------
    files : mapping of Timestamp to Path
        Issued file of each issue day; at least one.
    """
    paths = [files[day] for day in sorted(files)]
    size = max(1, min(BATCH, int(BATCH_BYTES // max(1, read_issued(paths[0]).nbytes))))
    return [paths[i : i + size] for i in range(0, len(paths), size)]


def any_adjusted(paths: Iterable[Path]) -> bool:
    """Whether any issued file holds a decision as it was before an adjustment."""
    for path in paths:
        try:
            with netCDF4.Dataset(path) as file:
                if any(name.startswith(GUIDANCE) for name in file.variables):
                    return True
        except OSError:
            continue  # reading it says what is wrong with it
    return False


def read_batch(paths: Sequence[Path], *, adjusted: bool = False) -> xr.Dataset:
    """Forecasts of several issue days, on (issue, lead, place, …).

    Parameters
    ----------
    paths : sequence of Path
        Issued files in order of the issue day.
    adjusted : bool
        Keep decisions as they were before an adjustment; of a file that was not adjusted they are
        those issued.

    Returns
    -------
    xarray.Dataset
        On the places and members that all of them have.

    Raises
    ------
    InputError
        The forecasts share no place or no member, or have other leads.
    """
    before = _with_guidance if adjusted else _without_guidance
    alike = _alike([before(read_issued(path)) for path in paths], paths)
    return xr.concat(
        [f.drop_vars("valid_day") for f in alike],
        dim="issue",
        data_vars="all",
        coords="minimal",
        compat="override",
        combine_attrs="override",
    )


def _with_guidance(forecast: xr.Dataset) -> xr.Dataset:
    missing = [n for n in DECISION if GUIDANCE + n not in forecast]
    return forecast.assign({GUIDANCE + n: forecast[n] for n in missing})


def _without_guidance(forecast: xr.Dataset) -> xr.Dataset:
    return forecast.drop_vars([n for n in forecast.data_vars if str(n).startswith(GUIDANCE)])


def _alike(forecasts: list[xr.Dataset], paths: Sequence[Path]) -> list[xr.Dataset]:
    """Forecasts on the places and members all of them have; stations come and go."""
    out = forecasts
    for axis in ("place", "member"):
        labels = [f[axis].values for f in forecasts]
        if all(np.array_equal(each, labels[0]) for each in labels[1:]):
            continue
        held = [set(each.tolist()) for each in labels]
        shared = [label for label in labels[0].tolist() if all(label in each for each in held)]
        if not shared:
            raise InputError(f"{paths[0]}: shares no {axis} with the forecasts after it")
        out = [f.sel({axis: shared}) for f in out]
    for forecast, path in zip(out, paths, strict=True):
        if not np.array_equal(forecast["lead"].values, out[0]["lead"].values):
            raise InputError(f"{path}: other leads than {paths[0].name}; verify them apart")
    return out
