"""Reader of the EPA AQS pre-generated hourly files (``hourly_88101_2020.csv``, plain or zipped).

Layout (AirData file formats, Hourly Data Files): header and one row a monitor and hour, ``State
Code, County Code, Site Num, Parameter Code, POC, Latitude, Longitude, Datum, Parameter Name, Date
Local, Time Local, Date GMT, Time GMT, Sample Measurement, Units of Measure, MDL, …, Date of Last
Change``. Units are read from each row. PM10 of code 81102 is at 25 °C and 1013 hPa (``(25 C)``),
PM2.5 at local conditions (``(LC)``); both are kept as given.

Hour convention: ``Date GMT`` and ``Time GMT`` name the hour at which sampling **began**, in GMT;
the local columns are standard time all year and are not used.

Stations are the nine digits of state, county and site, as in AirNow. Where several monitors (POC)
of a site have a value for one hour, the lowest POC is taken and the others are counted.
"""

from __future__ import annotations

import zipfile
import zlib
from collections import Counter
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from forecast.archives import check_packed
from forecast.errors import InputError
from forecast.observations.rows import at, grid_of_values, numbers
from forecast.observations.source import NothingUsable, Reading, Source
from forecast.observations.units import factors_to_model
from forecast.pollutants import POLLUTANTS

SITE = {"State Code": 2, "County Code": 3, "Site Num": 4}
"""Columns of a site's id and their digits."""
TEXT = ["Parameter Code", "POC", "Date GMT", "Time GMT", "Units of Measure", "Date of Last Change"]
VALUE = "Sample Measurement"
PARAMETERS = {
    "88101": "pm25",
    "81102": "pm10",
    "42401": "so2",
    "42602": "no2",
    "44201": "o3",
    "42101": "co",
}


class Aqs(Source):
    """EPA AQS hourly files.

    Attributes
    ----------
    parameters : dict of str to str
        AQS parameter code -> pollutant. To take PM2.5 that is not FRM or FEM, add ``"88502":
        pm25``; where two codes of a pollutant share a site and hour, the one listed first is taken.
    """

    format: Literal["aqs"] = "aqs"
    parameters: dict[str, str] = Field(default=PARAMETERS, min_length=1)

    @field_validator("parameters")
    @classmethod
    def _pollutants(cls, parameters: dict[str, str]) -> dict[str, str]:
        for code, name in parameters.items():
            if name not in POLLUTANTS:
                raise ValueError(f"{code} names {name!r}; expected one of {', '.join(POLLUTANTS)}")
        return parameters

    def read(self, path: Path, utc_offset: float) -> Reading:
        """Read one file; other parameters, empty values and further monitors are counted.

        Raises
        ------
        InputError
            A column is missing, a row is truncated, a code, time, unit or value cannot be read, a
            monitor has an hour twice, or no row of a wanted parameter is left.
        """
        table = _read_table(path)
        rejected: Counter[str] = Counter()
        code = table["Parameter Code"].str.strip()
        wanted = code.isin(self.parameters)
        for name, count in code[~wanted].value_counts().items():
            rejected[f"parameter code {name or 'empty'} is not used"] += int(count)
        table, code = table[wanted], code[wanted]
        if table.empty:
            raise NothingUsable(f"{path}: no row of parameter {', '.join(self.parameters)}")
        values = numbers(path, table[VALUE], (), rejected)
        there = np.isfinite(values)
        if not there.all():
            rejected["no value"] += int((~there).sum())
        table, code, values = table[there], code[there], values[there]
        station, start = _stations(path, table), _start(path, table)
        pollutant = code.map(self.parameters).to_numpy(object)
        rank = code.map({c: i for i, c in enumerate(self.parameters)}).to_numpy(np.int64)
        kept = _first_monitor(path, station, start, pollutant, rank * 1000 + _poc(path, table))
        further = int((~kept).sum())
        if further:
            rejected["another monitor of the same site and hour"] += further
        values = values * factors_to_model(path, table["Units of Measure"], pollutant)
        data = grid_of_values(
            path, station[kept], start[kept], pollutant[kept], values[kept], utc_offset
        )
        return Reading(data, rejected=rejected)


