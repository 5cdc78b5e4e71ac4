"""The simulated air: episodes, ozone, dust, emissions, transport, predictability."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecast.simulate import simulate
from forecast.simulate.chemistry import simulate_air, upwind_weights
from forecast.simulate.emissions import RATES, emissions, holiday_factors
from forecast.simulate.weather import CityWeather

HEAVY = 150.0


def city_days(world) -> pd.DataFrame:
    """Daily city means of PM2.5 by local day, columns cities."""
    return _hours(world, "pm25").resample("D").mean()


def mda8(world) -> pd.DataFrame:
    """Maximum of the 8 h means that lie inside the local day."""
    running = _hours(world, "o3").rolling(8).mean()
    return running[running.index.hour >= 7].resample("D").max()


def _hours(world, name) -> pd.DataFrame:
    hours = world.truth[name].groupby("city").mean().transpose("time", "city").to_pandas()
    hours.index = hours.index + pd.Timedelta(hours=8)
    return hours


def run_lengths(heavy: pd.Series) -> list[int]:
    lengths = heavy.groupby((~heavy).cumsum()).sum()
    return [int(length) for length in lengths[lengths > 0]]


@pytest.fixture(scope="module")
def years():
    """Three seeds, 16 months each from November, six cities."""
    return [
        simulate(seed=seed, stations_per_city=1, start="2013-11-01", days=480, members=1, leads=1)
        for seed in (1, 5, 8)
    ]


def test_winters_hold_heavy_episodes_of_several_days(years):
    for world in years:
        winter = city_days(world)["2013-11":"2014-03"]
        runs = [run_lengths(winter[city] > HEAVY) for city in winter]
        longer = [sum(length >= 2 for length in run) for run in runs]
        assert min(longer) >= 2
        assert 3 <= max(max(run) for run in runs) <= 14
        # A process is regional: on a heavy day of one city, neighbours are heavy too.
        heavy = (winter > HEAVY).sum(axis=1)
        assert (heavy[heavy > 0] >= 3).mean() > 0.3


def test_episodes_end_with_stronger_wind_and_northerlies(years):
    for world in years:
        city = world.cities.iloc[0]
        here = world.analysis.sel(latitude=city["lat"], longitude=city["lon"], method="nearest")
        wind = pd.DataFrame(
            {"speed": np.hypot(here["u10"], here["v10"]), "v": here["v10"]},
            index=here["time"].values,
        )["2013-11":"2014-03"]
        heavy = (city_days(world)[city["city"]] > HEAVY)["2013-11":"2014-03"]
        first_clean = ~heavy & heavy.shift(1, fill_value=False)
        assert wind["speed"][first_clean].mean() > 1.3 * wind["speed"][heavy].mean()
        assert wind["v"][first_clean].mean() < wind["v"][heavy].mean() - 1


def test_magnitudes_are_those_of_northern_china(years):
    hours = [world.truth for world in years]
    mean = {name: np.mean([float(h[name].mean()) for h in hours]) for name in hours[0]}
    assert 65 < mean["pm25"] < 115 and 95 < mean["pm10"] < 170
    assert 40 < mean["no2"] < 70 and 10 < mean["so2"] < 30
    assert 1.0 < mean["co"] < 2.0 and 45 < mean["o3"] < 85
    units = {name: hours[0][name].attrs["units"] for name in hours[0]}
    assert units.pop("co") == "mg m-3" and set(units.values()) == {"ug m-3"}
    month = pd.concat([city_days(world).mean(axis=1) for world in years])
    winter, summer = (month[month.index.month.isin(m)] for m in ([12, 1, 2], [6, 7, 8]))
    assert winter.mean() > 1.15 * summer.mean()


def test_summer_has_ozone_days_and_winter_none(years):
    for world in years:
        days = mda8(world)
        assert (days["2014-06":"2014-08"] > 160).sum().min() >= 15
        assert (days["2013-12":"2014-02"] > 160).sum().max() == 0


def test_spring_has_dust(years):
    dusty = 0
    for world in years:
        pm25, pm10 = (_hours(world, name)["2014-03":"2014-05"] for name in ("pm25", "pm10"))
        dusty += int(((pm10 > 2.5 * pm25) & (pm10 > 300)).to_numpy().sum())
    assert dusty > 50


def still_weather(days: int, speed: float = 2.0, towards: float = 0.0) -> CityWeather:
    """The same hour over two cities again and again; `towards` is degrees from east."""
    shape = (24 * days, 2)
    full = {name: np.zeros(shape, np.float32) for name in ("rain", "warm", "moist", "sun")}
    return CityWeather(
        u=np.full(shape, speed * np.cos(np.deg2rad(towards)), np.float32),
        v=np.full(shape, speed * np.sin(np.deg2rad(towards)), np.float32),
        temperature=np.full(shape, 10, np.float32),
        humidity=np.full(shape, 50, np.float32),
        pressure=np.full(shape, 1010, np.float32),
        local_hour=np.arange(24 * days, dtype=np.float32) % 24,
        doy=np.full(24 * days, 100.0),
        **full,
    )


def test_transport_follows_the_wind():
    latitude, longitude = np.array([36.0, 36.0]), np.array([113.0, 114.2])
    weights = upwind_weights(latitude, longitude)
    days = np.arange("2014-10-13", "2014-10-23", dtype="M8[D]")
    for towards, gains in ((0.0, True), (180.0, False)):
        weather = still_weather(days.size, 3.0, towards)
        base = emissions(days, np.zeros_like(weather.u))
        more = {name: rate * np.array([2.0, 1.0], np.float32) for name, rate in base.items()}
        before, after = (
            simulate_air(np.random.default_rng(0), weather, emitted, weights).pm[48:].mean(0)
            for emitted in (base, more)
        )
        assert after[0] > 1.2 * before[0]
        # East city: downwind under a westerly, out of reach under an easterly.
        assert (after[1] > 1.05 * before[1]) == gains
        assert after[1] >= 0.999 * before[1]


def test_emission_factors_change_only_their_consequences():
    options = {"seed": 4, "cities": 3, "stations_per_city": 1, "days": 40, "members": 1, "leads": 1}
    base = simulate(**options)
    city = base.cities["city"][0]
    cut = simulate(**options, emission_factors={city: 0.5})
    assert base.analysis.identical(cut.analysis)
    ratio = (cut.truth["pm25"].mean("time") / base.truth["pm25"].mean("time")).values
    assert ratio[0] < 0.85
    assert (ratio[1:] < 1).all() and (ratio[1:] > ratio[0]).all()
    with pytest.raises(ValueError, match="emission_factors: city 'Atlantis' found"):
        simulate(**options, emission_factors={"Atlantis": 2.0})


def test_weekly_and_holiday_cycles_show_in_steady_weather():
    days = np.arange("2014-01-06", "2014-03-10", dtype="M8[D]")
    weather = still_weather(days.size, 5.0)
    emitted = emissions(days, np.zeros_like(weather.u))
    weights = upwind_weights(np.array([36.0, 30.0]), np.array([113.0, 120.0]))
    quiet = np.random.default_rng(0)
    paths = [simulate_air(quiet, weather, emitted, weights).no2[:, 0] for _ in range(20)]
    no2 = pd.Series(np.mean(paths, axis=0).reshape(-1, 24).mean(1), index=days)
    plain = no2["2014-02-10":]
    assert (
        plain[plain.index.day_of_week == 6].mean()
        < 0.97 * plain[plain.index.day_of_week < 5].mean()
    )
    # Spring Festival 2014: 31 January.
    assert no2["2014-01-31":"2014-02-05"].mean() < 0.85 * plain.mean()


def test_holidays_by_hand():
    days = np.array(["2014-01-28", "2014-01-29", "2014-01-31", "2014-02-06", "2014-02-07"], "M8[D]")
    traffic, industry, festival = holiday_factors(days)
    assert traffic.tolist() == [1.0, 0.55, 0.55, 0.55, 1.0]
    assert industry.tolist() == [1.0, 0.60, 0.60, 0.60, 1.0]
    assert festival.tolist() == [False, False, True, False, False]
    assert holiday_factors(np.array(["2014-10-01"], "M8[D]"))[0].tolist() == [0.85]


def test_fireworks_on_the_eve_of_the_festival():
    days = np.array(["2014-01-30", "2014-01-31", "2014-02-01"], "M8[D]")
    pm = emissions(days, np.zeros((72, 1)))["pm"][:, 0]
    # 19:00 on the eve to 04:00, nine hours of 3.5 mean rates on top.
    assert pm[19] - pm[18] == pytest.approx(3.5 * RATES["pm"], rel=0.1)
    assert (pm[19:28] > 3 * pm[28:37]).all()


def test_weather_forecast_helps_beyond_persistence_and_climatology():
    # A plain regression on the ensemble mean, trained on the first two thirds of the days.
    world = simulate(seed=2, cities=4, stations_per_city=1, days=700, members=5, leads=10)
    target, errors = np.log(city_days(world)), {}
    for lead in (1, 3, 10):
        fitted, scored = [], []
        for _, city in world.cities.iterrows():
            here = world.forecasts.isel(step=lead - 1).mean("number")
            here = here.sel(latitude=city["lat"], longitude=city["lon"], method="nearest")
            x = here.to_dataframe()[["u10", "v10", "t2m", "r2", "sp"]].iloc[:-lead]
            y = target[city["city"]]
            angle = 2 * np.pi * x.index.day_of_year / 365.25
            x = np.column_stack(
                [x, np.log(np.hypot(x["u10"], x["v10"]) + 1), np.cos(angle), np.sin(angle)]
            )
            x = np.column_stack([x, y.to_numpy()[:-lead], np.ones(len(x))])
            valid, train = y.to_numpy()[lead:], slice(0, 460)
            weight = np.linalg.lstsq(x[train], valid[train], rcond=None)[0]
            climate = np.linalg.lstsq(x[train][:, -4:][:, [0, 1, 3]], valid[train], rcond=None)[0]
            test = slice(470, None)
            fitted.append(valid[test] - x[test] @ weight)
            scored.append(
                [
                    valid[test] - x[test][:, -2],
                    valid[test] - x[test][:, -4:][:, [0, 1, 3]] @ climate,
                ]
            )
        rmse = np.sqrt(np.mean(np.square(fitted)))
        persistence, climatology = np.sqrt(np.mean(np.square(scored), axis=(0, 2)))
        errors[lead] = rmse, persistence, climatology
    assert errors[1][0] < 0.75 * errors[1][1] and errors[1][0] < 0.75 * errors[1][2]
    assert errors[3][0] < 0.85 * min(errors[3][1:])
    assert errors[10][0] < errors[10][1] and errors[10][0] < 1.03 * errors[10][2]
    assert errors[1][0] < errors[3][0] < errors[10][0]
