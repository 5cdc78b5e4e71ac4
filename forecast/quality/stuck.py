"""Values that stay the same for too long."""

from __future__ import annotations

import numpy as np

from forecast.quality.settings import ConstantSettings


def run_lengths(values: np.ndarray) -> np.ndarray:
    """Length of the run of equal values each cell lies in, along the last axis.

    A missing value has length 0 and breaks a run.

    Examples
    --------
    >>> import numpy as np
    >>> run_lengths(np.array([[1.0, 1.0, 2.0, np.nan, 2.0]]))
    array([[2, 2, 1, 0, 1]], dtype=int32)
    """
    rows, steps = values.shape
    edge = np.ones((rows, steps + 1), bool)
    edge[:, 1:-1] = values[:, 1:] != values[:, :-1]  # NaN differs from everything
    start = np.flatnonzero(edge[:, :-1])
    length = np.diff(np.append(start, rows * steps)).astype(np.int32)
    out = np.repeat(length, length).reshape(rows, steps)
    out[np.isnan(values)] = 0
    return out


def constant(values: np.ndarray, pollutant: str, settings: ConstantSettings) -> np.ndarray:
    """Whether a value is one of a run too long to be natural.

    Parameters
    ----------
    values : ndarray, (station, step)
        One pollutant; NaN is never constant.
    pollutant : str
        Which, for its floor.
    settings : ConstantSettings
        How long is too long.

    Returns
    -------
    ndarray of bool, (station, step)
    """
    with np.errstate(invalid="ignore"):
        above = values > np.float32(settings.floor[pollutant])  # type: ignore[index]
    same = (values[:, 1:] == values[:, :-1]) & above[:, 1:]
    pairs = (above[:, 1:] & np.isfinite(values[:, :-1])).sum(axis=1)
    share = np.clip(same.sum(axis=1) / np.maximum(pairs, 1), 1e-6, 1 - 1e-9)
    needed = np.ceil(1 + np.log(settings.chance) / np.log(share))
    needed = np.clip(needed, settings.hours, max(settings.hours, settings.longest))
    return above & (run_lengths(values) >= needed[:, None])