def _read_table(path: Path) -> pd.DataFrame:
    wanted = [*SITE, *TEXT, VALUE]
    try:
        check_packed(path)
        header = pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns
        missing = [c for c in wanted if c not in header]
        if missing:
            raise InputError(
                f"{path}: column {', '.join(missing)} missing; is it an AQS hourly file?"
            )
        table = pd.read_csv(
            path,
            usecols=wanted,
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
        )
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except pd.errors.EmptyDataError:
        raise InputError(f"{path}: the file is empty") from None
    except (OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile) as error:
        if isinstance(error, InputError):
            raise
        text = " ".join(str(error).split())
        raise InputError(f"{path}: not an AQS table in UTF-8: {text}") from None
    table.index = pd.RangeIndex(2, len(table) + 2, name="line")
    table = table[~((table["State Code"] == "") & (table["Date of Last Change"] == ""))]
    if table.empty:
        raise InputError(f"{path}: no row below the header")
    # no field of the layout follows it, so a truncated row leaves it empty or short
    last = table["Date of Last Change"]
    _refuse(
        path, table, ~last.str.fullmatch(r"\d{4}-\d{2}-\d{2}"), ["Date of Last Change"], "a date"
    )
    return table


def _refuse(
    path: Path, table: pd.DataFrame, wrong: pd.Series, columns: list[str], expected: str
) -> None:
    if wrong.any():
        row = int(wrong.to_numpy(bool).argmax())
        found = " ".join(str(table[c].iloc[row]) for c in columns)
        raise InputError(
            f"{at(path, table, row)}: {', '.join(columns)} {found!r}; expected {expected}"
        )


def _stations(path: Path, table: pd.DataFrame) -> pd.Series:
    # a spreadsheet drops leading zeros; their number is known
    parts = [table[c].str.strip().str.zfill(n) for c, n in SITE.items()]
    station = parts[0] + parts[1] + parts[2]
    # CC is Canada
    known = station.str.fullmatch(r"(?:\d{2}|CC)\d{7}")
    _refuse(path, table, ~known, list(SITE), "2, 3 and 4 digits")
    return station


def _start(path: Path, table: pd.DataFrame) -> pd.Series:
    text = table["Date GMT"] + " " + table["Time GMT"]
    start = pd.to_datetime(text, format="%Y-%m-%d %H:%M", errors="coerce")
    _refuse(path, table, start.isna(), ["Date GMT", "Time GMT"], "YYYY-MM-DD HH:MM")
    return start


def _poc(path: Path, table: pd.DataFrame) -> np.ndarray:
    poc = pd.to_numeric(table["POC"], errors="coerce")
    _refuse(path, table, ~(poc.between(1, 999) & (poc % 1 == 0)), ["POC"], "a whole number from 1")
    return poc.to_numpy(np.int64)


def _first_monitor(
    path: Path, station: pd.Series, start: pd.Series, pollutant: np.ndarray, monitor: np.ndarray
) -> np.ndarray:
    """Mark, for every station, hour and pollutant, the row of the lowest monitor."""
    kind = pd.factorize(pollutant)[0]
    keys = np.stack(
        [pd.factorize(station)[0], start.to_numpy("datetime64[s]").astype(np.int64), kind]
    )
    order = np.lexsort((monitor, *keys))
    same = (keys[:, order[1:]] == keys[:, order[:-1]]).all(axis=0)
    twice = np.flatnonzero(same & (np.diff(monitor[order]) == 0))
    if len(twice):
        row = int(order[twice + 1].min())
        raise InputError(
            f"{at(path, station, row)}: station {station.iloc[row]}, POC {monitor[row] % 1000}: "
            f"{pollutant[row]} at {start.iloc[row]} UTC stands twice"
        )
    kept = np.ones(len(order), bool)
    kept[order[1:][same]] = False
    return kept
