"""Six pairs of two cities with known scores, for the tests of the performance reports."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from forecast.aqi import level
from forecast.consultation.areas import Area
from forecast.pollutants import MASK_BITS, POLLUTANTS
from forecast.standard import standard_named

AREAS = [
    Area("nation", "nation", "全国", "Land", ("A", "B")),
    Area("region", "north", "北方", "north", ("A", "B")),
    Area("province", "P", "平省", "P", ("A",)),
    Area("province", "Q", "清省", "Q", ("B",)),
    Area("city", "A", "甲", "A", ("A",)),
    Area("city", "B", "乙", "B", ("B",)),
]
NATION = AREAS[0]
PM25, PM10 = MASK_BITS["pm25"], MASK_BITS["pm10"]
ISSUED = {  # issue, lead: low, high, level, primary; the observed AQI stands behind
    ("A", 0, 0): (45, 75, 2, PM25),  # 60: all right
    ("A", 0, 1): (180, 210, 4, PM10),  # 210: range and cross-level right, heavy missed
    ("A", 1, 0): (215, 265, 5, PM25),  # 210: level right, range above
    ("A", 1, 1): (60, 90, 2, PM25),  # 40: one level above
    ("B", 0, 0): (205, 255, 5, PM25),  # 120: false alarm
    ("B", 0, 1): (60, 90, 2, PM25),  # not observed
    ("B", 1, 0): (60, 90, 2, PM25),  # not observed
    ("B", 1, 1): (110, 150, 3, PM25),  # 160: one level below
}
OBSERVED = [[60, 210, 40], [120, np.nan, 160]]


def decided(places=("A", "B"), *, adjusted=True):
    """Decisions of issues of 30 November and 1 December at leads 1 and 2."""
    names = ("aqi_low", "aqi_high", "level", "primary")
    models = ("issued", "guidance", "persistence", "climatology")
    values = np.full((4, len(models), 2, 2, 2), np.nan)
    for (city, issue, lead), decision in ISSUED.items():
        j = "AB".index(city)
        values[:, :2, issue, lead, j] = np.array(decision, float)[:, None]
    if adjusted:
        values[:, 1, 0, 0, 0] = (85, 115, 3, PM25)
    values[:, 2, 0, 0, 1] = (105, 135, 3, PM25)
    roles = np.zeros((2, 2, 2), np.int8)
    roles[0, 0, 0] = 3 if adjusted else 0  # the province of A adjusted
    return xr.Dataset(
        {n: (("model", "issue", "lead", "place"), values[k]) for k, n in enumerate(names)}
        | {"adjusted_by": (("issue", "lead", "place"), roles)},
        {
            "model": list(models),
            "issue": pd.DatetimeIndex(["2015-11-30", "2015-12-01"]),
            "lead": [1, 2],
            "place": list(places),
        },
        {"simulated": "data", "title": "t", "title_zh": "试验", "title_en": "Trial"},
    )


def observed_of(days=None, places=("A", "B"), aqi=OBSERVED):
    """Observed daily values with this AQI, (place, day), of PM2.5."""
    days = pd.date_range("2015-12-01", "2015-12-03") if days is None else days
    aqi = np.array(aqi, float)
    numbers = level(aqi, standard_named("HJ 633-2012"))
    primary = np.where(np.isfinite(aqi), np.where(aqi > 50, PM25, 0), -1)
    dims = ("place", "day")
    return xr.Dataset(
        {
            "aqi": (dims, aqi),
            "level": (dims, numbers.astype(np.int8)),
            "primary": (dims, primary.astype(np.int16)),
            **dict.fromkeys(POLLUTANTS, (dims, aqi)),
        },
        {"place": list(places), "day": days},
    )
