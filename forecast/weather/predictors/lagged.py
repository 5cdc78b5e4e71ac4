"""The lagged ensemble: what the cycles of the last days said of the same day, beside the newest.

Yesterday's cycle forecasts a day at one lead more. Its error is larger, yet partly another one, so
the mean of several cycles errs less than the newest alone (Hoffman and Kalnay 1983, Tellus 35A,
100-118), most at the leads where one cycle knows little. Each cycle weighs by the inverse of the
variance over its members at that lead, as the best mean of independent errors would have it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.weather.predictors.member_statistics import member_mean


class LaggedEnsemble:
    """Means over the members of the cycles of the last days.

    Every sum runs over the lags in one order and looks at no other issue, so the mean of an issue
    is the same to the bit whichever issues stand beside it.

    Parameters
    ----------
    issue : ndarray of datetime64, (issue,)
        Issue dates of the forecasts, increasing; days without a cycle are not there.
    cycles : int
        Days whose cycles enter, the issue day included; 1 takes the newest cycle alone.

    Examples
    --------
    >>> import numpy as np
    >>> issue = np.array(["2015-12-01", "2015-12-02"], "datetime64[D]")
    >>> values = np.array([[[1, 3], [2, 4]], [[4, 6], [5, 7]]], float)  # (issue, lead, member)
    >>> LaggedEnsemble(issue, 2).mean(values[..., None])[1, :, 0].tolist()  # (5 + 3)/2; 6
    [4.0, 6.0]
    """

    def __init__(self, issue: np.ndarray, cycles: int) -> None:
        self._issue, self._cycles = issue.astype("datetime64[D]"), cycles

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Mean over members and cycles.

        Parameters
        ----------
        values : ndarray, (issue, lead, member, place)
            Leads 1 … n in days. NaN members and cycles are left out.

        Returns
        -------
        ndarray, (issue, lead, place)
            float32; NaN where no cycle has the day.
        """
        return self.over_cycles(member_mean(values), values)

    def over_cycles(self, mean: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Mean over the cycles of the members' mean somewhere, weighted as at the place itself.

        Parameters
        ----------
        mean : ndarray, (issue, lead, …, place)
            Means over the members, as at the points of a ring around each place.
        values : ndarray, (issue, lead, member, place)
            Members of the same field at the places.

        Returns
        -------
        ndarray, (issue, lead, …, place)
            float32.
        """
        if self._cycles == 1:
            return mean
        weight = 1 / self._variance(values)
        weight = weight.reshape(*weight.shape[:2], *(1,) * (mean.ndim - 3), -1)
        leads = mean.shape[1]
        total, mass = np.zeros(mean.shape), np.zeros(mean.shape)
        for lag, at, rows in self._lags(leads):
            value = mean[rows, lag:].astype(np.float64)
            share = np.where(np.isfinite(value), weight[at, lag:], 0)
            total[at, : leads - lag] += share * np.nan_to_num(value)
            mass[at, : leads - lag] += share
        with np.errstate(invalid="ignore"):
            return (total / mass).astype(np.float32)

    def _variance(self, values: np.ndarray) -> np.ndarray:
        """Variance over the members by lead, mean over the cycles of the last days.

        Where the members tell nothing (one member), the square of the lead stands for it.
        """
        known = np.isfinite(values)
        count = known.sum(axis=2)
        centre = member_mean(values).astype(np.float64)[:, :, None]
        square = np.where(known, (values - centre) ** 2, 0).sum(axis=2)
        degrees = np.maximum(count - 1, 0)
        total, freedom = np.zeros(square.shape), np.zeros(square.shape)
        for _, at, rows in self._lags(self._cycles):
            total[at] += square[rows]
            freedom[at] += degrees[rows]
        lead = np.arange(1, values.shape[1] + 1, dtype=np.float64)[None, :, None]
        tells = (total > 0).all(axis=1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(tells, total / freedom, lead**2)

    def _lags(self, most: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Each lag with the positions of the issues that have such a cycle, and of these cycles."""
        for lag in range(min(self._cycles, most)):
            days = self._issue - np.timedelta64(lag, "D")
            rows = np.minimum(np.searchsorted(self._issue, days), len(days) - 1)
            at = np.flatnonzero(self._issue[rows] == days)
            yield lag, at, rows[at]
