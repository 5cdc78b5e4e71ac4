"""One seed one world; instruments, faults and the files of a simulated world."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.simulate import FaultRates, simulate
from forecast.simulate.files import COLUMNS
from forecast.simulate.instruments import CAP, observe
from forecast.simulate.meteorology import COMPASS
from forecast.simulate.names import LARGEST_NUMBER_OF_CITIES, city_names
from forecast.simulate.places import place_cities
from forecast.simulate.stations import POLLUTANTS

OPTIONS = {"seed": 11, "cities": 2, "stations_per_city": [2, 1], "days": 40, "members": 2}


@pytest.fixture(scope="module")
def world():
    return simulate(**OPTIONS, start="2013-03-01", leads=3)


@pytest.fixture(scope="module")
def folder(world, tmp_path_factory):
    root = tmp_path_factory.mktemp("simulated")
    return root, world.write(root)


def test_same_seed_same_bytes(world):
    again = simulate(**OPTIONS, start="2013-03-01", leads=3)
    for part in ("truth", "observed", "faults", "meteorology", "analysis", "forecasts"):
        assert getattr(world, part).identical(getattr(again, part)), part
    other = simulate(**{**OPTIONS, "seed": 12}, start="2013-03-01", leads=3)
    assert not np.array_equal(world.truth["pm25"], other.truth["pm25"])


def test_truth_is_complete_and_observed_is_not():
    world = simulate(seed=1, cities=4, stations_per_city=3, days=300, members=1, leads=1)
    rates = FaultRates()
    for name in POLLUTANTS:
        assert np.isfinite(world.truth[name].values).all()
        assert world.truth[name].dtype == world.observed[name].dtype == np.float32
        flags = world.faults[name].values
        gaps = rates.gap[name] + rates.outage + rates.lost
        assert (flags == 1).mean() == pytest.approx(gaps, rel=0.35)
        assert np.array_equal(flags == 1, np.isnan(world.observed[name].values))
        whole = world.observed[name].values * (10 if name == "co" else 1)
        assert np.nanmax(np.abs(whole - np.rint(whole))) < 1e-4
    every = np.stack([world.faults[name].values for name in POLLUTANTS])
    # Half a million values: some 60 stuck runs and 210 spikes are expected.
    assert (every == 2).mean() == pytest.approx(rates.stuck, rel=0.4)
    assert (every == 3).mean() == pytest.approx(rates.spike, rel=0.25)
    below = (world.observed["pm10"] < world.observed["pm25"]).mean()
    assert 0.005 < float(below) < 0.12


def test_sound_observations_are_close_to_the_truth(world):
    sound = world.faults["pm25"] == 0
    error = (world.observed["pm25"] - world.truth["pm25"]).where(sound)
    # 6 % of the truth and 2 ug/m3 of noise, plus rounding.
    scale = np.hypot(0.06 * world.truth["pm25"], np.hypot(2, 1 / np.sqrt(12)))
    assert float((error / scale).std()) == pytest.approx(1, abs=0.05)


def test_faults_one_kind_at_a_time():
    truth = {name: np.full((2, 4000), 2000.0, np.float32) for name in POLLUTANTS}
    none = FaultRates(dict.fromkeys(POLLUTANTS, 0.0), 0, 0, 0, 0)
    observed, flags = observe(np.random.default_rng(0), truth, none)
    for name in POLLUTANTS:
        assert not flags[name].any()
        assert (observed[name] == np.float32(CAP[name])).all()
    varying = {
        name: np.random.default_rng(1).uniform(50, 150, (2, 4000)).astype(np.float32)
        for name in POLLUTANTS
    }
    only_stuck = FaultRates(dict.fromkeys(POLLUTANTS, 0.0), 0, 0, 0.01, 0)
    observed, flags = observe(np.random.default_rng(0), varying, only_stuck)
    stuck = flags["pm25"][:, 1:] == 2
    assert stuck.any()
    assert (np.diff(observed["pm25"], axis=1)[stuck] == 0).all()


def test_prsa_files_parse_back(world, folder):
    root, _ = folder
    files = sorted(path.name for path in (root / "observations").glob("PRSA_Data_*.csv"))
    assert files == sorted(
        f"PRSA_Data_{station}_20130301-20130409.csv" for station in world.stations["station"]
    )
    names = {"PM2.5": "pm25", "PM10": "pm10", "SO2": "so2", "NO2": "no2", "CO": "co", "O3": "o3"}
    for station in world.stations["station"]:
        table = pd.read_csv(root / f"observations/PRSA_Data_{station}_20130301-20130409.csv")
        assert tuple(table.columns) == COLUMNS
        assert table["No"].tolist() == list(range(1, 40 * 24 + 1))
        assert (table["station"] == station).all()
        local = pd.to_datetime(table[["year", "month", "day", "hour"]])
        assert local.iloc[0] == pd.Timestamp("2013-03-01 00:00")
        observed = world.observed.sel(station=station)
        assert (local.to_numpy() - np.timedelta64(8, "h") == observed["time"].values).all()
        for column, name in names.items():
            unit = 1000 if name == "co" else 1
            np.testing.assert_allclose(table[column] / unit, observed[name], rtol=1e-6)
        weather = world.meteorology.sel(city=str(observed["city"].values))
        for column in ("TEMP", "PRES", "DEWP", "RAIN", "WSPM"):
            np.testing.assert_allclose(table[column], weather[column], rtol=1e-5, atol=1e-5)
        assert table["wd"].tolist() == weather["wd"].values.tolist()
        assert set(table["wd"]) <= set(COMPASS)


def test_first_line_of_a_file_is_laid_out_as_the_archive(world, folder):
    station = world.stations["station"][0]
    path = folder[0] / f"observations/PRSA_Data_{station}_20130301-20130409.csv"
    header, first = path.read_text(encoding="utf-8").splitlines()[:2]
    assert header.startswith('"No","year","month","day","hour","PM2.5","PM10","SO2","NO2","CO"')
    assert first.startswith("1,2013,3,1,0,") and first.endswith(f',"{station}"')


def test_station_table(world, folder):
    table = pd.read_csv(folder[0] / "observations/stations.csv")
    expected = [
        "station",
        "cnemc_id",
        "name_zh",
        "lon",
        "lat",
        "city",
        "province",
        "region",
        "city_zh",
    ]
    assert table.columns.tolist() == expected
    pd.testing.assert_frame_equal(table, world.stations[expected])
    assert table.groupby("city", sort=False).size().tolist() == [2, 1]


def test_weather_files_hold_the_same_numbers(world, folder):
    with xr.open_dataset(folder[0] / "weather/analysis.nc") as analysis:
        xr.testing.assert_equal(analysis.load(), world.analysis)
        assert analysis["t2m"].dims == ("time", "latitude", "longitude")
        assert "SIMULATED" in analysis.attrs["title"] and "SIMULATED" in analysis.attrs["source"]
        assert analysis["u10"].dtype == np.float32
    with xr.open_dataset(folder[0] / "weather/forecasts.nc") as forecasts:
        xr.testing.assert_equal(forecasts.load(), world.forecasts)
        assert forecasts["t2m"].dims == ("time", "step", "number", "latitude", "longitude")
        assert forecasts["time"].attrs["standard_name"] == "forecast_reference_time"
        assert forecasts["step"].values.astype("m8[D]").astype(int).tolist() == [1, 2, 3]
        assert forecasts.attrs["correlation_t2m"] == "[0.98 0.97 0.95]"
        assert "SIMULATED" in forecasts.attrs["title"] and "SIMULATED" in forecasts.attrs["source"]


def test_layout_matches_the_real_files(folder):
    root = shared_data()
    pairs = {
        "analysis.nc": "analysis_china_1deg_2013-01_2016-02.nc",
        "forecasts.nc": "forecast_northchina_1deg_5members_2013-03_2016-02.nc",
    }
    for ours, theirs in pairs.items():
        with (
            xr.open_dataset(folder[0] / "weather" / ours) as mine,
            xr.open_dataset(root / "weather" / theirs) as real,
        ):
            assert list(mine.data_vars) == list(real.data_vars)
            for name in real.variables:
                assert mine[name].dims == real[name].dims, name
                for key in ("units", "standard_name"):
                    assert mine[name].attrs.get(key) == real[name].attrs.get(key), (name, key)


def shared_data():
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    root = Path(os.environ.get("WUBU_TEST_DATA", beside))
    if not (root / "weather").is_dir():
        pytest.skip("development data absent: set WUBU_TEST_DATA")
    return root


def test_everything_says_simulated(world, folder):
    root, paths = folder
    assert all(path.is_file() for path in paths)
    assert sorted(paths) == sorted(path for path in root.rglob("*") if path.is_file())
    assert (root / "SIMULATED.txt").read_text(encoding="utf-8").startswith("SIMULATED")
    for part in ("truth", "observed", "faults", "meteorology", "analysis", "forecasts"):
        assert "SIMULATED" in getattr(world, part).attrs["title"]


def test_time_is_the_utc_start_of_the_local_hour(world):
    assert world.truth["time"].values[0] == np.datetime64("2013-02-28T16:00")
    assert world.truth.sizes["time"] == 960


def test_names_are_distinct_in_both_scripts():
    names = city_names(np.random.default_rng(0), LARGEST_NUMBER_OF_CITIES)
    assert len({name.roman for name in names}) == len(names) > 1000
    assert len({name.zh for name in names}) == len(names)


def test_national_number_of_cities_keeps_its_spacing():
    cities = place_cities(np.random.default_rng(0), 330)
    x = 111.2 * 0.8 * cities["lon"].to_numpy()
    y = 111.2 * cities["lat"].to_numpy()
    distance = np.hypot(x[:, None] - x, y[:, None] - y)
    np.fill_diagonal(distance, np.inf)
    assert distance.min() > 45 and distance.min(axis=1).max() < 180
    assert cities["lat"].min() > 20 and cities["lat"].max() < 53
    assert 8 <= cities["province"].nunique() <= 60


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"cities": 0}, r"cities: 0 found, expected 1 \.\.\."),
        ({"leads": 11}, r"leads: 11 found, expected 1 \.\.\. 10"),
        ({"days": 0}, "days: 0 found, expected at least 1"),
        ({"members": 0}, "members: 0 found"),
        ({"seed": -1}, "seed: -1 found"),
        ({"cities": 3, "stations_per_city": [1, 2]}, "stations_per_city"),
    ],
)
def test_wrong_numbers_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        simulate(**wrong)
