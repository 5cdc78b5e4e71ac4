"""The index against the rule's own numbers and an independent exact implementation."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from functools import cache
from math import ceil

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from forecast.aqi import (
    daily_index,
    days_by_standard,
    index_and_primary,
    level,
    primary_names,
    round_half_even,
    sub_index,
)
from forecast.pollutants import MASK_BITS, POLLUTANTS
from forecast.standard import standard_for

ROWS = 100_000
OLD, NEW = standard_for(date(2016, 1, 1)), standard_for(date(2026, 3, 1))

# The tables of HJ 633, typed in once more; nothing below reads the package's own.
I8 = (0, 50, 100, 150, 200, 300, 400, 500)
SHARED = {
    "so2": (0, 50, 150, 475, 800, 1600, 2100, 2620),
    "no2": (0, 40, 80, 180, 280, 565, 750, 940),
    "co": (0, 2, 4, 14, 24, 36, 48, 60),
    "o3": (0, 100, 160, 215, 265, 800),
}
O3_1H = (0, 160, 200, 300, 400, 800, 1000, 1200)
TABLES = {
    2012: {
        **SHARED,
        "pm25": (0, 35, 75, 115, 150, 250, 350, 500),
        "pm10": (0, 50, 150, 250, 350, 420, 500, 600),
    },
    2026: {
        **SHARED,
        "pm25": (0, 35, 60, 115, 150, 250, 350, 500),
        "pm10": (0, 50, 120, 250, 350, 420, 500, 600),
    },
}


@cache
def slope(edges: tuple[int, ...], low: int) -> Fraction:
    """(I_hi − I_lo)/(C_hi − C_lo) of one segment."""
    return Fraction(I8[low + 1] - I8[low], edges[low + 1] - edges[low])


def exact_sub_index(value: Fraction, edges: tuple[int, ...]) -> int | None:
    """Formula of the rule in exact arithmetic; None above the last edge."""
    for low, upper in enumerate(edges[1:]):
        if value <= upper:
            return ceil(slope(edges, low) * (value - edges[low])) + I8[low]
    return None


def exact_index(row: dict[str, Fraction | None], version: int) -> tuple[int | None, set[str]]:
    """AQI and primary pollutants of one day; None where missing."""
    found: dict[str, int] = {}
    for pollutant, edges in TABLES[version].items():
        value = row[pollutant]
        if value is None:
            continue
        if version == 2026:
            tenth = 10 if pollutant == "co" else 1
            value = Fraction(round(value * tenth), tenth)  # Fraction rounds halves to even
        index = exact_sub_index(value, edges)
        if index is None and pollutant != "o3":
            index = 500
        elif index is None and version == 2026:
            index = 300
        if index is not None:
            found[pollutant] = max(index, 1) if version == 2026 else index
    hour = row["o3_1h"]
    if version == 2012 and hour is not None:
        index = exact_sub_index(hour, O3_1H)
        found["o3"] = max(found.get("o3", 0), 500 if index is None else index)
    if not found:
        return None, set()
    aqi = max(found.values())
    if version == 2026 and len(found) < 6 and aqi <= 100:
        return None, set()
    return aqi, {p for p, i in found.items() if i == aqi} if aqi > 50 else set()


def random_days(count: int, seed: int) -> dict[str, np.ndarray]:
    """Daily values as thousandths (integers), −1 missing; many on edges, many ties."""
    rng = np.random.default_rng(seed)
    names = [*POLLUTANTS, "o3_1h"]
    tables = {**TABLES[2012], "o3_1h": O3_1H}
    days = {}
    for name in names:
        edges = np.array(tables[name]) * 1000
        top = edges[rng.integers(1, len(edges), count)]
        values = (top * rng.uniform(0, 1.2, count)).astype(int)
        tenths = rng.random(count) < 0.5
        values[tenths] = values[tenths] // 100 * 100
        on_edge = rng.random(count) < 0.15
        values[on_edge] = rng.choice([*edges, *TABLES[2026][name.split("_")[0]]], on_edge.sum())
        low = rng.random(count) < 0.5  # else one huge pollutant decides nearly every day
        values[low] //= 6
        values[rng.random(count) < 0.06] = -1
        days[name] = values
    empty = rng.random(count) < 0.01
    for values in days.values():
        values[empty] = -1
    return days


@pytest.mark.slow
@pytest.mark.parametrize(("version", "standard"), [(2012, OLD), (2026, NEW)])
def test_against_exact_arithmetic_on_random_days(version, standard):
    days = random_days(ROWS, seed=version)
    as_stored = {n: np.where(v < 0, np.nan, v / 1000).astype(np.float32) for n, v in days.items()}
    aqi, primary = index_and_primary(as_stored, standard)
    missing = ties = 0
    for i in range(ROWS):
        row = {n: None if v[i] < 0 else Fraction(int(v[i]), 1000) for n, v in days.items()}
        expected, names = exact_index(row, version)
        if expected is None:
            missing += 1
            assert np.isnan(aqi[i]) and primary[i] == -1, row
        else:
            ties += len(names) > 1
            assert aqi[i] == expected, row
            assert set(primary_names(int(primary[i]))) == names, row
    assert missing > 500 and ties > 500


def test_shipped_tables_are_the_rules_tables():
    for version, standard in ((2012, OLD), (2026, NEW)):
        for pollutant, edges in TABLES[version].items():
            window = "8h" if pollutant == "o3" else "24h"
            assert standard.breakpoints[f"{pollutant}_{window}"] == edges
        assert standard.index == I8
        colors = [
            (0, 228, 0),
            (255, 255, 0),
            (255, 126, 0),
            (255, 0, 0),
            (153, 0, 76),
            (126, 0, 35),
        ]
        assert [lv.color for lv in standard.levels] == colors
        assert standard.edges.tolist() == [50, 100, 150, 200, 300, 500]
    hours = {
        "so2_1h": (0, 150, 500, 650, 800),
        "no2_1h": (0, 100, 200, 700, 1200, 2340, 3090, 3840),
        "co_1h": (0, 5, 10, 35, 60, 90, 120, 150),
        "o3_1h": O3_1H,
    }
    for standard in (OLD, NEW):
        assert {n: standard.breakpoints[n] for n in hours} == hours
    assert "o3_1h" in {t.variable for t in OLD.report("daily")}
    assert "o3_1h" not in {t.variable for t in NEW.report("daily")}


@pytest.mark.parametrize(
    ("standard", "table", "value", "expected"),
    [
        *((OLD, "pm25_24h", c, i) for c, i in [(35, 50), (36, 52), (60, 82), (75, 100), (76, 102)]),
        *((OLD, "pm25_24h", c, i) for c, i in [(115, 150), (116, 152), (150, 200), (151, 201)]),
        (OLD, "pm25_24h", 620, 500),
        (OLD, "pm10_24h", 151, 101),
        (OLD, "pm25_24h", 0, 0),
        (OLD, "o3_8h", 800, 300),
        (OLD, "o3_1h", 1201, 500),
        *((NEW, "pm25_24h", c, i) for c, i in [(35, 50), (36, 52), (50, 80), (60, 100)]),
        *((NEW, "pm25_24h", c, i) for c, i in [(60.5, 100), (60.6, 101), (75, 114)]),
        *((NEW, "pm25_24h", c, i) for c, i in [(115, 150), (151, 201), (0, 1)]),
        *((NEW, "pm10_24h", c, i) for c, i in [(100, 86), (120, 100), (121, 101), (150, 112)]),
        *((NEW, "co_24h", c, i) for c, i in [(2.05, 50), (2.06, 53)]),
        *((NEW, "o3_8h", c, i) for c, i in [(160, 100), (161, 101), (265, 200), (266, 201)]),
        (NEW, "o3_8h", 801, 300),
        (NEW, "so2_1h", 801, 200),
        (NEW, "so2_1h", 800, 200),
        (OLD, "so2_1h", 800, 200),
        # 25·1.2 = 30 and 50 + 1.25·3.2 = 54 although float32 stores a little more than 1.2, 38.2
        (OLD, "co_24h", np.float32(1.2), 30),
        (OLD, "pm25_24h", np.float32(38.2), 54),
        (OLD, "pm25_24h", 38.201, 55),
        (OLD, "so2_24h", np.float32(2219.6), 423),
        (OLD, "so2_24h", 2219.7, 424),
    ],
)
def test_vectors(standard, table, value, expected):
    assert sub_index(value, table, standard) == expected


def test_no_index_of_ozone_above_800_before_2026():
    assert np.isnan(sub_index(801, "o3_8h", OLD))
    # the maximum hour takes over: 400 + (900 − 800)/(1000 − 800)·100 = 350 … with I(800) = 300
    aqi, primary = index_and_primary({"o3": np.array([801.0]), "o3_1h": np.array([900.0])}, OLD)
    assert aqi.tolist() == [300 + 100 * 100 / 200] and primary_names(int(primary[0])) == ["o3"]


def test_missing_and_negative_stay_missing():
    for standard in (OLD, NEW):
        values = [np.nan, -1.0, -999.0, -0.3, -np.inf]
        assert np.isnan(sub_index(values, "pm25_24h", standard)).all()
    zero = sub_index([0.0, -0.0], "pm25_24h", OLD)
    assert zero.tolist() == [0, 0] and not np.signbit(zero).any()
    nothing = {p: np.array([np.nan]) for p in POLLUTANTS}
    for standard in (OLD, NEW):
        aqi, primary = index_and_primary(nothing, standard)
        assert np.isnan(aqi[0]) and primary[0] == -1
        assert level(aqi, standard).tolist() == [0]


def test_half_even_as_written_in_decimals():
    values = np.array([2.05, 2.15, 2.25, 2.35, 0.5, 60.5, 61.5])
    assert round_half_even(values[:4], 1).tolist() == [2.0, 2.2, 2.2, 2.4]
    assert round_half_even(values[4:], 0).tolist() == [0, 60, 62]
    assert round_half_even(values.astype(np.float32).astype(float)[:4], 1).tolist() == [
        2.0,
        2.2,
        2.2,
        2.4,
    ]


@given(
    st.sampled_from([(s, t) for s in (OLD, NEW) for t in s.breakpoints]),
    st.floats(0, 3000, width=32),
    st.floats(0, 3000, width=32),
)
def test_monotone_whole_and_in_range(which, one, other):
    standard, table = which
    top = 800 if standard is OLD and table in ("o3_8h", "so2_1h") else 3000  # no index above
    low, high = sorted((min(one, top), min(other, top)))
    first, second = sub_index([low, high], table, standard)
    assert standard.lowest <= first <= second <= 500
    assert first == round(first)


@given(
    st.sampled_from(POLLUTANTS),
    st.lists(st.floats(0, 500, width=32), min_size=6, max_size=6),
    st.floats(0, 200, width=32),
)
def test_aqi_never_falls_when_one_pollutant_rises(pollutant, values, more):
    day = {p: np.array([v]) for p, v in zip(POLLUTANTS, values, strict=True)}
    higher = {**day, pollutant: day[pollutant] + more}
    for standard in (OLD, NEW):
        assert index_and_primary(higher, standard)[0] >= index_and_primary(day, standard)[0]


def test_levels_are_right_closed():
    aqi = np.array([0, 50, 51, 100, 101, 150, 151, 200, 201, 300, 301, 500, np.nan])
    assert level(aqi, OLD).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 0]
    assert level(np.array([200.0, 200.5]), OLD).tolist() == [4, 5]


def test_ties_masks_and_names():
    # PM2.5 75 and PM10 150 both give 100; NO2 40 gives 50
    day = {"pm25": np.array([75.0]), "pm10": np.array([150.0]), "no2": np.array([40.0])}
    aqi, primary = index_and_primary(day, OLD)
    assert aqi[0] == 100 and primary[0] == 1 + 2
    assert primary_names(int(primary[0])) == ["pm25", "pm10"]
    # at an AQI of 50 no pollutant is primary
    aqi, primary = index_and_primary({"no2": np.array([40.0])}, OLD)
    assert aqi[0] == 50 and primary[0] == 0
    assert primary_names(0) == primary_names(-1) == []
    assert [MASK_BITS[p] for p in POLLUTANTS] == [1, 2, 4, 8, 16, 32]
    assert primary_names(63) == list(POLLUTANTS)


def test_one_missing_pollutant_under_both_versions():
    five = {p: np.array([10.0, 10.0]) for p in ("pm10", "so2", "no2", "o3")}
    five["co"] = np.array([0.5, 0.5])
    day = {**five, "pm25": np.array([60.0, 61.0]), "no2": np.array([np.nan, np.nan])}
    # 2026: PM2.5 60 gives 100, not above 100, so nothing is published; 61 gives 101
    aqi, primary = index_and_primary(day, NEW)
    assert np.isnan(aqi[0]) and aqi[1] == 101 and primary.tolist() == [-1, 1]
    # 2012: index from the others; 50 + 50·25/40 = 81.25 and 50 + 50·26/40 = 82.5
    aqi, primary = index_and_primary(day, OLD)
    assert aqi.tolist() == [82, 83] and primary.tolist() == [1, 1]
    # an absent variable is a missing pollutant
    del day["no2"]
    assert np.isnan(index_and_primary(day, NEW)[0]).tolist() == [True, False]


def test_a_series_across_the_change_uses_each_days_own_version():
    days = pd.date_range("2026-02-27", "2026-03-02")
    low = np.full((1, 4), 1.0, np.float32)
    daily = xr.Dataset(
        dict.fromkeys(POLLUTANTS, (("place", "day"), low)), coords={"place": ["x"], "day": days}
    )
    daily["pm25"] = (("place", "day"), np.full((1, 4), 75.0, np.float32))
    found = daily_index(daily)
    # 75 is 100 before, 100 + 50·15/55 = 113.6 after
    assert found["aqi"].values.tolist() == [[100, 100, 114, 114]]
    assert found["level"].values.tolist() == [[2, 2, 3, 3]]
    assert found["primary"].values.tolist() == [[1, 1, 1, 1]]
    turned = daily_index(daily.transpose("day", "place"))
    assert turned["aqi"].dims == ("day", "place")
    xr.testing.assert_equal(turned.transpose("place", "day"), found)
    groups = days_by_standard(days)
    assert [(s.name, rows.tolist()) for s, rows in groups] == [
        ("HJ 633-2012", [0, 1]),
        ("HJ 633-2026", [2, 3]),
    ]
    assert found["primary"].attrs["flag_meanings"] == "pm25 pm10 so2 no2 o3 co"
    assert found["level"].attrs["flag_values"].tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_levels_keep_their_container():
    series = pd.Series([50.0, np.nan, 301.0], index=list("abc"))
    assert level(series, OLD).to_dict() == {"a": 1, "b": 0, "c": 6}
    assert level(xr.DataArray(series.to_numpy(), dims="x"), OLD).dims == ("x",)
    assert level(75.0, OLD) == 2
