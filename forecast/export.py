"""Exports of an issued forecast: the city × day table as CSV and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import level, primary_names
from forecast.atomic import write_json, write_text
from forecast.bulletin import bulletin
from forecast.pollutants import LABELS
from forecast.served import weather_served
from forecast.spreadsheet import harmless_table
from forecast.standard import as_date, standard_for

COLUMNS = (
    *("issue", "valid_day", "lead", "city", "name", "province", "aqi_low", "aqi_high"),
    *("aqi_median", "level", "level_zh", "level_en", "level_low", "level_high", "primary"),
    "heavy_probability",
)


def city_table(issued: xr.Dataset) -> pd.DataFrame:
    """City × day table of an issued forecast.

    Parameters
    ----------
    issued : xarray.Dataset
        From `forecast.issued.read_issued`.

    Returns
    -------
    pandas.DataFrame
        One row a city and valid day: range, median and level of the AQI, the lowest and highest
        level inside the range, primary pollutant (such as ``PM2.5``; empty for none), probability
        of AQI > 200. Without forecast the numbers are missing.
    """
    issue = f"{pd.Timestamp(issued['issue'].values):%Y-%m-%d}"
    cities = issued.isel(place=np.flatnonzero(issued["kind"].values == "city"))
    median = cities["aqi"].sel(quantile=0.5, method="nearest").values
    rows = []
    for j in range(cities.sizes["place"]):
        for k, day in enumerate(cities["valid_day"].values):
            standard = standard_for(as_date(day))
            number = int(cities["level"].values[k, j])
            found = standard.levels[number - 1] if number else None
            low, high = (cities[n].values[k, j] for n in ("aqi_low", "aqi_high"))
            ends = level(np.array([low, high]), standard)
            masks = primary_names(int(cities["primary"].values[k, j]))
            rows.append(
                (
                    *(issue, f"{pd.Timestamp(day):%Y-%m-%d}", int(cities["lead"].values[k])),
                    *(str(cities[n].values[j]) for n in ("place", "name", "province")),
                    *(low, high, median[k, j], number),
                    found.zh if found else "",
                    found.en if found else "",
                    *(int(e) for e in ends),
                    " ".join(LABELS[p] for p in masks),
                    cities["heavy_probability"].values[k, j],
                )
            )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    whole = ["aqi_low", "aqi_high", "aqi_median"]
    table[whole] = table[whole].round().astype("Int64")
    table["heavy_probability"] = table["heavy_probability"].astype(float).round(2)
    return table


def city_records(issued: xr.Dataset) -> dict[str, Any]:
    """Nest the table of `city_table` for JSON: the issue, then cities, then days."""
    table = city_table(issued)
    by_day = ["valid_day", "lead", *COLUMNS[6:]]
    cities = [
        {
            "city": str(city),
            "name": str(rows["name"].iloc[0]),
            "province": str(rows["province"].iloc[0]),
            "days": [_plain(record) for record in rows[by_day].to_dict("records")],
        }
        for city, rows in table.groupby("city", sort=False)
    ]
    return {
        "title": issued.attrs["title"],
        "simulated": str(issued.attrs["simulated"]),
        "issue": table["issue"].iloc[0],
        "standard": issued.attrs["standard"],
        "data_cut_off": issued.attrs["data_cut_off"],
        "latest_observation": issued.attrs["latest_observation"],
        "weather": [asdict(served) for served in weather_served(issued)],
        "trained_until": issued.attrs["trained_until"],
        "revision": int(issued.attrs["revision"]),
        "cities": cities,
    }


def write_products(issued: xr.Dataset, folder: Path) -> list[Path]:
    """Write ``table.csv``, ``table.json`` and the bulletins of an issued forecast into `folder`.

    Returns
    -------
    list of Path
        What was written.
    """
    return [
        # the mark tells a spreadsheet that the Chinese names are UTF-8
        write_text(
            folder / "table.csv", "\ufeff" + harmless_table(city_table(issued)).to_csv(index=False)
        ),
        write_json(folder / "table.json", city_records(issued)),
        write_text(folder / "bulletin.zh.txt", bulletin(issued, "zh")),
        write_text(folder / "bulletin.en.txt", bulletin(issued, "en")),
    ]


def _plain(record: Mapping[Any, Any]) -> dict[str, Any]:
    """Python values for JSON, missing numbers as null."""
    return {
        k: None if pd.isna(v) else (v.item() if hasattr(v, "item") else v)
        for k, v in record.items()
    }
