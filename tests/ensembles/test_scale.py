"""The modelling scale: fourth root."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensembles.scale import from_scale, to_scale


def test_by_hand():
    np.testing.assert_allclose(to_scale(np.array([0, 1, 16, 81, 625.0])), [0, 1, 2, 3, 5])
    np.testing.assert_allclose(from_scale(np.array([0, 1, 2, 3, 5.0])), [0, 1, 16, 81, 625])


def test_never_negative():
    assert to_scale(np.array([-3.0])).tolist() == [0.0]
    # (−2)**4 would be 16: a quantile far below zero must not come back as a high concentration
    assert from_scale(np.array([-2.0])).tolist() == [0.0]


def test_missing_stays():
    assert np.isnan(to_scale(np.array([np.nan, 1.0]))).tolist() == [True, False]
    assert np.isnan(from_scale(np.array([np.nan, 1.0]))).tolist() == [True, False]


@given(st.floats(0, 5000))
def test_inverse(value):
    assert from_scale(to_scale(np.array([value])))[0] == pytest.approx(value, rel=1e-9, abs=1e-12)


@given(st.floats(0, 5000), st.floats(0, 5000))
def test_increasing(a, b):
    low, high = sorted([a, b])
    assert to_scale(np.array([low]))[0] <= to_scale(np.array([high]))[0]
