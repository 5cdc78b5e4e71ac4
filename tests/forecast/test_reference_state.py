"""Gases at 273.15 K and 298.15 K."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from forecast.reference_state import GASES, gases_at_298


def test_hours_before_the_change_are_converted():
    time = pd.date_range("2018-08-31T14:00", periods=4, freq="h")  # 22:00 … 01:00 in Beijing
    values = np.array([[100, 100, 100, np.nan]], np.float32)
    data = xr.Dataset(
        {n: (("station", "time"), values, {"units": "u"}) for n in ("o3", "co", "so2_24h", "pm25")},
        coords={"time": time},
    )
    found = gases_at_298(data)
    for name in ("o3", "co", "so2_24h"):
        # 100·273.15/298.15 = 91.615
        np.testing.assert_allclose(found[name][0], [91.615, 91.615, 100, np.nan], atol=1e-3)
        assert found[name].dtype == np.float32 and found[name].attrs == {"units": "u"}
    xr.testing.assert_identical(found["pm25"], data["pm25"])
    whole = gases_at_298(data, since=None)
    np.testing.assert_allclose(whole["o3"][0, :3], 91.615, atol=1e-3)
    lazy = gases_at_298(data.chunk(time=2))
    assert lazy["o3"].chunks is not None
    xr.testing.assert_identical(lazy.compute(), found)
    assert GASES == ("so2", "no2", "o3", "co")
