"""Intake of dressed analyses: cycles made from analyses where no forecast was archived."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import InputError
from forecast.weather.archive.cycle_file import write_cycle
from forecast.weather.archive.cycles import DRESSED, WeatherArchive
from forecast.weather.archive.intake import Intake, Told
from forecast.weather.days.daily_fields import RING_FIELDS
from forecast.weather.days.derived import derive
from forecast.weather.dressing.correlation import estimate_correlation
from forecast.weather.dressing.dressed import dress
from forecast.weather.fields import FIELDS

WITH_ERRORS = "analyses with errors by lead"
PERFECT = "analyses as they are"
"""What a cycle is that is no forecast."""
ESTIMATED_FROM = 120
"""Cycles of the archive that the correlation is estimated from."""


def take_in_dressed(
    archive: WeatherArchive,
    analyses: xr.Dataset,
    *,
    leads: int,
    members: int,
    correlation: Mapping[str, np.ndarray] | None,
    library_days: int,
    seed: int,
    told: Told,
) -> Intake:
    """Store dressed cycles for the issues before the first archived forecast.

    Parameters
    ----------
    archive : WeatherArchive
        Where to, beside the forecasts that are there.
    analyses : xarray.Dataset
        Fields on (day, place), ``ring_*`` on (day, ring, place).
    leads, members : int
    correlation : mapping of str to ndarray, (lead,) or None
        Member with analysis, by field; None estimates it from the first archived forecasts.
    library_days : int
        See `dress`.
    seed : int
    told : callable

    Raises
    ------
    InputError
        No correlation and no archive to estimate it from, or too few analyses.
    """
    days = analyses["day"].to_index()
    real = _real_issues(archive)
    known = pd.Timestamp.min
    if correlation is None:
        correlation, known = _estimated(archive, analyses, real, leads)
    last = real[0] if len(real) else days[-1]
    issues = days[days < last]
    drop_dressed(archive, issues)
    named = [n for n in correlation if n in analyses and n in FIELDS]
    if not named:
        raise InputError(
            f"{archive.folder}: correlations are given for {', '.join(correlation)}; the analyses "
            f"have {', '.join(map(str, analyses.data_vars))}"
        )
    ring = [f"ring_{n}" for n in named if n in RING_FIELDS and f"ring_{n}" in analyses]
    report = Intake()
    perfect = all(np.all(np.asarray(correlation[n]) == 1) for n in named)
    for cycle in dress(
        analyses[named + ring],
        issues,
        leads=leads,
        members=members,
        correlation=correlation,
        seed=seed,
        library_days=library_days,
    ):
        since = max(cycle.known_since, cycle.issue, known)
        data = _dataset(cycle.fields, cycle.issue, analyses)
        attributes = {
            "issue": f"{cycle.issue:%Y-%m-%d}",
            "known_since": f"{since:%Y-%m-%d}",
            "dressed": PERFECT if perfect else WITH_ERRORS,
        }
        write_cycle(archive.path(f"{cycle.issue:%Y-%m-%d}{DRESSED}"), data, attributes)
        report.stored += 1
        told(report.stored, len(issues))
    return report


def _dataset(
    fields: Mapping[str, np.ndarray], issue: pd.Timestamp, analyses: xr.Dataset
) -> xr.Dataset:
    """Dressed fields with the derived ones, on (day, member, place) and (day, ring, place)."""
    leads = next(iter(fields.values())).shape[0]
    variables = {}
    for name, values in fields.items():
        attributes = analyses[name].attrs
        if name.startswith("ring_"):
            mean = values.mean(axis=1)
            variables[name] = (("day", "ring", "place"), mean, attributes)
        else:
            variables[name] = (("day", "member", "place"), values, attributes)
    days = pd.date_range(issue + pd.Timedelta(days=1), periods=leads)
    data = xr.Dataset(variables, coords={"day": days, "place": analyses["place"].values})
    at = [n for n in fields if not n.startswith("ring_")]
    return data.assign(derive(data[at]).data_vars)


def drop_dressed(archive: WeatherArchive, keep: pd.DatetimeIndex) -> None:
    """Remove dressed cycles of other issues than `keep`."""
    kept = {archive.path(f"{issue:%Y-%m-%d}{DRESSED}") for issue in keep}
    for path in archive.folder.glob(f"*{DRESSED}.nc"):
        if path not in kept:
            path.unlink()


def _real_issues(archive: WeatherArchive) -> pd.DatetimeIndex:
    """First issues served by cycles that are not dressed."""
    return pd.DatetimeIndex([i for i, name in archive.cycles().items() if DRESSED not in name])


def _estimated(
    archive: WeatherArchive, analyses: xr.Dataset, real: pd.DatetimeIndex, leads: int
) -> tuple[dict[str, np.ndarray], pd.Timestamp]:
    """Correlation from the first archived forecasts, and when they and their days were known."""
    if not len(real):
        raise InputError(
            f"{archive.folder}: no archived forecast to estimate the correlation by lead from; "
            "give dressing.correlation"
        )
    used = real.unique()[:ESTIMATED_FROM]
    forecasts = archive.read(used, analyses["place"].values, leads)
    both = [n for n in forecasts if n in FIELDS and n in analyses]
    found = estimate_correlation(forecasts[both], analyses[both])
    return found, used[-1] + pd.Timedelta(days=leads)
