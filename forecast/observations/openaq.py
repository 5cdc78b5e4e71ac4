"""Reader of OpenAQ long CSV files, one row a measurement, plain or ``.gz``.

Three layouts are told apart by their header; columns may stand in any order:

- archive on AWS: ``location_id,sensors_id,location,datetime,lat,lon,parameter,units,value``;
- export of the explorer: ``location_id,location_name,parameter,value,unit,datetimeUtc,…``;
- daily files and API v1, v2: ``location,city,country,utc,local,parameter,value,unit,…``, with or
  without ``locationId``.

A station is the location id, or the location's name where the file has no id. Times carry their
offset, or are UTC by their column's name. Units are read row by row (µg/m³, mg/m³, ppm, ppb) and
mixing ratios converted at 298.15 K and 1013.25 hPa; an unknown unit is an error, never a guess.

Hour convention: OpenAQ dates a mean by its **end** (its daily means run over the labels 01:00 to
0:00, https://docs.openaq.org/resources/measurements; openaq-fetch pull request 660), so 14:00 is
read as 13:00–14:00. ``hour_label="beginning"`` reads it as 14:00–15:00. The files do not name the
averaging period: what is not dated at a full hour of the network's clock is left out and counted.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.observations.delimited import read_delimited
from forecast.observations.limits import HIGHEST, possible
from forecast.observations.rows import YEARS, at, grid_of_values, numbers
from forecast.observations.source import Reading, Source
from forecast.observations.units import factors_to_model
from forecast.pollutants import POLLUTANTS

NAMES = {
    "station": ("location_id", "locationId", "location"),
    "time": ("datetimeUtc", "utc", "date.utc", "datetime"),
    "unit": ("unit", "units"),
    "parameter": ("parameter",),
    "value": ("value",),
}
"""Columns in the layouts; the first that a file has is read."""
SENSOR = "sensors_id"
OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})$"


class OpenAq(Source):
    """OpenAQ long CSV files."""

    format: Literal["openaq"] = "openaq"
    hour_label: Literal["ending", "beginning"] = "ending"

    def read(self, path: Path, utc_offset: float) -> Reading:
        """Read one file.

        Left out and counted: parameters other than the six, values missing, below zero or 9999 and
        above in the data model's units, times that are not full hours, further sensors of a
        station and parameter (the first one in the file counts).

        Raises
        ------
        InputError
            The file is empty or not UTF-8, a column or a field is missing, a time, value or unit
            cannot be read, no location is named, or a station, parameter and hour stands twice.
        """
        table = read_delimited(path).apply(lambda column: column.str.strip())
        columns = {key: _column(path, table, names) for key, names in NAMES.items()}
        unnamed = (table[columns["station"]] == "").to_numpy()
        if unnamed.any():
            raise InputError(f"{at(path, table, int(unnamed.argmax()))}: no location is named")
        rejected: Counter[str] = Counter()
        table = _six(table, rejected)
        station, pollutant = table[columns["station"]], table["parameter"].to_numpy(object)
        start = _times(path, table[columns["time"]])
        start = start - pd.Timedelta(hours=float(self.hour_label == "ending"))
        value = _values(path, table, columns["unit"], pollutant, rejected)
        local = start + pd.Timedelta(hours=utc_offset)
        off = (local != local.dt.floor("h")).to_numpy()
        further = _further_sensors(table, station) & ~off
        for wrong, reason in ((off, "time not a full hour"), (further, "further sensor")):
            if count := int(np.count_nonzero(wrong)):
                rejected[reason] += count
        kept = ~(off | further)
        return Reading(
            grid_of_values(
                path, station[kept], start[kept], pollutant[kept], value[kept], utc_offset
            ),
            rejected=rejected,
        )


def _column(path: Path, table: pd.DataFrame, names: tuple[str, ...]) -> str:
    for name in names:
        if name in table.columns:
            return name
    raise InputError(f"{path}: column {' or '.join(names)} missing; is it an OpenAQ file?")


def _six(table: pd.DataFrame, rejected: Counter[str]) -> pd.DataFrame:
    """Rows of the six pollutants, whose names OpenAQ has written as pm25, PM25 and pm2.5."""
    name = table["parameter"].str.lower().str.replace(".", "", regex=False)
    known = name.isin(POLLUTANTS)
    for other, count in name[~known].value_counts().items():
        rejected[f"parameter {other}"] += int(count)
    return table.assign(parameter=name)[known]


def _times(path: Path, text: pd.Series) -> pd.Series:
    """UTC as written, naive."""
    times = pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce")
    wrong = ~times.dt.year.between(*YEARS).to_numpy(bool)  # NaT lies in none
    if text.name == "datetime":  # the one column whose name does not say UTC
        wrong = wrong | ~text.str.contains(OFFSET).to_numpy(bool)
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{at(path, text, row)}: {text.name} is {text.iloc[row]!r}; expected a time as "
            "2022-11-01T01:00:00+08:00"
        )
    return times.dt.tz_localize(None).astype("datetime64[ns]")


def _values(
    path: Path, table: pd.DataFrame, unit: str, pollutant: np.ndarray, rejected: Counter[str]
) -> np.ndarray:
    """Concentrations in the data model's units, NaN where left out."""
    value = numbers(path, table["value"], (), rejected)
    if missing := int(np.isnan(value).sum()):
        rejected["no value"] += missing
    value *= factors_to_model(path, table[unit], pollutant)
    for name in POLLUTANTS:
        rows = pollutant == name
        value[rows] = possible(value[rows], name, rejected, HIGHEST[name])
    return value


def _further_sensors(table: pd.DataFrame, station: pd.Series) -> np.ndarray:
    """Rows of a sensor that is not the first of its station and parameter."""
    if SENSOR not in table.columns:
        return np.zeros(len(table), bool)
    first = table.groupby([station.name, "parameter"])[SENSOR].transform("first")
    return (table[SENSOR] != first).to_numpy()
