"""From cases to the matrix a learner reads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

DIMS = ("issue", "lead", "place")
"""Order of the axes of cases everywhere."""


def design_matrix(
    cases: xr.Dataset, predictors: Sequence[str], *, allow_missing: bool = False
) -> np.ndarray:
    """Stack predictors into a matrix, one row per (issue, lead, place).

    Parameters
    ----------
    cases : xarray.Dataset
        Predictors on any of the dimensions (issue, lead, place), in that order.
    predictors : sequence of str
        Variables to use, one column each.
    allow_missing : bool
        Take a predictor that the cases lack as missing, as when a cycle comes without a field.

    Returns
    -------
    ndarray of float32, (issue × lead × place, predictor)
        Rows in the order of ``cases`` flattened; missing is NaN.

    Raises
    ------
    KeyError
        A predictor is not among the cases (with `allow_missing`: none is); they are named.
    """
    missing = [name for name in predictors if name not in cases]
    if missing and (not allow_missing or len(missing) == len(predictors)):
        raise KeyError(f"predictors not among the cases: {', '.join(missing)}")
    shape = tuple(cases.sizes[d] for d in DIMS)
    matrix = np.full((*shape, len(predictors)), np.nan, dtype=np.float32)
    for column, name in enumerate(predictors):
        if name in missing:
            continue
        values = cases[name]
        index = tuple(slice(None) if d in values.dims else None for d in DIMS)
        matrix[..., column] = values.transpose(*[d for d in DIMS if d in values.dims]).values[index]
    return matrix.reshape(-1, len(predictors))


def require_same_cases(first: xr.DataArray, second: xr.DataArray, names: tuple[str, str]) -> None:
    """Raise ValueError, naming both, unless issues, leads and places are the same."""
    for d in DIMS:
        if not np.array_equal(first[d].values, second[d].values):
            raise ValueError(f"cases of {names[0]} differ from those of {names[1]} in {d}")


def valid_days(cases: xr.Dataset) -> np.ndarray:
    """Day each forecast is valid for, (issue, lead), datetime64[D]."""
    issue = cases["issue"].values.astype("datetime64[D]")
    return issue[:, None] + cases["lead"].values.astype("timedelta64[D]")[None, :]


def season_of(days: np.ndarray) -> np.ndarray:
    """Season 0…3 (DJF, MAM, JJA, SON) of datetime64 days."""
    month = days.astype("datetime64[M]").astype(np.int64) % 12
    return ((month + 1) // 3) % 4
