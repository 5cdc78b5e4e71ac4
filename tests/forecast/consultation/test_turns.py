"""Turns of the weather: cold air, rain, a change of dispersion."""

from __future__ import annotations

import pytest

from forecast.consultation.products.wording import bulletin_lines
from forecast.consultation.turns import turns_of


def day(lead, classes, t2m=280.0, sp=100_000.0, **more):
    return {"lead": lead, "classes": classes, "t2m": t2m, "sp": sp, **more}


CALM, WINDY, UNKNOWN = [2, 1, 0], [0, 0, 3], [0, 0, 0]


def test_only_turns_to_and_from_unfavourable_count():
    ordinary = [0, 3, 0]
    days = [day(1, WINDY), day(2, ordinary), day(3, CALM), day(4, ordinary), day(5, WINDY)]
    assert [(t["lead"], t["dispersion"]) for t in turns_of(days)] == [(3, (1, 0)), (4, (0, 1))]


def test_dispersion_turns_with_the_class_most_cities_have():
    days = [day(1, CALM), day(2, CALM), day(3, WINDY), day(4, UNKNOWN), day(5, CALM)]
    found = turns_of(days)
    # against a day that is unknown there is nothing to turn from
    assert [(t["lead"], t["dispersion"]) for t in found] == [(3, (0, 2))]


@pytest.mark.parametrize(
    ("t2m", "sp", "cold"),
    [
        (277.0, 100_300.0, (3.0, 300.0)),
        (277.1, 100_300.0, None),
        (277.0, 100_299.0, None),
        (284.0, 101_000.0, None),
        (None, 101_000.0, None),
    ],
)
def test_cold_air_is_colder_and_of_higher_pressure(t2m, sp, cold):
    found = turns_of([day(1, CALM), day(2, CALM, t2m, sp)])
    assert [t["cold"] for t in found] == ([cold] if cold else [])


def test_pressure_at_sea_level_where_there_is_no_other():
    days = [{"lead": k, "classes": CALM, "t2m": 280.0 - 5 * k, "msl": 1e5 * k} for k in (1, 2)]
    assert turns_of(days)[0]["cold"] == (5.0, 1e5)


def test_rain_of_a_day():
    found = turns_of([day(1, CALM, tp=1.0), day(2, CALM, tp=0.9), day(3, CALM, tp=None)])
    assert [(t["lead"], t["rain"]) for t in found] == [(1, 1.0)]


def test_the_bulletin_says_them(briefing):
    days = [day(1, CALM), day(2, WINDY, 274.0, 100_800.0, tp=4.0)]
    told = {**briefing, "weather": {"days": days, "turns": turns_of(days)}}
    assert bulletin_lines(told, "zh")[1] == (
        "天气转折：2月22日受冷空气影响（气温下降6 °C，气压上升8 hPa），有降水（4 mm），"
        "扩散条件由偏不利转为总体有利。"
    )
    assert bulletin_lines(told, "en")[1] == (
        "Turns of the weather: 02-22 cold air (6 °C colder, pressure up 8 hPa), rain (4 mm), "
        "dispersion turns from unfavourable to favourable."
    )
