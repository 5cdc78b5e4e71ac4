"""Predictors from covariates: what each case knew of the user's own numbers at its issue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from forecast.covariates.settings import Covariate
from forecast.covariates.table import EVERYWHERE


def covariate_predictors(
    sources: Sequence[Covariate],
    known: Mapping[str, pd.DataFrame],
    issues: pd.DatetimeIndex,
    last_known: np.ndarray,
    leads: np.ndarray,
    stations: pd.DataFrame,
) -> dict[str, xr.DataArray]:
    """Covariates of each case.

    Parameters
    ----------
    sources : sequence of Covariate
        Sections of the configuration.
    known : mapping of str to pandas.DataFrame
        Rows of each by its name, from `forecast.known.Known.covariates`.
    issues : pandas.DatetimeIndex
        Local issue dates, increasing.
    last_known : ndarray of datetime64[D], (issue,)
        Last whole day known at each issue.
    leads : ndarray of int, (lead,)
        Days.
    stations : pandas.DataFrame
        Station table. A station takes the rows of its own id, or else those of its city, or else
        of its province, or else those without a place.

    Returns
    -------
    dict of str to xarray.DataArray
        ``covariate_<name>_<column>``, float32; static on (place,), past on (issue, place) as the
        newest value known, planned on (issue, lead, place) as what was announced of the valid day.
        NaN where there is none.

    Examples
    --------
    >>> source = Covariate(
    ...     name="power", kind="past", files="p.csv", columns={"load": "MW"}, delay_days=1
    ... )
    >>> days = pd.date_range("2015-01-01", periods=2)
    >>> rows = pd.DataFrame({"place": "", "day": days, "announced": days, "load": [5.0, 6.0]})
    >>> stations = pd.DataFrame({"city": ["A"], "province": ["B"]}, index=["s"])
    >>> issues = pd.date_range("2015-01-01", periods=3)
    >>> found = covariate_predictors(
    ...     [source], {"power": rows}, issues, issues.values, np.array([1]), stations
    ... )
    >>> found["covariate_power_load"].values[:, 0].tolist()
    [nan, 5.0, 6.0]
    """
    last = last_known.astype("datetime64[ns]")
    coords = {"issue": issues, "lead": leads, "place": stations.index.to_numpy().astype(str)}
    valid = issues.values[:, None] + leads.astype("timedelta64[D]").astype("timedelta64[ns]")
    out = {}
    for source in sources:
        rows = known.get(source.name)
        for column in source.columns:
            dims: tuple[str, ...] = ("place",)
            if rows is None or column not in rows:
                values = np.full(len(stations), np.nan)
            else:
                of = _station_positions(rows["place"], stations)
                if source.kind == "static":
                    values = _static(rows, column, of)
                elif source.kind == "past":
                    dims, values = ("issue", "place"), _past(rows, column, of, source, last)
                else:
                    dims = ("issue", "lead", "place")
                    values = _planned(rows, column, of, source, last, valid)
            out[source.predictor(column)] = xr.DataArray(
                values.astype(np.float32), coords={d: coords[d] for d in dims}, dims=dims
            )
    return out


def known_on(rows: pd.DataFrame, source: Covariate) -> np.ndarray:
    """Day by whose end each row is known, datetime64[ns]."""
    if source.kind == "past":
        days = rows["day"].to_numpy() + np.timedelta64(source.delay_days, "D")
        return np.asarray(days.astype("datetime64[ns]"))
    return rows["announced"].to_numpy().astype("datetime64[ns]")


def _station_positions(place: pd.Series, stations: pd.DataFrame) -> dict[str, np.ndarray]:
    """Positions of the stations that each place of the rows serves."""
    there = set(place)
    levels = (stations.index, stations["city"], stations["province"])
    serving = [
        next((n for n in map(str, names) if n in there), EVERYWHERE)
        for names in zip(*levels, strict=True)
    ]
    return {n: np.flatnonzero(np.array(serving) == n) for n in dict.fromkeys(serving)}


def _static(rows: pd.DataFrame, column: str, of: dict[str, np.ndarray]) -> np.ndarray:
    out = np.full(sum(map(len, of.values())), np.nan)
    values = rows.set_index("place")[column]
    for place, positions in of.items():
        out[positions] = values.get(place, np.nan)
    return out


def _past(
    rows: pd.DataFrame, column: str, of: dict[str, np.ndarray], source: Covariate, last: np.ndarray
) -> np.ndarray:
    """Value of the newest day known at each issue, if it is not too old."""
    out = np.full((len(last), sum(map(len, of.values()))), np.nan)
    rows = rows[rows[column].notna()].sort_values("day", kind="stable")
    for place, positions in of.items():
        own = rows[rows["place"] == place]
        at = np.searchsorted(known_on(own, source), last, side="right") - 1
        if not len(own):
            continue
        age = (last - own["day"].to_numpy()[at]) / np.timedelta64(1, "D")
        there = (at >= 0) & (age <= source.oldest_days)
        out[:, positions] = np.where(there, own[column].to_numpy()[at], np.nan)[:, None]
    return out


def _planned(
    rows: pd.DataFrame,
    column: str,
    of: dict[str, np.ndarray],
    source: Covariate,
    last: np.ndarray,
    valid: np.ndarray,
) -> np.ndarray:
    """What had been announced of each valid day by each issue; of several rows the last."""
    out = np.full((*valid.shape, sum(map(len, of.values()))), np.nan)
    rows = rows.sort_values("announced", kind="stable")
    for place, positions in of.items():
        own = rows[rows["place"] == place]
        days, day = np.unique(own["day"].to_numpy(), return_inverse=True)
        values = own[column].to_numpy()
        until = np.searchsorted(known_on(own, source), last, side="right")
        at = pd.Index(days).get_indexer(pd.Index(valid.ravel())).reshape(valid.shape)
        state = np.full(len(days) + 1, np.nan)  # the last one stands for a day without a row
        done = 0
        for i, end in enumerate(until):
            state[day[done:end]] = values[done:end]
            done = max(done, end)
            out[i][:, positions] = state[at[i]][:, None]
    return out if source.otherwise is None else np.where(np.isnan(out), source.otherwise, out)
