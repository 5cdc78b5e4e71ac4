"""Quality control with neighbours: who they are, spikes, alarms, duplicates, coordinates."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from forecast.pollutants import POLLUTANTS
from forecast.quality import BITS, QualitySettings, check_quality, flag_observations
from forecast.quality.neighbours import nearest
from forecast.quality.settings import StationSettings
from forecast.quality.stations import bad_coordinates


def network(stations: int = 4, hours: int = 72) -> tuple[xr.Dataset, pd.DataFrame]:
    """Stations 5 km apart on a meridian with quiet, different values."""
    rng = np.random.default_rng(11)
    names = [f"S{i}" for i in range(stations)]
    data = {
        p: (
            ("station", "time"),
            (rng.uniform(20, 26, (stations, hours)) * (2 if p == "pm10" else 1)).astype(np.float32)
            * np.float32(0.04 if p == "co" else 1),
        )
        for p in POLLUTANTS
    }
    time = pd.date_range("2015-01-01", periods=hours, freq="h")
    table = pd.DataFrame(
        {"lat": 40 + 0.045 * np.arange(stations), "lon": 116.0, "city": "X", "province": "Y"},
        index=pd.Index(names, name="station"),
    )
    return xr.Dataset(data, coords={"station": np.array(names, object), "time": time}), table


def hit(flags: xr.Dataset, pollutant: str, rule: str) -> list[tuple[int, int]]:
    raised = (flags[pollutant].values & BITS[rule]) != 0
    return [(int(s), int(t)) for s, t in np.argwhere(raised)]


def test_nearest_by_the_great_circle():
    lat = np.array([60.0, 60.0, 60.0, 60.3, np.nan])
    lon = np.array([179.9, -179.9, 178.0, 179.9, 0.0])
    # at 60° N a degree of longitude is 55.6 km: 0.2° are 11 km across the date line
    assert nearest(lat, lon, 40, 2).tolist() == [[1, 3], [0, 3], [-1, -1], [0, 1], [-1, -1]]
    assert (nearest(np.array([1.0]), np.array([1.0]), 40, 2) == -1).all()
    # the very same place is no neighbour: its values are likely the same
    assert nearest(np.zeros(2), np.zeros(2), 40, 1).tolist() == [[-1], [-1]]


def test_a_lone_spike_is_flagged_and_a_shared_one_is_not():
    data, table = network()
    data["pm25"].values[0, 30] = 120
    assert hit(flag_observations(data, table), "pm25", "spike") == [(0, 30)]
    data["pm25"].values[1:3, 31] = 90  # two of three neighbours an hour later
    assert not hit(flag_observations(data, table), "pm25", "spike")


def test_two_hours_are_a_spike_and_a_rise_that_stays_is_none():
    data, table = network(1)
    data["no2"].values[0, 30:32] = 150
    assert hit(flag_observations(data, table), "no2", "spike") == [(0, 30), (0, 31)]
    data["no2"].values[0, 30:34] = [150, 140, 145, 155]
    assert not hit(flag_observations(data, table), "no2", "spike")


def test_a_restless_station_needs_a_higher_spike():
    data, table = network(1)
    quiet = data["pm10"].values.copy()
    data["pm10"].values[0, 40] = 160
    assert hit(flag_observations(data, table), "pm10", "spike") == [(0, 40)]
    restless = quiet.copy()
    restless[0, 16:40:2] = 90  # changes of about 45 µg/m³ an hour; 160 is 70 above the last ones
    restless[0, 40] = 160
    data["pm10"].values[:] = restless
    assert not hit(flag_observations(data, table), "pm10", "spike")


def test_alarm_with_the_view_of_the_neighbours():
    data, table = network()
    data["o3"].values[0, 20:24] = [150, 224, 226, 345]
    data["o3"].values[:, 40] = 250
    table.loc["S3", ["lat", "lon", "city"]] = [30.0, 100.0, "Z"]
    alarms = check_quality(data, table).alarms
    # 226 is above 200 but only 1 % above 224; 345 / 226 = 1.53; 224 / 150 = 1.49
    first = alarms.iloc[0]
    assert first["time"].isoformat() == "2015-01-02T07:00:00+08:00"  # hour 23 UTC
    assert (first["station"], first["value"], first["previous"]) == ("S0", 345, 226)
    assert first["rise"] == np.float32(345) / np.float32(226) - 1
    assert (first["neighbours"], first["neighbours_rising"], first["view"]) == (2, 0, "instrument")
    shared = alarms.iloc[1:].set_index("station")
    assert shared["view"].to_dict() == {"S0": "event", "S1": "event", "S2": "event", "S3": "alone"}
    assert shared.loc["S3", "flags"] == "spike" and shared.loc["S0", "flags"] == ""
    assert set(alarms["limit"]) == {200} and set(alarms["pollutant"]) == {"O3"}


def test_alarm_limits_are_configurable_and_sentinels_raise_none():
    data, table = network(1)
    data["so2"].values[0, 20], data["so2"].values[0, 40] = 450, 999
    assert check_quality(data, table).alarms.empty  # 450 < 500, and 999 is a sentinel of SO2
    lower = QualitySettings(alarms={"limits": {"so2": 400}})
    assert check_quality(data, table, lower).alarms["value"].tolist() == [450]


def test_identical_series_and_identical_places():
    data, table = network(5)
    for p in POLLUTANTS:
        data[p].values[3] = data[p].values[1]
        data[p].values[3, 10:14] = np.nan
    table.loc["S4", ["lat", "lon"]] = table.loc["S0", ["lat", "lon"]].to_numpy()
    report = check_quality(data, table)
    found = report.duplicates.sort_values("station").values.tolist()
    assert [row[:3] for row in found] == [["S3", "S1", "series"], ["S4", "S0", "coordinates"]]
    assert found[0][3] == 1.0
    marked = report.by_station["duplicate"]
    assert marked[marked > 0].index.tolist() == ["S3", "S4"]
    assert marked["S3"] == 6 * (72 - 4)
    # one line a pollutant in the list, not one an hour
    assert (report.runs["rule"] == "duplicate").sum() == 2 * 6


def test_near_identical_is_not_identical():
    data, table = network(2)
    for p in POLLUTANTS:
        data[p].values[1] = data[p].values[0]
        data[p].values[1, ::10] += 1
    assert check_quality(data, table).duplicates.empty


def test_impossible_coordinates():
    table = pd.DataFrame(
        {
            "lat": [39.9, 40.0, 40.1, 0.0, np.nan, 116.4, 22.5, 39.9],
            "lon": [116.4, 116.3, 116.5, 0.0, 116.4, 39.9, 114.0, 10.0],
            "city": ["B"] * 7 + ["C"],
            "province": "P",
        },
        index=list("abcdefgh"),
    )
    found = bad_coordinates(table, StationSettings()).to_dict()
    assert found["d"] == "0, 0" and found["e"] == "unknown" and found["f"] == "not on Earth"
    assert found["g"].endswith(" km from its city") and set(found) == set("defg")
    boxed = bad_coordinates(table, StationSettings(box=(73, 3, 136, 54)))
    assert boxed["h"] == "outside the network"


def test_a_station_without_a_table_row_is_flagged_and_still_checked():
    data, table = network()
    data["pm25"].values[0, 30] = -5
    report = check_quality(data, table.drop("S0"))
    assert report.coordinates.values.tolist() == [["S0", "unknown"]]
    assert report.by_station.loc["S0", "negative"] == 1
    assert report.by_station.loc["S0", "bad_coordinates"] == 6 * 72


def test_some_neighbours_rising_is_mixed():
    data, table = network()
    data["o3"].values[0, 40] = 250
    data["o3"].values[1, 38] = 60  # one of three, two hours before: 60 > 2 × 26
    alarms = check_quality(data, table).alarms
    assert alarms[["neighbours", "neighbours_rising", "view"]].values.tolist() == [[3, 1, "mixed"]]
