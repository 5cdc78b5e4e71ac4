"""Reader of the PRSA / UCI 501 station files (Beijing Multi-Site Air Quality).

Layout: ``No,year,month,day,hour,PM2.5,PM10,SO2,NO2,CO,O3,TEMP,…,station``, one row an hour, ``NA``
where missing. CO is in µg/m³ here, a thousand times the data model's mg/m³.

Hour convention: ``hour`` runs 0…23 within its own local date and is read as **hour-beginning**
(row 8 is the mean of 08:00–09:00), so that a file day is one natural day. The files do not say so;
day-to-day changes of PM10, SO2 and CO agree best with the independently published daily city
values under this reading. ``hour_label="ending"`` reads row 8 as the mean of 07:00–08:00.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from forecast.archives import check_packed
from forecast.errors import InputError
from forecast.observations.source import Reading, Source
from forecast.pollutants import UNITS

COLUMNS = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "O3": "o3", "CO": "co"}
CLOCK = ["year", "month", "day", "hour"]
YEARS = (1900, 2199)
CO_UG_PER_MG = 1000
LONGEST = pd.Timedelta(days=30 * 365)
"""Distance of a row from the middle of its file beyond which its date must be a slip."""
HIGHEST = 1e6
"""No concentration is higher, whatever the instrument: such a number is an error of writing."""


class Prsa(Source):
    """PRSA files, one station a file."""

    format: Literal["prsa"] = "prsa"
    hour_label: Literal["beginning", "ending"] = "beginning"

    def read(self, path: Path, utc_offset: float) -> Reading:
        """Read one file with `read_prsa`."""
        return Reading(read_prsa(path, utc_offset=utc_offset, hour_label=self.hour_label))


def read_prsa(path: Path, *, utc_offset: float = 8, hour_label: str = "beginning") -> xr.Dataset:
    """Read one PRSA station file.

    Parameters
    ----------
    path : Path
        CSV file in the layout above, one station a file.
    utc_offset : float
        Hours the file's clock is ahead of UTC.
    hour_label : {"beginning", "ending"}
        Which end of its hour a label names.

    Returns
    -------
    xarray.Dataset
        ``pm25 pm10 so2 no2 o3`` (µg m-3) and ``co`` (mg m-3) on (station, time), float32; ``time``
        is the UTC start of the hour, without holes between first and last; missing is NaN.

    Raises
    ------
    InputError
        A column is missing, a number or a date cannot be read (with its line), an hour stands
        twice, more than one station is in the file, or the file holds no row.
    """
    table = _read_table(path)
    station = _station(table, path)
    start = _hour_start(table, path, utc_offset, hour_label)
    values = np.stack([_numbers(table, column, path) for column in COLUMNS])
    order = np.argsort(start.to_numpy(), kind="stable")
    start, values = start[order], values[:, order]
    twice = np.flatnonzero(start[1:] == start[:-1])
    if len(twice):
        line = int(order[twice[0] + 1]) + 2
        raise InputError(f"{path}, line {line}: an hour that stands twice")
    hours = pd.date_range(start[0], start[-1], freq="h")
    grid = np.full((len(COLUMNS), 1, len(hours)), np.nan, dtype=np.float32)
    grid[:, 0, hours.get_indexer(start)] = values
    grid[list(COLUMNS).index("CO")] /= CO_UG_PER_MG
    return xr.Dataset(
        {
            name: (("station", "time"), grid[i], {"units": UNITS[name]})
            for i, name in enumerate(COLUMNS.values())
        },
        coords={"station": [station], "time": hours},
    )


def _read_table(path: Path) -> pd.DataFrame:
    wanted = [*CLOCK, *COLUMNS, "station"]
    try:
        check_packed(path)
        header = pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns
        missing = [c for c in wanted if c not in header.str.strip()]
        if missing:
            raise InputError(f"{path}: column {', '.join(missing)} missing; is it a PRSA file?")
        table = pd.read_csv(
            path,
            usecols=[c for c in header if c.strip() in wanted],
            dtype={c: str for c in header if c.strip() == "station"},
            encoding="utf-8-sig",
            low_memory=False,
        )
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except pd.errors.EmptyDataError:
        raise InputError(f"{path}: the file is empty") from None
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not a PRSA table in UTF-8: {error}") from None
    if table.empty:
        raise InputError(f"{path}: no row below the header")
    table.columns = table.columns.str.strip()
    return table


def _station(table: pd.DataFrame, path: Path) -> str:
    names = table["station"].unique()
    if len(names) != 1 or not isinstance(names[0], str):
        row = int((table["station"] != names[0]).to_numpy().argmax()) + 2
        found = ", ".join(map(str, names[:3]))
        raise InputError(f"{path}, line {row}: expected one station a file, found {found}")
    return names[0].strip()


def _hour_start(
    table: pd.DataFrame, path: Path, utc_offset: float, hour_label: str
) -> pd.DatetimeIndex:
    clock = table[CLOCK].apply(pd.to_numeric, errors="coerce")
    start = pd.to_datetime(clock, errors="coerce")
    wrong = start.isna() | ~clock["hour"].isin(range(24)) | ~clock["year"].between(*YEARS)
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        found = "-".join(f"{table[c].iloc[row]}".removesuffix(".0") for c in CLOCK)
        raise InputError(f"{path}, line {row + 2}: {found} is not a year-month-day-hour (0…23)")
    away = (start - start.median()).abs()
    if away.max() > LONGEST:
        row = int(away.to_numpy().argmax())
        years = away.max().days // 365
        raise InputError(
            f"{path}, line {row + 2}: {start.iloc[row]:%Y-%m-%d} lies {years} years from the "
            "other rows"
        )
    shift = utc_offset + (1 if hour_label == "ending" else 0)
    return pd.DatetimeIndex(start).as_unit("ns") - pd.Timedelta(hours=shift)


def _numbers(table: pd.DataFrame, column: str, path: Path) -> np.ndarray:
    values = table[column]
    if not pd.api.types.is_numeric_dtype(values):
        parsed = pd.to_numeric(values, errors="coerce")
        wrong = parsed.isna() & values.notna()
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            raise InputError(
                f"{path}, line {row + 2}: {column} is {values.iloc[row]!r}; expected a number or NA"
            )
        values = parsed
    wrong = values.abs() > HIGHEST  # infinite too
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        raise InputError(f"{path}, line {row + 2}: {column} is {values.iloc[row]:g} µg/m³")
    return values.to_numpy(np.float32)
