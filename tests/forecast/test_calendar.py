"""Calendar predictors against dates anyone can look up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecast.calendar import calendar_predictors
from forecast.errors import ConfigError

SPRING_FESTIVALS = (
    *("2013-02-10", "2014-01-31", "2015-02-19", "2016-02-08", "2017-01-28", "2018-02-16"),
    *("2019-02-05", "2020-01-25", "2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10"),
)


def column(name: str, *days: str, country: str = "CN") -> list[float]:
    return calendar_predictors(pd.DatetimeIndex(days), country)[name].tolist()


def test_days_from_the_spring_festival():
    assert column("festival", *SPRING_FESTIVALS) == [0] * len(SPRING_FESTIVALS)
    # 2015-02-19: 19 days before is 31 January, 21 before is clipped, 10 after is 1 March
    assert column("festival", "2015-01-31", "2015-01-29", "2015-03-01") == [-19, -20, 10]
    assert column("festival", "2015-07-01", "2014-12-31") == [20, -20]
    # half-way between 2014-01-31 and 2015-02-19 the nearest changes sides
    assert column("festival", "2014-08-10", "2014-08-12") == [20, -20]


def test_the_festival_is_chinese_whatever_the_country():
    assert column("festival", "2015-02-20", country="IN") == [1]


def test_days_off_follow_the_published_arrangement_of_2015():
    # National Day: 1–7 October off; Saturday 10 October worked; Sunday 11 October off
    days = [f"2015-10-{d:02d}" for d in range(1, 13)]
    assert column("day_off", *days) == [1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0]
    # Spring Festival: 18–24 February off; Sunday 15 and Saturday 28 February worked
    days = ["2015-02-14", "2015-02-15", "2015-02-18", "2015-02-24", "2015-02-25", "2015-02-28"]
    assert column("day_off", *days) == [1, 0, 1, 1, 0, 0]


def test_weekday_counts_from_monday():
    assert column("weekday", "2015-12-07", "2015-12-12", "2015-12-13") == [0, 5, 6]


def test_season_is_a_circle_that_starts_on_new_year():
    days = pd.date_range("2015-01-01", "2016-12-31")
    found = calendar_predictors(days, "CN")
    np.testing.assert_allclose(found["season_sin"] ** 2 + found["season_cos"] ** 2, 1, atol=1e-6)
    assert (found["season_sin"][0], found["season_cos"][0]) == (0, 1)
    # 2 April is day 92: 91/365.25 of a turn, nearly a quarter
    assert found["season_sin"][91] == pytest.approx(np.sin(2 * np.pi * 91 / 365.25), abs=1e-6)
    assert found["season_sin"][91] > 0.999
    assert all(v.dtype == np.float32 and v.shape == (731,) for v in found.values())
    assert set(found) == {"season_sin", "season_cos", "weekday", "day_off", "festival"}


def test_a_day_does_not_depend_on_its_company():
    whole = calendar_predictors(pd.date_range("2014-06-01", "2016-06-01"), "CN")
    for position in (0, 213, 260, 500, 731):
        alone = calendar_predictors(pd.date_range("2014-06-01", "2016-06-01")[[position]], "CN")
        assert {n: v[position] for n, v in whole.items()} == {n: v[0] for n, v in alone.items()}


def test_unknown_country():
    with pytest.raises(
        ConfigError, match=r"^'holidays': no public holidays known of country 'XX'$"
    ):
        column("day_off", "2015-01-01", country="XX")
