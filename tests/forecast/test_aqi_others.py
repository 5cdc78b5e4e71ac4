"""The indices of the US, Europe and India against hand-worked values and exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import pytest

from forecast.aqi import evaluate, index_and_primary, level, primary_names, sub_index
from forecast.errors import InputError
from forecast.standard import standard_named

EPA, EPA_2012 = standard_named("US EPA 2024"), standard_named("US EPA 2012")
EUROPE, INDIA = standard_named("Europe revised"), standard_named("India 2014")

# Lower and upper ends of the segments, in steps of the last decimal, as the rule's table prints
# them; index ends; µg/m³ (CO mg/m³) of one step.
I6 = ((0, 50), (51, 100), (101, 150), (151, 200), (201, 300), (301, 500))
TABLES = {
    "pm25_24h": (
        ((0, 90), (91, 354), (355, 554), (555, 1254), (1255, 2254), (2255, 3254)),
        I6,
        Fraction(1, 10),
    ),
    "pm10_24h": (
        ((0, 54), (55, 154), (155, 254), (255, 354), (355, 424), (425, 604)),
        I6,
        Fraction(1),
    ),
    "o3_8h": (((0, 54), (55, 70), (71, 85), (86, 105), (106, 200)), I6[:5], Fraction("1.962")),
    "o3_1h": (((125, 164), (165, 204), (205, 404), (405, 604)), I6[2:], Fraction("1.962")),
    "co_8h": (
        ((0, 44), (45, 94), (95, 124), (125, 154), (155, 304), (305, 504)),
        I6,
        Fraction("0.1145"),
    ),
    "so2_1h": (((0, 35), (36, 75), (76, 185), (186, 304)), I6[:4], Fraction("2.62")),
    "so2_24h": (((305, 604), (605, 1004)), I6[4:], Fraction("2.62")),
    "no2_1h": (
        ((0, 53), (54, 100), (101, 360), (361, 649), (650, 1249), (1250, 2049)),
        I6,
        Fraction("1.88"),
    ),
}


@pytest.mark.parametrize("table", TABLES)
def test_every_step_of_the_us_tables_by_exact_arithmetic(table):
    segments, indices, unit = TABLES[table]
    steps = range(segments[0][0], segments[-1][1] + 1)
    expected = []
    for step in steps:
        k = next(k for k, (low, high) in enumerate(segments) if low <= step <= high)
        (low, high), (i_low, i_high) = segments[k], indices[k]
        expected.append(floor(Fraction(i_high - i_low, high - low) * (step - low) + i_low + 0.5))
    exactly = np.array([float(step * unit) for step in steps])
    within = np.array([float((step + Fraction(99, 100)) * unit) for step in steps])
    assert sub_index(exactly.astype(np.float32), table, EPA).tolist() == expected
    assert sub_index(exactly, table, EPA).tolist() == expected
    assert sub_index(within.astype(np.float32), table, EPA).tolist() == expected


def ppm(pollutant: str, value: float) -> float:
    """Value of the data model, µg/m³ (CO mg/m³), of `value` ppm at 298.15 K."""
    return value * {"o3": 1962, "co": 1.145, "so2": 2620, "no2": 1880}[pollutant]


@pytest.mark.parametrize(
    ("standard", "table", "value", "expected"),
    [
        # the worked example of EPA-454/B-24-002: 126, 102 and 90
        (EPA, "o3_8h", ppm("o3", 0.07853333), 126),  # 49/14·(78 − 71) + 101 = 125.5
        (EPA, "pm25_24h", 35.9, 102),  # 49/19.9·(35.9 − 35.5) + 101 = 101.98
        (EPA, "co_8h", ppm("co", 8.4), 90),  # 49/4.9·(8.4 − 4.5) + 51 = 90
        *((EPA, "pm25_24h", c, i) for c, i in [(9.0, 50), (9.09, 50), (9.1, 51), (35.49, 100)]),
        *((EPA, "pm25_24h", c, i) for c, i in [(125.4, 200), (125.5, 201), (225.5, 301)]),
        *((EPA, "pm25_24h", c, i) for c, i in [(325.4, 500), (325.5, 500), (900, 500)]),
        (EPA, "pm25_24h", 100, 182),  # 49/69.9·(100 − 55.5) + 151 = 182.2
        (EPA, "pm10_24h", 154.9, 100),
        (EPA, "pm10_24h", 200, 123),  # 49/99·(200 − 155) + 101 = 123.27
        (EPA, "no2_1h", ppm("no2", 0.200), 120),  # 49/259·(200 − 101) + 101 = 119.73
        (EPA, "so2_1h", ppm("so2", 0.100), 112),  # 49/109·(100 − 76) + 101 = 111.79
        (EPA, "so2_1h", ppm("so2", 0.305), 200),
        (EPA, "so2_24h", ppm("so2", 0.304), np.nan),
        (EPA, "so2_24h", ppm("so2", 0.400), 232),  # 99/299·(400 − 305) + 201 = 232.45
        (EPA, "o3_1h", ppm("o3", 0.124), np.nan),
        (EPA, "o3_1h", ppm("o3", 0.150), 132),  # 49/39·(150 − 125) + 101 = 132.41
        (EPA, "o3_8h", ppm("o3", 0.200), 300),
        (EPA, "o3_8h", ppm("o3", 0.201), np.nan),
        *((EPA, t, -0.01, np.nan) for t in TABLES),
        (EPA_2012, "pm25_24h", 12.0, 50),
        (EPA_2012, "pm25_24h", 12.1, 51),
        (EPA_2012, "pm25_24h", 100, 174),  # 49/94.9·(100 − 55.5) + 151 = 173.98
        (EPA_2012, "pm25_24h", 300, 350),  # 99/99.9·(300 − 250.5) + 301 = 350.05
        (EPA_2012, "pm25_24h", 500.4, 500),
        (EUROPE, "pm25_1h", 0, 1),
        *((EUROPE, "pm25_1h", c, i) for c, i in [(5, 1), (5.01, 2), (15, 2), (50, 3), (90, 4)]),
        *((EUROPE, "pm25_1h", c, i) for c, i in [(140, 5), (140.1, 6), (999, 6), (-1, np.nan)]),
        *((EUROPE, "o3_1h", c, i) for c, i in [(60, 1), (61, 2), (120.5, 4), (180, 5), (181, 6)]),
        *((EUROPE, "no2_1h", c, i) for c, i in [(10, 1), (25.1, 3), (150, 5), (151, 6)]),
        *((EUROPE, "pm10_1h", c, i) for c, i in [(15, 1), (45, 2), (120, 3), (195, 4), (270, 5)]),
        *((EUROPE, "so2_1h", c, i) for c, i in [(20, 1), (40, 2), (125, 3), (190, 4), (275, 5)]),
        (INDIA, "pm25_24h", 45, 75),  # 50 + 50/30·15
        (INDIA, "pm25_24h", 100, 233),  # 200 + 100/30·10 = 233.3
        (INDIA, "pm25_24h", 0.3, 1),  # 50/30·0.3 = 0.5
        (INDIA, "pm25_24h", 260, 408),  # 400 + 100/130·10 = 407.7
        (INDIA, "pm25_24h", 380, 500),
        (INDIA, "pm25_24h", 1000, 500),
        (INDIA, "pm10_24h", 175, 150),  # 100 + 100/150·75
        (INDIA, "no2_24h", 60, 75),
        (INDIA, "o3_8h", 300, 317),  # 300 + 100/540·92 = 317.04
        (INDIA, "co_8h", 6, 150),  # 100 + 100/8·4
        (INDIA, "so2_24h", 590, 250),  # 200 + 100/420·210
    ],
)
def test_hand_worked(standard, table, value, expected):
    assert sub_index(value, table, standard) == pytest.approx(expected, nan_ok=True)
    stored = sub_index(np.float32(value), table, standard)
    assert stored == pytest.approx(expected, nan_ok=True)


def test_us_day_with_several_averages():
    day = {
        "pm25": np.array([35.9, 10.0, 10.0, np.nan]),
        "o3": np.array([ppm("o3", 0.0785), ppm("o3", 0.25), 10.0, np.nan]),
        "o3_1h": np.array([ppm("o3", 0.1), ppm("o3", 0.3), 20.0, np.nan]),
        "co_8h": np.array([ppm("co", 8.4), 0.1, 0.1, np.nan]),
        "so2_1h": np.array([0.0, 0.0, ppm("so2", 0.5), np.nan]),
        "so2": np.array([0.0, 0.0, ppm("so2", 0.2), np.nan]),
        "other": np.zeros(2),
    }
    aqi, primary, sub = evaluate(day, EPA)
    # O3 8 h above 0.200 ppm gives way to 1 h: 99/199·(300 − 205) + 201 = 248.3; SO2 500 ppb is 200
    assert aqi[:3].tolist() == [126, 248, 200] and np.isnan(aqi[3])
    assert [primary_names(int(m)) for m in primary] == [["o3"], ["o3"], ["so2"], []]
    assert primary[3] == -1
    assert sub[:, 0].tolist()[:1] == [102] and sub[5, 0] == 90 and np.isnan(sub[1]).all()
    assert level(aqi, EPA).tolist() == [3, 5, 4, 0]


def test_the_us_main_pollutant_is_named_in_good_air():
    _, primary = index_and_primary({"pm25": np.array([3.0]), "o3": np.array([1.0])}, EPA)
    assert primary_names(int(primary[0])) == ["pm25"]


def test_europe_is_the_worst_class():
    hour = {"pm25": np.array([4.0, 16.0]), "o3": np.array([10.0, 110.0]), "co": np.array([9.0, 9])}
    aqi, primary, sub = evaluate(hour, EUROPE, "hourly")
    assert aqi.tolist() == [1, 3] and level(aqi, EUROPE).tolist() == [1, 3]
    assert primary.tolist() == [0, 1 + 16]
    assert np.isnan(sub[5]).all()  # CO is not part of it
    with pytest.raises(InputError, match="has no daily report"):
        evaluate(hour, EUROPE)


def test_india_needs_three_pollutants_with_particles():
    day = {
        "pm25": np.array([45.0, 45.0, np.nan, np.nan]),
        "pm10": np.array([np.nan, np.nan, 50.0, np.nan]),
        "no2": np.array([40.0, np.nan, 40.0, 40.0]),
        "so2": np.array([40.0, 40.0, 60.0, 40.0]),
        "o3": np.array([np.nan, np.nan, np.nan, 50.0]),
    }
    aqi, primary = index_and_primary(day, INDIA)
    assert aqi[[0, 2]].tolist() == [75, 75] and np.isnan(aqi[[1, 3]]).all()
    assert primary.tolist() == [1, -1, 4, -1]
