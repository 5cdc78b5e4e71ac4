"""The analysed days before a forecast begins, as far as they were known at its issue."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr


class PastDays:
    """Analyses of the days before lead 1 of each issue.

    Parameters
    ----------
    issue : ndarray of datetime64, (issue,)
        Local issue dates; lead 0 is the issue date itself.
    last_known : ndarray of datetime64[D], (issue,)
        Last whole day known at each issue.
    fields : mapping of str to xarray.DataArray
        Analyses on (day, place).
    """

    def __init__(
        self, issue: np.ndarray, last_known: np.ndarray, fields: Mapping[str, xr.DataArray]
    ) -> None:
        self._issue, self._last_known = issue.astype("datetime64[D]"), last_known
        self._fields = fields

    def before(self, name: str, back: int, places: int) -> np.ndarray:
        """Field on the `back` days to lead 0, oldest first.

        Returns
        -------
        ndarray, (issue, back, place)
            float32; NaN where there is no analysis or it was not yet known.
        """
        shape = (len(self._issue), back, places)
        if name not in self._fields:
            return np.full(shape, np.nan, np.float32)
        field = self._fields[name].transpose("day", "place")
        days = self._issue[:, None] + np.arange(1 - back, 1).astype("timedelta64[D]")[None, :]
        rows = field["day"].to_index().get_indexer(days.ravel().astype("datetime64[ns]"))
        values = field.values[rows].reshape(shape).astype(np.float32)
        values[(rows.reshape(days.shape) < 0) | (days > self._last_known[:, None])] = np.nan
        return values
