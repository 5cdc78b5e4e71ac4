"""Warnings: every rule and boundary, days and hours, gaps, lifting, and order of severity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.consultation.warning import COLOURS, RULES, in_force, warning_colours

NONE, YELLOW, ORANGE, RED = range(4)


def highest(aqi, rule="2024", **options):
    return int(warning_colours(np.array(aqi, float), rule, **options).max(initial=0))


@pytest.mark.parametrize(
    ("aqi", "colour"),
    [
        ([200], NONE),  # above, not at
        ([201], YELLOW),  # one day above 200
        ([151], NONE),  # one day above 150 is not enough
        ([150, 151], NONE),
        ([151, 151], YELLOW),  # two days above 150
        ([151, 151, 151], ORANGE),  # three days above 150
        ([201, 200], YELLOW),  # two days above 150 only
        ([201, 201], ORANGE),  # two days above 200
        ([201, 201, 201], ORANGE),  # red needs a day above 300
        ([201, 201, 300], ORANGE),
        ([201, 201, 301], RED),
        ([301, 301], ORANGE),  # red needs three days
        ([301, 201, 201], RED),
        ([201] * 9, ORANGE),
        ([500], YELLOW),  # no red for one day of 500 in 2024
    ],
)
def test_days_by_the_rule_of_2024(aqi, colour):
    assert highest([90, 90, *aqi, 90, 90]) == colour


@pytest.mark.parametrize(
    ("aqi", "colour"),
    [
        ([201], NONE),
        ([200, 201], NONE),
        ([201, 201], YELLOW),
        ([160] * 9, NONE),  # 150 does not matter
        ([201, 201, 201], ORANGE),
        ([201, 201, 201, 201], ORANGE),  # red needs two days above 300
        ([301, 201, 201, 201], ORANGE),
        ([301, 201, 301, 201], RED),
        ([301, 301, 201], ORANGE),  # red needs four days
        ([499], NONE),
        ([500], RED),
    ],
)
def test_days_by_the_rule_of_2018(aqi, colour):
    assert highest([90, 90, *aqi, 90, 90], "2018") == colour


@pytest.mark.parametrize(
    ("aqi", "expected"),
    [
        # one day between is 24 h, not more than 36: one run; the break bears the colour
        ([201, 90, 201], [ORANGE, ORANGE, ORANGE]),
        # two days between are 48 h: two runs
        ([201, 90, 90, 201], [YELLOW, NONE, NONE, YELLOW]),
        # a missing day is bridged like a quiet one, and never counts
        ([201, np.nan, 201], [ORANGE, ORANGE, ORANGE]),
        ([201, np.nan, np.nan, 201], [YELLOW, NONE, NONE, YELLOW]),
        ([np.nan, np.nan], [NONE, NONE]),
        # the break is no day above: two days in four make no three
        ([160, 90, 160], [YELLOW, YELLOW, YELLOW]),
        # the higher colour holds in the part of the run that calls for it
        ([160, 201, 160, 160], [ORANGE, ORANGE, ORANGE, ORANGE]),
        ([160, 160, 90, 90, 201, 201], [YELLOW, YELLOW, NONE, NONE, ORANGE, ORANGE]),
    ],
)
def test_gaps_and_the_days_a_colour_holds(aqi, expected):
    assert warning_colours(np.array(aqi, float)).tolist() == expected


@pytest.mark.parametrize(
    ("hours", "colour"),
    [
        ([(201, 23)], NONE),
        ([(201, 24)], YELLOW),
        ([(151, 47)], NONE),
        ([(151, 48)], YELLOW),
        ([(201, 12), (90, 36), (201, 12)], YELLOW),  # 36 h apart: one run of 24 h above
        ([(201, 12), (90, 37), (201, 12)], NONE),  # 37 h: two of 12
        ([(201, 47)], YELLOW),
        ([(201, 48)], ORANGE),
        ([(151, 72)], ORANGE),
        ([(201, 48), (301, 24)], RED),
        ([(201, 48), (301, 23), (201, 1)], ORANGE),
        ([(301, 12), (201, 48), (301, 12)], RED),  # 24 h above 300 in all
    ],
)
def test_running_24_hours(hours, colour):
    course = [value for value, count in hours for _ in range(count)]
    assert highest([90, *course, 90], step_hours=1.0) == colour


def test_a_day_is_24_equal_hours():
    days = np.array([160, 201, 301, 90, 210, 120, 120, 160, 170, 90.0])
    hours = np.repeat(days, 24)
    by_hour = warning_colours(hours, step_hours=1.0)
    np.testing.assert_array_equal(by_hour[::24], warning_colours(days))


def test_the_colour_does_not_depend_on_what_stands_beside():
    rng = np.random.default_rng(1)
    aqi = rng.uniform(50, 400, (4, 3, 12))
    together = warning_colours(aqi)
    for i in range(4):
        for j in range(3):
            np.testing.assert_array_equal(together[i, j], warning_colours(aqi[i, j]))


def test_a_warning_is_lifted_after_36_hours():
    # by hours: in force for 36 hours after the run; by days for two
    course = np.repeat([201.0, 90.0], [24, 60])
    held = in_force(warning_colours(course, step_hours=1.0), step_hours=1.0)
    assert held.tolist() == [YELLOW] * 60 + [NONE] * 24
    assert in_force(np.array([0, 3, 0, 0, 0])).tolist() == [0, 3, 3, 3, 0]


def test_a_later_run_takes_over_and_upgrades():
    assert in_force(np.array([1, 0, 3, 0, 0, 0])).tolist() == [1, 1, 3, 3, 3, 0]
    assert in_force(np.array([3, 0, 1, 0, 0, 0])).tolist() == [3, 3, 3, 1, 1, 0]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=14),
    st.lists(st.integers(0, 300), min_size=14, max_size=14),
    st.sampled_from(list(RULES)),
    st.sampled_from([1.0, 24.0]),
)
def test_a_worse_course_never_has_a_lower_colour(aqi, more, rule, step):
    lower = np.array(aqi, float)
    worse = np.minimum(lower + np.array(more[: len(aqi)]), 500)
    options = {"rule": rule, "step_hours": step}
    assert (warning_colours(lower, **options) <= warning_colours(worse, **options)).all()


def slowly(aqi, rule, gap):
    """Colours of days by looking at every span of days, one after the other."""
    n, out = len(aqi), [0] * len(aqi)
    for number, name in enumerate(COLOURS[1:], 1):
        for c in RULES[rule][name]:
            for a in range(n):
                for b in range(a, n):
                    days = [t for t in range(a, b + 1) if aqi[t] > c.above]
                    if not days or days[0] != a or days[-1] != b:
                        continue
                    if max(np.diff(days), default=0) > gap + 1 or len(days) < c.days:
                        continue
                    extra = sum(x > (c.and_above or 0) for x in aqi[a : b + 1])
                    if extra >= c.and_days:
                        out[a : b + 1] = [max(v, number) for v in out[a : b + 1]]
    return out


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([90, 150, 151, 200, 201, 300, 301, 500]), min_size=1, max_size=10),
    st.sampled_from(list(RULES)),
    st.integers(0, 2),
)
def test_against_every_span_of_days(aqi, rule, gap):
    found = warning_colours(np.array(aqi, float), rule, gap_hours=24.0 * gap)
    assert found.tolist() == slowly(aqi, rule, gap)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "2030"}, "unknown rule of warnings '2030'; known are 2024, 2018"),
        ({"step_hours": 0}, "hours must be positive, found 0"),
        ({"gap_hours": -1}, "hours must be positive"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        warning_colours(np.array([100.0]), **options)
