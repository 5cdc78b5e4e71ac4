"""Reader of the 39-city daily file: daily city values, not station hours.

Layout: ``date,PM25,PM10,CO,NO2,SO2,O3,city,…``, one row a day and city, `date` as ``2014-01-01``,
missing fields empty, plain or ``.gz``; the weather columns are not read. PM is in µg/m³. The file
does not name the unit of its gases, so the configuration must: ``gas_units: ppb`` (the published
file) converts at 298.15 K and 1013.25 hPa — SO2 ×2.62, NO2 ×1.88, O3 ×1.962 to µg/m³, CO ×1.145 per
ppm to mg/m³ — and ``gas_units: ug/m3`` takes SO2, NO2, O3 as they are and CO as µg/m³.

Day convention: a row is the natural day of the network clock. O3 is close to the daily maximum 8 h
mean and is taken as such.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import Field

from forecast.errors import InputError
from forecast.observations.delimited import read_delimited
from forecast.observations.limits import SENTINEL, possible
from forecast.observations.rows import YEARS, at, numbers
from forecast.observations.source import Reading, Source
from forecast.observations.units import factor_to_model
from forecast.pollutants import POLLUTANTS, UNITS

Pollutant = Literal["pm25", "pm10", "so2", "no2", "o3", "co"]
COLUMNS: dict[Pollutant, str] = {
    "pm25": "PM25",
    "pm10": "PM10",
    "so2": "SO2",
    "no2": "NO2",
    "o3": "O3",
    "co": "CO",
}
HIGHEST: dict[Pollutant, float] = {
    "pm25": 500.5,
    "pm10": 604.5,
    "so2": 2630.0,
    "no2": 3850.0,
    "o3": 1186.0,
    "co": 20.0,
}
"""Data model's units. The file's concentrations stop at the end of the US index scale (PM2.5 500,
PM10 605, O3 605 ppb, CO 50,500 ppb): such a value says "beyond the scale". CO is cut at 20 mg/m³,
five times the daily limit: three cities stand at 20 to 58 mg/m³ for months, then at 1."""


class CitiesDaily(Source):
    """The 39-city daily file.

    Attributes
    ----------
    gas_units : {"ppb", "ug/m3"}
        Unit of SO2, NO2, O3 and CO in the file; it has no default, for the file does not say.
    highest : dict of str to float
        Values at or above are left out and counted, by pollutant, in the data model's units.
    """

    format: Literal["cities_daily"] = "cities_daily"
    gas_units: Literal["ppb", "ug/m3"]
    highest: dict[Pollutant, float] = Field(default_factory=lambda: dict(HIGHEST))

    def read(self, path: Path, utc_offset: float) -> Reading:
        """Read one file into `Reading.daily`; `utc_offset` plays no part, days are local.

        Values below zero and beyond `highest` are left out and counted.

        Raises
        ------
        InputError
            The file is empty or not UTF-8, a column or a field is missing, a date is impossible,
            a city is unnamed or has a day twice, or a value is not a number (with its line).
        """
        table = read_delimited(path)
        missing = [c for c in ("date", *COLUMNS.values(), "city") if c not in table]
        if missing:
            raise InputError(f"{path}: column {', '.join(missing)} missing; is it the daily file?")
        table = table.assign(city=table["city"].str.strip())
        day = _days(path, table)
        unnamed = (table["city"] == "").to_numpy()
        if unnamed.any():
            raise InputError(f"{at(path, table, int(unnamed.argmax()))}: no city")
        rejected: Counter[str] = Counter()
        values: dict[str, np.ndarray] = {}
        for name, column in COLUMNS.items():
            unit = "ug/m3" if name.startswith("pm") else self.gas_units
            # in float64, for 2 ppb of SO2 are 5.24 and not 5.2400002
            found = numbers(path, table[column], (), rejected) * factor_to_model(name, unit)
            values[name] = possible(found, name, rejected, self.highest.get(name, SENTINEL))
        return Reading(daily=_grid(path, table, day, values), rejected=rejected)


def _days(path: Path, table: pd.DataFrame) -> pd.DatetimeIndex:
    day = pd.to_datetime(table["date"].str.strip(), format="%Y-%m-%d", errors="coerce")
    wrong = (~day.dt.year.between(*YEARS)).to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{at(path, table, row)}: date is {table['date'].iloc[row]!r}; expected a day as "
            "2014-01-01"
        )
    return pd.DatetimeIndex(day).as_unit("ns")


def _grid(
    path: Path, table: pd.DataFrame, day: pd.DatetimeIndex, values: dict[str, np.ndarray]
) -> xr.Dataset:
    place, names = pd.factorize(table["city"])
    days = pd.date_range(day.min(), day.max(), freq="D")
    cell = place.astype(np.int64) * len(days) + days.get_indexer(day)
    twice = pd.Series(cell).duplicated().to_numpy()
    if twice.any():
        row = int(twice.argmax())
        raise InputError(
            f"{at(path, table, row)}: {table['city'].iloc[row]} has {day[row]:%Y-%m-%d} twice"
        )
    out = {}
    for name in POLLUTANTS:
        grid = np.full(len(names) * len(days), np.nan, np.float32)
        grid[cell] = values[name]
        out[name] = (("place", "day"), grid.reshape(len(names), -1), {"units": UNITS[name]})
    return xr.Dataset(out, coords={"place": np.asarray(names, dtype=object), "day": days})
