"""Episodes ahead: by hand from a few scenarios."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.consultation.episodes import Spread, episodes_ahead, warning_probabilities
from forecast.pollutants import POLLUTANTS

ISSUE = pd.Timestamp("2015-12-01")


def issued_of(aqi, cities=("A", "B", "C", "D"), lat=None):
    """An issued forecast of scenarios (scenario, lead, place)."""
    aqi = np.asarray(aqi, np.float32)
    leads = np.arange(1, aqi.shape[1] + 1)
    share = np.zeros((*aqi.shape[1:], len(POLLUTANTS)), np.float32)
    share[..., 0] = 1
    return xr.Dataset(
        {
            "scenario_aqi": (("scenario", "lead", "place"), aqi),
            "primary_probability": (("lead", "place", "pollutant"), share),
        },
        {
            "lead": leads,
            "place": list(cities),
            "issue": ISSUE,
            "valid_day": ("lead", ISSUE + pd.to_timedelta(leads, "D")),
            "lat": ("place", np.full(len(cities), 39.0) if lat is None else lat),
            "lon": ("place", np.full(len(cities), 116.0)),
        },
    )


def quiet(scenarios=10, leads=8, cities=4):
    return np.full((scenarios, leads, cities), 90.0)


def test_time_height_and_extent_by_hand():
    aqi = quiet()
    # six of ten scenarios: A heavy on days 3 to 5, B on day 4; two of them begin on day 2, and
    # in three of these three cities are heavy on day 4
    aqi[:6, 2:5, 0] = 220
    aqi[:6, 3, 1] = 310
    aqi[:2, 1, 0] = 205
    aqi[:3, 3, 2] = 230
    aqi[0, 3, 3] = 240  # D is heavy in a tenth alone and does not belong
    (found,) = episodes_ahead(issued_of(aqi), ["A", "B", "C", "D"])
    assert (found.first, found.last) == (pd.Timestamp("2015-12-03"), pd.Timestamp("2015-12-06"))
    assert found.probability == pytest.approx(0.6)
    assert found.regional_probability == pytest.approx(0.3)
    assert found.start == Spread(3, 2, 3)
    assert found.end == Spread(5, 5, 5)
    assert found.peak_day == Spread(4, 4, 4)
    assert found.peak == Spread(310, 310, 310)
    assert found.extent == Spread(2, 2, 3)
    assert found.primary == "pm25"
    assert found.cities == ("A", "B", "C")
    # A: two or three days above 200 are orange; no red without three days and one above 300
    assert found.colours == pytest.approx({"yellow": 0.6, "orange": 0.6, "red": 0.0})
    # heavy until day 5, below for 36 hours: days 6 and 7
    assert found.lift == Spread(8, 8, 8)
    assert not found.under_way


def test_a_day_below_parts_no_episode_and_two_do():
    aqi = quiet()
    aqi[:, [0, 2, 5], 0] = 250
    found = episodes_ahead(issued_of(aqi), ["A"])
    assert [(e.start.median, e.end.median) for e in found] == [(1, 3), (6, 6)]


def test_cities_far_apart_have_episodes_of_their_own():
    aqi = quiet()
    aqi[:, 1:3, 0] = 250
    aqi[:, 3, 1] = 260  # a neighbour, the day after
    aqi[:5, 2, 2] = 300  # 555 km away
    aqi[:, 2, 3] = 280  # nobody knows where
    lat = [39.0, 40.0, 34.0, np.nan]
    found = episodes_ahead(issued_of(aqi, lat=lat), ["A", "B", "C", "D"])
    assert [(e.cities, e.start.median, e.end.median) for e in found] == [
        (("A", "B"), 2, 4), (("D",), 3, 3), (("C",), 3, 3),
    ]  # fmt: skip
    assert [e.probability for e in found] == [1.0, 1.0, 0.5]
    assert [e.peak.median for e in found] == [260, 280, 300]
    # far enough, and all with a position are one
    wide = episodes_ahead(issued_of(aqi, lat=lat), ["A", "B", "C", "D"], radius_km=1000)
    assert [set(e.cities) for e in wide] == [{"A", "B", "C"}, {"D"}]


def test_what_is_unlikely_is_no_episode():
    aqi = quiet()
    aqi[0, 3, 0] = 400
    assert episodes_ahead(issued_of(aqi), ["A"]) == []
    aqi[1, 3, 0] = 400
    (found,) = episodes_ahead(issued_of(aqi), ["A"])
    assert found.probability == pytest.approx(0.2)


def test_days_observed_before_count_in_a_warning_and_later_ones_do_not():
    aqi = quiet(leads=2)
    aqi[:, 0, 0] = 210
    forecast = issued_of(aqi)
    days = pd.date_range("2015-11-29", "2015-12-03")
    seen = xr.Dataset(
        {"aqi": (("day", "place"), np.array([[90], [320], [210], [999], [999]], float))},
        {"day": days, "place": ["A"]},
    )
    (alone,) = episodes_ahead(forecast, ["A"])
    assert alone.colours == {"yellow": 1.0, "orange": 0.0, "red": 0.0} and not alone.under_way
    (found,) = episodes_ahead(forecast, ["A"], seen)
    assert found.colours["red"] == 1.0 and found.under_way  # three days, one above 300
    share = warning_probabilities(forecast, seen)
    np.testing.assert_array_equal(share.sel(place="A").values, [[1, 0]] * 3)
    np.testing.assert_array_equal(share.sel(place="B").values, 0)


def test_a_warning_may_outlast_the_forecast_or_not_come():
    aqi = quiet(leads=3)
    aqi[:, 1:, 0] = 210
    assert episodes_ahead(issued_of(aqi), ["A"])[0].lift == Spread(4, 4, 4)
    one = quiet(leads=3)
    one[:, 0, 0] = 210
    assert episodes_ahead(issued_of(one), ["A"], rule="2018")[0].lift is None
    quickly = episodes_ahead(issued_of(one), ["A"], lift_hours=24)[0]
    assert quickly.lift == Spread(3, 3, 3)


def test_a_missing_forecast_is_no_episode():
    aqi = quiet()
    aqi[..., 0] = np.nan
    assert episodes_ahead(issued_of(aqi), ["A", "B"]) == []


def test_an_unknown_city_is_named():
    with pytest.raises(ValueError, match="no forecast of X"):
        episodes_ahead(issued_of(quiet()), ["A", "X"])
