"""The index of the mean, by hand."""

from datetime import date

import numpy as np
import pytest
import xarray as xr

from forecast.evaluation.mean_index import index_of_the_mean
from forecast.pollutants import MASK_BITS, POLLUTANTS
from forecast.standard import standard_for

HALF_WIDTH = {200: 15, 300: 25, 500: 50}
STANDARD = standard_for(date(2015, 12, 1))


def forecast_of(pm25):
    """Means of one issue and lead at several places: PM2.5 as given, of the others 1."""
    mean = np.ones((1, 1, len(pm25), len(POLLUTANTS)), np.float32)
    mean[..., POLLUTANTS.index("pm25")] = pm25
    dims = ("issue", "lead", "place", "pollutant")
    coords = {"lead": [1], "place": np.arange(len(pm25)), "pollutant": list(POLLUTANTS)}
    return xr.Dataset({"concentration_mean": (dims, mean)}, coords)


@pytest.mark.parametrize(
    ("pm25", "low", "high", "level"),
    [
        (75, 85, 115, 2),  # AQI 100
        (150, 185, 215, 4),  # AQI 200
        (200, 225, 275, 5),  # AQI 250, half-width 25
        (480, 437, 500, 6),  # AQI 400 + 100 · 130/150 = 487: 437 … 537, cut at 500
        (7, 10, 40, 1),  # AQI 25, of CO 1 mg/m³
    ],
)
def test_range_and_level_by_hand(pm25, low, high, level):
    found = index_of_the_mean(forecast_of([pm25]), STANDARD, HALF_WIDTH)
    values = [found[name].item() for name in ("aqi_low", "aqi_high", "level")]
    assert values == [low, high, level]


def test_primary_and_missing():
    found = index_of_the_mean(forecast_of([75, np.nan]), STANDARD, HALF_WIDTH)
    assert found["primary"].values.ravel().tolist()[0] == MASK_BITS["pm25"]
    lost = index_of_the_mean(forecast_of([75]) * np.nan, STANDARD, HALF_WIDTH)
    assert np.isnan(lost["aqi_low"].item()) and lost["level"].item() == 0
    assert lost["primary"].item() == -1
