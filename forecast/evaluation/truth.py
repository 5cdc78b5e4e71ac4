"""What was observed for each forecast pair, and the forecasts of each model side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import xarray as xr

from forecast.evaluation.mean_index import MEAN_INDEX, index_of_the_mean
from forecast.issued import DECISION, GUIDANCE
from forecast.pollutants import POLLUTANTS
from forecast.standard import Standard
from forecast.training import ENSEMBLE

KEEP = ("issue", "lead")
UNADJUSTED = "unadjusted"
"""Name of the model that is the ensemble as it was before an adjustment."""
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


def shared_pairs(
    issued: xr.Dataset, obs: xr.Dataset, never: Collection[tuple[str, str]] = ()
) -> xr.Dataset:
    """Observed values, NaN where the ensemble or a member has no forecast of them.

    Members that `never` forecast a variable, from `never_forecast`, are not asked for it.
    """
    out = {}
    for name in obs.data_vars:
        source = "concentration_mean" if name in POLLUTANTS else "aqi_low"
        whole, members = issued[source], issued[f"member_{source}"]
        if name in POLLUTANTS:
            whole, members = (f.sel(pollutant=name, drop=True) for f in (whole, members))
        asked = [(_forecast_as(str(name)), str(m)) not in never for m in members["member"].values]
        members = members.isel(member=np.flatnonzero(asked))
        out[name] = obs[name].where(whole.notnull() & members.notnull().all("member"))
    return xr.Dataset(out, obs.coords)


def never_forecast(paths: Iterable[Path]) -> set[tuple[str, str]]:
    """Pollutant (or the index) and member that none of some issued files has a forecast of.

    Guidance of some pollutants has no forecast of the others, nor of the index.
    """
    left: set[tuple[str, str]] | None = None
    for path in paths:
        with xr.open_dataset(path, engine="netcdf4") as issued:
            held = {
                (name, str(member))
                for name in (*POLLUTANTS, AQI)
                for member, there in zip(issued["member"].values, _held(issued, name), strict=True)
                if there
            }
            members = [str(m) for m in issued["member"].values]
        if left is None:
            left = {(name, member) for name in (*POLLUTANTS, AQI) for member in members}
        left -= held
        if not left:
            break
    return left or set()


def _held(issued: xr.Dataset, name: str) -> np.ndarray:
    """Whether each member has any forecast of a pollutant or the index."""
    source = "member_aqi_low" if name == AQI else "member_concentration_mean"
    values = issued[source] if name == AQI else issued[source].sel(pollutant=name)
    return np.isfinite(values.transpose("member", ...).values).any(axis=(1, 2))


def _forecast_as(name: str) -> str:
    """Variable that an observed one is forecast as: level and primary follow from the index."""
    return name if name in POLLUTANTS else AQI


def models(
    issued: xr.Dataset, standard: Standard, half_width: Mapping[int, int]
) -> Iterator[tuple[str, xr.Dataset]]:
    """Forecasts of the ensemble and of each member under the same variable names.

    Parameters
    ----------
    issued : xarray.Dataset
        Issued forecasts.
    standard, half_width
        Of `index_of_the_mean`.

    Yields
    ------
    tuple of str and xarray.Dataset
        Model and its forecasts; what only the ensemble has (scenarios, probabilities of the
        levels) is missing in those of the members. Then the ensemble decided by the index of the
        mean, and, where forecasts were adjusted, as it was before: both have nothing but the
        decision.
    """
    of_members = [str(n).removeprefix("member_") for n in issued if str(n).startswith("member_")]
    of_members.remove("weight")
    whole = [str(n) for n in issued if not str(n).startswith(("member_", GUIDANCE))]
    yield ENSEMBLE, _bare(issued[whole])
    for member in issued["member"].values:
        part = issued.sel(member=member, drop=True)[[f"member_{n}" for n in of_members]]
        yield str(member), _bare(part.rename({f"member_{n}": n for n in of_members}))
    yield MEAN_INDEX, index_of_the_mean(issued, standard, half_width)
    if all(GUIDANCE + n in issued for n in DECISION):
        before = issued[[GUIDANCE + n for n in DECISION]]
        yield UNADJUSTED, _bare(before.rename({GUIDANCE + n: n for n in DECISION}))


def _bare(forecast: xr.Dataset) -> xr.Dataset:
    return forecast.drop_vars([c for c in forecast.coords if c not in LABELLED])
