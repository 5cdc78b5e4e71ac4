"""Scenarios: city means, index by date, past ranks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.pollutants import POLLUTANTS
from forecast.scenarios import make_scenarios, membership_of, past_ranks

GRID = 99


def flat_quantiles(values):
    """Distributions without spread: (lead, station, pollutant) to (…, quantile)."""
    return np.repeat(np.asarray(values, np.float32)[..., None], GRID, axis=-1)


def ranks(scenarios, leads, stations):
    order = np.arange(scenarios)[:, None, None, None]
    return np.broadcast_to(order, (scenarios, leads, stations, 6)).astype(np.int16)


def test_city_value_is_the_index_of_the_mean_concentration():
    # PM2.5 20 and 130: mean 75 → AQI 100 (2012); the mean of the indices would be (29 + 172)/2
    station = np.full((1, 2, 6), 1.0)
    station[0, :, 0] = [20, 130]
    found = make_scenarios(
        flat_quantiles(station),
        ranks(4, 1, 2),
        np.ones((1, 2), np.float32),
        pd.DatetimeIndex(["2015-12-01"]),
    )
    np.testing.assert_array_equal(found.aqi[:, 0], [[29, 172, 100]] * 4)
    np.testing.assert_array_equal(found.level[:, 0], [[1, 4, 2]] * 4)
    np.testing.assert_array_equal(found.primary[:, 0], [[0, 1, 1]] * 4)


def test_each_lead_takes_the_standard_in_force():
    station = np.full((2, 1, 6), 1.0)
    station[:, :, 0] = 75
    found = make_scenarios(
        flat_quantiles(station),
        ranks(2, 2, 1),
        np.ones((1, 1), np.float32),
        pd.DatetimeIndex(["2026-02-28", "2026-03-01"]),
    )
    np.testing.assert_array_equal(found.aqi[0, :, 0], [100, 114])


def test_city_scenarios_average_what_happens_together():
    # two stations, spread 0…98: ordered alike the city keeps the spread, else it has none
    quantiles = np.broadcast_to(np.arange(GRID, dtype=np.float32), (1, 2, 6, GRID)).copy()
    alike = ranks(50, 1, 2)
    against = alike.copy()
    against[:, :, 1] = 49 - alike[:, :, 1]
    day = pd.DatetimeIndex(["2015-01-01"])
    members = np.ones((1, 2), np.float32)
    together = make_scenarios(quantiles, alike, members, day).concentration[:, 0, 2, 0]
    apart = make_scenarios(quantiles, against, members, day).concentration[:, 0, 2, 0]
    np.testing.assert_allclose(together, np.arange(50) * 2.0, atol=1e-4)
    np.testing.assert_allclose(apart, 49.0, atol=1e-4)


def test_a_station_without_forecast_leaves_its_city_to_the_others():
    station = np.full((1, 2, 6), 40.0)
    station[0, 1] = np.nan
    found = make_scenarios(
        flat_quantiles(station),
        ranks(2, 1, 2),
        np.ones((1, 2), np.float32),
        pd.DatetimeIndex(["2015-01-01"]),
    )
    assert np.isnan(found.aqi[:, 0, 1]).all()
    np.testing.assert_allclose(found.concentration[:, 0, 2], 40.0)


def test_membership_keeps_the_order_of_appearance():
    names, matrix = membership_of(np.array(["b", "a", "b"]))
    assert names.tolist() == ["b", "a"]
    np.testing.assert_array_equal(matrix, [[1, 0, 1], [0, 1, 0]])


@pytest.fixture
def daily():
    days = pd.date_range("2014-01-01", periods=400)
    rng = np.random.default_rng(0)
    base = rng.gamma(2, 30, len(days))
    values = base[None, :] * np.array([1.0, 2.0])[:, None]
    return xr.Dataset(
        {p: (("place", "day"), values.astype("f4")) for p in POLLUTANTS},
        coords={"place": ["s1", "s2"], "day": days},
    )


def test_past_ranks_are_those_of_the_past(daily):
    found = past_ranks(daily, np.array(["s1", "s2"]), pd.Timestamp("2015-02-05"), 3, 50, seed=1)
    assert found.shape == (50, 3, 2, 6)
    for k in range(3):
        assert sorted(found[:, k, 0, 0]) == list(range(50))
    # both stations and all pollutants rose and fell together in the past
    np.testing.assert_array_equal(found[:, :, 0, 0], found[:, :, 1, 5])


def test_gaussian_ranks_keep_the_correlation_of_the_past(daily):
    # the second station falls where the first rises in PM2.5, and rises with it in the others
    daily["pm25"].loc[{"place": "s2"}] *= -1
    stations, issue = np.array(["s1", "s2"]), pd.Timestamp("2015-02-05")
    found = past_ranks(daily, stations, issue, 3, 50, 1, "gaussian")
    assert found.shape == (50, 3, 2, 6)
    for k in range(3):
        assert sorted(found[:, k, 0, 0]) == list(range(50))
        against, along = (np.corrcoef(found[:, k, 0, i], found[:, k, 1, i])[0, 1] for i in (0, 5))
        assert against < -0.85 and along > 0.85
    following = np.corrcoef(found[:, 0, 0, 0], found[:, 1, 0, 0])[0, 1]
    assert abs(following) < 0.4  # days were drawn independently


@pytest.mark.parametrize("dependence", ["schaake", "gaussian"])
def test_past_ranks_depend_on_nothing_after_the_known_days(daily, dependence):
    issue = pd.Timestamp("2014-11-30")
    known = daily.sel(day=slice(None, issue))
    poisoned = daily.copy(deep=True)
    for p in POLLUTANTS:
        poisoned[p].loc[{"day": slice("2014-12-01", None)}] = 1e6
    stations = np.array(["s1", "s2"])
    first = past_ranks(known, stations, issue, 10, 50, 1, dependence)
    again = past_ranks(poisoned.sel(day=slice(None, issue)), stations, issue, 10, 50, 1, dependence)
    np.testing.assert_array_equal(first, again)
