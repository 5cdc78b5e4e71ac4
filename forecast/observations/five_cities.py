"""Reader of the UCI 394 files (PM2.5 Data of Five Chinese Cities, Liang et al. 2016).

Layout: ``No,year,month,day,hour,season,PM_<site>,…,PM_US Post,DEWP,…``, one city a file
(``ChengduPM20130101_20151231.csv``, plain or ``.gz``), one row an hour, ``NA`` where missing. PM2.5
of each site in µg/m³; the weather columns (cumulated wind among them) are not read. A station is
``<City>_<site>``, blanks as ``_``: ``Chengdu_Caotangsi``, ``Chengdu_US_Post``.

Hour convention: ``hour`` runs 0…23 of the local clock and is read as **hour-beginning** (row 8 is
the mean of 08:00–09:00), like the Beijing archive of the same authors. The files do not say so;
day-to-day changes at all six sites of Chengdu and Shanghai agree better with the independently
published daily city values under this reading. ``hour_label="ending"`` reads row 8 as 07:00–08:00.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from forecast.errors import InputError
from forecast.observations.delimited import read_delimited
from forecast.observations.limits import possible
from forecast.observations.rows import at, grid_of_columns, numbers
from forecast.observations.source import Reading, Source

CLOCK = ["year", "month", "day", "hour"]
PREFIX = "PM_"
HIGHEST = 999
"""µg/m³; the monitors' range ends at 985 to 1000, and 999, 9999 and 999990 stand for none."""
YEARS = (1900, 2199)
"""Years a date can be of."""


class FiveCities(Source):
    """UCI 394 files, one city a file."""

    format: Literal["five_cities"] = "five_cities"
    hour_label: Literal["beginning", "ending"] = "beginning"
    city: str | None = Field(
        default=None, min_length=1, description="city of the stations; default: from the file name"
    )

    def read(self, path: Path, utc_offset: float) -> Reading:
        """Read one file; values below 0 and at or above 999 µg/m³ are left out and counted.

        Raises
        ------
        InputError
            The file is empty or not UTF-8, names no city, a column or a field is missing, an hour
            is impossible or stands twice, or a value is not a number (with its line).
        """
        city = self.city or _city(path)
        table = read_delimited(path)
        missing = [c for c in CLOCK if c not in table]
        if missing:
            raise InputError(f"{path}: column {', '.join(missing)} missing; is it a UCI 394 file?")
        sites = [c for c in table.columns if c.startswith(PREFIX)]
        if not sites:
            raise InputError(f"{path}: no column {PREFIX}<site>; is it a UCI 394 file?")
        start = _start(path, table) - pd.Timedelta(hours=utc_offset + (self.hour_label == "ending"))
        rejected: Counter[str] = Counter()
        parts = []
        for site in sites:
            cells = table[site].where(table[site].str.strip() != "NA", "")
            parts.append(possible(numbers(path, cells, (), rejected), "pm25", rejected, HIGHEST))
        names = [f"{city}_{s.removeprefix(PREFIX).replace(' ', '_')}" for s in sites]
        start = pd.concat([start] * len(sites))
        station = pd.Series(np.repeat(np.array(names, dtype=object), len(table)), start.index)
        columns = {"pm25": np.concatenate(parts)}
        return Reading(
            grid_of_columns(path, station, start, columns, utc_offset), rejected=rejected
        )


def _city(path: Path) -> str:
    found = re.match(r"([A-Za-z]+)PM\d{8}_\d{8}\.csv(\.gz)?$", path.name)
    if not found:
        raise InputError(
            f"{path}: the name does not say the city (as ChengduPM20130101_20151231.csv does); "
            "give `city`"
        )
    return found[1]


def _start(path: Path, table: pd.DataFrame) -> pd.Series:
    clock = table[CLOCK].apply(pd.to_numeric, errors="coerce")
    start = pd.to_datetime(clock, errors="coerce")
    wrong = (
        start.isna() | ~clock["hour"].isin(range(24)) | ~clock["year"].between(*YEARS)
    ).to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        found = "-".join(table[CLOCK].iloc[row])
        raise InputError(f"{at(path, table, row)}: {found} is not a year-month-day-hour (0…23)")
    return start.astype("datetime64[ns]")
