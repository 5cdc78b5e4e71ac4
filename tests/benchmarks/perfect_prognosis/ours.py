"""One global boosting member of the package alone, from day to day along the known weather.

The member is fitted on cases of lead 1, all stations together. Its forecast of a day then stands
for that day's observation in the state the next day starts from. With perfect weather this beats
the direct fit over all leads, as the package makes it for forecast weather: the path of the weather
is gone through day by day instead of in sums. Of each day's distribution the median is carried on.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ensembles import FittedMember, Member

from .table import TARGET, state, window_columns

HISTORY = 40
"""Days before an origin that hold all lags and running means."""
LEAD = np.array([1])
ONE_DAY = pd.Timedelta(days=1)
MEDIAN = np.array([0.5])
DIMS = ("issue", "lead", "place")


class Days:
    """Cases of one day ahead, from observed and from forecast states.

    Parameters
    ----------
    table : xarray.Dataset
        From `read_table`.
    """

    def __init__(self, table: xr.Dataset) -> None:
        self.series = table[TARGET].transpose("place", "day")
        self.windows = window_columns(table)
        self.where = {f"place_{n}": table[n].values for n in ("lat", "lon")}
        self.city = np.full(table.sizes["place"], "city")

    @property
    def predictors(self) -> list[str]:
        """Names of all predictors."""
        return [str(n) for n in self.observed(self.series["day"].to_index()[:2])]

    def observed(self, issues: pd.DatetimeIndex) -> xr.Dataset:
        """Cases of lead 1 that start from what was observed, (issue, lead, place)."""
        known = state(self.series, self.city, issues)
        ahead = self.windows.reindex(day=issues + ONE_DAY).transpose("day", "place")
        columns = {n: (DIMS, v.values[:, None]) for n, v in ahead.items()}
        columns |= {n: ("place", v) for n, v in self.where.items()}
        coords = {"issue": issues, "lead": LEAD, "place": self.series["place"].values}
        return xr.Dataset(columns, coords).assign(known)

    def targets(self, issues: pd.DatetimeIndex) -> xr.DataArray:
        """PM2.5 of the day after each issue, (issue, lead, place); NaN where unknown."""
        after = self.series.reindex(day=issues + ONE_DAY).transpose("day", "place")
        coords = {"issue": issues, "lead": LEAD, "place": after["place"].values}
        return xr.DataArray(after.values[:, None], coords, DIMS)

    def known_targets(self, day: pd.Timestamp) -> xr.DataArray:
        """Targets of all issues before `day`: the last is `day` itself, the last known at it."""
        first = self.series["day"].values[0]
        return self.targets(pd.date_range(first, day - ONE_DAY))

    def carried(self, past: np.ndarray, days: pd.DatetimeIndex) -> xr.Dataset:
        """Cases of lead 1 that start from given states, all at one dummy issue.

        Parameters
        ----------
        past : ndarray, (origin, place, day)
            PM2.5 of the days before each target, the last the day before.
        days : pandas.DatetimeIndex, (origin,)
            Target day of each origin.

        Returns
        -------
        xarray.Dataset
            On (issue, lead, place): one issue, lead 1, the origins' places one after the other.
        """
        origins, places, length = past.shape
        names = np.arange(origins * places).astype(str)
        axis = pd.date_range(end=days[0] - ONE_DAY, periods=length)
        flat = xr.DataArray(past.reshape(-1, length), {"place": names, "day": axis})
        known = state(flat, np.repeat(np.arange(origins), places).astype(str), axis[-1:])
        ahead = self.windows.reindex(day=days).transpose("day", "place")
        columns = {n: (DIMS, v.values.reshape(1, 1, -1)) for n, v in ahead.items()}
        columns |= {n: ("place", np.tile(v, origins)) for n, v in self.where.items()}
        return xr.Dataset(columns, {"issue": axis[-1:], "lead": LEAD, "place": names}).assign(known)

    def ahead(
        self, member: FittedMember, origins: pd.DatetimeIndex, leads: int
    ) -> dict[str, np.ndarray]:
        """Means and medians by day, each (origin, lead, place); nothing observed after an origin.

        The mean of a day is that of its distribution after the medians of the days before it.
        """
        at = self.series["day"].to_index().get_indexer(origins)
        past = np.stack([self.series.values[:, k - HISTORY + 1 : k + 1] for k in at])
        out: dict[str, list[np.ndarray]] = {"mean": [], "median": []}
        for lead in range(1, leads + 1):
            found = member.predict(self.carried(past, origins + lead * ONE_DAY))
            mean, median = found.mean(), found.quantile(MEDIAN)
            for kind, values in (("mean", mean), ("median", median)):
                out[kind].append(values.values.reshape(past.shape[:2]))
            past = np.concatenate([past[..., 1:], out["median"][-1][..., None]], axis=-1)
        return {kind: np.stack(values, axis=1) for kind, values in out.items()}


def rolling(
    member: Member, table: xr.Dataset, origins: pd.DatetimeIndex, leads: int, refit: int
) -> dict[str, xr.DataArray]:
    """Forecasts of a member fitted anew every `refit` origins on what was known then.

    Parameters
    ----------
    member : Member
        To fit on lead 1.
    table : xarray.Dataset
        From `read_table`.
    origins : pandas.DatetimeIndex
        Issue days; each has the days of `HISTORY` before it in the table.
    leads, refit : int
        Days ahead, and origins between two fits.

    Returns
    -------
    dict of str to xarray.DataArray
        ``mean`` and ``median`` on (issue, lead, place).
    """
    days = Days(table)
    blocks = []
    for start in range(0, len(origins), refit):
        block = origins[start : start + refit]
        known = days.known_targets(block[0])
        fitted = member.fit(days.observed(known["issue"].to_index()), known)
        blocks.append(days.ahead(fitted, block, leads))
    coords = {"issue": origins, "lead": np.arange(1, leads + 1), "place": table["place"].values}
    return {
        kind: xr.DataArray(np.concatenate([b[kind] for b in blocks]), coords, DIMS)
        for kind in blocks[0]
    }
