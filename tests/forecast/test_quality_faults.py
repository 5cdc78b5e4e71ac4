"""Quality control against the known faults of the simulated world, and on real Beijing hours."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.observations.prsa import read_prsa
from forecast.pollutants import POLLUTANTS
from forecast.quality import BITS, check_quality, flag_observations, usable
from forecast.simulate import simulate
from forecast.stations import read_stations

STUCK, SPIKE = 2, 3


@pytest.fixture(scope="module")
def rates():
    """Per rule: found and all faults, false flags and sound values, over two worlds."""
    count = {"constant": np.zeros(4, int), "spike": np.zeros(4, int)}
    for seed in (5, 6):
        world = simulate(seed=seed, cities=3, stations_per_city=4, days=200, members=1, leads=1)
        flags = flag_observations(world.observed, world.stations.set_index("station"))
        for p in POLLUTANTS:
            fault = world.faults[p].values
            there = np.isfinite(world.observed[p].values)
            for rule, code in (("constant", STUCK), ("spike", SPIKE)):
                hit = (flags[p].values & BITS[rule]) != 0
                true, sound = there & (fault == code), there & (fault == 0)
                count[rule] += [hit[true].sum(), true.sum(), hit[sound].sum(), sound.sum()]
    return count


def test_stuck_values(rates):
    """At least 90 % of the stuck hours found, at most 2 in 1,000 sound hours flagged.

    The rest of the stuck hours are SO2 at 1–3 µg/m³, its floor, where a constant value is natural.
    A chance of 1e-4 a run of about 4 hours and equal values beside true faults leave about 0.1 %.
    """
    found, faults, false, sound = rates["constant"]
    assert faults > 1000 and sound > 300_000
    assert found / faults >= 0.90
    assert false / sound <= 0.002


def test_spikes(rates):
    """At least 75 % of the spikes found, at most 1 in 10,000 sound hours flagged.

    A spike is 4–9 times the truth, but the instruments' caps, values too low to rise by the least
    rise, and spikes inside real peaks take some away.
    """
    found, faults, false, sound = rates["spike"]
    assert faults > 200
    assert found / faults >= 0.75
    assert false / sound <= 0.0001


def test_gaps_are_never_flagged():
    world = simulate(seed=8, cities=2, stations_per_city=2, days=40, members=1, leads=1)
    flags = flag_observations(world.observed, world.stations.set_index("station"))
    column = BITS["shifted"] | BITS["duplicate"] | BITS["bad_coordinates"] | BITS["dust"]
    for p in POLLUTANTS:
        gap = np.isnan(world.observed[p].values)
        assert gap.any() and not (flags[p].values[gap] & ~column).any()


@pytest.mark.slow
def test_a_national_month_takes_seconds():
    """1,498 stations, 744 hours, six pollutants: about a second here; five leave room."""
    world = simulate(seed=9, cities=3, stations_per_city=4, days=31, members=1, leads=1)
    rng = np.random.default_rng(2)
    which = np.arange(1498) % 12
    data = {}
    for p in POLLUTANTS:
        grid = world.observed[p].values[which] * rng.uniform(0.9, 1.1, (1498, 744))
        data[p] = (("station", "time"), grid.round(1).astype(np.float32))
    names = np.array([f"N{i}" for i in range(1498)], object)
    table = pd.DataFrame(
        {"lat": rng.uniform(20, 45, 1498), "lon": rng.uniform(90, 125, 1498), "city": "", "p": ""},
        index=names,
    )
    national = xr.Dataset(data, coords={"station": names, "time": world.observed["time"].values})
    start = time.process_time()
    flag_observations(national, table)
    assert time.process_time() - start < 5


@pytest.fixture(scope="module")
def beijing(real_data):
    files = sorted((real_data / "beijing").glob("PRSA_Data_*.csv"))
    data = xr.concat([read_prsa(f) for f in files], dim="station", join="outer")
    return data, read_stations(real_data / "beijing" / "stations.csv")


@pytest.fixture(scope="module")
def report(beijing):
    return check_quality(*beijing)


@pytest.mark.real
def test_beijing_caps_ozone_and_reversed_particles(report, beijing):
    data, _ = beijing
    by_rule = report.by_rule
    assert by_rule.loc["capped", ["pm25", "pm10", "co"]].tolist() == [1, 3, 43]
    assert by_rule.loc["pm_reversed", "pm25"] == int((data["pm25"] > data["pm10"]).sum()) == 21156
    worst = report.worst[report.worst["rule"] == "out_of_range"].iloc[0]
    assert (worst["station"], worst["pollutant"], worst["value"]) == ("Dongsi", "O3", 1071)
    assert worst["time"].isoformat() == "2013-08-15T23:00:00+08:00"
    assert by_rule.loc["out_of_range", "o3"] == 16
    # PM10 of 999 after 31–36, 274–283 and 216 µg/m³ stand alone; PM2.5 of 999 after 826 does not
    assert by_rule.loc["sentinel", list(POLLUTANTS)].to_dict() == {
        **dict.fromkeys(POLLUTANTS, 0),
        "pm10": 3,
    }


@pytest.mark.real
def test_beijing_has_no_shifted_column_and_no_duplicate(report):
    assert report.shifts.empty and report.duplicates.empty and report.coordinates.empty


@pytest.mark.real
def test_beijing_means_lose_only_what_is_certainly_wrong(report, beijing):
    data, _ = beijing
    sound = usable(data, report.flags)
    lost = {p: int((np.isfinite(data[p]) & np.isnan(sound[p])).sum()) for p in POLLUTANTS}
    assert lost == {"pm25": 0, "pm10": 3, "so2": 0, "no2": 0, "o3": 16, "co": 0}


@pytest.mark.real
def test_beijing_alarms(report):
    alarms = report.alarms
    assert (alarms["value"] > alarms["limit"]).all() and (alarms["rise"] > 0.5).all()
    # New Year's Eve fireworks of 2016: all over the city
    night = alarms[alarms["time"].between("2016-02-07T20:00+08:00", "2016-02-08T03:00+08:00")]
    assert (night["view"] == "event").mean() > 0.5
