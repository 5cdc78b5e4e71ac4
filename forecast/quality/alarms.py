"""Alarms for the duty desk: a jump within one hour to above the hourly limit."""

from __future__ import annotations

from datetime import timedelta, timezone

import numpy as np
import pandas as pd

from forecast.pollutants import LABELS, POLLUTANTS, UNITS
from forecast.quality.flags import RULES, mask_of, raised
from forecast.quality.neighbours import nearest, neighbours_rise
from forecast.quality.panel import Panel
from forecast.quality.settings import QualitySettings

COLUMNS = [
    "station",
    "city",
    "pollutant",
    "time",
    "previous",
    "value",
    "unit",
    "rise",
    "limit",
    "neighbours",
    "neighbours_rising",
    "view",
    "flags",
]


def find_alarms(
    panel: Panel, flags: dict[str, np.ndarray], settings: QualitySettings, utc_offset: float
) -> pd.DataFrame:
    """List the hours at which a pollutant jumps to above its hourly limit.

    Parameters
    ----------
    panel : Panel
        Hourly values.
    flags : dict of str to ndarray, (station, step)
        Quality flags, to print beside each alarm; a value of an excluded rule is no alarm.
    settings : QualitySettings
        ``alarms`` for jump and limits, ``neighbours`` for the view.
    utc_offset : float
        Network clock minus UTC, hours.

    Returns
    -------
    pandas.DataFrame
        In order of time: ``time`` (local start of the hour, with offset), values before and now
        with their unit, ``rise`` (relative), ``limit``, how many neighbours report and rise, and
        ``view``: "event" (at least the configured share of the neighbours rises), "instrument"
        (none does), "mixed" (some do) or "alone" (no neighbour reports).
    """
    table, excluded = panel.table, mask_of(settings.exclude)
    near = nearest(
        table["lat"].to_numpy(float),
        table["lon"].to_numpy(float),
        settings.neighbours.radius_km,
        settings.neighbours.number,
    )
    parts = []
    for p in POLLUTANTS:
        limit = settings.alarms.limits.get(p)  # type: ignore[call-overload]
        if limit is None:
            continue
        values = np.where(flags[p] & excluded, np.nan, panel.values[p])
        now, before = values[:, 1:], values[:, :-1]
        with np.errstate(invalid="ignore"):
            jump = (now > limit) & (now > (1 + settings.alarms.jump) * before)
        station, step = np.nonzero(jump)
        step = step + 1
        value, previous = values[station, step], values[station, step - 1]
        ratio = value / np.maximum(previous, 1e-9)
        reporting, rising = neighbours_rise(values, near, station, step, ratio, settings.neighbours)
        shared = rising >= settings.neighbours.share * reporting
        found = flags[p][station, step]
        words = np.full(len(station), "", object)
        for rule in RULES:
            words[raised(found, rule)] += f" {rule}"
        parts.append(
            pd.DataFrame(
                {
                    "station": panel.station[station],
                    "city": table["city"].to_numpy()[station],
                    "pollutant": LABELS[p],
                    "time": local_time(panel.time[step], utc_offset),
                    "previous": previous,
                    "value": value,
                    "unit": UNITS[p],
                    "rise": ratio - 1,
                    "limit": limit,
                    "neighbours": reporting,
                    "neighbours_rising": rising,
                    "view": np.select(
                        [reporting == 0, shared, rising == 0],
                        ["alone", "event", "instrument"],
                        "mixed",
                    ),
                    "flags": [w.strip() for w in words],
                }
            )
        )
    alarms = pd.concat(parts)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)
    return alarms.sort_values(["time", "station"], ignore_index=True)


def local_time(time: pd.DatetimeIndex, utc_offset: float) -> pd.DatetimeIndex:
    """Turn UTC hours into aware local ones at a fixed offset."""
    return time.tz_localize("UTC").tz_convert(timezone(timedelta(hours=utc_offset)))
