"""Write the stations' files: their table, and their hours as PRSA tables or as NetCDF months."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

__all__ = ["COLUMNS", "write_months", "write_prsa", "write_station_table"]

COLUMNS = (
    *("No", "year", "month", "day", "hour", "PM2.5", "PM10", "SO2", "NO2", "CO", "O3"),
    *("TEMP", "PRES", "DEWP", "RAIN", "wd", "WSPM", "station"),
)
TABLE_COLUMNS = (
    *("station", "cnemc_id", "name_zh", "lon", "lat", "city", "province", "region"),
    "city_zh",
    "province_zh",
)
_POLLUTANT_COLUMNS = ("pm25", "pm10", "so2", "no2", "co", "o3")


def write_station_table(stations: pd.DataFrame, path: Path) -> Path:
    """Write the table of the stations as UTF-8 CSV with the columns of `TABLE_COLUMNS` it has."""
    columns = [c for c in TABLE_COLUMNS if c in stations]
    stations.to_csv(path, columns=columns, index=False, lineterminator="\n")
    return path


def write_prsa(observed: xr.Dataset, meteorology: xr.Dataset, folder: Path) -> list[Path]:
    """Write one PRSA CSV file a station.

    Parameters
    ----------
    observed
        Hourly observations (station, time) of whole days of the UTC+8 clock.
    meteorology
        ``TEMP PRES DEWP RAIN WSPM`` and the text ``wd`` on (city, time): the stations of a city
        share its weather station.
    folder
        Existing folder.

    Returns
    -------
    list of Path
        ``PRSA_Data_<station>_<first day>-<last day>.csv``: hour-beginning local hours, CO in
        micrograms per cubic metre, whole numbers, ``NA`` where missing.
    """
    local = pd.DatetimeIndex(observed["time"].values + np.timedelta64(8, "h"))
    span = f"{local[0]:%Y%m%d}-{local[-1]:%Y%m%d}"
    clock = [
        f"{i},{t.year},{t.month},{t.day},{t.hour}" for i, t in enumerate(local.to_pydatetime(), 1)
    ]
    header = ",".join(f'"{column}"' for column in COLUMNS)
    weather: dict[str, list[list[str]]] = {}
    paths = []
    for number, station in enumerate(observed["station"].values):
        city = str(observed["city"].values[number])
        if city not in weather:
            weather = {city: _weather_columns(meteorology.sel(city=city))}
        columns = [
            _whole(observed[name].values[number] * (1000 if name == "co" else 1))
            for name in _POLLUTANT_COLUMNS
        ]
        lines = map(",".join, zip(clock, *columns, *weather[city], strict=True))
        path = folder / f"PRSA_Data_{station}_{span}.csv"
        _write_lines(path, header, lines, f',"{station}"\n')
        paths.append(path)
    return paths


def write_months(observed: xr.Dataset, folder: Path) -> list[Path]:
    """Write one NetCDF file a month (UTC) with all stations.

    Parameters
    ----------
    observed
        Hourly observations (station, time), `time` the UTC start of the hour.
    folder
        Existing folder.

    Returns
    -------
    list of Path
        ``<YYYY-MM>.nc``: CF, float32, lightly compressed, `time` with bounds.
    """
    month = observed["time"].to_index().to_period("M")
    paths = []
    for name in month.unique():
        part = observed.isel(time=np.flatnonzero(month == name))
        start = part["time"].values
        bounds = np.stack([start, start + np.timedelta64(1, "h")], axis=1)
        part = part.assign(time_bounds=(("time", "bound"), bounds))
        part["time"].attrs["bounds"] = "time_bounds"
        part = part.drop_vars([n for n, v in part.coords.items() if n not in ("station", "time")])
        part.attrs["Conventions"] = "CF-1.10"
        path = folder / f"{name}.nc"
        packed = {"zlib": True, "complevel": 1, "shuffle": True}
        part.to_netcdf(
            path,
            engine="netcdf4",
            encoding=dict.fromkeys(_POLLUTANT_COLUMNS, packed)
            | {"time": {"units": "hours since 1970-01-01", "dtype": "i4"}},
        )
        paths.append(path)
    return paths


def _write_lines(path: Path, header: str, lines: Iterable[str], ending: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(header + "\n")
        file.write(ending.join(lines) + ending)


def _whole(values: np.ndarray) -> list[str]:
    """Format as whole numbers, NaN as ``NA``, through a table: far faster than value by value."""
    missing = np.isnan(values)
    numbers = np.rint(np.where(missing, -1, values)).astype(int)
    table = np.array([*map(str, range(int(numbers.max()) + 1)), "NA"], dtype=object)
    return table[numbers].tolist()


def _tenths(values: np.ndarray) -> list[str]:
    """Format with one decimal, 0 as ``0``; never NaN."""
    numbers = np.rint(values * 10).astype(int)
    lowest = int(numbers.min())
    table = [f"{n / 10:g}" for n in range(lowest, int(numbers.max()) + 1)]
    return np.array(table, dtype=object)[numbers - lowest].tolist()


def _weather_columns(city: xr.Dataset) -> list[list[str]]:
    number = {name: _tenths(city[name].values) for name in ("TEMP", "PRES", "DEWP", "RAIN", "WSPM")}
    direction = [f'"{text}"' for text in city["wd"].values.tolist()]
    return [*(number[name] for name in ("TEMP", "PRES", "DEWP", "RAIN")), direction, number["WSPM"]]
