"""Smoothing over leads and even thinning."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ensembles.pooling import smooth_leads, thin


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


def test_thin_keeps_few_rows_whole_and_both_ends():
    np.testing.assert_array_equal(thin(5, 5), [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(thin(0, 5), [])
    # steps of (13 − 1)/(5 − 1) = 3
    np.testing.assert_array_equal(thin(13, 5), [0, 3, 6, 9, 12])


@given(st.integers(0, 5000), st.integers(2, 300))
def test_thin_is_increasing_and_bounded(count, most):
    rows = thin(count, most)
    assert len(rows) == min(count, most)
    assert (np.diff(rows) > 0).all()
    assert not len(rows) or (rows[0] == 0 and rows[-1] == count - 1)


def test_thin_meets_nearly_every_place_of_a_network():
    """1,200 places at each of 500 issues: a whole step of 100 would meet 12 of them."""
    rows = thin(500 * 1200, 6000)
    assert len(np.unique(rows % 1200)) > 0.95 * 1200
