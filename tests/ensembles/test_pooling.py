"""Smoothing over leads, even thinning, blocks of time and what is sure."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ensembles.pooling import occurrences, shrink_to_zero, smooth_leads, thin, time_blocks


def test_weights_one_two_one_by_hand():
    # edges repeat themselves: (8 + 2·8 + 0)/4, (8 + 0 + 4)/4, (0 + 2·4 + 4)/4
    np.testing.assert_allclose(smooth_leads(np.array([8.0, 0.0, 4.0])), [6, 3, 3])


def test_along_the_first_axis_only():
    values = np.array([[0.0, 1.0], [4.0, 1.0], [0.0, 1.0]])
    np.testing.assert_allclose(smooth_leads(values), [[1, 1], [2, 1], [1, 1]])


def test_single_lead_is_unchanged():
    np.testing.assert_allclose(smooth_leads(np.array([[3.0, 7.0]])), [[3, 7]])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_weights_stay_weights(first):
    """Rows that sum to one keep doing so, and stay within the range of the input."""
    weights = np.column_stack([first, 1 - np.array(first)])
    smooth = smooth_leads(weights)
    np.testing.assert_allclose(smooth.sum(axis=1), 1)
    assert smooth.min() >= weights.min() - 1e-12
    assert smooth.max() <= weights.max() + 1e-12


def test_thin_keeps_few_rows_whole():
    np.testing.assert_array_equal(thin(5, 5), [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(thin(0, 5), [])
    # one of 0…1, 2…4, 5…6, 7…9, 10…12: parts 0, .618, .236, .854, .472 into 2, 3, 2, 3, 3 rows
    np.testing.assert_array_equal(thin(13, 5), [0, 3, 5, 9, 11])


@given(st.integers(0, 5000), st.integers(2, 300))
def test_thin_is_increasing_and_bounded(count, most):
    rows = thin(count, most)
    assert len(rows) == min(count, most)
    assert (np.diff(rows) > 0).all()
    assert not len(rows) or (rows[0] == 0 and count - 2 * count / most - 1 <= rows[-1] < count)


def test_thin_meets_nearly_every_place_of_a_network():
    """1,200 places at each of 500 issues: a whole step of 100 would meet 12 of them."""
    rows = thin(500 * 1200, 6000)
    assert len(np.unique(rows % 1200)) > 0.95 * 1200


def test_unsure_estimates_are_drawn_to_zero_by_hand():
    # variance of 9, 10, 11 is 1, of their mean 1/3; t of 2 degrees of freedom 4.3027
    blocks = np.array([[9.0], [10.0], [11.0]])
    found = shrink_to_zero(np.array([10.0]), blocks)
    np.testing.assert_allclose(found, 10 * (1 - 4.302653**2 / 3 / 100), rtol=1e-6)
    # 2 does not exceed 4.3 · √⅓ = 2.5
    assert shrink_to_zero(np.array([2.0]), blocks - 8).tolist() == [0.0]
    # of two blocks t is 12.7: 10 does not exceed 12.7 · √(2/2)
    assert shrink_to_zero(np.array([10.0]), np.array([[9.0], [11.0]])).tolist() == [0.0]
    assert shrink_to_zero(np.array([4.0]), np.array([[4.0]])).tolist() == [0.0]
    assert shrink_to_zero(np.array([0.0]), np.zeros((3, 1))).tolist() == [0.0]


def test_neighbouring_entries_share_a_factor():
    estimate = np.array([10.0, 0.0, 0.0])
    blocks = np.array([[9.0, 0, -1.0], [10.0, 0, 0.0], [11.0, 0, 1.0]])
    # t²/3 · variances 1, 0, 1: within a window of three sums 1, 2, 1 against 100, 100, 0
    found = shrink_to_zero(estimate, blocks, window=3)
    np.testing.assert_allclose(found, [10 * (1 - 4.302653**2 / 3 / 100), 0, 0], rtol=1e-6)
    assert len(shrink_to_zero(estimate, blocks)) == 3  # a window wider than the row


def test_years_of_a_season_are_told_apart():
    days = np.datetime64("2014-01-01") + np.delete(np.arange(800), np.arange(20, 30))
    winter = np.flatnonzero(np.isin(days.astype("datetime64[M]").astype(int) % 12, [11, 0, 1]))
    parts = occurrences(days, winter)
    # January and February less ten days, a whole winter, and December to February
    assert [len(part) for part in parts] == [49, 90, 91]
    assert occurrences(days, winter[:19]) == []
    assert occurrences(days, winter[:0]) == []


def test_blocks_cover_everything_in_order():
    rows = np.array([2, 3, 5, 8, 9, 11, 20])
    blocks = time_blocks(rows, 3)
    assert [len(b) for b in blocks] == [3, 2, 2]
    np.testing.assert_array_equal(np.concatenate(blocks), rows)
    assert [b.tolist() for b in time_blocks(np.array([4, 6]), 5)] == [[4], [6]]
    assert time_blocks(np.array([], dtype=int), 5) == []


def test_thin_meets_every_phase_of_a_cycle():
    """Also where the step is close to a divisor of the cycle's length."""
    for most in (400, 1000, 1333):
        met = np.bincount(thin(4000, most) % 20, minlength=20)
        assert met.min() > 0.85 * most / 20
        assert met.max() < 1.15 * most / 20
