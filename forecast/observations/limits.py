"""What is no concentration at all: negative values and the numbers archives write for "none"."""

from __future__ import annotations

from collections import Counter

import numpy as np

from forecast.pollutants import POLLUTANTS

SENTINEL = 9999
"""Archives mark a broken instrument as −999, −9999, 9999, 99999 or 999990; no hour reaches 9999."""

HIGHEST = {name: 150.0 if name == "co" else float(SENTINEL) for name in POLLUTANTS}
"""Data model's units; 150 mg/m³ ends the hourly CO scale of HJ 633, above it is another unit."""


def possible(
    values: np.ndarray, name: str, rejected: Counter[str], highest: float = SENTINEL
) -> np.ndarray:
    """Return `values` with NaN for what is no concentration: below zero, or `highest` and above.

    What is merely unlikely stays: quality control flags it.

    Parameters
    ----------
    values : ndarray
        Any shape; NaN stays NaN.
    name : str
        Pollutant, for the counts.
    rejected : Counter
        What is left out is added here as ``"<name> negative"`` and ``"<name> at or above
        <highest>"``.
    highest : float
        In the unit of `values`.

    Examples
    --------
    >>> found = Counter()
    >>> possible(np.array([0.0, 35.5, -999.0, 999990.0]), "pm25", found).tolist()
    [0.0, 35.5, nan, nan]
    >>> dict(found)
    {'pm25 negative': 1, 'pm25 at or above 9999': 1}
    """
    low, high = values < 0, values >= highest
    for wrong, reason in ((low, "negative"), (high, f"at or above {highest:g}")):
        if count := int(np.count_nonzero(wrong)):
            rejected[f"{name} {reason}"] += count
    return np.where(low | high, np.nan, values)
