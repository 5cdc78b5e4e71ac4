"""Columns moved by hours or days, in a simulated world and in real tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.daily import daily_values
from forecast.observations.prsa import read_prsa
from forecast.pollutants import POLLUTANTS
from forecast.quality import check_daily, check_quality
from forecast.quality.panel import panel_of
from forecast.quality.settings import ShiftSettings
from forecast.quality.shift import find_shifts
from forecast.simulate import simulate
from forecast.stations import read_stations


@pytest.fixture(scope="module")
def world():
    made = simulate(seed=7, cities=3, stations_per_city=3, days=124, members=1, leads=1)
    return made.observed, made.stations.set_index("station")


def shifts(data: xr.Dataset, table: pd.DataFrame) -> pd.DataFrame:
    return find_shifts(panel_of(data, table, "station", "time"), ShiftSettings(), daily=False)


def rolled(data: xr.Dataset, station: int, pollutants: tuple[str, ...], by: int) -> xr.Dataset:
    out = data.copy(deep=True)
    for p in pollutants:
        out[p].values[station] = np.roll(out[p].values[station], by)
    return out


def test_a_sound_world_has_no_shift(world):
    assert shifts(*world).empty


@pytest.mark.parametrize("by", [-24, -8, 8, 24])
@pytest.mark.parametrize("pollutant", ["pm25", "no2", "co"])
def test_a_moved_column_is_found_with_its_lag(world, pollutant, by):
    """The simulated hours share little but their slow course; small lags need the real ones."""
    data, table = world
    found = shifts(rolled(data, 4, (pollutant,), by), table)
    assert set(found["station"]) == {data["station"].values[4]}
    assert set(found["pollutant"]) == {pollutant}
    assert (found["lag"] - by).abs().max() <= 2


def test_a_moved_station_is_found_by_its_neighbours(world):
    data, table = world
    found = shifts(rolled(data, 4, POLLUTANTS, 24), table)
    assert set(found["station"]) == {data["station"].values[4]}
    assert set(found["against"]) == {"neighbours"}
    assert set(found["pollutant"]) >= {"pm25", "no2", "co"}
    assert (found["lag"] - 24).abs().max() <= 3


def test_only_the_moved_months_are_flagged(world):
    data, table = world
    hours = slice(744, 2 * 744)
    moved = data.copy(deep=True)
    moved["co"].values[2, hours] = np.roll(moved["co"].values[2, hours], -9)
    report = check_quality(moved, table)
    row = report.shifts.iloc[0]
    assert len(report.shifts) == 1 and abs(row["lag"] + 9) <= 1 and row["against"] == "companions"
    assert row["first"] == data["time"].to_index()[744].tz_localize("UTC")
    assert row["last"] == data["time"].to_index()[2 * 744 - 1].tz_localize("UTC")
    valid = int(np.isfinite(moved["co"].values[2, hours]).sum())
    assert report.by_rule.loc["shifted", "co"] == valid
    assert report.by_rule.loc["shifted", list(POLLUTANTS)].sum() == valid


def test_a_short_series_says_nothing(world):
    data, table = world
    short = rolled(data, 4, ("pm25",), 24).isel(time=slice(0, 30))
    assert shifts(short, table).empty


def test_daily_values_moved_by_a_day():
    made = simulate(seed=3, cities=4, stations_per_city=3, days=365, members=1, leads=1)
    table = made.stations.set_index("station")
    daily = daily_values(made.observed).drop_vars("o3_1h")
    assert check_daily(daily, table).shifts.empty
    moved = daily.copy(deep=True)
    moved["pm10"].values[5] = np.roll(moved["pm10"].values[5], -1)
    found = check_daily(moved, table).shifts
    assert found[["station", "pollutant", "lag"]].values.tolist() == [
        [str(daily["place"].values[5]), "pm10", -1]
    ]


@pytest.mark.real
def test_real_hours_moved_by_one_to_a_day(real_data):
    """A column moved by k hours is seen in at least 70 % of 35 months, by a day in all but few."""
    names = ["Aotizhongxin", "Guanyuan", "Gucheng", "Wanliu"]
    files = [real_data / "beijing" / f"PRSA_Data_{n}_20130301-20160229.csv" for n in names]
    data = xr.concat([read_prsa(f) for f in files], dim="station", join="outer")
    table = read_stations(real_data / "beijing" / "stations.csv")
    for by, pollutant, least in (
        (1, "pm25", 0.7),
        (-1, "co", 0.7),
        (2, "no2", 0.7),
        (-6, "so2", 0.9),
        (-24, "pm10", 0.9),
        (24, "o3", 0.9),
    ):
        found = shifts(rolled(data, 1, (pollutant,), by), table)
        mine = (found["station"] == names[1]) & (found["pollutant"] == pollutant)
        found = found[mine & (found["lag"] == by)]
        hours = (found["last"] - found["first"]) / pd.Timedelta(hours=1) + 1
        assert hours.sum() >= least * data.sizes["time"], (by, pollutant, hours.sum())


@pytest.fixture(scope="module")
def cities(real_data):
    """The 39-city table on (place, day) in the data model's units, and the cities' places."""
    rows = pd.read_csv(
        real_data / "cities" / "cities39_daily_2014-01_2016-02.csv.gz", parse_dates=["date"]
    )
    # gases are in ppb (298 K)
    factor = {"pm25": 1, "pm10": 1, "so2": 2.62, "no2": 1.88, "o3": 1.962, "co": 1.145e-3}
    data = {}
    for p in POLLUTANTS:
        wide = rows.pivot_table(index="city", columns="date", values=p.upper(), dropna=False)
        data[p] = (("place", "day"), (wide.to_numpy() * factor[p]).astype(np.float32))
    table = pd.read_csv(real_data / "cities" / "cities39.csv").set_index("city")
    table["city"] = table.index
    coords = {"place": wide.index.to_numpy(str), "day": wide.columns.to_numpy()}
    return xr.Dataset(data, coords=coords), table


@pytest.mark.real
def test_the_table_of_39_cities_is_not_shifted(cities):
    data, table = cities
    assert dict(data.sizes) == {"place": 39, "day": 790}
    report = check_daily(data, table)
    assert report.shifts.empty and report.by_rule.loc["shifted", "pm10"] == 0


@pytest.mark.real
def test_pm10_one_day_early_everywhere_is_found_in_every_city(cities):
    data, table = cities
    moved = data.assign(pm10=data["pm10"].shift(day=-1))
    found = check_daily(moved, table).shifts
    assert set(found["pollutant"]) == {"pm10"} and set(found["lag"]) == {-1}
    assert found["station"].nunique() == 39


@pytest.mark.real
def test_pm10_one_day_early_in_one_city_is_found_there_alone(cities):
    data, table = cities
    for place in range(0, 39, 3):
        moved = data.copy(deep=True)
        column = moved["pm10"].values[place]
        column[:-1], column[-1] = column[1:].copy(), np.nan
        found = check_daily(moved, table).shifts
        assert set(found["station"]) == {str(data["place"].values[place])}
        assert set(found["pollutant"]) == {"pm10"} and set(found["lag"]) == {-1}
