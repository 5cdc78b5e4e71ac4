"""An issued forecast of invented numbers, for the tests of the consultation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from forecast.pollutants import POLLUTANTS


def forecast_of(cities, leads=10, seed=1):
    """An issued forecast of these cities, with two members."""
    rng = np.random.default_rng(seed)
    n, issue = len(cities), pd.Timestamp("2015-12-18")
    aqi = rng.gamma(4, 30, (50, leads, n)).clip(5, 500).round().astype(np.float32)
    centre = np.floor(np.median(aqi, axis=0))
    level = 1 + np.searchsorted([50, 100, 150, 200, 300], centre)
    quantile = np.arange(1, 20) / 20
    fan = np.moveaxis(np.quantile(aqi, quantile, axis=0), 0, -1)
    share = np.stack([(1 + np.searchsorted([50, 100, 150, 200, 300], aqi) == k).mean(axis=0)
                      for k in range(1, 7)], axis=-1)  # fmt: skip
    place, by_place = ("lead", "place"), ("lead", "place")
    primary = np.zeros((leads, n, 6))
    primary[..., 0] = 1
    return xr.Dataset(
        {
            "scenario_aqi": (("scenario", *place), aqi),
            "aqi": ((*by_place, "quantile"), fan),
            "aqi_low": (by_place, np.maximum(centre - 15, 0)),
            "aqi_high": (by_place, centre + 15),
            "level": (by_place, level.astype(np.int8)),
            "primary": (by_place, np.where(centre > 35, 1, 0).astype(np.int16)),
            "level_probability": ((*by_place, "level_number"), share),
            "heavy_probability": (by_place, (aqi > 200).mean(axis=0)),
            "primary_probability": ((*by_place, "pollutant"), primary),
            "member_aqi": (("member", *by_place, "quantile"), np.stack([fan, fan * 0.9])),
            "member_weight": (("pollutant", "lead", "member"), np.full((6, leads, 2), 0.5)),
        },
        {
            "lead": np.arange(1, leads + 1),
            "place": cities,
            "quantile": quantile,
            "member": ["emos", "boosting"],
            "pollutant": list(POLLUTANTS),
            "issue": issue,
            "valid_day": ("lead", pd.date_range(issue + pd.Timedelta(days=1), periods=leads)),
            "kind": ("place", ["city"] * n),
            "name": ("place", [f"城{k}" for k in range(n)]),
            "city": ("place", cities),
            "province": ("place", ["P"] * n),
            "province_zh": ("place", ["省"] * n),
            "region": ("place", [""] * n),
            "lat": ("place", rng.uniform(30, 42, n)),
            "lon": ("place", rng.uniform(105, 120, n)),
        },
        attrs={
            "title": "t", "title_zh": "试验", "title_en": "Trial", "simulated": "data",
            "revision": 1, "standard": "HJ 633-2012", "utc_offset": 8.0,
            "data_cut_off": "2015-12-18T16:00Z", "latest_observation": "2015-12-18 24:00",
            "trained_until": "2015-12-17", "weather": "[]",
        },
    )  # fmt: skip


def observed_of(cities, aqi, last="2015-12-18"):
    """Observed days up to `last` with one AQI each, (day, city), as counted by HJ 633-2012."""
    aqi = np.asarray(aqi, float)
    level = 1 + np.searchsorted([50, 100, 150, 200, 300], aqi)
    data = {"aqi": aqi, "pm25": aqi / 2, "level": level, "primary": np.ones(aqi.shape)}
    return xr.Dataset(
        {name: (("day", "place"), values) for name, values in data.items()},
        {"day": pd.date_range(end=last, periods=len(aqi)), "place": list(cities)},
    )


def weather_of(cities, leads=10):
    """Weather of 5 °C and 1013 hPa; the wind rises, and with it the class of dispersion."""
    rank = np.linspace(0.1, 0.9, leads)
    fields = {
        "ws": 1 + 3 * rank,
        "r2": np.full(leads, 62.0),
        "t2m": np.full(leads, 278.15),
        "sp": np.full(leads, 101300.0),
        "rank": rank,
        "dispersion": np.floor(rank * 3),
    }
    return xr.Dataset(
        {n: (("lead", "place"), np.repeat(v[:, None], len(cities), 1)) for n, v in fields.items()},
        {"lead": np.arange(1, leads + 1), "place": list(cities)},
    )
