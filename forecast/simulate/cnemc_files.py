"""Write hourly observations as the national network's wide files, one file a day."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from pandas.api.typing import Rolling

from forecast.aqi import hourly_index
from forecast.pollutants import LABELS, POLLUTANTS

__all__ = ["TYPES", "write_cnemc"]

TYPES = (
    *("AQI", "PM2.5", "PM2.5_24h", "PM10", "PM10_24h", "SO2", "SO2_24h", "NO2", "NO2_24h"),
    *("O3", "O3_24h", "O3_8h", "O3_8h_24h", "CO", "CO_24h"),
)
"""Rows of an hour, in the order of the files."""


def write_cnemc(
    observed: xr.Dataset,
    folder: Path,
    *,
    stations: Sequence[str] | None = None,
    utc_offset: int = 8,
    hour_label: str = "ending",
) -> list[Path]:
    """Write one CSV file a day with all stations and the fifteen types.

    Parameters
    ----------
    observed : xarray.Dataset
        ``pm25 pm10 so2 no2 o3`` (µg/m³) and ``co`` (mg/m³) on (station, time), `time` the UTC
        start of the hour, without holes.
    folder : Path
        Existing folder.
    stations : sequence of str, optional
        Ids in the header, such as ``1001A``; by default the coordinate `station`.
    utc_offset : int
        Hours the files' clock is ahead of UTC.
    hour_label : {"ending", "beginning"}
        Which end of its hour a label names.

    Returns
    -------
    list of Path
        ``china_sites_<day>.csv``, UTF-8: whole numbers, CO to a tenth, missing cells empty. Hours
        `observed` does not cover have no rows. ``AQI`` is that of the hour, ``O3_24h`` the highest
        hour and ``O3_8h_24h`` the highest 8 h mean of the 24 hours up to the label.
    """
    ids = [str(s) for s in (observed["station"].values if stations is None else stations)]
    shift = pd.Timedelta(hours=utc_offset + (hour_label == "ending"))
    labels = pd.DatetimeIndex(observed["time"].values) + shift
    rows = {
        name: _text(values, 10 if name.startswith("CO") else 1)
        for name, values in _types(observed, utc_offset).items()
    }
    header = ",".join(["date", "hour", "type", *ids])
    paths = []
    for day in labels.normalize().unique():
        lines = [header]
        for at in np.flatnonzero(labels.normalize() == day):
            for name in TYPES:
                cells = ",".join(rows[name][:, at])
                lines.append(f"{day:%Y%m%d},{labels[at].hour},{name},{cells}")
        path = folder / f"china_sites_{day:%Y%m%d}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def _types(observed: xr.Dataset, utc_offset: int) -> dict[str, np.ndarray]:
    """Values (station, time) of each type; NaN where missing."""
    hourly = {p: observed[p].transpose("station", "time").values for p in POLLUTANTS}
    index = hourly_index(observed[list(POLLUTANTS)], utc_offset=utc_offset)["aqi"]
    out = {"AQI": index.transpose("station", "time").values}
    for p, values in hourly.items():
        day = _running(values, 24)
        average = day.max() if p == "o3" else day.mean()
        out[LABELS[p]], out[f"{LABELS[p]}_24h"] = values, average.to_numpy().T
    out["O3_8h"] = _running(hourly["o3"], 8).mean().to_numpy().T
    out["O3_8h_24h"] = _running(out["O3_8h"], 24).max().to_numpy().T
    return out


def _running(values: np.ndarray, hours: int) -> Rolling:
    """Windows of each hour and those before it, where 20 of 24 (6 of 8) are known (HJ 633)."""
    return pd.DataFrame(values.T).rolling(hours, min_periods={24: 20, 8: 6}[hours])


def _text(values: np.ndarray, scale: int) -> np.ndarray:
    """Format with a decimal where `scale` is 10, through a table: far faster than one by one."""
    missing = np.isnan(values)
    numbers = np.rint(np.where(missing, 0, values) * scale).astype(int)
    low = int(min(numbers.min(), 0))
    table = [f"{n / scale:g}" for n in range(low, int(numbers.max()) + 1)]
    numbers[missing] = len(table) + low
    return np.array([*table, ""], dtype=object)[numbers - low]
