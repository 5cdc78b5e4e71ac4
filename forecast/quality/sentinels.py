"""Values that are no measurement, or sit at the end of the scale."""

from __future__ import annotations

import numpy as np

from forecast.quality.flags import BITS
from forecast.quality.settings import SentinelSettings


def value_flags(values: np.ndarray, pollutant: str, settings: SentinelSettings) -> np.ndarray:
    """Flags ``negative, zero, sentinel, capped, out_of_range`` of one pollutant.

    Parameters
    ----------
    values : ndarray, (station, step)
        µg m-3, CO mg m-3; NaN gives no flag.
    pollutant : str
        Which.
    settings : SentinelSettings
        Numbers and limits.

    Returns
    -------
    ndarray of uint16, (station, step)

    Examples
    --------
    >>> import numpy as np
    >>> value_flags(np.array([[-1.0, 0.0, 999.0, 3.0]], np.float32), "o3", SentinelSettings())
    array([[ 1,  2, 12,  0]], dtype=uint16)
    """
    flags = np.zeros(values.shape, np.uint16)
    cap = settings.caps.get(pollutant)  # type: ignore[call-overload]
    highest = settings.highest[pollutant]  # type: ignore[index]
    least_mark = min(abs(v) for v in sentinel_values(pollutant, settings))
    # Almost every value is an ordinary one; only the others need the exact comparisons.
    low = min(least_mark, highest, cap if cap is not None else highest) * (1 - 1e-4)
    with np.errstate(invalid="ignore"):
        row, column = np.nonzero((values <= 0) | (values >= low))
    found = values[row, column]
    flag = np.zeros(found.shape, np.uint16)
    flag[found < 0] |= BITS["negative"]
    flag[found == 0] |= BITS["zero"]
    flag[found > np.float32(highest)] |= BITS["out_of_range"]
    for mark in sentinel_values(pollutant, settings):
        flag[_same(found, mark)] |= BITS["sentinel"]
    if cap is not None:
        at_cap = _same(found, cap)
        flag[at_cap] |= BITS["capped"]
        supported = _supported(values, row[at_cap], column[at_cap], cap, settings.cap_support)
        flag[np.flatnonzero(at_cap)[supported]] &= ~BITS["sentinel"]
    flags[row, column] = flag
    return flags


def sentinel_values(pollutant: str, settings: SentinelSettings) -> list[float]:
    """Sentinels of a pollutant in the data model's unit."""
    if pollutant != "co":
        return list(settings.values)
    # A thousandth for files in µg/m³, but 0.999 mg/m³ is an everyday value.
    thousandth = [v / 1000 for v in settings.values if v < 0 or v > 1000]
    return [*settings.values, *thousandth]


def _same(values: np.ndarray, number: float) -> np.ndarray:
    return np.abs(values - np.float32(number)) <= 1e-6 * abs(number)


def _supported(
    values: np.ndarray, row: np.ndarray, column: np.ndarray, cap: float, share: float
) -> np.ndarray:
    """Whether a value in the two steps before a run at the cap reaches `share` of it.

    The cells come in order of row and column. Another value at the cap is no support: sentinels
    come in runs as well; but what comes before its start holds for the whole run. Later values
    are not looked at: what counts at an hour must not depend on what came after it.
    """
    if not len(row):
        return np.zeros(0, bool)
    dirty = np.zeros(len(row), bool)
    for offset in (-2, -1):
        at = column + offset
        inside = (at >= 0) & (at < values.shape[1])
        beside = np.where(inside, values[row, np.clip(at, 0, values.shape[1] - 1)], np.nan)
        with np.errstate(invalid="ignore"):
            dirty |= (beside >= share * cap) & ~_same(beside, cap)
    new = np.concatenate([[True], (np.diff(row) != 0) | (np.diff(column) != 1)])
    run = np.cumsum(new) - 1
    return np.bincount(run, dirty)[run] > 0
