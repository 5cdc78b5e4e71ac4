"""Running means against pandas and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.errors import InputError
from forecast.running import running_mean, with_averages


def series(seed: int, count: int = 400) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 300, (5, count)).astype(np.float32)
    values[rng.random((5, count)) < 0.2] = np.nan
    values[2, 100:150] = np.nan
    return values


@pytest.mark.parametrize(("window", "least"), [(8, 6), (24, 20), (24, 16), (3, 1)])
def test_against_pandas(window, least):
    values = series(window)
    expected = pd.DataFrame(values.T.astype(float)).rolling(window, min_periods=least).mean()
    found = running_mean(values, window, least)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected.to_numpy().T, rtol=1e-6)


def test_by_hand():
    values = np.array([8.0, np.nan, 4.0, 3.0, np.inf])
    assert running_mean(values, 3, 2)[2:].tolist() == [6.0, 3.5, 3.5]
    assert np.isnan(running_mean(values, 3, 2)[:2]).all()
    assert np.isnan(running_mean(np.full(9, np.nan), 3, 0)).all()
    assert running_mean(np.array([5.0, 6.0]), 8, 1).tolist() == [5.0, 5.5]


def test_containers_and_dask():
    values = series(1)
    time = pd.date_range("2020-01-01", periods=values.shape[1], freq="h")
    expected = running_mean(values, 8, 6)
    frame = pd.DataFrame(values.T, index=time)
    np.testing.assert_array_equal(running_mean(frame, 8, 6).to_numpy().T, expected)
    one = running_mean(frame[3].rename("x"), 8, 6)
    assert one.name == "x" and one.index.equals(time)
    np.testing.assert_array_equal(one.to_numpy(), expected[3])
    for dims, array in ((("station", "time"), values), (("time", "station"), values.T)):
        data = xr.DataArray(array, dims=dims, coords={"time": time})
        found = running_mean(data, 8, 6)
        assert found.dims == dims
        np.testing.assert_array_equal(found.transpose("station", "time").values, expected)
        lazy = running_mean(data.chunk(station=2, time=100), 8, 6)
        assert lazy.chunks is not None
        xr.testing.assert_equal(lazy.compute(), found)


def test_hours_must_follow_each_other():
    time = pd.to_datetime(["2020-01-01 00:00", "2020-01-01 01:00", "2020-01-01 03:00"])
    with pytest.raises(InputError, match="after 2020-01-01 01:00:00 found 2020-01-01 03:00:00"):
        running_mean(pd.Series([1.0, 2, 3], index=time), 8, 6)
    with pytest.raises(InputError, match="time index; found RangeIndex"):
        running_mean(pd.Series([1.0, 2, 3]), 8, 6)


def test_averages_of_a_report():
    time = pd.date_range("2020-01-01", periods=24, freq="h")
    data = xr.Dataset(
        {"o3": ("time", np.arange(24.0)), "so2_24h": ("time", np.full(24, 7.0))},
        coords={"time": time},
    )
    wanted = ["o3", "o3_8h", "o3_24h", "so2_24h", "pm25_24h"]
    found = with_averages(data, wanted, {8: 6, 24: 20})
    assert set(found) == {"o3", "o3_8h", "o3_24h", "so2_24h"}
    assert found["o3_8h"].values[[5, 7, 23]].tolist() == [2.5, 3.5, 19.5]
    assert found["o3_24h"].values[[19, 23]].tolist() == [9.5, 11.5]
    assert found["so2_24h"].values[0] == 7
    assert found["o3_8h"].attrs["units"] == "ug m-3"
    assert found["o3_8h"].attrs["long_name"].endswith("running 8 h mean")
    with pytest.raises(InputError, match="o3_3h is not in the data"):
        with_averages(data, ["o3_3h"], {8: 6})
