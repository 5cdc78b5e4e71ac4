"""The writer of CNEMC files: read back, its fifteen types, its text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.observations.cnemc import Cnemc
from forecast.pollutants import POLLUTANTS
from forecast.simulate.cnemc_files import TYPES, write_cnemc


@pytest.fixture
def observed() -> xr.Dataset:
    """Two stations, 50 hours from label 0 of 2015-01-01, hour-ending at UTC+8."""
    rng = np.random.default_rng(1)
    values = {p: rng.integers(1, 200, (2, 50)).astype(np.float32) for p in POLLUTANTS}
    values["co"] = (values["co"] / np.float32(10)).astype(np.float32)
    values["pm25"][1, 3] = np.nan
    time = pd.date_range("2014-12-31 15:00", periods=50, freq="h")
    fields = {p: (("station", "time"), v) for p, v in values.items()}
    return xr.Dataset(fields, {"station": ["1001A", "1002A"], "time": time})


@pytest.mark.parametrize("label", ["ending", "beginning"])
def test_read_back(tmp_path, observed, label):
    paths = write_cnemc(observed, tmp_path, hour_label=label)
    days = ["20150101", "20150102", "20150103"]
    if label == "beginning":  # 15:00 UTC is 23:00 of the day before
        days = ["20141231", *days]
    assert [p.name for p in paths] == [f"china_sites_{d}.csv" for d in days]
    reading = Cnemc(files="*", hour_label=label).read_many(paths, 8)
    assert not reading.rejected
    xr.testing.assert_allclose(reading.hourly, observed, rtol=1e-6)


def test_layout_and_running_types(tmp_path, observed):
    observed["o3"][0] = np.arange(50) * 2
    paths = write_cnemc(observed, tmp_path, stations=["7001A", "7002A"])
    text = paths[1].read_bytes().decode("utf-8")
    assert text.startswith("date,hour,type,7001A,7002A\n20150102,0,AQI,") and "\r" not in text
    assert len(text.splitlines()) == 1 + 24 * 15
    table = pd.read_csv(paths[1]).set_index(["hour", "type"])["7001A"]
    assert tuple(table.loc[5].index) == TYPES
    # label 5 of the second day is hour 29: O3 58; 8 h mean (44 + … + 58) / 8; highest 58
    assert table[5, "O3"] == 58 and table[5, "O3_8h"] == (44 + 58) / 2 == 51
    assert table[5, "O3_24h"] == 58 and table[5, "O3_8h_24h"] == 51
    mean = observed["so2"].values[0, 6:30].mean()
    assert abs(table[5, "SO2_24h"] - mean) <= 0.5
    # with pm25 150 and all else low the index of the hour is 200
    for p in POLLUTANTS:
        observed[p][:] = 150 if p == "pm25" else 0.1
    table = pd.read_csv(write_cnemc(observed, tmp_path)[0])
    assert set(table.loc[table["type"] == "AQI", "1001A"]) == {200}


def test_missing_cells_are_empty(tmp_path, observed):
    lines = write_cnemc(observed, tmp_path)[0].read_text(encoding="utf-8").splitlines()
    row = next(line for line in lines if line.startswith("20150101,3,PM2.5,"))
    assert row == f"20150101,3,PM2.5,{observed['pm25'].values[0, 3]:.0f},"
    # no day-old mean in the first hours
    assert "20150101,3,PM10_24h,," in lines


def test_the_simulated_world_reads_back(tmp_path, small_world):
    observed = small_world.world.observed.isel(time=slice(0, 48))
    reading = Cnemc(files="*").read_many(write_cnemc(observed, tmp_path), 8)
    for name in POLLUTANTS:
        # the files hold whole numbers, CO tenths
        step = 0.05 if name == "co" else 0.5
        found, truth = reading.hourly[name].values, observed[name].values
        assert np.array_equal(np.isnan(found), np.isnan(truth))
        assert np.nanmax(np.abs(found - truth)) <= step + 1e-4
