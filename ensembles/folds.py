"""Contiguous blocks of issue days for out-of-fold forecasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

GAP_DAYS = 10
"""Issues within this many days after a held-out block still start from its days: left out too."""


@dataclass(frozen=True)
class Fold:
    """One split: positions along ``issue`` held out, and a mask (issue, lead) that may train."""

    held_out: np.ndarray
    training: np.ndarray


def make_folds(cases: xr.Dataset, count: int) -> list[Fold]:
    """Cut the issues into `count` contiguous blocks, with purged borders.

    A training case shares no day with the held-out block: forecasts valid inside it and issues
    that start within `GAP_DAYS` after it are left out of that fold's training.

    Parameters
    ----------
    cases : xarray.Dataset
        With coordinates issue (increasing) and lead.
    count : int
        Number of blocks, at least 2.

    Returns
    -------
    list of Fold
        Every issue is held out exactly once.

    Raises
    ------
    ValueError
        Fewer issues than blocks.
    """
    issue = cases["issue"].values.astype("datetime64[D]")
    lead = cases["lead"].values.astype("timedelta64[D]")
    if len(issue) < count:
        raise ValueError(f"{len(issue)} issue days cannot be cut into {count} folds")
    valid = issue[:, None] + lead[None, :]
    folds = []
    for block in np.array_split(np.arange(len(issue)), count):
        first, last = issue[block[0]], issue[block[-1]] + lead[-1]
        before = valid < first
        after = np.broadcast_to(
            (issue > issue[block[-1]] + np.timedelta64(GAP_DAYS, "D"))[:, None], valid.shape
        )
        folds.append(Fold(held_out=block, training=before | (after & (valid > last))))
    return folds
