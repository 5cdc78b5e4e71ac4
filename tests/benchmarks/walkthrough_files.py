"""Files as a newcomer may have them, in a layout that no reader of ours is made for. SIMULATED.

    python tests/benchmarks/walkthrough_files.py FOLDER

writes into FOLDER

- ``站点表.csv``: stations, in GB18030, with semicolons and Chinese column names;
- ``监测/数据_2023-07.csv`` …: hourly values in long form, one value a row, the same way; a time is
  Beijing time and names the end of its hour; ``—`` is a missing value; the air temperature stands
  among the pollutants;
- ``nwp/run_2023-07.nc`` …: one forecast a day from 00 UTC, every 6 hours to four days ahead, on
  dimensions ``run, fhr, y, x`` under names of its own, temperature in kelvin;
- ``SIMULATED.txt``.

The README's walk-through starts from these files, and a test follows it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from forecast.pollutants import POLLUTANTS
from forecast.simulate import World, simulate

WORLD = {"seed": 8, "cities": 2, "stations_per_city": [2, 1], "members": 1, "leads": 4}
FIRST, DAYS = "2023-07-01", 230
STEP = 6
"""Hours between the steps of a forecast."""
NAMES = {"pm25": "PM2.5", "pm10": "PM10", "so2": "SO2", "no2": "NO2", "o3": "O3", "co": "CO"}
STATION_COLUMNS = {
    "station": "站号",
    "name_zh": "站名",
    "lon": "经度",
    "lat": "纬度",
    "city": "城市拼音",
    "city_zh": "城市",
    "province": "省份",
}
FIELDS = {"t2m": "T2", "u10": "U10", "v10": "V10", "r2": "RH2", "sp": "PSFC"}
SWING = np.array([-3.0, -1.0, 4.0, 0.0])
"""Departure of the temperature from the day's mean at 00, 06, 12 and 18 local time, K."""


def write_stations(world: World, path: Path) -> None:
    """The station table under Chinese column names."""
    table = world.stations.reset_index()[list(STATION_COLUMNS)].rename(columns=STATION_COLUMNS)
    table.to_csv(path, sep=";", index=False, encoding="gb18030")


def write_hours(world: World, folder: Path) -> None:
    """Hourly values, a file a month, one value a row; the time is the local end of the hour."""
    folder.mkdir(parents=True, exist_ok=True)
    ends = world.observed["time"].to_index() + pd.Timedelta(hours=8 + 1)
    columns = {NAMES[p]: world.observed[p].transpose("time", "station") for p in POLLUTANTS}
    stations = world.observed["station"].values.astype(str)
    months = (ends - pd.Timedelta(hours=1)).strftime("%Y-%m")
    for month in months.unique():
        at = np.flatnonzero(months == month)
        rows = []
        for name, values in columns.items():
            text = np.char.mod("%.2f" if name == "CO" else "%.0f", values.values[at])
            text[~np.isfinite(values.values[at])] = "—"
            rows.append(_rows(ends[at], stations, name, text))
        warm = np.full((len(at), len(stations)), "15.0")
        rows.append(_rows(ends[at], stations, "气温", warm))
        table = pd.concat(rows, ignore_index=True)
        table.to_csv(folder / f"数据_{month}.csv", sep=";", index=False, encoding="gb18030")


def _rows(
    ends: pd.DatetimeIndex, stations: np.ndarray, name: str, text: np.ndarray
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "站号": np.tile(stations, len(ends)),
            "监测时间": np.repeat(ends.strftime("%Y/%m/%d %H:%M"), len(stations)),
            "项目": name,
            "数值": text.ravel(),
        }
    )


def write_weather(world: World, folder: Path) -> None:
    """One forecast a day from 00 UTC, 6-hourly, a file a month, under names of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    daily = world.forecasts.isel(number=0)  # (time, step, latitude, longitude), local days
    noon = 24.0 * np.arange(1, daily.sizes["step"] + 1) + 4.0  # their noons, hours after 00 UTC
    hours = np.arange(0, 24 * daily.sizes["step"] + 1, STEP)
    before = np.clip(np.searchsorted(noon, hours) - 1, 0, len(noon) - 2)
    share = np.clip((hours - noon[before]) / 24.0, 0.0, 1.0)[:, None, None]
    runs = daily["time"].to_index()
    for month in runs.strftime("%Y-%m").unique():
        part = daily.isel(time=np.flatnonzero(runs.strftime("%Y-%m") == month))
        fields = {}
        for ours, theirs in FIELDS.items():
            values = part[ours].transpose("time", "step", "latitude", "longitude").values
            steps = values[:, before] * (1 - share) + values[:, before + 1] * share
            if ours == "t2m":
                steps = steps + SWING[(hours + 8) % 24 // STEP][:, None, None]
            units = {"units": part[ours].attrs["units"]}
            fields[theirs] = (("run", "fhr", "y", "x"), steps.astype(np.float32), units)
        axes = {
            "run": ("run", part["time"].values),
            "fhr": ("fhr", hours, {"units": "hours"}),
            "y": ("y", part["latitude"].values, {"units": "degrees_north"}),
            "x": ("x", part["longitude"].values, {"units": "degrees_east"}),
        }
        note = {"title": "SIMULATED weather forecast"}
        xr.Dataset(fields, axes, note).to_netcdf(folder / f"run_{month}.nc")


def write_files(folder: Path) -> None:
    """Write the whole set into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    world = simulate(start=FIRST, days=DAYS, **WORLD)
    notice = "SIMULATED: invented cities, stations, air and weather. 模拟数据，均为虚构。\n"
    (folder / "SIMULATED.txt").write_text(notice, encoding="utf-8")
    write_stations(world, folder / "站点表.csv")
    write_hours(world, folder / "监测")
    write_weather(world, folder / "nwp")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: python {sys.argv[0]} FOLDER")
    write_files(Path(sys.argv[1]))
    print(f"SIMULATED files written to {sys.argv[1]}")
