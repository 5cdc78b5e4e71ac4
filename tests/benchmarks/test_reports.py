"""Figures of the reports about back-tests, by hand."""

from __future__ import annotations

import numpy as np
from benchmarks.compare_backtests import difference
from benchmarks.decision_report import _line


def test_a_constant_difference_has_no_width():
    first = np.ones((40, 2, 3))
    first[0, 0, 0] = np.nan
    low, middle, high = difference(first, first + np.array([[1.0], [-2.0]]))
    np.testing.assert_allclose([low, middle, high], [[1, -2]] * 3)


def test_blocks_of_bad_days_widen_the_interval():
    first = np.zeros((60, 1, 1))
    second = np.repeat([0.0, 4.0, 0.0, 4.0], 15)[:, None, None]
    low, middle, high = difference(first, second)
    assert middle[0] == 2 and low[0] < 1.2 and high[0] > 2.8


def test_a_line_of_the_decision_by_hand():
    # two issues, one lead and place: 90–120 said at level 3 and 210 came; 210–260 and 250 came
    low, high = (np.array(v, float).reshape(2, 1, 1) for v in ([90, 210], [120, 260]))
    said, came = (np.array(v).reshape(2, 1, 1) for v in ([3, 5], [5, 5]))
    aqi = np.array([210.0, 250.0]).reshape(2, 1, 1)
    # level right once in two, range once in two, widths 30 and 50, TS 1 of 2
    assert _line("x", low, high, said, aqi, came).split() == ["x", "50.0", "50.0", "40.0", "0.50"]
