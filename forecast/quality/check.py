"""All checks together: flags, findings about whole columns and stations, and what stays usable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.pollutants import POLLUTANTS
from forecast.quality.alarms import find_alarms
from forecast.quality.consistency import pm_reversed
from forecast.quality.dust import dust_hours
from forecast.quality.flags import BITS, flag_dataset, mask_of
from forecast.quality.neighbours import nearest
from forecast.quality.panel import Panel, panel_of
from forecast.quality.report import QualityReport, build_report
from forecast.quality.sentinels import value_flags
from forecast.quality.settings import QualitySettings
from forecast.quality.shift import find_shifts
from forecast.quality.spikes import spikes
from forecast.quality.stations import bad_coordinates, duplicates
from forecast.quality.stuck import constant


@dataclass(frozen=True)
class _Findings:
    flags: dict[str, np.ndarray]
    shifts: pd.DataFrame
    duplicates: pd.DataFrame
    coordinates: pd.Series


def flag_observations(
    hourly: xr.Dataset, stations: pd.DataFrame, settings: QualitySettings | None = None
) -> xr.Dataset:
    """Flag hourly observations; no value is changed.

    Parameters
    ----------
    hourly : xarray.Dataset
        The six pollutants on (station, time), µg m-3 and CO mg m-3, `time` the UTC start of the
        hour without holes.
    stations : pandas.DataFrame
        Station table (`forecast.stations.read_stations`); a station that it lacks has no neighbours
        and the flag ``bad_coordinates``.
    settings : QualitySettings, optional
        Domain defaults without.

    Returns
    -------
    xarray.Dataset
        uint16 flags of each pollutant on (station, time), bits in `forecast.quality.flags.BITS`
        and in the CF attributes ``flag_masks, flag_meanings``.

    Raises
    ------
    InputError
        A pollutant or an hour is missing.

    Examples
    --------
    >>> from forecast.simulate import simulate
    >>> world = simulate(seed=1, cities=2, stations_per_city=2, days=10, members=2, leads=1)
    >>> flags = flag_observations(world.observed, world.stations.set_index("station"))
    >>> flags["pm25"].attrs["flag_meanings"].split()[:3]
    ['negative', 'zero', 'sentinel']
    """
    panel = panel_of(hourly, stations, "station", "time")
    return flag_dataset(_findings(panel, settings or QualitySettings(), daily=False).flags, hourly)


def flag_daily(
    daily: xr.Dataset, stations: pd.DataFrame, settings: QualitySettings | None = None
) -> xr.Dataset:
    """Flag a table of daily values on (place, day), as `flag_observations` does hours.

    The checks that speak of hours (constant, spike, dust) are left out.
    """
    panel = panel_of(daily, stations, "place", "day")
    return flag_dataset(_findings(panel, settings or QualitySettings(), daily=True).flags, daily)


def usable(
    data: xr.Dataset, flags: xr.Dataset, settings: QualitySettings | None = None
) -> xr.Dataset:
    """Values for means: those under an excluded rule become NaN, in a copy.

    Parameters
    ----------
    data : xarray.Dataset
        Observations, hourly or daily.
    flags : xarray.Dataset
        Their flags, on the same dimensions.
    settings : QualitySettings, optional
        `exclude` names the rules; by default those that are certainly no measurement: negative,
        sentinel, out_of_range.

    Returns
    -------
    xarray.Dataset
        As `data`.
    """
    mask = mask_of((settings or QualitySettings()).exclude)
    out = data.copy()
    for p in POLLUTANTS:
        out[p] = data[p].where((flags[p] & mask) == 0).assign_attrs(data[p].attrs)
    return out


def usable_values(data: xr.Dataset, settings: QualitySettings | None = None) -> xr.Dataset:
    """Values for means by the rules of `exclude`, which look at nothing later than each value.

    Parameters
    ----------
    data : xarray.Dataset
        Observations on (station, time), or daily values on (place, day).
    settings : QualitySettings, optional
        Names the excluded rules.

    Returns
    -------
    xarray.Dataset
        As `data`, excluded values NaN. Cutting `data` in time before or after gives the same.
    """
    settings = settings or QualitySettings()
    mask = mask_of(settings.exclude)
    out = data.copy()
    for p in POLLUTANTS:
        values = data[p].transpose(..., data[p].dims[-1])
        flags = value_flags(values.values, p, settings.sentinels)
        out[p] = values.where(values.copy(data=flags & mask) == 0).assign_attrs(data[p].attrs)
    return out


def check_quality(
    hourly: xr.Dataset,
    stations: pd.DataFrame,
    settings: QualitySettings | None = None,
    utc_offset: float = 8,
) -> QualityReport:
    """Flag hourly observations and report: counts, worst cases, alarms.

    Parameters
    ----------
    hourly, stations, settings
        As in `flag_observations`.
    utc_offset : float
        Network clock minus UTC, hours; times in the report are local.
    """
    settings = settings or QualitySettings()
    panel = panel_of(hourly, stations, "station", "time")
    found = _findings(panel, settings, daily=False)
    alarms = find_alarms(panel, found.flags, settings, utc_offset)
    return build_report(
        panel,
        flag_dataset(found.flags, hourly),
        (found.shifts, found.duplicates, found.coordinates, alarms),
        utc_offset=utc_offset,
        worst=settings.worst,
        unit="hours",
    )


def check_daily(
    daily: xr.Dataset, stations: pd.DataFrame, settings: QualitySettings | None = None
) -> QualityReport:
    """Flag daily values on (place, day) and report as `check_quality` does, without alarms."""
    settings = settings or QualitySettings()
    panel = panel_of(daily, stations, "place", "day")
    found = _findings(panel, settings, daily=True)
    return build_report(
        panel,
        flag_dataset(found.flags, daily),
        (found.shifts, found.duplicates, found.coordinates, pd.DataFrame()),
        utc_offset=0,
        worst=settings.worst,
        unit="days",
    )


def _findings(panel: Panel, settings: QualitySettings, *, daily: bool) -> _Findings:
    flags = {p: value_flags(panel.values[p], p, settings.sentinels) for p in POLLUTANTS}
    coordinates = bad_coordinates(panel.table, settings.stations)
    # What is no measurement, or stands nowhere, is no witness against others.
    excluded = mask_of(["negative", "sentinel", "out_of_range"])
    clean = {}
    for p, values in panel.values.items():
        wrong = (flags[p] & excluded) != 0
        clean[p] = np.where(wrong, np.float32(np.nan), values) if wrong.any() else values
    table = panel.table.copy()
    table.loc[coordinates.index, ["lat", "lon"]] = np.nan
    sound = Panel(clean, panel.station, panel.time, table)
    _flag_agreement(sound, flags, settings)
    if not daily:
        _flag_courses(panel, sound, flags, settings)
    shifts = find_shifts(sound, settings.shift, daily=daily)
    twins = duplicates(sound, settings.stations)
    _flag_columns(panel, flags, shifts)
    for station in twins["station"].unique():
        for f in flags.values():
            f[panel.station == station] |= BITS["duplicate"]
    for station in coordinates.index:
        for f in flags.values():
            f[panel.station == station] |= BITS["bad_coordinates"]
    return _Findings(flags, shifts, twins, coordinates)


def _flag_agreement(panel: Panel, flags: dict[str, np.ndarray], settings: QualitySettings) -> None:
    wrong = pm_reversed(panel.values["pm25"], panel.values["pm10"], settings.pm_tolerance)
    for p in ("pm25", "pm10"):
        flags[p][wrong] |= BITS["pm_reversed"]


def _flag_courses(
    panel: Panel, sound: Panel, flags: dict[str, np.ndarray], settings: QualitySettings
) -> None:
    """Flag what only a course of hours shows: constant values, spikes, dust."""
    table = sound.table
    near = nearest(
        table["lat"].to_numpy(float),
        table["lon"].to_numpy(float),
        settings.neighbours.radius_km,
        settings.neighbours.number,
    )
    for p in POLLUTANTS:
        flags[p][constant(panel.values[p], p, settings.constant)] |= BITS["constant"]
        alone = spikes(sound.values[p], p, near, settings.spikes, settings.neighbours)
        flags[p][alone] |= BITS["spike"]
    dust = dust_hours(sound.values["pm25"], sound.values["pm10"], settings.dust)
    for p in ("pm25", "pm10"):
        flags[p][dust] |= BITS["dust"]


def _flag_columns(panel: Panel, flags: dict[str, np.ndarray], shifts: pd.DataFrame) -> None:
    first = panel.time.get_indexer(pd.DatetimeIndex(shifts["first"]))
    last = panel.time.get_indexer(pd.DatetimeIndex(shifts["last"]))
    names = pd.Index(panel.station)
    for i, row in enumerate(shifts.itertuples()):
        flags[row.pollutant][names.get_loc(row.station), first[i] : last[i] + 1] |= BITS["shifted"]
