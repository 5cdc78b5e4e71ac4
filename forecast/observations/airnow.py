"""Reader of AirNow hourly files (``HourlyData_YYYYMMDDHH.dat``).

Layout (AirNow, Hourly Data File fact sheet): no header, nine fields delimited by ``|``, unquoted:
valid date (``MM/DD/YY``), valid time (``HH:MM``), AQS id (9 or 12 characters), site name, GMT
offset, parameter, reporting units, value, data source. One row a site and parameter; units are read
from each row (``UG/M3``, ``PPB``, ``PPM``).

Hour convention: times are **GMT** and name the **beginning** of the hour, as all of AirNow's hourly
data do (AQCSV: the time is the begin time of the sampling period). The GMT offset is the site's own
and is not applied.

Site names come in differing encodings and are not used; all other fields are ASCII.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.observations.delimited import read_delimited
from forecast.observations.rows import at, grid_of_values, numbers
from forecast.observations.source import Reading, Source
from forecast.observations.units import factors_to_model

FIELDS = ["date", "time", "id", "name", "offset", "parameter", "unit", "value", "source"]
PARAMETERS = {
    "PM2.5": "pm25",
    "PM10": "pm10",
    "SO2": "so2",
    "NO2": "no2",
    "OZONE": "o3",
    "CO": "co",
}
MISSING = ("-999",)
OFFSETS = (-12, 14)


class Airnow(Source):
    """AirNow hourly files: any number of sites, usually one hour a file."""

    format: Literal["airnow"] = "airnow"

    def read(self, path: Path, utc_offset: float) -> Reading:
        """Read one file; rows of other parameters, and rows without a value, are counted.

        Raises
        ------
        InputError
            A row has not nine fields; an id, time, offset, unit or value cannot be read; a site
            has a parameter twice in an hour; or no row of a known parameter is left.
        """
        # latin-1 maps every byte, so that no site name can stop a file
        table = read_delimited(path, delimiter="|", encoding="latin-1", names=FIELDS, quoted=False)
        rejected: Counter[str] = Counter()
        _check_ids(path, table)
        start = _start(path, table)
        known = table["parameter"].isin(PARAMETERS)
        for name, count in table["parameter"][~known].value_counts().items():
            rejected[f"parameter {name} is not used"] += int(count)
        table, start = table[known], start[known]
        values = numbers(path, table["value"], MISSING, rejected)
        there = np.isfinite(values)
        empty = int((table["value"].str.strip() == "").sum())
        if empty:
            rejected["no value"] += empty
        table, start, values = table[there], start[there], values[there]
        pollutant = table["parameter"].map(PARAMETERS).to_numpy(object)
        values = values * factors_to_model(path, table["unit"], pollutant)
        return Reading(
            grid_of_values(path, table["id"], start, pollutant, values, utc_offset),
            rejected=rejected,
        )


def _check_ids(path: Path, table: pd.DataFrame) -> None:
    wrong = ~table["id"].str.fullmatch(r"[0-9A-Z]{9}|[0-9A-Z]{12}").to_numpy(bool)
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{at(path, table, row)}: site {table['id'].iloc[row]!r}; expected an AQS id of 9 or "
            "12 characters"
        )
    offset = pd.to_numeric(table["offset"], errors="coerce")
    wrong = ~offset.between(*OFFSETS).to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{at(path, table, row)}: GMT offset {table['offset'].iloc[row]!r}; expected hours "
            f"within {OFFSETS[0]}…{OFFSETS[1]}"
        )


def _start(path: Path, table: pd.DataFrame) -> pd.Series:
    text = table["date"] + " " + table["time"]
    start = pd.to_datetime(text, format="%m/%d/%y %H:%M", errors="coerce")
    if start.isna().all():
        start = pd.to_datetime(text, format="%m/%d/%Y %H:%M", errors="coerce")
    wrong = start.isna().to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{at(path, table, row)}: time {text.iloc[row]!r}; expected MM/DD/YY HH:MM"
        )
    return start
