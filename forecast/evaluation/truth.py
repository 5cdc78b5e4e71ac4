"""What was observed for each forecast pair, and the forecasts of each model side by side."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from forecast.pollutants import POLLUTANTS
from forecast.training import ENSEMBLE

KEEP = ("issue", "lead")
AQI = "aqi"
LABELLED = (*KEEP, "place", "pollutant", "quantile", "level_number")


def valid_days(issue: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """Day each (issue, lead) is valid for, datetime64[ns] on (issue, lead)."""
    days = lead.astype("timedelta64[D]").astype("timedelta64[ns]")
    return issue.astype("datetime64[ns]")[:, None] + days[None, :]


def observed_pairs(observed: xr.Dataset, issued: xr.Dataset, valid: np.ndarray) -> xr.Dataset:
    """Observed values of each (issue, lead, place) as float32, NaN where not observed.

    Parameters
    ----------
    observed : xarray.Dataset
        Daily values, index, level and primary pollutants, (place, day).
    issued : xarray.Dataset
        Forecasts with the coordinates issue, lead and place.
    valid : ndarray, (issue, lead)
        From `valid_days`.

    Returns
    -------
    xarray.Dataset
        The six pollutants, ``aqi``, ``level`` and ``primary``.
    """
    rows = observed["day"].to_index().get_indexer(valid.ravel())
    places = observed["place"].to_index().get_indexer(issued["place"].values)
    known = ((rows >= 0)[:, None] & (places >= 0)[None, :]).reshape(*valid.shape, -1)
    out = {}
    for name in (*POLLUTANTS, AQI, "level", "primary"):
        values = observed[name].transpose("day", "place").values[rows][:, places]
        values = values.reshape(known.shape).astype(np.float32)
        missing = {"level": values == 0, "primary": values < 0}.get(name, False)
        out[name] = ((*KEEP, "place"), np.where(known & ~np.asarray(missing), values, np.nan))
    return xr.Dataset(out, coords={d: issued[d] for d in (*KEEP, "place")})


def shared_pairs(issued: xr.Dataset, obs: xr.Dataset) -> xr.Dataset:
    """Observed values, NaN where the ensemble or a member has no forecast of them."""
    out = {}
    for name in obs.data_vars:
        source = "concentration_mean" if name in POLLUTANTS else "aqi_low"
        fcst = [issued[source], issued[f"member_{source}"]]
        if name in POLLUTANTS:
            fcst = [f.sel(pollutant=name, drop=True) for f in fcst]
        out[name] = obs[name].where(fcst[0].notnull() & fcst[1].notnull().all("member"))
    return xr.Dataset(out, obs.coords)


def models(issued: xr.Dataset) -> Iterator[tuple[str, xr.Dataset]]:
    """Forecasts of the ensemble and of each member under the same variable names.

    Yields
    ------
    tuple of str and xarray.Dataset
        Model and its forecasts; what only the ensemble has (scenarios, probabilities of the
        levels) is missing in those of the members.
    """
    of_members = [str(n).removeprefix("member_") for n in issued if str(n).startswith("member_")]
    of_members.remove("weight")
    whole = [str(n) for n in issued if not str(n).startswith("member_")]
    yield ENSEMBLE, _bare(issued[whole])
    for member in issued["member"].values:
        part = issued.sel(member=member, drop=True)[[f"member_{n}" for n in of_members]]
        yield str(member), _bare(part.rename({f"member_{n}": n for n in of_members}))


def _bare(forecast: xr.Dataset) -> xr.Dataset:
    return forecast.drop_vars([c for c in forecast.coords if c not in LABELLED])
