"""Figures of the reports about back-tests, by hand."""

from __future__ import annotations

import numpy as np
from benchmarks.adaptation_report import scores, unshifted
from benchmarks.calibration_report import threat
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


def test_quantiles_are_read_back_to_where_they_stood_before_a_shift():
    # value 100 τ at level τ; all read 0.05 higher: what was issued at τ stood at τ + 0.05
    levels = np.arange(1, 20) / 20
    issued = (100 * np.minimum(levels + 0.05, 0.99))[None, None, None]
    found = unshifted(issued, np.full((1, 1, 19), 0.05), levels)[0, 0, 0]
    np.testing.assert_allclose(found[9:95], np.arange(10, 96), atol=1e-3)


def test_crps_and_coverage_by_hand():
    # uniform on 0 … 100: of 20, 50 and 97 two lie within 25 … 75 or 5 … 95 %, one within the first
    q = np.broadcast_to(np.arange(1.0, 100.0), (3, 1, 1, 99))
    came = np.array([20.0, 50.0, 97.0]).reshape(3, 1, 1)
    crps, half, most = scores(q, came)
    np.testing.assert_allclose([half, most], [100 / 3, 200 / 3])
    level = np.arange(1, 20) / 20
    pinball = [2 * np.mean(np.where(y >= 100 * level, level, level - 1) * (y - 100 * level))
               for y in (20, 50, 97)]  # fmt: skip
    assert abs(crps - np.mean(pinball)) < 1e-9


def test_threat_score_of_four_days():
    said, came = np.array([True, True, False, False]), np.array([True, False, True, False])
    assert threat(said, came) == 1 / 3 and threat(~said & said, ~came & came) == 0.0
