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
    cities = issued.isel(place=np.flatnonzero(issued["kind"].values == "city"))
    by_day = ("place", "lead")
    low, high, number, primary, heavy = (
        cities[n].transpose(*by_day).values
        for n in ("aqi_low", "aqi_high", "level", "primary", "heavy_probability")
    )
    median = cities["aqi"].sel(quantile=0.5, method="nearest").transpose(*by_day).values
    standards = [standard_for(as_date(day)) for day in cities["valid_day"].values]
    ends = [np.stack([level(x[:, k], s) for x in (low, high)]) for k, s in enumerate(standards)]
    lowest, highest = np.stack(ends, axis=-1)
    names = [["", *(lv.zh for lv in s.levels)] for s in standards]
    names_en = [["", *(lv.en for lv in s.levels)] for s in standards]
    spelled = {m: " ".join(LABELS[p] for p in primary_names(int(m))) for m in np.unique(primary)}
    count, leads = number.shape
    own = {n: cities[n].values.astype(str).repeat(leads) for n in ("place", "name", "province")}
    table = pd.DataFrame(
        {
            "issue": f"{pd.Timestamp(issued['issue'].values):%Y-%m-%d}",
            "valid_day": np.tile(cities["valid_day"].dt.strftime("%Y-%m-%d").values, count),
            "lead": np.tile(cities["lead"].values, count),
            "city": own["place"],
            "name": own["name"],
            "province": own["province"],
            "aqi_low": low.ravel(),
            "aqi_high": high.ravel(),
            "aqi_median": median.ravel(),
            "level": number.ravel().astype(int),
            "level_zh": [names[k][n] for row in number for k, n in enumerate(row)],
            "level_en": [names_en[k][n] for row in number for k, n in enumerate(row)],
            "level_low": lowest.ravel().astype(int),
            "level_high": highest.ravel().astype(int),
            "primary": [spelled[m] for m in primary.ravel()],
            "heavy_probability": heavy.ravel(),
        }
    )[list(COLUMNS)]
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
