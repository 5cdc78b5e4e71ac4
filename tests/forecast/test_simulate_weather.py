"""The simulated weather and its ensemble: growth of error, calibration, coherence."""

from __future__ import annotations

import numpy as np
import pytest

from forecast.simulate import simulate
from forecast.simulate.climate import VARIABLES, altitude, day_of_year, weather
from forecast.simulate.waves import CORRELATION

MEMBERS, LEADS = 5, 10


@pytest.fixture(scope="module")
def world():
    return simulate(seed=3, cities=2, stations_per_city=1, days=500, members=MEMBERS, leads=LEADS)


@pytest.fixture(scope="module")
def anomalies(world):
    """Per variable: forecast (time, step, number, y, x) and analysis (time, step, 1, y, x)."""
    grid, result = world.ensemble.grid, {}
    latitude, longitude = grid.points()
    days = world.analysis["time"].values
    issues = days.size - LEADS
    valid = np.arange(issues)[:, None] + np.arange(1, LEADS + 1)
    doy = day_of_year(days)[:, None]
    for name in VARIABLES:
        normal = weather(
            name, np.zeros(latitude.size), doy, latitude, altitude(latitude, longitude)
        )
        normal = normal.reshape(-1, *grid.shape)
        observed = world.analysis[name].values - normal
        forecast = world.forecasts[name].values[:issues] - normal[valid][:, :, None]
        result[name] = forecast, observed[valid][:, :, None]
    return result


@pytest.mark.parametrize("name", list(VARIABLES))
def test_member_correlation_is_as_stated(anomalies, name):
    forecast, observed = anomalies[name]
    for lead in range(LEADS):
        one = forecast[:, lead, 0] - forecast[:, lead, 0].mean(0)
        other = observed[:, lead, 0] - observed[:, lead, 0].mean(0)
        found = (one * other).mean() / np.sqrt((one**2).mean() * (other**2).mean())
        # Half a thousand days of correlated weather leave some 0.08 of sampling error at r = 0.3.
        assert found == pytest.approx(CORRELATION[name][lead], abs=0.015 + 0.11 * lead / 9)


@pytest.mark.parametrize("name", list(VARIABLES))
def test_error_grows_with_lead_and_spread_matches_it(anomalies, name):
    forecast, observed = anomalies[name]
    error = np.sqrt(((forecast.mean(2) - observed[:, :, 0]) ** 2).mean((0, 2, 3)))
    spread = np.sqrt(forecast.var(2, ddof=1).mean((0, 2, 3)))
    smooth = np.convolve(error, np.ones(3) / 3, "valid")
    assert (np.diff(smooth) > 0).all()
    assert error[-1] > 2.5 * error[0]
    # Of exchangeable members: error variance = spread variance * (1 + 1/5).
    ratio = spread * np.sqrt(1 + 1 / MEMBERS) / error
    assert ratio == pytest.approx(1, abs=0.12)


def test_error_is_coherent_in_space_time_and_between_cycles(anomalies):
    forecast, observed = anomalies["t2m"]
    error = forecast.mean(2) - observed[:, :, 0]

    def correlation(one, other):
        return np.corrcoef(one.ravel(), other.ravel())[0, 1]

    assert correlation(error[:, 4, :, :-1], error[:, 4, :, 1:]) > 0.8
    assert correlation(error[:, 4], error[:, 5]) > 0.3
    # The same valid day in the next cycle.
    assert correlation(error[:-1, 6], error[1:, 5]) > 0.5


def test_members_are_exchangeable_and_differ(anomalies):
    forecast, observed = anomalies["v10"]
    rank = (forecast < observed).sum(2)
    share = np.bincount(rank.ravel(), minlength=MEMBERS + 1) / rank.size
    assert share == pytest.approx(np.full(6, 1 / 6), abs=0.03)


def test_fronts_travel_eastward(world):
    # A station 4 degrees downstream sees the pressure of today tomorrow, not the other way round.
    pressure = world.analysis["sp"].values
    anomaly = pressure - pressure.mean(0)
    west, east = anomaly[:, 4, 2], anomaly[:, 4, 7]
    downstream = np.corrcoef(west[:-1], east[1:])[0, 1]
    upstream = np.corrcoef(east[:-1], west[1:])[0, 1]
    assert downstream > upstream


def test_weather_is_plausible_and_in_si_units(world):
    analysis = world.analysis
    winter = analysis.sel(time=analysis["time"].dt.month.isin([12, 1, 2])).mean()
    summer = analysis.sel(time=analysis["time"].dt.month.isin([6, 7, 8])).mean()
    assert 262 < float(winter["t2m"]) < 276 and 293 < float(summer["t2m"]) < 303
    assert float(winter["v10"]) < -1.5 < float(summer["v10"])
    assert float(winter["r2"]) + 5 < float(summer["r2"])
    assert float(analysis["r2"].min()) >= 0 and float(analysis["r2"].max()) <= 100
    assert float(analysis["sp"].min()) > 85000 and float(analysis["sp"].max()) < 105000
    units = {name: analysis[name].attrs["units"] for name in analysis}
    assert units == {"u10": "m s-1", "v10": "m s-1", "t2m": "K", "r2": "%", "sp": "Pa"}


def test_grid_leaves_400_km_around_every_city(world):
    grid, cities = world.ensemble.grid, world.cities
    assert grid.latitude.min() <= cities["lat"].min() - 4
    assert grid.latitude.max() >= cities["lat"].max() + 4
    assert grid.longitude.min() <= cities["lon"].min() - 4
    assert grid.longitude.max() >= cities["lon"].max() + 4
    assert (np.diff(grid.latitude) == 1).all() and (np.diff(grid.longitude) == 1).all()


def test_forecasts_of_the_last_issue_day_exist(world):
    assert world.forecasts.sizes["time"] == world.analysis.sizes["time"] == 500
    assert np.isfinite(world.forecasts.isel(time=-1).to_array().values).all()
    assert world.forecasts["step"].values[-1] == np.timedelta64(10, "D")
