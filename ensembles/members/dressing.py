"""Dressing: a point forecast gets the spread of the errors that followed similar values.

A single corrected value becomes a distribution by adding the quantiles of past errors (Roulston &
Smith 2003, Tellus A 55). One set of errors for all values would give clean days the spread of
heavy ones and would never return to the mean, so the errors are those of a class of similar
values, and between the classes they are interpolated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ensembles.distribution import LEVELS

CLASSES = 5
"""Classes of the point forecast at a lead, equally filled."""
MIN_ERRORS = 30
"""Errors a class needs; with fewer than twice as many there is one class."""


@dataclass(frozen=True)
class Dressing:
    """Quantiles of the errors by lead and class of the point forecast, on the modelling scale.

    Parameters
    ----------
    centres : ndarray, (lead, class)
        Median point forecast of each class, increasing; repeated where a lead has fewer classes.
    table : ndarray, (lead, class, quantile)
        Quantiles of the errors; NaN for a lead without any.
    """

    centres: np.ndarray
    table: np.ndarray

    def apply(self, centre: np.ndarray, rows: list[int]) -> np.ndarray:
        """Quantiles around the point forecasts.

        Parameters
        ----------
        centre : ndarray, (issue, lead, place)
            Point forecasts on the modelling scale; NaN stays NaN.
        rows : list of int
            Row of `table` that each lead takes.

        Returns
        -------
        ndarray of float32, (issue, lead, place, quantile)
            Non-decreasing quantiles on the modelling scale.
        """
        out = np.full((*centre.shape, len(LEVELS)), np.nan, np.float32)
        last = self.centres.shape[1] - 1
        for k, row in enumerate(rows):
            at = _between(centre[:, k], self.centres[row])
            below = np.minimum(np.nan_to_num(at).astype(int), max(last - 1, 0))
            share = (at - below).astype(np.float32)[..., None]
            table = self.table[row]
            errors = table[below] * (1 - share) + table[np.minimum(below + 1, last)] * share
            out[:, k] = centre[:, k, :, None] + errors
        return np.maximum.accumulate(out, axis=-1)


def fit_dressing(centre: np.ndarray, value: np.ndarray) -> Dressing:
    """Collect the errors of point forecasts that had not seen what came.

    Parameters
    ----------
    centre, value : ndarray, (issue, lead, place)
        Point forecast and what came, on the modelling scale; pairs with NaN are left out.

    Examples
    --------
    >>> import numpy as np
    >>> centre = np.full((3, 1, 1), 2.0)
    >>> value = centre + np.array([-1.0, 0.0, 1.0]).reshape(3, 1, 1)
    >>> fit_dressing(centre, value).table[0, 0, [24, 49, 74]].tolist()
    [-0.5, 0.0, 0.5]
    """
    leads = centre.shape[1]
    centres = np.zeros((leads, CLASSES), np.float32)
    table = np.full((leads, CLASSES, len(LEVELS)), np.nan, np.float32)
    for k in range(leads):
        point = centre[:, k].ravel()
        error = value[:, k].ravel() - point
        rows = np.flatnonzero(np.isfinite(error))
        if not len(rows):
            continue
        rows = rows[np.argsort(point[rows], kind="stable")]
        parts = np.array_split(rows, int(np.clip(len(rows) // MIN_ERRORS, 1, CLASSES)))
        parts += [parts[-1]] * (CLASSES - len(parts))
        centres[k] = [np.median(point[part]) for part in parts]
        table[k] = [np.quantile(error[part], LEVELS) for part in parts]
    return Dressing(centres, table)


def _between(values: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Position of values among the centres, whole at a centre; the ends beyond them."""
    kept = np.flatnonzero(np.r_[True, np.diff(centres) > 0])
    at = np.interp(values, centres[kept], kept)
    return np.where(np.isnan(values), np.nan, at)
