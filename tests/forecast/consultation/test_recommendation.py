"""The warning a forecast speaks for: colour, days, notice, and how it stands to the one before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from consultation_inputs import forecast_of

from forecast.consultation.areas import Area
from forecast.consultation.briefing import make_briefing
from forecast.consultation.products.wording import bulletin_lines
from forecast.consultation.recommendation import recommendation
from forecast.consultation.settings import Consultation

CITIES = ("A", "B")
AREA = Area("nation", "nation", "全国", "China", CITIES)
RULE = Consultation()


def forecast(days, day="2015-12-18", share=1.0):
    """A forecast of 5 days whose AQI is 250 in `share` of the scenarios on some leads, else 80."""
    data = forecast_of(list(CITIES), leads=5)
    issue = pd.Timestamp(day)
    data = data.assign_coords(
        issue=issue, valid_day=("lead", pd.date_range(issue + pd.Timedelta(days=1), periods=5))
    )
    data.attrs["data_cut_off"] = f"{issue:%Y-%m-%d}T16:00Z"
    data["scenario_aqi"][:] = 80.0
    for place, leads in days.items():
        rows = np.array(leads) - 1
        data["scenario_aqi"][: round(50 * share), rows, CITIES.index(place)] = 250.0
    return data


def test_colour_days_cities_and_notice():
    # A is heavy on leads 2 and 3 (orange), B on lead 3 alone (yellow)
    found = recommendation(forecast({"A": [2, 3], "B": [3]}), CITIES, RULE)
    assert (found.colour, found.cities, found.before) == (2, ("A",), None)
    assert (found.first, found.last) == (pd.Timestamp("2015-12-20"), pd.Timestamp("2015-12-21"))
    # known until midnight before the 19th; the 20th begins 24 hours later
    assert found.notice_hours == 24.0


@pytest.mark.parametrize(("share", "colour"), [(0.5, 1), (0.48, None)])
def test_half_the_scenarios_speak(share, colour):
    found = recommendation(forecast({"A": [2]}, share=share), CITIES, RULE)
    assert (found and found.colour) == colour


def test_one_that_begins_at_once_leaves_no_notice():
    found = recommendation(forecast({"A": [1, 2]}), CITIES, RULE)
    assert found.notice_hours == 0.0 and not found.under_way
    days = pd.date_range("2015-12-17", "2015-12-18")
    for aqi, begun in (([90.0, 151.0], True), ([151.0, 150.0], False)):
        seen = xr.Dataset(
            {"aqi": (("day", "place"), np.array([aqi]).T)}, {"day": days, "place": ["A"]}
        )
        assert recommendation(forecast({"A": [1, 2]}), CITIES, RULE, seen).under_way == begun
        later = recommendation(forecast({"A": [3]}), CITIES, RULE, seen)
        assert not later.under_way  # two days below part it from what was observed


def lines(now, before):
    made = make_briefing(now, AREA, RULE, before=before)
    told = [bulletin_lines(made, lang) for lang in ("zh", "en")]
    return [next((x for x in t if x.startswith(w)), None)
            for t, w in zip(told, ("预警研判", "Warning"), strict=True)]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "before", "zh", "en"),
    [
        ({"A": [2, 3]}, None, "距开始约24小时。", "24 h of notice."),
        ({"A": [2, 3]}, {"A": [3, 4]}, "与12月17日发布一致。", "as in the issue of 12-17."),
        ({"A": [2, 3]}, {"A": [3]}, "较12月17日发布的黄色升级。", "up from yellow of 12-17."),
        ({"A": [2]}, {"A": [3, 4]}, "较12月17日发布的橙色降级。", "down from orange of 12-17."),
        ({"A": [2]}, {}, "12月17日发布未达预警条件。", "none in the issue of 12-17."),
        ({}, {"A": [3]}, "，12月17日发布的黄色可解除。", "the yellow of 12-17 can be lifted."),
        ({}, {}, None, None),
    ],
)
def test_the_bulletin_says_it(now, before, zh, en):
    past = None if before is None else forecast(before, "2015-12-17")
    chinese, english = lines(forecast(now), past)
    if zh is None:
        assert chinese is None and english is None
    else:
        assert chinese.endswith(zh) and english.endswith(en)
        days = "12月20日" in chinese and "12-20" in english
        assert days and ("低于50%" in chinese)


def test_of_the_issue_before_only_days_still_ahead_count():
    # the 18th (lead 1 of the issue before) is over: nothing is spoken for any more
    before = forecast({"A": [1]}, "2015-12-17")
    assert recommendation(forecast({}), CITIES, RULE, before=before) is None
