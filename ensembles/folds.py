"""Contiguous blocks of issue days for out-of-fold forecasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

GAP_DAYS = 10
"""Issues within this many days after a held-out block (or the longest lead, if that is longer)
still start from its days: left out too."""


@dataclass(frozen=True)
class Fold:
    """One split: positions along ``issue`` held out, and a mask (issue, lead) that may train."""

    held_out: np.ndarray
    training: np.ndarray


def make_folds(cases: xr.Dataset, count: int) -> list[Fold]:
    """Cut the issues into `count` contiguous blocks, with purged borders.

    A training case shares no day with the held-out block: forecasts valid inside it and issues
    that start within `GAP_DAYS` or the longest lead after it are left out of that fold's training.

    Parameters
    ----------
    cases : xarray.Dataset
        With coordinates issue and lead, both increasing.
    count : int
        Number of blocks, at least 2.

    Returns
    -------
    list of Fold
        Every issue is held out exactly once.

    Raises
    ------
    ValueError
        Fewer issues than blocks, or fewer than 2 blocks.
    """
    issue = cases["issue"].values.astype("datetime64[D]")
    lead = cases["lead"].values.astype("timedelta64[D]")
    if not 2 <= count <= len(issue):
        raise ValueError(
            f"{len(issue)} issue days cannot be cut into {count} folds: "
            "at least 2 folds of at least one issue day each are needed"
        )
    gap = np.maximum(np.timedelta64(GAP_DAYS, "D"), lead[-1])
    valid = issue[:, None] + lead[None, :]
    folds = []
    for block in np.array_split(np.arange(len(issue)), count):
        before = valid < issue[block[0]]
        after = (issue > issue[block[-1]] + gap)[:, None]
        folds.append(Fold(held_out=block, training=before | after))
    return folds
